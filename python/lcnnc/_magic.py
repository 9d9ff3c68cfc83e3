"""`%%lcnn`: a cell of a notebook that holds a spec."""

from __future__ import annotations

from typing import Any

from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from ._check import check


@magics_class
class LcnnMagics(Magics):
    @magic_arguments()
    @argument("name", nargs="?", help="the variable that takes the text of the spec")
    @argument("--set", action="append", metavar="NAME=VALUE", help="change a const")
    @argument("--classes", type=int, help="what `classes` stands for")
    @cell_magic
    def lcnn(self, line: str, cell: str) -> None:
        """Checks the spec in this cell, draws its problems, and puts its text into a variable."""
        args = parse_argstring(self.lcnn, line)
        if args.name is not None and not args.name.isidentifier():
            raise ValueError(f"`{args.name}` is no name of a variable")
        text = cell if cell.endswith("\n") else cell + "\n"
        consts = dict(one.partition("=")[::2] for one in args.set or ())
        display(check(text, set=consts, classes=args.classes))
        if args.name is not None:
            assert self.shell is not None
            self.shell.user_ns[args.name] = text


def register(ipython: Any) -> None:
    ipython.register_magics(LcnnMagics)

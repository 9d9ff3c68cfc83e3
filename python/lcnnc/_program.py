"""The program: where it is, how it is called, and its errors as exceptions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Optional, Union

if TYPE_CHECKING:
    from ._check import Diagnostic

PathLike = Union[str, "os.PathLike[str]"]


class LcnncError(Exception):
    """What the program ended with: what it said, its exit code, and the diagnostics of the spec."""

    def __init__(
        self,
        message: str,
        exit_code: int,
        diagnostics: Iterable[Diagnostic] = (),
        folder: Optional[Path] = None,
    ) -> None:
        super().__init__(message, exit_code, diagnostics, folder)
        self.exit_code = exit_code
        self.diagnostics = list(diagnostics)
        self.folder = folder  # of the run, where one was begun

    def __str__(self) -> str:
        return self.args[0]


def find_lcnnc() -> str:
    """The path of the program: what `LCNNC_BINARY` names, or what this package brought, or what is on the path."""
    if named := os.environ.get("LCNNC_BINARY"):
        if os.path.isfile(named):
            return named
        raise FileNotFoundError(f"LCNNC_BINARY is `{named}`, and there is no such file")
    name = "lcnnc" + (sysconfig.get_config_var("EXE") or "")
    above = Path(__file__).resolve().parents
    folders: list[Optional[PathLike]] = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", vars={"base": sys.base_prefix}),
        # Of `pip install --prefix`, where the package lies in PREFIX/lib/python3.x/site-packages/lcnnc.
        above[4] / "bin" if len(above) > 4 else None,
        # Of `pip install --target`, where it lies in TARGET/lcnnc.
        above[1] / "bin",
        sysconfig.get_path("scripts", scheme=_user_scheme()),
        os.path.join(sys.prefix, "bin"),
    ]
    for folder in (folder for folder in folders if folder):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    if on_path := shutil.which(name):
        return on_path
    raise FileNotFoundError(
        "the program `lcnnc` is neither beside this package nor on the path: install the package again, "
        "or name the program by the variable LCNNC_BINARY"
    )


def _user_scheme() -> str:
    if sys.version_info >= (3, 10):
        return sysconfig.get_preferred_scheme("user")
    return "nt_user" if os.name == "nt" else "posix_user"


def flags(settings: Mapping[str, object]) -> list[str]:
    """Flags of the command line: `limit_test=32` is `--limit-test=32`; a mapping or a list gives several of them."""
    found = []
    for name, value in settings.items():
        flag = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            found.append(flag)
        elif isinstance(value, Mapping):
            found += [f"{flag}={key}={written(one)}" for key, one in value.items()]
        elif isinstance(value, (list, tuple)):
            found += [f"{flag}={written(one)}" for one in value]
        else:
            found.append(f"{flag}={written(value)}")
    return found


def written(value: object) -> str:
    """A value as a spec has it: `true` and no `True`."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def surroundings() -> dict[str, str]:
    """The environment without the wish for colours that notebooks have: what the program says goes into exceptions."""
    kept = {name: value for name, value in os.environ.items() if name not in ("CLICOLOR_FORCE", "FORCE_COLOR")}
    return {**kept, "NO_COLOR": "1"}


def call(*args: PathLike, accept: Sequence[int] = (0,)) -> str:
    """What the program prints when it is called with these arguments; another exit code than 0 is an `LcnncError`.

    What it warns of is shown on standard error.
    """
    command = [find_lcnnc(), *(os.fspath(arg) for arg in args)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=surroundings())
    complained = done.stderr.decode("utf-8", "replace")
    if done.returncode not in accept:
        raise LcnncError(reason(complained, done.returncode), done.returncode)
    if done.returncode == 0 and complained:
        print(complained, end="", file=sys.stderr, flush=True)
    return done.stdout.decode("utf-8", "replace")


def reason(stderr: str, exit_code: int) -> str:
    """What the program says of its end."""
    return stderr.strip("\n") or f"lcnnc ended with exit code {exit_code}"

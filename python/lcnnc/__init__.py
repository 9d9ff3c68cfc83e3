"""Networks of the visual cortex, compiled and trained by the program `lcnnc`, from Python."""

from ._check import Diagnostic, Diagnostics, check
from ._export import export
from ._program import LcnncError, call, find_lcnnc
from ._run import Activations, Run, load
from ._train import resume, run

__all__ = [
    "Activations",
    "Diagnostic",
    "Diagnostics",
    "LcnncError",
    "Run",
    "call",
    "check",
    "export",
    "find_lcnnc",
    "load",
    "resume",
    "run",
]


def load_ipython_extension(ipython: object) -> None:
    """What `%load_ext lcnnc` calls."""
    from . import _magic

    _magic.register(ipython)

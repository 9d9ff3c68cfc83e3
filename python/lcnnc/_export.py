"""A run's net for other programs; for PyTorch as a module."""

from __future__ import annotations

import itertools
import linecache
import re
import sys
import tempfile
import types
from pathlib import Path
from typing import TYPE_CHECKING, Optional, Union

from ._check import spec_file
from ._program import LcnncError, PathLike, call, flags

if TYPE_CHECKING:
    import torch

NUMBERS = itertools.count()
# The names of files that the program chooses are of small letters, digits and `_`.
WRITTEN = re.compile(r", see (\S+)(?: and \S+)*$", re.MULTILINE)


def export(
    run: PathLike,
    to: str = "pytorch",
    out: Optional[PathLike] = None,
    **settings: object,
) -> Union[torch.nn.Module, Path]:
    """A run's net with its weights for another program; of a spec one with weights of its own.

    For `"pytorch"` the answer is a module, in the state for tests, and with `out` the file of Python and the one of
    weights stay there. `preprocess` of the module makes of pictures what the net takes. For all others the answer is
    the path of what was written, a file for `"onnx"` and a folder for `"brainscore"`, which without `out` lies in the
    working folder under the name of the spec. Settings are flags of `lcnnc export`, as `weights="last"`.
    """
    if to == "pytorch":
        _needs_torch()
    with spec_file(run) as source, tempfile.TemporaryDirectory(prefix="lcnnc-") as folder:
        kept = Path(out) if out is not None else None
        path = kept or (Path(folder, "net.py") if to == "pytorch" else None)
        said = call("export", source, "--to", to, *flags({"out": path, **settings}))
        if to == "pytorch" and path is not None:
            return _loaded(path, with_weights=Path(source).is_dir())
        found = WRITTEN.findall(said)
        if kept is None and not found:
            raise LcnncError(f"lcnnc named no file that it wrote:\n{said}", 0)
        return kept or Path(found[-1])


def _needs_torch() -> None:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        reason = "a module of PyTorch needs PyTorch, which is not there: `pip install torch`"
        raise ImportError(reason, name="torch") from error


def _loaded(path: Path, with_weights: bool) -> torch.nn.Module:
    from safetensors.torch import load_file
    from torch import nn

    # Pickles of the module find its class by this name, and tracebacks the text, when the file is gone.
    name = f"lcnnc._exported_{next(NUMBERS)}"
    text = path.read_text("utf-8")
    module = types.ModuleType(name)
    module.__file__ = f"<{name}>"
    linecache.cache[module.__file__] = (len(text), None, text.splitlines(True), module.__file__)
    sys.modules[name] = module
    exec(compile(text, module.__file__, "exec"), vars(module))
    kinds = [it for it in vars(module).values() if isinstance(it, type)]
    own = [it for it in kinds if issubclass(it, nn.Module) and it.__module__ == name]
    net = own[-1]()
    if with_weights:
        net.load_state_dict(load_file(path.with_suffix(".safetensors")))
    if hasattr(module, "preprocess") and not hasattr(net, "preprocess"):
        net.preprocess = module.preprocess
    return net.eval()

"""A run's net as a module of PyTorch."""

from __future__ import annotations

import itertools
import linecache
import sys
import tempfile
import types
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from ._program import PathLike, call, flags

if TYPE_CHECKING:
    import torch

NUMBERS = itertools.count()


def export(
    run: PathLike,
    to: str = "pytorch",
    out: Optional[PathLike] = None,
    **settings: object,
) -> torch.nn.Module:
    """A run's net with its weights as a module of PyTorch, as for tests; of a spec one with weights of its own.

    With `out`, the file of Python and the one of weights stay there. Settings are flags of `lcnnc export`, as
    `weights="last"`. `preprocess` of the module makes of pictures what the net takes.
    """
    with tempfile.TemporaryDirectory(prefix="lcnnc-") as folder:
        path = Path(out) if out is not None else Path(folder, "net.py")
        call("export", run, "--to", to, "--out", path, *flags(settings))
        return _loaded(path, with_weights=Path(run).is_dir())


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

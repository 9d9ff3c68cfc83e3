"""Finished runs, and those that are not over yet, from their folders."""

from __future__ import annotations

import functools
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional, Union

import numpy
from safetensors.numpy import load_file

from ._program import PathLike, call, flags


class Activations(dict):
    """Arrays by the names of their values, and `labels`; `about` says what their axes, steps and images are."""

    def __init__(self, arrays: Mapping[str, numpy.ndarray], about: dict) -> None:
        super().__init__(arrays)
        self.about = about


class Run:
    """A run's folder."""

    def __init__(self, folder: PathLike) -> None:
        self.folder = Path(folder)
        if not (self.folder / "manifest.json").is_file():
            raise FileNotFoundError(f"{self.folder}: no run, for it has no manifest.json")

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        test = (self.summary or {}).get("test")
        said = f", test accuracy {per_cent(test['accuracy'])}" if test else ""
        return f"<lcnnc.Run {self.manifest['model']}{said}, {self.folder}>"

    @property
    def spec(self) -> str:
        """The spec with every default and override written in."""
        return (self.folder / "spec.lcnn").read_text("utf-8")

    @property
    def manifest(self) -> dict[str, Any]:
        """What the run was made with: versions, data, device, seed."""
        return json.loads((self.folder / "manifest.json").read_text("utf-8"))

    @property
    def summary(self) -> Optional[dict[str, Any]]:
        """What the run came to, or None before its end."""
        path = self.folder / "summary.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    @property
    def metrics(self) -> dict[str, numpy.ndarray]:
        """A column for each number of the epochs, as `metrics["train_loss"]`; NaN where an epoch has none."""
        return columns(read_epochs(self.folder))

    @functools.cached_property
    def weights(self) -> dict[str, numpy.ndarray]:
        """The weights with the best validation accuracy, by the names that PyTorch gives them."""
        return self.weights_of("best")

    def weights_of(self, which: str) -> dict[str, numpy.ndarray]:
        """The `best`, `last` or `initial` weights, or those of `epoch:5`, if the run kept them."""
        kind, _, epoch = which.partition(":")
        if kind == "epoch" and epoch.isdigit():
            path = self.folder / "epochs" / f"{int(epoch):04}.safetensors"
        elif which in ("best", "last", "initial"):
            path = self.folder / f"{which}.safetensors"
        else:
            raise ValueError(f"`{which}`: weights are `best`, `last`, `initial` or `epoch:N`")
        if not path.exists():
            raise FileNotFoundError(f"{self.folder} has no weights `{which}`")
        return load_file(path)

    def activations(
        self,
        values: Union[str, Sequence[str]],
        images: Union[PathLike, Sequence[PathLike], None] = None,
        dataset: Optional[str] = None,
        limit: Optional[int] = None,
        **settings: object,
    ) -> Activations:
        """Named values of the net, as in `["A", "O@all"]`, for picture files or images of a data set.

        Further settings are flags of `lcnnc activations`, as `weights="last"`.
        """
        values = [values] if isinstance(values, str) else list(values)
        if isinstance(images, (str, os.PathLike)):
            images = [images]
        shown = ["--images", *images] if images else []
        more = flags({"dataset": dataset, "limit": limit, **settings})
        with tempfile.TemporaryDirectory(prefix="lcnnc-") as folder:
            path = os.path.join(folder, "x.npz")
            asked = ["--values", ",".join(values), "--out", path]
            call("activations", self.folder, *asked, *more, *shown)
            with numpy.load(path) as arrays:
                about = json.loads(Path(path + ".json").read_text("utf-8"))
                return Activations(dict(arrays.items()), about)


def load(run: PathLike) -> Run:
    """A run by its folder."""
    return Run(run)


def per_cent(share: float) -> str:
    """A share as the program writes it."""
    return f"{100 * share:.2f} %"


def read_epochs(folder: Path) -> list[dict[str, Any]]:
    """The epochs that are over; a line that is not written to its end yet is left for later."""
    path = folder / "metrics.jsonl"
    text = path.read_text("utf-8") if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


def columns(epochs: Sequence[Mapping[str, Any]]) -> dict[str, numpy.ndarray]:
    """Rows as columns: of numbers, or of objects where some is no number."""
    names = dict.fromkeys(name for epoch in epochs for name in epoch)
    found = {}
    for name in names:
        cells = [epoch.get(name) for epoch in epochs]
        if all(cell is None or isinstance(cell, (int, float)) for cell in cells):
            cells = [numpy.nan if cell is None else cell for cell in cells]
            found[name] = numpy.array(cells)
        else:
            found[name] = numpy.array(cells, dtype=object)
    return found

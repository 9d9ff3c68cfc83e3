"""How far a training is: a line an epoch, or in a notebook one display that is kept up to date."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Optional

from ._run import per_cent

EPOCHS = re.compile(r"^ +epochs: (\d+)$", re.MULTILINE)
# What was taken of weights from elsewhere, whole once something else follows.
WEIGHTS = re.compile(r"^weights {4}.*\n(?: {11}.*\n)*(?=\S)", re.MULTILINE)
ERROR = re.compile(r"^error", re.MULTILINE)


class Progress:
    """What is shown of a training, of which so many epochs are known."""

    def __init__(self, known: int = 0) -> None:
        self._display = _notebook()
        self._handle: Any = None
        self._lines = known
        self._all: Optional[int] = None
        self._weights = False
        self._warned = 0

    def warn(self, complained: str) -> None:
        """Shows the lines of standard error that were not there before, up to an error, which becomes an exception."""
        error = ERROR.search(complained)
        end = error.start() if error else complained.rfind("\n") + 1
        new, self._warned = complained[self._warned : end], max(self._warned, end)
        if new:
            print(new, end="", file=sys.stderr, flush=True)

    def show(
        self,
        said: str,
        folder: Optional[Path],
        epochs: Sequence[Mapping[str, Any]],
    ) -> None:
        """Shows the epochs that were not there before, and before them the weights from elsewhere."""
        if not self._weights and (found := WEIGHTS.search(said)):
            self._weights = True
            print(found[0], end="", file=sys.stderr, flush=True)
        if folder is None:
            # Of several seeds the program's own lines tell.
            lines = [line for line in said.split("\n")[:-1] if line.startswith("seed ")]
        else:
            lines = [self._line(folder, epoch) for epoch in epochs]
        new, self._lines = lines[self._lines :], max(self._lines, len(lines))
        if not new:
            return
        if self._display is None:
            print("\n".join(new), file=sys.stderr, flush=True)
        else:
            done = epochs[-1]["epoch"] if epochs else None
            self._draw(new[-1], done)

    def end(self, said: str) -> None:
        """Shows what the training came to."""
        last = [line for line in said.splitlines() if line.startswith("test accuracy")]
        if last and self._display is None:
            print(last[-1], file=sys.stderr, flush=True)
        elif last:
            self._draw(last[-1], self._all)

    def _line(self, folder: Path, epoch: Mapping[str, Any]) -> str:
        if self._all is None:
            found = EPOCHS.search((folder / "run.yaml").read_text("utf-8"))
            self._all = int(found[1]) if found else None
        of = f"/{self._all}" if self._all else ""
        parts = [f"epoch {epoch['epoch']}{of}"]
        for name, said in [
            ("train_loss", "loss {:.4f}"),
            ("train_accuracy", "accuracy {}"),
            ("validation_accuracy", "validation accuracy {}"),
        ]:
            if isinstance(epoch.get(name), (int, float)):
                parts.append(said.format(epoch[name] if name.endswith("loss") else per_cent(epoch[name])))
        return ", ".join(parts)

    def _draw(self, line: str, done: Optional[int]) -> None:
        bar = ""
        if done is not None and self._all:
            bar = f'<progress value="{done}" max="{self._all}"></progress> '
        html = {"text/html": f"{bar}{escape(line)}", "text/plain": line}
        if self._handle is None:
            self._handle = self._display(html, raw=True, display_id=True)
        else:
            self._handle.update(html, raw=True)


def _notebook() -> Any:
    """What displays things in a notebook, if this is one."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython
    from IPython.display import display

    return display if hasattr(get_ipython(), "kernel") else None

"""Diagnostics of specs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Optional

from ._program import PathLike, call, flags


@dataclass(frozen=True)
class Diagnostic:
    """One problem or remark. Lines and columns are counted from 1, `start` and `end` of labels in bytes from 0."""

    code: str
    level: str
    message: str
    help: Optional[str]
    file: str
    line: Optional[int]
    column: Optional[int]
    labels: list = field(default_factory=list)
    fix: list = field(default_factory=list)

    def __str__(self) -> str:
        place = f"{self.line}:{self.column}: " if self.line else ""
        help = f" ({self.help})" if self.help else ""
        return f"{place}{self.level}[{self.code}]: {self.message}{help}"


class Diagnostics(list):
    """Diagnostics of one spec, in the order of their places. A notebook draws them beside their lines."""

    def __init__(self, all: list, source: str) -> None:
        super().__init__(all)
        self.source = source

    @property
    def errors(self) -> list:
        return [one for one in self if one.level == "error"]

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "no problem"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        drawn = "".join(map(self._drawn, self)) or "no problem"
        return f'<div class="lcnnc">{drawn}</div>'

    def _drawn(self, one: Diagnostic) -> str:
        colour = "#b00020" if one.level == "error" else "#8a5a00"
        head = f'<b style="color:{colour}">{escape(one.level)}[{escape(one.code)}]</b>: {escape(one.message)}'
        text = self.source.encode()
        lines = []
        for label in one.labels:
            begin = text.rfind(b"\n", 0, label["start"]) + 1
            end = text.find(b"\n", label["start"])
            end = len(text) if end < 0 else end
            stop = min(max(label["end"], label["start"]), end)
            before, marked, after = (
                escape(part.decode("utf-8", "replace"))
                for part in (
                    text[begin : label["start"]],
                    text[label["start"] : stop],
                    text[stop:end],
                )
            )
            said = f"  <i>{escape(label['text'])}</i>" if label["text"] else ""
            lines.append(f"{label['line']:>4} | {before}<mark>{marked}</mark>{after}{said}")
        help = f"<div>help: {escape(one.help)}</div>" if one.help else ""
        code = "\n".join(lines)
        return f'<div>{head}<pre style="margin:0">{code}</pre>{help}</div>'


@contextlib.contextmanager
def spec_file(spec: PathLike) -> Iterator[str]:
    """The path of a spec; of a text, which is what has several lines, that of a file for as long as it is needed."""
    text = os.fspath(spec)
    if isinstance(spec, os.PathLike) or "\n" not in text:
        yield text
        return
    named = re.search(r"^\s*model\s+(\w+)", text, re.MULTILINE)
    with tempfile.TemporaryDirectory(prefix="lcnnc-") as folder:
        path = Path(folder, f"{named[1] if named else 'spec'}.lcnn")
        path.write_bytes(text.encode())
        yield str(path)


def check(
    spec: PathLike,
    *,
    set: Optional[Mapping[str, object]] = None,
    classes: Optional[int] = None,
) -> Diagnostics:
    """Every problem of a spec, which is a path, or a text of several lines. `set` changes consts."""
    with spec_file(spec) as path:
        said = call(
            "check",
            path,
            "--format",
            "json",
            *flags({"set": set, "classes": classes}),
            accept=(0, 1),
        )
        found = Path(path)
        found = found if found.exists() else found.with_name(found.name + ".lcnn")
        source = found.read_bytes().decode("utf-8", "replace")
    return Diagnostics([_read(line) for line in said.splitlines()], source)


def _read(line: str) -> Diagnostic:
    it = json.loads(line)
    first: Mapping[str, Any] = it["labels"][0] if it["labels"] else {}
    return Diagnostic(
        code=it["code"],
        level=it["level"],
        message=it["message"],
        help=it["help"],
        file=it["file"],
        line=first.get("line"),
        column=first.get("column"),
        labels=it["labels"],
        fix=it["fix"],
    )

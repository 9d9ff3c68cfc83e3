"""Trainings, watched while they run."""

from __future__ import annotations

import functools
import json
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Optional, Union

from ._check import check, spec_file
from ._program import LcnncError, PathLike, call, find_lcnnc, flags, reason, surroundings, written
from ._progress import Progress
from ._run import Run, read_epochs

BEGUN = re.compile(r"^folder +(.+)\n", re.MULTILINE)
SEVERAL = re.compile(r"^test accuracy .* see (.+\.json)$", re.MULTILINE)
SECONDS = 0.1


def run(
    spec: PathLike,
    dataset: Optional[str] = None,
    seed: Optional[int] = None,
    *,
    progress: bool = True,
    **settings: Any,
) -> Union[Run, list[Run]]:
    """Trains a spec, which is a path, or a text of several lines, and gives the run, or with `seeds=5` a list of runs.

    Settings are flags of `lcnnc run`, as `limit_test=100`, `set={"width": 4}`; what has no flag is a key of the spec's
    settings, as `label_smoothing="10%"`. Ctrl-C ends the training at its next step, saves it, and is raised again.
    """
    own = dict(settings.pop("setting", {}))
    for name in [name for name in settings if name not in _flags_of_run()]:
        own[name] = written(settings.pop(name))
    given = {"dataset": dataset, "seed": seed, **settings, "setting": own}
    with spec_file(spec) as path:
        try:
            said, folder = _watched(["run", path, *flags(given)], None, progress)
        except LcnncError as error:
            if error.exit_code == 1:
                error.diagnostics = _diagnostics(path, settings.get("set"))
            raise
    if several := SEVERAL.findall(said):
        table = json.loads(Path(several[-1]).read_text("utf-8"))
        return [Run(seed["folder"]) for seed in table["seeds"]]
    if folder is None:
        raise LcnncError(f"lcnnc named no folder of a run:\n{said}", 0)
    return Run(folder)


def resume(run: PathLike, *, progress: bool = True, **settings: object) -> Run:
    """Goes on with a run that was cut short, from its last checkpoint. Settings are flags of `lcnnc resume`."""
    folder = Path(run)
    _watched(["resume", str(folder), *flags(settings)], folder, progress)
    return Run(folder)


@functools.lru_cache(maxsize=1)
def _flags_of_run() -> frozenset[str]:
    names = re.findall(r"^ +--([a-z-]+)", call("run", "--help"), re.MULTILINE)
    return frozenset(name.replace("-", "_") for name in names)


def _diagnostics(path: str, consts: Any) -> list:
    try:
        return check(path, set=consts)
    except LcnncError:
        return []


def _watched(args: list[str], folder: Optional[Path], shown: bool) -> tuple[str, Optional[Path]]:
    """Runs the program and shows the epochs as they come; gives what it says, and the run's folder."""
    with tempfile.TemporaryFile("w+b") as out, tempfile.TemporaryFile("w+b") as err:
        process = subprocess.Popen(
            [find_lcnnc(), *args], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=surroundings()
        )
        display = Progress(len(read_epochs(folder)) if folder else 0) if shown else None

        def seen() -> tuple[str, Optional[Path]]:
            said = _text(out)
            begun = BEGUN.search(said)
            found = folder or (Path(begun[1]) if begun else None)
            if display is not None:
                # Before a run has begun, what it says may be all that it comes to: an exception's text.
                if begun:
                    display.warn(_text(err))
                display.show(said, found, read_epochs(found) if found else [])
            return said, found

        interrupted = False
        while True:
            try:
                while process.poll() is None:
                    seen()
                    time.sleep(SECONDS)
                said, found = seen()
                break
            except KeyboardInterrupt:
                # Where the terminal has told the program too, both signals count as one.
                interrupted = True
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
            except BaseException:
                process.terminate()
                process.wait()
                raise
        complained = _text(err)
    if display is not None:
        if process.returncode == 0:
            display.warn(complained)
        display.end(said)
    if interrupted:
        saved = f"saved: `lcnnc.resume({str(found)!r})` goes on" if found else ""
        raise KeyboardInterrupt(saved)
    if process.returncode != 0:
        raise LcnncError(reason(complained, process.returncode), process.returncode, folder=found)
    return said, found


def _text(file: IO[bytes]) -> str:
    """What a file holds that another process writes on."""
    file.seek(0)
    return file.read().decode("utf-8", "replace")

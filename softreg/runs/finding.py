"""Finding: what the words of a user mean, ``last``, a folder or a file, as a run or a model."""

from __future__ import annotations

import contextlib
from pathlib import Path

from softreg import export, locks
from softreg.errors import DataError, did_you_mean, listed, reason
from softreg.files import content
from softreg.model import SoftmaxModel
from softreg.runs.run import CHECKPOINT, LAST, ROOT, Run
from softreg.runs.succession import completed

__all__ = ["find", "model_of"]


def find(word: str) -> Run:
    """Return the run that a word names: ``last``, a folder, a name under ``runs/``, or the checkpoint in a folder."""
    if word == "last":
        return _whole(Run(_last()))
    if Path(word).name == CHECKPOINT and Path(word).is_file():
        return Run(Path(word).parent, halfway=True)
    for path in (Path(word), ROOT / word):
        if path.is_dir():
            return _whole(Run(path))
    if Path(word).is_file():
        raise DataError(f"{word} is a file, and a run is a folder.", f"Name its folder: {Path(word).parent}.")
    known = [path.name for path in ROOT.iterdir() if path.is_dir()] if ROOT.is_dir() else []
    advice = f"Known here: {listed(known)}." if known else "Type softreg train iris to make one."
    raise DataError(f'There is no run "{word}".', did_you_mean(word, [*known, "last"]) or advice)


def model_of(word: str) -> tuple[SoftmaxModel, Run | None]:
    """Return the model that a word names, a run as in :func:`find` or a model file, and its run where there is one."""
    path = Path(word)
    if (path.suffix in {".npz", ".json"} or path.is_file()) and path.name != CHECKPOINT:
        return export.load(path), None
    run = find(word)
    return run.model(), run


def _whole(run: Run) -> Run:
    """The run. Where another was interrupted in the midst of taking its place, it takes it now."""
    if run.successor and run.successor.complete:
        with contextlib.suppress(OSError), locks.held(run.path):
            return completed(run)
    return run


def _last() -> Path:
    try:
        word = content(ROOT / LAST).decode("utf-8").strip()
        path = Path(word)
        there = path.is_dir()
    except FileNotFoundError:
        raise DataError('There is no "last" run in this folder.', "Type softreg train iris to make one.") from None
    except OSError as error:
        raise DataError(f"{ROOT / LAST} cannot be read: {reason(error)}.", "Name the run itself.") from error
    except ValueError:
        word, there = "", False
    if not word:
        raise DataError(f"{ROOT / LAST} is damaged: it names no run.", "Name a run; the next training mends it.")
    if not there:
        raise DataError(f'The "last" run, {path}, is gone.', "Name another run.")
    return path

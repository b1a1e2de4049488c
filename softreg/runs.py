"""The run folder: what one training leaves behind, and where the next command finds it.

==================  ===================================================================================================
config.toml         every option that had an effect; ``softreg train --config`` repeats the run from it
model.npz           the model (:mod:`softreg.model`)
history.csv         one row an epoch, row 0 before any step
metrics.json        objective, and the metrics of the training, validation and test rows
predictions.csv     the test rows: row, target, prediction, confidence, p_CLASS
coefficients.csv    feature, class, weight (raw units), weight_standardised; intercepts last
environment.json    versions, seed, SHA-256 of the data
curves.png          learning curves; confusion.png, the confusion matrix of the test rows
checkpoint.npz      where training ended before it had converged: ``softreg train --resume`` goes on from it
==================  ===================================================================================================
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from softreg import export, recorded
from softreg.errors import DataError, UsageError, did_you_mean, listed
from softreg.files import leading_out, write_text
from softreg.model import SoftmaxModel
from softreg.settings import PLOT_KINDS
from softreg.terminal import escaped, printable

if TYPE_CHECKING:
    from softreg.checkpoint import Kept

__all__ = ["ROOT", "Run", "create", "find", "model_of"]

T = TypeVar("T")

ROOT = Path("runs")
LAST = ".last"
CHECKPOINT = "checkpoint.npz"
FILES = (
    "metrics.json",  # the first to go where a run is overwritten: from then on it is unfinished
    "config.toml",
    "model.npz",
    "history.csv",
    "predictions.csv",
    "coefficients.csv",
    "environment.json",
    CHECKPOINT,
    *(f"{kind}.png" for kind in PLOT_KINDS),
)
"""What a run may hold: what training writes, and what the other plots add."""


@dataclass(frozen=True)
class Run:
    """A run folder; the methods read and write its files.

    With ``halfway``, model and history are those of its checkpoint, finished or not.
    """

    path: Path
    halfway: bool = False

    def write_toml(self, config: dict[str, Any]) -> None:
        """Write config.toml."""
        import tomli_w

        write_text(self.path / "config.toml", tomli_w.dumps(config))

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        """Write a JSON file; numbers that are not finite become null."""
        write_text(self.path / name, dumps(content))

    def write_history(self, history: list[dict[str, Any]]) -> None:
        """Write history.csv; floats in full, None as an empty cell."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)
        write_text(self.path / "history.csv", text.getvalue())

    @property
    def complete(self) -> bool:
        """Whether the training of the run was recorded to its end."""
        return (self.path / "metrics.json").exists()

    def refuse_links(self) -> None:
        """Refuse to write into a run of which a file is a link that leads elsewhere: it may have come from others."""
        if stray := leading_out((self.path / name for name in FILES), self.path):
            what = f"{stray} is a link that leads out of the run's folder, and would be written to."
            raise DataError(what, "Replace it by what it leads to, or delete it.")

    def reopen(self) -> None:
        """Make a finished run an unfinished one, to go on with."""
        (self.path / "metrics.json").unlink(missing_ok=True)

    def model(self) -> SoftmaxModel:
        """Read the model."""
        if self.halfway:
            return self._kept().model
        if not self.complete:
            raise self.unfinished("has no metrics.json")
        return SoftmaxModel.load(self.path / "model.npz")

    def config(self) -> dict[str, Any]:
        """Read config.toml."""
        return self._read("config.toml", recorded.config_in)

    def metrics(self) -> dict[str, Any]:
        """Read metrics.json."""
        return self._read("metrics.json", recorded.metrics_in)

    def history(self) -> list[dict[str, Any]]:
        """Read history.csv: numbers as floats, empty cells as None."""
        if self.halfway:
            return self._kept().checkpoint.history
        return self._read("history.csv", recorded.history_in)

    def predictions(self) -> list[recorded.Prediction]:
        """Read predictions.csv."""
        return self._read("predictions.csv", recorded.predictions_in)

    def remember(self) -> None:
        """Make this run the one that ``last`` names, where this folder can be written to."""
        with contextlib.suppress(OSError):
            ROOT.mkdir(exist_ok=True)
            if (ROOT / LAST).is_symlink():
                (ROOT / LAST).unlink()  # whatever it leads to is not ours
            write_text(ROOT / LAST, f"{self.path}\n")

    @property
    def checkpoint(self) -> Path:
        """Where the checkpoint is, if there is one."""
        return self.path / CHECKPOINT

    @property
    def resuming(self) -> str:
        """What is typed to go on with the run."""
        return f"softreg train --resume {shlex.quote(str(self.path))}"

    def unfinished(self, lacks: str) -> DataError:
        """Return the error that says of a run that it is unfinished, and how it can be finished."""
        halfway = f"Go on with {self.resuming}, or name {self.checkpoint} for what it had reached."
        advice = halfway if self.checkpoint.exists() else "Train it again."
        return DataError(f"The run {self.path} {lacks}: it did not finish.", advice)

    def _kept(self) -> Kept:
        from softreg.checkpoint import load

        return load(self.checkpoint)

    def _read(self, name: str, of: Callable[[str], T]) -> T:
        """What a file of the run tells, by the function that reads its text."""
        path = self.path / name
        try:
            return of(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise self.unfinished(f"has no {name}") from None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError) as error:
            raise DataError(f"{path} is damaged, or none of softreg's: {error}.", "Train the run again.") from None


def create(out: Path | None, name: str, overwrite: bool) -> Run:
    """Make a new run folder: ``out``, or ``runs/NAME-N`` with the first number that is free.

    Raises :class:`UsageError` where ``out`` exists, unless ``overwrite`` is given and it is a run's folder.
    """
    if out is None:
        ROOT.mkdir(exist_ok=True)
        # the name of some data may hold anything
        name, number = printable(name, kept="").replace(os.sep, "_"), 1
        while True:
            try:
                (ROOT / f"{name}-{number}").mkdir()
            except FileExistsError:
                number += 1
            else:
                return Run(ROOT / f"{name}-{number}")
    check(out, overwrite)
    out.mkdir(parents=True, exist_ok=True)
    for file in FILES if overwrite else ():
        (out / file).unlink(missing_ok=True)
    try:
        (out / "config.toml").touch(exist_ok=False)  # of two processes with one folder, one makes this file
    except FileExistsError:
        raise UsageError(f"Another training has just begun in {out}.", "Name another folder with --out.") from None
    return Run(out)


def check(out: Path | None, overwrite: bool) -> None:
    """Refuse a run folder that would lose something, or cannot be made; asked before training, not after."""
    folder = (ROOT if out is None else out).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_file():
        raise UsageError(f"{there} is a file: no run can be saved there.", "Name another folder with --out.")
    if not os.access(there, os.W_OK):
        raise UsageError(f"The folder {there} cannot be written to.", "Name another folder with --out.")
    if out is not None and out.is_dir() and any(out.iterdir()):
        if not overwrite:
            raise UsageError(f"The folder {out} exists and is not empty.", "Name another, or add --overwrite.")
        strangers = sorted({path.name for path in out.iterdir()} - set(FILES))
        if strangers and not (out / "config.toml").exists():
            raise UsageError(f"The folder {out} holds {strangers[0]} and no run.", "Name another folder.")


def find(word: str) -> Run:
    """Return the run that a word names: ``last``, a folder, a name under ``runs/``, or the checkpoint in a folder."""
    if word == "last":
        return Run(_last())
    if Path(word).name == CHECKPOINT and Path(word).is_file():
        return Run(Path(word).parent, halfway=True)
    for path in (Path(word), ROOT / word):
        if path.is_dir():
            return Run(path)
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


def dumps(content: Any) -> str:
    """Return JSON for people and programs: indented, UTF-8, null for numbers that are not finite."""
    return escaped(json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _last() -> Path:
    try:
        word = (ROOT / LAST).read_text(encoding="utf-8").strip()
        path = Path(word)
        there = path.is_dir()
    except FileNotFoundError:
        raise DataError('There is no "last" run in this folder.', "Type softreg train iris to make one.") from None
    except (OSError, ValueError):
        word, there = "", False
    if not word:
        raise DataError(f"{ROOT / LAST} is damaged: it names no run.", "Name a run; the next training mends it.")
    if not there:
        raise DataError(f'The "last" run, {path}, is gone.', "Name another run.")
    return path

"""A run: one folder, the files that it may hold, and how they are read and written."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from softreg import locks, recorded
from softreg.errors import DataError, reason
from softreg.files import content, leading_out, sweep, write_text
from softreg.model import SoftmaxModel
from softreg.settings import PLOT_KINDS
from softreg.terminal import escaped

if TYPE_CHECKING:
    from softreg.checkpoint import Kept

__all__ = ["CHECKPOINT", "FILES", "LAST", "METRICS", "NEW", "ROOT", "Run", "dumps"]

T = TypeVar("T")

ROOT = Path("runs")
LAST = ".last"
NEW = ".new"
METRICS = "metrics.json"
CHECKPOINT = "checkpoint.npz"
MOST = {"config.toml": 2**20, METRICS: 2**26}
MOST_ROWS = 2**30
"""Bytes that are read of a file of a run: a thousand classes' confusions fill a third of what metrics.json may have."""

DRAWN = ("curves.png", "confusion.png")
"""The pictures that training draws; the others are drawn when they are asked for."""

FILES = (
    "config.toml",
    "model.npz",
    "history.csv",
    "predictions.csv",
    "coefficients.csv",
    "environment.json",
    CHECKPOINT,
    *(f"{kind}.png" for kind in PLOT_KINDS),
    METRICS,
)
"""What a run may hold, in the order in which it takes the place of another: with the last one it is complete."""


@dataclass(frozen=True)
class Run:
    """A run folder; the methods read and write its files.

    With ``halfway``, model and history are those of its checkpoint, finished or not. ``predecessor`` is the folder of
    the run whose place it is to take.
    """

    path: Path
    halfway: bool = False
    predecessor: Path | None = None

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
        return (self.path / METRICS).exists()

    def refuse_links(self) -> None:
        """Refuse to write into a run of which a file is a link that leads elsewhere: it may have come from others."""
        if stray := leading_out((self.path / name for name in (*FILES, NEW)), self.path):
            what = f"{stray} is a link that leads out of the run's folder, and would be written to."
            raise DataError(what, "Replace it by what it leads to, or delete it.")

    @property
    def home(self) -> Path:
        """The folder that the run is called by: the one whose place it is to take, if there is one, else its own."""
        return self.predecessor or self.path

    @property
    def successor(self) -> Run | None:
        """The run that is being made to take the place of this one, if there is one; a link is none."""
        path = self.path / NEW
        return Run(path, predecessor=self.path) if path.is_dir() and not path.is_symlink() else None

    @property
    def resumable(self) -> Run | None:
        """Which has a checkpoint to go on from: its successor, or else the run itself; None where neither has one."""
        return next((run for run in (self.successor, self) if run and run.checkpoint.exists()), None)

    def tidy(self) -> None:
        """Remove what is not of this training: pictures of an earlier state, and what killed processes left behind."""
        sweep(self.path, FILES)
        for name in {f"{kind}.png" for kind in PLOT_KINDS}.difference(DRAWN):
            (self.path / name).unlink(missing_ok=True)

    def model(self) -> SoftmaxModel:
        """Read the model."""
        if self.halfway:
            return self._kept().model
        if not self.complete:
            raise self.unfinished(f"has no {METRICS}")
        return SoftmaxModel.load(self.path / "model.npz")

    def config(self) -> dict[str, Any]:
        """Read config.toml."""
        return self._read("config.toml", recorded.config_in)

    def metrics(self) -> dict[str, Any]:
        """Read metrics.json."""
        return self._read(METRICS, recorded.metrics_in)

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
        return f"softreg train --resume {shlex.quote(str(self.home))}"

    def unfinished(self, lacks: str) -> DataError:
        """Return the error that says of a run that it is unfinished, and how it can be finished."""
        reached = self.resumable.checkpoint if self.resumable else None
        if not locks.free(self.home):
            what = f"The run {self.path} {lacks}: it is being trained just now."
            more = f", or name {reached} for what it has reached" if reached else ""
            return DataError(what, f"Wait for its end{more}.")
        advice = (
            f"Go on with {self.resuming}, or name {reached} for what it had reached."
            if reached
            else "Train it again, with --overwrite."
        )
        return DataError(f"The run {self.path} {lacks}: it did not finish.", advice)

    def _kept(self) -> Kept:
        from softreg.checkpoint import load

        return load(self.checkpoint)

    def _read(self, name: str, of: Callable[[str], T]) -> T:
        """What a file of the run tells, by the function that reads its text."""
        path = self.path / name
        try:
            return of(content(path, MOST.get(name, MOST_ROWS)).decode("utf-8"))
        except FileNotFoundError:
            raise self.unfinished(f"has no {name}") from None
        except OSError as error:
            what = f"{path} cannot be read: {reason(error)}."
            raise DataError(what, "See who may read it, or train again.") from None
        except (ValueError, KeyError) as error:
            what = f"{path} is damaged, or none of softreg's: {reason(error)}."
            raise DataError(what, "Train the run again.") from None


def dumps(content: Any) -> str:
    """Return JSON for people and programs: indented, UTF-8, null for numbers that are not finite."""
    return escaped(json.dumps(_finite(content), indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content

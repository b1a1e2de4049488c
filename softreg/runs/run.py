"""A run: one folder, the files that it may hold, and how they are read and written."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from softreg import locks, recorded
from softreg.errors import DataError, reason
from softreg.files import leading_out, sweep, write_text
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
        return (self.path / METRICS).exists()

    def refuse_links(self) -> None:
        """Refuse to write into a run of which a file is a link that leads elsewhere: it may have come from others."""
        if stray := leading_out((self.path / name for name in (*FILES, NEW)), self.path):
            what = f"{stray} is a link that leads out of the run's folder, and would be written to."
            raise DataError(what, "Replace it by what it leads to, or delete it.")

    @property
    def home(self) -> Path:
        """The folder that the run is called by: the one whose place it is to take, if there is one, else its own."""
        return self.path.parent if self.path.name == NEW else self.path

    @property
    def successor(self) -> Run:
        """The run that is being made to take the place of this one, if there is one."""
        return Run(self.path / NEW)

    def begin_successor(self) -> Run:
        """Make the folder of a successor, empty, and return it."""
        shutil.rmtree(self.successor.path, ignore_errors=True)
        self.successor.path.mkdir()
        return self.successor

    def settled(self) -> Run:
        """Take the place of the run that this one is to succeed, if there is one; return it where it is then.

        Interrupted at any moment, this can be called again: from its first line on it is certain who stays.
        """
        home = Run(self.home)
        if home == self:
            return self
        mine = [name for name in FILES if (self.path / name).exists()]
        if mine[0] == FILES[0]:  # else some of mine have moved already
            for name in set(FILES).difference(mine):
                (home.path / name).unlink(missing_ok=True)
            (home.path / METRICS).unlink(missing_ok=True)
        for name in mine:
            (self.path / name).replace(home.path / name)
        shutil.rmtree(self.path, ignore_errors=True)
        sweep(home.path, FILES)
        return home

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
        if not locks.free(self.home):
            what = f"The run {self.path} {lacks}: it is being trained just now."
            reached = f", or name {self.checkpoint} for what it has reached" if self.checkpoint.exists() else ""
            return DataError(what, f"Wait for its end{reached}.")
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

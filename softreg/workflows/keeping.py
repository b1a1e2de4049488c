"""Keeping: the checkpoints of a training, so that no interruption loses more than the epoch that it falls into."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from signal import SIGINT
from types import TracebackType
from typing import Any

from softreg import checkpoint
from softreg.checkpoint import Kept
from softreg.errors import StoppedError
from softreg.model import SoftmaxModel
from softreg.runs import Run
from softreg.training import Checkpoint

__all__ = ["SECONDS", "Keeper"]

SECONDS = 30.0
"""Between two checkpoints, where no number of epochs is asked for. What a checkpoint does never touches the numbers."""


class Keeper:
    """Holds the newest checkpoint of a training, and writes it into the run's folder when it is due.

    ``open_run`` makes the folder, which a short training needs only at its end; ``model_at`` makes the model of a
    checkpoint. ``every`` is a number of epochs; None is by the clock.
    """

    def __init__(
        self,
        open_run: Callable[[], Run],
        model_at: Callable[[Checkpoint], SoftmaxModel],
        about: Mapping[str, Any],
        every: int | None,
    ) -> None:
        self._open_run = open_run
        self._model_at = model_at
        self._about = about
        self._every = every
        self._written = time.monotonic()
        self._run: Run | None = None
        self._newest: Checkpoint | None = None

    @property
    def run(self) -> Run:
        """The run's folder, made when it is first asked for."""
        if self._run is None:
            self._run = self._open_run()
        return self._run

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Where a training is ended by force, keep what it had reached before this epoch."""
        if isinstance(error, KeyboardInterrupt) and self._newest is not None:
            self.write()
            how = "Interrupted" if getattr(error, "number", SIGINT) == SIGINT else "Terminated"
            told = f"{how}; epoch {self._newest.state.epoch} was saved in {self.run.path}."
            raise StoppedError(told, f"Go on with {self.run.resuming}.") from None

    def take(self, newest: Checkpoint) -> None:
        """Take in the checkpoint of an epoch."""
        self._newest = newest
        if self._every:
            due = newest.state.epoch > 0 and newest.state.epoch % self._every == 0
        else:
            due = time.monotonic() - self._written >= SECONDS
        if due:
            self.write()

    def write(self) -> None:
        """Write the newest checkpoint, in place of the one before; a training that was at its end has none newer."""
        if self._newest is None:
            return
        checkpoint.save(Kept(self._newest, self._model_at(self._newest), self._about), self.run.checkpoint)
        self._written = time.monotonic()

    def drop(self) -> None:
        """Leave no checkpoint: training has come to its end."""
        with contextlib.suppress(OSError):  # one too many harms nobody
            self.run.checkpoint.unlink(missing_ok=True)

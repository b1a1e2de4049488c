"""Progress of a long run, on stderr, where stderr is a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

__all__ = ["Progress"]

PATIENCE = 0.5
"""Seconds before a bar is shown: a short run shows none."""


class Progress:
    """A bar with the current loss and the time that is left, made of the history's rows."""

    def __init__(self, epochs: int, quiet: bool) -> None:
        self.epochs = epochs
        self.wanted = sys.stderr.isatty() and not quiet
        self._began = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def show(self, row: dict[str, Any]) -> None:
        """Take in one row."""
        if not self.wanted or (self._bar is None and row["seconds"] < PATIENCE):
            return
        words = f"cross-entropy {row['train_cross_entropy']:.4f}"
        self._tell("epoch", row["epoch"], self.epochs, words)

    def count(self, what: str, done: int, total: int) -> None:
        """Take in how much of how much is done of something that is no descent."""
        if self.wanted and (self._bar is not None or time.monotonic() - self._began > PATIENCE):
            self._tell(what, done, total, "")

    def _tell(self, what: str, done: int, total: int, words: str) -> None:
        if self._bar is None:
            self._open()
        self._bar.update(self._task, description=what, completed=done, total=total, words=words)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn("{task.description}"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[words]}"),
        )
        self._bar = Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("epochs", total=self.epochs, words="")
        self._bar.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

"""Progress of a long run, on stderr, where stderr is a terminal."""

from __future__ import annotations

import sys
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
        self._bar: Any = None

    def __enter__(self) -> Progress:
        return self

    def show(self, row: dict[str, Any]) -> None:
        """Take in one row."""
        if not self.wanted or (self._bar is None and row["seconds"] < PATIENCE):
            return
        if self._bar is None:
            self._open()
        words = f"cross-entropy {row['train_cross_entropy']:.4f}"
        self._bar.update(self._task, completed=row["epoch"], words=words)

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        columns = (TextColumn("epoch"), MofNCompleteColumn(), BarColumn(), TextColumn("{task.fields[words]}"))
        self._bar = Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("epochs", total=self.epochs, words="")
        self._bar.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

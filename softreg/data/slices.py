"""Parquet files as a stream: some rows at a time, whatever the size of the file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from softreg.data.blocks import Block, Rows, Wanted, assembled
from softreg.data.parquet import as_written, number_or_text, opened, refuse_long_texts, unharmed
from softreg.data.tables import nameless_note, usable
from softreg.data.trial import refuse_deadly
from softreg.errors import DataError

__all__ = ["ParquetStream"]

CELLS = 2**20
"""Values in a block: 16 MiB of numbers."""

MOST_ROWS = 2**16


class ParquetStream:
    """A parquet file; only the columns that are asked for are read."""

    separator = None

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self._reading = threading.Lock()
        self._schema, self._n_rows = opened(path)
        self.columns = usable(list(self._schema), self.name)
        self.every = tuple(self._schema)
        self.notes = nameless_note(list(self._schema))

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Yield slices of rows: the first one, and how many."""
        step = max(1, min(MOST_ROWS, CELLS // len(self._schema)))
        for start in range(0, self._n_rows, step):
            yield start, min(step, self._n_rows - start)

    def parser(self, wanted: Wanted) -> Callable[[tuple[int, int]], Block]:
        """Return what reads them; DataError where a column of the model holds neither numbers nor text."""
        for name in wanted.inputs:
            dtype = self._schema[name]
            strange = dtype.is_temporal() or dtype.is_nested() or dtype == pl.Binary
            if strange and name not in wanted.levels:  # dates may be levels, as text
                what = f'{self.name}: column "{name}" holds {dtype}, and the model takes numbers or categories.'
                raise DataError(what, "Convert it as it was for the training.")
        names = list(dict.fromkeys([*wanted.inputs, *wanted.texts]))
        refuse_deadly(self._path, names)

        def parse(piece: tuple[int, int]) -> Block:
            # one at a time: polars may hold a whole group of rows of the file, as large as its writer made them
            with self._reading, unharmed(self.name):
                frame = pl.scan_parquet(self._path, glob=False).select(names).slice(*piece).collect()
                refuse_long_texts(frame, self._path)
            texts = [name for name in wanted.inputs if name in wanted.levels]
            numbers = [name for name in wanted.inputs if name not in wanted.levels]
            inputs = frame.select(
                *(as_written(frame[name], self.name) for name in texts),
                *(number_or_text(frame[name]) for name in numbers),
            )
            labels = as_written(frame[wanted.label], self.name) if wanted.label else None
            kept = frame.select(wanted.texts).with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
            return assembled(Rows(inputs, kept, np.arange(frame.height), frame.height), wanted, labels)

        return parse

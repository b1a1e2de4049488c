"""Parquet files, read as ``tables`` reads CSV."""

from __future__ import annotations

import contextlib
import shlex
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from softreg import files
from softreg.data.labels import as_text
from softreg.data.tables import nameless_note, usable
from softreg.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["ParquetTable"]


class ParquetTable:
    """A parquet file; only the columns that are asked for are read."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.sha256 = files.sha256(path)
        self._path = path
        with _unharmed(self.name):
            header = list(pl.read_parquet_schema(path))
        self.columns = usable(header, self.name)
        self.notes = nameless_note(header)

    def read(self, numbers: Sequence[str], texts: Sequence[str]) -> tuple[pl.DataFrame, np.ndarray]:
        """Return the columns, and the number of each row in the file."""
        with _unharmed(self.name):
            frame = pl.read_parquet(self._path, columns=[*numbers, *texts]).select(*numbers, *texts)
        if not frame.height:
            raise DataError(f"{self.name} has no rows.", "Give at least one row.")
        frame = frame.with_columns(
            *(_number_or_text(frame[name], self.name) for name in numbers),
            *(_as_written(frame[name]) for name in texts),
        )
        return frame, np.arange(1, frame.height + 1)


@contextlib.contextmanager
def _unharmed(name: str) -> Iterator[None]:
    """Say of a parquet file that does not read what is wrong with it."""
    # Subtle: on some damaged files polars panics, and its PanicException is no Exception.
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        reason = str(error).splitlines()[0].removeprefix("parquet: ").rstrip(".")
        raise DataError(f"{name} is not a readable parquet file: {reason}.", "Save or copy it again.") from error


def _number_or_text(column: pl.Series, name: str) -> pl.Series:
    """A column of a parquet file as Float64, or as String where it holds text; other kinds are an error."""
    if column.dtype.is_numeric() or column.dtype in {pl.Boolean, pl.Null}:
        return column.cast(pl.Float64)
    if column.dtype in {pl.String, pl.Categorical, pl.Enum}:
        return column.cast(pl.String)
    advice = f"Leave it out: --exclude {shlex.quote(column.name)}"
    raise DataError(f'{name}: column "{column.name}" holds {column.dtype}, not numbers.', advice)


def _as_written(column: pl.Series) -> pl.Series:
    """A label column as text: numbers and booleans as Python writes them, whole numbers without ``.0``."""
    if column.dtype.is_float():
        return pl.Series(column.name, as_text(column.to_numpy()).tolist(), dtype=pl.String)
    if column.dtype == pl.Boolean:
        return column.replace_strict({True: "True", False: "False"}, return_dtype=pl.String)
    return column.cast(pl.String)

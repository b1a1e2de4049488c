"""Parquet files, read as ``tables`` reads CSV."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from softreg import files
from softreg.data.dialect import no_table
from softreg.data.labels import as_text
from softreg.data.tables import nameless_note, usable
from softreg.data.trial import refuse_deadly
from softreg.data.values import beyond_double, large, missing_as_null
from softreg.errors import DataError, reason, system_number
from softreg.files import most_unfolded
from softreg.memory import need_of_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["ParquetTable", "as_written", "number_or_text", "opened", "refuse_long_texts", "unharmed"]

_SILENCE = threading.Lock()


class ParquetTable:
    """A parquet file; only the columns that are asked for are read."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.sha256 = files.sha256(path)
        self._path = path
        self._schema, self._n_rows = opened(path)
        self.columns = usable(list(self._schema), self.name)
        self.notes = nameless_note(list(self._schema))
        self.decimal_comma = False

    def read(self, numbers: Sequence[str], texts: Sequence[str]) -> tuple[pl.DataFrame, np.ndarray]:
        """Return the columns, and the number of each row in the file.

        A column of ``numbers`` that is neither numbers nor text (dates, lists) keeps its type.
        """
        frame = self._stored([*numbers, *texts])
        if not frame.height:
            raise DataError(f"{self.name} has no rows.", "Give at least one row.")
        frame = frame.with_columns(
            *(number_or_text(frame[name]) for name in numbers),
            *(as_written(frame[name], self.name) for name in texts),
        )
        return missing_as_null(frame), np.arange(1, frame.height + 1)

    def beyond_double(self, frame: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of the columns, numbers in a frame that was read, in which whole numbers have lost digits."""
        doubtful = large(frame, names)
        stored = self._stored(doubtful) if doubtful else ()
        return tuple(column.name for column in stored if _whole(column.dtype) and beyond_double(column.cast(pl.String)))

    def _stored(self, names: Sequence[str]) -> pl.DataFrame:
        """The columns with the types that they have in the file; those that nothing can be made of hold nulls."""
        plain = {name: None for name in names if not self._schema[name].is_nested()}
        need_of_table(self._n_rows * len(plain))
        refuse_deadly(self._path, [*plain])
        with unharmed(self.name):
            frame = pl.read_parquet(self._path, columns=[*plain], glob=False) if plain else pl.DataFrame()
            refuse_long_texts(frame, self._path)
        return pl.DataFrame([frame[name] if name in plain else self._nulls(name) for name in names])

    def _nulls(self, name: str) -> pl.Series:
        return pl.Series(name, [None], self._schema[name]).new_from_index(0, self._n_rows)


def opened(path: Path) -> tuple[pl.Schema, int]:
    """Return the columns of a parquet file, and how many rows it claims.

    Raises DataError where it cannot be read, and where its columns would unfold to more than those of a table do.
    """
    with unharmed(path.name):
        scan = pl.scan_parquet(path, glob=False)  # a name that looks like a pattern is itself
        schema, n_rows = scan.collect_schema(), int(scan.select(pl.len()).collect().item())
    _refuse_bomb(path, 8 * n_rows * len(schema))
    return schema, n_rows


def refuse_long_texts(frame: pl.DataFrame, path: Path) -> None:
    """Raise DataError where texts that the file holds once stand in so many rows that they would fill the memory."""
    # subtle: polars, too, holds them once, until something is made of them
    lengths = frame.select(
        pl.col(pl.String).str.len_bytes().cast(pl.UInt64).sum(),
        pl.col(pl.Categorical, pl.Enum).cat.len_bytes().cast(pl.UInt64).sum(),
    )
    if lengths.width:
        _refuse_bomb(path, sum(lengths.row(0)))


def _refuse_bomb(path: Path, unfolded: int) -> None:
    n_bytes = path.stat().st_size
    if unfolded > most_unfolded(n_bytes):
        raise no_table(path.name, unfolded, n_bytes, "make a CSV of it first")


@contextlib.contextmanager
def unharmed(name: str) -> Iterator[None]:
    """Say of a parquet file that does not read what is wrong with it."""
    # Subtle: on some damaged files polars panics, and its PanicException is no Exception.
    try:
        with _in_silence():
            yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        if number := system_number(error):
            what = f"{name} cannot be read: {os.strerror(number)}."
            raise DataError(what, "Check the path and its permissions.") from error
        told = reason(error).splitlines()[0].removeprefix("parquet: ").rstrip(".")
        raise DataError(f"{name} is not a readable parquet file: {told}.", "Save or copy it again.") from error


@contextlib.contextmanager
def _in_silence() -> Iterator[None]:
    """Keep what Rust itself says of a panic from the terminal: it goes to descriptor 2, past Python's streams."""
    # subtle: the descriptor is the process's; a second thread would keep the silence of the first, and restore that
    with _SILENCE:
        try:
            kept = os.dup(2)
        except OSError:  # it is closed: nobody will read it
            yield
            return
        try:
            _lead_nowhere(2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _lead_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
    finally:
        os.close(nowhere)


def number_or_text(column: pl.Series) -> pl.Series:
    """Return a column of a parquet file as Float64, or as String where it holds text; other kinds as they are."""
    if column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null):
        return column.cast(pl.Float64)
    return column.cast(pl.String) if column.dtype in (pl.Categorical, pl.Enum) else column


def _whole(dtype: pl.DataType) -> bool:
    return dtype.is_integer() or dtype.is_decimal()


def as_written(column: pl.Series, name: str) -> pl.Series:
    """Return a label column as text: numbers and booleans as Python writes them, whole numbers without ``.0``."""
    if column.dtype.is_float():
        return pl.Series(column.name, as_text(column.to_numpy()).tolist(), dtype=pl.String)
    if column.dtype == pl.Boolean:
        return column.replace_strict({True: "True", False: "False"}, return_dtype=pl.String)
    with contextlib.suppress(pl.exceptions.PolarsError):
        if not column.dtype.is_nested():
            return column.cast(pl.String)
    what = f'{name}: column "{column.name}" holds {column.dtype}, which is no text.'
    raise DataError(what, "Convert it in the file, or leave it out.")

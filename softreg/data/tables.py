"""Tables: CSV through polars, read with the target as text, and written whole or not at all.

It and ``parquet`` answer the same questions: ``columns``, the names that can be used; ``read(numbers, texts)``, those
columns as a frame; ``beyond_double(frame, names)``, which of them are not exact. A column of ``numbers`` is Float64 in
the frame, or String where it may hold a text that is no number: :func:`softreg.data.values.numbered` then tries again,
on the rows that count. In Float64 a missing value is null, also where NaN was written. Columns of ``texts`` are as they
are written.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from collections import Counter
from typing import IO, TYPE_CHECKING, cast

import numpy as np
import polars as pl

from softreg import files
from softreg.data import dialect
from softreg.data.quoting import scanned, unquoted
from softreg.data.values import beyond_double, floats, large, missing_as_null
from softreg.errors import DataError, plural
from softreg.memory import limit, need_of_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from softreg.data.dataset import Dataset

__all__ = [
    "CsvTable",
    "nameless_note",
    "to_csv",
    "usable",
    "write_csv",
]

_REFUSALS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
_SAMPLE = 1000  # rows

MOST_COLUMNS = 100_000
"""Each is judged by itself, which takes its time."""


class CsvTable:
    """The bytes of a CSV (or TSV) file, gzipped or not: any line ends, one header row, a dialect that is found out.

    ``separator`` and ``encoding`` are what the user says, or None. ``decimal_comma`` tells how numbers are written.
    """

    def __init__(self, content: bytes, name: str, separator: str | None = None, encoding: str | None = None) -> None:
        self.name = name
        self.sha256 = hashlib.sha256(content).hexdigest()
        text = dialect.as_utf8(dialect.unzipped(content, name), name, encoding, separator)
        # Subtle: where the last line, without an end, is a quotation mark that opens a field of numbers, polars panics.
        text = text + b"\n" if text.endswith((b'"', b'"\r')) else text
        found = dialect.detect(text, name, separator)
        self._separator, self.decimal_comma = found.separator, found.decimal_comma
        self._header, self._leading, start = self._read_header(text)
        self._every = [name or f"\0{place}" for place, name in enumerate(self._header)]
        # Subtle: polars would count lines from the header on, where a quotation mark may stand within a name.
        self._content = text[start:]
        self.columns = usable(self._header, name)
        self.notes = (*found.notes, *nameless_note(self._header))

    def read(self, numbers: Sequence[str], texts: Sequence[str]) -> tuple[pl.DataFrame, np.ndarray]:
        """Return the columns, and the number of each row in the file; blank lines are no rows, but are counted."""
        frame = self._frame(set(numbers))
        rows = np.arange(1, frame.height + 1) + self._leading
        # Subtle: polars fills a short row with nulls, so it is ragged rows that the last column's nulls may hide.
        if frame.to_series(-1).null_count():
            kept = ~np.isin(rows, self._blank_rows())
            frame, rows = frame.filter(kept), rows[kept]
        return missing_as_null(frame.select(*numbers, *texts)), rows

    def beyond_double(self, frame: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of the columns, numbers in a frame that was read, in which whole numbers have lost digits."""
        doubtful = large(frame, names)
        written = self._written(doubtful) if doubtful else ()
        return tuple(column.name for column in written if beyond_double(column))

    def _written(self, names: Sequence[str]) -> pl.DataFrame:
        """These columns as text."""
        with contextlib.suppress(*_REFUSALS):
            return self._parse(set(), columns=[self._header.index(name) for name in names])
        return self._parsed_slowly().select(names)

    def _frame(self, numbers: set[str]) -> pl.DataFrame:
        """All columns: as numbers what can be, first by hope, then by the look of the first rows, then none at all."""
        if self.decimal_comma and b"." in self._content:
            numbers = set()  # polars would take 1.234 for a number too; as_numbers does not
        with contextlib.suppress(*_REFUSALS):
            return self._parse(numbers)
        with contextlib.suppress(*_REFUSALS):
            return self._parse(numbers & self._numeric_at_first())
        self._blank_rows()  # a ragged row is said as such
        with contextlib.suppress(*_REFUSALS):
            return self._parse(set())
        what = f"{self.name} is not readable as a table"
        if _has_stray_return(self._content):
            what += ": beside its line ends there is a carriage return"
            raise DataError(f"{what}.", "Give all rows the same line end.")
        try:
            return self._parsed_slowly()
        except csv.Error as error:
            raise DataError(f"{what}.", "Look for an open quotation mark.") from error

    def _parse(self, numbers: set[str], n_rows: int | None = None, columns: list[int] | None = None) -> pl.DataFrame:
        if n_rows is None and limit() is not None:
            need_of_table(self._content.count(self._separator.encode()) + self._content.count(b"\n"))
        return pl.read_csv(
            self._content,
            has_header=False,
            n_rows=n_rows,
            columns=columns,
            separator=self._separator,
            decimal_comma=self.decimal_comma,
            schema={name: pl.Float64 if name in numbers else pl.String for name in self._every},
        )

    def _parsed_slowly(self) -> pl.DataFrame:
        """All columns as text, by Python's ``csv``, which takes a quotation mark within a word for what it is."""
        nothing = [""] * len(self._header)
        rows = [record or nothing for record in self._records(strict=True)]
        frame = pl.DataFrame(rows, schema=dict.fromkeys(self._every, pl.String), orient="row")
        return frame.with_columns(pl.all().replace("", None))

    def _records(self, *, strict: bool = False) -> Iterator[list[str]]:
        """The rows and the blank lines, as Python's ``csv`` reads them."""
        text = io.TextIOWrapper(io.BytesIO(self._content), encoding="utf-8", newline="")
        return dialect.records(text, self._separator, strict=strict)

    def _numeric_at_first(self) -> set[str]:
        """The columns whose first values are numbers, as far as this can be seen."""
        sample, comma = self._parse(set(), n_rows=_SAMPLE), self.decimal_comma
        return {
            column.name for column in sample if floats(column, decimal_comma=comma).null_count() == column.null_count()
        }

    def _read_header(self, text: bytes) -> tuple[list[str], int, int]:
        """The names of the columns, the number of blank lines before the first row, and the place where that begins."""
        records = scanned(text, self._separator)
        record, start = next(records, ([], 0))
        header = [name.strip() for name in record]
        if not any(header):
            empty = "is empty" if not text.strip() else "has no header: its first row is blank"
            raise DataError(f"{self.name} {empty}.", "Give a table with a header and at least one row.")
        for leading, (record, end) in enumerate(records):
            if record:
                return header, leading, start
            start = end
        if text.count(b'"') % 2:
            raise DataError(f"{self.name}: a quotation mark in the header is not closed.", "Close it.")
        raise DataError(f"{self.name} has a header and no rows.", "Give at least one row.")

    def _blank_rows(self) -> list[int]:
        """Numbers of the blank lines; DataError at the first row with more or fewer fields than the header."""
        blank, width = [], len(self._header)
        for row, record in enumerate(self._records(), start=1 + self._leading):
            if not record:
                blank.append(row)
            elif len(record) != width:
                raise DataError(
                    f"{self.name}, row {row} has {plural(len(record), 'field')}, and the header has {width}.",
                    "Mend that row; a field that holds the separator needs quotation marks.",
                )
        return blank


def _has_stray_return(content: bytes) -> bool:
    """Whether a carriage return stands outside quotation marks, and not in front of a line feed."""
    byte = np.frombuffer(content + b"\n", np.uint8)
    return bool((byte[unquoted(byte, "\r") + 1] != ord("\n")).any())


def to_csv(dataset: Dataset, path: Path, *, overwrite: bool = True) -> None:
    """Write the features, then ``split`` where the source has its own, then the target, in the order of the rows.

    Raises
    ------
    DataError
        The features are sparse: as a CSV they would be mostly zeros.
    """
    _refuse_sparse(dataset)
    with files.writing(path, overwrite=overwrite) as file:
        write_csv(dataset, file)


def write_csv(dataset: Dataset, file: IO[bytes]) -> None:
    """Write the same as :func:`to_csv` to an open binary file."""
    _refuse_sparse(dataset)
    X = cast("np.ndarray", dataset.X)
    # Whole numbers (pixels, counts) are written without ".0": the same values, in a file half the size.
    values = X.astype(np.int64) if np.array_equal(X, np.rint(X)) and np.abs(X).max() < 2**53 else X
    columns = [pl.Series(name, values[:, place]) for place, name in enumerate(dataset.columns)]
    if dataset.part is not None:
        columns.append(pl.Series("split", dataset.part.tolist()))
    if dataset.labels is not None:
        columns.append(pl.Series(dataset.target, dataset.labels.tolist()))
    need_of_table(len(X) * len(columns))
    pl.DataFrame(columns).write_csv(file)


def _refuse_sparse(dataset: Dataset) -> None:
    """Raise DataError for sparse features."""
    if dataset.sparse:
        raise DataError(
            f"{dataset.name} is sparse, {dataset.n_samples} rows x {dataset.n_features} features.",
            "Use it by its name; a CSV of it would be mostly zeros.",
        )


def usable(header: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the columns that have a name; DataError where two have the same, or where there are too many."""
    if len(header) > MOST_COLUMNS:
        what = f"{name} has {len(header)} columns, and a table may have {MOST_COLUMNS}."
        raise DataError(what, "Give wide data as .npz or .svmlight, whose columns need no names.")
    named = [column for column in header if column]
    twice = next((column for column, count in Counter(named).items() if count > 1), None)
    if twice is not None:
        raise DataError(f'{name} has more than one column "{twice}".', "Rename or remove one of them.")
    return tuple(named)


def nameless_note(header: Sequence[str]) -> tuple[str, ...]:
    """Return a note on the columns without a name, or nothing."""
    places = [str(place) for place, column in enumerate(header, start=1) if not column]
    return (f"Left out, because it has no name: column {', '.join(places)}.",) if places else ()

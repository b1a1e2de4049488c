"""Tables: CSV through polars, read with the target as text, and written whole or not at all.

It and ``parquet`` answer the same two questions: ``columns``, the names that can be used, and ``read(numbers,
texts)``, those columns as a frame. A column of ``numbers`` is Float64 in the frame, or String where it may hold a text
that is no number: ``numbered`` then tries again, on the rows that count. Columns of ``texts`` are as they are written.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from typing import IO, TYPE_CHECKING, cast

import numpy as np
import polars as pl

from softreg import files
from softreg.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from softreg.data.dataset import Dataset

__all__ = ["CsvTable", "as_numbers", "nameless_note", "numbered", "stripped", "to_csv", "usable", "write_csv"]

_BOM = b"\xef\xbb\xbf"
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_SAMPLE = 1000  # rows


class CsvTable:
    """The bytes of a CSV (or TSV) file: UTF-8, with or without BOM, any line ends, one header row."""

    def __init__(self, content: bytes, name: str, separator: str = ",") -> None:
        self.name = name
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._content = content.removeprefix(_BOM)
        self._separator = separator
        self._header, self._leading = self._read_header()
        self.columns = usable(self._header, name)
        self.notes = nameless_note(self._header)

    def read(self, numbers: Sequence[str], texts: Sequence[str]) -> tuple[pl.DataFrame, np.ndarray]:
        """Return the columns, and the number of each row in the file; blank lines are no rows, but are counted."""
        frame = self._frame(set(numbers))
        rows = np.arange(1, frame.height + 1) + self._leading
        # Subtle: polars fills a short row with nulls, so it is ragged rows that the last column's nulls may hide.
        if frame.to_series(-1).null_count():
            kept = ~np.isin(rows, self._blank_rows())
            frame, rows = frame.filter(kept), rows[kept]
        return frame.select(*numbers, *texts), rows

    def _frame(self, numbers: set[str]) -> pl.DataFrame:
        """All columns: as numbers what can be, first by hope, then by the look of the first rows, then none at all."""
        with contextlib.suppress(pl.exceptions.PolarsError):
            return self._parse(numbers)
        with contextlib.suppress(pl.exceptions.PolarsError):
            return self._parse(numbers & self._numeric_at_first())
        self._blank_rows()  # a ragged row is said as such
        try:
            return self._parse(set())
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise DataError(
                f"{self.name} is not readable as a table: {reason}.", "Look for an open quotation mark."
            ) from error

    def _parse(self, numbers: set[str], n_rows: int | None = None) -> pl.DataFrame:
        kinds = {name or f"\0{place}": name in numbers for place, name in enumerate(self._header)}
        return pl.read_csv(
            self._content,
            has_header=False,
            # Subtle: without a header polars takes the width from the first line, which must then not be blank.
            skip_rows=1 + self._leading,
            n_rows=n_rows,
            separator=self._separator,
            schema={name: pl.Float64 if number else pl.String for name, number in kinds.items()},
        )

    def _numeric_at_first(self) -> set[str]:
        """The columns whose first values are numbers, as far as this can be seen."""
        sample = self._parse(set(), n_rows=_SAMPLE)
        return {column.name for column in sample if _all_numbers(column)}

    def _records(self) -> Iterator[list[str]]:
        text = io.TextIOWrapper(io.BytesIO(self._content), encoding="utf-8", newline="")
        try:
            yield from csv.reader(text, delimiter=self._separator)
        except UnicodeDecodeError as error:
            raise _not_utf8(self.name, self._content) from error
        except csv.Error as error:
            raise DataError(f"{self.name} is not readable as a table: {error}.", "Save it as CSV again.") from error

    def _read_header(self) -> tuple[list[str], int]:
        """The names of the columns, and the number of blank lines before the first row."""
        records = self._records()
        header = [name.strip() for name in next(records, [])]
        if not any(header):
            empty = "is empty" if not self._content.strip() else "has no header: its first row is blank"
            raise DataError(f"{self.name} {empty}.", "Give a table with a header and at least one row.")
        other = next((name for mark, name in _SEPARATORS.items() if len(header) == 1 and mark in header[0]), None)
        if other:
            advice = "Rename it to end in .tsv." if other == "tabs" else "Save it with commas (.csv) or tabs (.tsv)."
            raise DataError(f"{self.name} seems to be separated by {other}.", advice)
        leading = next((place for place, record in enumerate(records) if record), None)
        if leading is None:
            raise DataError(f"{self.name} has a header and no rows.", "Give at least one row.")
        return header, leading

    def _blank_rows(self) -> list[int]:
        """Numbers of the blank lines; DataError at the first row with more or fewer fields than the header."""
        blank, width = [], len(self._header)
        records = self._records()
        next(records)
        for row, record in enumerate(records, start=1):
            if not record:
                blank.append(row)
            elif len(record) != width:
                raise DataError(
                    f"{self.name}, row {row} has {len(record)} fields, and the header has {width}.",
                    "Mend that row; a field that holds a comma needs quotation marks.",
                )
        return blank


def _not_utf8(name: str, content: bytes) -> DataError:
    """What a file is that is not UTF-8, as far as its bytes tell."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return DataError(f"{name} is UTF-16 text.", f"Convert it first: iconv -f utf-16 -t utf-8 {name}.")
    if b"\0" in content:
        return DataError(f"{name} is not a text file.", "Give a table: .csv, .tsv or .parquet.")
    return DataError(f"{name} is not UTF-8 text.", f"Convert it first: iconv -f latin1 -t utf-8 {name}.")


def as_numbers(column: pl.Series) -> pl.Series:
    """Return a String column as Float64 (true is 1, false 0), or as it was where some text is no number.

    >>> as_numbers(pl.Series("a", [" 1.5", "2", None])).to_list()
    [1.5, 2.0, None]
    >>> as_numbers(pl.Series("a", ["True", "false"])).to_list()
    [1.0, 0.0]
    """
    text = stripped(column)
    numbers = text.cast(pl.Float64, strict=False)
    if numbers.null_count() == text.null_count():
        return numbers
    lowered = text.str.to_lowercase()
    if lowered.drop_nulls().is_in(["true", "false"]).all():
        return (lowered == "true").cast(pl.Float64)
    return column


def _all_numbers(column: pl.Series) -> bool:
    return column.cast(pl.Float64, strict=False).null_count() == column.null_count()


def stripped(column: pl.Series) -> pl.Series:
    """Return a String column without white space at the ends, and null where nothing is left."""
    text = column.str.strip_chars()
    return text.set(text == "", None)


def to_csv(dataset: Dataset, path: Path) -> None:
    """Write the features, then ``split`` where the source has its own, then the target, in the order of the rows.

    Raises
    ------
    DataError
        The features are sparse: as a CSV they would be mostly zeros.
    """
    _refuse_sparse(dataset)
    with files.writing(path) as file:
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
    pl.DataFrame(columns).write_csv(file)


def _refuse_sparse(dataset: Dataset) -> None:
    """Raise DataError for sparse features."""
    if dataset.sparse:
        raise DataError(
            f"{dataset.name} is sparse, {dataset.n_samples} rows x {dataset.n_features} features.",
            "Use it by its name; a CSV of it would be mostly zeros.",
        )


def numbered(frame: pl.DataFrame, numbers: Sequence[str]) -> pl.DataFrame:
    """Return the frame with those columns of text as Float64 that hold numbers only."""
    return frame.with_columns(as_numbers(frame[name]) for name in numbers if frame[name].dtype == pl.String)


def usable(header: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the columns that have a name; DataError where two have the same."""
    named = [column for column in header if column]
    twice = [column for place, column in enumerate(named) if column in set(named[:place])]
    if twice:
        raise DataError(f'{name} has more than one column "{twice[0]}".', "Rename or remove one of them.")
    return tuple(named)


def nameless_note(header: Sequence[str]) -> tuple[str, ...]:
    """Return a note on the columns without a name, or nothing."""
    places = [str(place) for place, column in enumerate(header, start=1) if not column]
    return (f"Left out, because it has no name: column {', '.join(places)}.",) if places else ()

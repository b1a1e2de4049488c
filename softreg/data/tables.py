"""Tables: CSV through polars, read with the target as text, and written whole or not at all.

It and ``parquet`` answer the same questions: ``columns``, the names that can be used; ``read(numbers, texts)``, those
columns as a frame; ``beyond_double(frame, names)``, which of them are not exact. A column of ``numbers`` is Float64 in
the frame, or String where it may hold a text that is no number: ``numbered`` then tries again, on the rows that count.
In Float64 a missing value is null, also where NaN was written. Columns of ``texts`` are as they are written.
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
from softreg.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from softreg.data.dataset import Dataset

__all__ = [
    "MISSING_NUMBERS",
    "MISSING_WORDS",
    "CsvTable",
    "as_categories",
    "as_numbers",
    "beyond_double",
    "forced",
    "large",
    "missing_as_null",
    "nameless_note",
    "no_numbers",
    "numbered",
    "to_csv",
    "usable",
    "write_csv",
]

MISSING_WORDS = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "?")
"""What stands for a missing value, white space at the ends aside; in these letters, as R, Excel, pandas, SQL and the
UCI repository write it. "None" is not among them: as a category it is an answer (no fireplace, no insurance)."""

MISSING_NUMBERS = (*MISSING_WORDS, "None", "-", ".")
"""And where all else is a number: what Python, statistical offices and SAS write."""

_REFUSALS = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
_SAMPLE = 1000  # rows
_EXACT = 2.0**53  # up to here float64 holds every whole number


class CsvTable:
    """The bytes of a CSV (or TSV) file, gzipped or not: any line ends, one header row, a dialect that is found out.

    ``separator`` and ``encoding`` are what the user says, or None. ``decimal_comma`` is for :func:`numbered`.
    """

    def __init__(self, content: bytes, name: str, separator: str | None = None, encoding: str | None = None) -> None:
        self.name = name
        self.sha256 = hashlib.sha256(content).hexdigest()
        text = dialect.as_utf8(dialect.unzipped(content, name), name, encoding, separator)
        # Subtle: where the last line, without an end, is a quotation mark that opens a field of numbers, polars panics.
        self._content = text + b"\n" if text.endswith((b'"', b'"\r')) else text
        found = dialect.detect(self._content, name, separator)
        self._separator, self.decimal_comma = found.separator, found.decimal_comma
        self._header, self._leading = self._read_header()
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
        written = self._parse(set(), columns=[self._header.index(name) for name in doubtful]) if doubtful else ()
        return tuple(column.name for column in written if beyond_double(column))

    def _frame(self, numbers: set[str]) -> pl.DataFrame:
        """All columns: as numbers what can be, first by hope, then by the look of the first rows, then none at all."""
        if self.decimal_comma and b"." in self._content:
            numbers = set()  # polars would take 1.234 for a number too; as_numbers does not
        with contextlib.suppress(*_REFUSALS):
            return self._parse(numbers)
        with contextlib.suppress(*_REFUSALS):
            return self._parse(numbers & self._numeric_at_first())
        self._blank_rows()  # a ragged row is said as such
        try:
            return self._parse(set())
        except _REFUSALS as error:
            reason = str(error).splitlines()[0]
            raise DataError(
                f"{self.name} is not readable as a table: {reason}.", "Look for an open quotation mark."
            ) from error

    def _parse(self, numbers: set[str], n_rows: int | None = None, columns: list[int] | None = None) -> pl.DataFrame:
        kinds = {name or f"\0{place}": name in numbers for place, name in enumerate(self._header)}
        return pl.read_csv(
            self._content,
            has_header=False,
            # Subtle: without a header polars takes the width from the first line, which must then not be blank.
            skip_rows=1 + self._leading,
            n_rows=n_rows,
            columns=columns,
            separator=self._separator,
            decimal_comma=self.decimal_comma,
            schema={name: pl.Float64 if number else pl.String for name, number in kinds.items()},
        )

    def _numeric_at_first(self) -> set[str]:
        """The columns whose first values are numbers, as far as this can be seen."""
        sample = self._parse(set(), n_rows=_SAMPLE)
        return {
            column.name for column in sample if _floats(column, self.decimal_comma).null_count() == column.null_count()
        }

    def _records(self) -> Iterator[list[str]]:
        text = io.TextIOWrapper(io.BytesIO(self._content), encoding="utf-8", newline="")
        try:
            yield from dialect.records(text, self._separator)
        except csv.Error as error:
            raise DataError(f"{self.name} is not readable as a table: {error}.", "Save it as CSV again.") from error

    def _read_header(self) -> tuple[list[str], int]:
        """The names of the columns, and the number of blank lines before the first row."""
        records = self._records()
        header = [name.strip() for name in next(records, [])]
        if not any(header):
            empty = "is empty" if not self._content.strip() else "has no header: its first row is blank"
            raise DataError(f"{self.name} {empty}.", "Give a table with a header and at least one row.")
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


def as_numbers(column: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """Return a String column as Float64 (true is 1, false 0), or as it was where some text is no number.

    Of :data:`MISSING_NUMBERS` each is null. With ``decimal_comma`` a number is written 1,5, and 1.5 is none: it may
    as well be a date, or fifteen hundred with a point for the thousands.

    >>> as_numbers(pl.Series("a", [" 1.5", "2", None, "NA", "nan"])).to_list()
    [1.5, 2.0, None, None, None]
    >>> as_numbers(pl.Series("a", ["True", "?", "false"])).to_list()
    [1.0, None, 0.0]
    >>> as_numbers(pl.Series("a", ["1,5", "2"]), decimal_comma=True).to_list()
    [1.5, 2.0]
    """
    text = _without(column, MISSING_NUMBERS)
    numbers = _floats(text, decimal_comma)
    if numbers.null_count() == text.null_count():
        return numbers.fill_nan(None)
    lowered = text.str.to_lowercase()
    if lowered.drop_nulls().is_in(["true", "false"]).all():
        return (lowered == "true").cast(pl.Float64)
    return column


def no_numbers(column: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """Return a mask of a String column: where there is text that is neither a number nor stands for a missing one.

    >>> no_numbers(pl.Series("a", ["1.5", "NA", "old"])).to_list()
    [False, False, True]
    """
    text = _without(column, MISSING_NUMBERS)
    return _floats(text, decimal_comma).is_null() & text.is_not_null()


def forced(column: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """Return a String column as Float64, null where :func:`no_numbers` or where one is missing."""
    return _floats(_without(column, MISSING_NUMBERS), decimal_comma).fill_nan(None)


def as_categories(column: pl.Series) -> pl.Series:
    """Return a String column without white space at the ends, and null for each of :data:`MISSING_WORDS`.

    A whole number with zeros behind the point loses them: of one table, Parquet says 1 where a CSV says 1.0.

    >>> as_categories(pl.Series("port", ["S ", "", "None", "NA", None, "01", "1.0"])).to_list()
    ['S', None, 'None', None, None, '01', '1']
    """
    return _without(column, MISSING_WORDS).str.replace(r"^([+-]?\d+)\.0+$", "${1}")


def numbered(frame: pl.DataFrame, numbers: Sequence[str], *, decimal_comma: bool = False) -> pl.DataFrame:
    """Return the frame with those columns of text as Float64 that hold numbers only, as :func:`as_numbers` says."""
    schema = frame.schema  # made anew each time that it is asked for
    texts = [name for name in numbers if schema[name] == pl.String]
    return frame.with_columns(as_numbers(frame[name], decimal_comma=decimal_comma) for name in texts)


def beyond_double(column: pl.Series) -> bool:
    """Return whether some whole number in a String column is another one in float64: beyond 2^53 most are.

    >>> beyond_double(pl.Series(["9007199254740993"])), beyond_double(pl.Series(["9007199254740992", "1e300", "a"]))
    (True, False)
    """
    whole = column.filter(column.str.contains(r"^\s*[+-]?\d{16,308}\s*$"))
    return any(int(text) != int(float(text)) for text in whole)


def _without(column: pl.Series, words: Sequence[str]) -> pl.Series:
    """The texts without white space at the ends, and null where one of the words is left."""
    text = column.str.strip_chars()
    return text.set(text.is_in(words), None)


def _floats(text: pl.Series, decimal_comma: bool) -> pl.Series:
    """Texts as Float64, null where they are no numbers."""
    if decimal_comma:
        text = text.str.replace_all(".", "no number", literal=True).str.replace(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False)


def missing_as_null(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with null for every NaN; columns that have none are not copied."""
    floats = [name for name, dtype in frame.schema.items() if dtype == pl.Float64]
    holds = frame.select(pl.col(floats).is_nan().any()).row(0) if floats else ()
    names = [name for name, found in zip(floats, holds, strict=True) if found]
    return frame.with_columns(pl.col(names).fill_nan(None)) if names else frame


def large(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Return those of the columns that are numbers with one beyond 2^53."""
    schema = frame.schema
    numbers = [name for name in names if schema[name] == pl.Float64]
    most = frame.select(pl.col(numbers).abs().max()).row(0) if numbers else ()
    return [name for name, value in zip(numbers, most, strict=True) if value is not None and value >= _EXACT]


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


def usable(header: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the columns that have a name; DataError where two have the same."""
    named = [column for column in header if column]
    twice = next((column for column, count in Counter(named).items() if count > 1), None)
    if twice is not None:
        raise DataError(f'{name} has more than one column "{twice}".', "Rename or remove one of them.")
    return tuple(named)


def nameless_note(header: Sequence[str]) -> tuple[str, ...]:
    """Return a note on the columns without a name, or nothing."""
    places = [str(place) for place, column in enumerate(header, start=1) if not column]
    return (f"Left out, because it has no name: column {', '.join(places)}.",) if places else ()

"""Values of a table's columns: numbers, categories and missing values, as people write them.

A column is a polars Series: String as it is written, or Float64, in which a missing value is null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "MISSING_NUMBERS",
    "MISSING_WORDS",
    "as_categories",
    "as_numbers",
    "beyond_double",
    "floats",
    "forced",
    "large",
    "missing_as_null",
    "no_numbers",
    "numbered",
]

MISSING_WORDS = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "?")
"""What stands for a missing value, white space at the ends aside; in these letters, as R, Excel, pandas, SQL and the
UCI repository write it. "None" is not among them: as a category it is an answer (no fireplace, no insurance)."""

MISSING_NUMBERS = (*MISSING_WORDS, "None", "-", ".")
"""And where all else is a number: what Python, statistical offices and SAS write."""

_EXACT = 2.0**53  # up to here float64 holds every whole number


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
    numbers = floats(text, decimal_comma=decimal_comma)
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
    return floats(text, decimal_comma=decimal_comma).is_null() & text.is_not_null()


def forced(column: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """Return a String column as Float64, null where :func:`no_numbers` or where one is missing."""
    return floats(_without(column, MISSING_NUMBERS), decimal_comma=decimal_comma).fill_nan(None)


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


def floats(text: pl.Series, *, decimal_comma: bool = False) -> pl.Series:
    """Return texts as Float64, null where they are no numbers as they stand; with a decimal comma, 1.5 is none."""
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

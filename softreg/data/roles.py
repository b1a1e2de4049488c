"""Roles: what becomes of every column of a table, by one rule that the user sees and can overrule.

==============  ========================================================  =============================================
role            when                                                      overruled by
==============  ========================================================  =============================================
number          every value that is there is a number, or true or false   ``--categorical``, ``--exclude``
category        text with values that come again                          ``--exclude``
left out        constant; empty; dates; identifiers (a new value in       ``--numeric``, ``--categorical``,
                nearly every row); free text; categories whose            ``--features`` (names it without a pattern)
                values are hardly ever common
aside           the label, the split, the group, the weight, the          the options that name them
                row's own name (``--id``)
==============  ========================================================  =============================================

Whole numbers with few values stay numbers unless told: 1, 2, 3 may be an order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from softreg.data.values import as_categories
from softreg.errors import DataError

if TYPE_CHECKING:
    from softreg.settings import SourceSettings

__all__ = ["Role", "names_rows", "role_of"]

CATEGORY, LEFT_OUT, NUMBER = "category", "left out", "number"

ENOUGH = 20
"""With fewer rows, that no value comes again says nothing."""

NEARLY_NEW = 0.9
"""Share of new values among the rows from which text is an identifier, or free."""

COMMON = 0.1
"""Share of the rows that must have a common value, or a missing one."""

WORDS = 3
"""Text of more words than this on average, half of whose values are new, is written freely."""

_ID_NAME = re.compile(
    r"(^|[_\s.-])(id|ids|index|key|uuid|guid|no|nr|number|row|rownames)$|(?-i:[a-z]I[dD]$)|^unnamed", re.I
)
_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%b %d %Y", "%d %b %Y", "%B %d, %Y")
_TIME_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S")


@dataclass(frozen=True)
class Role:
    """What became of a column: ``number``, ``category``, ``left out``, or what it is instead of a feature."""

    name: str
    role: str
    told: str = ""
    missing: int = 0

    @property
    def used(self) -> bool:
        """Whether features come of it."""
        return self.role in {NUMBER, CATEGORY}


def names_rows(name: str) -> bool:
    """Return whether a column is called as identifiers are.

    >>> names_rows("PassengerId"), names_rows("order_no"), names_rows("paid")
    (True, True, False)
    """
    return _ID_NAME.search(name) is not None


def role_of(column: pl.Series, source: SourceSettings) -> tuple[Role, pl.Series]:
    """Return the role of a column by the rule, and its values: Float64, or String with null where one is missing.

    Raises :class:`DataError` for a column of Parquet's other types (dates, lists) that is named to be used.
    ``column`` is Float64 where all that is there are numbers, as :func:`softreg.data.values.numbered` makes it.

    >>> from softreg.settings import SourceSettings
    >>> role, _ = role_of(pl.Series("port", ["S", "C", "", "S"]), SourceSettings())
    >>> role.role, role.told, role.missing
    ('category', '2 levels', 1)
    """
    name = column.name
    asked = NUMBER if name in source.numeric else CATEGORY if name in source.categorical else ""
    if column.dtype not in {pl.String, pl.Float64}:
        if asked or name in source.features:
            told = f'Column "{name}" holds {column.dtype}, which is neither numbers nor text.'
            raise DataError(told, "Convert it in the file, or leave it out.")
        return Role(name, LEFT_OUT, "dates" if column.dtype.is_temporal() else f"holds {column.dtype}"), column
    values = column
    if values.dtype == pl.String:
        values = as_categories(values)
        role, told = _text(values, source, asked)
    else:
        values = values.fill_nan(None)
        role, told = _numbers(values, asked or name in source.features)
    return Role(name, role, told, values.null_count()), values


def _numbers(values: pl.Series, asked: bool | str) -> tuple[str, str]:
    there = values.drop_nulls()
    if not len(there):
        return LEFT_OUT, "empty"
    if there.n_unique() == 1 and not values.null_count():
        large = abs(float(there[0])) >= 2**53  # beyond which whole numbers are rounded
        return LEFT_OUT, f"constant: always {there[0]:g}" + ", or too large to be told apart" * large
    if not asked and _counts_rows(there) and len(there) == len(values):
        return LEFT_OUT, "identifier: a new whole number in every row"
    return NUMBER, ""


def _counts_rows(there: pl.Series) -> bool:
    """Whether whole numbers are all new, and count on from row to row or are called an identifier."""
    if len(there) < ENOUGH or not bool((there == there.floor()).all()) or there.n_unique() < len(there):
        return False
    low, high = there.min(), there.max()
    assert isinstance(low, float)
    assert isinstance(high, float)
    return high - low == len(there) - 1 or names_rows(there.name)


def _text(values: pl.Series, source: SourceSettings, asked: str) -> tuple[str, str]:
    there = values.drop_nulls()
    levels = there.n_unique()
    if levels == 0:
        return LEFT_OUT, "empty"
    if levels == 1 and not values.null_count():
        return LEFT_OUT, f'constant: always "{there[0]}"'
    why = "" if asked or values.name in source.features else _no_category(values, levels, source.min_count)
    return (LEFT_OUT, why) if why else (CATEGORY, f"{levels} levels" if levels > 1 else "1 level")


def _no_category(values: pl.Series, levels: int, min_count: int) -> str:
    """Why text is of no use as a category, or nothing."""
    there = values.drop_nulls()
    if _all_dates(there):
        return "dates"
    if len(there) < ENOUGH:
        return ""
    words = there.str.count_matches(r"\S+").mean()
    if isinstance(words, float) and words > WORDS and levels > len(there) / 2:
        return "free text"
    if levels > NEARLY_NEW * len(there):
        return "identifier: a new value in nearly every row"
    counts = there.value_counts()["count"]
    # that a value is missing may tell enough to keep the column
    seldom = counts.filter(counts >= min_count).sum() < COMMON * len(there) and values.null_count() < COMMON * len(
        values
    )
    return f"{levels} values, few of them in {min_count} rows" if seldom else ""


def _all_dates(there: pl.Series) -> bool:
    sample = there.head(200)
    for parse, formats in ((sample.str.to_date, _DATE_FORMATS), (sample.str.to_datetime, _TIME_FORMATS)):
        for form in formats:
            if not parse(form, strict=False).null_count():
                return True
    return False

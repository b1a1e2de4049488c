"""What is learned from beside the features: soft labels, and the weight of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from softreg.data.labels import text_array
from softreg.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

SOFT = "likeliest class"
"""What the target is called where the labels are distributions."""

__all__ = ["SOFT", "SoftLabels", "numbers_of", "soft_labels", "weights_of"]


@dataclass(frozen=True)
class SoftLabels:
    """Rows q that are distributions over ``classes``, and the likeliest class of each row."""

    q: np.ndarray
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> np.ndarray:
        """The name of each row's likeliest class; the first of several."""
        return text_array([self.classes[code] for code in self.q.argmax(axis=1).tolist()], SOFT)


def soft_labels(frame: pl.DataFrame, columns: Sequence[str], rows: np.ndarray) -> SoftLabels:
    """Return the columns as distributions: numbers of 0 or more, divided by the sum of their row.

    Counts become shares; how many there were is the business of ``--weight-col``. The classes are named as the columns
    are, without a common ``p_`` before them. Raises :class:`DataError` for a value that is negative, missing or no
    number, for a row that sums to 0, and for a column that is named twice.

    >>> import polars as pl
    >>> soft = soft_labels(pl.DataFrame({"p_no": [3.0, 0.5], "p_yes": [1.0, 0.5]}), ["p_no", "p_yes"], np.array([1, 2]))
    >>> soft.classes, soft.q.tolist(), soft.labels.tolist()
    (('no', 'yes'), [[0.75, 0.25], [0.5, 0.5]], ['no', 'no'])
    """
    if len(columns) < 2:
        raise DataError(
            f'--target-distribution names one column, "{columns[0]}".', "Name one column for each class, with commas."
        )
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise DataError(f'--target-distribution names "{twice}" twice.', "Name one column for each class.")
    q = np.column_stack([numbers_of(frame, column, rows, "--target-distribution") for column in columns])
    total = q.sum(axis=1)
    if not total.all():
        row = rows[np.flatnonzero(total == 0)[0]]
        raise DataError(
            f"Row {row}: the columns of --target-distribution are all 0, which is no distribution.",
            "Leave that row out.",
        )
    counts = np.abs(total - 1).max() > 1e-3
    notes = ("The target columns do not sum to 1 in every row: each row was divided by its sum.",) if counts else ()
    prefixed = all(column.startswith("p_") and column != "p_" for column in columns)
    classes = tuple(column.removeprefix("p_") if prefixed else column for column in columns)
    return SoftLabels(q / total[:, None], classes, notes)


def weights_of(frame: pl.DataFrame, column: str, rows: np.ndarray) -> np.ndarray:
    """Return the weight of each row. Raises :class:`DataError` for one that is negative, missing or no number."""
    weights = numbers_of(frame, column, rows, "--weight-col")
    if not weights.any():
        raise DataError(f'Every weight in "{column}" is 0.', "Give at least two rows of different classes a weight.")
    return weights


def numbers_of(frame: pl.DataFrame, column: str, rows: np.ndarray, option: str) -> np.ndarray:
    """Return a column as numbers of 0 or more; DataError names the first row with anything else."""
    values = frame[column]
    if values.dtype.is_nested():
        raise DataError(f'Column "{column}" ({option}) holds {values.dtype}, not numbers.', "Name another column.")
    if not values.dtype.is_numeric():
        values = values.cast(str).str.strip_chars().cast(float, strict=False)
    numbers = values.fill_null(np.nan).to_numpy()
    bad = ~(np.isfinite(numbers) & (numbers >= 0))
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        found = frame[column][place]
        word = str(found).removesuffix(".0") if isinstance(found, float) else found
        told = "the value is missing" if found in {None, ""} else f'"{word}" is not a number of 0 or more'
        raise DataError(
            f'Column "{column}" ({option}), row {rows[place]}: {told}.',
            "Mend it, or leave that row out.",
        )
    return np.asarray(numbers)

"""Words among numbers: columns of text that are numbers but for a few values."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import polars as pl

from softreg.data.values import forced, no_numbers, numbered
from softreg.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

__all__ = ["numbers_of"]

FEW = 0.05
"""Share of the values that may be words in a column that is taken for numbers."""

MANY = 10
"""Different numbers that such a column must hold: fewer may be the names of groups."""


def numbers_of(
    frame: pl.DataFrame, names: Sequence[str], rows: np.ndarray, asked: Sequence[str], *, decimal_comma: bool
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the frame with the columns as Float64 that hold numbers, and a note on each word that was lost on the way.

    Those are columns in which all values are numbers, or nearly all, or which have to be numbers because the user
    ``asked`` for it. A word among numbers becomes a missing value.

    >>> import numpy as np
    >>> frame = pl.DataFrame({"age": ["31", "old"]})
    >>> frame, notes = numbers_of(frame, ["age"], np.array([1, 2]), ["age"], decimal_comma=False)
    >>> frame["age"].to_list(), notes[0]
    ([31.0, None], '"age": 1 value is no number ("old", row 2) and counts as missing; --categorical age keeps it.')
    """
    frame = numbered(frame, names, decimal_comma=decimal_comma)
    schema, notes, columns = frame.schema, [], []
    for name in names:
        if schema[name] != pl.String:
            continue
        lost = no_numbers(frame[name], decimal_comma=decimal_comma)
        values = forced(frame[name], decimal_comma=decimal_comma)
        if name in asked or (lost.sum() <= FEW * len(values) and values.drop_nulls().n_unique() >= MANY):
            if values.null_count() == len(values):
                told = f'--numeric {name}: no value of the column is a number ("{frame[name][lost.arg_true()[0]]}").'
                raise DataError(told, f"Leave it out, or type --categorical {shlex.quote(name)}.")
            columns.append(values)
            place = lost.arg_true()[0]
            count = "1 value is no number" if lost.sum() == 1 else f"{lost.sum()} values are no numbers"
            counts = "counts" if lost.sum() == 1 else "count"
            notes.append(
                f'"{name}": {count} ("{frame[name][place]}", row {rows[place]}) and {counts} as missing; '
                f"--categorical {shlex.quote(name)} keeps {'it' if lost.sum() == 1 else 'them'}."
            )
    return frame.with_columns(columns), tuple(notes)

"""Leaks: columns that give the answer away.

A column that was written down after the answer, or from it, makes a model that is perfect on this table and useless on
new rows. It is kept, since it may be an honest feature, and said.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["FEWEST", "NEARLY", "gives_away", "leave_out", "telling"]

FEWEST = 30
"""With fewer rows than this, to be told apart by one column is no wonder."""

NEARLY = 0.995
"""Share of rows whose class the column tells."""

MISTAKES_LEFT = 0.1
"""Share of the mistakes of always guessing the commonest class that a telling category leaves."""

ROWS_A_VALUE = 10
"""Values that stand for so many rows on average can tell a class; rarer ones know rows by heart."""


def gives_away(values: np.ndarray, codes: np.ndarray, *, category: bool = False) -> bool:
    """Return whether a column alone tells the class of nearly every row.

    ``values`` (n_samples,) are numbers, or codes of categories, with NaN for a missing one; ``codes`` the classes.
    Either values that come again each belong to one class, of a ``category`` nearly each, or in the order of the values
    the classes follow one another without coming back.

    >>> codes = np.repeat([0, 1], 50)
    >>> gives_away(codes * 7.0, codes), gives_away(np.arange(100) % 7.0, codes)
    (True, False)
    """
    n_samples, commonest = len(codes), np.bincount(codes).max()
    if n_samples < FEWEST or commonest > (2 * NEARLY - 1) * n_samples:
        return False
    order = np.argsort(values, kind="stable")  # missing values last, as one value
    values, codes = values[order], codes[order]
    value = np.cumsum(np.append(True, (values[1:] != values[:-1]) & ~np.isnan(values[1:]) | _begins(values))) - 1
    n_values = int(value[-1]) + 1
    table = np.zeros((n_values, int(codes.max()) + 1))
    np.add.at(table, (value, codes), 1)
    if n_values * ROWS_A_VALUE <= n_samples:
        mistakes = n_samples - table.max(axis=1).sum()
        return bool(mistakes <= (MISTAKES_LEFT * (n_samples - commonest) if category else (1 - NEARLY) * n_samples))
    pure = bool((table > 0).sum(axis=1).max() == 1)
    turns = int((np.diff(table.argmax(axis=1)) != 0).sum())
    return pure and turns < int((table.sum(axis=0) > 0).sum())


def telling(
    raw: np.ndarray, codes: np.ndarray, columns: Sequence[str], levels: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the names of the columns of ``raw`` (n_samples, n_columns) that alone tell the class of nearly every row.

    ``levels`` holds the names of those that are categories.
    """
    return [name for place, name in enumerate(columns) if gives_away(raw[:, place], codes, category=name in levels)]


def _begins(values: np.ndarray) -> np.ndarray:
    """Where the missing values begin, among all but the first."""
    missing = np.isnan(values)
    return np.asarray(missing[1:] & ~missing[:-1])


def leave_out(columns: Sequence[str]) -> str:
    """Return what to ask of columns that give the answer away, and what to type.

    >>> leave_out(["life boat"])
    "Was it known before the answer was? If not, leave it out: --exclude 'life boat'."
    """
    options = " ".join(f"--exclude {shlex.quote(name)}" for name in columns[:3])
    return f"Was it known before the answer was? If not, leave it out: {options}."

"""Columns of any source: found by name for a model, left out, checked for missing values."""

from __future__ import annotations

import dataclasses
import difflib
import shlex
from typing import TYPE_CHECKING

import numpy as np

from softreg.errors import DataError, did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import scipy.sparse as sp

    from softreg.data.dataset import Dataset

__all__ = [
    "dropped_note",
    "extras_note",
    "labelled",
    "match",
    "places_of",
    "refuse_missing_values",
    "refuse_unknown",
    "refuse_width",
    "renamed",
    "without",
]


def match(dataset: Dataset, columns: Sequence[str]) -> Dataset:
    """Return the dataset with the features of a model, found by name and put in its order."""
    if tuple(columns) == dataset.columns:
        return dataset
    places = places_of(columns, dataset.columns, dataset.name)
    chosen = dataclasses.replace(dataset, X=dataset.X[:, places], columns=tuple(columns), image_shape=None)
    return chosen.noting(*extras_note(dataset.columns, columns))


def without(dataset: Dataset, exclude: Sequence[str]) -> Dataset:
    """Return the dataset without the features that ``--exclude`` names."""
    for column in exclude:
        if column not in dataset.columns:
            refuse_unknown(dataset.name, "--exclude", column, dataset.columns)
    kept = [column for column in dataset.columns if column not in set(exclude)]
    if not kept:
        raise DataError(f"{dataset.name} has no feature left.", "Exclude fewer columns.")
    return match(dataset, kept) if exclude else dataset


def places_of(wanted: Sequence[str], found: Sequence[str], name: str) -> np.ndarray:
    """Return where each wanted column stands among those found; DataError names the missing and the nearest found.

    >>> places_of(["b", "a"], ["a", "id", "b"], "new.csv").tolist()
    [2, 0]
    """
    index = {column: place for place, column in enumerate(found)}
    missing = [column for column in wanted if column not in index]
    if missing:
        near = {column: difflib.get_close_matches(column, found, n=1, cutoff=0.5) for column in missing[:8]}
        told = [f'"{column}"' + (f' (nearest: "{near[column][0]}")' if near[column] else "") for column in near]
        told += [f'"{column}"' for column in missing[8:]]
        raise DataError(
            f"{name} lacks {len(missing)} of the model's {len(wanted)} columns: {listed(told)}.",
            f"It has: {listed(found)}.",
        )
    return np.array([index[column] for column in wanted], dtype=np.int64)


def extras_note(found: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return a note that names the columns which the model does not know, or nothing."""
    known = set(wanted)
    extras = [column for column in found if column not in known]
    return (f"Ignored, because the model does not know them: {listed(extras)}.",) if extras else ()


def refuse_missing_values(dataset: Dataset, *, training: bool) -> None:
    """Raise DataError at the first column with NaN or infinity: its name, the first such row, and how many.

    In training, leaving the column out is a way on; a trained model needs all of them.

    >>> from softreg.data import Dataset
    >>> data = Dataset("people.csv", np.array([[1.0], [np.nan]]), None, ("age",), np.array([1, 2]))
    >>> try:
    ...     refuse_missing_values(data, training=False)
    ... except DataError as error:
    ...     print(error.what)
    people.csv: column "age", row 2: the value is missing (empty or NaN).
    """
    X, column = dataset.X, dataset.columns
    if _all_finite(X if isinstance(X, np.ndarray) else X.data):
        return
    place, where, found = _first_bad_column(X)
    kind = "is missing (empty or NaN)" if np.isnan(found[0]) else "is infinite, or too large for a number"
    many = f"; {len(found)} values of this column are like that" if len(found) > 1 else ""
    raise DataError(
        f'{dataset.name}: column "{column[place]}", row {dataset.rows[where[0]]}: the value {kind}{many}.',
        "Fill in or remove such rows"
        + (f", or leave the column out: --exclude {shlex.quote(column[place])}" if training else "."),
    )


def _first_bad_column(X: np.ndarray | sp.csr_array) -> tuple[int, np.ndarray, np.ndarray]:
    """The first column with a value that is not finite; the rows of these values, ascending, and the values."""
    if isinstance(X, np.ndarray):
        place = next(column for column in range(X.shape[1]) if not np.isfinite(X[:, column]).all())
        where = np.flatnonzero(~np.isfinite(X[:, place]))
        return place, where, X[where, place]
    stored = X.tocoo()
    bad = ~np.isfinite(stored.data)
    place = int(stored.col[bad].min())
    at = np.flatnonzero(bad & (stored.col == place))
    at = at[np.argsort(stored.row[at], kind="stable")]
    return place, stored.row[at], stored.data[at]


def _all_finite(values: np.ndarray) -> bool:
    """Whether all are finite: the sum tells it without a mask as large as the data, unless it overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(values, dtype=np.float64))) or bool(np.isfinite(values).all())


def refuse_width(found: int, expected: Sequence[str], name: str) -> None:
    """Raise DataError unless nameless features are as many as the model's."""
    if found != len(expected):
        raise DataError(
            f"{name} has the wrong number of features: {found}, and the model was trained on {len(expected)}.",
            "Give the columns that the model was trained on; coefficients.csv in its run lists them.",
        )


def renamed(dataset: Dataset, columns: Sequence[str]) -> Dataset:
    """Return a dataset whose features have no names with those of a model; they must be as many."""
    refuse_width(dataset.n_features, columns, dataset.name)
    return dataclasses.replace(dataset, columns=tuple(columns))


def refuse_unknown(name: str, option: str, column: str, columns: Sequence[str]) -> None:
    """Raise DataError: there is no such column, and the nearest is this one."""
    near = did_you_mean(column, columns)
    raise DataError(f'{name} has no column "{column}" ({option}).', near or f"It has: {listed(columns, most=30)}.")


def dropped_note(count: int) -> str:
    """Return the note on rows without a label."""
    return f"Left out, because without a label: {count} row{'s' if count > 1 else ''}."


def labelled(dataset: Dataset) -> Dataset:
    """Return the rows that have a label, and a note that counts the others."""
    if dataset.labels is None:
        raise DataError(f"{dataset.name} has no labels.", "They are needed to train and to score.")
    kept = np.char.strip(dataset.labels) != ""
    if kept.all():
        return dataset
    if not kept.any():
        raise DataError(f"{dataset.name}: no row has a label.", "They are needed to train and to score.")
    return dataset.take(kept).noting(dropped_note(int((~kept).sum())))

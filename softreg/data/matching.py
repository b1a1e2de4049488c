"""Columns of any source: found by name for a model, left out, checked for missing values."""

from __future__ import annotations

import dataclasses
import difflib
import shlex
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from softreg.errors import DataError, did_you_mean, listed, plural
from softreg.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import scipy.sparse as sp

    from softreg.data.dataset import Dataset
    from softreg.settings import SourceSettings

__all__ = [
    "choose",
    "dropped_note",
    "extras_note",
    "labelled",
    "match",
    "places_of",
    "refuse_unknown",
    "refuse_unusable",
    "refuse_width",
    "renamed",
    "selected",
]


def match(dataset: Dataset, columns: Sequence[str]) -> Dataset:
    """Return the dataset with the features of a model, found by name and put in its order."""
    return choose(dataset, columns).noting(*extras_note(dataset.columns, columns))


def choose(dataset: Dataset, columns: Sequence[str]) -> Dataset:
    """Return the dataset with these features in this order."""
    if tuple(columns) == dataset.columns:
        return dataset
    places = places_of(columns, dataset.columns, dataset.name)
    return dataclasses.replace(dataset, X=dataset.X[:, places], columns=tuple(columns), image_shape=None)


def selected(columns: Sequence[str], source: SourceSettings, name: str) -> tuple[str, ...]:
    """Return the columns that ``--features`` and ``--exclude`` leave, in the order of the table.

    Both take names, and patterns of ``*``, ``?`` and ``[...]``; a name that is there is always itself. Raises
    :class:`DataError` for one that means no column, and where nothing is left.

    >>> from softreg.settings import SourceSettings
    >>> selected(["age", "dose_1", "dose_2"], SourceSettings(features=("dose_*",), exclude=("dose_2",)), "t.csv")
    ('dose_1',)
    """
    wanted = _meant(columns, source.features, "--features", name) if source.features else set(columns)
    left = wanted - _meant(columns, source.exclude, "--exclude", name)
    if not left:
        raise DataError(f"{name} has no column left for the features.", f"Its columns: {listed(columns)}.")
    return tuple(column for column in columns if column in left)


def _meant(columns: Sequence[str], patterns: Sequence[str], option: str, name: str) -> set[str]:
    meant: set[str] = set()
    for pattern in patterns:
        found = {pattern} if pattern in columns else {column for column in columns if fnmatchcase(column, pattern)}
        if not found:
            refuse_unknown(name, option, pattern, columns)
        meant |= found
    return meant


def places_of(wanted: Sequence[str], found: Sequence[str], name: str) -> np.ndarray:
    """Return where each wanted column stands among those found; DataError names the missing and the nearest found.

    >>> places_of(["b", "a"], ["a", "id", "b"], "new.csv").tolist()
    [2, 0]
    """
    index = {column: place for place, column in enumerate(found)}
    missing = [column for column in wanted if column not in index]
    if missing:
        others = [column for column in found if column not in wanted]
        near = {column: difflib.get_close_matches(column, others, n=1, cutoff=0.5) for column in missing[:8]}
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


def refuse_unusable(dataset: Dataset, preparation: Preparation, advice: str) -> None:
    """Raise DataError at the first column with a value that cannot be used: its name, the row, and how many.

    That is an infinite one, or a missing one where the preparation has nothing to stand for it.

    >>> from softreg.data import Dataset
    >>> data = Dataset("people.csv", np.array([[1.0], [np.nan]]), None, ("age",), np.array([1, 2]))
    >>> try:
    ...     refuse_unusable(data, Preparation.plain(["age"]), "Fill it in.")
    ... except DataError as error:
    ...     print(error.what)
    people.csv: column "age", row 2: the value is missing.
    """
    if _all_finite(dataset.X if isinstance(dataset.X, np.ndarray) else dataset.X.data):
        return
    if isinstance(dataset.X, np.ndarray):
        bad = preparation.refused(dataset.X)
        if not bad.any():
            return
        place = int(bad.any(axis=0).argmax())
        where = np.flatnonzero(bad[:, place])
        found = dataset.X[where, place]
    else:
        place, where, found = _first_bad_stored(dataset.X)
    kind = "is missing" if np.isnan(found[0]) else "is infinite, or too large for a number"
    many = f"; {len(found)} values of this column are like that" if len(found) > 1 else ""
    raise DataError(
        f'{dataset.name}: column "{dataset.columns[place]}", row {dataset.rows[where[0]]}: the value {kind}{many}.',
        advice.replace("COL", shlex.quote(dataset.columns[place])),
    )


def _first_bad_stored(X: sp.csr_array) -> tuple[int, np.ndarray, np.ndarray]:
    """The first column of a sparse matrix with a value that is not finite; these rows, ascending, and the values."""
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
    return f"Left out, because without a label: {plural(count, 'row')}."


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

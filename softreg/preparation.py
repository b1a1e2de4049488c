"""Preparation: from the columns of a table to the features of the design matrix. NumPy only.

**Conventions.** A *raw* matrix (n_samples, n_columns) is float64: a column of numbers as it is, NaN where a value is
missing; a column of categories as the index of each value among the column's known values, NaN where it is missing, and
:data:`UNSEEN` where the value is not known. ``apply`` turns it into the design matrix (n_samples, n_features):

==============================  ===================================================================================
column                          features
==============================  ===================================================================================
number                          ``age``: the number; where it is missing, the training rows' median or mean
number with missing values      and, with ``--missing auto``, ``age is missing``: 1 where it is, else 0
category                        ``port=S`` for every level: 1 where it is this one, else 0 (one-hot)
category with rare levels       and ``port is rare``: 1 for all levels that too few training rows have
category with missing values    and ``port is missing``
==============================  ===================================================================================

A level that training has not seen is none of the levels: all of the column's features are 0. Everything here is learned
from the training rows alone and travels inside the model. An indicator beside the filled-in number lets the model say
what a missing value itself means (Little & Rubin, *Statistical Analysis with Missing Data* (2002), section 3.4.3 on its
limits: it is for predicting, not for interpreting the weight of the number).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from softreg.errors import DataError

__all__ = ["UNSEEN", "Category", "Column", "Number", "Preparation", "holds_nan", "learn"]

UNSEEN = -1.0
"""The code of a value that is none of a column's known ones."""


@dataclass(frozen=True)
class Number:
    """A column of numbers; ``fill`` stands for a missing value (None: it is refused)."""

    name: str
    fill: float | None = None
    indicator: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that come of it."""
        return (self.name, f"{self.name} is missing") if self.indicator else (self.name,)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return (n_samples, 1 or 2): the numbers, filled in, and where they were missing."""
        missing = np.isnan(values)
        filled = values if self.fill is None else np.where(missing, self.fill, values)
        return np.column_stack([filled, missing]) if self.indicator else filled[:, None]


@dataclass(frozen=True)
class Category:
    """A column of categories: its ``levels`` have a feature each, the ``rare`` ones share one.

    ``missing`` is "level" (a feature of its own), "none" (all features 0: training saw none) or "refused".
    """

    name: str
    levels: tuple[str, ...]
    rare: tuple[str, ...] = ()
    missing: str = "none"

    @property
    def known(self) -> tuple[str, ...]:
        """The values whose indices are the codes."""
        return self.levels + self.rare

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that come of it."""
        named = tuple(f"{self.name}={level}" for level in self.levels)
        named += (f"{self.name} is rare",) * bool(self.rare)
        return named + (f"{self.name} is missing",) * (self.missing == "level")

    def encode(self, codes: np.ndarray) -> np.ndarray:
        """Return one-hot rows (n_samples, n_features of this column)."""
        missing, width = np.isnan(codes), len(self.features)
        place = np.where(missing, UNSEEN, np.minimum(codes, len(self.levels))).astype(np.intp)
        if self.missing == "level":
            place[missing] = width - 1
        encoded = np.zeros((len(codes), width))
        seen = np.flatnonzero(place >= 0)
        encoded[seen, place[seen]] = 1
        return encoded


Column = Number | Category


@dataclass(frozen=True)
class Preparation:
    """How every column becomes features, in the order of the model's columns.

    >>> ready = Preparation((Number("age", fill=30.0, indicator=True), Category("port", ("C", "S"))))
    >>> ready.features
    ('age', 'age is missing', 'port=C', 'port=S')
    >>> ready.apply(np.array([[22.0, 1.0], [np.nan, 0.0], [40.0, UNSEEN]]))
    array([[22.,  0.,  0.,  1.],
           [30.,  1.,  1.,  0.],
           [40.,  0.,  0.,  0.]])
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = Counter(self.features)
        twice = next((name for name, count in names.items() if count > 1), None)
        if twice is not None:
            raise DataError(f'Two columns would give the feature "{twice}".', "Rename one, or leave it out.")

    @classmethod
    def plain(cls, names: Sequence[str]) -> Preparation:
        """Return the preparation that leaves numbers as they are, and refuses missing ones."""
        return cls(tuple(Number(name) for name in names))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in order."""
        return tuple(feature for column in self.columns for feature in column.features)

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """The known values of every category, by the name of its column."""
        return {column.name: column.known for column in self.columns if isinstance(column, Category)}

    @property
    def is_plain(self) -> bool:
        """Whether the features are the columns themselves: only a missing value may need to be filled in."""
        return all(isinstance(column, Number) and not column.indicator for column in self.columns)

    def apply(self, raw: Any) -> Any:
        """Return the design matrix of a raw matrix; ``raw`` itself where nothing is to be done (also a sparse one)."""
        if self.is_plain and not holds_nan(raw):
            return raw
        design = np.empty((len(raw), len(self.features)))
        place = 0
        for column, values in zip(self.columns, raw.T, strict=True):
            encoded = column.encode(values)
            design[:, place : place + encoded.shape[1]] = encoded
            place += encoded.shape[1]
        return design

    def recoded(self, raw: Any, levels: Mapping[str, Sequence[str]]) -> Any:
        """Return a raw matrix whose codes are indices of ``levels`` as one whose codes are those of this preparation.

        A level that it does not know becomes :data:`UNSEEN`; ``raw`` itself where nothing is to be done.
        """
        if all(tuple(levels[name]) == known for name, known in self.levels.items()):
            return raw
        raw = raw.copy()
        for place, column in enumerate(self.columns):
            if isinstance(column, Category):
                index = {level: float(code) for code, level in enumerate(column.known)}
                # the last entry is for UNSEEN, -1
                code_of = np.array([*(index.get(level, UNSEEN) for level in levels[column.name]), UNSEEN])
                there = ~np.isnan(raw[:, place])
                raw[there, place] = code_of[raw[there, place].astype(np.intp)]
        return raw

    def refused(self, raw: np.ndarray) -> np.ndarray:
        """Return a mask like ``raw``: the values that are infinite, or missing where nothing stands for them."""
        bad: np.ndarray = np.isinf(raw)
        for place, column in enumerate(self.columns):
            if column.fill is None if isinstance(column, Number) else column.missing == "refused":
                bad[:, place] |= np.isnan(raw[:, place])
        return bad

    def unseen(self, raw: np.ndarray) -> dict[str, int]:
        """Return how many rows of each category have a value that training had not; only columns that have some."""
        counts = {
            column.name: int((raw[:, place] == UNSEEN).sum())
            for place, column in enumerate(self.columns)
            if isinstance(column, Category)
        }
        return {name: count for name, count in counts.items() if count}

    def filled(self, raw: np.ndarray) -> dict[str, int]:
        """Return how many missing values of each column something stands for; only columns that have some."""
        counts = dict(zip(self.names, np.isnan(raw).sum(axis=0).tolist(), strict=True))
        return {name: count for name, count in counts.items() if count}

    def to_json(self) -> list[dict[str, Any]]:
        """Return it as JSON can hold it; :meth:`from_json` reads it back."""
        return [{"kind": type(column).__name__.lower()} | asdict(column) for column in self.columns]

    @classmethod
    def from_json(cls, content: Sequence[Mapping[str, Any]]) -> Preparation:
        """Return what :meth:`to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        kinds: dict[str, Callable[[Mapping[str, Any]], Column]]
        kinds = {"number": _number_from_json, "category": _category_from_json}
        return cls(tuple(kinds[entry["kind"]](entry) for entry in content))


def learn(
    raw: np.ndarray,
    columns: Sequence[str],
    levels: Mapping[str, Sequence[str]],
    *,
    missing: str,
    min_count: int,
    weights: np.ndarray | None = None,
) -> Preparation:
    """Learn the preparation from the raw matrix of the training rows.

    ``levels`` are the values whose indices the codes are; those of no training row are dropped. ``missing`` is auto,
    error, mean, median or drop (for the last, rows with a missing value are gone, and later ones refused). Levels of
    fewer than ``min_count`` rows are rare. A column that is empty in all these rows is filled with 0. ``weights``
    (n_samples,) weigh the rows in medians and means; rows of weight 0 are as if they were not there.

    >>> raw = np.array([[1.0, 0.0], [2.0, 0.0], [np.nan, 1.0], [6.0, 0.0]])
    >>> ready = learn(raw, ["x", "kind"], {"kind": ("a", "b", "c")}, missing="auto", min_count=2)
    >>> ready.columns[0], ready.columns[1].levels, ready.columns[1].rare
    (Number(name='x', fill=2.0, indicator=True), ('a',), ('b',))
    """
    if weights is not None:
        raw, weights = raw[weights > 0], weights[weights > 0]
    learned: list[Column] = []
    for name, values in zip(columns, raw.T, strict=True):
        if name in levels:
            learned.append(_learn_category(name, values, levels[name], missing, min_count))
        else:
            learned.append(_learn_number(name, values, missing, weights))
    return Preparation(tuple(learned))


def holds_nan(raw: Any) -> bool:
    """Return whether a value is missing: the sum tells it without a mask as large as the data."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = raw.sum(dtype=np.float64)
    return bool(np.isnan(total)) and bool(np.isnan(raw if isinstance(raw, np.ndarray) else raw.data).any())


def _learn_number(name: str, values: np.ndarray, missing: str, weights: np.ndarray | None) -> Number:
    if missing in {"error", "drop"}:
        return Number(name)
    known = ~np.isnan(values)
    there = values[known]
    middle = _middle if weights is None else partial(_weighted_middle, weights=weights[known])
    fill = middle(there, mean=missing == "mean") if len(there) else 0.0
    return Number(name, fill, indicator=missing == "auto" and 0 < len(there) < len(values))


def _middle(there: np.ndarray, *, mean: bool) -> float:
    """The mean or the median, also where a sum of the values is beyond float64."""
    with np.errstate(over="ignore", invalid="ignore"):
        middle = float(there.mean() if mean else np.median(there))
    if np.isfinite(middle):
        return middle
    return float((there / len(there)).sum() if mean else 2 * np.median(there / 2))


def _weighted_middle(there: np.ndarray, *, mean: bool, weights: np.ndarray) -> float:
    """The same of rows that weigh; whole weights stand for as many equal rows."""
    weights = weights / weights.max()
    if mean:
        return float((weights / weights.sum()) @ there)
    order = np.argsort(there, kind="stable")
    below = np.cumsum(weights[order])
    # subtle: the two values in the middle, which may be one; half the weight is met but for rounding
    low, high = np.searchsorted(below, below[-1] / 2 * np.array([1 - 1e-9, 1 + 1e-9]))
    return _middle(there[order][[low, min(high, len(there) - 1)]], mean=True)


def _learn_category(name: str, codes: np.ndarray, levels: Sequence[str], missing: str, min_count: int) -> Category:
    there = codes[~np.isnan(codes)].astype(np.intp)
    counts = np.bincount(there, minlength=len(levels))
    common = tuple(level for level, count in zip(levels, counts, strict=True) if count >= min_count)
    rare = tuple(level for level, count in zip(levels, counts, strict=True) if 0 < count < min_count)
    refused = missing in {"error", "drop"}
    return Category(name, common, rare, "refused" if refused else "level" if len(there) < len(codes) else "none")


def _number_from_json(entry: Mapping[str, Any]) -> Number:
    fill = entry["fill"]
    return Number(str(entry["name"]), None if fill is None else float(fill), bool(entry["indicator"]))


def _category_from_json(entry: Mapping[str, Any]) -> Category:
    if entry["missing"] not in {"level", "none", "refused"}:
        raise ValueError(entry["missing"])
    read = Category(str(entry["name"]), tuple(map(str, entry["levels"])), tuple(map(str, entry["rare"])))
    return replace(read, missing=str(entry["missing"]))

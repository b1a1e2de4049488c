"""Material: a dataset, divided and prepared, as training takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.data.dataset import Dataset
from softreg.data.labels import classes_of, encode
from softreg.data.split import Split, split_rows
from softreg.errors import DataError, plural
from softreg.metrics import class_mass
from softreg.preparation import Preparation, holds_nan, learn
from softreg.settings import SourceSettings, SplitSettings
from softreg.training import Problem

__all__ = ["Material", "material"]


@dataclass(frozen=True)
class Material:
    """Rows of a dataset by the part they play; ``codes`` (n_samples,) are the indices of their classes."""

    dataset: Dataset
    classes: tuple[str, ...]
    codes: np.ndarray
    split: Split
    source: SourceSettings

    @property
    def parts(self) -> dict[str, np.ndarray]:
        """The rows of each part that has some: train, val, test."""
        return {name: rows for name in ("train", "val", "test") if len(rows := getattr(self.split, name))}

    @property
    def hard(self) -> bool:
        """Whether every row is of one class, and not a distribution over several."""
        soft = self.dataset.distribution
        return soft is None or bool((soft.max(axis=1) == 1).all())

    @property
    def masses(self) -> np.ndarray:
        """What each class weighs among the training rows (n_classes,); without weights and soft labels, its rows."""
        rows = self.split.train
        return class_mass(self.targets(rows), len(self.classes), self.of(self.dataset.weights, rows))

    def preparation(self, rows: np.ndarray) -> Preparation:
        """Return how columns become features, learned from these rows."""
        dataset = self.dataset
        raw = _rows(dataset.X, rows)
        if dataset.roles or (not dataset.sparse and holds_nan(raw)):
            weights = self.of(dataset.weights, rows)
            return learn(
                raw,
                dataset.columns,
                dataset.levels,
                missing=self.source.missing,
                min_count=self.source.min_count,
                weights=weights,
            )
        return Preparation.plain(dataset.columns)

    def features(self, preparation: Preparation, rows: np.ndarray) -> Any:
        """Return the design matrix of some rows; a view of X where that is possible."""
        return preparation.apply(preparation.recoded(_rows(self.dataset.X, rows), self.dataset.levels))

    def problem(self, preparation: Preparation, rows: np.ndarray, held_out: Mapping[str, np.ndarray]) -> Problem:
        """Return the problem of fitting some rows and watching others."""
        weights = self.dataset.weights
        return Problem(
            self.features(preparation, rows),
            self.targets(rows),
            self.classes,
            None if weights is None else weights[rows],
            {name: (self.features(preparation, part), self.targets(part)) for name, part in held_out.items()},
            {} if weights is None else {name: weights[part] for name, part in held_out.items()},
            pixels=self.dataset.pixels,
        )

    def fold(self, rows: np.ndarray, held: np.ndarray) -> Problem:
        """Return the problem of one fold: everything is learned from its own training rows."""
        return self.problem(self.preparation(rows), rows, {"val": held})

    def targets(self, rows: np.ndarray) -> np.ndarray:
        """Return the class indices of some rows, or their soft labels."""
        soft = self.dataset.distribution
        return np.asarray(self.codes[rows] if soft is None else soft[rows])

    def of(self, values: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
        """Return the values of some rows, where there are any."""
        return None if values is None else values[rows]


def material(dataset: Dataset, source: SourceSettings, split: SplitSettings, *, needs_val: bool) -> Material:
    """Divide a dataset. Raises :class:`DataError` for fewer than two classes, or one too rare to be divided."""
    dataset = _that_counts(dataset)
    assert dataset.labels is not None  # load() gives labelled rows
    classes = dataset.classes or classes_of(dataset.labels)
    codes = encode(dataset.labels, classes)
    if dataset.distribution is not None and not dataset.distribution.sum(axis=0).all():
        never = classes[int(np.argmin(dataset.distribution.sum(axis=0)))]
        raise DataError(f'The class "{never}" has a share of 0 in every row.', "Leave its column out.")
    divided = split_rows(dataset, codes, split, needs_val=needs_val)
    return Material(dataset, classes, codes, divided, source)


def _that_counts(dataset: Dataset) -> Dataset:
    """The rows that have a weight; those of weight 0 are told and left out, before anything counts rows."""
    if dataset.weights is None or dataset.weights.all():
        return dataset
    count = int((dataset.weights == 0).sum())
    told = f"Left out, because of weight 0: {plural(count, 'row')}."
    return dataset.take(dataset.weights > 0).noting(told)


def _rows(X: Any, rows: np.ndarray) -> Any:
    """Rows of X: a view where they are contiguous, a copy otherwise."""
    first, last = int(rows[0]), int(rows[-1])
    return X[first : last + 1] if last - first + 1 == len(rows) else X[rows]

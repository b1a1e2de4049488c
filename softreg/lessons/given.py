"""Given: what the learner brings to a lesson, and what a lesson takes where nothing was brought."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from softreg import data
from softreg.data.labels import classes_of, encode
from softreg.errors import plural
from softreg.settings import SourceSettings, SplitSettings, TrainingSettings
from softreg.training import Fit, Problem, fit

__all__ = ["Given", "Rows", "rows_of", "sepals"]


@dataclass(frozen=True)
class Rows:
    """Rows of a data set: ``X`` (n_samples, n_features) float64, ``y`` (n_samples,) the indices of their classes.

    ``notes`` say what was left out to make them fit.
    """

    name: str
    X: np.ndarray
    y: np.ndarray
    columns: tuple[str, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def standardised(self) -> np.ndarray:
        """X with every column at mean 0 and standard deviation 1; a constant column becomes 0."""
        deviation = self.X.std(axis=0)
        return np.asarray((self.X - self.X.mean(axis=0)) / np.where(deviation > 0, deviation, 1))

    def take(self, rows: np.ndarray) -> Rows:
        """Return some of the rows, by index or mask; every class stays in the list."""
        return replace(self, X=self.X[rows], y=self.y[rows])

    def with_columns(self, *places: int) -> Rows:
        """Return the same rows with some of the columns."""
        return replace(self, X=self.X[:, places], columns=tuple(self.columns[place] for place in places))

    def with_classes(self, most: int) -> Rows:
        """Return the rows of the ``most`` commonest classes, in the order of the classes; and say so."""
        if self.n_classes <= most:
            return self
        kept = np.sort(np.argsort(-np.bincount(self.y, minlength=self.n_classes), kind="stable")[:most])
        rows = np.isin(self.y, kept)
        names = tuple(self.classes[k] for k in kept)
        told = f"of {self.n_classes} classes the {most} commonest are used: {', '.join(names)}."
        y = np.searchsorted(kept, self.y[rows])
        return replace(self, X=self.X[rows], y=y, classes=names, notes=(*self.notes, told))

    def with_features(self, most: int) -> Rows:
        """Return the columns that tell the classes apart best, the best first; and say so.

        The measure is the F ratio, the variance between the classes over the variance within them.
        """
        if self.X.shape[1] <= most:
            return self
        places = np.argsort(-self._separation(), kind="stable")[:most]
        told = f"of {plural(self.X.shape[1], 'feature')} the {most} that tell the classes apart best are used: "
        chosen = self.with_columns(*places.tolist())
        return replace(chosen, notes=(*self.notes, told + f"{', '.join(chosen.columns)}."))

    def thinned(self, most: int, generator: np.random.Generator) -> Rows:
        """Return at most so many rows, drawn from each class in proportion, in their old order; and say so."""
        n_samples = len(self.y)
        if n_samples <= most:
            return self
        order = generator.permutation(n_samples)
        places = np.empty(n_samples)
        for k in range(self.n_classes):
            of_class = order[self.y[order] == k]
            places[of_class] = (np.arange(of_class.size) + 0.5) / max(of_class.size, 1)
        rows = np.sort(np.argsort(places, kind="stable")[:most])
        told = f"of {n_samples} rows {most} are used, drawn from every class in proportion."
        return replace(self.take(rows), notes=(*self.notes, told))

    def halves(self, share: float, generator: np.random.Generator) -> tuple[Rows, Rows]:
        """Return two parts, the first with about ``share`` of the rows of every class, and at least one."""
        first = np.zeros(len(self.y), dtype=bool)
        for k in range(self.n_classes):
            of_class = generator.permutation(np.flatnonzero(self.y == k))
            first[of_class[: max(1, round(share * of_class.size))]] = True
        return self.take(first), self.take(~first)

    def fit(self, settings: TrainingSettings | None = None) -> Fit:
        """Fit softmax regression to the rows."""
        return fit(Problem(self.X, self.y, self.classes), settings or TrainingSettings())

    def _separation(self) -> np.ndarray:
        X = self.standardised
        counts = np.bincount(self.y, minlength=self.n_classes)
        means = np.stack([X[self.y == k].mean(axis=0) if counts[k] else X[0] * 0 for k in range(self.n_classes)])
        between = counts @ means**2 / len(X)
        # a column that tells the classes apart without error has nothing within; it comes first
        return np.asarray(between / np.maximum(X.var(axis=0) - between, 1e-12))


@dataclass(frozen=True)
class Given:
    """The learner's own ``scores`` (n_classes,) and ``rows``; None where the lesson is to take its own."""

    scores: np.ndarray | None = None
    rows: Rows | None = None
    seed: int = 0

    def generator(self) -> np.random.Generator:
        """Return the random numbers of the lesson."""
        return np.random.default_rng(self.seed)

    def rows_or(self, name: str) -> Rows:
        """Return the learner's rows, or those of a data set that comes with scikit-learn."""
        return self.rows if self.rows is not None else rows_of(name)


def rows_of(name: str, **source: Any) -> Rows:
    """Return a data set that comes with scikit-learn, or blobs, moons, circles with ``samples``, ``noise`` ...

    >>> rows_of("iris").X.shape, rows_of("blobs", samples=40, centers=5, seed=1).n_classes
    ((150, 4), 5)
    """
    dataset = data.load(name, SourceSettings(**source), SplitSettings())
    assert dataset.labels is not None  # every such data set has them
    classes = classes_of(dataset.labels)
    X = np.asarray(dataset.X, dtype=np.float64)
    return Rows(dataset.name, X, encode(dataset.labels, classes), dataset.columns, classes)


def sepals() -> Rows:
    """Return iris by its sepals alone, which leave more doubt than all its columns."""
    return replace(rows_of("iris").with_columns(0, 1), name="iris (its two sepal columns)")

"""Subject: what is checked: rows by part, the features that come of them, and what a model says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from softreg.data.dataset import Dataset
from softreg.data.split import Split
from softreg.design import Scaling, is_sparse
from softreg.metrics import class_mass
from softreg.preparation import Category, Preparation
from softreg.settings import TrainingSettings

__all__ = ["Subject", "likeliest", "sampled"]


@dataclass(frozen=True)
class Subject:
    """Data, divided and prepared, and a model of its training rows.

    ``X``, ``targets``, ``weights`` and ``log_proba`` hold for each part that has rows (train, val, test) the design
    matrix, the class indices or soft labels, the weights or None, and the model's log-probabilities. ``settings`` are
    those of the model, with the l2 that was used; ``scale`` is the kind of scaling that ``auto`` stood for.
    """

    dataset: Dataset
    split: Split
    classes: tuple[str, ...]
    preparation: Preparation
    X: dict[str, Any]
    targets: dict[str, np.ndarray]
    weights: dict[str, np.ndarray | None]
    log_proba: dict[str, np.ndarray]
    settings: TrainingSettings
    scale: str

    @property
    def held(self) -> str | None:
        """The part whose rows judge: test; else val, which calibration may have looked at; else None."""
        return next((name for name in ("test", "val") if name in self.X), None)

    @property
    def hard(self) -> bool:
        """Whether every row is of one class, and not a distribution over several."""
        return all(targets.ndim == 1 or bool((targets.max(axis=1) == 1).all()) for targets in self.targets.values())

    @property
    def sparse(self) -> bool:
        """Whether the features are a sparse matrix."""
        return is_sparse(self.X["train"])

    @cached_property
    def masses(self) -> np.ndarray:
        """What each class weighs among the training rows (n_classes,); without weights and soft labels, its rows."""
        return class_mass(self.targets["train"], len(self.classes), self.weights["train"])

    @cached_property
    def scaling(self) -> Scaling:
        """Mean and standard deviation of each feature over the training rows; means of sparse ones count as 0."""
        return Scaling.of(self.X["train"], "standard", self.weights["train"])

    @cached_property
    def deviation(self) -> np.ndarray:
        """Standard deviation of each feature over the training rows (n_features,); 0 where it is constant."""
        X = self.X["train"]
        low, high = (values.toarray().ravel() if self.sparse else values for values in (X.min(axis=0), X.max(axis=0)))
        with np.errstate(over="ignore"):
            span = high.astype(np.float64) - low
        noise = 8 * np.finfo(X.dtype).eps * np.maximum(np.abs(low), np.abs(high))
        return np.where(span > noise, self.scaling.scale, 0.0)

    @cached_property
    def own_features(self) -> np.ndarray:
        """Places of the features that can vary by themselves.

        Left out are constants, the signs of missing values, and one level of each category, which the others imply.
        """
        places, first = [], 0
        for column in self.preparation.columns:
            names = column.features
            here = [first + at for at, name in enumerate(names) if name != f"{column.name} is missing"]
            here = [place for place in here if self.deviation[place] > 0]
            if isinstance(column, Category) and here:
                here.remove(max(here, key=lambda place: self.X["train"][:, place].sum()))
            places += here
            first += len(names)
        return np.array(places, dtype=np.int64)

    @property
    def n_free(self) -> int:
        """How many features vary, less one of each category, whose levels sum to one."""
        varying = int(np.count_nonzero(self.deviation))
        return varying - sum(isinstance(column, Category) for column in self.preparation.columns)

    def codes(self, part: str) -> np.ndarray:
        """Return the class indices of a part; of soft labels the likeliest class."""
        return likeliest(self.targets[part])

    def raw(self, part: str, places: np.ndarray | slice = slice(None)) -> Any:
        """Return rows of a part, all or those at some places of it, as they were before they became features."""
        return self.dataset.X[getattr(self.split, part)[places]]


def likeliest(targets: np.ndarray) -> np.ndarray:
    """Return class indices, or the likeliest class of each row of soft labels."""
    return np.asarray(targets.argmax(axis=1) if targets.ndim == 2 else targets)


def sampled(n_rows: int, most: int, seed: int) -> np.ndarray:
    """Return the indices of all rows, or of ``most`` that are drawn, ascending.

    >>> sampled(3, 5, seed=0).tolist(), len(sampled(100, 5, seed=0))
    ([0, 1, 2], 5)
    """
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).choice(n_rows, most, replace=False))

"""SoftmaxModel: a trained classifier as data. NumPy only; its file is :mod:`softreg.archive`'s business."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from softreg import archive
from softreg.errors import DataError
from softreg.files import write_bytes
from softreg.functional import log_softmax
from softreg.preparation import Preparation

__all__ = ["SoftmaxModel"]

BLOCK_ROWS = 4096


@dataclass(frozen=True)
class SoftmaxModel:
    """W (n_features, n_classes) and b (n_classes,) on features in their own units, with the names of both sides.

    ``columns`` are the names of the features. ``preparation`` makes them of the columns of a table, ``inputs``; by
    default they are those columns. ``features`` holds arrays (n_features,): the ``mean`` and ``scale`` of the
    coordinates in which the weights were penalised, and the ``average`` and ``deviation`` of each feature over the
    training rows (the average of sparse features counts as 0).

    >>> model = SoftmaxModel(np.array([[-1.0, 1.0]]), np.zeros(2), ("no", "yes"), ("x",))
    >>> model.predict(np.array([[-2.0], [3.0]])).tolist()
    ['no', 'yes']
    >>> model.predict_proba(np.array([[0.5]])).round(4)
    array([[0.2689, 0.7311]])
    """

    weights: np.ndarray
    intercept: np.ndarray
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    target: str = "label"
    metadata: dict[str, Any] = field(default_factory=dict)
    features: dict[str, np.ndarray] = field(default_factory=dict)
    preparation: Preparation = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        ready = self.preparation or Preparation.plain(self.columns)
        object.__setattr__(self, "preparation", ready)
        if ready.features != tuple(self.columns):
            raise DataError("The columns are not the features of the preparation.", "Give the same, or leave it out.")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns that a table must have."""
        return self.preparation.names

    def logits(self, X: Any) -> np.ndarray:
        """Return X W + b (n_samples, n_classes) in float64, whatever X's precision.

        Raises :class:`DataError` for a wrong number of features.
        """
        if X.shape[1] != len(self.weights):
            raise DataError(
                f"The model takes {len(self.weights)} features, and the input has {X.shape[1]}.",
                "Give the columns that the model was trained on.",
            )
        logits = np.empty((X.shape[0], self.weights.shape[1]))
        for first in range(0, X.shape[0], BLOCK_ROWS):
            rows = slice(first, first + BLOCK_ROWS)
            with np.errstate(over="ignore"):  # a score beyond all numbers is infinite
                logits[rows] = X[rows].astype(np.float64) @ self.weights + self.intercept
        return logits

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the log-probabilities (n_samples, n_classes)."""
        return log_softmax(self.logits(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities (n_samples, n_classes)."""
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class's label for each row; a tie goes to the first class."""
        return np.asarray(np.asarray(self.classes)[self.logits(X).argmax(axis=1)])

    def save(self, path: Path) -> None:
        """Write the model's file, whole or not at all."""
        write_bytes(path, archive.to_bytes(vars(self)))

    @classmethod
    def load(cls, path: Path) -> SoftmaxModel:
        """Read a model's file.

        Raises :class:`DataError` where there is no such file, and :class:`ModelFileError` for a file that is damaged,
        holds a pickle, or is of a newer format.
        """
        return cls(**archive.load(path))

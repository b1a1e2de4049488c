"""Coverage: how right the model is where it is allowed to say nothing on rows of which it is not sure enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.metrics.rows import need_targets, need_weight, share_right

__all__ = ["Coverage", "coverage_curve"]

MOST_POINTS = 100
WANTED = (0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Coverage:
    """A point for every confidence that occurs, the highest first: arrays (n_points,).

    Rows that are at least as sure as ``threshold`` are answered: ``coverage`` is their share of all rows, ``accuracy``
    how many of them are answered rightly, and ``rows`` how many rows of one weight would tell that accuracy as exactly.
    """

    threshold: np.ndarray
    coverage: np.ndarray
    accuracy: np.ndarray
    rows: np.ndarray

    @property
    def mean_accuracy(self) -> float:
        """The area under the curve: the accuracy among rows at least as sure as a row, averaged over the rows.

        1 less the "area under the risk-coverage curve", AURC.
        """
        return float(np.diff(self.coverage, prepend=0.0) @ self.accuracy)

    def reaching(self, accuracy: float) -> tuple[float, float | None]:
        """Return the largest coverage that is at least so accurate, and its threshold; 0 and None where none is."""
        place = self._place(accuracy)
        return (0.0, None) if place is None else (float(self.coverage[place]), float(self.threshold[place]))

    def to_json(self) -> dict[str, Any]:
        """Return what metrics.json holds: the area, the coverage at three accuracies, and at most 100 points."""
        wanted = ((accuracy, *self.reaching(accuracy)) for accuracy in WANTED)
        chosen = self._thinned()
        return {
            "mean_accuracy": self.mean_accuracy,
            "reaching": [dict(zip(("accuracy", "coverage", "threshold"), each, strict=True)) for each in wanted],
            **{name: values[chosen].tolist() for name, values in vars(self).items()},
        }

    def _place(self, accuracy: float) -> int | None:
        """The last point that is at least so accurate, to rounding: nine in ten is 0.9 with weights too."""
        good = np.flatnonzero(self.accuracy >= accuracy - 1e-12)
        return int(good[-1]) if len(good) else None

    def _thinned(self) -> np.ndarray:
        """The places of at most MOST_POINTS points: those that are told, and others evenly spaced in coverage."""
        if len(self.coverage) <= MOST_POINTS:
            return np.arange(len(self.coverage))
        n_even = MOST_POINTS - len(WANTED)
        even = np.searchsorted(self.coverage, np.arange(1, n_even + 1) / n_even - 1e-9)
        told = [place for place in map(self._place, WANTED) if place is not None]
        return np.unique(np.append(even, told).astype(np.intp))


def coverage_curve(proba: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None = None) -> Coverage:
    """Accuracy against coverage, as the confidence that is asked for falls from the highest to the lowest.

    coverage(t) = (1/S) sum_i s_i [c_i >= t],   accuracy(t) = sum_i s_i [c_i >= t] [right_i] / sum_i s_i [c_i >= t]

    with c_i = max_k p_ik. Rows that are equally sure are answered together, so that their order leaves no trace. With
    soft labels, accuracy is the expected one.

    Shapes: ``proba`` (n_samples, n_classes), ``targets`` (n_samples,) or (n_samples, n_classes). Raises ``DataError``
    where there are no rows, an index is not a class, or soft labels are no distribution.

    >>> proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.4, 0.6]])
    >>> curve = coverage_curve(proba, np.array([0, 0, 0, 1]))
    >>> curve.threshold, curve.coverage, curve.accuracy.round(3)
    (array([0.9, 0.8, 0.6]), array([0.25, 0.75, 1.  ]), array([1.   , 0.667, 0.75 ]))
    >>> curve.reaching(0.75), curve.reaching(0.9)
    ((1.0, 0.6), (0.25, 0.9))

    Sources: C. K. Chow (1970), "On optimum recognition error and reject tradeoff", IEEE Transactions on Information
    Theory 16, doi:10.1109/TIT.1970.1054406; R. El-Yaniv, Y. Wiener (2010), "On the foundations of noise-free selective
    classification", Journal of Machine Learning Research 11.
    """
    n_samples = int(proba.shape[0])
    need_targets(targets, *proba.shape)
    weight = np.ones(n_samples) if sample_weight is None else need_weight(sample_weight, n_samples)
    confidence = proba.max(axis=1).astype(np.float64)
    order = np.argsort(-confidence, kind="stable")
    sure, weight = confidence[order], weight[order] / weight.max()
    right = share_right(targets, proba.argmax(axis=1))[order]
    last = np.flatnonzero(np.append(sure[1:] < sure[:-1], True))  # of the rows that are equally sure
    answered, hits, squares = (np.cumsum(values)[last] for values in (weight, weight * right, weight * weight))
    accuracy = np.minimum(hits / answered, 1.0)  # soft labels sum to 1 only to rounding
    return Coverage(sure[last], answered / answered[-1], accuracy, answered * answered / squares)

"""Contributions: which feature added how much to each class's logit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["Contributions", "contributions"]


@dataclass(frozen=True)
class Contributions:
    """The logits of one row, taken apart: ``z_k = shift + start_k + sum_j parts_jk``.

    ``start`` (n_classes,) are the logits of the reference row, and ``parts`` (n_features, n_classes) what each feature
    adds because its value is not the reference's. Both have the mean over the classes taken out, so that each row of
    ``parts`` sums to 0; ``shift``, the mean of the logits, is what is left, and softmax does not see it.
    """

    start: np.ndarray
    parts: np.ndarray
    shift: float

    @property
    def logits(self) -> np.ndarray:
        """The logits (n_classes,) with their mean taken out."""
        return np.asarray(self.start + self.parts.sum(axis=0))

    def by_column(self, widths: Sequence[int]) -> np.ndarray:
        """Return the parts (n_columns, n_classes) of columns that became so many features each, in order."""
        if all(width == 1 for width in widths):
            return self.parts
        # subtle: not reduceat, which gives a column of no features the next one's
        ends = np.cumsum([0, *widths])
        sums = [self.parts[first:last].sum(axis=0) for first, last in pairwise(ends)]
        return np.array(sums)


def contributions(x: np.ndarray, weights: np.ndarray, intercept: np.ndarray, reference: np.ndarray) -> Contributions:
    """Take the logits of one row apart.

        parts_jk = (x_j - reference_j) (w_jk - mean_k w_jk),   start_k = b_k + sum_j reference_j w_jk, less its mean

    A feature at its reference value adds nothing; with the averages of the training rows for a reference, a part says
    what this row's difference from the average does. The mean over the classes is taken out because it means nothing:
    softmax ignores what is added to all logits, so that the weights of a feature are known only up to a number that is
    the same for all classes. Differences between classes, the log odds, are the same with it and without.

    Shapes: ``x`` and ``reference`` (n_features,), ``weights`` (n_features, n_classes), ``intercept`` (n_classes,).

    >>> told = contributions(np.array([3.0]), np.array([[1.0, 3.0]]), np.array([0.5, 0.5]), np.array([1.0]))
    >>> told.start.tolist(), told.parts.tolist(), told.shift  # the logits are 3.5 and 9.5
    ([-1.0, 1.0], [[-2.0, 2.0]], 6.5)

    Source: for linear models these are the Shapley values of independent features: E. Strumbelj, I. Kononenko (2014),
    "Explaining prediction models and individual predictions with feature contributions", Knowledge and Information
    Systems 41, doi:10.1007/s10115-013-0679-x.
    """
    common, level = weights.mean(axis=1), float(intercept.mean())
    own, base = weights - common[:, None], intercept - level
    parts = (x - reference)[:, None] * own
    return Contributions(base + reference @ own, parts, level + float(x @ common))

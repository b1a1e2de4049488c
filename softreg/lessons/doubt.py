"""Doubt: the row of which a model is least sure, for every lesson that shows one."""

from __future__ import annotations

import numpy as np

__all__ = ["least_sure"]


def least_sure(proba: np.ndarray) -> int:
    """Return the index of the row in which the likeliest class leads the second by least; of several, the first.

    Shape: ``proba`` (n_samples, n_classes), of two classes or more.

    >>> least_sure(np.array([[0.7, 0.2, 0.1], [0.5, 0.5, 0.0], [0.4, 0.3, 0.3]]))
    1
    """
    top = np.sort(proba, axis=1)
    return int(np.argmin(top[:, -1] - top[:, -2]))

"""L: the most that the mean cross-entropy can be curved, which says how long a step is safe."""

from __future__ import annotations

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.geometry import curvature_bound

__all__ = ["curvature_of"]


def curvature_of(X: np.ndarray) -> float:
    """Return L for the standardised columns of X (n_samples, n_features) and a column of ones.

    L = 1/2 of the largest eigenvalue of X^T X / n.

    >>> round(curvature_of(np.array([[0.0], [2.0]])), 6)
    0.5
    """
    design = DesignMatrix(X, Scaling.of(X, "standard"))
    return curvature_bound(design, np.ones(len(X)), 0.0, np.random.default_rng(0))[0]

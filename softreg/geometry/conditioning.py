"""Conditioning: how many steps gradient descent would need, told from the shape of the valley.

Near the optimum J is a quadratic whose curvature along the j-th eigenvector u_j of the features' covariance, in class
k, is about ``h_jk = c_k lambda_j + l2`` with c_k = sum_i s_i p_ik (1 - p_ik) / S. Gradient descent from W = 0 with its
safe step 1/L shrinks that part of the error by (1 - h_jk / L) a step, so after t steps

    J - J* is about sum_jk (1/2) h_jk (1 - h_jk / L)^(2 t) (u_j^T w_k)^2.

Right to a factor of about three on real tables: the curvature is larger on the way than at the end (Nocedal & Wright,
*Numerical Optimization* (2006), section 3.3).
"""

from __future__ import annotations

import numpy as np

from softreg.design import DesignMatrix, is_sparse
from softreg.geometry.whitening import covariance, drawn, mean_of, shared_rows

__all__ = ["gradient_descent_steps"]

MOST_FEATURES = 1000
"""Beyond, the eigenvectors would cost more than the descent."""

MOST_STEPS = 10**9


def gradient_descent_steps(
    design: DesignMatrix, sample_weight: np.ndarray, l2: float, *, theta: np.ndarray, mass: np.ndarray, gap: float
) -> int | None:
    """Return about how many steps gradient descent would need to come within ``gap`` of the best objective.

    ``theta`` is the optimum, ``mass`` the c_k (n_classes,) there. None for sparse or very wide X, and where the number
    is beyond all counting.
    """
    d = design.n_features
    if is_sparse(design.X) or d > MOST_FEATURES:
        return None
    rows, weight = drawn(sample_weight, max(shared_rows(design, len(mass)), 2 * d), np.random.default_rng(0))
    mean = mean_of(design, rows, weight)
    matrix = covariance(design, rows, weight, mean)
    values, vectors = np.linalg.eigh(matrix)
    with_ones = np.block([[matrix + np.outer(mean, mean), mean[:, None]], [mean[None], np.ones((1, 1))]])
    L = 0.5 * float(np.linalg.eigvalsh(with_ones)[-1]) + l2
    W = theta[:d] - theta[:d].mean(axis=1, keepdims=True)
    curvature = np.maximum(values, 0)[:, None] * mass + l2
    energy = 0.5 * curvature * (vectors.T @ W) ** 2

    def left(steps: int) -> float:
        return float((energy * np.maximum(1 - curvature / L, 0) ** (2 * steps)).sum())

    high = 1
    while left(high) > gap:
        high *= 2
        if high > MOST_STEPS:
            return None
    low = high // 2
    while high - low > max(1, high // 100):
        middle = (low + high) // 2
        low, high = (middle, high) if left(middle) > gap else (low, middle)
    return high

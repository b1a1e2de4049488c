"""Gradient descent: ``theta <- theta - learning_rate * gradient`` (Cauchy 1847).

On a mini-batch's gradient the same step is stochastic gradient descent (Robbins & Monro 1951,
doi:10.1214/aoms/1177729586).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.optimizers.memory import Memory, Step

__all__ = ["GradientDescent"]


@dataclass(frozen=True)
class GradientDescent:
    """Steepest descent with a given step.

    >>> step, _ = GradientDescent().update(np.array([2.0, -4.0]), {}, learning_rate=0.5)
    >>> step
    array([-1.,  2.])
    """

    title: str = "gradient descent"

    def init(self, theta: np.ndarray) -> Memory:
        """Nothing to remember."""
        return {}

    def update(self, gradient: np.ndarray, memory: Memory, learning_rate: float) -> Step:
        """Return ``-learning_rate * gradient``."""
        return -learning_rate * gradient, memory

    def safe_learning_rate(self, curvature: float) -> float:
        """1/L: the step that minimises the quadratic upper bound, and never raises the objective."""
        return 1 / curvature

    def guaranteed_below(self, curvature: float) -> float:
        """2/L."""
        return 2 / curvature

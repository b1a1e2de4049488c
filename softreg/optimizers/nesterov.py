"""Nesterov's momentum, told from the look-ahead point.

    v <- momentum * v - learning_rate * gradient(theta)
    theta <- theta + momentum * v - learning_rate * gradient(theta)

Here theta *is* the look-ahead point, so that the objective that is printed is the one that was differentiated.

Sources: Nesterov 1983 (a method of convergence O(1/k^2)); Sutskever et al. 2013,
https://proceedings.mlr.press/v28/sutskever13.html, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.optimizers.memory import Memory, Step

__all__ = ["Nesterov"]


@dataclass(frozen=True)
class Nesterov:
    """Momentum that looks ahead before it measures the slope.

    >>> method = Nesterov(0.9)
    >>> step, _ = method.update(np.array([1.0]), method.init(np.zeros(1)), learning_rate=0.1)
    >>> step.round(3)
    array([-0.19])
    """

    momentum: float = 0.9
    title: str = "gradient descent with Nesterov's momentum"

    def init(self, theta: np.ndarray) -> Memory:
        """At rest."""
        return {"velocity": np.zeros_like(theta)}

    def update(self, gradient: np.ndarray, memory: Memory, learning_rate: float) -> Step:
        """Return the step between two look-ahead points."""
        velocity = self.momentum * memory["velocity"] - learning_rate * gradient
        return self.momentum * velocity - learning_rate * gradient, {"velocity": velocity}

    def safe_learning_rate(self, curvature: float) -> float:
        """1/L, as in Nesterov's own analysis."""
        return 1 / curvature

    def guaranteed_below(self, curvature: float) -> float:
        """``2 (1 + m) / ((1 + 2 m) L)``: up to here the method is stable on every quadratic of curvature at most L."""
        return 2 * (1 + self.momentum) / ((1 + 2 * self.momentum) * curvature)

"""Heavy-ball momentum (Polyak 1964, doi:10.1016/0041-5553(64)90137-5).

v <- momentum * v - learning_rate * gradient,    theta <- theta + v
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.optimizers.memory import Memory, Step

__all__ = ["Momentum"]


@dataclass(frozen=True)
class Momentum:
    """A ball that rolls: each step keeps a share of the last one.

    >>> ball = Momentum(0.9)
    >>> memory = ball.init(np.zeros(1))
    >>> step, memory = ball.update(np.array([1.0]), memory, learning_rate=0.1)
    >>> step, memory = ball.update(np.array([1.0]), memory, learning_rate=0.1)
    >>> step.round(3)
    array([-0.19])
    """

    momentum: float = 0.9
    title: str = "gradient descent with momentum"

    def init(self, theta: np.ndarray) -> Memory:
        """At rest."""
        return {"velocity": np.zeros_like(theta)}

    def update(self, gradient: np.ndarray, memory: Memory, learning_rate: float) -> Step:
        """Return the new velocity, which is the step."""
        velocity = self.momentum * memory["velocity"] - learning_rate * gradient
        return velocity, {"velocity": velocity}

    def safe_learning_rate(self, curvature: float) -> float:
        """(1 - momentum)/L: a constant gradient is followed at 1/L in the long run."""
        return (1 - self.momentum) / curvature

    def guaranteed_below(self, curvature: float) -> float:
        """2 (1 - momentum)/L.

        Below it the averaged iterates converge on every smooth convex objective (Ghadimi, Feyzmahdavian & Johansson
        2015, doi:10.1109/ECC.2015.7330562, theorem 1).
        """
        return 2 * (1 - self.momentum) / curvature

"""Adam: steps of one size for every weight (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980).

m <- beta1 m + (1 - beta1) g,    v <- beta2 v + (1 - beta2) g^2
step = -learning_rate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.optimizers.memory import Memory, Step

__all__ = ["Adam"]


@dataclass(frozen=True)
class Adam:
    """Adaptive moments, with the paper's constants.

    The first step is the sign of the gradient, whatever its size:

    >>> method = Adam()
    >>> step, _ = method.update(np.array([1e-3, -40.0]), method.init(np.zeros(2)), learning_rate=0.01)
    >>> step.round(4)
    array([-0.01,  0.01])
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    title: str = "Adam"

    def init(self, theta: np.ndarray) -> Memory:
        """No moments yet, after no steps."""
        return {"first": np.zeros_like(theta), "second": np.zeros_like(theta), "steps": np.zeros(())}

    def update(self, gradient: np.ndarray, memory: Memory, learning_rate: float) -> Step:
        """Return the step from the bias-corrected moments."""
        first = self.beta1 * memory["first"] + (1 - self.beta1) * gradient
        second = self.beta2 * memory["second"] + (1 - self.beta2) * gradient**2
        steps = memory["steps"] + 1
        root = np.sqrt(second / (1 - self.beta2**steps)) + self.epsilon
        step = -learning_rate * first / (1 - self.beta1**steps) / root
        return step, {"first": first, "second": second, "steps": steps}

    def safe_learning_rate(self, curvature: float) -> float:
        """0.01: a step moves each weight by about that much, and scaled features end within a few units of zero."""
        return 0.01

    def guaranteed_below(self, curvature: float) -> None:
        """Theory names no limit (Reddi, Kale & Kumar 2018, https://arxiv.org/abs/1904.09237)."""
        return

"""Rules that make scores positive, so that dividing by the sum gives probabilities: p_j = g(z_j) / sum_k g(z_k).

By the chain rule the gradient of the loss in the scores is that of plain normalization at s = g(z), times g'(z):

    d loss / d z_j = (p_j - 1_j) / g(z_j) * g'(z_j)

For g = e^z the last two factors are one another's inverse, and the residual alone is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from softreg.functional import cross_entropy_and_residual, plain_cross_entropy, plain_residual

__all__ = ["EPSILON", "RULES", "SOFTMAX", "Rule"]

EPSILON = 0.01
"""What is added to ReLU, which is 0 for every negative score: 0/0 where all are negative."""


@dataclass(frozen=True)
class Rule:
    """A rule ``g`` with its derivative ``slope``; ``told`` is its formula, ``factor`` that of g'/g."""

    name: str
    told: str
    factor: str
    g: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]

    def loss_and_residual(self, z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each row's -log p_y (n_samples,), and its gradient in the scores z (n_samples, n_classes).

        >>> RULES[2].loss_and_residual(np.array([[1.0, 3.0]]), np.array([1]))[1].round(4)  # of log(1 + 9) - log(9)
        array([[ 0.2   , -0.0667]])
        """
        if self.name == SOFTMAX:
            return cross_entropy_and_residual(z, y)
        s = self.g(z)
        return plain_cross_entropy(s, y), plain_residual(s, y) * self.slope(z)

    def proba(self, z: np.ndarray) -> np.ndarray:
        """Return g(z) over its sum; along the last axis."""
        # subtle: e^z is taken of z less its maximum, as softmax ignores shifts; no other rule does
        s = self.g(z - z.max(axis=-1, keepdims=True)) if self.name == SOFTMAX else self.g(z)
        return np.asarray(s / s.sum(axis=-1, keepdims=True))


def _softplus(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.logaddexp(0.0, z))


def _softplus_slope(z: np.ndarray) -> np.ndarray:
    """e^z / (1 + e^z), by the hyperbolic tangent, which is never infinite."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


def _relu(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(z, 0.0) + EPSILON)


def _relu_slope(z: np.ndarray) -> np.ndarray:
    return (z > 0).astype(np.float64)


def _twice(z: np.ndarray) -> np.ndarray:
    return 2 * z


SOFTMAX = "softmax"
RULES = (
    Rule(SOFTMAX, "e^z", "1", np.exp, np.exp),
    Rule("softplus", "log(1 + e^z)", "1 far below 0, 1/z far above", _softplus, _softplus_slope),
    Rule("square", "z^2", "2/z", np.square, _twice),
    Rule("ReLU + epsilon", f"max(z, 0) + {EPSILON:g}", f"1/(z + {EPSILON:g}) above 0, 0 below", _relu, _relu_slope),
)

"""The descents: each a pure pair of functions on one gradient, the same p - q times X for all of them.

``init(theta)`` returns the method's memory, ``update(gradient, memory, learning_rate)`` the step to add to theta and
the new memory. Nothing here knows of data, epochs or stopping.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from softreg.optimizers.adam import Adam
from softreg.optimizers.conjugate import Conjugate
from softreg.optimizers.gd import GradientDescent
from softreg.optimizers.memory import Memory, Step
from softreg.optimizers.momentum import Momentum
from softreg.optimizers.nesterov import Nesterov

__all__ = ["Memory", "Optimizer", "Step", "make", "title_of"]


class Optimizer(Protocol):
    """A first-order method, as two pure functions and what theory says of its step."""

    @property
    def title(self) -> str:
        """The method's name, for a sentence."""
        ...

    def init(self, theta: np.ndarray) -> Memory:
        """Return the memory before the first step."""
        ...

    def update(self, gradient: np.ndarray, memory: Memory, learning_rate: float) -> Step:
        """Return (step, new memory); theta + step is the next theta."""
        ...

    def safe_learning_rate(self, curvature: float) -> float:
        """Return the default learning rate for an objective whose curvature is at most this."""
        ...

    def guaranteed_below(self, curvature: float) -> float | None:
        """Return the learning rate above which nothing is guaranteed; None where theory names none."""
        ...


def title_of(name: str, momentum: float) -> str:
    """Return a method's name for a sentence.

    >>> title_of("auto", 0.9)
    'conjugate gradient descent'
    """
    return Conjugate().title if name in {"auto", "cg"} else make(name, momentum).title


def make(name: str, momentum: float) -> Optimizer:
    """Return the method of that name; ``sgd`` is gradient descent's step on a mini-batch's gradient."""
    methods: dict[str, Optimizer] = {
        "gd": GradientDescent(),
        "sgd": GradientDescent("stochastic gradient descent"),
        "momentum": Momentum(momentum),
        "nesterov": Nesterov(momentum),
        "adam": Adam(),
    }
    return methods[name]

"""Conjugate gradients: each direction keeps what the last one has won (Hestenes & Stiefel 1952; Polak & Ribiere 1969).

    z = M^-1 g,    beta = max(0, <z, g - g_before> / <z_before, g_before>),    direction = -z + beta direction_before

``max(0, ...)`` is the "+" of Polak-Ribiere+ (Gilbert & Nocedal 1992, doi:10.1137/0802003): where it cuts, or where the
direction would not descend, the method starts again from -z. On a quadratic with an exact step it finds the minimum in
as many steps as M^-1 H has different eigenvalues (Nocedal & Wright, *Numerical Optimization* (2006), chapter 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.optimizers.memory import Memory, Step

__all__ = ["Conjugate"]


@dataclass(frozen=True)
class Conjugate:
    """Polak-Ribiere+ directions; the step along them is the objective's business.

    On f(x, y) = x^2/2 + 5 y^2 two exact steps reach the minimum from anywhere:

    >>> H, x, memory = np.diag([1.0, 10.0]), np.array([10.0, 1.0]), {}
    >>> for _ in range(2):
    ...     g = H @ x
    ...     direction, memory = Conjugate().update(g, g, memory)
    ...     x = x - (g @ direction) / (direction @ H @ direction) * direction
    >>> bool(np.abs(x).max() < 1e-12)
    True
    """

    title: str = "conjugate gradient descent"

    def update(self, gradient: np.ndarray, solved: np.ndarray, memory: Memory) -> Step:
        """Return (direction, new memory), given the gradient, ``M^-1 gradient`` and the memory, empty at first."""
        direction, inner = -solved, np.vdot(solved, gradient)
        if memory and memory["inner"] > 0:  # where the last gradient was zero, there is nothing to keep
            beta = max(0.0, float(np.vdot(solved, gradient - memory["gradient"]) / memory["inner"]))
            direction = direction + beta * memory["direction"]
            if np.vdot(direction, gradient) >= 0:
                direction = -solved
        return direction, {"gradient": gradient, "direction": direction, "inner": inner}

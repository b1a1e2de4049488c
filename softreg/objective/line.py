"""The objective along a line, where the logits are affine: logits(t) = logits + t (Z D + d).

With Z D + d known (one forward product), the slope and the curvature in t cost a few passes over (n_classes, n_samples)
numbers and touch X not at all, so that the best step along the line is nearly free:

    phi(t)   = J(theta + t direction)
    phi'(t)  = (1/S) sum_i s_i E_p[m_i] + l2 <W + t D, D>,     m_i = row i of Z D + d, less E_q of that row
    phi''(t) = (1/S) sum_i s_i Var_p[m_i] + l2 ||D||^2                      p = softmax(logits(t))

phi is convex, so Newton's steps, kept inside a bracket, find its minimum (Nocedal & Wright, *Numerical Optimization*
(2006), section 3.5; keeping the logits is dask-glm's habit too).
"""

from __future__ import annotations

import numpy as np

from softreg.design import BLOCK_ROWS
from softreg.functional import expected
from softreg.objective.objective import Logits, Objective

__all__ = ["Line"]

TOLERANCE = 1e-2
"""Relative width of a bracket at which the search ends: conjugate directions gain nothing from more."""

NEAR = 1e-1
"""A Newton step of this part of t is the last one. It leaves an error of about its square, where it moves no logit by
much more than 1; where it does, nine tenths of the fall that the line has to give are still had."""

MOST_STEPS = 40

FAR = 100.0
"""A move of a logit that changes odds by e^100: a first guess need not reach further."""


class Line:
    """theta + t direction, with its logits."""

    def __init__(self, objective: Objective, logits: Logits, theta: np.ndarray, direction: np.ndarray) -> None:
        self.objective = objective
        self.logits = logits
        self.theta = theta
        self.direction = direction
        # subtle: moves are told from the target's own move (softmax ignores shifts), so that where p is nearly q the
        # slope is a sum of small numbers and not the difference of large ones
        self.moves = objective.design.forward(direction)
        for rows, moved in zip(objective.design.parts(), self.moves, strict=True):
            np.subtract(moved, expected(moved, objective.targets[rows], axis=0), out=moved)
        d = objective.design.n_features
        self._penalty_slope = objective.l2 * float(np.vdot(theta[:d], direction[:d]))
        self._penalty_curvature = objective.l2 * float(np.vdot(direction[:d], direction[:d]))

    def slopes(self, t: float) -> tuple[float, float]:
        """Return phi'(t) and phi''(t)."""
        J = self.objective
        places = list(zip(J.design.parts(), self.logits, self.moves, strict=True))
        sums = np.sum(J.design.workers.map(lambda place: self._part(t, *place), places), axis=0) / J.n_samples
        return (
            float(sums[0]) + self._penalty_slope + t * self._penalty_curvature,
            float(sums[1]) + self._penalty_curvature,
        )

    def exact_step(self, slope_at_0: float, start: float = 1.0) -> float:
        """Return a t > 0 that gives nine tenths of the fall that phi has to give, and usually all, given phi'(0) < 0.

        Where phi falls for ever (separable classes without penalty), the step ends where its slope is no longer seen.
        """
        low, high, t = 0.0, np.inf, start
        for steps in range(MOST_STEPS):
            slope, curvature = self.slopes(t)
            low, high = (t, high) if slope < 0 else (low, t)
            newton = t - slope / curvature if curvature > 0 else np.inf
            near = abs(newton - t) <= NEAR * t
            # subtle: where a far row's curvature makes Newton's step short, the slope is not small
            if near and abs(slope) <= 0.1 * abs(slope_at_0):
                return float(newton)
            if high - low <= TOLERANCE * low or (slope == 0 and steps):
                return float(low or t)
            if steps == 0 and not 0.25 * t < newton < 4 * t:
                newton = self._first_guess(slope_at_0)
            elif newton > 4 * t:
                newton = 4 * t
            if near or not low < newton < high:
                newton = min(0.5 * (low + high) if low > 0 else 0.1 * high, 4 * t)
            t = newton
        return float(low or t)

    def _first_guess(self, slope: float) -> float:
        """Newton's step from 0, which knows the direction's unit, but moves no logit by more than FAR."""
        curvature, farthest = self.slopes(0.0)[1], max(float(np.abs(moved).max()) for moved in self.moves)
        return min(-slope / curvature if curvature > 0 else np.inf, FAR / farthest if farthest > 0 else np.inf)

    def at(self, t: float) -> tuple[Logits, np.ndarray]:
        """Return (logits, theta) at t, as new arrays."""
        pairs = list(zip(self.logits, self.moves, strict=True))
        moved = self.objective.design.workers.map(lambda pair: pair[0] + pair[0].dtype.type(t) * pair[1], pairs)
        return moved, self.theta + t * self.direction

    def _part(self, t: float, rows: slice, logits: np.ndarray, moves: np.ndarray) -> np.ndarray:
        """Sums of s_i E_p[m_i] and of s_i Var_p[m_i] over one part, in pieces that stay in the cache."""
        sums = np.zeros(2)
        for first in range(0, logits.shape[1], BLOCK_ROWS):
            piece = slice(first, min(first + BLOCK_ROWS, logits.shape[1]))
            where = slice(rows.start + piece.start, rows.start + piece.stop)
            move = moves[:, piece]
            proba = logits[:, piece] + logits.dtype.type(t) * move
            proba -= proba.max(axis=0)
            np.exp(proba, out=proba)
            proba /= proba.sum(axis=0)
            weighted = proba * move
            mean = weighted.sum(axis=0)
            weighted *= move
            variance = np.maximum(weighted.sum(axis=0) - mean * mean, 0)
            if self.objective.weighted:
                weight = self.objective.sample_weight[where]
                mean, variance = mean * weight, variance * weight
            sums += mean.sum(dtype=np.float64), variance.sum(dtype=np.float64)
        return sums

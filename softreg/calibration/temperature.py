"""Temperature scaling: one number T, by which all logits are divided, fitted on rows that training has not seen.

A model that is too sure has logits that are too large, and one that is not sure enough (much penalty, few epochs) has
logits that are too small. Dividing them all by T > 0 mends that and changes no prediction, for the largest stays the
largest.

With t = 1/T the cross-entropy of softmax(t z) is what softmax regression makes small where the features are the logits
z themselves and the weights are t times the identity: a line through the origin, on which
:class:`softreg.objective.Line` knows slope and curvature. It is convex in t, so that one minimum is all there is:

    phi(t)  = (1/S) sum_i s_i CE(t z_i, q_i)
    phi'(t) = (1/S) sum_i s_i (E_p[z_i] - E_q[z_i]),     p = softmax(t z_i):  0 where the mean logit of what the model
                                                         expects is that of what comes

How well so many rows can tell T: the curvature is the information of a row, so 1/T has the standard error
(n phi''(t))^(-1/2) (Wald's interval; Pawitan, *In All Likelihood* (2001), section 2.7), n the rows, or of unequal
weights as many as tell as much.

Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017), "On calibration of modern neural networks", section 4.2,
arXiv:1706.04599.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.errors import DataError
from softreg.functional import expected
from softreg.metrics import effective_rows
from softreg.objective import Line, Objective

__all__ = ["Temperature", "fit_temperature"]

TOLERANCE = 1e-10
"""Relative to t: a Newton step so small is the last one."""

FLAT = 1e-12
"""A slope at t = 0 that may be rounding, in units of the largest difference of two logits of a row."""

MOST_STEPS = 200

Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Temperature:
    """T, by which logits are to be divided; where no T is the best, 1 and the ``reason``, a clause for a sentence.

    ``low`` and ``high`` are the ends of its 95% interval, where there is one; infinite where T might be anything above.
    """

    value: float
    reason: str = ""
    low: float | None = None
    high: float | None = None


def fit_temperature(
    logits: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None = None, rows: str = "row"
) -> Temperature:
    """Return the T > 0 that makes the cross-entropy of softmax(logits / T) least on these rows.

    There is none, and T stays 1, where every row is answered rightly (the cross-entropy falls for ever as T falls),
    where the right classes' logits are on average no higher than the others' (it falls for ever as T grows: even
    guessing is better than this model), and where all logits of a row are equal in every row.

    Shapes: ``logits`` (n_samples, n_classes), ``targets`` (n_samples,) class indices or (n_samples, n_classes)
    distributions, ``sample_weight`` (n_samples,). ``rows`` is what a row is called in the reason.

    Three of four rows are right, all by a margin of 1: sure as three to one is right, and log 3 is what it takes.

    >>> logits, codes = np.array([[1.0, 0.0]] * 4), np.array([0, 0, 0, 1])
    >>> round(1 / fit_temperature(logits, codes).value, 6)  # log 3
    1.098612
    >>> fit_temperature(logits[:3], codes[:3]).reason
    'every row is answered rightly: the smaller T, the lower the cross-entropy'
    """
    if not np.isfinite(logits).all():
        raise DataError("A logit is not finite, and has no temperature.", "Look for infinite features.")
    if sample_weight is not None:
        counts = sample_weight > 0
        logits, targets, sample_weight = logits[counts], targets[counts], sample_weight[counts]
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    spread = -float(shifted.min())
    if spread == 0:
        return Temperature(1.0, f"the model gives every class the same probability in every {rows}")
    shifted /= spread  # in [-1, 0]: the unit of the logits leaves no trace
    if not expected(shifted, targets).any():
        return Temperature(1.0, f"every {rows} is answered rightly: the smaller T, the lower the cross-entropy")
    line = _line(shifted, targets, sample_weight)
    if line.slopes(0.0)[0] >= -FLAT:
        return Temperature(1.0, f"on the {rows}s guessing evenly is no worse than this model at any temperature")
    t = _minimum(line.slopes, start=spread)
    rows_told = len(logits) if sample_weight is None else effective_rows(sample_weight)
    curvature = line.slopes(t)[1]
    # subtle: where a row's logits dwarf all others', the cross-entropy is flat to rounding, and any T as good
    half = Z / math.sqrt(rows_told * curvature) if curvature > 0 else math.inf
    low, high = spread / (t + half), spread / (t - half) if t > half else math.inf
    return Temperature(spread / t, low=low, high=high)


def _line(logits: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None) -> Line:
    """The line of the logits t z: features z, and weights t times the identity."""
    n_classes = logits.shape[1]
    design = DesignMatrix(logits, Scaling.of(logits, "none"), fit_intercept=False)
    objective = Objective(design, targets, sample_weight, n_classes=n_classes)
    origin = np.zeros(objective.shape)
    return Line(objective, design.forward(origin), origin, np.eye(n_classes))


def _minimum(slopes: Callable[[float], tuple[float, float]], start: float) -> float:
    """Return the t > 0 at which a convex function that falls at 0 and rises in the end is least.

    Newton's steps, inside a bracket that only shrinks. Over a step the curvature changes by no more than a factor of
    the exponential of the step (no logit is further than 1 from another), so where the step is small, so is the error.
    """
    low, high, t = 0.0, np.inf, start
    for _ in range(MOST_STEPS):
        slope, curvature = slopes(t)
        low, high = (t, high) if slope < 0 else (low, t)
        newton = t - slope / curvature if curvature > 0 else np.inf
        if abs(newton - t) <= TOLERANCE * t or high - low <= TOLERANCE * low:
            return t if not low <= newton <= high else newton
        if not low < newton < min(high, 4 * t):
            newton = 4 * t if high == np.inf else 0.5 * (low + high)
        t = newton
    return t

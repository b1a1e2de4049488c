"""Gradients: the analytic gradient against central differences, coordinate by coordinate.

    (J(theta + h e_j) - J(theta - h e_j)) / 2h,   relative error |a - n| / max(|a|, |n|)

as CS231n ("gradient checks") and UFLDL ("gradient checking and advanced optimization") teach it. In float64 with
h = 1e-5 the truncation and the rounding both lie near 1e-10.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from softreg.checks.finding import FAIL, PASS, Finding
from softreg.checks.sample import Sample
from softreg.functional import cross_entropy, residual

__all__ = ["gradient_by_differences", "relative_error"]

STEP = 1e-5
COORDINATES = 10
LIMIT = 1e-5
SMALL = 1e-3
"""Coordinates below this share of the largest are compared with it instead of with themselves: their differences are
rounding."""


def relative_error(analytic: float, numeric: float, largest: float) -> float:
    """Return |a - n| / max(|a|, |n|), or of a thousandth of the largest coordinate where both are smaller.

    >>> relative_error(1.0, 1.0, 1.0), relative_error(1.0, -1.0, 1.0), relative_error(1e-9, 0.0, 1.0) < 1e-5
    (0.0, 2.0, True)
    """
    return abs(analytic - numeric) / max(abs(analytic), abs(numeric), SMALL * largest, 1e-12)


def gradient_by_differences(sample: Sample) -> Finding:
    """Compare dJ/dtheta, in ten coordinates and along one direction through all, and the residual dCE/dlogits."""
    J, theta, rng = sample.objective(), sample.theta(), sample.rng()
    gradient = J.evaluate(theta).gradient
    lines = []
    for place in rng.choice(theta.size, min(COORDINATES, theta.size), replace=False):
        unit = np.zeros(theta.size)
        unit[place] = 1.0
        j, k = divmod(int(place), sample.n_classes)
        name = f"dJ/dW[{j + 1}, {k + 1}]" if j < sample.X.shape[1] else f"dJ/db[{k + 1}]"
        lines.append(
            (name, *_compared(lambda at: J.evaluate(at).objective, theta, gradient, unit.reshape(theta.shape)))
        )
    direction = rng.standard_normal(theta.shape)
    direction /= np.linalg.norm(direction)
    lines.append(("along a line", *_compared(lambda at: J.evaluate(at).objective, theta, gradient, direction)))
    logits = sample.logits(3.0)
    turn = rng.standard_normal(logits.shape)
    slope = residual(logits, sample.targets)
    lines.append(
        ("dCE/dlogits", *_compared(lambda at: float(cross_entropy(at, sample.targets).sum()), logits, slope, turn))
    )
    largest = max(line[3] for line in lines)
    verdict = PASS if largest <= LIMIT else FAIL
    table: tuple[tuple[str, ...], ...] = (("", "analytic", "differences", "relative error"),)
    table += tuple((name, f"{a:+.9f}", f"{n:+.9f}", f"{error:.1e}") for name, a, n, error in lines)
    found = f"largest relative error {largest:.1e} of {len(lines)} slopes, h = {STEP:g}"
    why = "A gradient that is not the slope of the loss descends to somewhere else."
    return Finding("gradient", verdict, found, why, numbers={"error": largest, "limit": LIMIT, "h": STEP}, table=table)


def _compared(
    value: Callable[[np.ndarray], float], at: np.ndarray, gradient: np.ndarray, direction: np.ndarray
) -> tuple[float, float, float]:
    """Slope along a direction by the gradient, by central differences, and the relative error."""
    analytic = float(np.vdot(gradient, direction))
    numeric = (value(at + STEP * direction) - value(at - STEP * direction)) / (2 * STEP)
    return analytic, numeric, relative_error(analytic, numeric, float(np.abs(gradient).max()))

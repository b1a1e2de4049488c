"""The certificate: how far a model's training objective is from the least possible one, proved.

*Upper bound.* J is l2-strongly convex in W once the intercept is the best one for that W. So with b' such that
grad_b J(W, b') = 0,

    J(W, b) - J* <= J(W, b) - J(W, b') + ||grad_W J(W, b')||^2 / (2 l2).

*Lower bound.* J* is at most what any step reaches: J(W, b) - J* >= the fall along an exact step.

Both are computed in float64, in the coordinates in which W is penalised. The upper bound is valid and often several
times too large; since J* >= 0, a bound above J says nothing. It speaks of the *training objective* with this l2 on
these features, never of new data. Without a penalty there is none.

Source: Boyd & Vandenberghe, *Convex Optimization* (2004), section 9.1.2, equation 9.9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.design import DesignMatrix
from softreg.functional import softmax
from softreg.geometry import make_whitening, precondition_of
from softreg.objective import Line, Logits, Objective
from softreg.training.line_descent import even

__all__ = ["Certificate", "certify"]

NEWTON_STEPS = 50


@dataclass(frozen=True)
class Certificate:
    """Bounds on J - J*, or None with the reason why there is none."""

    gap_lower: float | None
    gap_upper: float | None
    reason: str = ""


def certify(objective: Objective, theta: np.ndarray) -> Certificate:
    """Bracket J(theta) - J*; three products with X and a few passes over the logits, all in float64."""
    if not objective.l2:
        return Certificate(None, None, "no penalty (l2 = 0): no weights need reach the least objective")
    J = _in_float64(objective)
    logits = J.design.forward(theta)
    here = J.value(logits, theta)
    if not np.isfinite(here):
        return Certificate(None, None, "the objective is not finite")
    solved, solved_logits = _with_best_intercept(J, theta, logits)
    evaluation = J.evaluate_logits(solved_logits, solved)
    d = J.design.n_features
    upper = here - evaluation.objective + float((evaluation.gradient[:d] ** 2).sum()) / (2 * J.l2)
    lower = here - min(evaluation.objective, _after_a_step(J, solved, solved_logits, evaluation.gradient))
    # subtle: a fall below the rounding of J is no fall
    lower, noise = max(0.0, lower), 64 * np.finfo(np.float64).eps * max(1.0, here)
    lower, upper = (0.0 if lower <= noise else lower), max(upper, 0.0) + noise
    if upper >= here:
        return Certificate(lower, None, "not proved yet: the upper bound is above the objective itself")
    return Certificate(lower, upper)


def _in_float64(objective: Objective) -> Objective:
    design = objective.design
    wide = DesignMatrix(design.X, design.scaling, design.fit_intercept, design.workers, dtype=np.dtype(np.float64))
    return Objective(wide, objective.targets, objective.sample_weight, n_classes=objective.n_classes, l2=objective.l2)


def _with_best_intercept(J: Objective, theta: np.ndarray, logits: Logits) -> tuple[np.ndarray, Logits]:
    """Return (theta, logits) with the intercept that makes grad_b zero, by damped Newton steps on K numbers."""
    if not J.design.fit_intercept:
        return theta, logits
    value = J.value(logits, theta)
    for _ in range(NEWTON_STEPS):
        gradient, hessian = _intercept_slopes(J, logits)
        step = -np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        fall = -float(gradient @ step)
        if not fall > 1e-18:
            break
        moved, size = _shifted(theta, logits, step), 1.0
        while J.value(moved[1], moved[0]) > value - 0.25 * size * fall and size > 1e-6:
            size /= 2
            moved = _shifted(theta, logits, size * step)
        reached = J.value(moved[1], moved[0])
        if not reached < value:
            break
        (theta, logits), value = moved, reached
    return theta, logits


def _shifted(theta: np.ndarray, logits: Logits, step: np.ndarray) -> tuple[np.ndarray, Logits]:
    return np.vstack([theta[:-1], theta[-1:] + step]), [part + step[:, None] for part in logits]


def _intercept_slopes(J: Objective, logits: Logits) -> tuple[np.ndarray, np.ndarray]:
    """Gradient (K,) and Hessian (K, K) of J in the intercept."""
    K = J.n_classes
    gradient, hessian = np.zeros(K), np.zeros((K, K))
    for rows, part in zip(J.design.parts(), logits, strict=True):
        proba, weight = softmax(part, axis=0), J.sample_weight[rows]
        mass = proba @ weight
        gradient += mass - J.target_mass(rows)
        hessian += np.diag(mass) - (proba * weight) @ proba.T
    return gradient / J.n_samples, hessian / J.n_samples


def _after_a_step(J: Objective, theta: np.ndarray, logits: Logits, gradient: np.ndarray) -> float:
    """The objective after one exact step along the preconditioned gradient."""
    if not np.abs(gradient).max() > 0:
        return J.value(logits, theta)
    kind = precondition_of("auto", J.design, J.n_classes)
    proba = np.concatenate([softmax(part, axis=0) for part in logits], axis=1)
    rng = np.random.default_rng(0)
    whitening = make_whitening(kind, J.design, J.sample_weight, J.l2, proba=proba, rng=rng)
    line = Line(J, logits, theta, -even(whitening.solve(even(gradient))))
    moved, there = line.at(line.exact_step())
    return J.value(moved, there)

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
from softreg.errors import DataError
from softreg.functional import log_softmax, softmax
from softreg.geometry import make_whitening, precondition_of
from softreg.objective import Line, Logits, Objective
from softreg.training.line_descent import even

__all__ = ["Certificate", "certify"]

NEWTON_STEPS = 50

BALANCED = 1e-9
"""Sum of |grad_b| that counts as zero; Newton's last step usually leaves a millionth of it, the rounding."""


@dataclass(frozen=True)
class Certificate:
    """Bounds on J - J*, or None with the reason why there is none."""

    gap_lower: float | None
    gap_upper: float | None
    reason: str = ""


def certify(objective: Objective, theta: np.ndarray) -> Certificate:
    """Bracket J(theta) - J*, all in float64: three products with X, one whitening, a few passes over the logits."""
    if not objective.l2:
        return Certificate(None, None, "no penalty (l2 = 0): no weights need reach the least objective")
    J = _in_float64(objective)
    if not np.sum([J.target_mass(rows) for rows in J.design.parts()], axis=0).all():
        return Certificate(None, None, "a class without weight: its intercept has no least")
    logits = J.design.forward(theta)
    here = J.value(logits, theta)
    if not np.isfinite(here):
        return Certificate(None, None, "the objective is not finite")
    solved, solved_logits = _with_best_intercept(J, theta, logits)
    evaluation = J.evaluate_logits(solved_logits, solved)
    d = J.design.n_features
    lower = here - min(evaluation.objective, _after_a_step(J, solved, solved_logits, evaluation.gradient))
    # subtle: a fall below the rounding of J is no fall
    largest = max(float(np.abs(part - theta[d:].sum(axis=0)[:, None]).max()) for part in logits)
    noise = 64 * float(np.finfo(np.float64).eps) * max(1.0, here, largest)
    lower = lower if lower > noise else 0.0
    unbalanced = float(np.abs(evaluation.gradient[d:]).sum())
    if unbalanced > BALANCED:
        return Certificate(lower, None, "not proved yet: no intercepts were found that balance these weights")
    # what is left of grad_b counts for as far as an intercept could still go
    rest = unbalanced * max(float(np.ptp(part, axis=0).max()) for part in solved_logits)
    upper = here - evaluation.objective + float((evaluation.gradient[:d] ** 2).sum()) / (2 * J.l2)
    upper = max(upper, 0.0) + rest + noise
    if not upper < here:
        return Certificate(lower, None, "not proved yet: the upper bound is above the objective itself")
    return Certificate(lower, upper)


def _in_float64(objective: Objective) -> Objective:
    design, targets = objective.design, objective.targets
    if targets.ndim == 2:
        # subtle: rounded distributions no longer sum to 1, and then no intercept makes every grad_b zero
        targets = targets / targets.sum(axis=1, keepdims=True, dtype=np.float64)
    wide = DesignMatrix(design.X, design.scaling, design.fit_intercept, design.workers, dtype=np.dtype(np.float64))
    return Objective(wide, targets, objective.sample_weight, n_classes=objective.n_classes, l2=objective.l2)


def _with_best_intercept(J: Objective, theta: np.ndarray, logits: Logits) -> tuple[np.ndarray, Logits]:
    """Return (theta, logits) with the intercept that makes grad_b zero to rounding, by Newton steps on K numbers.

    Where they go astray, each class's log odds are raised by log(its share / its mean probability) instead, which never
    raises J (Darroch & Ratcliff 1972, doi:10.1214/aoms/1177692379), and knows no vanishing curvature.
    """
    if not J.design.fit_intercept:
        return theta, logits
    raised = np.zeros(J.n_classes)
    gradient, hessian, share = _intercept_slopes(J, logits)
    for _ in range(NEWTON_STEPS):
        norm, newton = np.abs(gradient).sum(), -np.linalg.lstsq(hessian, gradient, rcond=None)[0]
        moved = raised + newton
        slopes = _intercept_slopes(J, _raised(logits, moved))
        if not np.abs(slopes[0]).sum() < 0.5 * norm:
            if norm <= BALANCED:
                break
            moved = raised + np.log(share) - _log_mean_proba(J, _raised(logits, raised))
            slopes = _intercept_slopes(J, _raised(logits, moved))
        raised, (gradient, hessian, share) = moved, slopes
    return np.vstack([theta[:-1], theta[-1:] + raised]), _raised(logits, raised)


def _raised(logits: Logits, by: np.ndarray) -> Logits:
    # subtle: always from the first logits, so that a step that went far and came back leaves no rounding behind
    return [part + by[:, None] for part in logits]


def _intercept_slopes(J: Objective, logits: Logits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradient (K,) and Hessian (K, K) of J in the intercept, and each class's share of the targets (K,)."""
    K = J.n_classes
    share, mass, hessian = np.zeros(K), np.zeros(K), np.zeros((K, K))
    for rows, part in zip(J.design.parts(), logits, strict=True):
        proba, weight = softmax(part, axis=0), J.sample_weight[rows]
        mass += proba @ weight
        share += J.target_mass(rows)
        hessian -= (proba * weight) @ proba.T
    return (mass - share) / J.n_samples, (np.diag(mass) + hessian) / J.n_samples, share / J.n_samples


def _log_mean_proba(J: Objective, logits: Logits) -> np.ndarray:
    """Logarithm of each class's weighted mean probability (K,), also where that is too small for a number."""
    log_proba = np.concatenate([log_softmax(part, axis=0) for part in logits], axis=1)
    highest = log_proba.max(axis=1)
    return np.asarray(highest + np.log(np.exp(log_proba - highest[:, None]) @ J.sample_weight / J.n_samples))


def _after_a_step(J: Objective, theta: np.ndarray, logits: Logits, gradient: np.ndarray) -> float:
    """The objective after one exact step along the preconditioned gradient."""
    if not np.abs(gradient).max() > 0:
        return J.value(logits, theta)
    kind = precondition_of("auto", J.design, J.n_classes)
    proba = J.proba(logits)
    rng = np.random.default_rng(0)
    try:
        whitening = make_whitening(kind, J.design, J.sample_weight, J.l2, proba=proba, rng=rng)
    except DataError:  # features too large to be squared: no step, and no lower bound
        return J.value(logits, theta)
    direction = -even(whitening.solve(even(gradient)))
    line = Line(J, logits, theta, direction)
    moved, there = line.at(line.exact_step(float(np.vdot(gradient, direction))))
    return J.value(moved, there)

"""The grid of l2: a falling geometric sequence, from a model that is nearly the class shares to one hardly penalised.

The ends are told from the problem, so that they follow its units. (For the l1 penalty there is a least value at which
all weights are zero; Friedman, Hastie & Tibshirani 2010, doi:10.18637/jss.v033.i01, section 2.5, begin there. For l2
there is none, but there is a bound.)

*Largest.* With g the gradient in W at W = 0 and the class shares' intercept, J is l2-strongly convex in W, so it falls
by at most ``||g||^2 / (2 l2)`` below the class shares' cross-entropy H: at the largest l2, by a hundredth of H.

*Smallest.* exp(-n J) is a posterior with a Gaussian prior of variance 1/(n l2) for each weight. With V the sum of the
features' variances, a logit has the prior variance V / (n l2). At the smallest l2 its square root is 100, where a prior
says no more than that a row may belong to any class with certainty.
"""

from __future__ import annotations

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.errors import DataError
from softreg.geometry import row_squares
from softreg.objective import Objective
from softreg.settings import TrainingSettings
from softreg.training import Problem
from softreg.training.problem import scale_of, weighted_rows

__all__ = ["GRID", "l2_grid"]

GRID = 20
"""Values of l2; neighbours then differ by a factor of two or three."""

SMALL_FALL = 0.01
"""Share of the class shares' cross-entropy that the largest l2 lets the objective fall."""

CERTAIN = 100.0
"""Prior standard deviation of a logit at the smallest l2."""


def l2_grid(problem: Problem, settings: TrainingSettings, size: int = GRID) -> np.ndarray:
    """Return ``size`` falling values of l2 to try on a problem, of two digits each, so that one is easily typed again.

    >>> X, y = np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([0, 0, 1, 1])
    >>> problem = Problem(X, y, ("low", "high"))
    >>> l2_grid(problem, TrainingSettings(), 4).tolist()
    [29.0, 0.28, 0.0026, 2.5e-05]
    >>> l2_grid(Problem(1000 * X, y, ("low", "high")), TrainingSettings(scale="none"), 4).tolist()  # another unit
    [36000000.0, 340000.0, 3300.0, 31.0]
    """
    X, targets, weight = weighted_rows(problem, settings)
    kind = scale_of(settings, X, problem.pixels)
    scaling = Scaling.of(X, kind, weight, pixels=problem.pixels, centre=settings.fit_intercept)
    design = DesignMatrix(X, scaling, settings.fit_intercept)
    objective = Objective(design, targets, weight, n_classes=len(problem.classes))
    shares = np.zeros(objective.shape)
    if settings.fit_intercept:
        shares[-1] = np.log(objective.target_mass(slice(0, objective.n_samples)) / objective.n_samples)
    with np.errstate(over="ignore", invalid="ignore"):
        at_shares = objective.evaluate(shares)
        steepness = float((at_shares.gradient[: design.n_features] ** 2).sum())
        variance = _variance(design, objective.sample_weight)
    if not np.isfinite(steepness + variance):
        raise DataError("A feature holds values too large to be squared.", "Scale it, or change its unit.")
    high = steepness / (2 * SMALL_FALL * at_shares.cross_entropy)
    low = variance / (objective.n_samples * CERTAIN**2)
    if not 0 < low < high:  # features that are constant, or tell nothing: every l2 gives the class shares
        high = high or 1.0
        low = 1e-6 * high
    return np.array([float(f"{value:.1e}") for value in np.geomspace(high, low, size)])


def _variance(design: DesignMatrix, sample_weight: np.ndarray) -> float:
    """Sum of the features' variances; without an intercept, of their mean squares."""
    share = sample_weight / sample_weight.sum()
    squares = float(share @ row_squares(design)) - design.fit_intercept
    if not design.fit_intercept:
        return squares
    total = design.zeros(1)
    for where, block in design.operands():
        design.add_backward(total, block, share[None, where].astype(design.dtype))
    return squares - float((design.gradient(total)[: design.n_features] ** 2).sum())

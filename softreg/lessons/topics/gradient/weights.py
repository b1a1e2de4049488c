"""From the logits to the weights: the chain rule, checked against the objective and finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.functional import residual, softmax
from softreg.lessons.given import Rows
from softreg.lessons.lesson import Formula, Part, Text
from softreg.objective import Objective
from softreg.training import Fit

__all__ = ["weight_numbers", "weight_parts"]

CHECKED = 20
STEP = 1e-5


def weight_numbers(rows: Rows, model: Fit, generator: np.random.Generator) -> dict[str, Any]:
    """Compute the gradient by the weights at random weights, in three ways; and the mean residual after training."""
    X, n_classes = rows.standardised, rows.n_classes
    J = Objective(DesignMatrix(X, Scaling.of(X, "none")), rows.y, n_classes=n_classes)
    theta = generator.normal(size=J.shape)
    R = residual(X @ theta[:-1] + theta[-1], rows.y)
    ours = np.vstack([X.T @ R, R.sum(axis=0, keepdims=True)]) / len(X)
    places = generator.choice(theta.size, min(CHECKED, theta.size), replace=False)
    numeric = np.array([_slope(J, theta, int(place)) for place in places])
    proba = softmax(rows.X @ model.weights + model.intercept)
    return {
        "data": rows.name,
        "n_samples": len(X),
        "n_weights": theta.size,
        "n_checked": len(places),
        "from_objective": np.abs(ours - J.evaluate(theta).gradient).max(),
        "from_differences": np.abs(ours.ravel()[places] - numeric).max(),
        "mean_proba": proba.mean(axis=0),
        "shares": np.bincount(rows.y, minlength=n_classes) / len(X),
        "mean_residual": np.abs(residual(rows.X @ model.weights + model.intercept, rows.y).mean(axis=0)).max(),
    }


def _slope(J: Objective, theta: np.ndarray, place: int) -> float:
    """The central difference of the cross-entropy in one coordinate."""
    unit = np.zeros(theta.size)
    unit[place] = STEP
    step = unit.reshape(theta.shape)
    return (J.measure(theta + step)[0] - J.measure(theta - step)[0]) / (2 * STEP)


def weight_parts() -> tuple[Part, ...]:
    """Tell it."""
    return (
        Text(
            "The weights come next, by the chain rule: z_k = w_k^T x + b_k, so that a weight's derivative is the "
            "residual times the feature. For the mean over n rows, with a residual in each row of R:"
        ),
        Formula("dL/dW = X^T R / n        dL/db = the mean of the rows of R"),
        Text(
            "On {data}, at random weights, this differs from the gradient that softreg train uses by at most "
            "{from_objective:.0e}, and from finite differences in {n_checked} of its {n_weights} coordinates by at "
            "most {from_differences:.0e}. Training seeks the place where dL/db is 0, and comes near it: no class has a "
            "mean residual above {mean_residual:.0e} in size. On average, then, it is given its share of the rows."
        ),
    )

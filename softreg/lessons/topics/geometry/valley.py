"""A valley over two weights, and gradient descent in it, seen in several coordinates.

One class against the others, on two standardised columns and without intercept: the weights of the two classes are w
and -w, so the objective is a function of the two numbers w. Coordinates are a matrix A: v = A w.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.functional import cross_entropy
from softreg.lessons.given import Rows
from softreg.objective import Objective

__all__ = ["Descent", "Valley", "valley_of"]

L2 = 0.01
NEAR = 1e-3
MOST = 2000
NEWTON_STEPS = 30


@dataclass(frozen=True)
class Descent:
    """Gradient descent from w = 0 with the step 1/L in the coordinates v = A w.

    ``path`` (n_steps + 1, 2) are the w's, ``gaps`` (n_steps + 1,) how far J is above the least; ``condition`` is the
    condition number of the curvature at w = 0. ``arrived`` is whether the last gap is within :data:`NEAR`.
    """

    coordinates: np.ndarray
    condition: float
    path: np.ndarray
    gaps: np.ndarray
    arrived: bool


@dataclass(frozen=True)
class Valley:
    """The rows, the least J with its w, and the descents by the name of their coordinates."""

    rows: Rows
    best: np.ndarray
    least: float
    descents: Mapping[str, Descent]

    def gap(self, w: np.ndarray) -> np.ndarray:
        """Return J less the least J, for w (m, 2)."""
        lean = self.rows.X @ w.T
        sign = np.where(self.rows.y == 0, 1.0, -1.0)[:, None]
        loss = cross_entropy(np.stack([sign * lean, -sign * lean], axis=-1).reshape(-1, 2), np.zeros(lean.size, int))
        return np.asarray(loss.reshape(lean.shape).mean(axis=0) + L2 * (w**2).sum(axis=1) - self.least)


def valley_of(rows: Rows) -> Valley:
    """Return the valley of the last class against the others on the two columns that tell the classes apart best."""
    two = rows.with_features(2)
    name = rows.classes[-1]
    pair = replace(two, X=two.standardised, y=(two.y != rows.n_classes - 1).astype(np.int64), classes=(name, "others"))
    design = DesignMatrix(pair.X, Scaling.of(pair.X, "none"), fit_intercept=False)
    objective = Objective(design, pair.y, None, n_classes=2, l2=L2)
    # subtle: with the logits w x and -w x, J's curvature is 4 p (1 - p) x x^T, at w = 0 its bound, plus 2 l2
    steepest = pair.X.T @ pair.X / len(pair.X) + 2 * L2 * np.eye(2)
    best, least = _bottom(objective, pair)
    coordinates = {
        "raw units": np.diag(1 / two.X.std(axis=0)),
        "standardised": np.eye(2),
        "whitened": np.linalg.cholesky(steepest).T,
    }
    descents = {name: _descent(objective, A, steepest, least) for name, A in coordinates.items()}
    return Valley(pair, best, least, descents)


def _slopes(objective: Objective, w: np.ndarray) -> tuple[float, np.ndarray]:
    """J and its gradient at w."""
    evaluation = objective.evaluate(np.stack([w, -w], axis=1))
    return evaluation.objective, evaluation.gradient[:, 0] - evaluation.gradient[:, 1]


def _bottom(objective: Objective, pair: Rows) -> tuple[np.ndarray, float]:
    """The least J and where it is: Newton's steps, halved where they do not lower J."""
    w = np.zeros(2)
    value, gradient = _slopes(objective, w)
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-2 * pair.X @ w))
        curvature = 4 * (pair.X.T * (p * (1 - p))) @ pair.X / len(p) + 2 * L2 * np.eye(2)
        step = -np.linalg.solve(curvature, gradient)
        while _slopes(objective, w + step)[0] > value and np.abs(step).max() > 1e-12:
            step = step / 2
        w = w + step
        value, gradient = _slopes(objective, w)
    return w, value


def _descent(objective: Objective, A: np.ndarray, steepest: np.ndarray, least: float) -> Descent:
    """Gradient descent in v = A w, where the gradient is A^-T dJ/dw, and the curvature A^-T H A^-1."""
    inverse = np.linalg.inv(A)
    curvature = np.linalg.eigvalsh(inverse.T @ steepest @ inverse)
    w = np.zeros(2)
    path, gaps = [], []
    for _ in range(MOST + 1):
        value, gradient = _slopes(objective, w)
        path.append(w)
        gaps.append(value - least)
        if gaps[-1] <= NEAR:
            break
        w = w - inverse @ (inverse.T @ gradient) / curvature[-1]
    return Descent(A, float(curvature[-1] / curvature[0]), np.array(path), np.array(gaps), gaps[-1] <= NEAR)

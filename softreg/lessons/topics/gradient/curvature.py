"""The second derivative by the logits: the covariance of the label, if it were drawn from p."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.functional import residual, softmax
from softreg.lessons.lesson import Formula, Part, Table, Text
from softreg.lessons.topics.gradient.logits import by_differences

__all__ = ["curvature_numbers", "curvature_parts", "expected_covariance"]

DRAWN = 100_000
MOST_COLUMNS = 5


def expected_covariance(p: np.ndarray) -> np.ndarray:
    """Return sum_k p_k (e_k - p)(e_k - p)^T: the covariance of a one-hot label that is class k with probability p_k.

    >>> expected_covariance(np.array([0.5, 0.5]))
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    off = np.eye(p.size) - p
    return np.asarray((off.T * p) @ off)


def curvature_numbers(logits: np.ndarray, true: int, generator: np.random.Generator) -> dict[str, Any]:
    """Compute the second derivative in four ways, and its eigenvalues."""
    p = softmax(logits)
    H = np.diag(p) - np.outer(p, p)
    numeric = by_differences(lambda z: residual(z[None], np.array([true]))[0], logits)
    counts = generator.multinomial(DRAWN, p)
    share = counts / DRAWN
    eigenvalues = np.linalg.eigvalsh(H)
    direction = np.arange(p.size, dtype=np.float64)
    return {
        "curvature": H,
        "n_drawn": DRAWN,
        "shown_classes": np.arange(1, p.size + 1),
        "by_expectation": np.abs(H - expected_covariance(p)).max(),
        "by_differences": np.abs(H - numeric).max(),
        "by_drawing": np.abs(H - (np.diag(share) - np.outer(share, share))).max(),
        "flattest": eigenvalues[0],
        "steepest": eigenvalues[-1],
        "flat": np.abs(H.sum(axis=1)).max(),
        "along": direction @ H @ direction,
        "variance": p @ direction**2 - (p @ direction) ** 2,
    }


def curvature_parts(numbers: dict[str, Any]) -> tuple[Part, ...]:
    """Tell it."""
    n_classes = len(numbers["curvature"])
    shown: tuple[Part, ...] = ()
    if n_classes <= MOST_COLUMNS:
        classes = range(n_classes)
        rows = tuple((f"{{names[{j}]}}", *(f"{{curvature[{j}][{k}]:.4f}}" for k in classes)) for j in classes)
        shown = (Table(("", *(f"{{names[{k}]}}" for k in classes)), rows),)
    return (
        Text("And how fast does the gradient itself change? Derive once more, by the rule for quotients:"),
        Formula(
            "dp_j/dz_k     = p_j (1 if j = k, else 0)  -  p_j p_k\n"
            "d^2 L / dz^2  = diag(p) - p p^T\n"
            "draw a label from p, one-hot Y:   E[Y] = p,   Cov[Y] = E[Y Y^T] - p p^T\n"
            "                                            = diag(p) - p p^T\n"
            "v^T Cov[Y] v = Var[v^T Y] >= 0    for any vector v"
        ),
        Text("The second derivative is the covariance of the label under p. For the row above:"),
        *shown,
        Table(
            ("diag(p) - p p^T against", "differ by at most"),
            (
                ("the residual's finite differences", "{by_differences:.0e}"),
                ("the expectation, a sum over the classes", "{by_expectation:.0e}"),
                ("the covariance of {n_drawn} labels drawn from p", "{by_drawing:.0e}"),
            ),
        ),
        Text(
            "A variance is never negative, so in no direction v does L bend down: for v = (0, 1, 2, ...) both sides "
            "are {along:.4f} and {variance:.4f}. Along (1, 1, ...) it does not bend at all: every row of the matrix "
            "sums to 0, the shift that changes nothing. The eigenvalues lie between {flattest:.4f} and "
            "{steepest:.4f}; above 1/2 there is none, for any p."
        ),
    )

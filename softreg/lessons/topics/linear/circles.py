"""What no straight boundary can do, and what adding features does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from softreg.lessons.given import Rows
from softreg.lessons.lesson import Formula, Part, Table, Text
from softreg.metrics import accuracy, commonest_class_accuracy
from softreg.training import Fit

__all__ = ["circle_numbers", "circle_parts", "semi_axes", "with_squares"]

MANY = 64
"""Features of a small picture."""


def with_squares(rows: Rows) -> Rows:
    """Return the rows with the square of each feature beside it."""
    squares = tuple(f"{name}^2" for name in rows.columns)
    return replace(rows, X=np.hstack([rows.X, rows.X**2]), columns=rows.columns + squares)


def semi_axes(slopes: np.ndarray, squares: np.ndarray, offset: float) -> np.ndarray:
    """Return the semi-axes of the ellipse ``sum_i squares_i x_i^2 + slopes_i x_i + offset = 0``.

    >>> semi_axes(np.zeros(2), np.array([1.0, 4.0]), -4.0)
    array([2., 1.])
    """
    right = float((slopes**2 / (4 * squares)).sum()) - offset  # completing the squares
    return np.asarray(np.sqrt(right / squares))


def circle_numbers(rings: Rows, new: Rows, plain: Fit, curved: Fit) -> dict[str, Any]:
    """Compute how well two models do on the rings: on x, and on x and its squares."""
    d = curved.weights[:, 0] - curved.weights[:, 1]
    return {
        "n_rings": len(rings.y),
        "n_new_rings": len(new.y),
        "guess": commonest_class_accuracy(rings.y, new.y),
        "straight": _right(plain, rings, new),
        "squared": _right(curved, with_squares(rings), with_squares(new)),
        "square_weights": d,
        "square_offset": float(curved.intercept[0] - curved.intercept[1]),
        "axes": semi_axes(d[:2], d[2:], float(curved.intercept[0] - curved.intercept[1])),
        "many": MANY,
        "products": MANY * (MANY + 1) // 2,
    }


def _right(model: Fit, *parts: Rows) -> np.ndarray:
    said = [(rows.X @ model.weights + model.intercept).argmax(axis=1) for rows in parts]
    return np.array([accuracy(rows.y, each) for rows, each in zip(parts, said, strict=True)])


def circle_parts(numbers: dict[str, Any]) -> tuple[Part, ...]:
    """Tell it."""
    better = numbers["straight"][1] > numbers["guess"] + 0.1
    return (
        Text(
            "What can a straight boundary not do? Let one class be a ring of points, radius 1, and the other a ring "
            "of half the radius inside it. No line has the one on its left and the other on its right. But the model "
            "is linear in what it is given: give it the squares of the features too, and its boundary becomes"
        ),
        Formula(
            "v_1 x_1 + v_2 x_2 + v_3 x_1^2 + v_4 x_2^2 + c = 0\nv = {square_weights:.3g}   c = {square_offset:.3g}"
        ),
        Text(
            "still flat in the four features, an ellipse in the plane, with semi-axes of {axes:.3f}: between the "
            "rings. The share of rows that are right, its accuracy:"
        ),
        Table(
            ("features", "{n_rings} rows it was trained on", "{n_new_rings} new rows"),
            (
                ("x_1, x_2", "{straight[0]:.3f}", "{straight[1]:.3f}"),
                ("x_1, x_2, x_1^2, x_2^2", "{squared[0]:.3f}", "{squared[1]:.3f}"),
                ("none: the commonest class", "", "{guess:.3f}"),
            ),
        ),
        Text(
            ("The straight line does little" if better else "The straight line is no help")
            + ". Added features have their price: {many} features have {products} squares and products."
        ),
    )

"""Where two classes are equally likely: a straight line."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.errors import UsageError
from softreg.functional import softmax
from softreg.lessons.given import Rows
from softreg.lessons.lesson import Formula, Part, Sketch, Table, Text
from softreg.plots.style import label, labels
from softreg.plots.text import chart
from softreg.training import Fit

__all__ = ["boundary_numbers", "boundary_parts", "boundary_points", "nearest_pair"]

WIDTH, HEIGHT = 64, 14


def nearest_pair(logits: np.ndarray) -> tuple[int, int]:
    """Return the two classes between which some row is undecided most, the smaller index first.

    >>> nearest_pair(np.array([[0.0, 5.0, 4.9], [9.0, 0.0, 1.0]]))
    (1, 2)
    """
    order = np.argsort(logits, axis=1)[:, -2:]
    top = np.take_along_axis(logits, order, axis=1)
    first, second = sorted(order[int(np.argmin(top[:, 1] - top[:, 0]))].tolist())
    return first, second


def boundary_points(X: np.ndarray, normal: np.ndarray, offset: float) -> np.ndarray:
    """Return three points (3, 2) of the line ``normal @ x + offset = 0``, at the ends and in the middle of the rows."""
    solved = int(np.argmax(np.abs(normal) * np.where(X.std(axis=0) > 0, X.std(axis=0), 1)))
    free = 1 - solved
    points = np.empty((3, 2))
    points[:, free] = np.quantile(X[:, free], [0, 0.5, 1])
    points[:, solved] = -(offset + normal[free] * points[:, free]) / normal[solved]
    return points


def boundary_numbers(rows: Rows, model: Fit) -> dict[str, Any]:
    """Compute the boundary between the two classes that are nearest to each other."""
    first, second = nearest_pair(rows.X @ model.weights + model.intercept)
    normal = model.weights[:, first] - model.weights[:, second]
    offset = float(model.intercept[first] - model.intercept[second])
    if not normal.any():
        raise UsageError(
            f"Neither feature of {rows.name} tells its classes apart: there is no boundary to show.", "Take other data."
        )
    points = boundary_points(rows.X, normal, offset)
    p = softmax(points @ model.weights + model.intercept)
    return {
        "data": rows.name,
        "names": [label(name, 24) for name in rows.columns],
        "first": label(rows.classes[first]),
        "second": label(rows.classes[second]),
        "normal": normal,
        "offset": offset,
        "points": points,
        "p_first": p[:, first],
        "p_second": p[:, second],
        "difference": np.abs(p[:, first] - p[:, second]),
        "furthest": np.abs(p[:, first] - p[:, second]).max(),
    }


def boundary_parts(numbers: dict[str, Any], rows: Rows, model: Fit) -> tuple[Part, ...]:
    """Tell it."""
    points = tuple(
        (
            f"{{points[{k}][0]:.4g}}",
            f"{{points[{k}][1]:.4g}}",
            f"{{p_first[{k}]:.4f}}",
            f"{{p_second[{k}]:.4f}}",
            f"{{difference[{k}]:.0e}}",
        )
        for k in range(len(numbers["points"]))
    )
    return (
        Text(
            "The logits of the model are linear in the features: z_k = w_k^T x + b_k, with weights w_k and a number "
            "b_k for each class, which softreg train finds. Softmax is not linear. A linear f has f(u + v) = f(u) + "
            "f(v); but two rows of probabilities sum to 2 together, and no output of softmax does. Yet see where class "
            "j and class k are equally likely, which is called the boundary between them:"
        ),
        Formula("p_j = p_k  <=>  z_j = z_k  <=>  (w_j - w_k)^T x + b_j - b_k = 0"),
        Text(
            "One linear equation: a straight line for two features, a plane for three, however softmax bends. Of "
            "{data}, {n_train} rows train a model on x_1 = {names[0]} and x_2 = {names[1]}. Its boundary between "
            "{first} and {second} is"
        ),
        Formula("{normal[0]:+.4g} x_1 {normal[1]:+.4g} x_2 {offset:+.4g} = 0"),
        Text("and at three points of this line:"),
        Table(("x_1", "x_2", "p of {first}", "p of {second}", "difference"), points, left=0),
        Text(
            "They differ by rounding at most ({furthest:.0e}), also where a third class is likelier than both. The "
            "likeliest class at each place:"
        ),
        Sketch(_map(rows, model)),
    )


def _map(rows: Rows, model: Fit) -> str:
    """The likeliest class over the plane, a mark for each class."""
    low, high = rows.X.min(axis=0), rows.X.max(axis=0)
    across, up = (np.linspace(low[i], high[i], cells) for i, cells in ((0, WIDTH), (1, HEIGHT)))
    plane = np.array([(x, y) for y in up for x in across])
    said = (plane @ model.weights + model.intercept).argmax(axis=1)
    names = labels(rows.classes, 10)
    curves = {name: [(float(x), float(y)) for x, y in plane[said == k]] for k, name in enumerate(names)}
    return chart(curves, WIDTH, HEIGHT, across=label(rows.columns[0], 30), up=label(rows.columns[1], 60))

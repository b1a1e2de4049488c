"""Lesson: straight boundaries, what they cannot do, and scores that are taken for probabilities without softmax.

A room for each thought: ``boundaries``, ``circles``, ``onehot``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from softreg.errors import UsageError
from softreg.functional import softmax
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.lesson import Exercise, Lesson
from softreg.lessons.pictures.linear import Plane, draw_linear
from softreg.lessons.topics.linear.boundaries import boundary_numbers, boundary_parts
from softreg.lessons.topics.linear.circles import circle_numbers, circle_parts, with_squares
from softreg.lessons.topics.linear.onehot import fitted, onehot_numbers, onehot_parts
from softreg.metrics import accuracy
from softreg.training import Fit

__all__ = ["teach"]

MOST_ROWS, MOST_CLASSES = 2000, 5
ADDED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "x_1 + x_2": lambda X: X.sum(axis=1),
    "x_1 x_2": lambda X: X.prod(axis=1),
    "2 x_1": lambda X: 2 * X[:, 0],
}


def teach(given: Given) -> Lesson:
    """Teach what is linear about softmax regression."""
    rows = given.rows_or("iris")
    if rows.X.shape[1] < 2:
        raise UsageError(
            f"{rows.name} has one feature, and this lesson draws its boundaries in a plane.",
            "Take data with two features or more.",
        )
    generator = given.generator()
    rows = rows.with_classes(MOST_CLASSES).with_features(2).thinned(MOST_ROWS, generator)
    train, new = rows.halves(0.6, generator)
    model = train.fit()
    rings, new_rings = rows_of("circles", seed=given.seed).halves(0.5, generator)
    plain, curved = rings.fit(), with_squares(rings).fit()
    numbers = (
        boundary_numbers(rows, model)
        | circle_numbers(rings, new_rings, plain, curved)
        | onehot_numbers(train, new, model)
        | _quiz(generator)
    )
    return Lesson(
        numbers=numbers,
        body=(*boundary_parts(numbers, rows, model), *circle_parts(numbers), *onehot_parts(numbers)),
        notice=(
            "Linear is said of the logits, and of the boundaries that follow from them; the probabilities bend.",
            "A linear model on curved features has boundaries that are curved in the old ones. Which features to add "
            "is yours to know: the model does not find them.",
            "That values sum to 1 does not make them probabilities. Least squares gives the sum for nothing, and no "
            "more; the exponential of softmax keeps each value above 0 besides, and so below 1.",
        ),
        exercises=_exercises(numbers),
        code=("softreg.model:SoftmaxModel.logits", "softreg.plots.boundary:draw_boundary"),
        references=(
            "Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), sections 4.1 (boundaries, "
            "squares as features) and 4.2 (least squares on indicators).",
            "Bishop, Pattern Recognition and Machine Learning (2006), section 4.1.3.",
        ),
        draw=lambda: draw_linear(_planes(rows, model, (rings, plain, curved)), _values(train, new, model)),
        caption="Boundaries on the data, rows on the wrong side ringed; the two rings with a straight boundary, and "
        "with squares added; the values of least squares and of softmax on new rows, sorted.",
        notes=rows.notes,
    )


def _planes(rows: Rows, model: Fit, circles: tuple[Rows, Fit, Fit]) -> tuple[Plane, ...]:
    rings, plain, curved = circles
    return (
        Plane("Straight boundaries", rows, lambda X: softmax(X @ model.weights + model.intercept)),
        Plane(
            "Two rings, a straight boundary", rings, lambda X: softmax(X @ plain.weights + plain.intercept), alike=True
        ),
        Plane(
            "The same rings, squares added",
            rings,
            lambda X: softmax(np.hstack([X, X**2]) @ curved.weights + curved.intercept),
            alike=True,
        ),
    )


def _values(train: Rows, new: Rows, model: Fit) -> dict[str, np.ndarray]:
    return {
        "least squares": np.sort(fitted(train, new.X), axis=None),
        "softmax": np.sort(softmax(new.X @ model.weights + model.intercept), axis=None),
    }


def _quiz(generator: np.random.Generator) -> dict[str, Any]:
    """Where two logits are equal; how well one more feature separates the corners of a square."""
    corners = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])
    X = np.repeat(corners, 25, axis=0) + generator.normal(scale=0.3, size=(100, 2))
    square = Rows("corners", X, np.repeat([0, 0, 1, 1], 25), ("x1", "x2"), ("0", "1"))
    found = []
    for add in ADDED.values():
        wide = Rows("", np.column_stack([X, add(X)]), square.y, ("x1", "x2", "added"), square.classes)
        fit = wide.fit()
        found.append(accuracy(wide.y, (wide.X @ fit.weights + fit.intercept).argmax(axis=1)))
    # z_1 - z_2 = -2 x_1 + 3 x_2 - 1 at x_1 = 2
    return {"quiz": float(np.linalg.solve(np.array([[3.0]]), np.array([1 + 2 * 2.0]))[0]), "corner_accuracy": found}


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    choices = tuple(ADDED)
    best = int(np.argmax(numbers["corner_accuracy"]))
    told = ", ".join(f"{name} {{corner_accuracy[{place}]:.2f}}" for place, name in enumerate(choices))
    return (
        Exercise(
            "z_1 = x_1 + 2 x_2 and z_2 = 3 x_1 - x_2 + 1. At x_1 = 2, which x_2 lies on the boundary?",
            numbers["quiz"],
            "z_1 - z_2 = -2 x_1 + [3] x_2 - 1 = 0 gives x_2 = (1 + 2 x_1) / [3] = {quiz:.3f} at x_1 = 2.",
        ),
        Exercise(
            "One class lies around two opposite corners of a square, (1, 1) and (-1, -1), the other around (1, -1) "
            "and (-1, 1). Which one more feature makes a straight boundary enough?",
            choices[best],
            f"Accuracy with x_1, x_2 and one more: {told}. A feature that is a sum of the old ones adds no boundary "
            "that was not there before.",
            choices=choices,
        ),
    )

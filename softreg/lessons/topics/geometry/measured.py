"""What the lesson on geometry measures: the curvature in three coordinates, and the steps that descents need."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.errors import UsageError, plural
from softreg.functional import softmax
from softreg.geometry import gram
from softreg.lessons.given import Given, Rows
from softreg.lessons.topics.geometry.valley import L2, NEAR, Valley
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

__all__ = ["MOST", "measured", "rows_for"]

MOST = 3000
"""Steps after which nobody waits any longer."""
LEFT = 0.05
"""Share of the way from log K to the goal that may be left."""
TENFOLD = 10.0
COMPARED = 10
ASKED = 0.9


def rows_for(given: Given) -> Rows:
    """Return the rows of the lesson, in their own units: columns that vary, two at least."""
    rows = given.rows_or("iris").with_classes(5)
    varying = np.flatnonzero(np.ptp(rows.X, axis=0) > 0)
    if varying.size < 2:
        raise UsageError(
            f"A valley needs two columns that vary, and {rows.name} has {varying.size}.",
            "Take a table with more, such as iris or wine.",
        )
    if varying.size < rows.X.shape[1]:
        told = f"{plural(rows.X.shape[1] - varying.size, 'constant column')} left out."
        rows = replace(rows.with_columns(*varying.tolist()), notes=(*rows.notes, told))
    return rows.with_features(12).thinned(300, given.generator())


def measured(rows: Rows, valley: Valley) -> dict[str, Any]:
    """Return every number of the lesson."""
    goal = _goal(rows)
    return (
        {"data": rows.name, "n_samples": len(rows.y), "n_features": rows.X.shape[1], "n_classes": rows.n_classes}
        | goal
        | _three_coordinates(rows, goal["goal"])
        | _of_valley(valley)
        | _units(rows, goal["goal"])
        | _asked(rows, goal["goal"])
    )


def _goal(rows: Rows) -> dict[str, Any]:
    """The cross-entropy that every descent is to reach: a number that no unit changes."""
    standard = replace(rows, X=rows.standardised)
    reached = standard.fit(TrainingSettings(l2=L2, scale="none")).cross_entropy
    start = math.log(rows.n_classes)
    return {
        "start": start,
        "reached": reached,
        "goal_l2": L2,
        "way": 1 - LEFT,
        "goal": reached + LEFT * (start - reached),
    }


def _curvature(X: np.ndarray, n_classes: int) -> np.ndarray:
    """Eigenvalues of G / K, rising, without the directions in which nothing is curved: no gradient ever has them."""
    design = DesignMatrix(X, Scaling.of(X, "none"))
    values = np.linalg.eigvalsh(gram(design, np.full(len(X), 1 / len(X))) / n_classes)
    return np.asarray(values[values > values[-1] * len(values) * 1e-14])


def _whitened(X: np.ndarray, n_classes: int) -> np.ndarray:
    """Eigenvalues of G / K in the coordinates that its own eigenvectors and eigenvalues give."""
    design = DesignMatrix(X, Scaling.of(X, "none"))
    curvature = gram(design, np.full(len(X), 1 / len(X))) / n_classes
    values, vectors = np.linalg.eigh(curvature)
    kept = values > values[-1] * len(values) * 1e-14
    back = vectors[:, kept] / np.sqrt(values[kept])
    return np.asarray(np.linalg.eigvalsh(back.T @ curvature @ back))


def _three_coordinates(rows: Rows, goal: float) -> dict[str, Any]:
    curvatures = [
        _curvature(rows.X, rows.n_classes),
        _curvature(rows.standardised, rows.n_classes),
        _whitened(rows.standardised, rows.n_classes),
    ]
    standard = replace(rows, X=rows.standardised)
    steps = [
        _steps(rows, goal, optimizer="gd"),
        _steps(standard, goal, optimizer="gd"),
        _steps(rows, goal, optimizer="gd", precondition="whiten"),
    ]
    return {
        "most_curved": np.array([values[-1] for values in curvatures]),
        "least_curved": np.array([values[0] for values in curvatures]),
        "condition": np.array([values[-1] / values[0] for values in curvatures]),
        "gd_steps": steps,
        "gd_told": [_told(each) for each in steps],
    }


def _steps(rows: Rows, goal: float, **method: Any) -> int | None:
    """Steps from W = 0 until the cross-entropy is at the goal; None where it takes more than MOST."""
    end = fit(
        Problem(rows.X, rows.y, rows.classes),
        TrainingSettings(l2=0.0, tol=0.0, epochs=MOST, scale="none", threads=1, **method),
        observe=lambda row: "the goal is reached" if row["train_cross_entropy"] <= goal else None,
    )
    last = end.history[-1]
    return int(last["epoch"]) if last["train_cross_entropy"] <= goal else None


def _told(steps: int | None) -> str:
    return f"more than {MOST}" if steps is None else str(steps)


def _of_valley(valley: Valley) -> dict[str, Any]:
    descents = valley.descents
    X = valley.rows.X
    return {
        "valley_class": valley.rows.classes[0],
        "valley_columns": list(valley.rows.columns),
        "correlation": float((X[:, 0] * X[:, 1]).mean()),
        "near": NEAR,
        "valley_l2": L2,
        "valley_condition": {name: each.condition for name, each in descents.items()},
        "valley_steps": {name: len(each.gaps) - 1 if each.arrived else None for name, each in descents.items()},
        "valley_told": {
            name: str(len(each.gaps) - 1) if each.arrived else f"more than {len(each.gaps) - 1}"
            for name, each in descents.items()
        },
    }


def _units(rows: Rows, goal: float) -> dict[str, Any]:
    """The standardised columns, and the same with the first in a unit ten times smaller."""
    standard = replace(rows, X=rows.standardised)
    other = replace(standard, X=standard.X * np.where(np.arange(rows.X.shape[1]) == 0, TENFOLD, 1.0))
    gd = [_steps(each, goal, optimizer="gd") for each in (standard, other)]
    cg = [_steps(each, goal, optimizer="cg", precondition="whiten") for each in (standard, other)]
    ways = [_way(each) for each in (standard, other)]
    return {
        "column": rows.columns[0],
        "tenfold": TENFOLD,
        "unit_condition": np.array(
            [np.divide(*_curvature(each.X, rows.n_classes)[[-1, 0]]) for each in (standard, other)]
        ),
        "unit_gd": gd,
        "unit_gd_told": [_told(each) for each in gd],
        "unit_cg": cg,
        "unit_cg_told": [_told(each) for each in cg],
        "compared": COMPARED,
        "cg_apart": float(np.abs(ways[0] - ways[1]).max()),
    }


def _way(rows: Rows) -> np.ndarray:
    """The probabilities after so many whitened steps of conjugate gradients."""
    settings = TrainingSettings(l2=0.0, tol=0.0, epochs=COMPARED, scale="none", threads=1, precondition="whiten")
    end = rows.fit(settings)
    return softmax(rows.X @ end.weights + end.intercept)


def _asked(rows: Rows, goal: float) -> dict[str, Any]:
    """The numbers of the exercises."""
    curvature = np.linalg.eigvalsh(np.array([[1.0, ASKED], [ASKED, 1.0]]))
    raw = _steps(rows, goal, optimizer="cg", precondition="whiten")
    standard = _steps(replace(rows, X=rows.standardised), goal, optimizer="cg", precondition="whiten")
    return {
        "asked_correlation": ASKED,
        "asked_curvature": curvature,
        "asked_condition": curvature[-1] / curvature[0],
        "raw_cg": raw,
        "standard_cg": standard,
        "raw_cg_told": _told(raw),
        "standard_cg_told": _told(standard),
    }

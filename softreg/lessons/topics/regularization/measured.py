"""What the lesson on regularization measures: a shift of the weights, several starts, the path, separable classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from softreg.functional import log_softmax, softmax
from softreg.lessons.given import Given, Rows, rows_of
from softreg.metrics import class_share_cross_entropy, cross_entropy
from softreg.selection.grid import l2_grid
from softreg.settings import TrainingSettings
from softreg.training import Fit, Problem, fit

__all__ = ["measured", "rows_for", "separable_part"]

SHIFT = 10.0
"""How long the vector is that is added to every class's weights, in standard deviations of a random normal one."""
STARTS = (0.0, 1.0, 3.0)
"""How far from zero the starts lie."""
UNPRICED_STEPS = 100
PRICED_STEPS = 3000
L2 = 0.1
GRID = 20
TOLD = (0, 6, 12, 19)
"""Places of the grid that the table shows."""
STEPS = (1, 10, 100, 1000)
SEPARABLE_L2 = 0.01
STRETCH = (1, 3, 10)
HARDLY = 1e-6
"""A penalty too small to keep apart classes together, in a search for classes that lie apart."""


def rows_for(given: Given) -> Rows:
    """Return the rows of the lesson, standardised: a table of weights that can be looked at."""
    rows = given.rows_or("iris").with_classes(6).with_features(8).thinned(400, given.generator())
    return replace(rows, X=rows.standardised)


def separable_part(rows: Rows) -> Rows:
    """Return the rows as one class that lies apart against the others; Iris setosa where none does, and say so."""
    for k, name in enumerate(rows.classes):
        pair = replace(rows, y=(rows.y != k).astype(np.int64), classes=(name, "others"))
        model = pair.fit(_settings(HARDLY))
        logits = pair.X @ model.weights + model.intercept
        lead = (logits[:, 0] - logits[:, 1]) * np.where(pair.y == 0, 1, -1)
        if lead.min() > 0:
            return pair
    iris = rows_of("iris")
    told = f"no class of {rows.name} is told from all others without a mistake; for that part Iris is taken."
    return replace(separable_part(replace(iris, X=iris.standardised)), notes=(told,))


def measured(rows: Rows, pair: Rows, generator: np.random.Generator) -> dict[str, Any]:
    """Return every number of the lesson."""
    return (
        {"data": rows.name, "n_samples": len(rows.y), "n_features": rows.X.shape[1], "n_classes": rows.n_classes}
        | _shifted(rows, generator)
        | _several_starts(rows, generator)
        | _path(rows)
        | _growth(pair)
        | _asked(rows)
    )


def _settings(l2: float, **others: Any) -> TrainingSettings:
    """The rows are standardised already; fitted until nothing moves, unless told otherwise."""
    return TrainingSettings(**{"l2": l2, "scale": "none", "tol": 1e-10, "threads": 1, **others})


def _shifted(rows: Rows, generator: np.random.Generator) -> dict[str, Any]:
    """The same model before and after one vector is added to the weights of every class."""
    model = rows.fit(_settings(SEPARABLE_L2))
    v = SHIFT * generator.standard_normal((rows.X.shape[1], 1))
    weights = [model.weights + step * v for step in (0.0, 1.0)]
    logits = [rows.X @ W + model.intercept for W in weights]
    p = softmax(logits[0])
    return {
        "n_weights": model.weights.size,
        "n_free": model.weights.size - rows.X.shape[1],
        "shift_norms": np.array([(W**2).sum() for W in weights]),
        "shift_cross_entropy": np.array([cross_entropy(log_softmax(z), rows.y) for z in logits]),
        "shift_logit_moves": np.array([np.abs(z - logits[0]).max() for z in logits]),
        "shift_moves": np.array([np.abs(softmax(z) - p).max() for z in logits]),
    }


def _several_starts(rows: Rows, generator: np.random.Generator) -> dict[str, Any]:
    """Where gradient descent ends from several starts, without and with a penalty."""
    starts = [far * generator.standard_normal((rows.X.shape[1], rows.n_classes)) for far in STARTS]
    free = [_descended(rows, W, 0.0, UNPRICED_STEPS) for W in starts]
    priced = [_descended(rows, W, L2, PRICED_STEPS) for W in starts]
    return {
        "start_l2": L2,
        "start_steps": UNPRICED_STEPS,
        "start_sums": _farthest_sums(starts),
        "free_sums": _farthest_sums([end.weights for end in free]),
        "free_moves": max(
            np.abs(end.weights.sum(axis=1) - W.sum(axis=1)).max() for end, W in zip(free, starts, strict=True)
        ),
        "priced_sums": np.abs(_farthest_sums([end.weights for end in priced])),
        "priced_objectives": np.array([end.objective for end in priced]),
        "free_apart": _apart(free),
        "priced_apart": _apart(priced),
    }


def _descended(rows: Rows, start: np.ndarray, l2: float, steps: int) -> Fit:
    problem = Problem(rows.X, rows.y, rows.classes)
    return fit(problem, _settings(l2, optimizer="gd", epochs=steps), start=(start, np.zeros(rows.n_classes)))


def _farthest_sums(weights: list[np.ndarray]) -> np.ndarray:
    """For each start the sum over the classes that is farthest from zero, of those of all features."""
    sums = [W.sum(axis=1) for W in weights]
    return np.array([each[np.abs(each).argmax()] for each in sums])


def _apart(fits: list[Fit]) -> float:
    """The largest difference between two ends in any weight."""
    weights = np.stack([end.weights for end in fits])
    return float((weights.max(axis=0) - weights.min(axis=0)).max())


def _path(rows: Rows) -> dict[str, Any]:
    """The best weights for twenty values of l2, and what becomes of cross-entropy, norm and probabilities."""
    values = np.sort(l2_grid(Problem(rows.X, rows.y, rows.classes), _settings(0.0), GRID))
    fits = [rows.fit(_settings(l2)) for l2 in values.tolist()]
    norms = np.array([(end.weights**2).sum() for end in fits])
    proba = [softmax(rows.X @ end.weights + end.intercept) for end in fits]
    return {
        "l2": values,
        "path_weights": np.stack([end.weights for end in fits]),
        "path_cross_entropy": np.array([end.cross_entropy for end in fits]),
        "path_penalty": values * norms / 2,
        "path_norms": norms,
        "path_largest": np.array([p.max(axis=1).mean() for p in proba]),
        "shares_cross_entropy": class_share_cross_entropy(rows.y, rows.y, rows.n_classes),
        "largest_share": np.bincount(rows.y).max() / len(rows.y),
    }


def _growth(pair: Rows) -> dict[str, Any]:
    """Gradient descent on classes that lie apart, after more and more steps, without and with a penalty."""
    free = [pair.fit(_settings(0.0, optimizer="gd", epochs=steps, tol=0.0)) for steps in STEPS]
    priced = [pair.fit(_settings(SEPARABLE_L2, optimizer="gd", epochs=steps, tol=0.0)) for steps in STEPS]
    apart = pair.fit(_settings(HARDLY))
    unit = (pair.X @ apart.weights + apart.intercept) / np.linalg.norm(apart.weights)
    return {
        "apart_data": pair.name,
        "apart_class": pair.classes[0],
        "apart_l2": SEPARABLE_L2,
        "steps": np.array(STEPS),
        "free_cross_entropy": np.array([end.cross_entropy for end in free]),
        "free_norms": np.array([np.linalg.norm(end.weights) for end in free]),
        "priced_cross_entropy": np.array([end.cross_entropy for end in priced]),
        "priced_norms": np.array([np.linalg.norm(end.weights) for end in priced]),
        "stretch": np.array(STRETCH),
        "stretched_cross_entropy": np.array([cross_entropy(log_softmax(c * unit), pair.y) for c in STRETCH]),
    }


def _asked(rows: Rows) -> dict[str, Any]:
    """The numbers of the exercises."""
    asked = np.array([3.0, 5.0, -2.0])
    once = rows.fit(_settings(L2))
    twice = replace(rows, X=np.vstack([rows.X, rows.X]), y=np.concatenate([rows.y, rows.y])).fit(_settings(L2))
    return {
        "asked": asked,
        "asked_norm": (asked**2).sum(),
        "asked_mean": asked.mean(),
        "asked_least": asked - asked.mean(),
        "asked_least_norm": ((asked - asked.mean()) ** 2).sum(),
        "twice_moves": np.abs(twice.weights - once.weights).max(),
    }

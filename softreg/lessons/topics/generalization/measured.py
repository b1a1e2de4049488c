"""What the lesson on generalization measures: the gap, intervals and how often they hold, reuse, columns of noise."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np

from softreg.errors import UsageError
from softreg.functional import log_softmax
from softreg.lessons.given import Given, Rows
from softreg.metrics import accuracy, cross_entropy, wilson_interval
from softreg.selection import choose_l2
from softreg.selection.grid import l2_grid
from softreg.settings import TrainingSettings
from softreg.training import Fit, Problem

__all__ = ["halves_for", "measured"]

SETTINGS = TrainingSettings(threads=1)
"""One thread: the tables are small."""
TRAINING_ROWS = 200
FEATURES = 10
LEVEL = 0.95
SIZES = (30, 100, 300, 1000)
DRAWS = 2000
DRAWN = 40
DRAWN_ROWS = 100
MODELS = (1, 10, 100, 1000)
REPEATS = 50
WORLD = 1000
GRID = 9
FOLDS = 3
ASKED_ACCURACY, ASKED_HALF = 0.9, 0.01


def halves_for(given: Given, generator: np.random.Generator) -> tuple[Rows, Rows]:
    """Return training and held-out rows: half of a small table, 200 of a large one; classes too rare are left out."""
    rows = given.rows_or("digits")
    share = min(0.5, TRAINING_ROWS / len(rows.y))
    often = sum(round(share * count) >= 2 for count in np.bincount(rows.y, minlength=rows.n_classes).tolist())
    if often < 2:
        raise UsageError(
            f"In {rows.name}, fewer than two classes have rows enough to learn from some and to hold others out.",
            "Take a table with four rows of each class at least, or leave --data out.",
        )
    train, held = rows.with_classes(often).halves(share, generator)
    # subtle: columns chosen with the held-out rows' classes in sight would have had a look at the answers
    narrow = train.with_features(FEATURES)
    places = [train.columns.index(name) for name in narrow.columns]
    return narrow, held.with_columns(*places)


def measured(train: Rows, held: Rows, generator: np.random.Generator) -> dict[str, Any]:
    """Return every number of the lesson."""
    model = train.fit(SETTINGS)
    right = _logits(model, held).argmax(axis=1) == held.y
    return (
        {"data": train.name, "n_features": train.X.shape[1], "n_classes": train.n_classes, "plain_l2": SETTINGS.l2}
        | _gap(model, train, held)
        | _intervals(right, generator)
        | _reuse(held, generator)
        | _noise(train, held, generator)
        | _asked()
    )


def _logits(model: Fit, rows: Rows) -> np.ndarray:
    return np.asarray(rows.X @ model.weights + model.intercept)


def _scores(model: Fit, rows: Rows) -> tuple[float, float]:
    """Accuracy and cross-entropy."""
    logits = _logits(model, rows)
    return accuracy(rows.y, logits.argmax(axis=1)), cross_entropy(log_softmax(logits), rows.y)


def _gap(model: Fit, train: Rows, held: Rows) -> dict[str, Any]:
    on_train, on_held = _scores(model, train), _scores(model, held)
    return {
        "n_train": len(train.y),
        "n_held": len(held.y),
        "train_accuracy": on_train[0],
        "train_cross_entropy": on_train[1],
        "held_accuracy": on_held[0],
        "held_cross_entropy": on_held[1],
        "gap": on_held[1] - on_train[1],
    }


def _intervals(right: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    """Test sets drawn from the held-out rows, as if these were all the rows that there are."""
    truth = float(right.mean())
    typical, holds = [], []
    for n in SIZES:
        ends = np.array([wilson_interval(k, n, LEVEL) for k in range(n + 1)])
        counts = right[generator.integers(len(right), size=(DRAWS, n))].sum(axis=1)
        low, high = ends[counts].T
        typical.append(ends[round(truth * n)])
        holds.append(float(((low <= truth) & (truth <= high)).mean()))
    counts = right[generator.integers(len(right), size=(DRAWN, DRAWN_ROWS))].sum(axis=1).tolist()
    return {
        "truth": truth,
        "level": LEVEL,
        "draws": DRAWS,
        "sizes": np.array(SIZES),
        "interval": np.array(typical),
        "width": np.ptp(np.array(typical), axis=1),
        "holds": np.array(holds),
        "drawn_sets": DRAWN,
        "drawn_rows": DRAWN_ROWS,
        "drawn": np.array([wilson_interval(k, DRAWN_ROWS, LEVEL) for k in counts]),
    }


def _reuse(held: Rows, generator: np.random.Generator) -> dict[str, Any]:
    """The best of many models with random weights on a test set, and the same model on fresh rows; means of repeats."""
    world = held.thinned(WORLD, generator)
    n_test = max(1, min(DRAWN_ROWS, len(world.y) // 2))
    weights = generator.standard_normal((MODELS[-1], world.n_classes, world.X.shape[1]))
    X = world.standardised
    right = np.stack([(X @ W.T).argmax(axis=1) == world.y for W in weights])
    total = right.sum(axis=1)
    found = np.zeros((REPEATS, len(MODELS), 2))
    for repeat in range(REPEATS):
        order, models = generator.permutation(len(world.y)), generator.permutation(MODELS[-1])
        tested = right[:, order[:n_test]].sum(axis=1)
        on_test, on_fresh = tested / n_test, (total - tested) / (len(world.y) - n_test)
        for place, tried in enumerate(MODELS):
            best = models[:tried][on_test[models[:tried]].argmax()]
            found[repeat, place] = on_test[best], on_fresh[best]
    mean = found.mean(axis=0)
    return {
        "n_test": n_test,
        "n_fresh": len(world.y) - n_test,
        "repeats": REPEATS,
        "tried": np.array(MODELS),
        "on_test": mean[:, 0],
        "on_fresh": mean[:, 1],
        "optimism": mean[:, 0] - mean[:, 1],
        "most_optimism": np.sqrt(np.log(MODELS) / (2 * n_test)),
    }


def _noise(train: Rows, held: Rows, generator: np.random.Generator) -> dict[str, Any]:
    """Columns of noise beside the real ones: what becomes of the scores, and what l2 does about it."""
    n = len(train.y)
    added = (0, n // 4, n, 3 * n)
    noise = [generator.standard_normal((len(rows.y), added[-1])) for rows in (train, held)]

    def wider(columns: int) -> tuple[Rows, Rows]:
        first, second = (
            replace(rows, X=np.hstack([rows.X, part[:, :columns]]))
            for rows, part in zip((train, held), noise, strict=True)
        )
        return first, second

    scores = []
    for columns in added:
        wide_train, wide_held = wider(columns)
        model = wide_train.fit(SETTINGS)
        scores.append([*_scores(model, wide_train), *_scores(model, wide_held)])
    by_columns = np.array(scores)
    return {
        "added": np.array(added),
        "columns": np.array(added) + train.X.shape[1],
        "noise_train_accuracy": by_columns[:, 0],
        "noise_train_cross_entropy": by_columns[:, 1],
        "noise_held_accuracy": by_columns[:, 2],
        "noise_held_cross_entropy": by_columns[:, 3],
    } | _priced(*wider(n))


def _priced(train: Rows, held: Rows) -> dict[str, Any]:
    """The path of l2 on as many columns of noise as rows, and the l2 that the training rows alone would choose."""

    def problem_of(rows: np.ndarray, others: np.ndarray) -> Problem:
        return Problem(
            train.X[rows], train.y[rows], train.classes, held_out={"val": (train.X[others], train.y[others])}
        )

    every = np.arange(len(train.y))
    grid = np.sort(l2_grid(Problem(train.X, train.y, train.classes), SETTINGS, GRID))
    path = choose_l2(problem_of, train.y, every, SETTINGS, folds=FOLDS, grid=grid.tolist())
    chosen = float(path.l2[path.best])
    fits = [train.fit(replace(SETTINGS, l2=l2)) for l2 in grid.tolist()]
    on_train, on_held = (np.array([_scores(model, rows) for model in fits]) for rows in (train, held))
    at = int(np.flatnonzero(grid == chosen)[0])
    return {
        "priced_columns": train.X.shape[1],
        "l2": grid,
        "path_train_cross_entropy": on_train[:, 1],
        "path_held_cross_entropy": on_held[:, 1],
        "chosen_l2": chosen,
        "chosen_train_accuracy": on_train[at, 0],
        "chosen_held_accuracy": on_held[at, 0],
        "chosen_held_cross_entropy": on_held[at, 1],
        "least_held_cross_entropy": on_held[:, 1].min(),
        "folds": path.cross_entropy.shape[0],
    }


def _asked() -> dict[str, Any]:
    """The numbers of the exercises."""
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    rows = (z / ASKED_HALF) ** 2 * ASKED_ACCURACY * (1 - ASKED_ACCURACY)
    low, high = wilson_interval(round(ASKED_ACCURACY * rows), round(rows), LEVEL)
    return {
        "quantile": z,
        "asked_accuracy": ASKED_ACCURACY,
        "asked_half": ASKED_HALF,
        "asked_rows": rows,
        "asked_wilson": math.floor(1000 * (high - low) / 2 + 0.5) / 1000,
    }

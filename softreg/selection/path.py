"""The path: every l2 judged on rows that its fits have not seen, and the rule that chooses one.

For each fold a model is fitted to the other folds' rows for every l2 of a falling grid, each from where the last one
ended, which costs little more than the last fit alone (Friedman, Hastie & Tibshirani 2010, doi:10.18637/jss.v033.i01,
section 2.5), and judged by its cross-entropy on the fold. Scaling, and whatever else is learned, is learned without the
fold. Chosen is the largest l2 whose mean cross-entropy is within one standard error of the least: the simplest of the
models that the folds cannot tell apart (Hastie, Tibshirani & Friedman, *The Elements of Statistical Learning* (2009),
section 7.10).

The fits need not be exact, and are in float32: each ends when two steps together gained less than :data:`GAIN`. On
seven tables (iris, wine, breast cancer, a third of digits, three synthetic ones) that moved no cross-entropy of a fold
by more than a fourteenth of its standard error, and no mean by more than a fiftieth. The model that is kept is fitted
afterwards, in full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from softreg.design import DesignMatrix, Scaling, is_sparse
from softreg.errors import UsageError
from softreg.objective import Objective
from softreg.selection.folds import fold_rows
from softreg.selection.grid import l2_grid
from softreg.settings import TrainingSettings, method_of
from softreg.training import Fit, Problem, Row, fit
from softreg.training.problem import scale_of, weighted_rows

__all__ = ["Path", "ProblemOf", "choose_l2", "one_standard_error"]

GAIN = 1e-6

ENOUGH = f"two steps together gained less than {GAIN:g}"

MOST_STEPS = 1000
"""Of one fit."""

FARTHEST = 1e30
"""Scaled features end here: further, float32 would soon be infinite."""

ProblemOf = Callable[[np.ndarray, np.ndarray], Problem]
"""From (training rows, held-out rows) to the problem: learned from the first alone, ``held_out["val"]`` the second."""


@dataclass(frozen=True)
class Path:
    """How well every l2 did on rows that its fits had not seen.

    Shapes: ``l2`` (m,) falling, ``cross_entropy`` and ``accuracy`` (folds, m), ``weight`` (folds,) the weight of each
    fold's rows, by which means and errors weigh the folds.

    >>> scores = np.array([[0.6, 0.5, 0.9], [0.8, 0.7, 0.9]])
    >>> path = Path(np.array([1.0, 0.1, 0.01]), scores, np.ones((2, 3)), weight=np.ones(2))
    >>> path.mean.round(2), path.standard_error.round(2), path.best, path.chosen
    (array([0.7, 0.6, 0.9]), array([0.1, 0.1, 0. ]), 1, 0)
    """

    l2: np.ndarray
    cross_entropy: np.ndarray
    accuracy: np.ndarray
    weight: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def mean(self) -> np.ndarray:
        """Mean cross-entropy over the folds (m,)."""
        return np.asarray(np.average(self.cross_entropy, axis=0, weights=self.weight))

    @property
    def standard_error(self) -> np.ndarray:
        """Standard error of the mean (m,): ``sqrt(mean of (cross-entropy - mean)^2 / (folds - 1))``."""
        squares = np.average((self.cross_entropy - self.mean) ** 2, axis=0, weights=self.weight)
        return np.asarray(np.sqrt(squares / (len(self.weight) - 1)))

    @property
    def mean_accuracy(self) -> np.ndarray:
        """Mean accuracy over the folds (m,)."""
        return np.asarray(np.average(self.accuracy, axis=0, weights=self.weight))

    @property
    def best(self) -> int:
        """Index of the least mean cross-entropy."""
        return int(np.argmin(self.mean))

    @property
    def chosen(self) -> int:
        """Index of the l2 that the one-standard-error rule chooses."""
        return one_standard_error(self.mean, self.standard_error)

    def to_json(self) -> dict[str, Any]:
        """Return it as ``metrics.json`` holds it under ``l2_path``."""
        return {
            "l2": self.l2.tolist(),
            "cross_entropy": self.cross_entropy.tolist(),
            "accuracy": self.accuracy.tolist(),
            "fold_weight": self.weight.tolist(),
            "mean": self.mean.tolist(),
            "standard_error": self.standard_error.tolist(),
            "mean_accuracy": self.mean_accuracy.tolist(),
            "best": self.best,
            "chosen": self.chosen,
            "notes": list(self.notes),
        }


def one_standard_error(mean: np.ndarray, standard_error: np.ndarray) -> int:
    """Return the first index, that of the largest l2, whose mean is within one standard error of the least mean.

    >>> one_standard_error(np.array([0.9, 0.55, 0.5, 0.7]), np.array([0.1, 0.1, 0.06, 0.1]))
    1
    """
    best = int(np.argmin(mean))
    return int(np.argmax(mean <= mean[best] + standard_error[best]))


def choose_l2(
    problem_of: ProblemOf,
    codes: np.ndarray,
    rows: np.ndarray,
    settings: TrainingSettings,
    *,
    folds: int = 5,
    groups: np.ndarray | None = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    grid: Sequence[float] | None = None,
    observe: Callable[[int, int], None] | None = None,
) -> Path:
    """Walk the path in every fold; ``path.l2[path.chosen]`` is the l2 to train with.

    ``codes``, ``rows`` and ``groups`` as in :mod:`softreg.selection`; rows of no weight must be left out. ``classes``
    are names for the messages. ``grid`` is :func:`l2_grid` of the first fold's problem unless it is given. l2 is a part
    of the objective and not of the method, so all fits are conjugate gradient descents to the end, whatever
    ``settings`` say of optimizer, epochs and early stopping. ``observe`` is told after each fit how many of how many
    are done. Raises :class:`DataError` where a class is too rare.
    """
    if grid is not None and not (len(grid) and min(grid) > 0):
        raise UsageError(f"A path of l2 goes over positive values; {list(grid)} was given.", "Give some, and no 0.")
    pairs, notes = fold_rows(codes, rows, folds, groups=groups, seed=seed, classes=classes)
    l2 = [] if grid is None else sorted(set(map(float, grid)), reverse=True)
    walks: list[_Walk] = []
    for train, held in pairs:
        problem = problem_of(train, held)
        l2 = l2 or l2_grid(problem, settings).tolist()
        ready = _scaled(problem, settings)
        del problem  # its rows are no longer needed
        walks.append(_walk(*ready, l2, _counting(observe, len(walks), len(pairs), len(l2))))
    path = Path(
        np.array(l2),
        np.array([walk.cross_entropy for walk in walks]),
        np.array([walk.accuracy for walk in walks]),
        np.array([walk.weight for walk in walks]),
    )
    return replace(path, notes=(*notes, *_notes(path, sum(walk.unfinished for walk in walks))))


def _counting(observe: Callable[[int, int], None] | None, fold: int, folds: int, fits: int) -> Callable[[int], None]:
    """Return what a walk tells of its fits, counted over all folds."""

    def tell(done: int) -> None:
        if observe:
            observe(fold * fits + done, folds * fits)

    return tell


@dataclass(frozen=True)
class _Walk:
    """One fold's scores along the path, the weight of its rows, and how many fits ended before they converged."""

    cross_entropy: list[float]
    accuracy: list[float]
    weight: float
    unfinished: int


def _walk(
    train: Problem, held: Problem, settings: TrainingSettings, grid: Sequence[float], tell: Callable[[int], None]
) -> _Walk:
    """Fit to one fold's training rows for every l2, and judge on its held-out rows."""
    scores, unfinished = [], 0
    before: Fit | None = None
    last: Fit | None = None
    for k, l2 in enumerate(grid, start=1):
        resume = None if last is None else _ahead(last, before, grid[:k])
        epochs = MOST_STEPS + (last.state.epoch if last else 0)
        result = fit(train, replace(settings, l2=l2, epochs=epochs), resume=resume, observe=_ending())
        unfinished += not (result.converged or result.stopped_because == ENOUGH)
        design = DesignMatrix(held.X, result.scaling, settings.fit_intercept)
        judge = Objective(design, held.targets, held.sample_weight, n_classes=len(held.classes))
        scores.append(judge.measure(result.state.theta))
        before, last = last, result
        tell(k)
    assert held.sample_weight is not None
    cross_entropy, accuracy = zip(*scores, strict=True)
    return _Walk(list(cross_entropy), list(accuracy), float(held.sample_weight.sum()), unfinished)


def _scaled(problem: Problem, settings: TrainingSettings) -> tuple[Problem, Problem, TrainingSettings]:
    """Training rows, held-out rows that weigh as training rows do, and the settings of the path's fits on them.

    Dense rows are scaled once and for all fits, in float32 unless another precision was asked for.
    """
    X, targets, weight = weighted_rows(problem, settings)
    held_X, held_targets = problem.held_out["val"]
    held = Problem(held_X, held_targets, problem.classes, problem.held_out_weight.get("val"), partial=True)
    held_X, held_targets, held_weight = weighted_rows(held, settings)
    kind = scale_of(settings, X, problem.pixels)
    if kind != "none" and not is_sparse(X):
        scaling = Scaling.of(X, kind, weight, pixels=problem.pixels, centre=settings.fit_intercept)
        dtype = np.dtype(np.float32 if settings.dtype == "auto" else settings.dtype)
        X, held_X, kind = _applied(scaling, X, dtype), _applied(scaling, held_X, dtype), "none"
    chosen = replace(
        settings,
        optimizer="cg",
        precondition=settings.precondition if method_of(settings) == "cg" else "auto",
        scale=kind,
        class_weight="none",  # it is in the weights
        tol=GAIN,
        time_limit=None,
        early_stopping=False,
    )
    train = Problem(X, targets, problem.classes, weight)
    return train, Problem(held_X, held_targets, problem.classes, held_weight), chosen


def _applied(scaling: Scaling, X: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """The scaled features, centred in X's own precision: in float32 a column far off zero would keep few digits."""
    scaled = np.empty(X.shape, dtype)
    for where, block in DesignMatrix(X, scaling).blocks():
        # subtle: a held-out value may be any number of deviations away; what is infinite in float32 has no logits
        scaled[where] = np.clip(block / scaling.scale, -FARTHEST, FARTHEST)
    return scaled


def _ahead(last: Fit, before: Fit | None, l2: Sequence[float]) -> Fit:
    """The last fit as the start of the next one, which is about as far from it as it is from the one before.

    The optimum is a smooth function of log l2: half of the steps are saved. The directions' memory is another l2's.
    """
    theta = last.state.theta
    if before is not None:
        ahead = np.log(l2[-1] / l2[-2]) / np.log(l2[-2] / l2[-3])
        theta = theta + min(ahead, 1.0) * (theta - before.state.theta)
    epoch = last.state.epoch
    return replace(last, state=replace(last.state, theta=theta, memory={}, logits=None, sharpened=(epoch, theta)))


def _ending() -> Callable[[Row], str | None]:
    """An observer that ends a fit when two steps together gained less than GAIN."""
    seen: list[float] = []

    def observe(row: Row) -> str | None:
        seen.append(row["objective"])
        return ENOUGH if len(seen) > 2 and seen[-3] - seen[-1] < GAIN else None

    return observe


def _notes(path: Path, unfinished: int) -> list[str]:
    notes = []
    if unfinished:
        notes.append(f"{unfinished} of {path.cross_entropy.size} fits of the l2 path ended before they converged.")
    best = path.l2[path.best]
    if len(path.l2) > 1 and path.best == 0:
        notes.append(
            f"the best l2, {best:g}, is the largest that was tried: the features may tell little of the classes."
        )
    elif len(path.l2) > 1 and path.best == len(path.l2) - 1:
        notes.append(f"the best l2, {best:g}, is the smallest that was tried: less penalty might do as well or better.")
    return notes

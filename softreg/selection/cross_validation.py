"""Cross-validation: every metric on each fold, of a model fitted to the others.

One test set gives one number, and its interval speaks of the luck of the test rows alone. The spread over the folds
holds the luck of the training rows too. It is the spread of a fold's metric, not the standard error of the mean: the
folds' models share most of their rows, so that no honest standard error can be told from one cross-validation (Bengio &
Grandvalet 2004, *Journal of Machine Learning Research* 5, 1089-1105).

Where l2 is chosen automatically, it is chosen anew for each fold from the other folds' rows alone: a choice that had
seen the fold would flatter it (Varma & Simon 2006, doi:10.1186/1471-2105-7-91).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from softreg.design import DesignMatrix
from softreg.functional import log_softmax
from softreg.metrics import class_mass, evaluate
from softreg.selection.folds import fold_rows
from softreg.selection.path import ProblemOf, choose_l2
from softreg.settings import TrainingSettings
from softreg.training import Fit, Problem, fit

__all__ = ["SCORES", "CrossValidation", "cross_validate"]

SCORES = ("accuracy", "cross_entropy", "brier", "ece")

STOPPING_FOLDS = 10
"""With early stopping, one of so many parts of a fold's training rows says when to stop."""


@dataclass(frozen=True)
class CrossValidation:
    """``scores``: the name of a metric to its value on each fold; ``l2`` and ``n_rows`` of each fold.

    A score is None where it is infinite.

    >>> found = CrossValidation({"accuracy": (0.5, 0.7), "cross_entropy": (0.6, None)}, (0.1, 0.1), (10, 10))
    >>> found.mean, round(found.spread["accuracy"], 4)
    ({'accuracy': 0.6, 'cross_entropy': None}, 0.1414)
    """

    scores: dict[str, tuple[float | None, ...]]
    l2: tuple[float, ...]
    n_rows: tuple[int, ...]
    notes: tuple[str, ...] = ()

    @property
    def mean(self) -> dict[str, float | None]:
        """Mean over the folds."""
        return {name: _of_all(values, np.mean) for name, values in self.scores.items()}

    @property
    def spread(self) -> dict[str, float | None]:
        """Standard deviation over the folds (with folds - 1)."""
        return {name: _of_all(values, lambda known: np.std(known, ddof=1)) for name, values in self.scores.items()}

    def to_json(self) -> dict[str, Any]:
        """Return it as ``metrics.json`` holds it under ``cross_validation``."""
        return {
            "folds": len(self.l2),
            "mean": self.mean,
            "spread": self.spread,
            "by_fold": {name: list(values) for name, values in self.scores.items()},
            "l2": list(self.l2),
            "n_rows": list(self.n_rows),
            "notes": list(self.notes),
        }


def cross_validate(
    problem_of: ProblemOf,
    codes: np.ndarray,
    rows: np.ndarray,
    settings: TrainingSettings,
    *,
    folds: int,
    inner: int | None = None,
    groups: np.ndarray | None = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    observe: Callable[[int, int], None] | None = None,
) -> CrossValidation:
    """Fit to all folds but one and score on that one, for each fold in turn.

    ``codes``, ``rows`` and ``groups`` as in :mod:`softreg.selection`; ``classes`` are names for the messages. The fits
    follow ``settings``. With ``inner`` folds, each fold's l2 is that of :func:`choose_l2` on its training rows. With
    early stopping, a tenth of the training rows says when to stop, never the fold itself. ``observe`` is told after
    each fold how many of how many are done. Raises :class:`DataError` where a class is too rare.
    """
    pairs, notes = fold_rows(codes, rows, folds, groups=groups, seed=seed, classes=classes)
    reports, values, unfinished = [], [], 0
    for k, (train, held) in enumerate(pairs, start=1):
        asked = settings
        if inner is not None:
            path = choose_l2(problem_of, codes, train, settings, folds=inner, groups=groups, seed=seed, classes=classes)
            asked = replace(settings, l2=float(path.l2[path.chosen]))
        fitted, stop = train, held[:0]
        if settings.early_stopping:
            (fitted, stop), *_ = fold_rows(codes, train, STOPPING_FOLDS, groups=groups, seed=seed, classes=classes)[0]
        problem = problem_of(fitted, held)
        watched = problem_of(fitted, stop) if settings.early_stopping else replace(problem, held_out={})
        result = fit(watched, asked)
        reports.append(_report(problem, result, asked))
        values.append(asked.l2)
        unfinished += not result.converged
        if observe:
            observe(k, len(pairs))
    if unfinished:
        notes = (*notes, f"{unfinished} of {len(pairs)} fits of the cross-validation ended before they converged.")
    scores = {name: tuple(report[name] for report in reports) for name in SCORES}
    return CrossValidation(scores, tuple(values), tuple(len(held) for _, held in pairs), notes)


def _report(problem: Problem, result: Fit, settings: TrainingSettings) -> dict[str, Any]:
    """Every metric of the fit on the fold."""
    X, targets = problem.held_out["val"]
    design = DesignMatrix(X, result.scaling, settings.fit_intercept, dtype=np.dtype(np.float64))
    log_proba = log_softmax(np.concatenate(design.forward(result.state.theta), axis=1).T)
    names = [str(name) for name in problem.classes]
    return evaluate(
        log_proba,
        _likeliest(targets),
        names,
        np.arange(len(names)),
        sample_weight=problem.held_out_weight.get("val"),
        train_weight=class_mass(problem.targets, len(names), problem.sample_weight),
        distribution=targets if targets.ndim == 2 else None,
    )


def _likeliest(targets: np.ndarray) -> np.ndarray:
    return np.asarray(targets.argmax(axis=1) if targets.ndim == 2 else targets)


def _of_all(values: tuple[float | None, ...], statistic: Callable[[list[float]], Any]) -> float | None:
    known = [value for value in values if value is not None]
    return float(statistic(known)) if len(known) == len(values) else None

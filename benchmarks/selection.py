"""Choosing the penalty: ``--l2 auto`` against ``LogisticRegressionCV``.

Both sides walk the same grid of twenty values with warm starts in the same five folds, judge every model by its
cross-entropy on the fold, and fit the best penalty to all rows. scikit-learn gets the scaled pixels, softreg scales by
itself. Two ratios, since a path is as quick as it is rough:

* *as it comes*: theirs at its default tolerance, which is right for large penalties; at the small ones it stops almost
  where it began, whole standard errors from where they lead. Ours must be no slower than that.
* *as exact*: theirs at the loosest tolerance, of powers of ten, at which every cross-entropy on a fold is within a
  fifth of its standard error of that of an exact fit. Ours keeps to this by itself, which is asserted. This is the
  ratio that speaks of the same work, and ours must be five times as fast.

Theirs may take as many iterations as its tolerance asks for.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegressionCV

from benchmarks.harness import Absent, Effort, Ratio, at_least, interleaved
from softreg.functional import cross_entropy
from softreg.objective import sklearn_c
from softreg.selection import Path, choose_l2, fold_rows, l2_grid
from softreg.settings import TrainingSettings
from softreg.training import Fit, Problem, fit

__all__ = ["against_logistic_regression_cv"]

FOLDS = 5

UNIT = TrainingSettings(scale="unit")

ROUGH = 0.2
"""Share of its standard error by which a cross-entropy on a fold may be off: it moves no choice."""

TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7)
"""Of lbfgs; the first is scikit-learn's default."""


@dataclass(frozen=True)
class Choice:
    """X (n_samples, n_features) from 0 to 1, y (n_samples,), and the number of penalties to try."""

    X: np.ndarray
    y: np.ndarray
    size: int
    settings: TrainingSettings = UNIT

    @property
    def classes(self) -> tuple[int, ...]:
        return tuple(range(int(self.y.max()) + 1))

    @cached_property
    def grid(self) -> np.ndarray:
        return l2_grid(self.problem_of(np.arange(len(self.y)), np.arange(0)), self.settings, self.size)

    @cached_property
    def pairs(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return fold_rows(self.y, np.arange(len(self.y)), FOLDS)[0]

    def problem_of(self, train: np.ndarray, held: np.ndarray) -> Problem:
        parts = {"val": (self.X[held], self.y[held])} if len(held) else {}
        return Problem(self.X[train], self.y[train], self.classes, held_out=parts, pixels=True)

    def ours(self) -> tuple[Path, Fit]:
        rows = np.arange(len(self.y))
        path = choose_l2(self.problem_of, self.y, rows, self.settings, folds=FOLDS, grid=self.grid.tolist())
        best = replace(self.settings, l2=float(path.l2[path.best]))
        return path, fit(self.problem_of(rows, rows[:0]), best)

    def theirs(self, tol: float) -> LogisticRegressionCV:
        rows = len(self.y) * (1 - 1 / FOLDS)
        model = LogisticRegressionCV(
            Cs=np.sort([sklearn_c(l2, len(self.classes), rows) for l2 in self.grid]),
            cv=self.pairs,
            scoring="neg_log_loss",
            solver="lbfgs",
            tol=tol,
            max_iter=100_000,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return model.fit(self.X, self.y)

    @cached_property
    def exact(self) -> Path:
        """The path of fits from zero to the optimum."""
        scores = np.array([[self._judged(*pair, float(l2)) for l2 in self.grid] for pair in self.pairs])
        return Path(self.grid, scores, scores, np.ones(FOLDS))

    def _judged(self, train: np.ndarray, held: np.ndarray, l2: float) -> float:
        exactly = replace(self.settings, l2=l2, tol=1e-12, epochs=3000)
        result = fit(self.problem_of(train, held[:0]), exactly)
        return float(cross_entropy(self.X[held] @ result.weights + result.intercept, self.y[held]).mean())

    def error(self, scores: np.ndarray) -> float:
        """How far cross-entropies (folds, m) are from the exact ones, in standard errors, at worst."""
        return float((np.abs(scores - self.exact.cross_entropy) / self.exact.standard_error).max())


def against_logistic_regression_cv(effort: Effort) -> Iterator[Ratio | Absent]:
    X, y = load_digits(return_X_y=True)
    choice = Choice(X / X.max(), y, 4 if effort.quick else 20)
    our_error = choice.error(choice.ours()[0].cross_entropy)
    assert our_error <= ROUGH, our_error
    what = f"--l2 auto on digits, {choice.size} values, {FOLDS} folds: time of LogisticRegressionCV / ours"
    for tol in TOLERANCES:
        their_error = choice.error(_scores(choice.theirs(tol)))
        exact = their_error <= ROUGH
        if exact or tol == TOLERANCES[0]:
            pairs = interleaved(choice.ours, partial(choice.theirs, tol), effort.times(5))
            names = f"{'as exact' if exact else 'as it comes'} (tol {tol:g}, off by {their_error:.2g} standard errors"
            bar = at_least(5 if exact else 1)
            yield Ratio(f"{what}, {names}; ours by {our_error:.2g})", tuple(t / o for o, t in pairs), bar)
        if exact:
            return
    yield Absent(f"{what}, as exact", "theirs does not get there")


def _scores(model: LogisticRegressionCV) -> np.ndarray:
    """Cross-entropies (folds, m), the largest penalty first; versions of scikit-learn keep them in two forms."""
    scores = next(iter(model.scores_.values())) if isinstance(model.scores_, dict) else model.scores_
    return -np.asarray(scores).reshape(FOLDS, -1)

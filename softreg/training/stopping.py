"""When training ends, and which state is kept: rules over rows, in words that a person understands."""

from __future__ import annotations

import math

from softreg.errors import plural
from softreg.settings import TrainingSettings, method_of, tol_of
from softreg.training.descent import Row, State

__all__ = ["Stopping"]


class Stopping:
    """Reads (row, state) after (row, state); :meth:`judge` tells when to stop, and the attributes tell why.

    In this order:

    * the objective is not finite;
    * with early stopping, the validation cross-entropy has found no new low for ``patience`` epochs;
    * conjugate gradient descent: the gradient puts J about ``tol`` from the least possible, or nearer,
      ``||grad||^2 / (2 convexity) <= tol``, or the last ten steps together gained less than ``tol``;
    * other methods on all rows: the gradient's Euclidean norm is at most ``tol``;
    * mini-batches: the running mean of the objective has not gained ``tol`` in ``patience`` epochs;
    * ``epochs`` or ``time_limit`` are over.

    ``convexity`` is about the least curvature of J: l2 for the weights, the rarest class's share for the intercept. It
    estimates when to stop; the certificate proves. ``kept`` is the state to keep: the best one with early stopping or
    where the objective stopped being finite (the lowest validation cross-entropy, else the lowest objective), the last
    one otherwise; ``best`` is the best so far.
    """

    def __init__(self, settings: TrainingSettings, convexity: float) -> None:
        self.settings = settings
        self.convexity = convexity
        self.converged = False
        self.diverged = False
        self.because = ""
        watched = "val_cross_entropy" if settings.early_stopping else "objective"
        self._best = _Low(watched, gain=0.0)
        self._running_mean = _Low("objective", gain=tol_of(settings))
        self._recent: list[float] = []

    def recall(self, history: list[Row], best: State, last: State) -> bool:
        """Take in the rows of an earlier part of this descent; return whether its last one was the end.

        Of the states the best and the last are known. The rules are functions of the rows alone, so nothing else of
        them needs to be kept.
        """
        return [self.judge(row, best if row["epoch"] == best.epoch else last) for row in history][-1]

    def judge(self, row: Row, state: State) -> bool:
        """Take in one row; return whether to stop."""
        settings, patience = self.settings, self.settings.patience
        self.kept_row, self.kept = row, state
        if self._best.value == math.inf:
            self._best_row, self.best = row, state  # whatever comes, there is a state to keep
        if not math.isfinite(row["objective"]):
            return self.stop("the objective is no longer finite", diverged=True)
        if self._best.found(row):
            self._best_row, self.best = row, state
        if settings.early_stopping and self._best.age >= patience:
            return self.stop(f"validation cross-entropy found no new low in {patience} epochs", converged=True)
        reason = self._converged(row, state)
        if reason:
            return self.stop(reason, converged=True)
        if settings.time_limit is not None and row["seconds"] >= settings.time_limit:
            return self.stop(f"{settings.time_limit:g} seconds are over")
        if state.epoch >= settings.epochs:
            return self.stop(f"{plural(settings.epochs, 'epoch')} {'is' if settings.epochs == 1 else 'are'} over")
        return False

    def _converged(self, row: Row, state: State) -> str | None:
        """Why this row is good enough, or None."""
        tol = tol_of(self.settings)
        if row["measured"] != "exact":
            if not self._running_mean.found(row) and self._running_mean.age >= self.settings.patience:
                return f"the objective gained less than {tol:g} in {self.settings.patience} epochs"
            return None
        if method_of(self.settings) != "cg":
            # row 0 of a mini-batch method is exact too: a start at the optimum is the end
            small = row["grad_norm"] <= tol
            return f"the gradient's norm {row['grad_norm']:.2g} is at most {tol:g}" if small else None
        self._recent = [*self._recent[-10:], row["objective"]]
        if row["grad_norm"] == 0 or (self.convexity and row["grad_norm"] ** 2 / (2 * self.convexity) <= tol):
            return f"the gradient puts J about {tol:g} from the least possible, or nearer"
        if len(self._recent) == 11 and self._recent[0] - self._recent[-1] < tol:
            return f"the last ten steps together gained less than {tol:g}"
        return None

    def stop(self, because: str, *, converged: bool = False, diverged: bool = False) -> bool:
        """Stop, for a rule's reason or one from outside."""
        self.because, self.converged, self.diverged = because, converged, diverged
        if diverged or self.settings.early_stopping:
            self.keep_best()
        return True

    def keep_best(self) -> None:
        """Keep the best state in place of the last."""
        self.kept_row, self.kept = self._best_row, self.best


class _Low:
    """The lowest value of one column so far, which only a gain of more than ``gain`` beats, and its age in epochs."""

    def __init__(self, column: str, gain: float) -> None:
        self.column = column
        self.gain = gain
        self.value = math.inf
        self.age = 0

    def found(self, row: Row) -> bool:
        """Take in one row; return whether it is a new low."""
        if row[self.column] < self.value - self.gain:
            self.value, self.age = row[self.column], 0
            return True
        self.age += 1
        return False

"""When training ends, and which state is kept: rules over rows, in words that a person understands."""

from __future__ import annotations

import math

from softreg.settings import TrainingSettings
from softreg.training.descent import Row, State

__all__ = ["Stopping"]


class Stopping:
    """Reads (row, state) after (row, state); :meth:`judge` tells when to stop, and the attributes tell why.

    In this order: the objective is not finite; with early stopping, the validation cross-entropy has found no new low
    for ``patience`` epochs; full batch, the gradient's Euclidean norm is at most ``tol``; mini-batch, the running mean
    of the objective has not gained ``tol`` in ``patience`` epochs; ``epochs`` are over.

    ``kept`` is the state to keep: the best one with early stopping or where the objective stopped being finite (the
    lowest validation cross-entropy, else the lowest objective), the last one otherwise.
    """

    def __init__(self, settings: TrainingSettings) -> None:
        self.settings = settings
        self.converged = False
        self.diverged = False
        self.because = ""
        watched = "val_cross_entropy" if settings.early_stopping else "objective"
        self._best = _Low(watched, gain=0.0)
        self._running_mean = _Low("objective", gain=settings.tol)

    def judge(self, row: Row, state: State) -> bool:
        """Take in one row; return whether to stop."""
        settings, patience = self.settings, self.settings.patience
        self.kept_row, self.kept = row, state
        if self._best.value == math.inf:
            self._best_row, self._best_state = row, state  # whatever comes, there is a state to keep
        if not math.isfinite(row["objective"]):
            return self.stop("the objective is no longer finite", diverged=True)
        if self._best.found(row):
            self._best_row, self._best_state = row, state
        if settings.early_stopping and self._best.age >= patience:
            return self.stop(f"validation cross-entropy found no new low in {patience} epochs", converged=True)
        if row["measured"] == "exact":
            # row 0 of a mini-batch method is exact too: a start at the optimum is the end
            if row["grad_norm"] <= settings.tol:
                return self.stop(
                    f"the gradient's norm {row['grad_norm']:.2g} is at most {settings.tol:g}", converged=True
                )
        elif not self._running_mean.found(row) and self._running_mean.age >= patience:
            return self.stop(f"the objective gained less than {settings.tol:g} in {patience} epochs", converged=True)
        if state.epoch >= settings.epochs:
            return self.stop(f"{settings.epochs} epochs are over")
        return False

    def stop(self, because: str, *, converged: bool = False, diverged: bool = False) -> bool:
        """Stop, for a rule's reason or one from outside."""
        self.because, self.converged, self.diverged = because, converged, diverged
        if diverged or self.settings.early_stopping:
            self.keep_best()
        return True

    def keep_best(self) -> None:
        """Keep the best state in place of the last."""
        self.kept_row, self.kept = self._best_row, self._best_state


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

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
        self._lowest = math.inf  # of the value watched
        self._reference = math.inf  # the low that a mini-batch method has to beat by tol
        self._reference_epoch = 0

    def judge(self, row: Row, state: State) -> bool:
        """Take in one row; return whether to stop."""
        early, tol, patience = self.settings.early_stopping, self.settings.tol, self.settings.patience
        self.kept_row, self.kept = row, state
        watched = row["val_cross_entropy"] if early else row["objective"]
        if not math.isfinite(row["objective"]) or not math.isfinite(watched):
            return self._stop("the objective is no longer finite", diverged=True)
        if watched < self._lowest:
            self._lowest, self.best_row, self.best = watched, row, state
        exact = row["measured"] == "exact"
        if not exact or early:
            gain_asked = 0.0 if early else tol
            if watched < self._reference - gain_asked or state.epoch == 1:
                self._reference, self._reference_epoch = watched, state.epoch
        stale = state.epoch - self._reference_epoch
        if early and stale >= patience:
            return self._stop(f"validation cross-entropy found no new low in {patience} epochs", converged=True)
        if exact and row["grad_norm"] is not None and row["grad_norm"] <= tol and not early:
            return self._stop(f"the gradient's norm {row['grad_norm']:.2g} is at most {tol:g}", converged=True)
        if not exact and not early and stale >= patience:
            return self._stop(f"the objective gained less than {tol:g} in {patience} epochs", converged=True)
        if state.epoch >= self.settings.epochs:
            return self._stop(f"{self.settings.epochs} epochs are over")
        return False

    def end_for(self, reason: str) -> None:
        """Stop for a reason from outside, with the last state."""
        self._stop(reason)

    def keep_best(self) -> None:
        """Keep the best state in place of the last."""
        self.kept_row, self.kept = self.best_row, self.best

    def _stop(self, because: str, *, converged: bool = False, diverged: bool = False) -> bool:
        self.because, self.converged, self.diverged = because, converged, diverged
        if diverged or self.settings.early_stopping:
            self.keep_best()
        return True

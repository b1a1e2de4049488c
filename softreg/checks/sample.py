"""Sample: a few of the user's own rows, on which the machinery is tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.checks.subject import Subject, likeliest
from softreg.design import DesignMatrix, Scaling
from softreg.objective import Objective
from softreg.training import Problem

__all__ = ["Sample", "sample_of"]

ROWS = 300
COLUMNS = 50
"""Enough to find a fault, and few enough for every step to be tried in float64 within a second or two."""

L2 = 0.01
"""Strong enough that a wrong penalty shows, and that the best weights are found to many digits."""


@dataclass(frozen=True)
class Sample:
    """Rows X (n_samples, n_features) in float64, dense, with targets, weights or None, and a seed for what is drawn."""

    X: np.ndarray
    targets: np.ndarray
    weight: np.ndarray | None
    n_classes: int
    seed: int

    @property
    def classes(self) -> tuple[str, ...]:
        """Names for the classes: their numbers."""
        return tuple(map(str, range(self.n_classes)))

    @property
    def problem(self) -> Problem:
        """The problem of fitting the sample."""
        return Problem(self.X, self.targets, self.classes, self.weight)

    @property
    def total_weight(self) -> float:
        """The weight of all rows."""
        return float(len(self.X) if self.weight is None else self.weight.sum())

    def rng(self) -> np.random.Generator:
        """Return a new generator of the seed."""
        return np.random.default_rng(self.seed)

    def objective(self, l2: float = L2) -> Objective:
        """Return J of the standardised rows."""
        design = DesignMatrix(self.X, Scaling.of(self.X, "standard", self.weight))
        return Objective(design, self.targets, self.weight, n_classes=self.n_classes, l2=l2)

    def theta(self, size: float = 0.5) -> np.ndarray:
        """Return weights and intercepts, drawn so that logits are about as large as ``size``."""
        shape = (self.X.shape[1] + 1, self.n_classes)
        return np.asarray(self.rng().standard_normal(shape) * size / np.sqrt(shape[0]))

    def logits(self, largest: float) -> np.ndarray:
        """Return logits (n_samples, n_classes) of the rows, the largest of which is ``largest``."""
        J = self.objective()
        logits = np.concatenate(J.design.forward(self.theta()), axis=1).T
        return np.asarray(logits * (largest / np.abs(logits).max()))


def sample_of(subject: Subject) -> Sample:
    """Draw training rows, two of each class at least where there are two, and columns that vary among them."""
    rng = np.random.default_rng(subject.settings.seed)
    targets, weight, X = subject.targets["train"], subject.weights["train"], subject.X["train"]
    order = rng.permutation(len(targets))
    codes = likeliest(targets)[order]
    # the place of a row among those of its class: the first two of each class come first
    among = np.empty(len(codes), dtype=np.int64)
    for k in np.unique(codes):
        among[codes == k] = np.arange((codes == k).sum())
    first = np.argsort(among >= 2, kind="stable")
    rows = np.sort(order[first[: max(ROWS, 2 * len(subject.classes))]])
    here = X[rows]
    if subject.sparse:
        busy = np.argsort(-(here != 0).sum(axis=0), kind="stable")[: 20 * COLUMNS]
        here = here[:, np.sort(busy)].toarray()
    here = here.astype(np.float64)
    columns = np.flatnonzero((here != here[0]).any(axis=0))
    columns = np.sort(rng.permutation(columns)[:COLUMNS]) if len(columns) else np.arange(1)
    targets, weight, n_classes = targets[rows], None if weight is None else weight[rows], len(subject.classes)
    if targets.ndim == 2:  # a class may have no share of these few rows
        targets = targets[:, targets.any(axis=0)]
        n_classes = targets.shape[1]
    return Sample(here[:, columns], targets, weight, n_classes, subject.settings.seed)

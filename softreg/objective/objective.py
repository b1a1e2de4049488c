"""The objective: what training makes small, and its gradient.

    J(W, b) = (1/S) sum_i s_i CE(logits_i, y_i) + (l2/2) ||W||^2,   logits = Z W + b,   S = sum_i s_i

**Conventions.** ``theta`` stacks W and b as in :mod:`softreg.design`; ``targets`` are class indices (n_samples,) or
rows Q (n_samples, n_classes); ``sample_weight`` s (n_samples,). The cross-entropy is a weighted *mean*, so neither
the learning rate nor l2 depends on the number of rows or on the unit of the weights. The intercept is not penalised.

The gradient follows the chain rule, one factor a module: the residual R = s (p - q) / S is
:mod:`softreg.functional`'s business, "times Z" is :mod:`softreg.design`'s, and here they meet:
``grad_W = Z^T R + l2 W``, ``grad_b = 1^T R``.

**A mini-batch** of b rows divides by (b/n) S, so that its expectation over batches is the full gradient, weights or
not, and the batch of all rows *is* the full gradient: one code path. (PyTorch's weighted mean divides by the batch's
own weight, which is biased when the weights differ.)

In scikit-learn's terms, C = 1/(S l2) for three classes and more, and C = 2/(S l2) for two, because softmax spreads
one weight vector over two penalised columns, W = (-w/2, w/2).

Source: Hastie, Tibshirani & Friedman, *The Elements of Statistical Learning* (2009), section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from softreg.design import DesignMatrix, Rows
from softreg.functional import cross_entropy_and_residual, expected, softmax

__all__ = ["Engine", "Evaluation", "Logits", "Objective", "sklearn_c"]

Logits = list[np.ndarray]
"""Logits of all rows, class-major (n_classes, rows of the part), one array for each part of the design matrix."""


@dataclass(frozen=True)
class Evaluation:
    """The objective at one theta: ``objective = cross_entropy + penalty``, and what came out of the same pass."""

    objective: float
    cross_entropy: float
    accuracy: float
    gradient: np.ndarray


class Terms:
    """Sums over some rows: weighted losses and hits, the number of rows, and where it is asked for Z^T R."""

    def __init__(self, total: np.ndarray) -> None:
        self.loss = 0.0
        self.correct = 0.0
        self.count = 0
        self.total = total


class Engine(Protocol):
    """What the descents ask of an objective, in memory or elsewhere."""

    @property
    def n_samples(self) -> int:
        """Number of rows."""

    def evaluate(self, theta: np.ndarray, rows: Rows | None = None) -> Evaluation:
        """Value and gradient over the given rows (None: all of them)."""

    def evaluate_logits(self, logits: Logits, theta: np.ndarray) -> Evaluation:
        """The same over all rows, from known logits."""

    def measure(self, theta: np.ndarray) -> tuple[float, float]:
        """Cross-entropy and accuracy over all rows, without the gradient's cost."""


class Objective:
    """J over a design matrix in memory, by blocks of rows.

    >>> from softreg.design import Scaling
    >>> X, y = np.array([[1.0], [2.0], [4.0]]), np.array([0, 0, 1])
    >>> J = Objective(DesignMatrix(X, Scaling.of(X, "none")), y, n_classes=2, l2=0.1)
    >>> start = J.evaluate(np.zeros(J.shape))
    >>> round(start.objective, 4)  # log 2
    0.6931
    >>> start.gradient.round(4)  # Z^T R, and 1^T R below
    array([[ 0.1667, -0.1667],
           [-0.1667,  0.1667]])
    """

    def __init__(
        self,
        design: DesignMatrix,
        targets: np.ndarray,
        sample_weight: np.ndarray | None = None,
        *,
        n_classes: int,
        l2: float = 0.0,
    ) -> None:
        self.design = design
        self.targets = targets if targets.ndim == 1 else targets.astype(design.dtype, copy=False)
        self.n_classes = n_classes
        self.l2 = l2
        weights = np.ones(self.n_samples) if sample_weight is None else sample_weight.astype(np.float64)
        self.total_weight = float(weights.sum())
        self.sample_weight = weights * (self.n_samples / self.total_weight)  # s n / S: mean 1
        self.weighted = bool((self.sample_weight != 1).any())

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return int(self.design.n_samples)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of theta: (n_features + 1, n_classes), or (n_features, n_classes) without an intercept."""
        return self.design.n_parameters, self.n_classes

    def evaluate(self, theta: np.ndarray, rows: Rows | None = None) -> Evaluation:
        """Return J, its parts and its gradient (float64, theta-shaped) over the given rows: one pass over X."""
        V, c = self.design.weights(theta)

        def visit(part: Rows) -> Terms:
            terms = Terms(self.design.zeros(self.n_classes))
            for where, block in self.design.operands(part):
                residual = self._take_in(terms, self.design.project(block, V, c), where)
                self.design.add_backward(terms.total, block, residual)
            return terms

        parts: list[Rows] = [*self.design.parts()] if rows is None else [rows]
        return self._evaluation(self.design.workers.map(visit, parts), theta)

    def evaluate_logits(self, logits: Logits, theta: np.ndarray) -> Evaluation:
        """Return the same over all rows, from logits that are known already: the backward product alone."""

        def visit(pair: tuple[slice, np.ndarray]) -> Terms:
            part, known = pair
            terms, last = Terms(self.design.zeros(self.n_classes)), 0
            for where, block in self.design.operands(part):
                first, last = last, last + block.shape[0]
                residual = self._take_in(terms, known[:, first:last], where)
                self.design.add_backward(terms.total, block, residual)
            return terms

        pairs = list(zip(self.design.parts(), logits, strict=True))
        return self._evaluation(self.design.workers.map(visit, pairs), theta)

    def value(self, logits: Logits, theta: np.ndarray) -> float:
        """Return J at theta, from logits that are known already; touches X not at all."""

        def visit(pair: tuple[slice, np.ndarray]) -> Terms:
            terms = Terms(self.design.zeros(0))
            self._take_in(terms, pair[1], pair[0])
            return terms

        terms = _added(self.design.workers.map(visit, list(zip(self.design.parts(), logits, strict=True))))
        return terms.loss / terms.count + self.penalty(theta)

    def measure(self, theta: np.ndarray) -> tuple[float, float]:
        """Return the cross-entropy and the accuracy over all rows."""
        V, c = self.design.weights(theta)

        def visit(part: slice) -> Terms:
            terms = Terms(self.design.zeros(0))
            for where, block in self.design.operands(part):
                self._take_in(terms, self.design.project(block, V, c), where)
            return terms

        terms = _added(self.design.workers.map(visit, self.design.parts()))
        return terms.loss / self.n_samples, terms.correct / self.n_samples

    def _take_in(self, terms: Terms, logits: np.ndarray, where: Rows) -> np.ndarray:
        """Add the loss and the hits of some rows to ``terms``; return their weighted residual, class-major."""
        targets = self.targets[where]
        losses, residual = cross_entropy_and_residual(logits, targets, axis=0)
        hits = _hits(logits, targets)
        if self.weighted:
            weight = self.sample_weight[where]
            losses, hits = losses * weight, hits * weight
            residual *= weight.astype(residual.dtype)
        terms.loss += float(losses.sum(dtype=np.float64))
        terms.correct += float(hits.sum(dtype=np.float64))
        terms.count += hits.size
        return residual

    def _evaluation(self, parts: list[Terms], theta: np.ndarray) -> Evaluation:
        terms = _added(parts)
        gradient = self.design.gradient(terms.total, terms.count)
        if self.l2:
            gradient[: self.design.n_features] += self.l2 * theta[: self.design.n_features]
        cross_entropy = terms.loss / terms.count
        return Evaluation(cross_entropy + self.penalty(theta), cross_entropy, terms.correct / terms.count, gradient)

    def proba(self, logits: Logits) -> np.ndarray:
        """Return the probabilities of all rows, class-major (n_classes, n_samples)."""
        return np.concatenate([softmax(part, axis=0) for part in logits], axis=1)

    def target_mass(self, rows: slice) -> np.ndarray:
        """Return each class's share of the weighted targets (n_classes,) in some rows: sum_i s_i q_i."""
        targets, weight = self.targets[rows], self.sample_weight[rows]
        return weight @ targets if targets.ndim == 2 else np.bincount(targets, weight, self.n_classes)

    def penalty(self, theta: np.ndarray) -> float:
        """Return ``(l2/2) ||W||^2``."""
        W = theta[: self.design.n_features]
        return 0.5 * self.l2 * float(np.vdot(W, W)) if self.l2 else 0.0


def sklearn_c(l2: float, n_classes: int, total_weight: float) -> float:
    """Return the C that gives scikit-learn's ``LogisticRegression`` the same optimum on the same X.

    >>> sklearn_c(0.001, n_classes=3, total_weight=125)
    8.0
    """
    return np.inf if l2 == 0 else (2 if n_classes == 2 else 1) / (total_weight * l2)


def _added(parts: list[Terms]) -> Terms:
    """Add terms in the order of the parts, into the first ones."""
    first, *others = parts
    for terms in others:
        first.loss += terms.loss
        first.correct += terms.correct
        first.count += terms.count
        first.total += terms.total
    return first


def _hits(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """For each column of class-major logits, the target's share of the predicted class: 0 or 1 for hard labels."""
    most = logits.max(axis=0)
    # subtle: NumPy's argmax is ten times as slow as its max; only ties, which go to the first class, need it
    if targets.ndim == 1 and np.count_nonzero(logits == most) <= most.size:
        return np.asarray(expected(logits, targets, axis=0) == most)
    predicted = logits.argmax(axis=0)
    return np.asarray(predicted == targets if targets.ndim == 1 else expected(targets, predicted))

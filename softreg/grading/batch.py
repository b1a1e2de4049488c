"""Batches: which rows an epoch gave, and with which labels. Rows are known by their features, all of them different."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.grading.calls import Answer
from softreg.grading.question import Question
from softreg.grading.reading import numeric

__all__ = ["Batches", "batches_of"]

NEAR = 1e-5
"""Features that went through float32 and back are off by 6e-8 of their size; two rows are never so near."""


@dataclass(frozen=True)
class Batches:
    """One epoch: ``rows`` (how many came,) are places in X, or -1 for a row that is none of them.

    ``seen`` (n_samples,) counts how often each row came; ``paired`` says for each row that came whether its label did
    too; ``labels`` are those that came, ``sizes`` the rows of each batch, ``truth`` the y that was given.
    """

    rows: np.ndarray
    seen: np.ndarray
    paired: np.ndarray
    labels: np.ndarray
    sizes: tuple[int, ...]
    truth: np.ndarray

    @property
    def in_order(self) -> bool:
        """Whether the rows came in the order in which they were given."""
        return bool((np.diff(self.rows) > 0).all())


def batches_of(question: Question, answer: Answer) -> Batches | None:
    """Return the epoch that an answer holds, or None where it is no list of pairs (rows of X, as many labels)."""
    X, truth = question.array("X").astype(np.float64), question.array("y")
    # a row may come twice, and every batch may hold one row; more is no epoch
    if not answer.values or len(answer.values) % 2 or len(answer.values) > 4 * len(X):
        return None
    arrays = [numeric(value) for value in answer.values]
    blocks, labels = arrays[::2], arrays[1::2]
    kept = []
    for block, label in zip(blocks, labels, strict=True):
        if block is None or label is None or block.ndim != 2 or block.shape[1] != X.shape[1]:
            return None
        if label.size != len(block):
            return None
        kept.append((block, label.ravel()))
    sizes = tuple(len(block) for block, _ in kept)
    if not 0 < sum(sizes) <= 2 * len(X):
        return None
    came, said = np.vstack([block for block, _ in kept]), np.concatenate([label for _, label in kept])
    rows = _places(came, X)
    seen = np.bincount(rows[rows >= 0], minlength=len(X))
    return Batches(rows, seen, (rows >= 0) & (truth[rows] == said), said, sizes, truth)


def _places(came: np.ndarray, X: np.ndarray) -> np.ndarray:
    """The row of X that each row is; -1 for none."""
    with np.errstate(all="ignore"):
        far = np.abs(came[:, None, :] - X[None]).max(axis=2)
    far = np.where(np.isfinite(far), far, np.inf)
    return np.where(far.min(axis=1) <= NEAR, far.argmin(axis=1), -1)

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
    kept = []
    for block, label in zip(answer.values[::2], answer.values[1::2], strict=True):
        # subtle: shapes are looked at before anything is copied
        if block.ndim != 2 or block.shape[1] != X.shape[1] or not label.size == len(block) <= len(X):
            return None
        rows, labels = numeric(block), numeric(label)
        if rows is None or labels is None:
            return None
        kept.append((rows, labels.ravel()))
    sizes = tuple(len(block) for block, _ in kept)
    if not 0 < sum(sizes) <= 2 * len(X):
        return None
    came, said = np.vstack([block for block, _ in kept]), np.concatenate([label for _, label in kept])
    places = _places(came, X)
    seen = np.bincount(places[places >= 0], minlength=len(X))
    return Batches(places, seen, (places >= 0) & (truth[places] == said), said, sizes, truth)


def _places(came: np.ndarray, X: np.ndarray) -> np.ndarray:
    """The row of X that each row is; -1 for none."""
    with np.errstate(all="ignore"):
        far = np.abs(came[:, None, :] - X[None]).max(axis=2)
    far = np.where(np.isfinite(far), far, np.inf)
    return np.where(far.min(axis=1) <= NEAR, far.argmin(axis=1), -1)

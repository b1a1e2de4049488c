"""Duplicates: rows that are held out, and stand in the training rows too."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from softreg.checks.finding import FAIL, PASS, SKIP, WARN, Finding
from softreg.checks.subject import Subject
from softreg.checks.thresholds import COPIES_FAIL, COPIES_WARN, FEWEST_COPIES

__all__ = ["duplicates", "fingerprints"]

NAME = "duplicates"
WHY = "A test row that was trained on tests what was memorised."

BLOCK_ROWS = 4096

CHANCE = 2.0
"""So many times as many equal rows as independent columns would give by chance are no chance."""


def duplicates(subject: Subject) -> Finding:
    """Count the held-out rows of which the training rows hold an exact copy, and those with another label there."""
    part = subject.held
    if part is None:
        return Finding(NAME, SKIP, "not applicable: no rows are held out", WHY, "Give --test-size above 0.")
    twin = _twins(subject, part)
    copies = np.flatnonzero(twin >= 0)
    other = int((subject.codes(part)[copies] != subject.codes("train")[twin[copies]]).sum()) if subject.hard else 0
    share = len(copies) / len(twin)
    found = f"{len(copies)} of {len(twin)} {part} rows stand in the training rows too" if len(copies) else "none"
    found += f", {other} of them with another label" if other else ""
    numbers: dict[str, Any] = {"copies": len(copies), "held_out": len(twin), "share": share, "other_label": other}
    if len(copies) < FEWEST_COPIES or share < COPIES_WARN:
        return Finding(NAME, PASS, found, WHY, numbers=numbers)
    chance = expected_copies(subject, part)
    numbers["by_chance"] = chance
    if chance is not None and len(copies) < CHANCE * chance:
        told = f"{found}: the columns have so few values that chance gives {chance:.0f}"
        return Finding(NAME, PASS, told, WHY, numbers=numbers)
    names, held = subject.dataset.rows, getattr(subject.split, part)
    pairs = [f"row {names[held[at]]} is row {names[subject.split.train[twin[at]]]}" for at in copies[:100].tolist()]
    advice = f"Remove repeated rows, or keep those that belong together on one side with --group-col: {pairs[0]}."
    verdict = FAIL if share >= COPIES_FAIL else WARN
    return Finding(NAME, verdict, found, WHY, advice, numbers, tuple((pair,) for pair in pairs))


def _twins(subject: Subject, part: str) -> np.ndarray:
    """For each row of a part the place of the first training row that equals it, or -1."""
    first: dict[bytes, int] = {}
    for place, mark in enumerate(fingerprints(subject.dataset.X, subject.split.train)):
        first.setdefault(mark, place)
    marks = fingerprints(subject.dataset.X, getattr(subject.split, part))
    return np.array([first.get(mark, -1) for mark in marks], dtype=np.int64)


def fingerprints(X: Any, rows: np.ndarray) -> list[bytes]:
    """Return a digest of each of some rows, equal where all values are; 0 and -0 are equal, and so are missing values.

    >>> X = np.array([[0.0, np.nan], [-0.0, np.nan], [1.0, 2.0]])
    >>> one, other, third = fingerprints(X, np.arange(3))
    >>> one == other, one == third
    (True, False)
    """
    marks: list[bytes] = []
    for first in range(0, len(rows), BLOCK_ROWS):
        block = X[rows[first : first + BLOCK_ROWS]]
        marks += [hashlib.blake2b(content, digest_size=16).digest() for content in _contents(block)]
    return marks


def _contents(block: Any) -> list[bytes]:
    if hasattr(block, "tocsr"):
        block = block.tocsr(copy=True)
        block.sum_duplicates()
        block.eliminate_zeros()
        edges = zip(block.indptr[:-1], block.indptr[1:], strict=True)
        return [block.indices[i:j].astype(np.int64).tobytes() + block.data[i:j].tobytes() for i, j in edges]
    block = np.ascontiguousarray(block + 0.0)  # -0.0 + 0.0 is 0.0
    block[np.isnan(block)] = np.nan
    return [row.tobytes() for row in block]


def expected_copies(subject: Subject, part: str) -> float | None:
    """Return how many held-out rows would have a copy by chance, were columns independent; None for sparse rows.

    Row i is met among n training rows with probability ``1 - exp(-n prod_j p_j(x_ij))``, where p_j are the shares of
    the values of column j.
    """
    train, held = subject.raw("train"), subject.raw(part)
    if not isinstance(train, np.ndarray):
        return None
    log_rate = np.full(len(held), np.log(len(train)))
    for known, values in zip(train.T, held.T, strict=True):
        distinct, counts = np.unique(known, return_counts=True)  # NaN is one value
        place = np.minimum(np.searchsorted(distinct, values), len(distinct) - 1)
        same = (distinct[place] == values) | (np.isnan(distinct[place]) & np.isnan(values))
        log_rate += np.where(same, np.log(counts[place] / len(train)), -np.inf)
    return float((1 - np.exp(-np.exp(log_rate))).sum())

"""Leaking: columns that know the answer, because they were written down after it, or from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.checks.finding import FAIL, PASS, SKIP, WARN, Finding
from softreg.checks.subject import Subject, sampled
from softreg.checks.thresholds import CLOSE_RIVAL, LONE_RULE
from softreg.data.leaks import FEWEST, NEARLY, leave_out, telling
from softreg.errors import listed

__all__ = ["Rule", "leaking", "rule_on"]

NAME = "leaks"
WHY = "A column known only after the answer is useless on new rows."

VALUES = 20
"""A rule on a number knows it in so many ranges."""

MOST_VALUES = 2 * 10**7
MOST_ROWS = 50_000
"""Beyond, the columns are looked at in rows drawn by the seed: as many as hold this many values."""


MOST_TOLD = 100
"""Columns that are listed, the best ones."""


@dataclass(frozen=True)
class Rule:
    """The best rule on one column: for each range of its values the commonest class there; its held-out accuracy."""

    column: str
    accuracy: float


def leaking(subject: Subject) -> Finding:
    """Look for columns that alone tell the class of nearly every row, and for one that does far better than others."""
    reason = _not_applicable(subject)
    if reason:
        return Finding(NAME, SKIP, f"not applicable: {reason}", WHY)
    train, held, guess = _evidence(subject)
    rules = sorted(_rules(subject, train, held), key=lambda rule: -rule.accuracy)
    best, second = rules[0], rules[1] if len(rules) > 1 else None
    found = f"{subject.held or 'train'} accuracy of one column alone: {best.column} {best.accuracy:.3f}"
    found += f", next {second.column} {second.accuracy:.3f}" if second else ""
    numbers: dict[str, Any] = {"guessing": guess, "rules": {rule.column: rule.accuracy for rule in rules[:MOST_TOLD]}}
    table = tuple((rule.column, f"{rule.accuracy:.3f}") for rule in rules[:MOST_TOLD])
    told = _telling(subject, train, rules, guess)
    if told:
        verdict = FAIL if second is None or _lone(best, second, guess) else WARN
        tells = "tells" if len(told) == 1 else "each tell"
        found = f"{listed(told, most=4)} alone {tells} the class of nearly every row"
        return Finding(NAME, verdict, found, WHY, leave_out(told), numbers | {"telling": told}, table)
    if second is not None and _lone(best, second, guess):
        return Finding(NAME, WARN, found, WHY, leave_out([best.column]), numbers, table)
    return Finding(NAME, PASS, found, WHY, numbers=numbers, table=table)


def rule_on(
    values: np.ndarray, codes: np.ndarray, held_values: np.ndarray, held_codes: np.ndarray, *, category: bool
) -> float:
    """Return the accuracy on held-out rows of the best rule on one column.

    ``values`` (n_samples,) are numbers, which are cut into twenty ranges that hold as many rows each, or codes of
    categories; NaN, a missing value, is a range of its own.

    >>> x, codes = np.arange(100.0), np.repeat([0, 1], 50)
    >>> rule_on(x, codes, x + 0.5, codes, category=False), rule_on(x % 2, codes, x % 2, codes, category=False)
    (1.0, 0.5)
    """
    there = values[~np.isnan(values)]
    cuts = there if category or not len(there) else np.quantile(there, np.linspace(0, 1, VALUES + 1)[1:-1])
    edges = np.unique(cuts)
    bins, n_classes = len(edges) + 2, int(max(codes.max(), held_codes.max())) + 1
    counts = np.zeros((bins, n_classes))
    np.add.at(counts, (_range_of(values, edges), codes), 1)
    guess = np.bincount(codes).argmax()
    says = np.where(counts.any(axis=1), counts.argmax(axis=1), guess)[_range_of(held_values, edges)]
    if category:  # of a level that the rule has not seen, its neighbours in the alphabet tell nothing
        says = np.where(np.isnan(held_values) | np.isin(held_values, edges), says, guess)
    return float((says == held_codes).mean())


def _range_of(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))


def _not_applicable(subject: Subject) -> str:
    if not subject.hard:
        return "the labels are distributions"
    if subject.dataset.pixels:
        return "a pixel is no column of a table"
    n_rows = subject.X["train"].shape[0]
    return f"{n_rows} training rows are too few to wonder at one column" if n_rows < FEWEST else ""


def _evidence(subject: Subject) -> tuple[tuple[Any, np.ndarray], tuple[Any, np.ndarray], float]:
    """Rows and classes that rules are made of, those that judge them, and how often guessing is right on these."""
    most, seed = min(MOST_ROWS, max(1000, MOST_VALUES // subject.dataset.n_features)), subject.settings.seed
    pairs = []
    for part in ("train", subject.held or "train"):
        rows = sampled(subject.X[part].shape[0], most, seed)
        pairs.append((subject.raw(part, rows), subject.codes(part)[rows]))
    train, held = pairs
    return train, held, float((held[1] == np.bincount(train[1]).argmax()).mean())


def _rules(subject: Subject, train: tuple[Any, np.ndarray], held: tuple[Any, np.ndarray]) -> list[Rule]:
    dataset = subject.dataset
    if dataset.sparse:
        return [Rule(name, right) for name, right in zip(dataset.columns, _presence(*train, *held), strict=True)]
    return [
        Rule(name, rule_on(train[0][:, j], train[1], held[0][:, j], held[1], category=name in dataset.levels))
        for j, name in enumerate(dataset.columns)
    ]


def _telling(subject: Subject, train: tuple[Any, np.ndarray], rules: list[Rule], guess: float) -> list[str]:
    """The columns that alone tell nearly every class; of sparse ones, by whether they hold anything."""
    if not subject.dataset.sparse:
        return telling(train[0], train[1], subject.dataset.columns, subject.dataset.levels)
    return [rule.column for rule in rules if rule.accuracy >= NEARLY and guess <= 2 * NEARLY - 1]


def _presence(X: Any, codes: np.ndarray, held_X: Any, held_codes: np.ndarray) -> list[float]:
    """The accuracies (n_columns,) of the rules that know of a sparse column only whether it holds anything."""
    n_classes = int(max(codes.max(), held_codes.max())) + 1

    def counts(X: Any, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many rows of each class there are, and where the column holds something (n_columns, n_classes)."""
        member = np.eye(n_classes)[codes]
        return member.sum(axis=0), (X != 0).astype(np.float64).T @ member

    every, present = counts(X, codes)
    held_every, held_present = counts(held_X, held_codes)
    column = np.arange(len(present))
    right = held_present[column, present.argmax(axis=1)]
    absent = (every - present).argmax(axis=1)
    right = right + held_every[absent] - held_present[column, absent]
    return (right / len(held_codes)).tolist()  # type: ignore[no-any-return]


def _lone(best: Rule, second: Rule, guess: float) -> bool:
    """Whether one column leaves hardly a mistake, and no other comes near."""
    mistakes, others = 1 - best.accuracy, 1 - second.accuracy
    return mistakes <= LONE_RULE * (1 - guess) and others > CLOSE_RIVAL * mistakes

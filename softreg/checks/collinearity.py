"""Collinearity: whether columns say the same, so that their weights cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.checks.finding import FAIL, PASS, SKIP, WARN, Finding, readable
from softreg.checks.subject import Subject, sampled
from softreg.checks.thresholds import INFLATION_WARN, SINGULAR
from softreg.errors import listed

__all__ = ["Correlation", "collinearity", "correlation"]

NAME = "collinearity"
WHY = "Columns that say the same share their weights by chance."

MOST_FEATURES = 1000
MOST_ROWS = 20_000
"""Beyond, the correlations are those of as many rows, drawn by the seed: right to less than one in a hundred."""


@dataclass(frozen=True)
class Correlation:
    """What the correlations of features (n_samples, d) say.

    ``inflation`` (d,) is 1 / (1 - R^2) of each on all others, infinite for one that is a combination of them;
    ``condition`` the square root of the largest over the smallest eigenvalue; ``copies`` pairs of places, of which one
    is the other in another unit.
    """

    inflation: np.ndarray
    condition: float
    copies: tuple[tuple[int, int], ...]


def correlation(Z: np.ndarray, weight: np.ndarray | None = None) -> Correlation:
    """Return what the correlation matrix R of the columns of Z says, none of which may be constant.

    The variance inflation of column j is the j-th diagonal element of R^-1 (Belsley, Kuh & Welsch, *Regression
    Diagnostics* (1980), sections 3.1 and 3.2, doi:10.1002/0471725153).

    >>> Z = np.array([[0.0, 0.0, 1.0], [1.0, 2.0, -1.0], [2.0, 4.0, -1.0], [3.0, 6.0, 1.0]])
    >>> told = correlation(Z)  # the second is twice the first, the third has nothing to do with them
    >>> told.copies, told.inflation.round(6).tolist()
    (((0, 1),), [inf, inf, 1.0])
    """
    share = np.full(len(Z), 1 / len(Z)) if weight is None else weight / weight.sum()
    Z = Z - share @ Z
    Z /= np.abs(Z).max(axis=0)  # whatever the unit, no square overflows
    Z /= np.sqrt(share @ Z**2)
    R = Z.T @ (Z * share[:, None])
    values, vectors = np.linalg.eigh(R)
    null = values <= SINGULAR * len(R)
    inflation = (vectors[:, ~null] ** 2) @ (1 / values[~null])
    inflation[(vectors[:, null] ** 2).sum(axis=1) > np.sqrt(SINGULAR)] = np.inf
    condition = np.inf if null.any() else float(np.sqrt(values[-1] / values[0]))
    pairs = np.argwhere(np.triu(np.abs(R) > 1 - SINGULAR, k=1))
    return Correlation(inflation, condition, tuple((int(i), int(j)) for i, j in pairs))


def collinearity(subject: Subject) -> Finding:
    """Look for columns that are copies or combinations of others, or nearly."""
    reason = _not_applicable(subject)
    if reason:
        return Finding(NAME, SKIP, f"not applicable: {reason}", WHY)
    places, X = subject.own_features, subject.X["train"]
    rows = sampled(len(X), MOST_ROWS, subject.settings.seed)
    Z, weight = X[np.ix_(rows, places)].astype(np.float64), subject.weights["train"]
    varying = np.ptp(Z, axis=0) > 0
    if varying.sum() < 2:
        return Finding(NAME, SKIP, f"not applicable: fewer than two columns vary in {len(rows)} drawn rows", WHY)
    told = correlation(Z[:, varying], None if weight is None else weight[rows])
    names = [subject.preparation.features[place] for place in places[varying]]
    top = int(np.argmax(told.inflation))
    numbers = {"condition": told.condition, "largest_inflation": float(told.inflation[top]), "column": names[top]}
    numbers["inflation"] = dict(zip(names, told.inflation.tolist(), strict=True))
    table = tuple((name, f"{value:.3g}") for name, value in zip(names, told.inflation, strict=True))
    singular = _singular(told, names)
    if singular:
        verdict = WARN if subject.settings.l2 else FAIL
        return Finding(NAME, verdict, singular[0], WHY, singular[1], numbers, table)
    found = f"largest inflation {readable(told.inflation[top])} ({names[top]}), condition {told.condition:.3g}"
    if told.inflation[top] < INFLATION_WARN:
        return Finding(NAME, PASS, found, WHY, numbers=numbers, table=table)
    which = [name for name, value in zip(names, told.inflation, strict=True) if value >= INFLATION_WARN]
    advice = f"Leave some of {listed(which, most=4)} out, or read their weights only together."
    return Finding(NAME, WARN, found, WHY, advice, numbers, table)


def _not_applicable(subject: Subject) -> str:
    if subject.dataset.pixels:
        return "neighbouring pixels are alike by nature"
    if subject.sparse:
        return "sparse columns, words for instance, come together by nature"
    count, n_rows = len(subject.own_features), len(subject.X["train"])
    if count < 2:
        return "fewer than two features that vary"
    if count > MOST_FEATURES:
        return f"{count} features, more than {MOST_FEATURES}"
    if n_rows <= count:
        return f"{n_rows} rows cannot tell {count} features apart (see rows)"
    return ""


def _singular(told: Correlation, names: list[str]) -> tuple[str, str] | None:
    """What to say, and to advise, of columns that are exact combinations of others; None where there are none."""
    if told.copies:
        pairs = [f"{names[j]} is {names[i]} in other words" for i, j in told.copies]
        which = list(dict.fromkeys(names[j] for _, j in told.copies))
        return listed(pairs, most=3), f"Leave out {listed(which, most=4)} with --exclude."
    which = [name for name, value in zip(names, told.inflation, strict=True) if not np.isfinite(value)]
    if not which:
        return None
    return f"exact combinations of one another: {listed(which, most=6)}", "Leave one of them out with --exclude."

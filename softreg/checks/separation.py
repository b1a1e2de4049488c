"""Separation: whether classes are told apart without a mistake, so that only the penalty ends the growth of weights.

A direction D (n_features + 1, n_classes) along which no row is ever told worse from a class that it is not of,

    s_il = (D_{y_i} - D_l)^T (x_i, 1) >= 0   for all rows i and classes l other than y_i,   and some s_il > 0,

lowers the cross-entropy for ever: without a penalty there are no best weights (Albert & Anderson 1984,
doi:10.1093/biomet/71.1.1). There is one exactly where the linear programme

    maximise sum s_il   over D and 0 <= s_il <= 1   subject to   s_il <= (D_{y_i} - D_l)^T (x_i, 1)

ends above 0, and at its end every s_il is 1 that can be above 0 at all (Konis 2007, *Linear programming algorithms for
detecting separated data in binary logistic regression models*, Oxford).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from softreg.checks.finding import FAIL, PASS, SKIP, WARN, Finding
from softreg.checks.separable import separated
from softreg.checks.subject import Subject
from softreg.errors import listed
from softreg.model import SoftmaxModel
from softreg.training import Problem, fit

__all__ = ["ordered_by", "separation", "settled"]

NAME = "separation"
WHY = "Without a mistake, only the penalty keeps weights finite."

MOST_ENTRIES = 300_000
"""Beyond so many entries of the programme's matrix, the descent answers."""

EXACT = "exact, by linear programming"

PATIENCE = 20.0
"""Seconds for the programme; then the descent answers."""

FARTHEST = 1e4
"""Bound on D in standardised units: a gap between classes of less than a ten-thousandth deviation is not seen."""

SETTLED = 1e-4

MOST_WORK = 10**8
EPOCHS = 200
"""Up to so many multiplications a step, the descent is tried without penalty too, for so many steps."""


@dataclass(frozen=True)
class Told:
    """What is told apart, in words (empty: nothing), and ``how`` it is known.

    ``whole``: all rows of a class are told from all of another one.
    """

    words: str
    whole: bool
    how: str
    numbers: dict[str, Any]


def separation(subject: Subject) -> Finding:
    """Look for classes that a linear model tells apart without a mistake, exactly where the data are small."""
    if not subject.hard:
        return Finding(NAME, SKIP, "not applicable: the labels are distributions, which keep weights finite", WHY)
    found = _comparisons(subject)
    told = _by_descent(subject) if found is None else _by_programming(subject, found)
    how, numbers = told.how, told.numbers | {"how": told.how}
    if not told.words:
        return Finding(NAME, PASS, f"no class is told apart without a mistake ({how})", WHY, numbers=numbers)
    if not subject.settings.l2:
        advice = "Give --l2 above 0: with 0 there are no best weights, and where training stops is chance."
        return Finding(NAME, FAIL, f"{told.words} ({how})", WHY, advice, numbers)
    if not told.whole:
        return Finding(NAME, PASS, f"{told.words} ({how}); --l2 above 0 keeps the weights finite", WHY, numbers=numbers)
    advice = "Keep --l2 above 0; it alone decides how sure the probabilities are, so let --l2 auto choose it."
    return Finding(NAME, WARN, f"{told.words} ({how})", WHY, advice, numbers)


def settled(Z: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray | None:
    """Return which comparisons (n_samples, n_classes) of a row's class with another one can be settled for ever.

    ``Z`` (n_samples, d) has a column of ones where there is an intercept. A row's own class counts as settled. None
    where the programme did not end in time.

    Class 2 lies apart from 0 and 1, which overlap:

    >>> Z = np.column_stack([[0.0, 2.0, 1.0, 3.0, 9.0], np.ones(5)])
    >>> settled(Z, np.array([0, 0, 1, 1, 2]), 3).astype(int).tolist()
    [[1, 0, 1], [1, 0, 1], [0, 1, 1], [0, 1, 1], [1, 1, 1]]
    """
    from scipy import sparse
    from scipy.optimize import linprog

    n_samples, d = Z.shape
    rows, others = np.nonzero(np.arange(n_classes) != codes[:, None])
    m = len(rows)

    def of_class(place: np.ndarray) -> Any:
        """One line for each comparison: Z of its row in the columns of one of its two classes."""
        columns = place[:, None] * d + np.arange(d)
        pointer = np.arange(0, m * d + 1, d)
        return sparse.csr_array((Z[rows].ravel(), columns.ravel(), pointer), shape=(m, n_classes * d))

    constraints = sparse.hstack([of_class(others) - of_class(codes[rows]), sparse.eye_array(m)], format="csr")
    cost = np.concatenate([np.zeros(n_classes * d), -np.ones(m)])
    # subtle: the same vector added to all classes changes nothing, so that the last class's may be 0
    bounds = [(-FARTHEST, FARTHEST)] * ((n_classes - 1) * d) + [(0, 0)] * d + [(0, 1)] * m
    end = linprog(cost, constraints, np.zeros(m), bounds=bounds, options={"time_limit": PATIENCE})
    if end.status != 0 or end.x is None:
        return None
    found = np.ones((n_samples, n_classes), dtype=bool)
    found[rows, others] = end.x[n_classes * d :] > SETTLED
    return found


def ordered_by(values: np.ndarray, codes: np.ndarray, n_classes: int) -> list[int]:
    """Return the classes that lie at one end of a column, with no row of the others among them; none where they mix.

    The two sides may touch in one value. All rows count that are given, whatever their number.

    >>> ordered_by(np.array([0.0, 2.0, 1.0, 3.0, 9.0]), np.array([0, 0, 1, 1, 2]), 3)
    [2]
    >>> ordered_by(np.array([1.0, 1.0, 1.0, 2.0]), np.array([0, 1, 2, 2]), 3)
    [2]
    """
    low, high = np.full(n_classes, np.inf), np.full(n_classes, -np.inf)
    np.minimum.at(low, codes, values)
    np.maximum.at(high, codes, values)
    order = np.argsort(low, kind="stable")
    below, above = np.maximum.accumulate(high[order])[:-1], low[order][1:]
    cuts = np.flatnonzero((below <= above) & np.isfinite(above) & (low.min() < high.max()))
    ends: list[np.ndarray] = []
    for cut in cuts:
        # where both sides touch, a side of which no row lies beyond that value is at no end
        ends += [order[: cut + 1]] if low.min() < above[cut] else []
        ends += [order[cut + 1 :]] if high[order[cut + 1 :]].max() > below[cut] else []
    return sorted(min(ends, key=len).tolist()) if ends else []


def _comparisons(subject: Subject) -> np.ndarray | None:
    """Which comparisons are settled; None where the programme would be too large, or was too slow."""
    X, K = subject.X["train"], len(subject.classes)
    places = np.flatnonzero(subject.deviation)
    if not len(places) or X.shape[0] * (K - 1) * 2 * (len(places) + 1) > MOST_ENTRIES:
        return None
    Z = X[:, places]
    Z = (Z.toarray() if subject.sparse else Z).astype(np.float64)
    if subject.settings.fit_intercept:
        Z = np.column_stack([(Z - Z.mean(axis=0)) / subject.deviation[places], np.ones(len(Z))])
    else:
        Z = Z / subject.deviation[places]
    return settled(Z, subject.codes("train"), K)


def _by_programming(subject: Subject, found: np.ndarray) -> Told:
    codes, classes = subject.codes("train"), subject.classes
    numbers = {"settled": int(found.sum()) - len(codes), "comparisons": len(codes) * (len(classes) - 1)}
    if not numbers["settled"]:
        return Told("", False, EXACT, numbers)
    # of each class, from which others all of its rows are told, and theirs from it
    one_way = np.array([found[codes == k].all(axis=0) for k in range(len(classes))])
    both = one_way & one_way.T
    apart = np.flatnonzero(both.all(axis=1))
    if len(apart):
        return Told(_apart(subject, apart.tolist()), True, EXACT, numbers)
    pairs = [f"{classes[k]} and {classes[j]}" for k, j in np.argwhere(np.triu(both, k=1)).tolist()]
    if pairs:
        return Told(f"told apart without a mistake: {listed(pairs, most=3)}", True, EXACT, numbers)
    share = numbers["settled"] / numbers["comparisons"]
    return Told(f"a plane that no row crosses settles {share:.1%} of the comparisons of classes", False, EXACT, numbers)


def _by_descent(subject: Subject) -> Told:
    """What models make no mistake on, the fitted one and one without penalty; else what a column alone tells."""
    codes, classes, intercept = subject.codes("train"), subject.classes, subject.settings.fit_intercept
    apart = separated(subject.log_proba["train"], codes, fit_intercept=intercept)
    if len(apart) < len(classes) and (freely := _unpenalised(subject)) is not None:
        apart = max(apart, separated(freely, codes, fit_intercept=intercept), key=len)
    if apart:
        numbers = {"classes": [classes[k] for k in apart]}
        return Told(_apart(subject, apart), True, "a descent found the planes", numbers)
    in_order = not subject.sparse and intercept
    for place in np.flatnonzero(subject.deviation) if in_order else ():
        ends = [classes[k] for k in ordered_by(subject.X["train"][:, place], codes, len(classes))]
        if ends:
            column = subject.preparation.features[place]
            words = f"{column} alone puts some rows of {listed(ends, most=3)} beyond all others"
            return Told(words, False, "exact, told by its values", {"classes": ends, "column": column})
    return Told("", False, "the descent's answer, no proof", {"classes": []})


def _unpenalised(subject: Subject) -> np.ndarray | None:
    """Logits (n_samples, n_classes) of the training rows after a descent without penalty; None where it costs much."""
    X, targets = subject.X["train"], subject.codes("train")
    if X.shape[0] * X.shape[1] * len(subject.classes) > MOST_WORK:
        return None
    settings = replace(subject.settings, l2=0.0, epochs=EPOCHS, time_limit=PATIENCE, early_stopping=False)
    found = fit(Problem(X, targets, subject.classes, subject.weights["train"]), settings)
    names = subject.preparation
    return SoftmaxModel(found.weights, found.intercept, subject.classes, names.features, preparation=names).logits(X)


def _apart(subject: Subject, apart: list[int]) -> str:
    names = [subject.classes[k] for k in apart]
    if len(names) == len(subject.classes):
        return "all classes are told apart without a mistake in training"
    verb = "is" if len(names) == 1 else "are each"
    return f"{listed(names, most=4)} {verb} told from all other classes without a mistake in training"

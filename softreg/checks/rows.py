"""Rows: whether there are enough of them for what is to be learned."""

from __future__ import annotations

from softreg.checks.finding import FAIL, PASS, WARN, Finding, readable
from softreg.checks.guessing import held_out
from softreg.checks.subject import Subject
from softreg.checks.thresholds import ROWS_A_PARAMETER
from softreg.metrics import effective_rows

__all__ = ["enough_rows"]

NAME = "rows"
WHY = "With few rows for its weights a model fits any labels."


def enough_rows(subject: Subject) -> Finding:
    """Compare the training rows, of unequal weights as many as tell as much, with the free parameters (d+1)(K-1)."""
    weight, X = subject.weights["train"], subject.X["train"]
    n_rows = float(X.shape[0]) if weight is None else effective_rows(weight)
    plane = max(1, subject.n_free + subject.settings.fit_intercept)
    parameters = plane * (len(subject.classes) - 1)
    ratio = n_rows / max(1, parameters)
    found = f"{n_rows:.6g} training rows for {parameters} free parameters: {readable(ratio)} rows each"
    numbers = {"rows": n_rows, "parameters": parameters, "rows_a_parameter": ratio}
    if n_rows > plane and ratio >= ROWS_A_PARAMETER:
        return Finding(NAME, PASS, found, WHY, numbers=numbers)
    advice = "Collect rows, leave columns out, or let --l2 auto choose a stronger penalty; trust held-out rows alone."
    if n_rows <= plane:
        found += "; any labels whatever can be fitted"
        held = held_out(subject)
        if held is None or not held.likely:
            return Finding(NAME, FAIL, found, WHY, advice, numbers)
    return Finding(NAME, WARN, found, WHY, advice, numbers)

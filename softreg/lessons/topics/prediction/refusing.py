"""No answer at all: a threshold, and what it is worth on real rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.functional import softmax
from softreg.lessons.given import rows_of
from softreg.lessons.lesson import Part, Sketch, Table, Text
from softreg.metrics import Coverage
from softreg.plots.text import chart

__all__ = ["THRESHOLDS", "held_out_digits", "refusal_numbers", "refusal_parts"]

REFUSAL = 0.2
"""Price of asking a person, where a mistake costs 1."""
THRESHOLDS = np.array([0.0, 0.5, 0.8, 0.9, 0.95, 0.99])
STRICT = 0.9


def held_out_digits(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels of the half of the digits that the model never saw."""
    rows, others = rows_of("digits").halves(0.5, np.random.default_rng(seed))
    model = rows.fit()
    return others.X @ model.weights + model.intercept, others.y


def refusal_numbers(p: np.ndarray, logits: np.ndarray, labels: np.ndarray, curve: Coverage) -> dict[str, Any]:
    """Compute how many rows are answered, and rightly, at each threshold; and what doubled logits change.

    ``p`` (n_classes,) are the learner's probabilities; ``logits`` and ``labels`` those of the rows of ``curve``.
    """
    last = [int((curve.threshold >= t).sum()) - 1 for t in THRESHOLDS]
    answered, right = curve.coverage[last], curve.accuracy[last]
    doubled = softmax(2 * logits)
    return {
        "refusal": REFUSAL,
        "threshold": 1 - REFUSAL,
        "doubt": 1 - p.max(),
        "n_held_out": len(labels),
        "t": THRESHOLDS,
        "answered": 100 * answered,
        "right": 100 * right,
        "row_cost": answered * (1 - right) + REFUSAL * (1 - answered),
        "at_price": int(np.flatnonzero(np.isclose(THRESHOLDS, 1 - REFUSAL))[0]),
        "strict": STRICT,
        "n_refused": int((softmax(logits).max(axis=1) < STRICT).sum()),
        "n_refused_doubled": int((doubled.max(axis=1) < STRICT).sum()),
        "n_same_class": int((doubled.argmax(axis=1) == logits.argmax(axis=1)).sum()),
    }


def refusal_parts(numbers: dict[str, Any], curve: Coverage) -> tuple[Part, ...]:
    """Tell it."""
    asked = numbers["doubt"] > numbers["refusal"]
    costs, place = numbers["row_cost"], numbers["at_price"]
    saved = (
        f"Refusing below {{threshold:.1f}} costs {{row_cost[{place}]:.4f}} a row, answering everything "
        "{row_cost[0]:.4f}: the refusals pay."
        if costs[place] < costs[0]
        else f"Refusing below {{threshold:.1f}} costs {{row_cost[{place}]:.4f}} a row, answering everything "
        "{row_cost[0]:.4f}: here they do not pay."
    )
    rows = tuple(
        (f"{{t[{k}]:.2f}}", f"{{answered[{k}]:.1f}}%", f"{{right[{k}]:.2f}}%", f"{{row_cost[{k}]:.4f}}")
        for k in range(len(THRESHOLDS))
    )
    points = [(100 * float(c), 100 * float(a)) for c, a in zip(curve.coverage, curve.accuracy, strict=True)]
    return (
        Text(
            "There is another answer: none. Where a mistake costs 1 and asking a person {refusal:.1f}, ask as soon as "
            "the best answer is expected to cost more, 1 - max p > {refusal:.1f}: below a threshold of {threshold:.1f} "
            "for max p. The scores above have 1 - max p = {doubt:.4g}: "
            + ("ask." if asked else "answer.")
            + " And on real rows, {n_held_out} handwritten digits that the model has never seen:"
        ),
        Table(("threshold", "answered", "of these right", "cost a row"), rows, left=0),
        Sketch(
            chart({"": [point for point in points if point[0] >= 60]}, height=8, across="% answered", up="% right"),
            "Each point is a threshold; to the right everything is answered.",
        ),
        Text(f"The share that is answered is called coverage. {saved}"),
    )

"""When argmax is not the decision: prices of mistakes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softreg.functional import softmax
from softreg.lessons.lesson import Formula, Part, Table, Text

__all__ = ["cost_numbers", "cost_parts", "expected_costs", "prices"]

DEAREST = 1e6
MOST_COLUMNS, MOST_CLASSES = 5, 20


def prices(n_classes: int, grave: int, price: float) -> np.ndarray:
    """Return C (n_classes, n_classes): what it costs to say class a (row) where k (column) is true.

    0 where a = k, ``price`` where the class ``grave`` is missed, 1 for any other mistake.
    """
    cost = np.ones((n_classes, n_classes))
    cost[:, grave] = price
    np.fill_diagonal(cost, 0.0)
    return cost


def expected_costs(cost: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """Return sum_k C_ak p_k for each answer a: what it costs on average.

    >>> expected_costs(prices(2, grave=1, price=10.0), np.array([0.8, 0.2]))
    array([2. , 0.8])
    """
    return np.asarray(cost @ proba)


def cost_numbers(scores: np.ndarray) -> dict[str, Any]:
    """Compute what each answer costs where the least likely class is the one that must not be missed."""
    p = softmax(scores)
    # subtle: where all are equally likely, the grave class is the last, so that it is not the one that is said
    grave, said = scores.size - 1 - int(np.argmin(scores[::-1])), int(np.argmax(scores))
    with np.errstate(over="ignore"):
        turn = float(np.exp(scores[said] - scores[grave]))
    price = 10.0 ** max(1, math.ceil(math.log10(min(turn, DEAREST))))
    expected = expected_costs(prices(scores.size, grave, price), p)
    return {
        "grave": grave + 1,
        "p_grave": p[grave],
        "price": price,
        "turn": turn,
        "cost": prices(scores.size, grave, price),
        "mistake": 1 - p,
        "expected": expected,
        "cheapest": int(expected.argmin()) + 1,
        "least": expected.min(),
        "cost_of_likeliest": expected[said],
    }


def cost_parts(numbers: dict[str, Any]) -> tuple[Part, ...]:
    """Tell it."""
    turned = numbers["cheapest"] != numbers["by_z"]
    decision = (
        "To say class {by_z}, the likeliest, costs {cost_of_likeliest:.4g} on average. To say class {cheapest}, which "
        "has a probability of only {p_grave:.4g}, costs {least:.4g}: argmax is not the decision."
        if turned
        else "The cheapest is still class {cheapest}, the likeliest, at {least:.4g} on average."
    )
    turn = (
        "The decision turns where missing class {grave} costs more than p_{by_z} / p_{grave} = "
        "exp(z_{by_z} - z_{grave}) = {turn:.4g}."
        if math.isfinite(numbers["turn"])
        else "It would turn where missing class {grave} costs more than exp(z_{by_z} - z_{grave}), a number too large "
        "for a computer."
    )
    return (
        Text(
            "Should one say the likeliest class? If every mistake costs 1, saying class a costs on average the "
            "probability of all others, 1 - p_a: yes. But let class {grave} be a poisonous mushroom: to miss it costs "
            "{price:.0f}, any other mistake 1. What an answer costs on average is"
        ),
        Formula("cost of a = C_a1 p_1 + ... + C_aK p_K    C_ak: price of a if k is true"),
        _price_table(len(numbers["p"])),
        Text(f"{decision} {turn}"),
    )


def _price_table(n_classes: int) -> Table:
    """The prices and the average of each answer; of many classes the averages alone."""
    if n_classes <= MOST_COLUMNS:
        classes = range(n_classes)
        head = ("say", *(f"if {{class[{k}]}}" for k in classes), "all cost 1", "poison")
        rows = (
            (f"{{class[{a}]}}", *(f"{{cost[{a}][{k}]:.0f}}" for k in classes), *_averages(a)) for a in range(n_classes)
        )
        return Table(head, (*rows, ("p", *(f"{{p[{k}]:.4f}}" for k in classes), "", "")))
    shown = range(min(n_classes, MOST_CLASSES))
    rest = (("...", "", "", ""),) * (n_classes > MOST_CLASSES)
    rows = ((f"{{class[{a}]}}", f"{{p[{a}]:.4f}}", *_averages(a)) for a in shown)
    return Table(("say", "p", "all cost 1", "poison"), (*rows, *rest))


def _averages(a: int) -> tuple[str, str]:
    return f"{{mistake[{a}]:.4f}}", f"{{expected[{a}]:.4g}}"

"""Labels that are distributions: cross-entropy is entropy plus what the wrong probabilities add."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.functional import cross_entropy
from softreg.lessons.lesson import Formula, Part, Sketch, Table, Text
from softreg.metrics import cross_entropy as metric_cross_entropy
from softreg.metrics import entropy
from softreg.plots.style import labels
from softreg.plots.text import chart

__all__ = ["divergence", "soft_numbers", "soft_parts", "two_class_cross_entropy"]

VOTES = 7, 3


def divergence(q: np.ndarray, p: np.ndarray) -> float:
    """Return KL(q || p) = sum_k q_k log(q_k / p_k) in nats, over the classes that q holds possible.

    >>> divergence(np.array([0.5, 0.5]), np.array([0.5, 0.5]))
    0.0
    """
    held = q > 0
    return float((q[held] * np.log(q[held] / p[held])).sum())


def two_class_cross_entropy(q: float, p: np.ndarray) -> np.ndarray:
    """Return -q log p - (1 - q) log(1 - p)."""
    return np.asarray(-q * np.log(p) - (1 - q) * np.log(1 - p))


def soft_numbers(proba: np.ndarray, classes: tuple[str, ...]) -> dict[str, Any]:
    """Compute the parts of the cross-entropy of a soft label, on the row of which the model is the least sure."""
    top = np.sort(proba, axis=1)
    p = proba[int(np.argmin(top[:, -1] - top[:, -2]))]
    first, second = (int(k) for k in np.argsort(-p, kind="stable")[:2])
    q = np.zeros(p.size)
    q[[first, second]] = np.array(VOTES) / sum(VOTES)
    even = np.full(p.size, 1 / p.size)
    sure = np.full(p.size, 0.01 / (p.size - 1))
    sure[first] = 0.99
    given = {"the model's": p, "even": even, "sure of the first": sure, "p = q": q}
    hard = np.repeat([first, second], VOTES)
    with np.errstate(divide="ignore"):
        logs = {name: np.log(each) for name, each in given.items()}
    first_name, second_name = labels((classes[first], classes[second]), 20)
    return {
        "voters": sum(VOTES),
        "votes_first": VOTES[0],
        "votes_second": VOTES[1],
        "first": first_name,
        "second": second_name,
        "q_first": q[first],
        "q_second": q[second],
        "given": list(given),
        "given_first": np.array([each[first] for each in given.values()]),
        "given_second": np.array([each[second] for each in given.values()]),
        "cross_entropies": np.array([metric_cross_entropy(log[None], q[None]) for log in logs.values()]),
        "entropy": entropy(q[None]),
        "divergences": np.array([divergence(q, each) for each in given.values()]),
        "one_by_one": cross_entropy(np.tile(logs["the model's"], (len(hard), 1)), hard).mean(),
        "at_once": cross_entropy(logs["the model's"][None], q[None])[0],
    }


def soft_parts(numbers: dict[str, Any]) -> tuple[Part, ...]:
    """Tell it."""
    table = tuple(
        (
            f"{{given[{k}]}}",
            f"{{given_first[{k}]:.4f}}",
            f"{{given_second[{k}]:.4f}}",
            f"{{cross_entropies[{k}]:.4f}}",
            "{entropy:.4f}",
            f"{{divergences[{k}]:.4f}}",
        )
        for k in range(len(numbers["given"]))
    )
    q = float(numbers["q_first"])
    p = np.linspace(0.03, 0.995, 64)
    curve = [(float(x), float(y)) for x, y in zip(p, two_class_cross_entropy(q, p), strict=True)]
    floor = [(x, float(numbers["entropy"])) for x, _ in curve]
    return (
        Text(
            "And where the truth itself is a distribution? {voters} people look at the row that the model is least "
            'sure of: {votes_first} say "{first}", {votes_second} say "{second}". That is a soft label q, with '
            "{q_first:.1f} and {q_second:.1f}. A model that gives p pays, on average over q,"
        ),
        Formula("cross-entropy = -E_q[log p] = -sum_k q_k log p_k    (sure label: -log p_y)"),
        Text(
            "For the model {at_once:.6f}. Pay for the {voters} votes one by one, and the mean is {one_by_one:.6f}: a "
            "soft label is many sure ones at once. It splits into what q makes inevitable, its entropy, and what a "
            "wrong p adds, called KL divergence:"
        ),
        Formula(
            "-sum q log p = -sum q log q  +  sum q log(q / p)\n"
            "cross-entropy =  entropy     +  KL(q || p)\n"
            "KL = -sum q log(p / q) >= sum q (1 - p / q) >= 0      as log t <= t - 1"
        ),
        Table(("p", "{first}", "{second}", "cross-entropy", "entropy", "KL"), table),
        Sketch(
            chart(
                {"entropy": floor, "cross-entropy": curve},
                height=9,
                across="p given to the first, of two classes",
                up="nats",
            ),
            "The cross-entropy touches its floor where p = q, at {q_first:.1f}, and nowhere else. A sure label has "
            "entropy 0.",
        ),
    )

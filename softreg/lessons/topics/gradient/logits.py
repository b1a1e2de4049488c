"""One row: the derivative of its cross-entropy by each logit, derived, and checked by finite differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.functional import cross_entropy, log_softmax, residual, softmax
from softreg.lessons.given import Given, Rows
from softreg.lessons.lesson import Formula, Part, Sketch, Table, Text
from softreg.plots.style import label, labels
from softreg.plots.text import bars
from softreg.training import Fit

__all__ = ["Row", "by_differences", "logit_numbers", "logit_parts", "one_row"]

STEP = 1e-5
NEAR = 1e-6


@dataclass(frozen=True)
class Row:
    """The logits of one row (n_classes,), the index of its true class, the names of the classes; whence it is."""

    logits: np.ndarray
    true: int
    names: list[str]
    told: str
    where: dict[str, Any]


def one_row(given: Given, rows: Rows, model: Fit) -> Row:
    """Return the learner's scores, with the first class as the true one; else the row that leaves most doubt."""
    if given.scores is not None:
        names = [f"class {k}" for k in range(1, given.scores.size + 1)]
        return Row(given.scores, 0, names, "Take your scores, and let the first class be the true one", {})
    logits = rows.X @ model.weights + model.intercept
    log_p = log_softmax(logits)
    place = int((np.exp(log_p) * log_p).sum(axis=1).argmin())  # the largest entropy
    where = {
        "data": rows.name,
        "row": place + 1,
        "true_class": label(rows.classes[rows.y[place]], 24),
    }
    told = "Take the row of {data} of which the trained model is least sure"
    told += ", row {row}, whose class is {true_class}" if given.rows is None else "; its class is {true_class}"
    return Row(logits[place], int(rows.y[place]), labels(rows.classes, 16), told, where)


def by_differences(value: Callable[[np.ndarray], Any], at: np.ndarray, step: float = STEP) -> np.ndarray:
    """Return the derivatives of ``value`` by each coordinate of ``at``: (f(z + h e_k) - f(z - h e_k)) / 2h.

    >>> by_differences(lambda z: z[0] * z[1], np.array([2.0, 3.0])).round(6)
    array([3., 2.])
    """
    units = step * np.eye(at.size)
    return np.stack([(value(at + unit) - value(at - unit)) / (2 * step) for unit in units])


def logit_numbers(row: Row) -> dict[str, Any]:
    """Compute the residual of the row, the finite differences, and what a step against it gains."""
    z, true = row.logits, np.array([row.true])

    def loss(logits: np.ndarray) -> float:
        return float(cross_entropy(logits[None], true)[0])

    slope = residual(z[None], true)[0]
    differences = by_differences(loss, z)
    return row.where | {
        "names": row.names,
        "true_name": row.names[row.true],
        "z": z,
        "p": softmax(z),
        "one_hot": np.eye(z.size)[row.true],
        "residual": slope,
        "differences": differences,
        "apart": np.abs(slope - differences),
        "furthest": np.abs(slope - differences).max(),
        "h": STEP,
        "sum": slope.sum(),
        "loss": loss(z),
        "loss_after": loss(z - slope),
        "p_true": softmax(z)[row.true],
        "p_true_after": softmax(z - slope)[row.true],
    }


def logit_parts(numbers: dict[str, Any], row: Row) -> tuple[Part, ...]:
    """Tell it."""
    table = tuple(
        (
            f"{{names[{k}]}}",
            f"{{z[{k}]:.4g}}",
            f"{{p[{k}]:.6f}}",
            f"{{one_hot[{k}]:.0f}}",
            f"{{residual[{k}]:+.6f}}",
            f"{{differences[{k}]:+.6f}}",
            f"{{apart[{k}]:.0e}}",
        )
        for k in range(len(row.names))
    )
    agree = (
        "The two agree to {furthest:.0e}."
        if numbers["furthest"] < NEAR
        else "They differ by up to {furthest:.0e}: with logits so large, a step of h is lost in rounding."
    )
    return (
        Text(
            "Let j be the true class, and 1_j the vector with 1 at j and 0 elsewhere. The derivatives of the "
            "cross-entropy L by the logits are together its gradient, the direction in which L rises fastest:"
        ),
        Formula(
            "L          = -log p_j = -log( exp(z_j) / sum_i exp(z_i) )\n"
            "           = -z_j + log sum_i exp(z_i)\n"
            "d/dz_k z_j = 1 if k = j, else 0\n"
            "d/dz_k log sum_i exp(z_i) = exp(z_k) / sum_i exp(z_i) = p_k\n"
            "dL/dz_k    = p_k - (1 if k = j, else 0)\n"
            "dL/dz      = p - 1_j                    for a soft label q:  p - q"
        ),
        Text(
            "What was said, less what was true: the residual. No step of the derivation has to be believed. "
            + row.told
            + ", and beside p - 1_j compute (L(z + h e_k) - L(z - h e_k)) / 2h with h = {h:.0e}:"
        ),
        Table(("class", "z", "p", "1_j", "p - 1_j", "differences", "apart"), table),
        Sketch(bars({name: float(r) for name, r in zip(row.names, numbers["residual"], strict=True)}, form="+.3f")),
        Text(
            agree + " Descent goes against the gradient: the logit of the true class rises, all others fall, each by "
            "as much as it was believed. One such step, z - (p - 1_j), takes L from {loss:.4f} to {loss_after:.4f}, "
            "and p of the true class from {p_true:.4g} to {p_true_after:.4g}."
        ),
    )

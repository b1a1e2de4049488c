"""What known labels cost: surprise, its sum over rows, and what weights of zero pay."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softreg.functional import cross_entropy
from softreg.lessons.given import Rows
from softreg.lessons.lesson import Formula, Part, Table, Text
from softreg.metrics import class_share_cross_entropy
from softreg.plots.style import label
from softreg.training import Fit

__all__ = ["surprise_numbers", "surprise_parts"]

SHOWN = 5


def surprise_numbers(train: Rows, new: Rows, model: Fit) -> dict[str, Any]:
    """Compute what the rows pay, one by one and together, and what simpler models pay."""
    paid = cross_entropy(new.X @ model.weights + model.intercept, new.y)
    order = np.argsort(paid, kind="stable")
    shown = order[np.unique(np.linspace(0, len(order) - 1, SHOWN).round().astype(int))]
    zero = cross_entropy(np.zeros((len(new.y), new.n_classes)), new.y)
    costs = np.array(
        [
            zero.mean(),
            class_share_cross_entropy(train.y, new.y, n_classes=new.n_classes),
            cross_entropy(train.X @ model.weights + model.intercept, train.y).mean(),
            paid.mean(),
        ]
    )
    return {
        "data": new.name,
        "n_train": len(train.y),
        "n_new": len(new.y),
        "n_classes": new.n_classes,
        "nat": math.log(2),
        "coin": 0.5,
        "shown_class": [label(new.classes[k], 20) for k in new.y[shown]],
        "shown_p": np.exp(-paid[shown]),
        "shown_nats": paid[shown],
        "shown_bits": paid[shown] / math.log(2),
        "sum": paid.sum(),
        "mean": paid.mean(),
        "product": np.prod(np.exp(-paid)),
        "likelihood": math.exp(-len(paid) * paid.mean()),
        "exponent": -paid.sum() / math.log(10),
        "log_K": math.log(new.n_classes),
        "even": 1 / new.n_classes,
        "at_start": model.history[0]["train_cross_entropy"],
        "cost": costs,
        "factor_of": np.exp(-costs),
    }


def surprise_parts(numbers: dict[str, Any]) -> tuple[Part, ...]:
    """Tell it."""
    rows = tuple(
        (f"{{shown_class[{k}]}}", *(f"{{shown_{name}[{k}]:{form}}}" for name, form in _FORMS.items()))
        for k in range(len(numbers["shown_class"]))
    )
    return (
        Text(
            "To see something that had probability p is a surprise of -log p: nothing where p = 1, more the less it "
            "was expected, without limit; and the surprises of independent events add up, as their probabilities "
            "multiply. It is measured in nats, or with the logarithm to base 2 in bits: a fair coin surprises by 1 "
            "bit, -log {coin:.1f} = {nat:.4f} nats. softreg train has seen {n_train} rows of {data}. On {n_new} new "
            "rows, from the least surprising to the most:"
        ),
        Table(("true class", "p given to it", "nats", "bits"), rows),
        Text("All new rows together have a probability, too, in the eyes of the model: the likelihood."),
        Formula(
            "likelihood = p_1[y_1] p_2[y_2] ... p_n[y_n]     y_i: the true class of row i\n"
            "-log likelihood = -sum_i log p_i[y_i]           the surprises, summed\n"
            "likelihood = exp(-n * mean surprise)"
        ),
        Text(_together(numbers)),
        Text(
            "That mean is called cross-entropy. The weights that make it least are those of the greatest likelihood; "
            "softreg train looks for them, but for a small price on large weights, of which a later lesson tells. "
            "Where does it start? With all weights 0 every logit is 0, each of the {n_classes} classes has p = 1/K = "
            "{even:.4f}, and every row pays log K = {log_K:.4f}, whatever its "
            "label; row 0 of the training's history says {at_start:.4f}."
        ),
        Table(
            ("probabilities", "cross-entropy", "factor a row"),
            tuple((name, f"{{cost[{k}]:.4f}}", f"{{factor_of[{k}]:.4g}}") for k, name in enumerate(_MODELS)),
        ),
        Text(_compared(numbers)),
    )


_FORMS = {"p": ".4g", "nats": ".4f", "bits": ".4f"}
_MODELS = (
    "all weights 0: log K",
    "the shares of the classes, whatever the row",
    "after training, on the training rows",
    "after training, on the new rows",
)


def _together(numbers: dict[str, Any]) -> str:
    opening = "Here the surprises sum to {sum:.4f}, with a mean of {mean:.6f}, "
    if numbers["product"] > 0:
        return opening + (
            "and exp(-{n_new} * {mean:.6f}) = {likelihood:.4g}. The product of the {n_new} probabilities is "
            "{product:.4g}: the same."
        )
    return opening + (
        "and the product of {n_new} probabilities is ten to the power of {exponent:.0f}: a computer makes it 0. "
        "Its logarithm is an ordinary number, a reason to add logarithms instead."
    )


def _compared(numbers: dict[str, Any]) -> str:
    zero, shares, _, new = numbers["cost"]
    if new < min(zero, shares):
        return "The features have told something: of the three, the trained model is surprised least by the new rows."
    return (
        "On new rows the trained model is more surprised than one that knows nothing of the features: it was sure, "
        "and wrong."
    )

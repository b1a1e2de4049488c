"""Mistakes of the cross-entropy, its reduction and its penalty; the gradient inherits some of them."""

from __future__ import annotations

from softreg.grading.mistakes.kind import Kind
from softreg.grading.spec import Spec

__all__ = ["GRADIENT_SUMMED", "LOSSES", "PENALTIES", "reductions"]

READ_LOSS = "See cross_entropy in softreg/functional.py."
READ_PENALTY = "See softreg/objective/objective.py."
SMALL = tuple(10.0**-digits for digits in range(5, 17))
"""What is added to keep a logarithm finite: from 1e-5 to 1e-16, as it is seen in use."""

GRADIENT_SUMMED = Kind(
    "gradient not divided by n",
    (),
    "The gradient is that of the sum over rows, while the loss is their mean.",
    "Give each row twice: what happens to your loss, and what to your gradient?",
    "grad_W = X^T (p - e_y) / n, where the loss is a mean over n rows. See softreg/objective/objective.py.",
)


def reductions(spec: Spec) -> tuple[Kind, ...]:
    """Return the reductions that this homework does not ask for, by the names "sum for mean" and so on."""
    wanted = "each row's loss" if spec.reduction == "none" else spec.reduction
    names = {"sum": "sum", "mean": "mean", "none": "each row's loss"}
    kinds = [
        Kind(
            f"{name} for {wanted}",
            ({"reduction": reduction},),
            f"What is returned is the {name} over rows, where {wanted} is asked for."
            if reduction != "none"
            else f"One loss for each row is returned, where their {wanted} is asked for.",
            "Give each row twice: should the result double, stay, or become longer?",
            f"The losses -log p_y of the rows, then sum(), mean() or neither: here {wanted}. {READ_LOSS}",
        )
        for reduction, name in names.items()
        if reduction != spec.reduction
    ]
    over_both = Kind(
        "mean over n K",
        ({"reduction": "n K"},),
        "The mean is taken over all n x K one-hot terms, not over n rows: the result is K times too small.",
        "At equal logits the cross-entropy is log K. What is yours?",
        f"(Y * log p).sum(axis=1).mean(): a sum over classes, then a mean over rows. {READ_LOSS}",
    )
    return (*kinds, over_both)


LOSSES = (
    Kind(
        "log of softmax underflowing",
        ({"log": "softmax"},),
        "The logarithm is taken of a probability that has underflowed to 0, and is infinite.",
        "What is log(softmax(z)) where one logit lies 1000 below another, and what should it be?",
        f"log p_j = z_j - max z - log sum_k exp(z_k - max z), without ever making p. {READ_LOSS}",
    ),
    Kind(
        "epsilon inside the logarithm",
        tuple({word: small} for small in SMALL for word in ("epsilon", "clip")),
        "A small number keeps the logarithm finite, and makes the loss of a sure and wrong model too small.",
        "What is the largest loss that your function can return?",
        f"log p_j = z_j - max z - log sum_k exp(z_k - max z) is finite by itself: nothing to add or clip. {READ_LOSS}",
    ),
    Kind(
        "log2",
        ({"base": 2.0},),
        "The logarithm is to base 2: the loss is in bits, log(2) of a nat each, and its gradient is not p - y.",
        "At equal logits the cross-entropy of K classes is log K. Which logarithm?",
        f"np.log is the natural logarithm, whose slope of -log p_y in the logits is p - e_y. {READ_LOSS}",
    ),
    Kind(
        "log10",
        ({"base": 10.0},),
        "The logarithm is to base 10, and not the natural one.",
        "At equal logits the cross-entropy of K classes is log K. Which logarithm?",
        f"np.log is the natural logarithm, whose slope of -log p_y in the logits is p - e_y. {READ_LOSS}",
    ),
    Kind(
        "the sign",
        ({"sign": -1}, {"sign": -1, "log": "softmax"}, {"uphill": True}),
        "The sign is wrong: what is returned falls where the model gets worse.",
        "Is a cross-entropy ever negative? And in which direction does a gradient point?",
        "loss = -log p_y, and its gradient in the logits is p - e_y, not e_y - p. See residual in "
        "softreg/functional.py.",
    ),
    Kind(
        "labels from 1",
        ({"labels": 1},),
        "Labels are taken, or given, as if the first class were 1; here it is 0.",
        "What is the smallest label in y, and which column of the probabilities belongs to it?",
        "y counts from 0, as columns do: p[np.arange(n), y], and argmax(axis=1) as it is. See expected in "
        "softreg/functional.py.",
    ),
    Kind(
        "(n,1) broadcast to n x n",
        ({"pairs": "label"}, {"pairs": "outer"}),
        "An array of shape (n, 1) met one of shape (n,), and NumPy made n x n of them: every row with every label.",
        "Print the shapes of all arrays just before the last line.",
        "p[np.arange(n), y] with y of shape (n,) is one number a row; with y of shape (n, 1) it is n x n. See expected "
        "in softreg/functional.py.",
    ),
    Kind(
        "logits taken as probabilities",
        ({"raw": True},),
        "The logarithm is taken of the logits themselves, which are no probabilities.",
        "Can a logit be negative, and what is its logarithm then?",
        f"-log p_y = log sum_k exp z_k - z_y. {READ_LOSS}",
    ),
)

PENALTIES = (
    Kind(
        "l2 without its factor",
        ({"penalty": 2.0},),
        "The penalty counts twice: l2 ||W||^2 stands where (l2/2) ||W||^2 was asked for, or its gradient is doubled.",
        "Is it the homework's penalty, with or without 1/2, and what is its derivative?",
        f"(l2/2) ||W||^2 has the gradient l2 W, and l2 ||W||^2 has 2 l2 W. {READ_PENALTY}",
    ),
    Kind(
        "l2 with a factor 1/2",
        ({"penalty": 0.5},),
        "The penalty counts half: a factor 1/2 too many, or the 2 of the derivative forgotten.",
        "Is it the homework's penalty, with or without 1/2, and what is its derivative?",
        f"(l2/2) ||W||^2 has the gradient l2 W, and l2 ||W||^2 has 2 l2 W. {READ_PENALTY}",
    ),
    Kind(
        "penalty forgotten",
        ({"penalty": 0.0},),
        "l2 changes nothing: the penalty is missing.",
        "What does your function do with its argument l2?",
        f"The objective is cross-entropy plus penalty, and so is its gradient: X^T R + l2 W. {READ_PENALTY}",
    ),
    Kind(
        "norm not squared",
        ({"norm": True},),
        "The penalty takes the norm ||W||, not its square.",
        "What is the penalty of 2 W, compared with that of W?",
        f"||W||^2 = (W ** 2).sum(), without a root. {READ_PENALTY}",
    ),
    Kind(
        "penalty divided by n",
        ({"per_row": True},),
        "The penalty is divided by the number of rows, as the sum of losses is.",
        "Which terms does the mean over rows reach?",
        f"mean of the losses + penalty: the penalty stands outside the mean. {READ_PENALTY}",
    ),
)


def bias_penalty(inside: bool) -> Kind:
    """Return the mistake about the bias in the penalty: counted where it stands apart, or not where it is in W."""
    if inside:
        return Kind(
            "bias left out of the penalty",
            ({"bias": True},),
            "The last row of W is left out of the penalty; this homework counts all of W.",
            "Which rows of W does the homework's ||W||^2 count?",
            f"||W||^2 = (W ** 2).sum(), all rows, and its gradient is a multiple of all of W. {READ_PENALTY}",
        )
    return Kind(
        "a penalised bias",
        ({"bias": True},),
        "The penalty counts the bias as well; it is of W alone.",
        "Which parameters does the homework's ||W||^2 count?",
        f"(l2/2) ||W||^2 does not hold b, and grad_b is 1^T R without l2 b. {READ_PENALTY}",
    )

"""Mistakes of the softmax itself, wherever it is used."""

from __future__ import annotations

from softreg.grading.mistakes.kind import Kind

__all__ = ["SOFTMAXES"]

LOGS: tuple[dict[str, str], ...] = ({}, {"log": "softmax"})
"""Whoever computes the probabilities in another way either takes their logarithm, or its formula with the same flaw."""

SOFTMAXES = (
    Kind(
        "no maximum subtracted",
        tuple({"shift": "none", **log} for log in LOGS),
        "The exponentials are taken of the logits as they are, and overflow or vanish where logits are large.",
        "What is exp(1000) in floating point, and what is infinity divided by infinity?",
        "exp(z_j - max z) / sum_k exp(z_k - max z), the maximum of each row: see softmax in softreg/functional.py.",
    ),
    Kind(
        "maximum over the whole array",
        tuple({"shift": "all", **log} for log in LOGS),
        "The maximum of the whole array is subtracted, not of each row: right, but a row far below it becomes 0/0.",
        "Which numbers must the maximum be the largest of, for the sum below the fraction to hold exp(0) = 1?",
        "z - z.max(axis=1, keepdims=True): each row has its own maximum; see softmax in softreg/functional.py.",
    ),
    Kind(
        "mean subtracted for the maximum",
        tuple({"shift": "mean", **log} for log in LOGS),
        "The mean of each row is subtracted and not its maximum: a logit far above the mean still overflows.",
        "After your shift, what is the largest number that exp is given?",
        "After z - max z no logit is above 0, and no exponential above 1; see softmax in softreg/functional.py.",
    ),
    Kind(
        "softmax over the wrong axis",
        tuple({"axis": 0, "shift": shift, **log} for shift in ("column", "row", "all", "none") for log in LOGS),
        "The exponentials are divided by their sum over the rows, not over the classes.",
        "Which of the two axes holds the classes of one sample?",
        "p_ij = exp(z_ij) / sum_k exp(z_ik), axis=1: each row sums to 1; see softmax in softreg/functional.py.",
    ),
    Kind(
        "sum over the whole array",
        tuple({"axis": None, "shift": shift, **log} for shift in ("all", "row", "none") for log in LOGS),
        "The exponentials are divided by the sum over the whole array, not of each row.",
        "What do the probabilities of one sample sum to?",
        "e / e.sum(axis=1, keepdims=True): each row has its own sum; see softmax in softreg/functional.py.",
    ),
    Kind(
        "the exponential forgotten",
        ({"plain": True},),
        "The logits are divided by their sum as they are: that is plain normalization, and gives negative numbers.",
        "Can a logit be negative, and can a probability?",
        "p_j = exp(z_j) / sum_k exp(z_k); see softmax, and plain_normalization beside it, in softreg/functional.py.",
    ),
    Kind(
        "softmax taken twice",
        ({"twice": True}, {"twice": True, "log": "softmax"}),
        "Softmax is taken of what is a probability already.",
        "Is what you put into softmax a logit, or has it been through softmax before?",
        "-log p_y = log sum_k exp z_k - z_y takes logits z; of probabilities it is -log p_y alone. See "
        "cross_entropy in softreg/functional.py.",
    ),
    Kind(
        "cut to whole numbers",
        ({"whole": True},),
        "The probabilities were written into an array of integers, which keeps 0 and 1 alone.",
        "What type has np.zeros_like of an array of integers?",
        "np.zeros(z.shape) is of floats, np.zeros_like(z) of z's own type; turn inputs into floats first. See "
        "softmax in softreg/functional.py.",
    ),
)

"""Lesson: what overflows, what vanishes, and how to compute softmax and its logarithm so that neither matters."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from softreg.functional import cross_entropy, log_softmax, residual, softmax
from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.stability import draw_stability
from softreg.plots.text import chart

__all__ = ["by_the_book", "teach"]

SCORES = np.array([1000.0, 1001.0, 890.0])
HIGH = 1000.0
"""Where the largest of tame scores is moved to; softmax does not see it."""
EPSILON = 1e-7
"""What some programs add to a probability before they take its logarithm."""
GAPS = np.arange(0, 151)
"""How far the true class's logit lies below the largest."""
TOLD = (10, 50, 100)

_TRAP = "the row [0, 1] becomes 0/0"


def teach(given: Given) -> Lesson:
    """Teach how softmax is computed with numbers of a computer."""
    numbers = _numbers(SCORES if given.scores is None else given.scores)
    return Lesson(
        numbers=numbers,
        body=(*_on_overflow(numbers), *_on_log_sum_exp(), *_on_logarithms(numbers)),
        notice=(
            "Subtract the largest logit of each row before any exponential: in algebra nothing changes, and nothing "
            "overflows.",
            "Never take the logarithm of a probability. The loss of a row is log-sum-exp(z) - z_y, from its logits.",
            "No epsilon is needed then. One inside the logarithm makes the loss finite by hiding the rows that are "
            "most wrong.",
        ),
        exercises=(
            Exercise(
                "Three logits are all 500. How much larger than 500 is their log-sum-exp?",
                numbers["quiz"],
                "Each e^(z - m) is 1, and log {quiz_classes} = {quiz:.4f}: equal logits reach the upper bound.",
            ),
            Exercise(
                "Someone subtracts the largest logit of the whole table in place of each row's own. The rows are "
                "[0, 1] and [1000, 1001]. What happens?",
                _TRAP,
                "e^([0] - [1001]) is {vanished:.0f} in float64, and so is the other exponential of that row: no "
                "share of their sum is defined. Subtracted by row, the probabilities are {trap:.3f}, twice.",
                choices=("both rows are right", _TRAP, "the row [1000, 1001] overflows"),
            ),
        ),
        code=("softreg.functional:log_softmax", "softreg.functional:cross_entropy_and_residual"),
        references=(
            "Blanchard, Higham & Higham (2021), doi:10.1093/imanum/draa038: the shifted formulas are as accurate as "
            "the plain ones.",
            "Goodfellow, Bengio & Courville, Deep Learning (2016), section 4.1.",
            "Zhang, Lipton, Li & Smola, Dive into Deep Learning, section 4.5.2.",
        ),
        draw=lambda: draw_stability(numbers),
        caption="Log-sum-exp less the largest logit, between its bounds; and three ways to compute one loss in "
        "float32, of which one ends and one goes flat.",
    )


def by_the_book(z: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return e^z, its shares of the sum, and what NumPy warned of.

    >>> powers, p, said = by_the_book(np.array([1000.0, 0.0]))
    >>> p, said
    (array([nan,  0.]), ['overflow encountered in exp', 'invalid value encountered in divide'])
    """
    with warnings.catch_warnings(record=True) as caught, np.errstate(over="warn", invalid="warn", under="ignore"):
        warnings.simplefilter("always")
        powers = np.exp(z)
        p = powers / powers.sum()
    return powers, p, [str(one.message) for one in caught]


def _numbers(scores: np.ndarray) -> dict[str, Any]:
    limit = math.log(np.finfo(np.float64).max)
    high = scores if scores.max() > limit else scores - scores.max() + HIGH
    powers, p, said = by_the_book(high)
    log_sum_exp = high - log_softmax(high)  # z - log p, which is the same number for every class
    return {
        "own": scores,
        "z": high,
        "class": np.arange(1, scores.size + 1),
        "high": HIGH,
        "powers": powers,
        "book_p": p,
        "said": ", ".join(said),
        "m": high.max(),
        "shifted_powers": np.exp(high - high.max()),
        "sum_shifted": np.exp(high - high.max()).sum(),
        "p": softmax(high),
        "log_sum_exp": log_sum_exp[np.argmax(high)],
        "upper": high.max() + math.log(scores.size),
        "n_classes": scores.size,
        "log_limit": limit,
        "log_limit_32": math.log(np.finfo(np.float32).max),
        "quiz": math.log(3),
        "quiz_classes": 3,
        "vanished": np.exp(0.0 - 1001.0),
        "trap": softmax(np.array([0.0, 1.0])),
        **_in_float32(high),
    }


def _in_float32(high: np.ndarray) -> dict[str, Any]:
    """The logarithms of the scores' probabilities, and one loss by how far its logit lies below the largest."""
    z = np.column_stack([np.zeros(GAPS.size), -GAPS]).astype(np.float32)
    true = np.ones(GAPS.size, dtype=np.intp)
    with np.errstate(divide="ignore"):  # log 0 is what this lesson is about
        log_p = np.log(softmax(high.astype(np.float32)))
        p = softmax(z)[:, 1]
        from_p = -np.log(p)
    first = int(np.argmax(np.isinf(from_p)))
    return {
        "n_lost": int(np.isinf(log_p).sum()),
        "lost_word": "is" if np.isinf(log_p).sum() == 1 else "are",
        "log_p_32": log_p,
        "log_softmax_32": log_softmax(high.astype(np.float32)),
        "gap": GAPS,
        "p_32": p,
        "from_p": from_p,
        "with_epsilon": -np.log(p + np.float32(EPSILON)),
        "from_logits": cross_entropy(z, true),
        "first_lost": first,
        "smallest_32": np.finfo(np.float32).smallest_subnormal,
        "log_smallest_32": math.log(float(np.finfo(np.float32).smallest_subnormal)),
        "epsilon": EPSILON,
        # by the chain rule: the derivative of -log(p + epsilon) is that of -log p, times p / (p + epsilon)
        "gradient": residual(z, true)[:, 1],
        "epsilon_gradient": residual(z, true)[:, 1] * p / (p + EPSILON),
    }


def _on_overflow(numbers: dict[str, Any]) -> tuple[Part, ...]:
    moved = "Softmax ignores a shift, so the scores [{own:.4g}] may be moved until the largest is {high:g}. "
    as_given = "Take the scores [{own:.6g}]. "
    rows = tuple(
        (
            f"{{class[{k}]}}",
            f"{{z[{k}]:.6g}}",
            f"{{powers[{k}]:.4g}}",
            f"{{book_p[{k}]:.4f}}" if np.isfinite(p) else "undefined",
            f"{{shifted_powers[{k}]:.4g}}",
            f"{{p[{k}]:.4f}}",
        )
        for k, p in enumerate(numbers["book_p"])
    )
    return (
        Text(
            (as_given if numbers["own"] is numbers["z"] else moved)
            + "By the formula of the book, p_j = e^(z_j) / (e^(z_1) + ... + e^(z_K)), and beside it the same after the "
            "largest score m was subtracted from all:"
        ),
        Table(("class", "z", "e^z", "p by the book", "e^(z - m)", "p"), rows),
        Text(
            "NumPy warns: {said}. The largest float64 is about e^{log_limit:.1f}, the largest float32 about "
            "e^{log_limit_32:.1f}; beyond that e^z is infinite, which is called overflow, and infinity divided by "
            "infinity is no number."
        ),
        Text(
            "With m = {m:.6g} subtracted the largest exponential is 1, so nothing can overflow. What vanishes at the "
            "other end is too small to be seen beside 1."
        ),
    )


def _on_log_sum_exp() -> tuple[Part, ...]:
    return (
        Text("The same for the logarithm. The loss needs log p, and there the sum appears as log-sum-exp:"),
        Formula(
            "log p_j        = z_j - log-sum-exp(z)\n"
            "log-sum-exp(z) = log(e^(z_1) + ... + e^(z_K))\n"
            "               = m + log(e^(z_1 - m) + ... + e^(z_K - m))"
        ),
        Text(
            "The last sum has K parts, none above 1 and one of them 1. So it lies between 1 and K, and log-sum-exp is "
            "the largest score, or little more:"
        ),
        Formula(
            "m            <= log-sum-exp(z) <= m + log K\n"
            "{m:<12.6g} <= {log_sum_exp:<14.8g} <= {upper:.8g}        (here)"
        ),
    )


def _on_logarithms(numbers: dict[str, Any]) -> tuple[Part, ...]:
    first = numbers["first_lost"]
    by_class = tuple(
        (f"{{class[{k}]}}", f"{{log_p_32[{k}]:.4f}}", f"{{log_softmax_32[{k}]:.4f}}")
        for k in range(numbers["n_classes"])
    )
    by_gap = tuple(
        (
            f"{{gap[{gap}]}}",
            f"{{p_32[{gap}]:.2g}}",
            f"{{from_p[{gap}]:.3f}}" if gap < first else "infinite",
            f"{{with_epsilon[{gap}]:.3f}}",
            f"{{from_logits[{gap}]:.3f}}",
        )
        for gap in (*TOLD, first - 1, first)
    )
    ways = {
        "-log p": "from_p",
        "from the logits": "from_logits",
        "-log(p + epsilon)": "with_epsilon",
    }
    curves = {name: list(zip(GAPS.tolist(), numbers[key].tolist(), strict=True)) for name, key in ways.items()}
    return (
        Text(
            "Why not compute p first and take its logarithm? Because a p may be too small to be held, and then its "
            "logarithm is lost. In float32, in which large models compute:"
        ),
        Table(("class", "log of softmax", "log-softmax"), by_class),
        Text(
            ("{n_lost} of them {lost_word} lost. " if numbers["n_lost"] else "None of these is lost. ")
            + "Where does it happen? Let the true class's logit lie below the largest by some gap, and take the "
            "row's loss in three ways: -log p, the same with {epsilon:g} added to p, as some programs do, and from "
            "the logits."
        ),
        Table(("gap", "p", "-log p", "-log(p + epsilon)", "from the logits"), by_gap, left=0),
        Sketch(chart(curves, height=9, across="gap", up="loss in float32")),
        Text(
            "The smallest positive float32 is {smallest_32:.2g}, whose logarithm is {log_smallest_32:.2f}. From the "
            f"gap {{first_lost}} on p is 0 and -log p infinite, and one such row makes the mean over all rows "
            "infinite. Epsilon keeps the loss finite and spoils the gradient: at that gap the derivative in the true "
            f"class's logit is {{epsilon_gradient[{first}]:.3g}} in place of {{gradient[{first}]:.3g}}. The rows that "
            "are most wrong would teach nothing."
        ),
    )

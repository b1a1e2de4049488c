"""The lesson on plain normalization, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.normalization import draw_normalization
from softreg.lessons.topics.normalization.claims import on_fair_rivals, on_own_scores, on_training, verdicts
from softreg.lessons.topics.normalization.numbers import SCORES, numbers_of
from softreg.lessons.topics.normalization.rules import RULES
from softreg.plots.text import chart

__all__ = ["teach"]

MOST_CLASSES, MOST_FEATURES, MOST_ROWS = 5, 6, 300
"""Of what the learner brings: the lesson trains some thousands of steps, in seconds."""
EDGE = 2.0
"""Beyond this a "probability" is drawn at the edge of the text picture."""


def teach(given: Given) -> Lesson:
    """Teach what the exponential is for: plain normalization and its fairer rivals, on scores and in training."""
    rows = given.rows_or("iris").with_classes(MOST_CLASSES).with_features(MOST_FEATURES)
    rows = rows.thinned(MOST_ROWS, given.generator())
    numbers = numbers_of(SCORES if given.scores is None else given.scores, rows, given)
    return Lesson(
        numbers=numbers,
        body=(*_on_scores(numbers), *_on_gradient(), *_on_training(numbers, rows.y), *_on_rivals(numbers)),
        notice=_notice(numbers),
        exercises=_exercises(numbers),
        code=(
            "softreg.functional:plain_normalization",
            "softreg.functional:plain_residual",
            "softreg.lessons.topics.normalization.rules:Rule.loss_and_residual",
            "softreg.lessons.topics.normalization.descents:descended",
        ),
        references=(
            "Boyd & Vandenberghe, Convex Optimization (2004), section 3.1.5: the logarithm of a sum of exponentials is "
            "convex.",
            "Bridle (1990), doi:10.1007/978-3-642-76153-9_28: softmax, by the one who named it.",
            "de Brebisson & Vincent (2016), arXiv:1511.05042: squares and other rivals, better than softmax on some "
            "tasks and worse on others.",
        ),
        draw=lambda: draw_normalization(numbers, rows.y, {rule.name: (rule.g, rule.slope) for rule in RULES}),
        caption="The losses of both, step by step; what they give the true class of every row; the size of the "
        "gradient near a score of 0; and where the rivals end, a point for every start.",
        notes=rows.notes,
    )


def _on_scores(numbers: dict[str, Any]) -> tuple[Part, ...]:
    told = {"pair": "[1, 2]", "stretched": "[10, 20]", "shifted": "[11, 12]", "negative": "[-1, -2, -3]"}
    return (
        Text(
            "Plain normalization leaves the exponential out: p_j = z_j / (z_1 + ... + z_K). This sums to 1 as well. "
            "Both of them, on a few scores:"
        ),
        Table(
            ("scores", "plain normalization", "softmax"),
            (
                *((scores, f"{{plain_{name}:.3f}}", f"{{softmax_{name}:.3f}}") for name, scores in told.items()),
                ("[0, 0, 0]", "0/0", "{softmax_zero:.3f}"),
            ),
        ),
        Text(
            "Plain normalization ignores the scale of the scores: [1, 2] and [10, 20] are the same to it. Softmax "
            "ignores a shift: [1, 2] and [11, 12] are the same to it. Of negative scores plain normalization reverses "
            "the order, and of scores that sum to 0 it makes nothing at all."
        ),
        Text(on_own_scores(numbers)),
        Text(
            "Could the scores be kept above 0? A linear score x w + b takes every real value as x moves, unless w = 0. "
            "So for some x it is negative, whatever the training does."
        ),
    )


def _on_gradient() -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{near_zero[{k}]:g}}",
            f"{{plain_p[{k}]:.3f}}",
            f"{{plain_gradient[{k}]:.2f}}",
            f"{{softmax_gradient[{k}]:.2f}}",
        )
        for k in range(4)
    )
    return (
        Text("Its gradient, for a row of class y, with 1_j = 1 for j = y and 0 for the others:"),
        Formula(
            "loss        = log(z_1 + ... + z_K) - log z_y\n"
            "d loss/dz_j = 1/(z_1 + ... + z_K) - 1_j/z_j\n"
            "            = (p_j - 1_j) / z_j        since 1/(z_1 + ... + z_K) = p_j/z_j"
        ),
        Text(
            "This is the residual that softmax has, divided by the score. Let the other class have the score [1], and "
            "the true class z:"
        ),
        Table(("z", "plain p", "plain gradient", "softmax gradient"), rows, left=0),
        Text(
            "As the score of the true class comes near 0 the gradient explodes, and a step along it lands anywhere. "
            "No part of the residual alone is ever larger than 1."
        ),
    )


def _on_training(numbers: dict[str, Any], y: np.ndarray) -> tuple[Part, ...]:
    return (
        Text(
            "Now train the same linear classifier both ways, on {data} ({n_rows} rows, every column at mean 0 and "
            "standard deviation 1), with the same step size. At W = 0, b = 0 every score is 0, and plain normalization "
            "cannot even begin; so both start at W = 0, b = 1, where every p is 1/K and the loss is "
            "log {n_classes} = {log_k:.3f}."
        ),
        Table(
            ("step", "softmax loss", "plain loss", "least p", "greatest p", "rows without loss"),
            tuple(_step(numbers, place, step) for place, step in enumerate(numbers["told"])),
            left=0,
        ),
        Text(on_training(numbers)),
        _sketch(numbers, y),
    )


def _step(numbers: dict[str, Any], place: int, step: int) -> tuple[str, ...]:
    """A line of the table; what is not a number is called undefined."""
    cells = {name: f"{{{name}[{step}]:.3g}}" for name in ("plain_low", "plain_high")}
    cells["plain_loss"] = f"{{plain_loss[{step}]:.3f}}"
    plain, low, high = (
        cells[name] if np.isfinite(numbers[name][step]) else "undefined"
        for name in ("plain_loss", "plain_low", "plain_high")
    )
    return f"{{told[{place}]}}", f"{{softmax_loss[{step}]:.3f}}", plain, low, high, f"{{lost[{step}]}}"


def _sketch(numbers: dict[str, Any], y: np.ndarray) -> Sketch:
    """The p of the true class by row, the rows in the order of their classes."""
    order = np.argsort(y, kind="stable")
    drawn = {name: np.clip(numbers[f"{name}_true"][order], 1 - EDGE, EDGE) for name in ("plain", "softmax")}
    curves = {name: list(enumerate(values.tolist(), start=1)) for name, values in drawn.items()}
    curves["the bounds, 0 and 1"] = [(row, bound) for row in range(1, len(y) + 1) for bound in (0.0, 1.0)]
    beyond = " What lies beyond is drawn at the edge." if abs(numbers["plain_true"] - 0.5).max() > EDGE - 0.5 else ""
    return Sketch(
        chart(curves, height=7, across="row, in the order of the classes", up="p of the true class"),
        "After step {seen}." + beyond,
    )


def _on_rivals(numbers: dict[str, Any]) -> tuple[Part, ...]:
    rows = tuple(
        (f"{{rules[{k}]}}", f"{{lowest[{k}]:.4f}}", f"{{highest[{k}]:.4f}}", f"{{apart[{k}]:.3f}}", f"{{bent[{k}]}}")
        for k in range(len(RULES))
    )
    return (
        Text(
            "A fair rival makes every score positive first, p_j = g(z_j) / (g(z_1) + ... + g(z_K)). The chain rule "
            "gives its gradient:"
        ),
        Formula(
            "d loss/dz_j = (p_j - 1_j) g'(z_j)/g(z_j)\n\n"
            + "\n".join(f"{rule.name:<14}  g = {rule.told:<16}  g'/g = {rule.factor}" for rule in RULES)
            + "\n\ng'/g = 1 means that log g has the slope 1: g(z) = c e^z, and c cancels in p"
        ),
        Text(
            "Each rule is trained from {starts} starts: W = 0, b = 1, and random ones. The steps are "
            "halved until the loss falls, so that no rule loses by too long a step."
        ),
        Table(("rule", "lowest loss", "highest loss", "p apart", "not convex"), rows),
        Text(
            " ".join(verdicts(numbers))
            + " (After {rival_steps} steps; losses within {near:g} of each other are called the same.)"
        ),
        Text(
            '"p apart" is the largest difference between two starts in one probability. The last column looks for a '
            "reason. A function is convex if halfway between any two places it is never above the mean of its values "
            "there; then it has no second valley to end in. Of {pairs} random pairs of scores, so many break this."
        ),
    )


def _notice(numbers: dict[str, Any]) -> tuple[str, ...]:
    return (
        "What the exponential buys: any real score may come, p never leaves 0 to 1, and the gradient is the residual: "
        "never larger than 1, and near 0 only where p is nearly right.",
        "And convexity, proved and not only seen: the second derivative of the loss in the scores is the covariance of "
        "the label under p; along any direction v it is the variance of v_label, never below 0. The scores are linear "
        "in W and b, so the loss is convex in these, too, and every way down leads to the same loss.",
        on_fair_rivals(numbers),
    )


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    return (
        Exercise(
            "Two classes have the scores [2, 6], and the first is the true one. By plain normalization, what is the "
            "derivative of the loss in the first score?",
            numbers["quiz"],
            "p of the first is {quiz_p:.2f}; the residual {quiz_p:.2f} - 1 is divided by the score: {quiz:.3f}.",
        ),
        Exercise(
            "A friend takes g(z) = 2^z in place of e^z, and normalizes. What does that change?",
            _SCALED,
            "2^z = e^(z log 2): it is softmax of the scores times {log_2:.3f}. For [1, 2] it gives {friend:.3f}, all "
            "rules about softmax hold, and weights larger by 1/log 2 = {inverse_log_2:.3f} undo the change.",
            choices=(
                "some p leave 0 to 1",
                _SCALED,
                "the starts no longer agree",
            ),
        ),
    )


_SCALED = "no more than the scale of the scores"

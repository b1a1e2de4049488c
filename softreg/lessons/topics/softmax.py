"""Lesson: exponentiate, then normalize; what a logit is, and what a shift does to it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softreg.functional import softmax
from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.softmax import draw_softmax
from softreg.plots.text import bars

__all__ = ["teach"]

SCORES = np.array([1.0, 2.0, -1.0])
SHIFT = 100.0


def teach(given: Given) -> Lesson:
    """Teach the softmax of some scores."""
    scores = SCORES if given.scores is None else given.scores
    numbers = _numbers(scores)
    return Lesson(
        numbers=numbers,
        body=_body(numbers),
        notice=(
            "Softmax sees differences only: the same number added to every logit changes nothing, so a logit has no "
            "meaning by itself. The difference of two is the logarithm of the ratio of their probabilities: "
            "z_1 - z_2 = log(p_1 / p_2).",
            "It is not blind to scale: logits ten times as far apart make the largest nearly certain "
            "({far[1]:.5f} in place of {near[1]:.3f}).",
            "No probability is ever 0 or 1, whatever the logits, though a computer may have to round it so.",
        ),
        exercises=(
            Exercise(
                "Two classes have the logits 0 and {gap:.4f}, and e^{gap:.4f} = 3. "
                "What is the probability of the second class?",
                numbers["quiz"],
                "The exponentials are [1, 3]: the second has {quiz:.2f} of their sum.",
            ),
            Exercise(
                "The logits 1, 2, 3 become 11, 12, 13. What happens to the probabilities?",
                "nothing",
                "The exponential of the shift is a factor of each, and falls out: the largest stays {shift_quiz:.4f}.",
                choices=("nothing", "the largest grows", "they come nearer to each other"),
            ),
        ),
        code=("softreg.functional:softmax", "softreg.functional:log_softmax"),
        references=(
            "Zhang, Lipton, Li & Smola, Dive into Deep Learning, section 4.1.",
            "Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.2.2.3.",
        ),
        draw=lambda: draw_softmax(scores, numbers["p"]),
        notes=_notes(numbers),
        caption="Each logit, its exponential, and its share of the sum: the three steps of softmax.",
    )


def _numbers(scores: np.ndarray) -> dict[str, Any]:
    # subtle: the plain exponentials are shown, as a book has them; lesson "stability" tells where they fail
    with np.errstate(over="ignore"):
        powers = np.exp(scores)
    p = softmax(scores)
    log_p = np.log(np.array([0.5, 0.3, 0.2]))
    return {
        "known": np.array([0.5, 0.3, 0.2]),
        "log_known": log_p,
        "sum_log_known": log_p.sum(),
        "back": softmax(log_p),
        "inverse_e": math.exp(-1),
        "log_inverse_e": math.log(math.exp(-1)),
        "class": np.arange(1, scores.size + 1),
        "z": scores,
        "sum_z": scores.sum(),
        "powers": powers,
        "sum_powers": powers.sum(),
        "p": p,
        "sum_p": p.sum(),
        "shift": SHIFT,
        "shifted": scores + SHIFT,
        "p_shifted": softmax(scores + SHIFT),
        "moved": np.abs(softmax(scores + SHIFT) - p).max(),
        "near": softmax(np.array([1.0, 2.0])),
        "far": softmax(np.array([10.0, 20.0])),
        "gap": math.log(3),
        "quiz": softmax(np.array([0.0, math.log(3)]))[1],
        "shift_quiz": softmax(np.array([11.0, 12.0, 13.0]))[2],
    }


def _notes(numbers: dict[str, Any]) -> tuple[str, ...]:
    if np.isfinite(numbers["sum_powers"]):
        return ()
    return ("an exponential is too large for a computer; the probabilities are right (softreg learn stability).",)


def _body(numbers: dict[str, Any]) -> tuple[Part, ...]:
    classes = range(1, len(numbers["z"]) + 1)
    steps = tuple(
        (f"{{class[{k - 1}]}}", f"{{z[{k - 1}]:.4g}}", f"{{powers[{k - 1}]:.4g}}", f"{{p[{k - 1}]:.4f}}")
        for k in classes
    )
    return (
        Text(
            "Start at the end. Probabilities of {known:.1f} have the logarithms {log_known:.3f}. These neither sum to "
            "1 (they sum to {sum_log_known:.3f}) nor stay at 0 or above: the logarithm of a number below 1 is "
            "negative, and log(1/e) = log {inverse_e:.3f} = {log_inverse_e:.0f}. Any real number can be the logarithm "
            "of something positive: so a model whose output is any real number can be asked for it."
        ),
        Text("The way back has two steps: exponentiate, which makes every number positive, then normalize:"),
        Formula("p_j = exp(z_j) / (exp(z_1) + ... + exp(z_K))"),
        Text(
            "This is softmax, and its inputs z are called logits: log-probabilities before anyone has made them sum "
            "to the right number. Back from {log_known:.3f} it gives {back:.1f}. And for the scores [{z:.4g}]:"
        ),
        Table(("class", "logit z", "e^z", "p"), (*steps, ("sum", "{sum_z:.4g}", "{sum_powers:.4g}", "{sum_p:.4f}"))),
        Sketch(bars({f"class {k}": float(p) for k, p in zip(classes, numbers["p"], strict=True)}, most=1.0)),
        Text(
            "Add {shift:.0f} to every score, [{shifted:.4g}], and the probabilities are {p_shifted:.4f}: none has "
            "changed by more than rounding ({moved:.0e}). But stretch the scores: [1, 2] gives {near:.3f}, and "
            "[10, 20], whose ratio is the same, gives {far:.5f}."
        ),
    )

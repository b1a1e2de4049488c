"""Lesson: what a model pays for its probabilities: surprise, likelihood, cross-entropy and its floor.

Two rooms: ``surprise`` (known labels, and what untrained weights pay), ``soft`` (labels that are distributions).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from softreg.errors import UsageError
from softreg.functional import cross_entropy, softmax
from softreg.lessons.given import Given, Rows, sepals
from softreg.lessons.lesson import Exercise, Lesson
from softreg.lessons.pictures.likelihood import draw_likelihood
from softreg.lessons.topics.likelihood.soft import soft_numbers, soft_parts
from softreg.lessons.topics.likelihood.surprise import surprise_numbers, surprise_parts
from softreg.metrics import entropy
from softreg.training import Fit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["teach"]

MOST_ROWS = 2000
COMMON = 0.9


def teach(given: Given) -> Lesson:
    """Teach cross-entropy."""
    generator = given.generator()
    rows = (given.rows or sepals()).thinned(MOST_ROWS, generator)
    train, new = rows.halves(0.6, generator)
    if not len(new.y):
        raise UsageError(
            f"{rows.name} has one row for each class: none is left to be surprised by.", "Take data with more rows."
        )
    model = train.fit()
    logits = new.X @ model.weights + model.intercept
    numbers = surprise_numbers(train, new, model) | soft_numbers(softmax(logits), rows.classes) | _quiz()
    return Lesson(
        numbers=numbers,
        body=(*surprise_parts(numbers), *soft_parts(numbers)),
        notice=(
            "Accuracy asks whether the true class was the likeliest, cross-entropy how likely it was. To be sure and "
            "wrong is dear: p = {one_percent:.2f} costs {dear:.2f} nats, and there is no upper limit.",
            "With all weights 0 the cross-entropy is log K, whatever the data. Code that starts anywhere else has a "
            "mistake: this is the first thing to check.",
            "No model gets below the entropy of its labels, and only p = q gets there: it never pays to give other "
            "probabilities than those one believes.",
        ),
        exercises=_exercises(numbers),
        code=("softreg.functional:cross_entropy", "softreg.metrics.scores:entropy"),
        references=(
            "Zhang, Lipton, Li & Smola, Dive into Deep Learning, sections 4.1.2 and 4.1.3: loss, surprise, entropy.",
            "Goodfellow, Bengio & Courville, Deep Learning (2016), section 5.5: maximum likelihood.",
            "Cover & Thomas, Elements of Information Theory (2006), sections 2.1 (entropy), 2.3 (KL divergence), 2.6 "
            "(why it is not negative).",
        ),
        draw=lambda: _draw(new, model, numbers),
        caption="Left: what each new row pays, at the probability that its true class was given. Right: the "
        "cross-entropy of a soft label against the probability that is given, in its two parts.",
        notes=rows.notes,
    )


def _draw(new: Rows, model: Fit, numbers: dict[str, Any]) -> Figure:
    logits = new.X @ model.weights + model.intercept
    likeliest = logits.argmax(axis=1) == new.y
    return draw_likelihood(cross_entropy(logits, new.y), likeliest, new.y, new.classes, float(numbers["q_first"]))


def _quiz() -> dict[str, Any]:
    """Ten classes, of which one holds nine rows in ten."""
    shares = np.full(10, (1 - COMMON) / 9)
    shares[0] = COMMON
    labels = np.repeat(np.arange(10), [81, *[1] * 9])
    return {
        "paid": 0.5,
        "factor": math.exp(-0.5),
        "skewed_at_zero": cross_entropy(np.zeros((len(labels), 10)), labels).mean(),
        "skewed_entropy": entropy(shares[None]),
        "one_percent": 0.01,
        "dear": -math.log(0.01),
    }


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    choices = ("log 10", "less than log 10", "more than log 10")
    apart = float(numbers["skewed_at_zero"]) - math.log(10)
    answer = choices[0] if abs(apart) < 1e-9 else choices[1] if apart < 0 else choices[2]
    return (
        Exercise(
            "A model pays {paid:.1f} nats a row. By which factor does the likelihood change with each further row, on "
            "average?",
            numbers["factor"],
            "The likelihood of n rows is exp(-n {paid:.1f}): each row multiplies it by exp(-{paid:.1f}) = "
            "{factor:.4f}, which is the geometric mean of the probabilities of the true classes.",
        ),
        Exercise(
            "There are ten classes, but nine rows in ten belong to the first. All weights and b_k are 0. What is the "
            "cross-entropy?",
            answer,
            "Every class has p = 1/K, and so has the true one: each row pays {skewed_at_zero:.4f}, however the "
            "classes are shared out. Knowing the shares would make it {skewed_entropy:.4f}.",
            choices=choices,
        ),
    )

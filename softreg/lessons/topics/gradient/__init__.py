"""Lesson: the gradient of the cross-entropy is the residual, and its second derivative a covariance.

Three rooms: ``logits`` (one row, derived and checked), ``weights`` (the chain rule), ``curvature`` (once more).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.functional import residual
from softreg.lessons.given import Given, sepals
from softreg.lessons.lesson import Exercise, Lesson
from softreg.lessons.pictures.gradient import draw_gradient
from softreg.lessons.topics.gradient.curvature import curvature_numbers, curvature_parts
from softreg.lessons.topics.gradient.logits import logit_numbers, logit_parts, one_row
from softreg.lessons.topics.gradient.weights import weight_numbers, weight_parts

__all__ = ["teach"]

MOST_ROWS, MOST_CLASSES = 2000, 10
EVEN = 4


def teach(given: Given) -> Lesson:
    """Teach the derivatives of the cross-entropy."""
    generator = given.generator()
    rows = (given.rows or sepals()).with_classes(MOST_CLASSES).thinned(MOST_ROWS, generator)
    model = rows.fit()
    row = one_row(given, rows, model)
    numbers = (
        logit_numbers(row)
        | weight_numbers(rows, model, generator)
        | curvature_numbers(row.logits, row.true, generator)
        | _quiz()
    )
    return Lesson(
        numbers=numbers,
        body=(*logit_parts(numbers, row), *weight_parts(), *curvature_parts(numbers)),
        notice=(
            "Log and exponential cancel: a row that is sure and wrong pulls with a force near 1, never more, and a row "
            "that is sure and right hardly pulls. With another loss or another way to make probabilities that need "
            "not be so.",
            "The residual sums to 0 over the classes: what the true class gains the others lose, and the sum of the "
            "logits never moves.",
            "The second derivative does not ask which class is true. It is large where the model is in doubt, and "
            "vanishes where it is sure.",
        ),
        exercises=_exercises(numbers),
        code=(
            "softreg.functional:cross_entropy_and_residual",
            "softreg.objective.objective:Objective.evaluate",
            "softreg.checks.gradients:gradient_by_differences",
        ),
        references=(
            "Zhang, Lipton, Li & Smola, Dive into Deep Learning, section 4.1.2.2, and exercise 1 of section 4.1 (the "
            "variance).",
            "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4, equations 4.109 and 4.110 (of "
            "which some printings have the sign wrong).",
            "D. Boehning (1992), Multinomial logistic regression algorithm, Annals of the Institute of Statistical "
            "Mathematics 44, doi:10.1007/BF00048682: the bound 1/2.",
        ),
        draw=lambda: draw_gradient(row.names, numbers["p"], row.true, numbers["differences"], numbers["curvature"]),
        caption="One row: what the model says and what is true; their difference, the residual, as bars, and by finite "
        "differences as dots; the covariance of the label.",
        notes=rows.notes,
    )


def _quiz() -> dict[str, Any]:
    p = np.linspace(0, 1, 101)
    bend = p * (1 - p)
    return {
        "n_even": EVEN,
        "even_residual": residual(np.zeros((1, EVEN)), np.array([0]))[0, 0],
        "even_p": 1 / EVEN,
        "bend_at": p[int(bend.argmax())],
        "bend_most": bend.max(),
        "sure": 0.99,
        "bend_sure": 0.99 * (1 - 0.99),
    }


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    choices = ("0", "1/2", "1")
    return (
        Exercise(
            "There are {n_even} classes, and all logits are 0. What is the derivative of L by the logit of the true "
            "class?",
            float(numbers["even_residual"]),
            "p is {even_p:.2f} for each class, and p - 1 = {even_residual:.2f}: softreg begins every training so.",
        ),
        Exercise(
            "Bent in one logit alone, L has the second derivative p_k (1 - p_k). At which p_k is it largest?",
            choices[int(np.argmin(np.abs(np.array([0, 0.5, 1]) - numbers["bend_at"])))],
            "It is the variance of a yes or no: {bend_most:.2f} at {bend_at:.1f}, and {bend_sure:.4f} at {sure:.2f}.",
            choices=choices,
        ),
    )

"""Lesson: argmax, and when it is not the decision.

Two rooms: ``costs`` (prices of mistakes), ``refusing`` (a threshold below which there is no answer).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.functional import softmax
from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Text
from softreg.lessons.pictures.prediction import draw_prediction
from softreg.lessons.topics.prediction.costs import cost_numbers, cost_parts
from softreg.lessons.topics.prediction.refusing import THRESHOLDS, held_out_digits, refusal_numbers, refusal_parts
from softreg.metrics import coverage_curve

__all__ = ["teach"]

SCORES = np.array([1.0, 2.0, -1.0])
KNOWN = np.array([0.1, 0.8, 0.1])
DEAR = 10.0
"""Price of a deleted mail, in an exercise."""


def teach(given: Given) -> Lesson:
    """Teach what to say, given probabilities."""
    scores = SCORES if given.scores is None else given.scores
    digits, labels = held_out_digits(given.seed)
    curve = coverage_curve(softmax(digits), labels)
    numbers = (
        _numbers(scores, given.generator())
        | cost_numbers(scores)
        | refusal_numbers(softmax(scores), digits, labels, curve)
        | {"dear": DEAR, "quiz": DEAR / (DEAR + 1)}
    )
    return Lesson(
        numbers=numbers,
        body=(*_answers(numbers), *cost_parts(numbers), *refusal_parts(numbers, curve)),
        notice=(
            "The probabilities are the model's, the prices are yours: when a price changes, the decision may, and no "
            "model is trained anew.",
            "People count categories from 1, NumPy counts indices from 0: category 2 is index 1. softreg answers with "
            "the label itself, and of equally likely classes says the first.",
            "A threshold can be trusted as far as the probabilities can: whether nine in ten of the rows with p = "
            "{strict:.1f} are right is measured in a later lesson.",
        ),
        exercises=_exercises(numbers),
        code=("softreg.model:SoftmaxModel.predict", "softreg.metrics.coverage:coverage_curve"),
        references=(
            "Bishop, Pattern Recognition and Machine Learning (2006), sections 1.5.1 to 1.5.3: mistakes, expected "
            "loss, the reject option.",
            "C. K. Chow (1970), On optimum recognition error and reject tradeoff, IEEE Transactions on Information "
            "Theory 16, doi:10.1109/TIT.1970.1054406.",
        ),
        draw=lambda: draw_prediction(numbers["p"], numbers["expected"], curve, THRESHOLDS),
        caption="The likeliest class, the cheapest one, and on held-out rows how right the answers are when the rows "
        "below a threshold are refused.",
    )


def _numbers(scores: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    p = softmax(scores)
    drawn = generator.normal(size=(1000, scores.size))
    return {
        "known": KNOWN,
        "category": int(KNOWN.argmax()) + 1,
        "index": int(KNOWN.argmax()),
        "class": np.arange(1, scores.size + 1),
        "z": scores,
        "p": p,
        "by_z": int(scores.argmax()) + 1,
        "by_p": int(p.argmax()) + 1,
        "n_largest": int((scores == scores.max()).sum()),
        "n_drawn": len(drawn),
        "n_agree": int((softmax(drawn).argmax(axis=1) == drawn.argmax(axis=1)).sum()),
    }


def _answers(numbers: dict[str, Any]) -> tuple[Part, ...]:
    alone = "The largest of" if numbers["n_largest"] == 1 else "The first of the largest of"
    same = (
        "and so it is of their probabilities, {p:.4f}."
        if numbers["by_z"] == numbers["by_p"]
        else "of their probabilities that of class {by_p}: the two largest are equal once a computer has rounded them."
    )
    return (
        Text(
            "A model gives three categories the probabilities {known:.1f}. The likeliest is category {category}, as "
            "people count; np.argmax([{known:.1f}]) says {index}, since indices begin at 0. The index of the largest "
            "is called argmax. To find it one needs no probabilities:"
        ),
        Formula(
            "p_j > p_k  <=>  exp(z_j) / sum > exp(z_k) / sum    divide by the same sum\n"
            "           <=>  exp(z_j) > exp(z_k)                exp rises everywhere\n"
            "           <=>  z_j > z_k"
        ),
        Text(
            f"{alone} the logits [{{z:.4g}}] is that of class {{by_z}}, {same} "
            "Of {n_drawn} rows of logits drawn at random, argmax is the same before and after softmax in "
            "{n_agree}."
        ),
    )


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    fewer = numbers["n_refused_doubled"] <= numbers["n_refused"]
    choices = ("the same classes, fewer refusals", "the same classes, more refusals", "other classes")
    return (
        Exercise(
            "To delete a real mail costs {dear:.0f}, to keep a junk mail costs 1. Above which probability of junk is "
            "deleting cheaper?",
            numbers["quiz"],
            "Deleting costs {dear:.0f} (1 - p) on average, keeping p: they are equal at p = {quiz:.3f}. Argmax "
            "would delete from one half on.",
        ),
        Exercise(
            "Every logit of the held-out digits is doubled. What becomes of the answers, with a threshold of "
            "{strict:.1f}?",
            choices[0] if fewer else choices[1],
            "The order of the logits stays, so argmax is the same in {n_same_class} of {n_held_out} rows. The largest "
            "probability grows: {n_refused} rows were refused, now {n_refused_doubled} are, though the model knows "
            "nothing more.",
            choices=choices,
        ),
    )

"""Predictions: the labels that are predicted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from softreg.grading.checks.check import Check, Outcome, Piece, found_by_role
from softreg.grading.question import Question, ask, draw_model
from softreg.grading.reading import Reading
from softreg.grading.spec import Spec

__all__ = ["LABELS"]


def _labels(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    if spec.function("predict"):
        yield ask("labels", "predict", draw_model(rng))
        yield ask("labels", "predict", draw_model(rng), "again")


def _labelled(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, _predicted)


def _predicted(reading: Reading) -> Piece:
    came, wanted = reading.part("y"), reading.expected["y"]
    if came is None:
        return Piece(0.0, f"{reading.name} does not return one label for each of {len(wanted)} rows.")
    right = int((came == wanted).sum())
    said = f"{right} of {len(wanted)} labels of {reading.name} are those of the largest logit."
    return Piece(float(right == len(wanted)), said)


LABELS = Check(
    1.0,
    ("predict",),
    _labels,
    _labelled,
    "Which class has the largest logit, and what is the first class called?",
    "(X @ W + b).argmax(axis=1): the largest logit is the largest probability, and classes are counted from 0. See "
    "softreg/model.py, predict.",
)

"""Forms: shapes of what is returned, arguments left as they were, and features that are whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from softreg.errors import listed
from softreg.grading.batch import batches_of
from softreg.grading.calls import Given
from softreg.grading.checks.check import Check, Outcome, Piece, found_by_role, outcome, worth
from softreg.grading.conventions import shapes, takes_proba
from softreg.grading.question import CLASSES, Question, ask, draw_logits, draw_model
from softreg.grading.reading import Reading, agree, finite_scale, shape_text
from softreg.grading.spec import ROLES, Spec

__all__ = ["INPUTS", "INTEGERS", "SHAPES"]

PIXELS = 255


def _one_of_each(spec: Spec, rng: np.random.Generator, check: str) -> Iterable[Question]:
    """One plain question to every function of the homework."""
    for role in ROLES:
        if spec.function(role) is None:
            continue
        given = draw_logits(rng) if role in {"softmax", "cross_entropy"} else draw_model(rng)
        given |= {"batch_size": 4, "rng": "seed 1", "n_classes": CLASSES, "learning_rate": 0.01, "epochs": 2}
        yield ask(check, role, given)


def _shapes(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    return _one_of_each(spec, rng, "shapes")


def _shaped(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, lambda reading: _shape(spec, reading))


def _shape(spec: Spec, reading: Reading) -> Piece:
    if reading.question.role == "batches":
        paired = batches_of(reading.question, reading.answer) is not None
        return worth(paired, "Batches come in pairs.", f"{reading.name} did not give pairs of rows and labels.")
    for word, wanted in shapes(spec, reading.question).items():
        came = reading.raw[word].shape
        # a loss in an array of one number is a number, whatever axes it was left
        if came != wanted and not (wanted == () and reading.raw[word].size == 1):
            said = f"{reading.said(word)} has the shape {shape_text(came)} in place of {shape_text(wanted)}."
            return Piece(0.0, said)
    told = (f"{reading.said(word)} {shape_text(shape)}" for word, shape in shapes(spec, reading.question).items())
    return Piece(1.0, f"All shapes are as asked: {listed(told)}, and so on.")


SHAPES = Check(
    1.0,
    tuple(ROLES),
    _shapes,
    _shaped,
    "Print the shape of what you return beside the shape that the homework asks for.",
    "Sums over an axis lose it: sum(axis=1) of (n_samples, n_classes) gives (n_samples,), and with keepdims=True "
    "(n_samples, 1). See the conventions at the top of softreg/functional.py.",
)


def _inputs(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    return _one_of_each(spec, rng, "inputs")


def _kept(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    """What changed an argument; a function that gave no answer has lost its points elsewhere, unless none did."""
    answered = [reading for reading in readings if not reading.answer.error]
    return outcome(map(_left_alone, answered)) if answered else found_by_role(readings, _left_alone)


def _left_alone(reading: Reading) -> Piece:
    changed = listed(map(str, reading.answer.changed))
    wrong = f"{reading.name} changed its argument {changed} in place."
    return worth(not reading.answer.changed, "No function changed its arguments.", wrong)


INPUTS = Check(
    1.0,
    tuple(ROLES),
    _inputs,
    _kept,
    "Whoever calls your function may still need the arrays that were passed in.",
    "z -= z.max() and rng.shuffle(X) write over the caller's array; z = z - z.max() and X[rng.permutation(len(X))] make"
    " a new one. See softreg/functional.py, softmax.",
)


def _integers(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """Whole numbers, and the same as floats: logits as everyone types them first, features as image files hold them.

    Whoever returns the same for both has no overflow of integers, whatever else is wrong.
    """
    for role in ("softmax", "cross_entropy"):
        if spec.function(role) and not (role == "cross_entropy" and takes_proba(spec)):
            given = draw_logits(rng)
            yield from _of_both_types(role, given, "logits", np.rint(given["logits"]).astype(np.int64))
    for role in ("loss", "gradient", "predict"):
        if spec.function(role):
            given = draw_model(rng)
            pixels = rng.integers(1, PIXELS + 1, np.asarray(given["X"]).shape).astype(np.uint8)
            # weights as small as pixels are large
            yield from _of_both_types(role, {**given, "W": np.asarray(given["W"]) * 2 / PIXELS}, "X", pixels)


def _of_both_types(role: str, given: Mapping[str, Given], word: str, values: np.ndarray) -> Iterable[Question]:
    yield ask("integers", role, {**given, word: values})
    yield ask("integers", role, {**given, word: values.astype(np.float64)}, "as floats")


def _whole(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return outcome(_of_one_kind(*pair) for pair in zip(readings[::2], readings[1::2], strict=True))


def _of_one_kind(whole: Reading, floats: Reading) -> Piece:
    if whole.problem or floats.problem:
        return Piece(0.0, whole.problem or floats.problem)
    kind = str(whole.question.array("X" if "X" in whole.question.given else "logits").dtype)
    wrong = [word for word in whole.words if not _alike(whole, floats, word)]
    said = f"Not the same for numbers of type {kind} as for floats: {whole.said(*wrong)}."
    return worth(not wrong, f"Numbers of type {kind} give what the same numbers as floats give.", said)


def _alike(whole: Reading, floats: Reading, word: str) -> bool:
    wanted = floats.raw[word]
    return agree(whole.raw[word], wanted, whole.tolerance, finite_scale(wanted))


INTEGERS = Check(
    1.0,
    ("softmax", "cross_entropy", "loss", "gradient", "predict"),
    _integers,
    _whole,
    "Try the same numbers as whole numbers: pixels are uint8, and [1, 2, 3] is an array of integers.",
    "In uint8, -3 is 253 and 200 + 100 is 44; an integer array that is written into cuts 0.7 to 0. Turn inputs into "
    "floats first: X = X.astype(float). See softreg/training/problem.py, cast.",
)

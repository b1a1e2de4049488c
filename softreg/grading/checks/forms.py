"""Forms: shapes of what is returned, arguments left as they were, and features that are whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from softreg.errors import listed
from softreg.grading.checks.check import Check, Outcome, Piece, found_by_role, worth
from softreg.grading.conventions import shapes
from softreg.grading.question import CLASSES, Question, ask, draw_labels, draw_logits, draw_model
from softreg.grading.reading import Reading, shape_text
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
        paired = len(reading.answer.values) % 2 == 0 and len(reading.answer.values) > 0
        return worth(paired, "Batches come in pairs.", f"{reading.name} did not give pairs of X and y.")
    for word, wanted in shapes(spec, reading.question).items():
        came = reading.raw[word].shape
        # a loss in an array of one number is a number, whatever axes it was left
        if came != wanted and not (wanted == () and reading.raw[word].size == 1):
            said = f"{word} of {reading.name} has the shape {shape_text(came)} in place of {shape_text(wanted)}."
            return Piece(0.0, said)
    told = listed(f"{word} {shape_text(shape)}" for word, shape in shapes(spec, reading.question).items())
    return Piece(1.0, f"All shapes are as asked, {told} of {reading.name} for one.")


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
    return found_by_role(readings, _left_alone)


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
    """Logits that are whole numbers, as everyone types them first, and features as image files hold them: uint8."""
    if spec.function("softmax"):
        yield ask("integers", "softmax", {"logits": rng.integers(-4, 5, (7, CLASSES))})
    if spec.function("cross_entropy"):
        n_samples = 11
        given = {"logits": rng.integers(-4, 5, (n_samples, CLASSES)), "y": draw_labels(rng, n_samples)}
        yield ask("integers", "cross_entropy", given)
    for role in ("loss", "gradient", "predict"):
        if spec.function(role):
            model = draw_model(rng)
            pixels = rng.integers(1, PIXELS + 1, np.asarray(model["X"]).shape).astype(np.uint8)
            # weights as small as pixels are large
            yield ask("integers", role, {**model, "X": pixels, "W": np.asarray(model["W"]) * 2 / PIXELS})


def _whole(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, _same_of_integers)


def _same_of_integers(reading: Reading) -> Piece:
    wrong = [word for word in reading.expected if not reading.right(word)]
    kind = str(reading.question.array("X" if "X" in reading.question.given else "logits").dtype)
    said = f"{listed(wrong)} of {reading.name} is not right where the input is of type {kind}."
    return worth(not wrong, f"Inputs of type {kind} give what the same numbers as floats give.", said)


INTEGERS = Check(
    1.0,
    ("softmax", "cross_entropy", "loss", "gradient", "predict"),
    _integers,
    _whole,
    "Try the same numbers as whole numbers: pixels are uint8, and [1, 2, 3] is an array of integers.",
    "In uint8, -3 is 253 and 200 + 100 is 44; an integer array that is written into cuts 0.7 to 0. Turn inputs into "
    "floats first: X = X.astype(float).",
)

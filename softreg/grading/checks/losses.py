"""Losses: mean against sum, the penalty, and agreement with softreg."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from softreg.grading.checks.check import Check, Outcome, Piece, found_by_role, outcome, readings_of, worth
from softreg.grading.conventions import bias_inside, factor, joined, strength
from softreg.grading.question import CLASSES, Question, ask, draw_logits, draw_model, penalised
from softreg.grading.reading import Reading, agree, difference, finite_scale
from softreg.grading.spec import Function, Spec

__all__ = ["AGREEMENT", "PENALTY", "REDUCTION"]


def _with_loss(spec: Spec) -> list[Function]:
    """The functions that return a loss of a model; where the gradient's returns it too, both."""
    functions = map(spec.function, ("loss", "gradient"))
    return [function for function in functions if function and "loss" in function.returns]


def _equal_logits(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """Samples of which the model knows nothing, and the same ones twice."""
    if spec.function("cross_entropy"):
        given = draw_logits(rng)
        once = np.zeros_like(given["logits"])
        yield ask("reduction", "cross_entropy", {"logits": once, "y": given["y"]})
        twice = {"logits": np.vstack([once, once]), "y": np.concatenate([given["y"], given["y"]])}
        yield ask("reduction", "cross_entropy", twice, "twice")
    for function in _with_loss(spec):
        model = draw_model(rng)
        given = {**model, "W": np.zeros_like(model["W"]), "b": np.zeros_like(model["b"])}
        yield ask("reduction", function.role, given)
        twice = {word: np.concatenate([given[word], given[word]]) for word in ("X", "y")}
        yield ask("reduction", function.role, {**given, **twice}, "twice")


def _reduced(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, lambda reading: _log_k(spec, reading))


def _log_k(spec: Spec, reading: Reading) -> Piece:
    """At equal logits each row's loss is log K: one number tells the mean, the sum and every other reduction apart."""
    n_samples, came = len(reading.question.array("y")), reading.part("loss")
    wanted = reading.expected["loss"]
    each = f"log {CLASSES} = {math.log(CLASSES):.4f} for each of {n_samples} rows"
    asked = f"the {spec.reduction} is {wanted:.4f}" if wanted.ndim == 0 else "the homework asks for each row's"
    if came is None:
        size = reading.raw["loss"].size
        return Piece(0.0, f"{reading.name} returns {size} numbers at equal logits, {each}; {asked}.")
    said = f"{came:.4g}" if came.ndim == 0 else f"{came[0]:.4g} for the first row"
    return worth(
        reading.right("loss"),
        f"At equal logits {reading.name} returns {said}, as it should: {each}.",
        f"At equal logits {reading.name} returns {said}: it is {each}, and {asked}.",
    )


REDUCTION = Check(
    1.0,
    ("cross_entropy", "loss", "gradient"),
    _equal_logits,
    _reduced,
    "At equal logits each row's cross-entropy is log K. What becomes of it when the same rows are given twice?",
    "A mean stays the same and a sum doubles; a mean over the array of n x K one-hot terms divides by K too often. See "
    "softreg/functional.py, cross_entropy.",
)


def _penalties(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """The same model without a penalty and with one."""
    for role in ("loss", "gradient"):
        function = spec.function(role)
        if function and "l2" in function.takes:
            model = ask("penalty", role, draw_model(rng))
            yield ask("penalty", role, penalised(model), "without")
            yield ask("penalty", role, model.given)


def _penalised(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    pairs = zip(readings[::2], readings[1::2], strict=True)
    return outcome(piece for pair in pairs for piece in _added(spec, *pair))


def _added(spec: Spec, without: Reading, with_penalty: Reading) -> Iterable[Piece]:
    """What l2 adds, whatever the rest of the answer is: a wrong cross-entropy does not cost these points as well."""
    problem = without.problem or with_penalty.problem
    if problem:
        yield Piece(0.0, problem)
        return
    function = spec.function(without.question.role)
    assert function is not None
    for word, wanted in _penalty(spec, function, with_penalty.question).items():
        before, after = without.part(word), with_penalty.part(word)
        if before is None or after is None:
            yield Piece(0.0, f"{without.said(word)} has the wrong shape.")
            continue
        with np.errstate(all="ignore"):
            added = after - before
        scale = max(finite_scale(after), finite_scale(wanted))
        l2, size = strength(function, with_penalty.question), float(np.linalg.norm(added))
        said = f"l2 = {l2:g} adds {_size(added, size)} to {without.said(word)}"
        right = agree(added, wanted, with_penalty.tolerance, scale)
        yield worth(
            right, f"{said}, as it should.", f"{said} in place of {_size(wanted, float(np.linalg.norm(wanted)))}."
        )


def _size(values: np.ndarray, norm: float) -> str:
    return f"{float(values):.4g}" if values.ndim == 0 else f"an array of norm {norm:.4g}"


def _penalty(spec: Spec, function: Function, question: Question) -> dict[str, np.ndarray]:
    """The penalty's own part of each thing that a function returns."""
    amount = factor(spec) * strength(function, question)
    weights = joined(question.array("W"), question.array("b"), bias_inside(function))["W"]
    parts = {"loss": np.asarray(amount * (weights**2).sum()), "grad_W": 2 * amount * weights}
    parts["grad_b"] = np.zeros(CLASSES)
    return {word: parts[word] for word in function.returns}


PENALTY = Check(
    1.0,
    ("loss", "gradient"),
    _penalties,
    _penalised,
    "Compare what you return for l2 = 0 with what you return for your l2: is the difference the homework's penalty, and"
    " which parameters does it count?",
    "(l2/2) ||W||^2 has the gradient l2 W, and l2 ||W||^2 has 2 l2 W; an intercept that stands apart is not penalised. "
    "See softreg/objective/objective.py.",
)

COMPARED = ("softmax", "cross_entropy", "loss", "gradient")


def _comparisons(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    for role in COMPARED:
        for name in ("", "again"):
            if spec.function(role):
                given = draw_logits(rng) if role in {"softmax", "cross_entropy"} else draw_model(rng)
                yield ask("agreement", role, given, name)


def _compared(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    # a function counts as one, however many questions it was put
    pieces = []
    for role in COMPARED:
        looked = found_by_role(readings_of(readings, role), _same).pieces
        if looked:
            pieces.append(min(looked, key=lambda piece: piece.share))
    return Outcome(tuple(pieces))


def _same(reading: Reading) -> Piece:
    right = [word for word in reading.expected if reading.right(word)]
    wrong = [word for word in reading.expected if word not in right]
    share = len(right) / len(reading.expected)
    said = f"Not as softreg's: {reading.said(*wrong)}{_by(reading, wrong)}."
    return worth(share, f"As softreg's to rounding: {reading.said(*right)}.", said)


def _by(reading: Reading, wrong: Sequence[str]) -> str:
    """The numbers of the first part that is wrong."""
    if not wrong:
        return ""
    came, wanted = reading.part(wrong[0]), reading.expected[wrong[0]]
    if came is None:
        return ", by its shape"
    if came.ndim == 0:
        return f", {float(came):.6g} in place of {float(wanted):.6g}"
    off = difference(came, wanted)
    return f", off by {off:.2g} of its largest entry" if off < math.inf else ", not finite"


AGREEMENT = Check(
    3.0,
    COMPARED,
    _comparisons,
    _compared,
    "Work out one row of three classes by hand, and compare.",
    "softreg/functional.py has softmax, cross_entropy and residual in about ten lines each; softreg/objective/"
    "objective.py puts X and the penalty to them.",
)

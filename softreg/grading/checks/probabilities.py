"""Probabilities: rows that sum to 1, a shift that changes nothing, and logits that overflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from softreg.grading.calls import Given
from softreg.grading.checks.check import Check, Outcome, Piece, found_by_role, outcome, worth
from softreg.grading.conventions import takes_proba
from softreg.grading.question import CLASSES, Question, ask, draw_labels, draw_logits, draw_model
from softreg.grading.reading import Reading, difference
from softreg.grading.spec import Spec

__all__ = ["OVERFLOW", "ROW_SUMS", "SHIFT"]

LARGE = 1000.0
"""exp(1000) is infinite, and exp(-1000) is 0, in float64 (from 709.8 and -745.2 on) as in float32."""


def _sums(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    if spec.function("softmax"):
        yield ask("row-sums", "softmax", draw_logits(rng))
        yield ask("row-sums", "softmax", draw_logits(rng, spread=20.0), "wide")


def _summed(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, _distributions)


def _distributions(reading: Reading) -> Piece:
    proba = reading.part("proba")
    if proba is None:
        return Piece(0.0, f"{reading.name} did not return one probability for each logit.")
    with np.errstate(all="ignore"):
        sums, least = proba.sum(axis=1), float(proba.min())
    if not np.isfinite(sums).all():
        return Piece(0.0, f"{reading.name} gives numbers that are not finite.")
    worst = sums[np.abs(sums - 1).argmax()]
    right = abs(worst - 1) <= reading.tolerance and least >= 0
    negative = f", and {least:.3g} is negative" if least < 0 else ""
    said = f"A row of {reading.name} sums to {worst:.6g}{negative}."
    return worth(right, f"Rows of {reading.name} sum to 1 within {abs(worst - 1):.1e}, and none is negative.", said)


ROW_SUMS = Check(
    1.0,
    ("softmax",),
    _sums,
    _summed,
    "Each row is one sample: what must its probabilities sum to, and along which axis is that?",
    "p_ij = exp(z_ij) / sum_k exp(z_ik), the sum over classes: axis=1, with keepdims=True. See softreg/functional.py, "
    "softmax.",
)


def _shifts(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """Logits, and the same with another number added to each row."""
    for role in ("softmax", "cross_entropy"):
        if spec.function(role) and not (role == "cross_entropy" and takes_proba(spec)):
            given = draw_logits(rng)
            logits = np.asarray(given["logits"])
            shift = rng.uniform(-20, 20, (len(logits), 1))
            yield ask("shift-invariance", role, given)
            yield ask("shift-invariance", role, {**given, "logits": logits + shift}, "shifted")


def _shifted(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return outcome(_unmoved(*pair) for pair in zip(readings[::2], readings[1::2], strict=True))


def _unmoved(before: Reading, after: Reading) -> Piece:
    if before.problem or after.problem:
        return Piece(0.0, before.problem or after.problem)
    word = before.words[0]
    moved = difference(after.raw[word], before.raw[word])
    said = "is not finite any more" if not np.isfinite(moved) else f"moves by {moved:.2g} of its size"
    return worth(
        moved <= after.tolerance,
        f"{before.name} moves by {moved:.1e} where a number is added to each row of logits.",
        f"{before.name} {said} where a number is added to each row of logits.",
    )


SHIFT = Check(
    1.0,
    ("softmax", "cross_entropy"),
    _shifts,
    _shifted,
    "Add 10 to all logits of one row: by what is numerator and denominator multiplied?",
    "exp(z + c) = exp(c) exp(z), and exp(c) cancels within a row, and only there. See softreg/functional.py, softmax.",
)


def _overflows(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """Logits that are all large; rows that are far apart; and within a row, so that a probability is 0."""
    under = not takes_proba(spec)
    for role in ("softmax", "cross_entropy"):
        if spec.function(role) and (role == "softmax" or under):
            given = draw_logits(rng)
            for name, far in _far_logits(given):
                yield ask("overflow", role, far, name)
    if spec.function("cross_entropy") and not under:
        yield ask("overflow", "cross_entropy", _unlikely(rng), "unlikely")
    for role in ("loss", "gradient"):
        if spec.function(role):
            for name, given in _far_models(draw_model(rng), underflow=under):
                yield ask("overflow", role, given, name)


def _far_logits(given: Mapping[str, Given]) -> Iterable[tuple[str, dict[str, Given]]]:
    logits, y = np.asarray(given["logits"]), np.asarray(given["y"])
    sides = _sides(len(logits))
    yield "large", {**given, "logits": logits + LARGE}
    yield "far apart", {**given, "logits": logits + LARGE * sides[:, None]}
    spread, sure = logits.copy(), logits.copy()
    spread[:, :2] += LARGE, -LARGE
    sure[:, 0] += LARGE * sides
    yield "spread", {**given, "logits": spread}
    yield "sure", {**given, "logits": sure, "y": _likely(y)}


def _sides(n_samples: int) -> np.ndarray:
    """1 and -1 by turns."""
    return np.where(np.arange(n_samples) % 2, 1.0, -1.0)


def _likely(y: np.ndarray) -> np.ndarray:
    """Labels that are 0 for the rows on the first side, and never for those on the other."""
    return np.where(_sides(len(y)) > 0, 0, np.maximum(y, 1))


def _far_models(given: dict[str, Given], underflow: bool) -> Iterable[tuple[str, dict[str, Given]]]:
    X, W, b = (np.array(given[word]) for word in ("X", "W", "b"))
    given = {**given, "X": X, "W": W, "b": b, "l2": 0.0}
    yield "large", {**given, "b": b + LARGE}
    X[:, 0] = _sides(len(X))
    apart, sure = W.copy(), W.copy()
    apart[0] += LARGE
    sure[0, 0] += LARGE
    yield "far apart", {**given, "W": apart}
    yield "sure", {**given, "W": sure, "y": _likely(np.asarray(given["y"]))}
    if underflow:
        spread = b.copy()
        spread[:2] += LARGE, -LARGE
        yield "spread", {**given, "b": spread}


def _unlikely(rng: np.random.Generator) -> dict[str, Given]:
    """Logits whose probabilities fall to about 1e-13, 1e-22 and 1e-31: small, but above what float32 can hold."""
    n_samples = 11
    logits, y = rng.normal(0.0, 1.0, (n_samples, CLASSES)), draw_labels(rng, n_samples)
    logits[np.arange(n_samples), y] -= np.resize([30.0, 50.0, 70.0], n_samples)
    return {"logits": logits, "y": y}


def _survived(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, _finite_and_right)


def _finite_and_right(reading: Reading) -> Piece:
    name = reading.question.key.removeprefix(f"overflow {reading.question.role}").strip()
    where = {
        "large": "where all logits are near 1000",
        "far apart": "where one row's logits are near 1000 and another's near -1000",
        "sure": "where one logit of a row lies 1000 above or below the others",
        "spread": "where the logits of a row lie 2000 apart",
        "unlikely": "where the true class has a probability from 1e-13 down to 1e-31",
    }[name]
    finite = all(np.isfinite(part).all() for part in reading.raw.values())
    if not finite:
        return Piece(0.0, f"{reading.name} is not finite {where}.")
    right = all(map(reading.right, reading.expected))
    return worth(right, f"{reading.name} is finite and right {where}.", f"{reading.name} is finite but wrong {where}.")


OVERFLOW = Check(
    2.0,
    ("softmax", "cross_entropy", "loss", "gradient"),
    _overflows,
    _survived,
    "exp(1000) is infinite and exp(-1000) is 0. Which shift keeps every exponential of a row between 0 and 1, and which"
    " logarithm need never be taken?",
    "log p_j = z_j - max z - log sum_k exp(z_k - max z), with the maximum of each row: no exponential overflows and no "
    "logarithm is of 0. See softreg/functional.py, log_softmax.",
)

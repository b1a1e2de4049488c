"""Slopes: the gradient against central differences, and the intercept's gradient.

    (L(theta + h e_j) - L(theta - h e_j)) / 2h

of the **student's own loss** where the homework asks for one, and otherwise of ours: a gradient that is the slope of
a wrong loss is still a slope, and has lost its points where the loss was judged.

**Step and limit.** h = 1e-3 truncates at h^2/6 of a third derivative, about 1e-6. A loss near 10 that was computed in
float32 is known to about 3e-6, a difference of two to 6e-6, and the slope to 3e-3, beside entries of about 0.5. The
limit is two hundredths of the largest entry; the mildest wrong gradient is off by several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from softreg.grading.checks.check import Check, Outcome, Piece, found_by_role, worth
from softreg.grading.conventions import bias_inside, loss
from softreg.grading.question import CLASSES, Question, ask, draw_model
from softreg.grading.reading import Reading, agree, difference, finite_scale, shape_text
from softreg.grading.spec import Spec

__all__ = ["BIAS_GRADIENT", "FINITE_DIFFERENCES"]

STEP = 1e-3
LIMIT = 2e-2

Place = tuple[str, tuple[int, ...]]
"""An entry of the parameters: W or b, and its indices."""


def _losing_role(spec: Spec) -> str:
    """The role whose loss is differentiated: loss, or a gradient that returns the loss too; else the empty string."""
    if spec.function("loss"):
        return "loss"
    gradient = spec.function("gradient")
    return "gradient" if gradient and "loss" in gradient.returns else ""


def _places(question: Question) -> list[Place]:
    """A few entries, in several rows and columns: first and last class among them."""
    last = question.array("W").shape[0] - 1
    weights = [(0, 0), (1, CLASSES - 1), (last, 1), (last // 2, 2)]
    return [*(("W", place) for place in weights), ("b", (0,)), ("b", (CLASSES - 1,))]


def _name(place: Place) -> str:
    """An entry's name, counted from 1."""
    return f"{place[0]}[{', '.join(str(at + 1) for at in place[1])}]"


def _nudged(question: Question, role: str, place: Place) -> tuple[Question, Question]:
    """The questions a step above and a step below."""
    word, spot = place
    above, below = question.array(word).copy(), question.array(word).copy()
    above[spot] += STEP
    below[spot] -= STEP
    return (
        ask("finite-differences", role, {**question.given, word: above}, f"{_name(place)} above"),
        ask("finite-differences", role, {**question.given, word: below}, f"{_name(place)} below"),
    )


def _nudges(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """The gradient's question, and for each of a few entries the loss a step above and a step below."""
    function, role = spec.function("gradient"), _losing_role(spec)
    if function is None:
        return
    given = draw_model(rng)
    loss = spec.function(role) if role else function
    if loss is None or ("l2" in loss.takes) != ("l2" in function.takes):
        given["l2"] = 0.0
    question = ask("finite-differences", "gradient", given)
    yield question
    for place in _places(question) if role else []:
        yield from _nudged(question, role, place)


def _differenced(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    reading, pairs = readings[0], list(zip(readings[1::2], readings[2::2], strict=True))
    if reading.problem:
        return Outcome((Piece(0.0, reading.problem),))
    places = _places(reading.question)
    if pairs:
        slopes = [_slope(*(each.part("loss") for each in pair)) for pair in pairs]
        problem = next((each.problem for pair in pairs for each in pair if each.problem), "")
    else:
        slopes, problem = [_our_slope(spec, reading.question, place) for place in places], ""
    entries = [_entry(reading, place) for place in places]
    triples = zip(places, entries, slopes, strict=True)
    numbers = [(_name(place), a, n) for place, a, n in triples if a is not None and n is not None]
    if len(numbers) < len(places):
        wrong = f"The gradient of {reading.name} has the wrong shape, or is not finite."
        said = wrong if None in entries else problem or "The loss is not finite, or no single number."
        return Outcome((Piece(0.0, said),))
    scale = max(finite_scale(part) for word, part in reading.expected.items() if word != "loss")
    return _told(numbers, scale, "your loss" if pairs else "softreg's loss")


def _told(numbers: Sequence[tuple[str, float, float]], scale: float, whose: str) -> Outcome:
    """The outcome: its sentence counts, and its table shows."""
    errors = [abs(analytic - numeric) / max(scale, abs(numeric)) for _, analytic, numeric in numbers]
    lines = [(name, f"{a:+.6f}", f"{n:+.6f}", f"{e:.1e}") for (name, a, n), e in zip(numbers, errors, strict=True)]
    table = (("entry", "your gradient", f"differences of {whose}", "error"), *lines)
    right = sum(error <= LIMIT for error in errors)
    if right == len(errors):
        return Outcome(
            (Piece(1.0, f"All {right} entries are slopes of {whose}, by differences, h = {STEP:g}."),), table
        )
    name, analytic, numeric = numbers[next(at for at, error in enumerate(errors) if not error <= LIMIT)]
    found = f"{right} of {len(errors)} entries are slopes of {whose}: at {name} its slope is {numeric:+.4g}, and your "
    return Outcome((Piece(right / len(errors), f"{found}gradient says {analytic:+.4g}."),), table)


def _entry(reading: Reading, place: Place) -> float | None:
    """An entry of the student's gradient; the bias is in the last row of W where it stands there."""
    function = reading.spec.function("gradient")
    inside = function is not None and bias_inside(function)
    word, spot = place
    part = reading.part("grad_W" if inside else f"grad_{word}")
    if part is None:
        return None
    entry = float(part[-1, spot[0]] if inside and word == "b" else part[spot])
    return entry if np.isfinite(entry) else None


def _our_slope(spec: Spec, question: Question, place: Place) -> float | None:
    """The central difference of softreg's loss, for a homework that asks for none."""
    function = spec.function("gradient")
    assert function is not None
    return _slope(*(loss(spec, function, moved) for moved in _nudged(question, "gradient", place)))


def _slope(above: np.ndarray | None, below: np.ndarray | None) -> float | None:
    """The central difference of two losses, where there is one."""
    if above is None or below is None:
        return None
    with np.errstate(all="ignore"):
        slope = float((above - below) / (2 * STEP))
    return slope if np.isfinite(slope) else None


FINITE_DIFFERENCES = Check(
    3.0,
    ("gradient",),
    _nudges,
    _differenced,
    "Raise one entry of W a little, and lower it: how much does your loss change, and what does your gradient say?",
    "For one row dL/dz = p - e_y; then grad_W = X^T (p - e_y) / n + the penalty's, and grad_b the sum over rows. See "
    "softreg/functional.py, residual.",
)


def _intercepts(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    if spec.function("gradient"):
        yield ask("bias-gradient", "gradient", draw_model(rng))


def _intercept_right(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, _intercept)


def _intercept(reading: Reading) -> Piece:
    word = "grad_b" if "grad_b" in reading.words else "grad_W"
    came, wanted = reading.part(word), reading.expected[word]
    if came is None:
        size = shape_text(reading.raw[word].shape)
        return Piece(0.0, f"{reading.said(word)} has the shape {size} in place of {shape_text(wanted.shape)}.")
    named = reading.said(word)
    if word == "grad_W":
        came, wanted, named = came[-1], wanted[-1], f"The last row of {named}"
    right = agree(came, wanted, reading.tolerance, finite_scale(reading.expected[reading.words[-1]]))
    off = difference(came, wanted)
    said = f"{named} differs by {off:.2g} of its largest entry." if off < np.inf else ""
    return worth(right, f"{named} is right.", said or f"{named} is not finite.")


BIAS_GRADIENT = Check(
    1.0,
    ("gradient",),
    _intercepts,
    _intercept_right,
    "The bias has one entry for each class. Over what must the residuals be added up?",
    "grad_b = sum_i (p_i - e_{y_i}) / n, over rows: axis=0. A penalty of W alone does not touch it. See "
    "softreg/objective/objective.py.",
)

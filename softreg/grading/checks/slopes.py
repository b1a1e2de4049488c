"""Slopes: the gradient against central differences, and the intercept's gradient.

    (L(theta + h e_j) - L(theta - h e_j)) / 2h

of the **student's own loss** where the homework asks for one, and otherwise of ours: a gradient that is the slope of
a wrong loss is still a slope, and has lost its points where the loss was judged.

**Step and limit.** h = 1e-3 truncates at h^2/6 of a third derivative, about 1e-6. A loss near 10 that was computed in
float32 is known to about 3e-6, a difference of two to 6e-6, and the slope to 3e-3, beside entries of about 0.5. The
limit is two hundredths of the largest entry; the mildest wrong gradient is off by several.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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


def _shown(reading: Reading, place: Place) -> str:
    """The name as the course has it: a bias inside W is an entry of its last row."""
    function = reading.spec.function("gradient")
    if place[0] == "b" and function is not None and bias_inside(function):
        return _name(("W", (reading.question.array("W").shape[0], *place[1])))
    return _name(place)


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
    if None in slopes:
        return Outcome((Piece(0.0, problem or "The loss is not finite, or no single number."),))
    scale = max(finite_scale(part) for word, part in reading.expected.items() if word != "loss")
    triples = [(place, _entry(reading, place), slope) for place, slope in zip(places, slopes, strict=True)]
    lines = [Line(_shown(reading, place), a, n, scale) for place, a, n in triples if n is not None]
    return _told(lines, "your loss" if pairs else "softreg's loss")


@dataclass(frozen=True)
class Line:
    """One line of the table: an entry, what the gradient says (None: nothing finite), and the slope by differences."""

    name: str
    analytic: float | None
    numeric: float
    scale: float

    @property
    def error(self) -> float:
        """The difference, relative to the largest entry or the slope."""
        if self.analytic is None:
            return math.inf
        return abs(self.analytic - self.numeric) / max(self.scale, abs(self.numeric))

    @property
    def said(self) -> str:
        """What the gradient says."""
        return "nothing" if self.analytic is None else f"{self.analytic:+.6f}"


def _told(lines: Sequence[Line], whose: str) -> Outcome:
    """The outcome: its sentence counts, and its table shows."""
    cells = ((line.name, line.said, f"{line.numeric:+.6f}", f"{line.error:.1e}") for line in lines)
    table = (("entry", "your gradient", f"differences of {whose}", "error"), *cells)
    wrong = [line for line in lines if not line.error <= LIMIT]
    right = len(lines) - len(wrong)
    if not wrong:
        said = f"All {right} entries are slopes of {whose}, by differences with h = {STEP:g}."
        return Outcome((Piece(1.0, said),), table)
    first = wrong[0]
    said = f"{right} of {len(lines)} entries are slopes of {whose}: at {first.name} its slope is {first.numeric:+.6f}"
    return Outcome((Piece(right / len(lines), f"{said}, and your gradient says {first.said}."),), table)


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

"""Judgement: what a submission earned with each check, and the mistake that explains it. It never raises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from softreg.grading.asked import points_of, questions
from softreg.grading.calls import Answer
from softreg.grading.checks import CHECKS, Outcome
from softreg.grading.diagnosis import diagnose
from softreg.grading.mistakes import Kind
from softreg.grading.reading import Reading
from softreg.grading.spec import Spec

__all__ = ["FAIL", "MISSING", "PART", "PASS", "Judgement", "Mistake", "Result", "judge"]

PASS, PART, FAIL, MISSING = "PASS", "PART", "FAIL", "MISSING"
"""All points, some, none; and none because the functions are not there."""

LOST = Answer(error="lost")
UNTOLD = "This check is hidden: its inputs and numbers are not told."


@dataclass(frozen=True)
class Result:
    """One check: ``points`` of ``of``, ``verdict``, what was ``found`` in a sentence or two with numbers, and a hint.

    ``table`` is lines of cells, heading first, where there is one. A ``hidden`` check tells neither numbers nor table.
    """

    check: str
    points: float
    of: float
    verdict: str
    found: str
    hint: str = ""
    table: tuple[tuple[str, ...], ...] = ()
    hidden: bool = False


@dataclass(frozen=True)
class Mistake:
    """A mistake that explains the answers: its name, the student's functions that show it, a sentence, and a hint."""

    name: str
    functions: tuple[str, ...]
    says: str
    hint: str = ""


@dataclass(frozen=True)
class Judgement:
    """All results in the order of the checks, the mistakes that were named, and ``doubts``: what could not be told.

    >>> result = Result("shapes", 0.5, 1.0, PART, "grad_b of gradient has the shape (1, 5) in place of (5,).")
    >>> judgement = Judgement((result, Result("overflow", 2.0, 2.0, PASS, "softmax is finite.")))
    >>> judgement.score, judgement.of, judgement.likely
    (2.5, 3.0, '')
    """

    results: tuple[Result, ...]
    mistakes: tuple[Mistake, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """The points earned."""
        return round(sum(result.points for result in self.results), 2)

    @property
    def of(self) -> float:
        """The points that could be earned."""
        return round(sum(result.of for result in self.results), 2)

    @property
    def likely(self) -> str:
        """The likely mistakes for a table: their names, then what could not be told apart or explained."""
        return "; ".join([*(mistake.name for mistake in self.mistakes), *self.doubts])


def judge(spec: Spec, answers: Mapping[str, Answer], public_only: bool = False) -> Judgement:
    """Judge the answers to :func:`softreg.grading.asked.calls` of the same spec, by their keys.

    ``public_only`` as in ``calls``: hidden checks are then neither judged nor counted. A call without an answer counts
    as lost. Nothing in an answer makes it raise.
    """
    asked = questions(spec, public_only)
    readings = {
        name: [Reading(spec, question, answers.get(question.key, LOST)) for question in group]
        for name, group in asked.items()
    }
    results = tuple(_result(spec, name, group) for name, group in readings.items())
    failed = [result.check for result in results if result.verdict != PASS]
    found = diagnose(spec, [reading for group in readings.values() for reading in group], failed)
    return Judgement(results, tuple(_mistake(spec, *each) for each in found.named), found.doubts)


def _result(spec: Spec, name: str, readings: Sequence[Reading]) -> Result:
    check, of, hidden = CHECKS[name], points_of(spec, name), name in spec.hidden
    outcome = check.judge(spec, readings)
    verdict = _verdict(outcome, readings)
    hint = {"short": check.hint, "full": f"{check.hint} {check.full}"}.get(spec.hints, "")
    found, table = (UNTOLD, ()) if hidden else (outcome.found, outcome.table)
    points = round(of * outcome.share, 2)
    return Result(name, points, of, verdict, found, "" if verdict == PASS else hint, table, hidden)


def _verdict(outcome: Outcome, readings: Sequence[Reading]) -> str:
    if all(reading.answer.error == "missing" for reading in readings):
        return MISSING
    return PASS if outcome.share == 1 else PART if outcome.share > 0 else FAIL


def _mistake(spec: Spec, kind: Kind, functions: tuple[str, ...]) -> Mistake:
    return Mistake(kind.name, functions, kind.says, kind.hint(spec.hints))

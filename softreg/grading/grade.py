"""Grade: one submission from its files to its points, whatever happens on the way."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from softreg.grading.asked import calls
from softreg.grading.calls import Answer
from softreg.grading.examination import Examined, examine
from softreg.grading.judgement import Mistake, Result, judge
from softreg.grading.spec import Spec
from softreg.grading.submissions import Submission, UnreadableError, printable

__all__ = ["Grade", "grade"]


@dataclass(frozen=True)
class Grade:
    """A submission's grade. ``status`` is one word or two for what became of it; ``notes`` are sentences."""

    id: str
    name: str
    file: str
    status: str
    results: tuple[Result, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Points of all checks."""
        return round(sum(result.points for result in self.results), 2)

    @property
    def of(self) -> float:
        """Points that were to be had."""
        return round(sum(result.of for result in self.results), 2)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"score": self.score, "of": self.of} | asdict(self)

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> Grade:
        """Return the grade that :meth:`to_json` was given. Raises ``KeyError`` or ``TypeError`` for anything else."""
        told = {key: value for key, value in content.items() if key not in {"score", "of"}}
        results = (Result(**each | {"table": tuple(map(tuple, each["table"]))}) for each in told["results"])
        mistakes = (Mistake(**each | {"functions": tuple(each["functions"])}) for each in told["mistakes"])
        listed = {key: tuple(told[key]) for key in ("doubts", "notes", "imports")}
        return Grade(**told | listed | {"results": tuple(results), "mistakes": tuple(mistakes)})


def grade(
    submission: Submission, spec: Spec, *, public_only: bool = False, stop: threading.Event | None = None
) -> Grade:
    """Grade a submission; one that cannot be read or loaded has a grade of 0 that says so."""
    asked = calls(spec, public_only)
    try:
        content = submission.content()
    except UnreadableError as error:
        none = Examined(answers={call.key: Answer(error="missing") for call in asked}, status="unreadable")
        return _grade(submission, spec, none, public_only, [f"Nothing is graded: {error}."])
    examined = examine(content, spec, asked, stop, submission.beside())
    return _grade(submission, spec, examined, public_only, _skipped(submission, content))


def _grade(submission: Submission, spec: Spec, examined: Examined, public_only: bool, notes: list[str]) -> Grade:
    judgement = judge(spec, examined.answers, public_only)
    notes = notes + examined.notes + _to_write(spec, examined)
    file = examined.files[0] if len(examined.files) == 1 and submission.shown.endswith("/") else ""
    return Grade(
        submission.id,
        submission.name,
        f"{submission.shown}{file}",
        examined.status,
        results=judgement.results,
        mistakes=judgement.mistakes,
        doubts=judgement.doubts,
        notes=tuple(notes),
        imports=tuple(examined.imports),
    )


def _to_write(spec: Spec, examined: Examined) -> list[str]:
    """Which functions are still to be written, where the submission could be read at all."""
    if examined.status not in {"graded", "unfinished", "no functions"}:
        return []
    missing = [function.name for function in spec.functions if function.role in examined.missing]
    return [f"Still to be written: {', '.join(missing)}."] if missing else []


def _skipped(submission: Submission, content: Mapping[str, bytes]) -> list[str]:
    """Files of a folder that could not be read, though others could."""
    left = [printable(name) for name in submission.files if name not in content]
    return [f"Not read: {', '.join(left)}."] if left else []

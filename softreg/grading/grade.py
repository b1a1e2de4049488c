"""Grade: one submission from its files to its points, whatever happens on the way."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from softreg.forms import misfit
from softreg.grading.asked import calls
from softreg.grading.calls import Answer
from softreg.grading.examination import Examined, examine
from softreg.grading.isolation.ended import StartError
from softreg.grading.judgement import Mistake, Result, earned, judge, to_be_had
from softreg.grading.parameters import misplaced
from softreg.grading.secrecy import public_notes
from softreg.grading.spec import MOST_POINTS, Spec
from softreg.grading.submissions import HandedIn, Submission, printable

__all__ = ["NOT_GRADED", "Grade", "grade"]

NOT_GRADED = "not graded"
"""The status of a submission on which the grader itself failed, or could not start."""


@dataclass(frozen=True)
class Grade:
    """A submission's grade. ``status`` is one word or two for what became of it; ``notes`` are sentences.

    One that is not ``lasting`` may come out otherwise the next time: it ran out of time, or the grader failed.
    ``public`` and ``public_notes`` are the mistakes and the notes of which the student may know.
    """

    id: str
    name: str
    file: str
    status: str
    results: tuple[Result, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    lasting: bool = True
    public: tuple[Mistake, ...] = ()
    public_notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Points of all checks."""
        return earned(self.results)

    @property
    def of(self) -> float:
        """Points that were to be had."""
        return to_be_had(self.results)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"score": self.score, "of": self.of} | {
            key: value for key, value in asdict(self).items() if key != "lasting"
        }

    @staticmethod
    def is_told(content: Any) -> bool:
        """Return whether this is what :meth:`to_json` returns."""
        if not isinstance(content, dict) or misfit(content, dict[str, Any]):
            return False
        own = {key: value for key, value in content.items() if key not in {"score", "of"}}
        if own.keys() | {"lasting"} != {field.name for field in fields(Grade)} or misfit(own, Grade):
            return False
        # subtle: points are rounded to hundredths, what is to be had is not
        each_of = [(each["points"], each["of"]) for each in own["results"]]
        return all(0 <= points <= max(of, round(of, 2)) <= MOST_POINTS for points, of in each_of)

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> Grade:
        """Return the grade that :meth:`to_json` was given."""
        told = {key: value for key, value in content.items() if key not in {"score", "of"}}
        results = (Result(**each | {"table": tuple(map(tuple, each.get("table", ())))}) for each in told["results"])
        mistakes = {
            key: tuple(Mistake(**each | {"functions": tuple(each["functions"])}) for each in told[key])
            for key in ("mistakes", "public")
        }
        listed = {key: tuple(told[key]) for key in ("doubts", "notes", "imports", "public_notes")}
        return Grade(**told | listed | mistakes | {"results": tuple(results)})


def grade(
    submission: Submission,
    spec: Spec,
    handed_in: HandedIn | None = None,
    *,
    public_only: bool = False,
    stop: threading.Event | None = None,
) -> Grade:
    """Grade a submission, as it was read; one that cannot be read or loaded has a grade of 0 that says so.

    So has one on which the grader itself fails: nothing that is handed in keeps the others from their grades.
    """
    handed_in = handed_in or submission.read()
    try:
        return _graded(submission, spec, handed_in, public_only, stop)
    except StartError as error:
        return _failed(submission, spec, public_only, f"The grader could not start ({error}).")
    except Exception as error:
        reason = getattr(error, "strerror", None)  # not the whole text: it may name a folder of this machine
        told = f"{type(error).__name__}{f', {reason}' if reason else ''}"
        told = "there is not enough memory" if isinstance(error, MemoryError) else told
        return _failed(submission, spec, public_only, f"The grader itself failed on it ({told}).")


def _failed(submission: Submission, spec: Spec, public_only: bool, note: str) -> Grade:
    return _grade(submission, spec, Examined(status=NOT_GRADED, lasting=False), public_only, [note])


def _graded(
    submission: Submission, spec: Spec, handed_in: HandedIn, public_only: bool, stop: threading.Event | None
) -> Grade:
    asked = calls(spec, public_only)
    if handed_in.unreadable:
        none = Examined(answers={call.key: Answer(error="missing") for call in asked}, status="unreadable")
        return _grade(submission, spec, none, public_only, [f"Nothing is graded: {handed_in.unreadable}."])
    content = handed_in.content
    examined = examine(content, spec, asked, stop, submission.beside())
    graded = _grade(submission, spec, examined, public_only, _skipped(submission, content))
    # whoever takes something else and has all points takes it all the same
    more = misplaced(spec, content) if graded.score < graded.of else ()
    return replace(graded, mistakes=(*more, *graded.mistakes), public=(*more, *graded.public))


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
        lasting=examined.lasting,
        public=judgement.public,
        public_notes=public_notes(spec, examined.answers, notes),
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

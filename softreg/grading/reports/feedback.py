"""Feedback: the page for a student, as Markdown, and the same as Gradescope reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from softreg.grading.grade import Grade
from softreg.grading.judgement import MISSING, Mistake, Result
from softreg.grading.reports.table import points
from softreg.grading.spec import Spec
from softreg.markdown import table_row
from softreg.markdown import text as escaped

__all__ = ["as_gradescope", "as_markdown", "without_repeats"]

_ERROR = re.compile(r"(\w+) raised an error: .{20,}?, line \d+\)\.")
LONG = 40
"""Letters from which on a sentence is not said twice."""


def as_markdown(grade: Grade, spec: Spec) -> str:
    """Return the page: the score, the mistake that explains most, the checks, and what each of them found."""
    lines = [f"# {escaped(spec.title)}", "", f"{escaped(grade.id)}: **{_score(grade)}** ({grade.status})"]
    if grade.public_notes:
        lines += ["", *(f"- {escaped(note)}" for note in grade.public_notes)]
    if spec.hints != "none" and grade.public:
        lines += ["", "## Look at this first", ""]
        lines += [f"- **{escaped(each.name)}** {escaped(_explained(each))}" for each in grade.public]
    lines += ["", "## Checks", "", "| check | points | of |", "|---|---:|---:|"]
    lines += [f"| {escaped(each.check)} | {points(each.points)} | {points(each.of)} |" for each in grade.results]
    for each in without_repeats(grade.results):
        if each.points < each.of and each.verdict != MISSING:
            lines += ["", f"### {escaped(each.check)}: {points(each.points)} of {points(each.of)}", "", *_told(each)]
    return "\n".join(lines) + "\n"


def as_gradescope(grade: Grade, spec: Spec) -> dict[str, Any]:
    """Return what Gradescope's autograder reads as ``results.json``: a test for each check; hidden ones wait.

    The keys are those of Gradescope's documentation: ``output``, ``stdout_visibility``, and ``tests`` with ``name``,
    ``score``, ``max_score``, ``status``, ``output`` and ``visibility``. There is no total, which Gradescope makes
    itself, and keeps to itself while a test is hidden.
    """
    tests = [
        {
            "name": each.check,
            "score": each.points,
            "max_score": each.of,
            "status": "passed" if each.points >= each.of else "failed",
            "output": "\n".join(_plain(each)),
            "visibility": "after_published" if each.hidden else "visible",
        }
        for each in grade.results
    ]
    named = [] if spec.hints == "none" else [f"{each.name} {_explained(each)}" for each in grade.public]
    return {
        "output": "\n".join([grade.status, *grade.public_notes, *named]),
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def without_repeats(results: Sequence[Result]) -> list[Result]:
    """Return the results with "as above" where what costs points, or an error but for its numbers, was told before."""
    told: set[str] = set()
    errors: set[str] = set()

    def once(match: re.Match[str]) -> str:
        key = re.sub(r"\d+", "", match[0])
        said = f"{match[1]} raised an error, as above." if key in errors else match[0]
        errors.add(key)
        return said

    shown = []
    for each in results:
        counts = each.points < each.of and each.verdict != MISSING and not each.hidden
        again = counts and each.found in told and len(each.found) > LONG
        told |= {each.found} if counts else set()
        shown.append(replace(each, found="As above." if again else _ERROR.sub(once, each.found)))
    return shown


def _explained(mistake: Mistake) -> str:
    """Where a mistake shows, what it is, and the hint."""
    return f"(in {', '.join(mistake.functions)}): {mistake.says} {mistake.hint}".strip()


def _told(result: Result) -> list[str]:
    lines = [escaped(f"{result.found} {result.hint}".strip())]
    if result.table:
        heading, *rows = ([escaped(cell) for cell in row] for row in result.table)
        lines += ["", *map(table_row, (heading, ["---"] * len(heading), *rows))]
    return lines


def _plain(result: Result) -> list[str]:
    """The same without Markdown; of a check that is passed, what was seen."""
    return [text for text in (result.found, result.hint, *("  ".join(row) for row in result.table)) if text]


def _score(grade: Grade) -> str:
    return f"{points(grade.score)} of {points(grade.of)} points"

"""Feedback: the page for a student, as Markdown, and the same as Gradescope reads it."""

from __future__ import annotations

import re
from typing import Any

from softreg.grading.grade import Grade
from softreg.grading.judgement import MISSING, Mistake, Result
from softreg.grading.reports.table import points
from softreg.grading.spec import Spec

__all__ = ["as_gradescope", "as_markdown", "escaped"]

# an underscore inside a word is one; a mark of a heading, a list or a quotation is one at the beginning only
_SPECIAL = re.compile(r"[\\`*\[\]<|]|^[#>+-]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def as_markdown(grade: Grade, spec: Spec) -> str:
    """Return the page: the score, the mistake that explains most, the checks, and what each of them found."""
    lines = [f"# {escaped(spec.title)}", "", f"{escaped(grade.id)}: **{_score(grade)}** ({grade.status})"]
    if grade.notes:
        lines += ["", *(f"- {escaped(note)}" for note in grade.notes)]
    if spec.hints != "none" and grade.mistakes:
        lines += ["", "## Look at this first", ""]
        lines += [f"- **{escaped(each.name)}** {escaped(_explained(each))}" for each in grade.mistakes]
    lines += ["", "## Checks", "", "| check | points | of |", "|---|---:|---:|"]
    lines += [f"| {escaped(each.check)} | {points(each.points)} | {points(each.of)} |" for each in grade.results]
    for each in grade.results:
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
    named = [] if spec.hints == "none" else [f"{each.name} {_explained(each)}" for each in grade.mistakes]
    return {
        "output": "\n".join([grade.status, *grade.notes, *named]),
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def escaped(text: str) -> str:
    r"""Return a text in one line that Markdown takes as it stands: file names and errors are the students' own.

    >>> print(escaped("<b> grad_W |"))
    \<b> grad_W \|
    """
    return _SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def _explained(mistake: Mistake) -> str:
    """Where a mistake shows, what it is, and the hint."""
    return f"(in {', '.join(mistake.functions)}): {mistake.says} {mistake.hint}".strip()


def _told(result: Result) -> list[str]:
    lines = [escaped(f"{result.found} {result.hint}".strip())]
    if result.table:
        heading, *rows = (" | ".join(map(escaped, row)) for row in result.table)
        rule = " | ".join(["---"] * len(result.table[0]))
        lines += ["", *(f"| {row} |" for row in (heading, rule, *rows))]
    return lines


def _plain(result: Result) -> list[str]:
    """The same without Markdown; of a check that is passed, what was seen."""
    return [text for text in (result.found, result.hint, *("  ".join(row) for row in result.table)) if text]


def _score(grade: Grade) -> str:
    return f"{points(grade.score)} of {points(grade.of)} points"

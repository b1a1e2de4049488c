"""What is written of grades: the table, the student's page, Gradescope's JSON and the teacher's page."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from typing import Any

import pytest

from softreg.grading.courses import course
from softreg.grading.grade import Grade
from softreg.grading.judgement import FAIL, MISSING, PART, PASS, Mistake, Result
from softreg.grading.reports import feedback, summary
from softreg.grading.reports.table import as_csv

CHECKS = ["shapes", "overflow"]
SPEC = course("plain")
MISTAKE = Mistake("the sign", ("gradient",), "It points uphill.", "Look at p - y.")


def graded(name: str, shapes: float = 1.0, overflow: float = 2.0, **more: Any) -> Grade:
    verdict = PASS if overflow == 2 else PART if overflow else FAIL
    table = (("entry", "yours"), ("W[0, 1]", "2")) if overflow < 2 else ()
    results = (
        Result("shapes", shapes, 1.0, PASS if shapes else FAIL, "All as asked."),
        Result("overflow", overflow, 2.0, verdict, "softmax is not finite.", "Shift it.", table),
    )
    return Grade(**{"id": name, "name": name, "file": f"{name}.py", "status": "graded", "results": results} | more)


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_table_has_a_row_for_each_and_a_column_for_each_check() -> None:
    told = rows(as_csv([graded("ann"), graded("ben", 0, 0.5, mistakes=(MISTAKE,), doubts=("unexplained: W",))], CHECKS))

    assert told[0] == ["id", "file", "status", "score", "of", "shapes", "overflow", "likely mistake", "notes"]
    assert told[1][:7] == ["ann", "ann.py", "graded", "3", "3", "1", "2"]
    assert told[2][3:8] == ["0.5", "3", "0", "0.5", "the sign; unexplained: W"]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_no_cell_is_a_formula(name: str) -> None:
    (_, row) = rows(as_csv([graded(name, notes=(f"{name} and more",))], CHECKS))

    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", " ")) for cell in row)
    assert row[0].startswith("'")


def test_a_grade_survives_being_kept() -> None:
    grade = graded("ann", 0.5, 0.25, mistakes=(MISTAKE,), doubts=("a",), notes=("b",), imports=("scipy",))

    assert Grade.from_json(json.loads(json.dumps(grade.to_json()))) == grade


def test_the_page_tells_points_the_mistake_and_only_what_is_wrong() -> None:
    page = feedback.as_markdown(graded("ann", 1, 0.5, mistakes=(MISTAKE,), notes=("It imports scipy.",)), SPEC)

    assert "ann: **1.5 of 3 points** (graded)" in page
    assert "**the sign** (in gradient): It points uphill. Look at p - y." in page
    assert "- It imports scipy." in page
    assert "### overflow: 0.5 of 2\n\nsoftmax is not finite. Shift it.\n\n| entry | yours |\n| --- | --- |\n" in page
    assert "| W\\[0, 1\\] | 2 |" in page
    assert "### shapes" not in page


def test_without_hints_no_mistake_is_named_to_the_student_but_the_teacher_sees_it() -> None:
    grade, spec = graded("ann", 1, 0, mistakes=(MISTAKE,)), dataclasses.replace(SPEC, hints="none")

    assert "the sign" not in feedback.as_markdown(grade, spec)
    assert "the sign" not in json.dumps(feedback.as_gradescope(grade, spec))
    assert "the sign" in as_csv([grade], CHECKS)
    assert ("the sign", 1) in summary.summary([grade]).mistakes


def test_what_students_write_is_no_markdown() -> None:
    page = feedback.as_markdown(graded("<script>|", notes=("[x](http://a) `b` __init__\n# title",)), SPEC)

    assert "\\<script>\\|" in page
    assert "- \\[x\\](http://a) \\`b\\` \\_\\_init\\_\\_ # title" in page


def test_functions_to_be_written_make_no_pages_of_text() -> None:
    missing = (Result("overflow", 0.0, 2.0, MISSING, "softmax is not there.", "Shift it."),)

    assert "Shift it" not in feedback.as_markdown(graded("ann", results=missing), SPEC)


def test_gradescope_is_given_a_test_for_each_check_and_hidden_ones_wait() -> None:
    grade = graded("ann", 1, 0.5)
    hidden = dataclasses.replace(grade, results=(grade.results[0], dataclasses.replace(grade.results[1], hidden=True)))
    told = feedback.as_gradescope(hidden, SPEC)

    assert [test["name"] for test in told["tests"]] == CHECKS
    assert [test["score"] for test in told["tests"]] == [1.0, 0.5]
    assert [test["max_score"] for test in told["tests"]] == [1.0, 2.0]
    assert [test["status"] for test in told["tests"]] == ["passed", "failed"]
    assert [test["visibility"] for test in told["tests"]] == ["visible", "after_published"]
    assert set(told) <= {"output", "stdout_visibility", "tests"}  # no total, which would tell the hidden one
    assert "1.5" not in told["output"]


def test_the_class_is_counted() -> None:
    grades = [graded(f"s{k}", 1, 2.0 * k / 10, mistakes=(MISTAKE,) * (k < 4)) for k in range(11)]
    told = summary.summary([*grades, graded("none", 0, 0, status="empty", imports=("torch",))])

    assert sum(told.bins) == told.n == 12
    assert told.bins[-1] == 1
    assert told.bins[0] == 1
    assert told.statuses == (("graded", 11), ("empty", 1))
    assert told.mistakes == (("the sign", 4),)
    assert told.imports == (("torch", 1),)
    assert dict(told.earned)["shapes"] == pytest.approx(11 / 12)
    page = summary.as_markdown(told, "Homework", grades)
    assert "the sign     4  ████\n" in page.replace("the sign  ", "the sign  ")


def test_a_class_of_one_without_points_is_counted_too() -> None:
    told = summary.summary([graded("ann", 0, 0, results=())])

    assert told.bins[0] == 1
    assert summary.as_markdown(told, "Homework", [])

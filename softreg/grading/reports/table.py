"""Table: ``grades.csv``, one row for each submission, always."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from softreg.grading.grade import Grade

__all__ = ["as_csv", "points"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(grades: Sequence[Grade], checks: Sequence[str]) -> str:
    """Return the grades as CSV: who, which file, status, score, a column for each check, likely mistakes, notes."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["id", "file", "status", "score", "of", *checks, "likely mistake", "notes"])
    for grade in grades:
        by_check = {each.check: points(each.points) for each in grade.results}
        row = [grade.id, grade.file, grade.status, points(grade.score), points(grade.of)]
        row += [by_check.get(check, "0") for check in checks]
        row += ["; ".join([*(each.name for each in grade.mistakes), *grade.doubts]), " ".join(grade.notes)]
        table.writerow(map(_harmless, row))
    return text.getvalue()


def points(value: float) -> str:
    """Return points as people write them.

    >>> points(2.0), points(0.6666666)
    ('2', '0.67')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: names of files are the students' own.

    >>> _harmless("=1+1"), _harmless("Ann")
    ("'=1+1", 'Ann')
    """
    plain = " ".join(cell.split())
    return f"'{plain}" if plain.startswith(_FORMULA) else plain

"""Summary: what a class did, as counts that the teacher's page, its picture and the terminal share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from softreg.errors import plural
from softreg.grading.grade import Grade
from softreg.grading.reports.feedback import escaped
from softreg.grading.reports.table import points

__all__ = ["BINS", "Summary", "as_markdown", "summary"]

BINS = (*(f"{low}-{low + 9}%" for low in range(0, 100, 10)), "100%")
_LONGEST = 40


@dataclass(frozen=True)
class Summary:
    """Counts of a class: statuses, mistakes and imports by how often they occur, scores by tenths of what can be had.

    ``earned`` is the share of its points that the class earned of each check; ``median`` is of all scores, those of
    submissions that could not be graded as 0.
    """

    n: int
    of: float
    median: float
    statuses: tuple[tuple[str, int], ...]
    mistakes: tuple[tuple[str, int], ...]
    imports: tuple[tuple[str, int], ...]
    bins: tuple[int, ...]
    earned: tuple[tuple[str, float], ...]


def summary(grades: Sequence[Grade]) -> Summary:
    """Return the counts of a class of one or more."""
    shares = [grade.score / grade.of if grade.of else 0.0 for grade in grades]
    bins = [0] * len(BINS)
    for share in shares:
        # subtle: sums of points miss a round number by a rounding
        bins[min(int(share * 10 + 1e-9), len(BINS) - 1)] += 1
    checks = {each.check: (0.0, 0.0) for grade in grades for each in grade.results}
    for grade in grades:
        for each in grade.results:
            had, of = checks[each.check]
            checks[each.check] = (had + each.points, of + each.of)
    return Summary(
        n=len(grades),
        of=max((grade.of for grade in grades), default=0.0),
        median=float(median(grade.score for grade in grades)),
        statuses=_counted(grade.status for grade in grades),
        mistakes=_counted(each.name for grade in grades for each in grade.mistakes),
        imports=_counted(name for grade in grades for name in grade.imports),
        bins=tuple(bins),
        earned=tuple((check, had / of if of else 0.0) for check, (had, of) in checks.items()),
    )


def as_markdown(told: Summary, title: str, grades: Sequence[Grade]) -> str:
    """Return the teacher's page: scores, mistakes, checks, and who needs to be looked at by hand."""
    statuses = ", ".join(f"{count} {status}" for status, count in told.statuses)
    lines = [f"# {escaped(title)}", "", f"{plural(told.n, 'submission')}: {statuses}."]
    lines += [f"Median {points(told.median)} of {points(told.of)} points.", "", "![scores and mistakes](class.png)"]
    lines += ["", "## Scores", "", *_bars(list(zip(BINS, told.bins, strict=True)))]
    if told.mistakes:
        lines += ["", "## Mistakes", "", "Named where the answers are those of one known mistake, and of no other.", ""]
        lines += _bars(told.mistakes)
    lines += ["", "## Checks", "", "| check | points earned by the class |", "|---|---:|"]
    lines += [f"| {escaped(check)} | {share:.0%} |" for check, share in told.earned]
    return "\n".join([*lines, *_by_hand(grades)]) + "\n"


def _by_hand(grades: Sequence[Grade]) -> list[str]:
    """Submissions that were not graded, and those that import what does the homework."""
    lines: list[str] = []
    for title, chosen in (
        ("Not graded", [grade for grade in grades if grade.status not in {"graded", "unfinished"}]),
        ("Imports", [grade for grade in grades if grade.imports]),
    ):
        if chosen:
            told = [(grade, ", ".join(grade.imports) if title == "Imports" else grade.status) for grade in chosen]
            lines += ["", f"## {title}", ""]
            lines += [
                f"- {escaped(grade.id)} ({escaped(grade.file)}): {text}{_first(grade, title)}" for grade, text in told
            ]
    return lines


def _first(grade: Grade, title: str) -> str:
    return f". {escaped(grade.notes[0])}" if title == "Not graded" and grade.notes else ""


def _bars(counts: Sequence[tuple[str, int]]) -> list[str]:
    """Counts as a bar chart of text, in a block that keeps its columns."""
    width, most = max(len(name) for name, _ in counts), max(1, *(count for _, count in counts))
    bars = [(name, count, "█" * -(-count * min(_LONGEST, most) // most)) for name, count in counts]
    return ["```", *(f"{name:<{width}}  {count:>4}  {bar}".rstrip() for name, count, bar in bars), "```"]


def _counted(names: object) -> tuple[tuple[str, int], ...]:
    """Names with how often they occur, the commonest first, equals by name."""
    counts = Counter(names)  # type: ignore[call-overload]
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))

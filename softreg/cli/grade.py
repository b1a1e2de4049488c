"""``softreg grade``: a homework on softmax regression, for a student and for a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from softreg.cli.command import Command
from softreg.cli.options import Number
from softreg.cli.words import HOLD, WIDTH, plural, row, say, short, table, typed, wrapped
from softreg.errors import DataError, SoftregError, UsageError, did_you_mean, listed
from softreg.settings import COURSES

if TYPE_CHECKING:
    from softreg.grading.grade import Grade
    from softreg.grading.judgement import Result
    from softreg.workflows.grade import ClassGraded, FileGraded

__all__ = ["grade"]

OUT = "grades"
MARGIN = 29
MOST_LINES = 12
MOST_MISTAKES = 5


@click.command(
    cls=Command,
    short_help="Grade a homework on softmax regression.",
    epilog="A process of its own is no sandbox for strangers: see docs/grade.md.",
)
@click.argument("path", metavar="[FILE|FOLDER]", required=False)
@click.option("--spec", metavar="FILE", help="The homework, a TOML file.  [default: the convention that fits]")
@click.option("--out", "-o", metavar="DIR", help="Where a class's grades, or a template, go.  [default: grades]")
@click.option("--jobs", type=Number(int, 1), help="Submissions graded at a time.  [default: one a core]")
@click.option("--overwrite", is_flag=True, help="Grade all anew, and replace what is there.")
@click.option("--template", type=click.Choice(COURSES), help="Print a homework to begin with; -o DIR writes it.")
@click.option("--json", "as_json", is_flag=True, help="Print the grades as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def grade(
    path: str | None,
    *,
    spec: str | None,
    out: str | None,
    jobs: int | None,
    overwrite: bool,
    template: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Grade a homework: your own file, or a folder with a class.

    A student sees the public checks, and the mistake that explains a wrong answer. A teacher gets grades.csv, a page
    for each student, Gradescope's JSON, and a page about the class.

    \b
    softreg grade --template plain -o homework
    softreg grade hw1.py
    softreg grade submissions/ --spec hw1.toml --out grades --jobs 4
    """
    if template is not None:
        idle = {"--spec": spec, "--jobs": jobs, "--json": as_json, "a file": path, "--quiet": quiet and not out}
        _refuse(idle, "with --template")
        _refuse({"--overwrite": overwrite and not out}, "with --template alone")
        _template(template, out, overwrite, quiet)
    elif path is None:
        raise UsageError("There is nothing to grade.", "Name a file or a folder, or begin with --template plain.")
    elif not Path(path).exists():
        near = did_you_mean(path, (each.name for each in Path().iterdir()))
        raise DataError(f"There is no file or folder {path}.", near or "Check the path.")
    elif Path(path).is_dir():
        _class(Path(path), spec, Path(out or OUT), jobs, overwrite=overwrite, as_json=as_json, quiet=quiet)
    else:
        _refuse({"--out": out, "--jobs": jobs, "--overwrite": overwrite}, "on a single file")
        _file(Path(path), spec, as_json=as_json, quiet=quiet)


def _refuse(given: Mapping[str, object], where: str) -> None:
    for name, value in given.items():
        if value:
            raise UsageError(f"{name} has no effect {where}.", "Leave it out.")


def _template(name: str, out: str | None, overwrite: bool, quiet: bool) -> None:
    from softreg.workflows.grade import template, write_template

    if out is None:
        script, homework = template(name)
        say(f"# hw1.py, for the students\n\n{script}\n\n# hw1.toml, for the teacher\n\n{homework}", nl=False)
        return
    script_path, homework_path = write_template(name, Path(out), overwrite)
    if not quiet:
        say(row("students", str(script_path)))
        say(row("teacher", f"{homework_path}: names, points, hidden checks, hints, limits, a secret seed"))
        say(row("next", typed("grade", str(script_path), "--spec", str(homework_path))))


def _file(path: Path, spec: str | None, *, as_json: bool, quiet: bool) -> None:
    from softreg.runs import dumps
    from softreg.workflows.grade import grade_file

    result = grade_file(path, Path(spec) if spec else None)
    if as_json:
        told = {"convention": result.convention or None, "homework": result.spec.title, "hidden": result.n_hidden}
        say(dumps(told | result.grade.to_json()), nl=False)
    elif not quiet:
        say("\n".join(_feedback(result)))
        say(row("next", _next(result, path, spec)))
    _refuse_failure([result.grade])


def _feedback(result: FileGraded) -> list[str]:
    """The score, what concerns the whole file, the mistake that explains most, and the checks."""
    from softreg.grading.reports.feedback import without_repeats

    grade, spec = result.grade, result.spec
    by = f"the convention {result.convention}, told by its functions" if result.convention else spec.title
    lines = [row(short(grade.file, MARGIN - 2), f"{_score(grade)}; {grade.status}, by {by}", MARGIN)]
    lines += [row("", note, MARGIN) for note in grade.public_notes]
    if grade.public and spec.hints != "none":
        lines += ["", "look at this first"]
        lines += [
            wrapped(f"  {each.name} (in {', '.join(each.functions)}): {each.says} {each.hint}".rstrip(), "    ")
            for each in grade.public
        ]
    lines += ["", "checks"]
    waiting = [each for each in grade.results if each.verdict == "MISSING"]
    for each in without_repeats([each for each in grade.results if each not in waiting]):
        lines += _checked(each)
    if waiting:
        told = f"{plural(len(waiting), 'check')} that need what is still to be written: "
        lines.append(row("MISSING", told + listed((each.check for each in waiting), most=99), MARGIN))
    if result.n_hidden:
        lines += ["", f"The teacher has {plural(result.n_hidden, 'check').replace(HOLD, ' ')} more."]
    return lines


def _checked(result: Result) -> list[str]:
    """One check: its verdict and points, what was found; where points are missing, the hint and the numbers."""
    from softreg.grading.reports.table import points

    told = f"{points(result.points)}/{points(result.of)}  {result.found}"
    lines = [row(f"{result.verdict:<7}  {result.check}", told, MARGIN)]
    if result.points < result.of:
        lines += [row("", result.hint, MARGIN)] if result.hint else []
        shown = table(result.table).splitlines() if result.table else []
        more = [f"and {len(shown) - MOST_LINES} more: --json has all"] if len(shown) > MOST_LINES else []
        lines += [" " * MARGIN + short(each, WIDTH - MARGIN) for each in [*shown[:MOST_LINES], *more]]
    return lines


def _next(result: FileGraded, path: Path, spec: str | None) -> str:
    if result.grade.score >= result.grade.of:
        return typed("train", "iris")
    return typed("grade", str(path), *(["--spec", spec] if spec else []))


def _score(grade: Grade) -> str:
    from softreg.grading.reports.table import points

    return f"{points(grade.score)} of {points(grade.of)} points"


def _class(
    folder: Path, spec: str | None, out: Path, jobs: int | None, *, overwrite: bool, as_json: bool, quiet: bool
) -> None:
    from softreg.cli.progress import Progress
    from softreg.runs import dumps
    from softreg.workflows.grade import grade_class

    if spec is None:
        raise UsageError(
            "A class is graded by a homework.", "Add --spec hw1.toml; softreg grade --template plain -o DIR makes one."
        )
    with Progress(0, quiet or as_json) as progress:
        result = grade_class(folder, Path(spec), out, jobs, overwrite=overwrite, tell=progress.count)
    if as_json:
        say(dumps(result.to_json()), nl=False)
    elif not quiet:
        say("\n".join(_summary(result)))
        say(row("next", f"read {out / 'class.md'}, then hand out {out / 'feedback'}"))
    _refuse_failure(result.grades)


def _refuse_failure(grades: Sequence[Grade]) -> None:
    """End with an error where the grader itself failed: a grade of 0 is none of the student's."""
    from softreg.grading.grade import NOT_GRADED

    failed = [each for each in grades if each.status == NOT_GRADED]
    if failed:
        raise SoftregError(
            f"{listed(each.file for each in failed)} could not be graded. {failed[0].notes[0]}",
            "Type the same again: what is graded is not run again.",
        )


def _summary(result: ClassGraded) -> list[str]:
    """What a teacher wants to know first: how many, how well, what went wrong, and where it is written."""
    from softreg.grading.reports.table import points

    told = result.summary
    kept = f" ({result.n_unchanged} skipped, unchanged)" if result.n_unchanged else ""
    lines = [row("graded", f"{plural(told.n, 'submission')}{kept}: {_listed(told.statuses)}")]
    lines.append(row("median", f"{points(told.median)} of {points(told.of)} points"))
    if told.mistakes:
        lines.append(row("mistakes", _listed(told.mistakes[:MOST_MISTAKES])))
    if told.imports:
        lines.append(row("imports", _listed(told.imports)))
    files = ["grades.csv", "class.md", "class.png", "feedback/", "gradescope/"]
    return [*lines, row("written", f"{result.out}: {listed(files)}")]


def _listed(counts: tuple[tuple[str, int], ...]) -> str:
    return ", ".join(f"{count}{HOLD}{name}" for name, count in counts)

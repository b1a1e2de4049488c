"""Grade: a homework's file to begin with, one file for a student, a class for a teacher."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softreg.errors import DataError, UsageError
from softreg.files import leading_out, write_text
from softreg.grading import spec_file
from softreg.grading.asked import questions
from softreg.grading.courses import course, nearest_course
from softreg.grading.grade import Grade, grade
from softreg.grading.inside.reading import parsed
from softreg.grading.kept import ENDING, HOMEWORK, REPORTS, ROOM, Kept
from softreg.grading.reports.feedback import as_gradescope
from softreg.grading.reports.feedback import as_markdown as feedback
from softreg.grading.reports.summary import BINS, Summary, summary
from softreg.grading.reports.summary import as_markdown as class_page
from softreg.grading.reports.table import as_csv
from softreg.grading.skeleton import skeleton
from softreg.grading.spec import Spec
from softreg.grading.submissions import HandedIn, Submission, alone, found_in
from softreg.runs import dumps
from softreg.workers import available_cores

__all__ = ["ClassGraded", "FileGraded", "grade_class", "grade_file", "template", "write_template"]

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class FileGraded:
    """A student's own file, the homework, and the convention that was found; empty if a homework was given."""

    grade: Grade
    spec: Spec
    convention: str
    n_hidden: int


@dataclass(frozen=True)
class ClassGraded:
    """A class: its grades in order, how many of them were there already and unchanged, and the counts."""

    grades: tuple[Grade, ...]
    n_unchanged: int
    summary: Summary
    out: Path

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        told = self.summary
        return {
            "n": told.n,
            "n_unchanged": self.n_unchanged,
            "median": told.median,
            "of": told.of,
            "statuses": dict(told.statuses),
            "mistakes": dict(told.mistakes),
            "imports": dict(told.imports),
            "earned": dict(told.earned),
            "bins": dict(zip(BINS, told.bins, strict=True)),
            "grades": [each.to_json() for each in self.grades],
        }


def template(name: str) -> tuple[str, str]:
    """Return the skeleton and the homework of a convention, as texts."""
    spec = course(name)
    return skeleton(spec), spec_file.text(spec)


def write_template(name: str, folder: Path, overwrite: bool) -> tuple[Path, Path]:
    """Write ``hw1.py`` and ``hw1.toml`` into a folder, which is made if need be."""
    paths = folder / "hw1.py", folder / "hw1.toml"
    if existing := [path for path in paths if path.exists() and not overwrite]:
        raise UsageError(f"The file {existing[0]} exists.", "Name another folder, or add --overwrite.")
    _make(folder)
    for path, text in zip(paths, template(name), strict=True):
        write_text(path, text, overwrite=overwrite)
    return paths


def grade_file(path: Path, spec_path: Path | None) -> FileGraded:
    """Grade one file by the public checks of a homework, or of the convention whose functions it defines."""
    _refuse_windows()
    submission = alone(path)
    handed_in = submission.read()
    convention = "" if spec_path else _nearest(handed_in)
    spec = spec_file.read(spec_path) if spec_path else course(convention)
    n_public = len(questions(spec, public_only=True))
    if not n_public:
        raise DataError("All checks of this homework are hidden: there is nothing to look at.", "Ask your teacher.")
    graded = grade(submission, spec, handed_in, public_only=True)
    return FileGraded(graded, spec, convention, len(questions(spec)) - n_public)


def grade_class(
    folder: Path,
    spec_path: Path,
    out: Path,
    jobs: int | None = None,
    *,
    overwrite: bool = False,
    tell: Tell | None = None,
) -> ClassGraded:
    """Grade every submission in a folder and write the reports into ``out``; what did not change is not run again."""
    _refuse_windows()
    spec = spec_file.read(spec_path)
    submissions = found_in(folder, (spec_path,))
    _refuse_among(folder, out)
    kept = Kept(out, spec)
    kept.refuse_another(overwrite)
    kept.refuse_changed(overwrite)
    _refuse_links(out, submissions)
    for each in (out, out / "feedback", out / "gradescope"):
        _make(each)
    before = kept.names()
    if overwrite:
        kept.forget()
    grades, n_unchanged = _all(submissions, spec, kept, jobs or available_cores(), tell)
    told = summary(grades)
    texts = _reports(out, spec, grades, told)
    with kept.writing(texts):
        _write(texts)
        _draw(out, spec, told)
    for gone in before - {each.name for each in submissions}:
        kept.drop(gone)
        (out / "feedback" / f"{gone}.md").unlink(missing_ok=True)
        (out / "gradescope" / f"{gone}.json").unlink(missing_ok=True)
    return ClassGraded(grades, n_unchanged, told, out)


def _all(
    submissions: Sequence[Submission], spec: Spec, kept: Kept, jobs: int, tell: Tell | None
) -> tuple[tuple[Grade, ...], int]:
    """All grades in the order of the submissions, and how many were kept; several processes work at a time."""
    found = {each.name: kept.grade(each) for each in submissions}
    new = [each for each in submissions if found[each.name] is None]
    stop = threading.Event()

    def one(submission: Submission) -> tuple[str, Grade]:
        handed_in = submission.read()  # once: what is kept under these bytes is the grade of these bytes
        return kept.key(submission, handed_in), grade(submission, spec, handed_in, stop=stop)

    with ThreadPoolExecutor(jobs) as pool:
        waiting = [pool.submit(one, each) for each in new]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                key, graded = future.result()
                # subtle: files are written by this thread alone, for the mode of a new file is asked by setting it
                kept.keep(key, graded)
                found[graded.name] = graded
                if tell:
                    tell("grading", done, len(new))
        except BaseException:
            stop.set()  # the processes of those that are being graded end at their next look
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(each for each in found.values() if each is not None), len(submissions) - len(new)


def _reports(out: Path, spec: Spec, grades: Sequence[Grade], told: Summary) -> dict[Path, str]:
    """The texts of all reports."""
    wanted = {
        out / "grades.csv": as_csv(grades, list(questions(spec))),
        out / "class.md": class_page(told, spec.title, grades),
    }
    for each in grades:
        wanted[out / "feedback" / f"{each.name}.md"] = feedback(each, spec)
        wanted[out / "gradescope" / f"{each.name}.json"] = dumps(as_gradescope(each, spec))
    return wanted


def _write(texts: Mapping[Path, str]) -> None:
    """Write all reports; a file whose content is there already is left alone."""
    for path, text in texts.items():
        if not path.is_file() or path.read_bytes() != text.encode("utf-8"):
            write_text(path, text)


def _draw(out: Path, spec: Spec, told: Summary) -> None:
    from softreg.plots.class_scores import draw_class
    from softreg.plots.style import save

    save(draw_class(list(zip(BINS, told.bins, strict=True)), told.mistakes, spec.title), out / "class.png")


def _refuse_windows() -> None:
    if os.name != "posix":
        raise UsageError(
            "softreg grade needs the processes and limits of Linux or macOS.", "Use WSL or a container on Windows."
        )


def _nearest(handed_in: HandedIn) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python thinks of a student's text, it would tell with lines of it
        scripts = [parsed(name, content) for name, content in handed_in.content.items()]
    return nearest_course(statement for script in scripts for part in script.parts for statement in part.statements)


def _refuse_among(folder: Path, out: Path) -> None:
    if out.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"The grades would lie among the submissions, in {out}.", "Name a folder outside with --out.")


def _refuse_links(out: Path, submissions: Sequence[Submission]) -> None:
    """Refuse a folder of grades in which what would be written to is a link that leads elsewhere."""
    names = [f"feedback/{each.name}.md" for each in submissions]
    names += [f"gradescope/{each.name}.json" for each in submissions]
    names += [f"{ROOM}/{each.name}{ENDING}" for each in submissions]
    paths = (
        out / name
        for name in (*names, f"{ROOM}/{HOMEWORK}", f"{ROOM}/{REPORTS}", "grades.csv", "class.md", "class.png")
    )
    if stray := leading_out(paths, out):
        raise DataError(
            f"{stray} leads out of {out}, and would be written to.", "Delete the link, or name another folder."
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"The folder {folder} cannot be made: {error.strerror}.", "Name another.") from None

"""Kept: grades that were given before, so that a submission which did not change is not run again.

A grade is kept under a key of everything that it hangs on: the bytes of the submission's files, the homework, and the
versions of softreg, NumPy and Python. The folder of grades remembers which homework it is of.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from softreg import __version__
from softreg.errors import UsageError, listed
from softreg.files import sha256, write_text
from softreg.forms import from_json, misfit
from softreg.grading.grade import Grade
from softreg.grading.spec import Spec
from softreg.grading.spec_file import text
from softreg.grading.submissions import HandedIn, Submission

__all__ = ["ENDING", "HOMEWORK", "REPORTS", "ROOM", "Kept"]

ROOM = ".softreg"
HOMEWORK = "homework.json"
ENDING = ".grade.json"
REPORTS = "reports.json"


class Kept:
    """The grades that a folder keeps of one homework."""

    def __init__(self, out: Path, spec: Spec) -> None:
        self.out, self.room = out, out / ROOM
        self.title = spec.title
        self.homework = hashlib.sha256(text(spec).encode()).hexdigest()

    def refuse_another(self, overwrite: bool) -> None:
        """Refuse a folder that holds something else, or the grades of another homework. Raises ``UsageError``."""
        # folders alone are what is left where the first file could not be written
        if overwrite or not self.out.exists() or (self.out.is_dir() and not any(map(_counts, self.out.rglob("*")))):
            return
        told = _json(self.room / HOMEWORK)
        if told is None:
            raise UsageError(f"{self.out} exists, and is no folder of grades.", "Name another, or add --overwrite.")
        if told.get("homework") != self.homework:
            raise UsageError(
                f'{self.out} holds grades of another homework, or of another state of its file: "{told.get("title")}".',
                "Name another folder, or add --overwrite to grade all anew.",
            )

    def refuse_changed(self, overwrite: bool) -> None:
        """Refuse to lose what was changed by hand in the reports since they were written. Raises ``UsageError``."""
        changed = [
            name
            for name, written in self.reports().items()
            if not overwrite and (self.out / name).is_file() and sha256(self.out / name) not in written
        ]
        if changed:
            raise UsageError(
                f"{listed(changed)} {'was' if len(changed) == 1 else 'were'} changed by hand, which would be lost.",
                f"Keep a copy and add --overwrite, or name another folder with --out than {self.out}.",
            )

    def reports(self) -> dict[str, list[str]]:
        """Return the names of the reports that were written, with the hashes that are ours."""
        told = _json(self.room / REPORTS)
        return {} if misfit(told, dict[str, list[str]]) else told or {}

    @contextlib.contextmanager
    def writing(self, texts: Mapping[Path, str]) -> Iterator[None]:
        """Remember the reports that are written while the block lasts; in its midst old and new ones are ours."""
        new = {path.relative_to(self.out).as_posix(): _hash(text) for path, text in texts.items()}
        old = self.reports()
        both = {name: [*old.get(name, []), mine] for name, mine in new.items()}
        write_text(self.room / REPORTS, json.dumps(both) + "\n")
        yield
        write_text(self.room / REPORTS, json.dumps({name: [mine] for name, mine in new.items()}) + "\n")

    def forget(self) -> None:
        """Throw away what is kept."""
        shutil.rmtree(self.room, ignore_errors=True)

    def grade(self, submission: Submission) -> Grade | None:
        """Return the grade of a submission, if one of the same files is kept."""
        content = _json(self._path(submission.name))
        if content is None or content.get("key") != self.key(submission, submission.read()):
            return None
        return Grade.from_json(content["grade"]) if Grade.is_told(content.get("grade")) else None

    def keep(self, key: str, grade: Grade) -> None:
        """Keep a grade under the key of what was graded; the first one makes the folder one of this homework's.

        One that may come out otherwise the next time is written without its key: it is known, and never used again.
        """
        self.room.mkdir(parents=True, exist_ok=True)
        if not (self.room / HOMEWORK).exists():
            write_text(self.room / HOMEWORK, json.dumps({"homework": self.homework, "title": self.title}) + "\n")
        content = {"key": key if grade.lasting else None, "grade": grade.to_json()}
        write_text(self._path(grade.name), json.dumps(content, indent=1) + "\n")

    def names(self) -> set[str]:
        """Return the names of the submissions of which a grade is kept."""
        return {path.name.removesuffix(ENDING) for path in self.room.glob(f"*{ENDING}")}

    def drop(self, name: str) -> None:
        """Throw away the grade of a submission that is gone."""
        self._path(name).unlink(missing_ok=True)

    def key(self, submission: Submission, handed_in: HandedIn) -> str:
        """Return the key of a submission with this content: all that its grade hangs on."""
        key = hashlib.sha256(f"{self.homework} {__version__} {np.__version__} {platform.python_version()}".encode())
        for name, content in sorted(handed_in.content.items()):
            key.update(hashlib.sha256(repr(name).encode()).digest() + hashlib.sha256(content).digest())
        key.update(
            repr((handed_in.unreadable, submission.id, submission.shown, submission.files, submission.others)).encode()
        )
        return key.hexdigest()

    def _path(self, name: str) -> Path:
        return self.room / f"{name}{ENDING}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _counts(path: Path) -> bool:
    """Whether it is a file, and no temporary one."""
    return path.is_file() and path.suffix != ".part"


def _json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None where there is none, or something else."""
    try:
        content = from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None

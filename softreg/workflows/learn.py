"""Learn: a lesson with the learner's own numbers, its picture, and its hand-out."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from softreg import data
from softreg.errors import DataError, UsageError
from softreg.files import write_text
from softreg.lessons.course import Topic
from softreg.lessons.given import Given, Rows
from softreg.lessons.handout import code_place, handout
from softreg.lessons.lesson import Lesson
from softreg.plots.style import save
from softreg.settings import SourceSettings, SplitSettings
from softreg.workflows.material import material

__all__ = ["Taught", "drawn", "given_by", "teach", "write_handout"]


@dataclass(frozen=True)
class Taught:
    """A topic, its lesson, and where its picture is."""

    topic: Topic
    lesson: Lesson
    picture: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it: every number that the lesson tells, and its words."""
        lesson = self.lesson
        return {
            "topic": self.topic.name,
            "number": self.topic.number,
            "title": self.topic.title,
            "question": self.topic.question,
            "numbers": {name: _listed(value) for name, value in lesson.numbers.items()},
            "notice": [lesson.filled(each) for each in lesson.notice],
            "exercises": [
                {
                    "question": lesson.filled(each.question),
                    "choices": list(each.choices),
                    "answer": each.answer if isinstance(each.answer, str) else float(each.answer),
                    "why": lesson.filled(each.why),
                }
                for each in lesson.exercises
            ],
            "code": [dict(zip(("file", "function"), code_place(name), strict=True)) for name in lesson.code],
            "references": list(lesson.references),
            "notes": list(lesson.notes),
            "picture": None if self.picture is None else str(self.picture),
        }


def given_by(scores: tuple[float, ...] | None, spec: str | None, source: SourceSettings, seed: int) -> Given:
    """Return what the learner brought: scores, and the rows of a data set or file, prepared as for a training."""
    own = None if scores is None else np.array(scores, dtype=np.float64)
    return Given(own, None if spec is None else _rows(spec, source), seed)


def teach(topics: Sequence[Topic], given: Given) -> Iterator[Taught]:
    """Compute the lessons, one after the other.

    One lesson refuses what it cannot use; in a course it takes numbers of its own, and says so.
    """
    for topic in topics:
        try:
            yield Taught(topic, topic.teach(given))
        except (UsageError, DataError) as error:
            if len(topics) == 1:
                raise
            lesson = topic.teach(replace(given, scores=None, rows=None))
            yield Taught(topic, replace(lesson, notes=(f"not with your own numbers: {error.what}", *lesson.notes)))


def drawn(taught: Taught, folder: Path, *, overwrite: bool) -> Taught:
    """Return the lesson with its picture, drawn into a folder; one that is there is replaced only if asked for."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UsageError(f"{folder} is a file, and no folder for pictures.", "Name another with --out.") from None
    except OSError as error:
        what = f"The folder {folder} cannot be made: {error.strerror}."
        raise DataError(what, "Name another with --out.") from None
    path = folder / f"{taught.topic.name}.png"
    if path.exists() and not overwrite:
        raise UsageError(f"The file {path} exists.", "Add --overwrite, or name another folder with --out.")
    save(taught.lesson.draw(), path, overwrite=overwrite)
    return replace(taught, picture=path)


def write_handout(lessons: Iterable[Taught], path: Path, *, answers: bool, overwrite: bool = True) -> None:
    """Write lessons as Markdown; their pictures are named as they lie beside it."""
    texts = []
    for taught in lessons:
        assert taught.picture is not None  # drawn before it is written of
        texts.append(handout(taught.topic, taught.lesson, _address(taught.picture, path), answers=answers))
    write_text(path, "# Softmax regression\n\n" + "\n".join(texts), overwrite=overwrite)


def _address(picture: Path, page: Path) -> str:
    """The picture as a page names it: from the page's own folder."""
    return quote(Path(os.path.relpath(picture.resolve(), page.resolve().parent)).as_posix())


def _rows(spec: str, source: SourceSettings) -> Rows:
    dataset = data.load(spec, source, SplitSettings())
    if dataset.sparse:
        raise DataError(
            f"{dataset.name} is sparse: it has {dataset.n_features} columns, too many for a lesson.",
            "Take a table, such as iris or your own CSV.",
        )
    ready = material(dataset, source, SplitSettings(test_size=0.0), needs_val=False)
    preparation = ready.preparation(ready.split.train)
    X = np.asarray(ready.features(preparation, ready.split.train), dtype=np.float64)
    y = ready.codes[ready.split.train]
    return Rows(dataset.name, X, y, preparation.features, ready.classes, ready.dataset.notes)


def _listed(value: Any) -> Any:
    """A number, an array, or a list of them, as JSON can hold it."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, dict):
        return {str(name): _listed(each) for name, each in value.items()}
    return [_listed(each) for each in value] if isinstance(value, list | tuple) else value

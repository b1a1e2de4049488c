"""Handout: a lesson as Markdown."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable

from softreg.lessons.course import Topic
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text

__all__ = ["code_place", "handout"]


def handout(topic: Topic, lesson: Lesson, picture: str, *, answers: bool = False) -> str:
    """Return a lesson as Markdown; ``picture`` is the address of its figure.

    The answers to the exercises are left out, unless a teacher asks for them.
    """
    parts = [f"## {topic.number}. {topic.title}", f"*{_plain(topic.question)}*"]
    parts += [_part(part, lesson) for part in lesson.body]
    parts.append(f"![{_plain(lesson.filled(lesson.caption))}]({picture})")
    parts.append("**Notice**")
    parts.append(_list(lesson.filled(each) for each in lesson.notice))
    parts.append("**Exercises**")
    parts += [_exercise(each, lesson, answers) for each in lesson.exercises]
    parts.append("**Where softreg does it**: " + ", ".join(f"`{name}` in `{file}`" for file, name in _places(lesson)))
    parts.append("**Read**")
    parts.append(_list(lesson.references))
    if lesson.notes:
        parts.append("**About these numbers**")
        parts.append(_list(lesson.notes))
    return "\n\n".join(parts) + "\n"


def code_place(name: str) -> tuple[str, str]:
    """Return the file and the function that a lesson names.

    >>> code_place("softreg.functional:softmax")
    ('softreg/functional.py', 'softmax')
    """
    module, _, function = name.partition(":")
    return f"{module.replace('.', '/')}.py", function


def _places(lesson: Lesson) -> list[tuple[str, str]]:
    return [code_place(name) for name in lesson.code]


def _part(part: Part, lesson: Lesson) -> str:
    match part:
        case Text(template):
            return _plain(lesson.filled(template))
        case Formula(template):
            return f"```text\n{lesson.filled(template)}\n```"
        case Sketch(picture, caption):
            return f"```text\n{picture}\n```" + (f"\n\n{_plain(lesson.filled(caption))}" if caption else "")
        case Table():
            return _table(part, lesson)


def _table(table: Table, lesson: Lesson) -> str:
    rule = [":--" if place < table.left else "--:" for place in range(len(table.head))]
    rows = [[_cell(lesson.filled(cell)) for cell in row] for row in (table.head, *table.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:]))


def _exercise(exercise: Exercise, lesson: Lesson, answers: bool) -> str:
    letters = zip(string.ascii_lowercase, exercise.choices, strict=False)
    choices = "  ".join(f"{letter}) {_plain(lesson.filled(choice))}" for letter, choice in letters)
    lines = [f"- {_plain(lesson.filled(exercise.question))}", f"  {choices}" if choices else ""]
    if answers:
        lines.append(f"  *{_plain(answer_text(exercise))}.* {_plain(lesson.filled(exercise.why))}")
    return "\n".join(line for line in lines if line)


def answer_text(exercise: Exercise) -> str:
    """Return an exercise's answer for a person."""
    return exercise.answer if isinstance(exercise.answer, str) else f"{exercise.answer:.4g}"


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {_plain(item)}" for item in items)


def _plain(text: str) -> str:
    """Text in which Markdown finds nothing to mark up but emphasis, as in ``*guaranteed*``."""
    escaped = re.sub(r"([*_`<>\\])", r"\\\1", text)
    return re.sub(r"\\\*(\w+)\\\*", r"*\1*", escaped)


def _cell(text: str) -> str:
    return _plain(text).replace("|", r"\|")

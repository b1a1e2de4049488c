"""A lesson on the terminal, and its exercises asked."""

from __future__ import annotations

import re
import string
import sys
import textwrap
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from softreg.cli.words import printable, row, say, table, typed, wrapped
from softreg.errors import UsageError
from softreg.lessons.course import COURSE
from softreg.lessons.handout import answer_text, code_place
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text

if TYPE_CHECKING:
    from softreg.workflows.learn import Taught

__all__ = ["ask", "told"]

RIGHT = "Right"
T = TypeVar("T")


def told(taught: Taught) -> list[str]:
    """Return a lesson's lines: the question, the body, what to notice, the exercises, and where to go on."""
    topic, lesson = taught.topic, taught.lesson
    lines = [f"{topic.number}. {topic.title}", "=" * len(f"{topic.number}. {topic.title}"), wrapped(topic.question)]
    for part in lesson.body:
        lines += ["", _part(part, lesson)]
    lines.append("")
    lines += [row("notice" if first else "", _bare(lesson.filled(each))) for first, each in _numbered(lesson.notice)]
    for first, exercise in _numbered(lesson.exercises):
        lines.append(row("exercise" if first else "", lesson.filled(exercise.question)))
        lines += [row("", choice) for choice in _choices(exercise, lesson)]
    for first, name in _numbered(lesson.code):
        lines.append(row("code" if first else "", "  ".join(code_place(name))))
    lines += [row("read" if first else "", each) for first, each in _numbered(lesson.references)]
    if taught.picture is not None:
        lines.append(row("picture", str(taught.picture)))
        lines.append(row("", lesson.filled(lesson.caption)))
    return [*lines, row("next", _next(taught))]


class Counted(NamedTuple):
    """How many answers were right, of how many questions, and whether stdin has ended."""

    right: int
    asked: int
    ended: bool


def ask(taught: Taught) -> Counted:
    """Ask the exercises, say after each whether it was right, and why.

    The answers are read from stdin, a line each; an empty line asks for the answer; where they end, the questions end.
    """
    topic, lesson = taught.topic, taught.lesson
    say(wrapped(f"{topic.number}. {topic.title}"))
    right, asked = 0, len(lesson.exercises)
    for exercise in lesson.exercises:
        say("\n" + wrapped(printable(lesson.filled(exercise.question))))
        for choice in _choices(exercise, lesson):
            say(wrapped(f"  {printable(choice)}", "     "))
        verdict = _answered(exercise)
        if verdict is None:
            say("(no answer)")
            return Counted(right, asked, True)
        right += verdict == RIGHT
        opening = "Right." if verdict == RIGHT else f"{verdict}: {answer_text(exercise)}."
        say(wrapped(printable(f"{opening} {lesson.filled(exercise.why)}")))
    return Counted(right, asked, False)


def _answered(exercise: Exercise) -> str | None:
    """What to say of the next line of stdin; None at its end. What is no answer at all is asked again."""
    while True:
        say("your answer: ", nl=False)
        line = sys.stdin.readline()
        if not sys.stdin.isatty():
            say(printable(line.rstrip("\n")))  # a transcript of piped answers can be read
        if not line:
            return None
        if not line.strip():
            return "The answer"
        try:
            return RIGHT if exercise.right(line) else "Not so"
        except UsageError as error:
            say(wrapped(f"{printable(error.what)} {error.advice}"))


def _part(part: Part, lesson: Lesson) -> str:
    match part:
        case Text(template):
            return wrapped(printable(_bare(lesson.filled(template))))
        case Formula(template):
            return textwrap.indent(printable(lesson.filled(template)), "    ")
        case Sketch(picture, caption):
            below = f"\n{wrapped(printable(lesson.filled(caption)))}" if caption else ""
            return textwrap.indent(printable(picture), "  ") + below
        case Table(head, rows, left):
            return textwrap.indent(
                table([[_bare(lesson.filled(cell)) for cell in line] for line in (head, *rows)], left), "  "
            )


def _bare(text: str) -> str:
    """Text without the asterisks of emphasis, which are for the hand-out."""
    return re.sub(r"\*(\w[\w ]*)\*", r"\1", text)


def _choices(exercise: Exercise, lesson: Lesson) -> list[str]:
    letters = zip(string.ascii_lowercase, exercise.choices, strict=False)
    return [f"{letter}) {choice}" for letter, choice in letters]


def _numbered(items: tuple[T, ...]) -> list[tuple[bool, T]]:
    return [(place == 0, item) for place, item in enumerate(items)]


def _next(taught: Taught) -> str:
    number = taught.topic.number
    quiz = typed("learn", taught.topic.name, "--quiz")
    return f"{quiz}      {typed('learn', COURSE[number].name)}" if number < len(COURSE) else quiz

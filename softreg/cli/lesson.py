"""A lesson on the terminal, and its exercises asked."""

from __future__ import annotations

import string
import sys
import textwrap
from typing import TYPE_CHECKING, TypeVar

import click

from softreg.cli.words import printable, row, table, typed, wrapped
from softreg.errors import UsageError
from softreg.lessons.course import COURSE
from softreg.lessons.handout import answer_text, code_place
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text

if TYPE_CHECKING:
    from softreg.workflows.learn import Taught

__all__ = ["ask", "told"]

T = TypeVar("T")


def told(taught: Taught) -> list[str]:
    """Return a lesson's lines: the question, the body, what to notice, the exercises, and where to go on."""
    topic, lesson = taught.topic, taught.lesson
    lines = [f"{topic.number}. {topic.title}", "=" * len(f"{topic.number}. {topic.title}"), wrapped(topic.question)]
    for part in lesson.body:
        lines += ["", _part(part, lesson)]
    lines.append("")
    lines += [row("notice" if first else "", lesson.filled(each)) for first, each in _numbered(lesson.notice)]
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


def ask(taught: Taught) -> tuple[int, int]:
    """Ask the exercises, say after each whether it was right, and why; return how many were, and how many were asked.

    The answers are read from stdin, a line each; where they end, the questions end.
    """
    topic, lesson = taught.topic, taught.lesson
    click.echo(wrapped(f"{topic.number}. {topic.title}"))
    right = 0
    for asked, exercise in enumerate(lesson.exercises):
        click.echo("\n" + wrapped(printable(lesson.filled(exercise.question))))
        for choice in _choices(exercise, lesson):
            click.echo(wrapped(f"  {printable(choice)}", "     "))
        verdict = _answered(exercise)
        if verdict is None:
            click.echo("(no answer)")
            return right, asked
        right += verdict
        opening = "Right." if verdict else f"Not so: {answer_text(exercise)}."
        click.echo(wrapped(printable(f"{opening} {lesson.filled(exercise.why)}")))
    return right, len(lesson.exercises)


def _answered(exercise: Exercise) -> bool | None:
    """Whether the next line of stdin is right; None at its end. What is no answer at all is asked again."""
    while True:
        click.echo("your answer: ", nl=False)
        line = sys.stdin.readline()
        if not sys.stdin.isatty():
            click.echo(printable(line.rstrip("\n")))  # a transcript of piped answers can be read
        if not line:
            return None
        try:
            return exercise.right(line)
        except UsageError as error:
            click.echo(wrapped(f"{printable(error.what)} {error.advice}"))


def _part(part: Part, lesson: Lesson) -> str:
    match part:
        case Text(template):
            return wrapped(printable(lesson.filled(template)))
        case Formula(template):
            return textwrap.indent(printable(lesson.filled(template)), "    ")
        case Sketch(picture, caption):
            below = f"\n{wrapped(printable(lesson.filled(caption)))}" if caption else ""
            return textwrap.indent(printable(picture), "  ") + below
        case Table(head, rows, left):
            return textwrap.indent(
                table([[lesson.filled(cell) for cell in line] for line in (head, *rows)], left), "  "
            )


def _choices(exercise: Exercise, lesson: Lesson) -> list[str]:
    letters = zip(string.ascii_lowercase, exercise.choices, strict=False)
    return [f"{letter}) {lesson.filled(choice)}" for letter, choice in letters]


def _numbered(items: tuple[T, ...]) -> list[tuple[bool, T]]:
    return [(place == 0, item) for place, item in enumerate(items)]


def _next(taught: Taught) -> str:
    number = taught.topic.number
    quiz = typed("learn", taught.topic.name, "--quiz")
    return f"{quiz}      {typed('learn', COURSE[number].name)}" if number < len(COURSE) else quiz

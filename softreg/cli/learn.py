"""``softreg learn``: the course, a lesson of it, its exercises, its hand-out."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from softreg.cli.command import Command, Option
from softreg.cli.options import SEED, gathered, refuse_existing, setting
from softreg.cli.words import note, plural, row, say, table, tell, typed
from softreg.errors import UsageError, listed
from softreg.lessons.course import COURSE, Topic, find
from softreg.settings import SourceSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from softreg.workflows.learn import Taught

__all__ = ["learn"]

FOLDER = "learn"
MOST_SCORES, LARGEST_SCORE = 50, 1e9
"""More can neither be drawn nor read; larger ones only show what 1000 shows already."""
option = partial(click.option, cls=Option, section="Lesson")


class Scores(click.ParamType):  # type: ignore[type-arg]
    """Finite numbers, two or more, with blanks or commas between them."""

    name = "scores"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return the name that the help shows."""
        return "Z Z ..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Turn text into the numbers, or fail with what was given."""
        if isinstance(value, tuple):
            return value
        words = str(value).replace(",", " ").split()
        numbers = []
        for word in words:
            try:
                numbers.append(float(word))
            except ValueError:
                self.fail(f'"{word}" is not a number.', param, ctx)
        if not all(map(math.isfinite, numbers)):
            self.fail("A score is not finite.", param, ctx)
        if len(numbers) > MOST_SCORES or max(map(abs, numbers), default=0) > LARGEST_SCORE:
            self.fail(f"At most {MOST_SCORES} scores, of at most {LARGEST_SCORE:g} in size, are taken.", param, ctx)
        if len(numbers) < 2:
            self.fail(f'"{value}" is fewer than two scores; there is one for each class.', param, ctx)
        return tuple(numbers)


class LearnCommand(Command):
    """Lets ``--scores`` take all numbers that follow it, as people type them: ``--scores 1 2 -3.5``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join the numbers after ``--scores`` to one word, then parse as ever."""
        return super().parse_args(ctx, _joined(args))


def _joined(args: Sequence[str]) -> list[str]:
    if args.count("--scores") > 1:
        raise UsageError("--scores was given twice.", "Give all scores behind one --scores.")
    if "--scores" not in args:
        return list(args)
    first = last = args.index("--scores") + 1
    while last < len(args) and _is_number(args[last]):
        last += 1
    return [*args[:first], *([" ".join(args[first:last])] if last > first else []), *args[last:]]


def _is_number(word: str) -> bool:
    try:
        return bool([float(each) for each in word.replace(",", " ").split()])
    except ValueError:
        return False


@click.command(cls=LearnCommand, short_help="Teach softmax regression, a topic at a time.")
@click.argument("words", metavar="[TOPIC]", nargs=-1)
@option("--scores", type=Scores(), help="Your own scores, one for each class.")
@option("--data", metavar="DATA", help="Your own data set or file.")
@setting(SourceSettings, "target", section="Lesson", basic=True, metavar="COL")
@setting(SourceSettings, "exclude", section="Lesson", multiple=True, metavar="COL")
@setting(SourceSettings, "separator", section="Lesson", metavar="CHAR")
@setting(SourceSettings, "encoding", section="Lesson", metavar="NAME")
@option("--all", "whole", is_flag=True, help="The whole course, in order.")
@option("--quiz", is_flag=True, help="Ask the exercises, and check the answers.")
@option("--markdown", metavar="FILE", help="Write a hand-out as Markdown.")
@option("--answers", is_flag=True, help="Put the answers into the hand-out.")
@option("--overwrite", is_flag=True, help="Replace the hand-out, and pictures in --out.")
@option("--out", metavar="DIR", help=f"Folder of the pictures.  [default: {FOLDER}]")
@option("--seed", type=SEED, basic=False, help="Seed of every random choice.  [default: 0]")
@option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
@option("--quiet", "-q", is_flag=True, help="Print no notes.")
def learn(
    words: tuple[str, ...], *, scores: tuple[float, ...] | None, data: str | None, whole: bool, **values: Any
) -> None:
    """Teach softmax regression: without a TOPIC, list the topics.

    Every number of a lesson is computed when you type it, by the functions that train and predict. The picture goes to
    the folder of --out.

    \b
    softreg learn
    softreg learn softmax --scores 1 2 -3.5
    softreg learn gradient --quiz
    softreg learn --all --markdown course.md
    """
    topics = _topics(" ".join(words), whole)
    _refuse_idle(topics, whole, {"scores": scores, "data": data} | values)
    if not topics:
        _list(values["as_json"])
        return
    if values["markdown"]:
        refuse_existing(values["markdown"], values["overwrite"], *([data] if data else []))
    from softreg.workflows.learn import given_by, teach

    given = given_by(scores, data, gathered(SourceSettings, values | {"seed": 0}), values["seed"] or 0)
    lessons = teach(topics, given)
    if values["quiz"]:
        _quiz(lessons)
    else:
        _show(
            lessons,
            whole=whole,
            **{name: values[name] for name in ("as_json", "quiet", "out", "markdown", "answers", "overwrite")},
        )


def _topics(topic: str, whole: bool) -> tuple[Topic, ...]:
    if topic and whole:
        raise UsageError(f'--all has no effect beside the topic "{topic}".', "Leave one of them out.")
    return COURSE if whole else (find(topic),) if topic else ()


def _refuse_idle(topics: tuple[Topic, ...], whole: bool, values: dict[str, Any]) -> None:
    """Refuse what has no effect: nothing is ignored in silence."""
    if not topics:
        for name in ("scores", "data", "target", "quiz", "markdown", "out", "seed"):
            if values[name] not in (None, False):
                raise UsageError(f"--{name} needs a topic.", "Name one, or say --all; softreg learn lists them.")
    for name in ("scores", "data"):
        takers = [topic.name for topic in COURSE if name in topic.takes]
        if topics and values[name] and not any(name in topic.takes for topic in topics):
            raise UsageError(
                f"The lesson {topics[0].name} takes no {name}.", f"Those that do are {listed(takers, 99)}."
            )
    for name, needed in {
        "target": "data",
        "exclude": "data",
        "separator": "data",
        "encoding": "data",
        "answers": "markdown",
    }.items():
        if values[name] and not values[needed]:
            raise UsageError(f"--{name} has no effect without --{needed}.", "Leave it out.")
    if values["overwrite"] and not (values["markdown"] or values["out"]):
        raise UsageError("--overwrite has no effect without --markdown or --out.", "Leave it out.")
    for name in ("markdown", "as_json", "out", "quiet"):
        if values["quiz"] and values[name]:
            raise UsageError(f"--{name.removeprefix('as_')} has no effect beside --quiz.", "Leave one of them out.")


def _list(as_json: bool) -> None:
    """The topics in order."""
    if as_json:
        from softreg.runs import dumps

        topics = [
            {"number": one.number, "topic": one.name, "title": one.title, "question": one.question} for one in COURSE
        ]
        say(dumps({"topics": topics}), nl=False)
        return
    lines = table([[str(one.number), one.name] for one in COURSE], left=2).splitlines()
    for line, one in zip(lines, COURSE, strict=True):
        say(f"{line:<20}  {one.title}")
    say(row("next", typed("learn", COURSE[0].name)))


def _quiz(lessons: Iterable[Taught]) -> None:
    from softreg.cli.lesson import ask

    right = asked = 0
    for taught in lessons:
        counted = ask(taught)
        right, asked = right + counted.right, asked + counted.asked
        last = taught.topic.name
        say()
        if counted.ended:
            break
    say(row("right", f"{right} of {asked}"))
    say(row("next", typed("learn", last)))


def _show(
    lessons: Iterable[Taught],
    *,
    whole: bool,
    as_json: bool,
    quiet: bool,
    out: str | None,
    markdown: str | None,
    answers: bool,
    overwrite: bool,
) -> None:
    """Draw the lessons and print them as they come; then the hand-out."""
    from softreg.cli.lesson import told
    from softreg.runs import dumps
    from softreg.workflows.learn import drawn, write_handout

    # who wants files gets all of them, whoever reads what is printed
    show = tell if markdown or out else say
    shown: list[Taught] = []
    for taught in lessons:
        # the course's own folder is drawn anew; one that was named may hold what is not ours
        shown.append(drawn(taught, Path(out or FOLDER), overwrite=overwrite or out is None))
        for text in taught.lesson.notes:
            note(text, quiet)
        if not as_json:
            show("\n".join(told(shown[-1])))
            show("\n" if whole else "", nl=False)
    if as_json:
        found = [taught.to_json() for taught in shown]
        show(dumps({"lessons": found} if whole else found[0]), nl=False)
    if markdown:
        write_handout(shown, Path(markdown), answers=answers, overwrite=overwrite)
        if not as_json:
            say(row("hand-out", f"{markdown}  ({plural(len(shown), 'lesson')})"))

"""What holds for every lesson: its numbers are computed, its words are known, and it fits a terminal and a page."""

from __future__ import annotations

import importlib
import inspect
import re
from functools import cache

import numpy as np
import pytest

from softreg.cli.lesson import told
from softreg.errors import UsageError
from softreg.lessons.course import COURSE, Topic, find
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.handout import code_place, handout
from softreg.lessons.lesson import Exercise, Formula, Lesson, Sketch, Table, Text
from softreg.workflows.learn import Taught

topics = pytest.mark.parametrize("topic", COURSE, ids=lambda topic: topic.name)
takes_scores = pytest.mark.parametrize("topic", [one for one in COURSE if "scores" in one.takes], ids=lambda t: t.name)
takes_data = pytest.mark.parametrize("topic", [one for one in COURSE if "data" in one.takes], ids=lambda t: t.name)


@cache
def lesson_of(topic: Topic) -> Lesson:
    return topic.teach(Given())


def templates(lesson: Lesson) -> list[str]:
    """What is said as fact: no formulas, and no questions."""
    said = [*lesson.notice, lesson.caption, *(each.why for each in lesson.exercises)]
    for part in lesson.body:
        match part:
            case Text(template):
                said.append(template)
            case Table(head, rows):
                said += [*head, *(cell for row in rows for cell in row)]
            case Sketch(_, caption):
                said.append(caption)
    return said


def words(lesson: Lesson) -> str:
    """Everything that a lesson says before the hints on where to go on."""
    formulas = [part.template for part in lesson.body if isinstance(part, Formula)]
    questions = [text for each in lesson.exercises for text in (each.question, *each.choices)]
    return " ".join([*templates(lesson), *formulas, *questions]).casefold()


def numbers_in(text: str) -> list[str]:
    """Literal numbers of a template: outside of {fields} and [inputs], and not of a name such as z_1."""
    free = re.sub(r"\{[^{}]*(\{[^{}]*\})?[^{}]*\}|\[[^\]]*\]", " ", text)
    return re.findall(r"(?<![\w.^])\d+(?:\.\d+)?(?![\w])", free)


@topics
def test_no_number_stands_in_the_text_of_a_lesson(topic: Topic) -> None:
    """They come from ``numbers``, which were computed; 0, 1 and 2 and the learner's inputs are the exceptions."""
    for template in templates(lesson_of(topic)):
        assert set(numbers_in(template)) <= {"0", "1", "2"}, template


@topics
def test_every_number_of_a_lesson_is_told_or_drawn(topic: Topic) -> None:
    lesson = lesson_of(topic)

    assert lesson.numbers
    for template in templates(lesson):
        lesson.filled(template)  # raises KeyError for a number that is not there


@topics
def test_a_lesson_uses_no_word_that_a_later_one_introduces(topic: Topic) -> None:
    said = words(lesson_of(topic))
    later = [word for other in COURSE[topic.number :] for word in other.introduces]

    assert [word for word in later if re.search(rf"\b{re.escape(word.casefold())}\b", said)] == []


@topics
def test_a_lesson_uses_the_words_that_it_introduces(topic: Topic) -> None:
    said = words(lesson_of(topic))

    assert [word for word in topic.introduces if word.casefold() not in said] == []


@topics
def test_the_code_that_a_lesson_names_exists(topic: Topic) -> None:
    for name in lesson_of(topic).code:
        module, _, attribute = name.partition(":")
        found = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
        assert (inspect.getsourcefile(found) or "").endswith(code_place(name)[0])


@topics
def test_a_lesson_has_exercises_with_answers_that_are_right(topic: Topic) -> None:
    for exercise in lesson_of(topic).exercises:
        typed = exercise.answer if isinstance(exercise.answer, str) else repr(float(exercise.answer))
        assert exercise.right(typed)
        if exercise.choices:
            assert exercise.answer in exercise.choices
            assert sum(exercise.right(choice) for choice in exercise.choices) == 1
        else:
            assert not exercise.right(repr(float(exercise.answer) + 2.5 * exercise.tolerance))


@topics
def test_a_lesson_fits_an_80_column_terminal(topic: Topic) -> None:
    text = "\n".join(told(Taught(topic, lesson_of(topic))))

    assert max(len(line) for line in text.splitlines()) <= 80
    assert "nan" not in text.split()


@topics
def test_a_hand_out_has_the_same_numbers_and_no_answers(topic: Topic) -> None:
    lesson = lesson_of(topic)
    page = handout(topic, lesson, "picture.png")

    for part in lesson.body:
        if isinstance(part, Formula):
            assert lesson.filled(part.template) in page
    for exercise in lesson.exercises:
        assert lesson.filled(exercise.why) not in page.replace("\\", "")
        assert lesson.filled(exercise.why) in handout(topic, lesson, "p.png", answers=True).replace("\\", "")


@topics
def test_the_same_seed_gives_the_same_lesson(topic: Topic) -> None:
    again = topic.teach(Given())

    assert told(Taught(topic, again)) == told(Taught(topic, lesson_of(topic)))


@topics
def test_a_lesson_draws_a_figure(topic: Topic) -> None:
    figure = lesson_of(topic).draw()

    assert figure.axes
    figure.canvas.draw()


@takes_scores
@pytest.mark.parametrize(
    "scores", [[1.0, 2.0], [0.0, 0.0, 0.0], [3.0, -700.0, 12.5, 1e-9], [-1.0, -2.0, -3.0], list(range(12)), [1e6, 0.0]]
)
def test_a_lesson_takes_the_learners_scores(topic: Topic, scores: list[float]) -> None:
    lesson = topic.teach(Given(scores=np.array(scores, dtype=np.float64)))

    text = "\n".join(told(Taught(topic, lesson)))
    assert text != "\n".join(told(Taught(topic, lesson_of(topic))))
    assert max(len(line) for line in text.splitlines()) <= 80
    lesson.draw().canvas.draw()


@takes_data
def test_other_data_gives_other_numbers(topic: Topic) -> None:
    lesson = topic.teach(Given(rows=rows_of("wine")))

    assert told(Taught(topic, lesson)) != told(Taught(topic, lesson_of(topic)))
    changed = [
        name
        for name, value in lesson.numbers.items()
        if not np.array_equal(np.asarray(value), np.asarray(lesson_of(topic).numbers.get(name)))
    ]
    assert changed


def awkward() -> dict[str, Rows]:
    """Data that a lesson must survive: two classes, one column, a constant column, many classes, few rows."""
    generator = np.random.default_rng(7)
    y = np.arange(60) % 2
    one = generator.normal(size=(60, 1)) + y[:, None]
    many = rows_of("blobs", samples=300, centers=15, seed=1)
    return {
        "one column": Rows("one", one, y, ("height",), ("no", "yes")),
        "a constant column": Rows("constant", np.hstack([one, np.ones((60, 1))]), y, ("a", "b"), ("no", "yes")),
        "fifteen classes": many,
        "nine rows": Rows("nine", generator.normal(size=(9, 3)), np.arange(9) % 3, ("a", "b", "c"), ("x", "y", "z")),
        "odd names": Rows("odd", many.X[many.y < 3], many.y[many.y < 3], ("$x$", "{y}"), ("{a}", "_b*", "c|d")),
    }


@takes_data
@pytest.mark.parametrize("kind", ["one column", "a constant column", "fifteen classes", "nine rows", "odd names"])
def test_a_lesson_takes_the_learners_data_whatever_its_shape(topic: Topic, kind: str) -> None:
    """What does not fit is narrowed, and said; names of columns and classes are text, never templates."""
    rows = awkward()[kind]
    try:
        lesson = topic.teach(Given(rows=rows))
    except UsageError as error:
        assert error.advice  # the lesson can do nothing with such data, and says what to take instead
        return

    text = "\n".join(told(Taught(topic, lesson)))
    assert max(len(line) for line in text.splitlines()) <= 80
    lesson.draw().canvas.draw()


def test_a_topic_is_found_by_what_people_type() -> None:
    for typed, name in {
        "normalisation": "normalization",
        "regularisation": "regularization",
        "generalisation": "generalization",
        "Cross-Entropy": "likelihood",
        "sofmax": "softmax",
        "gradients": "gradient",
        "14": "luce",
        "reg": "regularization",
    }.items():
        assert find(typed).name == name


@pytest.mark.parametrize("typed", ["0", "15", "bayes", "", "--", "xyzzy"])
def test_a_word_that_is_no_topic_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        find(typed)


@pytest.mark.parametrize(
    ("typed", "right"), [("0.25", True), ("1/4", True), ("25%", True), (" .252 ", True), ("0.3", False)]
)
def test_a_number_may_be_typed_in_several_ways(typed: str, right: bool) -> None:
    assert Exercise("?", 0.25, "").right(typed) is right


@pytest.mark.parametrize("typed", ["", "one", "nan", "1/0", "inf"])
def test_what_is_no_number_is_no_answer(typed: str) -> None:
    with pytest.raises(UsageError):
        Exercise("?", 0.25, "").right(typed)

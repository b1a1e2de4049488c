"""Lesson: templates of text, and the numbers computed for them. No number stands in the text itself.

A template names its numbers in braces, ``"p is {p:.3f}"``, and :meth:`Lesson.filled` puts them there: what a reader
sees and what ``--json`` gives are the same numbers, computed when the lesson runs. Literal digits are left to formulas,
to questions, to inputs in square brackets, "[1, 2]", and to 0, 1 and 2.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from softreg.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Exercise", "Formula", "Lesson", "Part", "Sketch", "Table", "Text"]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    template: str


@dataclass(frozen=True)
class Formula:
    """Lines that stay as they are: algebra, a line of NumPy."""

    template: str


@dataclass(frozen=True)
class Table:
    """Rows of cells below a head; each cell is a template."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1


@dataclass(frozen=True)
class Sketch:
    """A picture in characters, made by :mod:`softreg.plots.text`."""

    picture: str
    caption: str = ""


Part = Text | Formula | Table | Sketch


@dataclass(frozen=True)
class Exercise:
    """A question to be answered before the answer is shown.

    ``answer`` is a number, right within ``tolerance``, or one of ``choices``. ``why`` is told once it was answered.
    """

    question: str
    answer: float | str
    why: str
    choices: tuple[str, ...] = ()
    tolerance: float = 0.005

    def right(self, typed: str) -> bool:
        """Return whether what was typed is the answer: a number, a fraction, a percentage; a choice or its letter.

        >>> half = Exercise("?", 0.5, "")
        >>> half.right("1/2"), half.right("50 %"), half.right("0.6")
        (True, True, False)
        >>> Exercise("?", "it falls", "", choices=("it falls", "it rises")).right("a")
        True

        Raises :class:`UsageError` for what is neither a number nor one of the choices.
        """
        if self.choices:
            return self._chosen(typed) == self.answer
        return abs(_number(typed) - float(self.answer)) <= self.tolerance

    def _chosen(self, typed: str) -> str:
        word = typed.strip().casefold().rstrip(".)")
        letters = dict(zip(string.ascii_lowercase, self.choices, strict=False))
        for choice in self.choices:
            if word == choice.casefold():
                return choice
        if word in letters:
            return letters[word]
        raise UsageError(f'"{typed.strip()}" is none of the choices.', f"Type one of {', '.join(letters)}.")


@dataclass(frozen=True)
class Lesson:
    """What one topic teaches, with every number that it tells.

    ``numbers`` fill the templates of ``body``, ``notice`` and ``exercises``: scalars, text, or arrays.
    ``code`` names what of softreg does it, as ``"softreg.functional:softmax"``. ``draw`` makes the picture that
    ``caption`` describes. ``notes`` say what was done to the learner's own numbers.
    """

    numbers: Mapping[str, Any]
    body: tuple[Part, ...]
    notice: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    code: tuple[str, ...]
    references: tuple[str, ...]
    draw: Callable[[], Figure]
    caption: str
    notes: tuple[str, ...] = field(default=())

    def filled(self, template: str) -> str:
        """Return a template with its numbers in place."""
        return _Filler().vformat(template, (), self.numbers)


class _Filler(string.Formatter):
    """``str.format`` that writes every element of an array: ``{p:.2f}`` gives ``0.10, 0.90``."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, np.ndarray) and value.ndim:
            return ", ".join(self.format_field(each, format_spec) for each in value)
        text = format(value.item() if isinstance(value, np.generic) else value, format_spec)
        # subtle: a number that rounds to nothing must not keep its sign, "-0.00"
        return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _number(typed: str) -> float:
    """What a learner may type for a number."""
    text = typed.strip().replace("−", "-")  # as pasted from a book
    share = text.endswith("%")
    try:
        value = float(Fraction(text.rstrip("% ").replace(" ", "")))
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f'"{typed.strip()}" is not a number.', "Type one such as 0.25, 1/4 or 25%.")
    return value / 100 if share else value

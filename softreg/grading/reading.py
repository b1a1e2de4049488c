"""Reading: an answer beside the right one. What came is untrusted: any shape, any type, any size, or nothing at all.

**Tolerance.** A submission may compute in float32 (unit roundoff u = 2^-24). Logits of size M, the sums of at most 8
products, are then known to about 8 u M, and so are log-probabilities, whose errors a probability or a gradient inherits
relatively. Two numbers agree where they differ by less than four times that, relative to the largest number of the
array: 64 u M, where M counts as 64 at least (2.4e-4) for the sums over rows. The mildest of the mistakes that are told
apart moves the answers by several hundredths.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from softreg.errors import listed, plural
from softreg.grading.calls import Answer
from softreg.grading.conventions import expected, logits_of, shapes
from softreg.grading.question import Question
from softreg.grading.spec import Spec

__all__ = ["MOST", "Reading", "agree", "difference", "finite_scale", "numeric", "shape_text"]

MOST = 100_000
"""Answers of more numbers than this are not looked at: every right one is a hundred times smaller."""

MOST_TOLD = 200
"""Letters of an error's own words that are repeated."""

ROUNDOFF = 2.0**-24
LEAST_LOGIT = 64.0


def numeric(value: object) -> np.ndarray | None:
    """Return an array of real numbers in float64, or None where it is none, or far too large.

    >>> numeric(np.array([1, 2])), numeric(np.array(["a"])), numeric(np.array([1j]))
    (array([1., 2.]), None, None)
    """
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub" or value.size > MOST:
        return None
    with np.errstate(all="ignore"):
        return value.astype(np.float64)


def finite_scale(values: np.ndarray) -> float:
    """Return the largest finite size in an array; 0 where there is none."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def difference(values: np.ndarray, wanted: np.ndarray) -> float:
    """Return the largest difference, relative to the largest number wanted; infinite where one is not finite.

    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 4.0])), difference(np.array([np.nan]), np.array([1.0]))
    (0.5, inf)
    """
    if values.shape != wanted.shape or not np.isfinite(values).all():
        return math.inf
    with np.errstate(all="ignore"):
        largest = float(np.abs(values - wanted).max()) if values.size else 0.0
    return largest / (finite_scale(wanted) or 1.0)


def agree(values: np.ndarray, wanted: np.ndarray, tolerance: float, scale: float) -> bool:
    """Whether two arrays are one to rounding: equal shapes but for axes of length 1, infinite and NaN in one place.

    ``scale`` is the size of the right answer: a wrong one that ought to be 0 is only 0 to its rounding.
    """
    values, wanted = values.squeeze(), wanted.squeeze()
    if values.shape != wanted.shape:
        return False
    finite = np.isfinite(wanted)
    if not np.array_equal(np.isfinite(values), finite):
        return False
    if not np.array_equal(values[~finite], wanted[~finite], equal_nan=True):
        return False
    scale = max(scale, finite_scale(wanted))
    with np.errstate(all="ignore"):
        return bool((np.abs(values[finite] - wanted[finite]) <= tolerance * scale).all())


def shape_text(shape: tuple[int, ...]) -> str:
    """Return a shape for a sentence; one with many axes is cut.

    >>> shape_text((3, 5)), shape_text(())
    ('(3, 5)', '()')
    """
    return str(shape) if len(shape) <= 4 else f"with {len(shape)} axes"


@dataclass(frozen=True)
class Reading:
    """One question, the answer to it, and what the answer ought to be."""

    spec: Spec
    question: Question
    answer: Answer

    @property
    def name(self) -> str:
        """The student's own name of the function."""
        function = self.spec.function(self.question.role)
        return function.name if function else self.question.role

    @cached_property
    def expected(self) -> Mapping[str, np.ndarray]:
        """The right answer by parts; see :func:`softreg.grading.conventions.expected`."""
        return expected(self.spec, self.question)

    def said(self, *words: str) -> str:
        """Return what the function returns in the course's own words, for a sentence: ``dW of softmax_loss``."""
        function = self.spec.function(self.question.role)
        own = function.own if function else {}
        return f"{listed(own.get(word, word) for word in words)} of {self.name}"

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What the function returns, in order."""
        function = self.spec.function(self.question.role)
        return function.returns if function else ()

    @cached_property
    def tolerance(self) -> float:
        """How far an answer may be from the right one; see above."""
        given = self.question.given
        known = "logits" in given or "W" in given
        largest = finite_scale(logits_of(self.question)) if known else 0.0
        return 64 * ROUNDOFF * max(LEAST_LOGIT, largest)

    @cached_property
    def raw(self) -> Mapping[str, np.ndarray]:
        """The parts that came and are real numbers, in the shapes in which they came."""
        values = self.answer.values if isinstance(self.answer.values, tuple) else ()
        if self.answer.error or len(values) != len(self.words):
            return {}
        parts = zip(self.words, map(numeric, values), strict=True)
        return {word: part for word, part in parts if part is not None}

    def part(self, word: str) -> np.ndarray | None:
        """Return a part in the right shape, forgiving axes of length 1; None where it is not to be had."""
        came, wanted = self.raw.get(word), shapes(self.spec, self.question)[word]
        if came is None or _long(came.shape) != _long(wanted):
            return None
        return came.reshape(wanted)

    @cached_property
    def problem(self) -> str:
        """Why there is nothing to look at, in one sentence; empty where numbers came, right or wrong."""
        if self.answer.error:
            return self._failed()
        came, wanted = self.answer.values, self.words
        if self.question.role == "batches":
            return ""
        if not isinstance(came, tuple) or len(came) != len(wanted):
            count = len(came) if isinstance(came, tuple) else 0
            return f"{self.name} returned {plural(count, 'value')} in place of {listed(wanted)}."
        for word in wanted:
            if word not in self.raw:
                return f"{self.said(word)} is no array of real numbers of a sensible size."
        return ""

    def right(self, word: str) -> bool:
        """Whether a part agrees with the right answer to rounding."""
        came = self.part(word)
        wanted = self.expected[word]
        return came is not None and agree(came, wanted, self.tolerance, finite_scale(wanted))

    def _failed(self) -> str:
        words = " ".join(str(self.answer.told).split())
        told = f": {words[:MOST_TOLD]}" if words else ""
        ways = {
            "missing": f"{self.name} is not there",
            "time": f"{self.name} took more than its time",
            "memory": f"{self.name} took more than its memory",
            "exit": f"{self.name} ended the program",
            "lost": f"{self.name} gave no answer, since the program had ended",
            "kind": f"{self.name} returned something that is no array, number or tuple of them",
            "raised": f"{self.name} raised an error",
        }
        return f"{ways.get(self.answer.error, f'{self.name} failed')}{told}."


def _long(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)

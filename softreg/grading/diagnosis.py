"""Diagnosis by hypothesis: a mistake is named where it alone reproduces the answers, and the right way does not.

Each thing that a function returns is explained by itself, over all answers in which it came: first by one mistake, and
where none fits by two at once. Where several fit, one that is named alone in another function of the same submission
explains both; otherwise none is named. What a mistake spoils further on (a training by a wrong gradient) is not
explained again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from softreg.errors import listed
from softreg.grading.mistakes import (
    GRADIENT_SUMMED,
    IN_PLACE,
    SWAPPED,
    Kind,
    Way,
    answered,
    descended,
    kinds,
    seen_in,
    swapped,
    turns,
)
from softreg.grading.mistakes.kind import Deviation
from softreg.grading.reading import Reading, agree, finite_scale
from softreg.grading.spec import Spec

__all__ = ["Diagnosis", "diagnose"]

COMPUTED = ("softmax", "cross_entropy", "loss", "gradient", "predict")
ARITHMETIC = ("OverflowError", "ZeroDivisionError", "FloatingPointError", "math domain error", "math range error")
"""What Python's own arithmetic says where NumPy's gives infinity or NaN."""

SUMMED = "sum for "

TRAINED = 1e-3
"""Hundreds of steps multiply rounding; two wrong trainings are further apart than this."""


@dataclass(frozen=True)
class Diagnosis:
    """The mistakes with the names of the functions that show them, and what could not be explained, in words."""

    named: tuple[tuple[Kind, tuple[str, ...]], ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """All answers that one function gave of one thing; None stands for arithmetic that Python refused."""

    function: str
    word: str
    answers: tuple[tuple[Reading, np.ndarray | None], ...]

    @property
    def said(self) -> str:
        """The thing in the course's own words."""
        return self.answers[0][0].said(self.word)

    @property
    def right(self) -> bool:
        """Whether all answers are right to rounding."""
        return all(self._same(reading, came, reading.expected[self.word]) for reading, came in self.answers)

    def fits(self, spec: Spec, way: Way) -> bool:
        """Whether a submission that goes this way gives all these answers."""
        return all(
            self._same(reading, came, answered(way, spec, reading.question)[self.word])
            for reading, came in self.answers
        )

    def shows(self, spec: Spec, way: Way) -> bool:
        """Whether these answers would not be the right ones, if a submission went this way."""
        pairs = ((reading, answered(way, spec, reading.question)[self.word]) for reading, _ in self.answers)
        return not all(self._same(reading, came, reading.expected[self.word]) for reading, came in pairs)

    def candidates(self, spec: Spec) -> list[tuple[Kind, ...]]:
        """Return the mistakes that fit, each alone; where none does, the pairs that fit."""
        known = kinds(spec)
        alone: list[tuple[Kind, ...]] = [
            (kind,) for kind in known if any(self.fits(spec, Way(**way)) for way in kind.ways)
        ]
        if alone:
            return alone
        seen = {kind.name: [way for way in kind.ways if self.shows(spec, Way(**way))] for kind in known}
        return [
            pair
            for pair in combinations([kind for kind in known if seen[kind.name]], 2)
            if any(self.fits(spec, way) for way in _both(*(seen[kind.name] for kind in pair)))
        ]

    def _same(self, reading: Reading, came: np.ndarray | None, wanted: np.ndarray) -> bool:
        if came is None:
            return not bool(np.isfinite(wanted).all())
        return agree(came, wanted, reading.tolerance, finite_scale(reading.expected[self.word]))


Explained = tuple[str, str, tuple[Kind, ...]]
"""A function, the word of what it returned, and the mistakes that explain it."""


def diagnose(spec: Spec, readings: Sequence[Reading], failed: Collection[str] = ()) -> Diagnosis:
    """Return the mistakes that explain a submission's answers; ``failed`` names the checks that cost points."""
    explained, several, doubts = _weighed(spec, readings)
    for evidence, fitting in several:
        named = {kind.name for *_, kinds in explained for kind in kinds}
        known = [group for group in fitting if all(kind.name in named for kind in group)]
        if len(known) == 1:
            explained.append((evidence.function, evidence.word, known[0]))
        else:
            groups = listed((" with ".join(kind.name for kind in group) for group in fitting), most=4)
            doubts.append(f"not told apart in {evidence.said}: {groups}")
    explained += _seen(spec, readings)
    if "training" in failed and not explained and not doubts:
        explained, doubts = _training(spec, readings)
    return Diagnosis(_merged(explained), tuple(doubts))


def _weighed(
    spec: Spec, readings: Sequence[Reading]
) -> tuple[list[Explained], list[tuple[Evidence, list[tuple[Kind, ...]]]], list[str]]:
    """What one explanation fits, what several fit, and what none does."""
    explained: list[Explained] = []
    several, doubts = [], []
    for evidence in _evidence(spec, readings):
        fitting = [] if evidence.right else evidence.candidates(spec)
        if len(fitting) == 1:
            explained.append((evidence.function, evidence.word, fitting[0]))
        elif fitting:
            several.append((evidence, fitting))
        elif not evidence.right:
            doubts.append(f"unexplained: {evidence.said}")
    return explained, several, doubts


def _merged(explained: Sequence[Explained]) -> tuple[tuple[Kind, tuple[str, ...]], ...]:
    """Each mistake once, with all functions that show it.

    A sum for a mean that only gradients show is one more misunderstanding: the loss was divided, and they were not.
    """
    words: dict[str, set[str]] = defaultdict(set)
    for _, word, group in explained:
        for kind in group:
            words[kind.name].add(word)
    merged: dict[str, tuple[Kind, list[str]]] = {}
    for function, _, group in explained:
        for kind in group:
            summed = kind.name.startswith(SUMMED) and all(word.startswith("grad_") for word in words[kind.name])
            shown = GRADIENT_SUMMED if summed else kind
            functions = merged.setdefault(shown.name, (shown, []))[1]
            functions.extend({function}.difference(functions))
    return tuple((kind, tuple(functions)) for kind, functions in merged.values())


def _both(one: Sequence[Deviation], other: Sequence[Deviation]) -> list[Way]:
    """The ways of making two mistakes at once, where they do not exclude each other."""
    return [Way(**a, **b) for a in one for b in other if not set(a) & set(b)]


def _evidence(spec: Spec, readings: Sequence[Reading]) -> list[Evidence]:
    """What each function returned, thing by thing, over all questions that it answered."""
    found = []
    for role in COMPUTED:
        function = spec.function(role)
        # values in another order are judged as none, and named as that
        asked = [reading for reading in readings if reading.question.role == role and not swapped(reading)]
        for word in function.returns if function else ():
            came = [(reading, reading.raw.get(word)) for reading in asked if word in reading.raw or _refused(reading)]
            if came and function:
                found.append(Evidence(function.name, word, tuple(came)))
    return found


def _refused(reading: Reading) -> bool:
    return reading.answer.error == "raised" and any(word in str(reading.answer.told) for word in ARITHMETIC)


def _seen(spec: Spec, readings: Sequence[Reading]) -> list[Explained]:
    """Mistakes that need no computing."""
    changed = dict.fromkeys(reading.name for reading in readings if reading.answer.changed)
    found: list[Explained] = [(function, "", (IN_PLACE,)) for function in changed]
    disordered = dict.fromkeys(reading.name for reading in readings if swapped(reading))
    found += [(function, "", (SWAPPED,)) for function in disordered]
    batches = spec.function("batches")
    if batches:
        asked = [reading for reading in readings if reading.question.role == "batches"]
        shown = seen_in(asked, shuffled="rng" in batches.takes)
        found += [(batches.name, "", (kind,)) for kind in shown]
    return found


def _training(spec: Spec, readings: Sequence[Reading]) -> tuple[list[Explained], list[str]]:
    """Explain a training by plain gradient descent from zero with a wrong gradient."""
    asked = [reading for reading in readings if reading.question.key == "training train" and not reading.problem]
    if not asked:
        return [], []
    reading = asked[0]
    fitting = [kind for kind in kinds(spec) if any(_descends(reading, Way(**way)) for way in kind.ways)]
    if len(fitting) == 1:
        return [(reading.name, "grad_W", (fitting[0],))], []
    names = listed(kind.name for kind in fitting)
    return [], [f"not told apart in {reading.name}: {names}" if fitting else f"unexplained: {reading.name}"]


def _descends(reading: Reading, way: Way) -> bool:
    if not turns(way, reading.spec, reading.question):
        return False
    parts = descended(way, reading.spec, reading.question)
    scale = max(map(finite_scale, parts.values()))
    return all(agree(came, parts[word], TRAINED, scale) for word, came in reading.raw.items())

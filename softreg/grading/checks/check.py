"""Check: what a check asks, how it judges the answers, and what it has to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from softreg.grading.question import Question
from softreg.grading.reading import Reading
from softreg.grading.spec import Spec

__all__ = ["Check", "Outcome", "Piece", "found_by_role", "outcome", "readings_of", "worth"]


@dataclass(frozen=True)
class Piece:
    """One thing that was looked at: the share of its points that it earns, and what was found, with numbers."""

    share: float
    found: str


@dataclass(frozen=True)
class Outcome:
    """What a check found: its pieces, which count alike, and where it is worth seeing a table, heading first."""

    pieces: tuple[Piece, ...]
    table: tuple[tuple[str, ...], ...] = ()

    @property
    def share(self) -> float:
        """The share of the points that is earned, from 0 to 1."""
        return sum(piece.share for piece in self.pieces) / len(self.pieces) if self.pieces else 0.0

    @property
    def found(self) -> str:
        """One sentence or two: what is wrong, or where nothing is, what was seen."""
        wrong = list(dict.fromkeys(piece.found for piece in self.pieces if piece.share < 1))
        if wrong:
            return " ".join(wrong[:2]) + (f" And {len(wrong) - 2} more." if len(wrong) > 2 else "")
        right = list(dict.fromkeys(piece.found for piece in self.pieces))
        return " ".join(right[:1]) + (f" And {len(right) - 1} more like it." if len(right) > 1 else "")


@dataclass(frozen=True)
class Check:
    """One check: its points unless a spec says otherwise, the roles of which it needs one, and its two functions.

    ``ask`` draws the questions from a generator, and gives none where the check has no meaning for a homework.
    ``judge`` is given their readings in the same order. ``hint`` says what to think of where it fails, ``full`` how.
    """

    points: float
    roles: tuple[str, ...]
    ask: Callable[[Spec, np.random.Generator], Iterable[Question]]
    judge: Callable[[Spec, Sequence[Reading]], Outcome]
    hint: str
    full: str


def worth(share: bool | float, right: str, wrong: str) -> Piece:
    """Return a piece that says one of two things."""
    return Piece(float(share), right if share == 1 else wrong)


def readings_of(readings: Sequence[Reading], role: str) -> list[Reading]:
    """Return the readings of one role."""
    return [reading for reading in readings if reading.question.role == role]


def found_by_role(readings: Sequence[Reading], look: Callable[[Reading], Piece]) -> Outcome:
    """Look at each reading by itself; one without numbers earns nothing, and says why."""
    return outcome(Piece(0.0, reading.problem) if reading.problem else look(reading) for reading in readings)


def outcome(pieces: Iterable[Piece], table: tuple[tuple[str, ...], ...] = ()) -> Outcome:
    """Return the outcome of pieces that are about to be made."""
    return Outcome(tuple(pieces), table)

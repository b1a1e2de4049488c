"""Two sides, turn by turn: the ratio of their costs, its spread, and its bar."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Absent", "Bar", "Effort", "Ratio", "at_least", "at_most", "busy", "interleaved"]


REST = 0.1
"""Seconds of rest before each turn: BLAS's and PyTorch's idle threads spin for some hundredths of a second before they
sleep, on the cores that the other side's turn would need."""


@dataclass(frozen=True)
class Effort:
    """How much a run may cost; a quick one shows that everything works, and its numbers say nothing."""

    quick: bool = False
    repeats: int | None = None

    def times(self, usual: int) -> int:
        """Return how often a bench repeats that usually does so ``usual`` times."""
        return self.repeats or (2 if self.quick else usual)


@dataclass(frozen=True)
class Bar:
    """What a ratio has to reach."""

    limit: float
    below: bool

    def met(self, value: float) -> bool:
        return value <= self.limit if self.below else value >= self.limit

    def __str__(self) -> str:
        return f"at {'most' if self.below else 'least'} {self.limit:.3g}"


def at_most(limit: float) -> Bar:
    return Bar(limit, below=True)


def at_least(limit: float) -> Bar:
    return Bar(limit, below=False)


@dataclass(frozen=True)
class Ratio:
    """One ratio for each repeat, and the bar that their median is held against."""

    what: str
    values: tuple[float, ...]
    bar: Bar

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    @property
    def met(self) -> bool:
        return self.bar.met(self.median)

    def cells(self) -> list[str]:
        """Return the row's cells: what, ratio, spread, bar, met?"""
        low, high = self.quartiles
        spread = f"{low:.2f} to {high:.2f} of {len(self.values)}"
        return [self.what, f"{self.median:.2f}", spread, str(self.bar), "yes" if self.met else "**no**"]


@dataclass(frozen=True)
class Absent:
    """A bench that cannot run here, and why."""

    what: str
    why: str

    def cells(self) -> list[str]:
        return [self.what, "-", self.why, "-", "-"]


def busy(seconds: float = 5.0) -> float | None:
    """Return how many cores others keep busy while this process sleeps; None where the system does not tell."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None

    def jiffies() -> tuple[int, int]:
        """All cores' time in all and idle: the first line is user, nice, system, idle, iowait, ..."""
        times = [int(number) for number in stat.read_text().splitlines()[0].split()[1:9]]
        return sum(times), times[3] + times[4]

    before = jiffies()
    time.sleep(seconds)
    total, idle = (now - then for now, then in zip(jiffies(), before, strict=True))
    return (1 - idle / total) * (os.cpu_count() or 1) if total else None


Clock = Callable[[], float]


def interleaved(
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    repeats: int,
    *,
    within: AbstractContextManager[Any] | None = None,
    clock: Clock = time.perf_counter,
) -> list[tuple[float, float]]:
    """Return ``repeats`` pairs of seconds (ours, theirs), measured turn by turn after one untimed turn of each.

    Turn by turn, because a machine that slows down then slows both sides of a pair. Each of our turns is taken
    ``within`` a context, opened and closed off the clock: what a whole ``fit`` sets up once, and theirs must not feel.
    """

    def turns() -> tuple[float, float]:
        with within or nullcontext():
            our_seconds = _seconds(ours, clock)
        return our_seconds, _seconds(theirs, clock)

    turns()
    return [turns() for _ in range(repeats)]


def _seconds(side: Callable[[], Any], clock: Clock) -> float:
    time.sleep(REST)
    began = clock()
    side()
    return clock() - began

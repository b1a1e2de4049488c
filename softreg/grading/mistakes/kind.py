"""Kind: one known mistake, how it is computed, and what a student is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Deviation", "Kind"]

Deviation = Mapping[str, Any]
"""Choices of :class:`softreg.grading.mistakes.way.Way` that are not the right ones."""


@dataclass(frozen=True)
class Kind:
    """A mistake by its name, and the ways of making it, any of which is this one mistake.

    ``says`` tells what is wrong, ``short`` where to look without giving the line away, ``full`` shows the formula and
    names what to read.
    """

    name: str
    ways: tuple[Deviation, ...]
    says: str
    short: str
    full: str

    def hint(self, level: str) -> str:
        """Return the hint of a level: none, short or full."""
        return {"short": self.short, "full": self.full}.get(level, "")

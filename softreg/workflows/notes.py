"""Notes that several use cases tell of the rows they were given."""

from __future__ import annotations

from collections.abc import Mapping

from softreg.errors import listed, plural

__all__ = ["otherwise", "strangers_told"]


def otherwise(filled: Mapping[str, int], unseen: Mapping[str, int]) -> list[str]:
    """Return notes on values that are not as training knew them, by column."""
    notes = []
    if filled:
        notes.append(f"Missing values were filled in as in training: {_counted(filled)}.")
    if unseen:
        notes.append(f"Values that training had not count as none of the known ones: {_counted(unseen)}.")
    return notes


def strangers_told(count: int, strangers: Mapping[str, int]) -> str:
    """Return a note on labels that the model does not know.

    >>> strangers_told(3, {"Emu": 2, "Kiwi": 1})
    '3 rows have a class that the model does not know: Emu (2), Kiwi (1).'
    """
    have = "has a class" if count == 1 else "have a class"
    return f"{plural(count, 'row')} {have} that the model does not know: {_counted(strangers)}."


def _counted(counts: Mapping[str, int]) -> str:
    return listed(f"{name} ({count})" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))

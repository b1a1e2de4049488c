"""Notes on rows that are not as training knew them, in the same words for answers and for scores."""

from __future__ import annotations

from collections.abc import Mapping

from softreg.errors import listed

__all__ = ["MEND", "otherwise", "rows_of", "unknown_classes"]

MEND = "Fill in or mend such rows: the model needs this column."


def otherwise(filled: Mapping[str, int], unseen: Mapping[str, int]) -> list[str]:
    """Return notes on values that are not as training knew them, by column."""
    notes = []
    if filled:
        notes.append(f"Missing values were filled in as in training: {_counted(filled)}.")
    if unseen:
        notes.append(f"Values that training had not count as none of the known ones: {_counted(unseen)}.")
    return notes


def unknown_classes(count: int, strangers: Mapping[str, int]) -> str:
    """Return a note on labels that the model does not know."""
    have = "has a class" if count == 1 else "have a class"
    return f"{rows_of(count)} {have} that the model does not know: {_counted(strangers)}."


def _counted(counts: Mapping[str, int]) -> str:
    return listed(f"{name} ({count})" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))


def rows_of(count: int) -> str:
    """Return how many rows, in words."""
    return f"{count} row{'' if count == 1 else 's'}"

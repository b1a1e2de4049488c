"""Class labels: text as it was given, the order of the classes, and their codes."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from softreg.errors import DataError
from softreg.files import most_unfolded

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["alike_note", "as_text", "classes_of", "encode", "refuse_long", "refuse_quantity", "text_array"]

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)

MOST_FRACTIONS = 20
"""A target with a number that is not whole may have this many distinct values."""

LONGEST = 1000
"""Letters of a label, or of what else names rows; longer ones are taken while they are few."""

MOST_WHOLES = 100
"""A target of whole numbers may have this many distinct values, or a tenth of its rows, whichever is more."""


def classes_of(labels: np.ndarray) -> tuple[str, ...]:
    """Return the distinct labels: as numbers ascend when all are finite numbers, otherwise as text does.

    Labels that are equal as numbers stay distinct classes, in the order of their text. A label of ``""`` is none.

    >>> classes_of(np.array(["10", "9", "09", "9"]))
    ('09', '9', '10')
    >>> classes_of(np.array(["b", "10", "9"]))
    ('10', '9', 'b')

    Raises
    ------
    DataError
        There are fewer than two classes.
    """
    found = set(labels.tolist()) - {""}
    if len(found) < 2:
        what = f'Every label is "{found.pop()}": there is one class only.' if found else "No row has a label."
        raise DataError(what, "Softmax regression needs rows of at least two classes.")
    numbers = _numbers(found)
    if numbers is None:
        return tuple(sorted(found))
    return tuple(sorted(found, key=lambda label: (numbers[label], label)))


def alike_note(classes: Sequence[str]) -> tuple[str, ...]:
    """Return a note on classes that differ only in case or white space, or nothing.

    >>> alike_note(["cat", "Cat ", "dog"])
    ('The classes "cat" and "Cat " differ only in case or spaces, and count as two.',)
    """
    groups: dict[str, list[str]] = {}
    for name in classes:
        groups.setdefault(" ".join(name.split()).casefold(), []).append(name)
    notes = []
    for group in groups.values():
        if len(group) > 1:
            named = " and ".join(f'"{name}"' for name in group)
            count = "two" if len(group) == 2 else len(group)
            notes.append(f"The classes {named} differ only in case or spaces, and count as {count}.")
    return tuple(notes)


def encode(labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return the index of each label in ``classes``, shape (n_samples,) int64; -1 for a label that is not there.

    >>> encode(np.array(["b", "a", "z"]), ["a", "b"]).tolist()
    [1, 0, -1]
    """
    index = {name: code for code, name in enumerate(classes)}
    return np.fromiter((index.get(label, -1) for label in labels.tolist()), dtype=np.int64, count=len(labels))


def as_text(values: np.ndarray) -> np.ndarray:
    """Return labels as text: whole numbers without ``.0``, other numbers at full precision, missing ones as ``""``.

    >>> as_text(np.array([1.0, 2.5, np.nan])).tolist()
    ['1', '2.5', '']
    """
    if values.dtype.kind in "biuf":
        distinct, inverse = np.unique(values, return_inverse=True)
        return np.array([_text(value) for value in distinct.tolist()], dtype=np.str_)[inverse]
    return np.array([_text(value) for value in values.tolist()], dtype=np.str_)


def text_array(values: Sequence[str], name: str) -> np.ndarray:
    """Return texts as an array, which gives each of them the room of the longest; errors as for :func:`refuse_long`."""
    refuse_long(max(map(len, values), default=0), len(values), name)
    return np.array(values, dtype=np.str_)


def refuse_long(longest: int, count: int, name: str) -> None:
    """Raise DataError where the texts of a column, the longest of which has so many letters, would fill the memory."""
    if longest > LONGEST and 4 * longest * count > most_unfolded(0):
        what = f'Column "{name}" has a value of {longest} letters: it names neither a class nor anything else.'
        raise DataError(what, "Shorten or mend it, or name another column.")


def refuse_quantity(labels: np.ndarray, target: str, *, alone: bool = False) -> None:
    """Raise DataError where the labels look like a quantity to be predicted, not like classes.

    Where they are not ``alone``, another column may be named in their place.

    All labels must be numbers for that. It is a quantity if one of them is not whole and more than 20 are distinct,
    or if all are whole and more than 100, and more than a tenth of the rows, are distinct.
    """
    found = set(labels.tolist()) - {""}
    numbers = _numbers(found) if len(found) > MOST_FRACTIONS else None
    if numbers is None:
        return
    whole = all(number.is_integer() for number in numbers.values())
    if whole and len(found) <= max(MOST_WHOLES, len(labels) / 10):
        return
    raise DataError(
        f'"{target}" holds {len(found)} different numbers in {len(labels)} rows: it looks like a quantity, '
        "and softreg classifies.",
        "Cut the quantity into classes first."
        if alone
        else "Name another column with --target, or cut the quantity into classes first.",
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _numbers(found: set[str]) -> dict[str, float] | None:
    """The labels as numbers, or None unless every one is a finite number."""
    numbers = {label: float(label) for label in found if _NUMBER.fullmatch(label)}
    return numbers if len(numbers) == len(found) and all(map(math.isfinite, numbers.values())) else None

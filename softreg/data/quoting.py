"""Where the records of a CSV end: at a line feed that is not quoted, whatever the quotation marks look like.

Where they stand as they should (around whole fields, and twice within them) an even number of them lies before the end
of every record. That is fast to see. Where one stands elsewhere (5" pipe), Python's ``csv`` tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from softreg.data.dialect import records

__all__ = ["ends_of", "scanned", "unquoted", "well_quoted"]

_RETURN = "\udc0d"  # stands for a carriage return within a line, which the csv module refuses; no text has it


def well_quoted(content: bytes, separator: str) -> bool:
    r"""Return whether all quotation marks stand where they should; the last field may not be closed yet.

    >>> well_quoted(b'"a ""b"" c",d\n', ","), well_quoted(b'5" pipe,d\n', ","), well_quoted(b'"a"b,d\n', ",")
    (True, False, False)
    """
    if b'"' not in content:
        return True
    byte = np.frombuffer(content, np.uint8)
    marks = np.flatnonzero(byte == ord('"'))
    opening, closing = marks[::2], marks[1::2]
    before = byte[opening[opening > 0] - 1]
    after = byte[closing[closing < len(byte) - 1] + 1]
    return bool(np.isin(before, _codes(f'"\n{separator}')).all() and np.isin(after, _codes(f'"\r\n{separator}')).all())


def ends_of(content: bytes, separator: str) -> np.ndarray:
    r"""Return the places behind the records that are known to be whole, from where a record begins.

    >>> ends_of(b'"a\nb",c\nd,e\nf', ",").tolist()
    [8, 12]
    """
    if well_quoted(content, separator):
        return unquoted(np.frombuffer(content, np.uint8), "\n") + 1
    # the last one may go on
    return np.array([end for _, end in scanned(content, separator)][:-1], dtype=np.intp)


def unquoted(byte: np.ndarray, mark: str) -> np.ndarray:
    """Return the places of a character with an even number of quotation marks before it."""
    places, quotes = np.flatnonzero(byte == ord(mark)), np.flatnonzero(byte == ord('"'))
    return places[np.searchsorted(quotes, places) % 2 == 0] if len(quotes) else places


def scanned(content: bytes, separator: str) -> Iterator[tuple[list[str], int]]:
    r"""Yield every record, as Python's ``csv`` reads it, and the place behind it; bytes that are no text as surrogates.

    >>> list(scanned(b'5" pipe,"a\nb"\n\nc\n', ","))
    [(['5" pipe', 'a\nb'], 14), ([], 15), (['c'], 17)]
    """
    position = 0

    def lines() -> Iterator[str]:
        nonlocal position
        start = 0
        while start < len(content):
            position = content.find(b"\n", start) + 1 or len(content)
            yield _without_returns(content[start:position].decode("utf-8", "surrogateescape"))
            start = position

    text: Any = lines()
    for record in records(text, separator):
        yield [value.replace(_RETURN, "\r") for value in record], position


def _without_returns(line: str) -> str:
    """The line with a mark for every carriage return but that of its end."""
    end = len(line.removesuffix("\n").removesuffix("\r"))
    return line[:end].replace("\r", _RETURN) + line[end:] if "\r" in line[:end] else line


def _codes(characters: str) -> np.ndarray:
    return np.frombuffer(characters.encode(), np.uint8)

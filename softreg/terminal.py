"""The terminal: what reaches it holds no character that could steer it, whatever data and the names of files hold.

Control characters, escape sequences of old and new kind (C0 and C1), marks that turn the direction of writing, and
halves of surrogate pairs are shown as U+FFFD. Where results are for a program, in a pipe or a file, their bytes are as
they are; JSON has an escape for each of these characters, and means the same.
"""

from __future__ import annotations

import codecs
import re
import sys
from typing import Any, Protocol

__all__ = ["Sink", "escaped", "printable", "standard_output"]

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
_UNUSUAL = re.compile(r"[^ -~]")


class Sink(Protocol):
    """Takes bytes."""

    def write(self, content: Any, /) -> int:
        """Take bytes, and return how many."""

    def flush(self) -> None:
        """Pass on what was taken."""


def printable(text: object, kept: str = "\n") -> str:
    r"""Return text in which U+FFFD stands for each character that is not printable; those of ``kept`` stay.

    >>> printable("red\x1b[31m\n")
    'red�[31m\n'
    """
    return _UNUSUAL.sub(lambda match: match[0] if match[0] in kept or match[0].isprintable() else UNKNOWN, str(text))


def escaped(text: str) -> str:
    r"""Return a JSON text in which characters that are not printable are escaped; it means the same.

    >>> escaped('"\x9b31m Ω"')
    '"\\u009b31m Ω"'
    """
    return _UNUSUAL.sub(lambda match: _escape(match[0]), text)


def _escape(char: str) -> str:
    if char.isprintable() or char == "\n":
        return char
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def standard_output() -> Sink:
    """Return what takes a result's bytes: standard output as it is, or where that is a terminal, cleaned."""
    return _Screen() if sys.stdout.isatty() else sys.stdout.buffer


class _Screen:
    """A terminal that takes UTF-8, and shows it without what could steer it."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, content: Any) -> int:
        sys.stdout.write(printable(self._decoder.decode(content)))
        return len(content)

    def flush(self) -> None:
        sys.stdout.flush()

"""Standard streams that may be closed, full, or without a reader."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any, TextIO

__all__ = ["open_streams", "silence"]


class _Named(io.FileIO):
    """Standard output, which says of an error whose it is."""

    def write(self, content: Any) -> int:
        """Write."""
        try:
            return super().write(content)
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard output") from None


class _Deaf(io.FileIO):
    """Standard error, which says nothing of errors: there would be nobody to tell."""

    def write(self, content: Any) -> int:
        """Write what can be written."""
        try:
            return super().write(content)
        except OSError:
            return len(memoryview(content).cast("B"))


def open_streams() -> None:
    """Make sure that all three streams are there, so that none is taken for a file which is opened later.

    What is said on stderr is beside the result, and cannot fail: a training whose terminal is gone goes on.
    """
    for number, flags in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest number that is free, which is this one
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    if os.name == "posix":  # a console of Windows is no file
        sys.stdout = _text(_Named(1, "w", closefd=False), sys.stdout)
        sys.stderr = _text(_Deaf(2, "w", closefd=False), sys.stderr)


def _text(raw: io.FileIO, before: TextIO | None) -> TextIO:
    """A stream of text that writes to this one, as the one before it did, where there was one."""
    encoding = None if before is None else before.encoding
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, line_buffering=raw.isatty())


def silence() -> None:
    """Let stdout lead nowhere: what is still buffered must not raise again."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)

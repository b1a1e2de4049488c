"""Streams: a table of any size, a block at a time, from a file or from a pipe that is still being written to.

A stream tells its columns at once. What a block costs to parse is paid by whoever calls the parser, on any thread.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from softreg.data.cutting import LONGEST, cut, decoded, first_end, inflated, pieces_of
from softreg.data.dialect import as_utf8, detect
from softreg.data.quoting import scanned
from softreg.errors import DataError, reason

if TYPE_CHECKING:
    from softreg.data.blocks import Block, Wanted
    from softreg.settings import SourceSettings

__all__ = ["NAMELESS", "CsvStream", "Stream", "opened"]

NAMELESS = "\0"
"""What the name of a column begins with that has none: no text table has a NUL."""


class Stream(Protocol):
    """A table that is read a block at a time.

    ``columns`` are those that have a name; in ``every`` the others are there too, of a text called NUL and their
    place.
    """

    name: str
    columns: tuple[str, ...]
    every: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def separator(self) -> str | None:
        """What stands between the fields of text; None where there is none."""

    def pieces(self) -> Iterator[Any]:
        """Yield what the parser takes, once."""

    def parser(self, wanted: Wanted) -> Callable[[Any], Block]:
        """Return the function that turns a piece into a block; several threads may call it."""


@contextlib.contextmanager
def opened(spec: str, source: SourceSettings) -> Iterator[Stream]:
    """Open a table: a path, or ``-`` for CSV on standard input.

    Raises
    ------
    DataError
        It cannot be read, or its header cannot be used.
    """
    path = Path(spec).expanduser()
    if path.suffix.lower() == ".parquet":
        from softreg.data.slices import ParquetStream

        yield ParquetStream(path)
        return
    with contextlib.ExitStack() as stack:
        try:
            file = sys.stdin.buffer if spec == "-" else stack.enter_context(path.open("rb", buffering=0))
            stream = CsvStream(file, "stdin" if spec == "-" else path.name, source)
        except OSError as error:
            raise DataError(f"{spec} cannot be read: {reason(error)}.", "Check the path.") from error
        yield stream


class CsvStream:
    """A CSV, gzipped or not, of which the header and the first row have been read."""

    def __init__(self, file: IO[bytes], name: str, source: SourceSettings) -> None:
        as_utf8(b"", name, source.encoding)  # refuses a name that is none
        text = decoded(inflated(pieces_of(file, name), name), name, source.encoding)
        head = b""
        # subtle: read before polars is imported, whose handler of Ctrl-C would let a waiting read wait on
        while head.find(b"\n", first_end(head)) < 0 and len(head) < LONGEST and (piece := next(text, b"")):
            head += piece
        if b"\n" not in head:
            head = head.replace(b"\r", b"\n")  # as old Macintoshes ended their lines
        self.name = name
        self._dialect = detect(head[: head.rfind(b"\n") + 1] or head, name, source.separator)
        self.separator = self._dialect.separator
        header, end = _header(head, name, self.separator)
        self._blocks = cut(chain([head[end:]], text), name, self.separator)
        from softreg.data.tables import nameless_note, usable

        self.columns = usable(header, name)
        self.every = tuple(column or f"{NAMELESS}{place}" for place, column in enumerate(header))
        self.notes = (*self._dialect.notes, *nameless_note(header))

    def pieces(self) -> Iterator[bytes]:
        """Yield blocks of whole records."""
        return self._blocks

    def parser(self, wanted: Wanted) -> Callable[[bytes], Block]:
        """Return what parses them."""
        from softreg.data.parsing import CsvParser

        return CsvParser(self.every, self._dialect, wanted)


def _header(head: bytes, name: str, separator: str) -> tuple[list[str], int]:
    """The names of the columns, and the place behind them."""
    record, end = next(scanned(head, separator), ([], 0))
    header = [column.strip() for column in record]
    if b"\0" in head[:end]:
        raise DataError(f"{name}: the header holds a NUL byte.", "Text has none: mend or remove it.")
    try:
        head[:end].decode()
    except UnicodeDecodeError as error:
        shown = head[max(error.start - 20, 0) : min(error.start + 20, end)].decode("utf-8", "backslashreplace")
        what = f'{name}: the header is not UTF-8 text, at "{shown.strip()}".'
        raise DataError(what, "Type --encoding latin-1, or whichever it is.") from error
    if not any(header):
        what = f"{name} has no header: its first row is blank." if head.strip() else f"{name} is empty."
        raise DataError(what, "Give a table with a header and at least one row.")
    return header, end

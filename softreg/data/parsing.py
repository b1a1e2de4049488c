"""From the bytes of some records to a block: fast where they are as they should be.

A block is parsed by polars, its numbers at once as numbers. Only columns in which some value is no number are looked at
again as text, and only blocks in which a record has too many or too few fields go through Python's ``csv``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
import polars as pl

from softreg.data.blocks import Block, Fault, Rows, Wanted, assembled, shown
from softreg.data.dialect import Dialect
from softreg.data.quoting import scanned, unquoted, well_quoted

__all__ = ["CsvParser", "written"]


class CsvParser:
    """Parses blocks of a CSV. What it remembers changes its speed and not its answers, so threads may share it."""

    def __init__(self, names: Sequence[str], dialect: Dialect, wanted: Wanted) -> None:
        self._dialect = dialect
        self._wanted = wanted
        self._names = names
        self._places = {name: place for place, name in enumerate(names)}
        self._numbers = [name for name in wanted.inputs if name not in wanted.texts]
        self._untidy: set[str] = set()  # columns of which a value was no number: read as text from then on

    def __call__(self, content: bytes) -> Block:
        """Return the rows of a block of whole records."""
        tidy = _is_text(content) and well_quoted(content, self._dialect.separator)
        rows = (self._tidy(content) if tidy else None) or self._untidied(content)
        label = self._wanted.label
        labels = rows.texts[label] if label else None
        return assembled(rows, self._wanted, labels, decimal_comma=self._dialect.decimal_comma)

    def _tidy(self, content: bytes) -> Rows | None:
        """The rows by polars; None where a record has too many or too few fields."""
        content = content if content.endswith(b"\n") else content + b"\n"
        blank = None
        try:
            # subtle: only of whole records polars says that one has too many fields; to a short one, and for a blank
            # line, it adds nulls; and blank lines at the start confuse it
            frame = None if content.startswith((b"\n", b"\r\n")) else self._parsed(content)
            if frame is None or frame[self._names[-1]].null_count():
                widths, blank, content = _judged(content, self._dialect.separator)
                if (widths != len(self._names)).any():
                    return None
                frame = self._parsed(content) if frame is None or blank.any() else frame
            untidy = [column.name for column in frame if column.dtype == pl.Float64 and column.null_count()]
            if untidy:
                self._untidy.update(untidy)
                frame = frame.with_columns(self._parsed(content, untidy))
        except pl.exceptions.PolarsError:
            return None
        places = np.arange(frame.height) if blank is None else np.flatnonzero(~blank)
        lines = _lines(content, frame.height) if self._wanted.lines else None
        return Rows(frame, frame, places, frame.height if blank is None else len(blank), lines=lines)

    def _parsed(self, content: bytes, names: Sequence[str] | None = None) -> pl.DataFrame:
        """The records as a frame: all columns, or those of these names."""
        numbers = {name for name in self._numbers if name not in self._untidy}
        return pl.read_csv(
            content,
            has_header=False,
            columns=None if names is None else [self._places[name] for name in names],
            separator=self._dialect.separator,
            decimal_comma=self._dialect.decimal_comma,
            ignore_errors=True,  # a number that is none is null, and then looked at as text
            schema={name: pl.Float64 if name in numbers else pl.String for name in self._names},
        )

    def _untidied(self, content: bytes) -> Rows:
        """The rows by Python's ``csv``: of a bad one what can be read, the rest missing."""
        separator, width = self._dialect.separator, len(self._names)
        found = list(scanned(content, separator))
        places = [place for place, (record, _) in enumerate(found) if record]
        rows = [found[place][0] for place in places]
        starts = [0, *(end for _, end in found)]
        lines = [content[starts[place] : starts[place + 1]].removesuffix(b"\n").removesuffix(b"\r") for place in places]
        faults = {row: fault for row, record in enumerate(rows) if (fault := fault_of(record, width))}
        for row in faults:
            rows[row] = [_readable(value) for value in rows[row][:width]] + [""] * (width - len(rows[row]))
            lines[row] = written(rows[row], separator)
        frame = pl.DataFrame(rows, schema=dict.fromkeys(self._names, pl.String), orient="row")
        frame = frame.with_columns(pl.all().replace("", None))
        kept = lines if self._wanted.lines else None
        return Rows(frame, frame, np.array(places, np.intp), len(found), faults, kept)


def fault_of(record: Sequence[str], width: int) -> Fault | None:
    """Return what is wrong with a record, decoded with ``surrogateescape``; None if nothing is."""
    text = "".join(record)
    if "\0" in text:
        return Fault("there is a NUL byte", "A text table has none: mend or remove it.")
    if not text.isascii() and any("\udc80" <= char <= "\udcff" for char in text):
        word = next(value for value in record if _readable(value) != value).encode("utf-8", "surrogateescape")
        other = "cp1252" if any(0x80 <= byte < 0xA0 for byte in word) else "latin-1"
        advice = f"If it should read {shown(word.decode(other, 'replace'))}, type --encoding {other}."
        return Fault(f"{shown(word.decode('utf-8', 'backslashreplace'))} is not UTF-8 text", advice)
    if len(record) != width:
        fields = "is 1 field" if len(record) == 1 else f"are {len(record)} fields"
        advice = "Mend that row; a field that holds the separator needs quotation marks."
        return Fault(f"there {fields}, and the header has {width}", advice)
    return None


def _is_text(content: bytes) -> bool:
    """Whether the bytes are UTF-8 without a NUL."""
    try:
        return b"\0" not in content and (content.isascii() or bool(content.decode()))
    except UnicodeDecodeError:
        return False


def _readable(value: str) -> str:
    """Text in which a mark stands for every byte that is none."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def written(record: Sequence[str], separator: str) -> bytes:
    """Return the line of a record, without its end."""
    text = io.StringIO(newline="")
    # subtle: only of the characters of its line end the csv module knows that they need quotation marks
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerow(record)
    return text.getvalue().removesuffix("\r\n").encode()


def _lines(content: bytes, n_rows: int) -> list[bytes]:
    """The records, each of which has a line feed at its end, without their line ends."""
    lines = content.split(b"\n")[:-1]
    if len(lines) != n_rows:  # some line feeds are quoted
        ends = unquoted(np.frombuffer(content, np.uint8), "\n").tolist()
        lines = [content[start:end] for start, end in zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True)]
    return [line.removesuffix(b"\r") for line in lines] if b"\r" in content else lines


def _judged(content: bytes, separator: str) -> tuple[np.ndarray, np.ndarray, bytes]:
    """How many fields each row has, which records are blank lines and no rows, and the content without these."""
    byte = np.frombuffer(content, np.uint8)
    stops = unquoted(byte, "\n") + 1
    if not len(stops) or stops[-1] < len(byte):
        stops = np.append(stops, len(byte))
    lengths = np.diff(stops, prepend=0)
    blank = (byte[stops - 1] == ord("\n")) & ((lengths == 1) | ((lengths == 2) & (byte[stops - 2] == ord("\r"))))
    widths = np.diff(np.searchsorted(unquoted(byte, separator), stops), prepend=0)[~blank] + 1
    return widths, blank, byte[np.repeat(~blank, lengths)].tobytes() if blank.any() else content

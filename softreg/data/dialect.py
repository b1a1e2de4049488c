"""From the bytes of a text table to UTF-8, and what stands between its fields. Standard library only.

A table is unzipped where it is gzip, decoded (UTF-8, or UTF-16 with its mark, or what ``--encoding`` says), and its
separator is found: the one that splits the first rows as it splits the header.
"""

from __future__ import annotations

import codecs
import csv
import encodings.aliases
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from softreg.errors import DataError, UsageError, did_you_mean, reason
from softreg.files import most_unfolded

__all__ = ["SEPARATORS", "Dialect", "as_utf8", "detect", "mark_of", "misread", "no_table", "records", "unzipped"]

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""The separators that are recognised, and what they are called; the first is the usual one."""

_WORDS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "\\t": "\t"}
_BOM = codecs.BOM_UTF8
_GZIP = b"\x1f\x8b"
_HEAD = 2**20  # bytes in which a dialect is looked for
_ROWS = 100  # and rows of them by which the separator is judged
_CHUNK = 2**22  # bytes decoded at a time: text takes up to four times the memory of bytes
_ANY_LENGTH = 2**31 - 1  # of a field: the csv module stops at 131072 characters unless told

_COMMA_NUMBER = re.compile(r"\s*[+-]?\d+,\d+([eE][+-]?\d+)?\s*", re.ASCII)
_POINT_NUMBER = re.compile(r"\s*[+-]?\d*\.\d+([eE][+-]?\d+)?\s*", re.ASCII)


@dataclass(frozen=True)
class Dialect:
    """How a text table separates its fields and writes its numbers; ``notes`` say what is not as the name tells."""

    separator: str = ","
    decimal_comma: bool = False
    notes: tuple[str, ...] = ()


def detect(content: bytes, name: str, separator: str | None = None) -> Dialect:
    r"""Return the dialect of a table in UTF-8, of which the first rows are enough; ``separator`` is not questioned.

    A name that ends in .tsv (or .tsv.gz) prefers tabs; a table of one column is one with commas. The comma is decimal
    where it does not separate and more of the first rows' numbers are written with it than with a point.

    >>> detect(b"height;label\n1,5;x\n2;y\n", "new.csv")  # doctest: +NORMALIZE_WHITESPACE
    Dialect(separator=';', decimal_comma=True,
            notes=('new.csv is separated by semicolons.', 'new.csv writes numbers with a decimal comma ("1,5").'))
    >>> detect(b'"a;b",label\n1,x\n', "new.csv")
    Dialect(separator=',', decimal_comma=False, notes=())
    """
    head, cut = content[:_HEAD].decode("utf-8", "ignore"), len(content) > _HEAD
    expected = _expected(name)
    mark = mark_of(separator) if separator else _likeliest(head, expected, cut=cut)
    notes = []
    if not separator and mark != expected:
        notes.append(f"{name} is separated by {SEPARATORS[mark]}.")
    example = _decimal_comma(head, mark)
    if example:
        notes.append(f'{name} writes numbers with a decimal comma ("{example}").')
    return Dialect(mark, example is not None, tuple(notes))


def mark_of(separator: str) -> str:
    r"""Return the character that a user's word for a separator means.

    >>> mark_of("tab"), mark_of("\\t"), mark_of(";")
    ('\t', '\t', ';')
    """
    mark = _WORDS.get(separator.lower(), separator)
    if len(mark) != 1 or not mark.isascii() or not (mark.isprintable() or mark == "\t") or mark == '"':
        raise UsageError(f'"{separator}" is no separator.', "Give one character, or comma, semicolon, tab or bar.")
    return mark


def records(text: io.TextIOBase, separator: str, *, strict: bool = False) -> Iterator[list[str]]:
    """Yield the records of an open text (``newline=""``), whose fields may have any length; blank lines are empty.

    If ``strict``, ``csv.Error`` for a quotation mark that is never closed, and for text behind one that is.
    """
    # Subtle: the limit belongs to the process; to set it back would cut off a reader that is not at its end yet.
    csv.field_size_limit(_ANY_LENGTH)
    yield from csv.reader(text, delimiter=separator, strict=strict)


def _expected(name: str) -> str:
    """The separator that a file's name promises."""
    return "\t" if name.lower().removesuffix(".gz").endswith(".tsv") else ","


def _likeliest(head: str, expected: str, *, cut: bool) -> str:
    """The separator that splits most of the first rows as it does the header, and these into most fields."""
    chosen, best = expected, (0.0, 0)
    for mark in dict.fromkeys((expected, *SEPARATORS)):
        width, *widths = _widths(head, mark, cut=cut)
        if width > 1 and mark == expected == "\t":
            return mark
        fit = (widths.count(width) / len(widths) if widths else 1.0, width)
        if width > 1 and fit > best:
            chosen, best = mark, fit
    return chosen


def _widths(head: str, mark: str, *, cut: bool) -> list[int]:
    """Number of fields in the header and the first rows; the last record of a text that was cut is no whole one."""
    widths = [len(record) for record in islice(_readable(head, mark), _ROWS) if record]
    return widths[:-1] if cut and 1 < len(widths) < _ROWS else widths or [0]


def _readable(head: str, mark: str) -> Iterator[list[str]]:
    """The records up to one that the csv module refuses."""
    try:
        yield from records(io.StringIO(head, newline=""), mark)
    except csv.Error:
        return


def _decimal_comma(head: str, mark: str) -> str | None:
    """A number of the first rows that is written with a decimal comma, where most are."""
    if mark == "," or "," not in head:
        return None
    fields = [field for record in islice(_readable(head, mark), 1, None) for field in record]
    commas = [field for field in fields if _COMMA_NUMBER.fullmatch(field)]
    points = sum(_POINT_NUMBER.fullmatch(field) is not None for field in fields)
    return commas[0].strip() if len(commas) > points else None


def unzipped(content: bytes, name: str) -> bytes:
    """Return the bytes that a gzip file unfolds to, and any others as they are.

    Raises
    ------
    DataError
        The file is cut or damaged, or unfolds to more than a table would.
    """
    if not content.startswith(_GZIP):
        return content
    bound, unfolded = most_unfolded(len(content)), io.BytesIO()
    try:
        with gzip.open(io.BytesIO(content)) as file:
            while chunk := file.read(_CHUNK):
                unfolded.write(chunk)
                if unfolded.tell() > bound:
                    raise no_table(name, unfolded.tell(), len(content))
    except EOFError as error:
        raise DataError(f"{name} is cut: its gzip data end too early.", "Copy or download it again.") from error
    except (OSError, zlib.error) as error:
        raise DataError(f"{name} is damaged: {reason(error)}.", "Copy or download it again.") from error
    return unfolded.getvalue()


def no_table(name: str, unfolded: int, n_bytes: int, instead: str = "unzip it first: gunzip") -> DataError:
    """Return the error for a file that unfolds to so much, of so many bytes that were read."""
    return DataError(
        f"{name} unfolds to more than {most_unfolded(n_bytes) // 2**20} MiB, {unfolded // n_bytes} times its size: no "
        "table is known to do so.",
        f"Where it is to be trusted, {instead}.",
    )


def as_utf8(content: bytes, name: str, encoding: str | None = None, separator: str | None = None) -> bytes:
    r"""Return the text of a table in UTF-8 without a byte-order mark, with line ends that have a line feed.

    >>> as_utf8("a,label\r\n1,\u00e4\r\n".encode("latin-1"), "t.csv", "latin-1")
    b'a,label\r\n1,\xc3\xa4\r\n'

    Raises
    ------
    DataError
        Bytes that are no text, and where they are (``separator`` helps to tell the column).
    UsageError
        There is no such encoding.
    """
    codec = _codec(content, encoding)
    text = content
    if codec != "utf-8" or not content.isascii():
        try:
            text = _recoded(content, codec)
        except _UndecodableError as error:
            raise _undecodable(content, error.at, name, codec, separator, asked=bool(encoding)) from error
    text = text.removeprefix(_BOM)
    if b"\0" in text:
        raise _nul(text, name, separator)
    # a line of old Macintosh ends in a carriage return alone
    return text.replace(b"\r", b"\n") if b"\r" in text and b"\n" not in text else text


class _UndecodableError(Exception):
    """Bytes are no text, the first of them ``at`` this place."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def _codec(content: bytes, encoding: str | None) -> str:
    """The name by which Python knows the encoding of the content."""
    if encoding is None:
        return "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    if not _is_of_text(encoding):
        words = {word for pair in encodings.aliases.aliases.items() for word in pair}
        known = (word.replace("_", "-") for word in words if _is_of_text(word))
        advice = did_you_mean(encoding, known) or "Common ones are utf-8, latin-1, cp1252 and utf-16."
        raise UsageError(f'There is no encoding "{encoding}".', advice)
    return codecs.lookup(encoding).name


def _is_of_text(encoding: str) -> bool:
    """Whether Python knows an encoding of this name; hex, zip and such are codecs too, but none of text."""
    try:
        b"ab".decode(encoding, "replace")  # only decoding says so in public
    except (LookupError, ValueError):
        return False
    return True


def _recoded(content: bytes, codec: str) -> bytes:
    """The content in UTF-8; decoded piece by piece, even where it is UTF-8 and only to be sure of it."""
    decoder, text = codecs.getincrementaldecoder(codec)(), io.BytesIO()
    for start in range(0, len(content) + 1, _CHUNK):
        waiting = len(decoder.getstate()[0])
        try:
            piece = decoder.decode(content[start : start + _CHUNK], final=start + _CHUNK > len(content)).encode()
        except UnicodeError as error:
            raise _UndecodableError(start - waiting + getattr(error, "start", 0)) from error
        if codec != "utf-8":
            text.write(piece)
    return content if codec == "utf-8" else text.getvalue()


def _undecodable(content: bytes, at: int, name: str, codec: str, separator: str | None, *, asked: bool) -> DataError:
    """What a file is that is not in its encoding, where this shows, and what to type."""
    if b"\0" in content and "16" not in codec and "32" not in codec:
        if wide := _utf_16_of(content):
            return DataError(f"{name} looks like UTF-16 text.", f"Type --encoding {wide}.")
        return DataError(f"{name} is not a text file.", "Give a table: .csv, .tsv or .parquet.")
    place = _place(content[:at].decode(codec, "ignore").removeprefix("\ufeff"), name, separator)
    word = _word_around(content, at)
    shown = word.decode("utf-8", "backslashreplace")
    other = "cp1252" if any(0x80 <= byte < 0xA0 for byte in word) else "latin-1"
    advice = f'If "{word.decode(other, "replace")}" is what it should read, type --encoding {other}.'
    if asked or codec != "utf-8":
        advice = misread(asked=asked)
    return DataError(f'{name} is not {codec.upper()} text: byte {at + 1}, {place}, in "{shown}".', advice)


def misread(*, asked: bool) -> str:
    """Return what to do about a file that is not in the encoding which was ``asked`` for, or which its mark tells."""
    if asked:
        return "Give another --encoding; without one it is read as UTF-8."
    return "It begins with the mark of UTF-16: save or copy it again, or give an --encoding."


def _word_around(content: bytes, at: int) -> bytes:
    """The bytes at a place as far as the field goes, at most 20 to either side."""
    before, after = content[max(at - 20, 0) : at], content[at : at + 20]
    return re.split(rb'[,;\t|"\r\n]', before)[-1] + re.split(rb'[,;\t|"\r\n]', after)[0]


def _utf_16_of(content: bytes) -> str:
    """The kind of UTF-16 that bytes without a mark look like: of its commas and digits one half is zero; else ""."""
    head = content[:1000]
    zeros = {"utf-16-le": head[1::2].count(0), "utf-16-be": head[::2].count(0)}
    codec = max(zeros, key=lambda name: zeros[name])
    return codec if sum(zeros.values()) == zeros[codec] > 0.15 * len(head) else ""


def _nul(text: bytes, name: str, separator: str | None) -> DataError:
    """What to say of text with a NUL in it."""
    if wide := _utf_16_of(text):
        return DataError(f"{name} looks like UTF-16 text.", f"Type --encoding {wide}.")
    at = text.index(b"\0")
    place = _place(text[:at].decode(), name, separator)
    return DataError(f"{name} holds a NUL byte: byte {at + 1}, {place}.", "Text has none: mend or remove it.")


def _place(before: str, name: str, separator: str | None) -> str:
    """Row and column of what follows a text, in words."""
    mark = mark_of(separator) if separator else _likeliest(before[:_HEAD], _expected(name), cut=True)
    found = records(io.StringIO(before + "x", newline=""), mark)
    header, record, row = next(found), [""], 0
    for row, record in enumerate(found, start=1):  # noqa: B007
        pass
    if not row:
        return "in the header"
    column = header[len(record) - 1] if len(record) <= len(header) else ""
    return f'row {row}, column "{column}"' if column else f"row {row}"

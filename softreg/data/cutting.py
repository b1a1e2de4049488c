"""From a stream of bytes to blocks of whole records, in bounded memory and without ever seeking.

The bytes are read as they come, unzipped and decoded on the way, and cut where a record ends.
"""

from __future__ import annotations

import codecs
import select
import time
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO

from softreg.data.dialect import misread, no_table
from softreg.data.quoting import ends_of
from softreg.errors import DataError, reason
from softreg.files import most_unfolded

__all__ = ["BLOCK", "LONGEST", "cut", "decoded", "first_end", "inflated", "pieces_of"]

BLOCK = 2**22
"""Bytes in a block, as far as records allow: many enough to be parsed at full speed, few beside what memory holds."""

LONGEST = 2**25
"""Bytes of one record. More than that is a quotation mark that was never closed."""

PATIENCE = 0.1
"""Seconds for which a pipe is listened to before what has come is handed on."""

_GZIP = b"\x1f\x8b"
_QUOTE = b'"'


def pieces_of(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield what a stream holds, about ``BLOCK`` bytes at a time; of a slow pipe, what has come so far.

    Raises :class:`DataError` where it cannot be read.
    """
    raw = getattr(stream, "raw", stream)  # subtle: a thread that waits for input must not hold the lock of a buffer
    try:
        while piece := raw.read(BLOCK):
            yield b"".join([piece, *_rest(raw, BLOCK - len(piece))])
    except OSError as error:
        raise DataError(f"{name} cannot be read: {reason(error)}.", "Check the path.") from error


def _rest(raw: IO[bytes], room: int) -> Iterator[bytes]:
    """What else comes within a short time: a pipe gives 64 KiB at most in one go."""
    until = time.monotonic() + PATIENCE
    while room > 0 and _ready(raw, until - time.monotonic()) and (piece := raw.read(room)):
        yield piece
        room -= len(piece)


def _ready(raw: IO[bytes], seconds: float) -> bool:
    """Whether there is something to read, or the end, within so many seconds; False where the system cannot tell."""
    try:
        return seconds > 0 and bool(select.select([raw.fileno()], [], [], seconds)[0])
    except (OSError, ValueError, AttributeError):
        return False


def inflated(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield what gzip holds, and anything else as it is.

    Raises :class:`DataError` where the data are cut or damaged, or unfold to more than a table would.
    """
    first, pieces = _begun(pieces, len(_GZIP))
    if not first.startswith(_GZIP):
        yield from pieces
        return
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    read = unfolded = 0
    try:
        for piece in pieces:
            data, read = piece, read + len(piece)
            while data:
                if text := inflater.decompress(data, BLOCK):
                    unfolded += len(text)
                    if unfolded > most_unfolded(read):
                        raise no_table(name, unfolded, read)
                    yield text
                data = inflater.unconsumed_tail
                if inflater.eof and (data := inflater.unused_data.lstrip(b"\0")):  # another gzip may follow, or zeros
                    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    except zlib.error as error:
        raise DataError(f"{name} is damaged: {reason(error)}.", "Copy or download it again.") from error
    if not inflater.eof:
        raise DataError(f"{name} is cut: its gzip data end too early.", "Copy or download it again.")


def decoded(pieces: Iterator[bytes], name: str, codec: str | None = None) -> Iterator[bytes]:
    r"""Yield text in UTF-8 without a byte-order mark; bytes of UTF-8 itself are not checked here.

    >>> b"".join(decoded(iter([b"\xff\xfea\x00,", b"\x00b\x00"]), "t.csv"))
    b'a,b'

    Raises :class:`DataError` where bytes are not of the encoding.
    """
    first, pieces = _begun(pieces, len(codecs.BOM_UTF8))
    asked = codec is not None
    if codec is None and first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16"
    if codec is None or codecs.lookup(codec).name == "utf-8":
        yield next(pieces, b"").removeprefix(codecs.BOM_UTF8)
        yield from pieces
        return
    decoder, done = codecs.getincrementaldecoder(codec)(), 0
    for piece in chain(pieces, [b""]):
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece, final=not piece).encode()  # UTF-7 and others hold halves of letters
        except UnicodeError as error:
            at = done - waiting + getattr(error, "start", 0)
            what = f"{name} is not {codec.upper()} text: byte {at + 1} cannot be read."
            raise DataError(what, misread(asked=asked)) from error
        yield text if done else text.removeprefix(codecs.BOM_UTF8)
        done += len(piece)


def _begun(pieces: Iterator[bytes], least: int) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, at least so many if there are, and all pieces once more."""
    first = b""
    while len(first) < least and (piece := next(pieces, b"")):
        first += piece
    return first, chain([first], pieces)


def cut(pieces: Iterable[bytes], name: str, separator: str) -> Iterator[bytes]:
    r"""Yield blocks that end where a record ends; the last one may lack its line end.

    >>> list(cut([b'a,"b', b"\n", b'c"\nd,', b"e"], "t.csv", ","))
    [b'a,"b\nc"\n', b'd,e']
    """
    held = b""
    for piece in pieces:
        if _QUOTE in piece or _QUOTE in held:
            held += piece
            ends = ends_of(held, separator)
            end = int(ends[-1]) if len(ends) else 0
            block, held = held[:end], held[end:]
        else:
            end = piece.rfind(b"\n") + 1
            block = b"".join([held, memoryview(piece)[:end]]) if end else b""
            held = piece[end:] if end else held + piece
        if block:
            yield block
        if len(held) > LONGEST:
            what = f"{name} has a row of more than {LONGEST // 2**20} MiB."
            raise DataError(what, "Look for a quotation mark that is not closed.")
    if held:
        yield held


def first_end(block: bytes) -> int:
    r"""Return where the first record ends, behind its line feed; the length of a block that has no line end.

    >>> first_end(b'"a\nb",c\n1,2\n')
    8
    """
    at, odd = -1, 0
    while (after := block.find(b"\n", at + 1)) >= 0:
        odd ^= block.count(_QUOTE, at + 1, after) % 2
        if not odd:
            return after + 1
        at = after
    return len(block)

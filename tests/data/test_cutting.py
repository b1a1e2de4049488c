"""Cutting a stream of bytes: whatever the pieces, the same records come out."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import os
import threading
import time
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from softreg.data.cutting import BLOCK, cut, decoded, first_end, inflated, pieces_of
from softreg.errors import DataError

TABLES = st.lists(st.lists(st.text('ab,"\n\r;é ', max_size=6), min_size=2, max_size=2), min_size=1, max_size=8)


def split(content: bytes, places: list[int]) -> list[bytes]:
    """The content in pieces, cut at these places."""
    bounds = sorted({min(place, len(content)) for place in places} | {0, len(content)})
    return [content[start:stop] for start, stop in itertools.pairwise(bounds)]


def written(rows: list[list[str]], end: str = "\n") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@settings(deadline=None)
@given(TABLES, st.lists(st.integers(0, 200), max_size=12), st.sampled_from(["\n", "\r\n"]))
@example([['"\n"', "\n\n"]], [1, 2, 3, 4, 5, 6, 7, 8], "\n")
def test_blocks_hold_all_bytes_in_order_and_whole_records_alone(rows, places, end):
    content = written(rows, end)
    blocks = list(cut(split(content, places), "t.csv", ","))
    assert b"".join(blocks) == content
    assert [record for block in blocks for record in read(block)] == rows


@settings(deadline=None)
@given(TABLES)
def test_the_first_record_ends_where_the_csv_module_says(rows):
    content = written(rows)
    assert read(content[: first_end(content)]) == rows[:1]


def test_a_record_without_a_line_end_is_the_last_block():
    assert list(cut([b"a\nb", b",c"], "t.csv", ",")) == [b"a\n", b"b,c"]
    assert list(cut([], "t.csv", ",")) == []


def test_a_quotation_mark_that_is_never_closed_ends_before_the_memory_does():
    pieces = (b"x" * BLOCK for _ in range(10_000))
    with pytest.raises(DataError, match="quotation mark that is not closed"):
        list(cut([b'a,"b', *(next(pieces) for _ in range(20))], "t.csv", ","))


@settings(deadline=None)
@given(st.binary(max_size=300).filter(lambda content: not content.startswith(b"\x1f\x8b")), st.integers(1, 50))
def test_what_is_no_gzip_passes_as_it_is(content, place):
    assert b"".join(inflated(iter(split(content, [place])), "t")) == content


@settings(deadline=None)
@given(st.lists(st.binary(max_size=100), min_size=1, max_size=3), st.lists(st.integers(0, 300), max_size=5))
def test_gzip_unfolds_also_in_several_members_and_with_zeros_behind(contents, places):
    packed = b"".join(gzip.compress(content) for content in contents) + b"\0" * 7
    assert b"".join(inflated(iter(split(packed, places)), "t")) == b"".join(contents)


@pytest.mark.parametrize("stop", [3, 15, -9, -1])
def test_a_cut_gzip_is_said_to_be_cut(stop):
    with pytest.raises(DataError, match="cut"):
        list(inflated(iter([gzip.compress(b"a,b\n" * 100)[:stop]]), "t.csv.gz"))


def test_a_damaged_gzip_is_said_to_be_damaged():
    packed = bytearray(gzip.compress(b"a,b\n" * 100))
    packed[-5] ^= 1  # in the checksum
    with pytest.raises(DataError, match="damaged"):
        list(inflated(iter([bytes(packed)]), "t.csv.gz"))


def test_a_zip_bomb_unfolds_a_block_at_a_time():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(b"1\n" * 500_000) for _ in range(50)) + packer.flush()
    assert len(packed) < 200_000
    assert max(map(len, inflated(iter([packed]), "t"))) <= BLOCK


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "latin-1", "cp1252", "utf-8", "utf-8-sig", "gb18030"])
@settings(deadline=None)
@given(text=st.text("aé,\n", max_size=40), places=st.lists(st.integers(0, 100), max_size=6))
def test_any_encoding_becomes_utf_8_whatever_the_pieces(codec, text, places):
    content = text.encode(codec)
    assert b"".join(decoded(iter(split(content, places)), "t", codec)).decode() == text


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
@settings(deadline=None)
@given(places=st.lists(st.integers(0, 12), max_size=4))
def test_a_byte_order_mark_tells_the_encoding_and_goes(mark, places):
    assert b"".join(decoded(iter(split("a,é".encode(mark), places)), "t")) == "a,é".encode()


def test_bytes_that_the_encoding_has_not_are_an_error_that_tells_the_place():
    with pytest.raises(DataError, match="ASCII text: byte 6 "):
        list(decoded(iter([b"abc", b"de\xe9"]), "t.csv", "ascii"))


def test_a_slow_pipe_is_handed_on_as_it_comes_and_a_fast_one_in_large_pieces():
    reading, writing = os.pipe()

    def produce():
        with os.fdopen(writing, "wb", buffering=0) as file:
            file.write(b"first\n")
            time.sleep(0.5)
            for _ in range(64):
                file.write(b"x" * 2**15)

    with os.fdopen(reading, "rb") as file:
        threading.Thread(target=produce, daemon=True).start()
        began = time.monotonic()
        pieces = pieces_of(file, "t.csv")
        assert next(pieces) == b"first\n"
        assert time.monotonic() - began < 0.45
        rest = list(pieces)
    assert sum(map(len, rest)) == 2**21
    assert len(rest) < 16  # and not one for every 64 KiB that a pipe holds


def test_a_stream_that_no_system_call_knows_is_read_too():
    assert list(pieces_of(io.BytesIO(b"a\nb"), "t.csv")) == [b"a\nb"]

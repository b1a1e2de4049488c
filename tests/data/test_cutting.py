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
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from softreg import files
from softreg.data import cutting
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


def told(pieces: Iterator[bytes]) -> tuple[str, str]:
    with pytest.raises(DataError) as caught:
        list(pieces)
    return caught.value.what, caught.value.advice


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("quoted", [False, True])
def test_a_record_may_have_as_many_bytes_as_the_longest_and_not_one_more(monkeypatch, quoted, more):
    monkeypatch.setattr(cutting, "LONGEST", 3 * 2**20)
    record = b"x" * (3 * 2**20 - 3 + more)
    pieces = [b'1,"' if quoted else b"1,2", record[:1000], record[1000:]]
    if not more:
        assert list(cut(pieces, "t.csv", ",")) == [b"".join(pieces)]
        return
    assert told(cut(pieces, "t.csv", ",")) == (
        "t.csv has a row of more than 3 MiB.",
        "Look for a quotation mark that is not closed.",
    )


@pytest.mark.parametrize(
    ("pieces", "blocks"),
    [
        ([b"a\nb", b"\nc\nd", b"", b"e"], [b"a\n", b"b\nc\n", b"de"]),
        ([b"\n", b"a", b"\n"], [b"\n", b"a\n"]),
        ([b'a,"', b"b\nc", b'"', b"\nd\n"], [b'a,"b\nc"\nd\n']),
        ([b'"a\n', b'b"\n', b'"c\n'], [b'"a\nb"\n', b'"c\n']),
        ([b'5" pipe\n', b"a\n", b"b"], [b'5" pipe\n', b"a\nb"]),
        ([b'"a";"b\n', b'c"\nd'], [b'"a";"b\nc"\n', b"d"]),
    ],
)
def test_a_block_is_handed_on_as_soon_as_a_record_is_known_to_end(pieces, blocks):
    assert list(cut(pieces, "t.csv", ";" if b";" in pieces[0] else ",")) == blocks


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (gzip.compress(b"a,b\n", mtime=0)[:-1], "t.csv.gz is cut: its gzip data end too early."),
        (b"\x1f\x8b", "t.csv.gz is cut: its gzip data end too early."),
        (
            gzip.compress(b"a,b\n", mtime=0) + b"more",
            "t.csv.gz is damaged: Error -3 while decompressing data: incorrect header check.",
        ),
    ],
)
def test_gzip_that_cannot_be_unfolded_is_told_with_what_is_wrong(content, what):
    assert told(inflated(iter([content]), "t.csv.gz")) == (what, "Copy or download it again.")


def test_two_bytes_are_enough_to_know_gzip_and_one_byte_is_a_table():
    packed = gzip.compress(b"a,b\n")
    assert b"".join(inflated(iter([packed[:1], packed[1:2], packed[2:]]), "t")) == b"a,b\n"
    assert list(inflated(iter([b"\x1f"]), "t")) == [b"\x1f"]
    assert b"".join(inflated(iter([]), "t")) == b""


@pytest.mark.parametrize("step", [100, 10**6])
def test_gzip_unfolds_to_as_much_as_a_table_may_and_no_further(monkeypatch, step):
    monkeypatch.setattr(cutting, "BLOCK", 2**16)
    content = b"0" * 2**22
    packed = gzip.compress(content, mtime=0)
    assert 200 * len(packed) < len(content)
    pieces = [packed[start : start + step] for start in range(0, len(packed), step)]
    monkeypatch.setattr(files, "_SMALL", len(content))
    unfolded = list(inflated(iter(pieces), "t.csv.gz"))
    assert b"".join(unfolded) == content
    assert max(map(len, unfolded)) == 2**16
    monkeypatch.setattr(files, "_SMALL", len(content) - 1)
    assert told(inflated(iter(pieces), "t.csv.gz")) == (
        f"t.csv.gz unfolds to more than 3 MiB, {len(content) // len(packed)} times its size: no table is known to do "
        "so.",
        "Where it is to be trusted, unzip it first: gunzip.",
    )


@pytest.mark.parametrize(
    ("pieces", "codec", "what"),
    [
        ([b"abc", b"de\xe9"], "ascii", "t.csv is not ASCII text: byte 6 cannot be read."),
        ([b"\xe9"], "us-ascii", "t.csv is not US-ASCII text: byte 1 cannot be read."),
        ([b"abcdef", b"gh\x82", b"\xff"], "shift_jis", "t.csv is not SHIFT_JIS text: byte 9 cannot be read."),
        ([b"a\0b\0c\0", b"\0", b"\xdcd\0"], "utf-16-le", "t.csv is not UTF-16-LE text: byte 7 cannot be read."),
        ([b"a\0b\0", b"c"], "utf-16-le", "t.csv is not UTF-16-LE text: byte 5 cannot be read."),
        ([b"\xff\xfea\0", b"c"], None, "t.csv is not UTF-16 text: byte 5 cannot be read."),
        ([b"abc"], "utf-16", "t.csv is not UTF-16 text: byte 1 cannot be read."),
    ],
)
def test_bytes_that_the_encoding_has_not_are_told_with_the_first_of_them(pieces, codec, what):
    advice = (
        "Give another --encoding; without one it is read as UTF-8."
        if codec
        else "It begins with the mark of UTF-16: save or copy it again, or give an --encoding."
    )
    assert told(decoded(iter(pieces), "t.csv", codec)) == (what, advice)


def test_a_mark_of_the_byte_order_goes_from_the_beginning_only():
    mark = "\ufeff"
    assert b"".join(decoded(iter([f"{mark}a".encode(), f"{mark}b".encode()]), "t")).decode() == f"a{mark}b"
    assert b"".join(decoded(iter([f"{mark}a".encode(), f"{mark}b".encode()]), "t", "U8")).decode() == f"a{mark}b"
    pieces = [f"{mark}a".encode("utf-16-be"), f"{mark}b".encode("utf-16-be")]
    assert b"".join(decoded(iter(pieces), "t", "utf-16-be")).decode() == f"a{mark}b"


def test_an_encoding_that_is_given_is_believed_more_than_a_mark():
    assert b"".join(decoded(iter([b"\xff\xfea"]), "t", "latin-1")).decode() == "ÿþa"


def test_utf_8_is_not_looked_at_here():
    for codec in (None, "utf-8", "UTF8"):
        assert b"".join(decoded(iter([b"a\xff", b"\xfe"]), "t", codec)) == b"a\xff\xfe"
    assert b"".join(decoded(iter([]), "t")) == b""


@pytest.mark.parametrize(
    ("stage", "first"),
    [(inflated, b"a\n"), (decoded, b"a,b"), (lambda pieces, name: cut(pieces, name, ","), b"a\n")],
    ids=["inflated", "decoded", "cut"],
)
def test_what_has_come_is_handed_on_before_more_is_asked_for(stage, first):
    def pieces():
        yield first
        pytest.fail("asked for more")

    assert next(stage(pieces(), "t.csv")) == first


class Trickle(io.RawIOBase):
    """A file that gives a few bytes at a time, and remembers how many were asked for."""

    def __init__(self, path, most):
        self._file, self._most, self.asked = path.open("rb", buffering=0), most, []

    def fileno(self):
        return self._file.fileno()

    def read(self, size=-1):
        self.asked.append(size)
        return self._file.read(min(size, self._most))

    def close(self):
        self._file.close()
        super().close()


def test_pieces_are_as_large_as_a_block_whatever_the_system_gives_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(cutting, "BLOCK", 16)
    monkeypatch.setattr(cutting, "PATIENCE", 5.0)
    content = bytes(range(40))
    (tmp_path / "t.csv").write_bytes(content)
    with Trickle(tmp_path / "t.csv", 5) as file:
        assert list(pieces_of(file, "t.csv")) == [content[:16], content[16:32], content[32:]]
    assert file.asked == [16, 11, 6, 1, 16, 11, 6, 1, 16, 11, 8, 16]
    with (tmp_path / "t.csv").open("rb") as file:
        assert list(pieces_of(file, "t.csv")) == [content[:16], content[16:32], content[32:]]


def test_without_patience_every_piece_is_handed_on_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(cutting, "PATIENCE", 0.0)
    (tmp_path / "t.csv").write_bytes(b"abcdefg")
    with Trickle(tmp_path / "t.csv", 3) as file:
        assert list(pieces_of(file, "t.csv")) == [b"abc", b"def", b"g"]


def test_a_disk_that_fails_is_told_with_what_the_system_says():
    class Failing(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(5, "Input/output error", "t.csv")

    assert told(pieces_of(Failing(), "t.csv")) == ("t.csv cannot be read: Input/output error.", "Check the path.")

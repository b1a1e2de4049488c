"""Bytes that are no text, or unfold to none: the whole of what a user is told, and what to type."""

from __future__ import annotations

import gzip

import pytest

from softreg import files
from softreg.data import dialect
from softreg.data.dialect import as_utf8, no_table, unzipped
from softreg.errors import DataError, UsageError

ANOTHER = "Give another --encoding; without one it is read as UTF-8."
AGAIN_16 = "It begins with the mark of UTF-16: save or copy it again, or give an --encoding."
UTF_16 = "t.csv looks like UTF-16 text."
MEND = "Text has none: mend or remove it."
AGAIN = "Copy or download it again."
PACKED = gzip.compress(b"a,label\n1,x\n" * 100, mtime=0)


def latin_1(word: str) -> str:
    return f'If "{word}" is what it should read, type --encoding latin-1.'


def cp1252(word: str) -> str:
    return f'If "{word}" is what it should read, type --encoding cp1252.'


ACUTE = latin_1("é")


def told(function, *arguments) -> tuple[str, str]:
    with pytest.raises(DataError) as caught:
        function(*arguments)
    return caught.value.what, caught.value.advice


@pytest.mark.parametrize(
    ("content", "said", "what", "advice"),
    [
        (b"a,town\n1,K\xf6ln\n", {}, r'UTF-8 text: byte 11, row 1, column "town", in "K\xf6ln"', latin_1("Köln")),
        (b"Gr\xf6\xdfe,label\n1,x\n", {}, r'UTF-8 text: byte 3, in the header, in "Gr\xf6\xdfe"', latin_1("Größe")),
        (b"\xc4,b\n1,x\n", {}, r'UTF-8 text: byte 1, in the header, in "\xc4"', latin_1("Ä")),
        (b"a,b\n\n\n1,\xe9\n", {}, r'UTF-8 text: byte 9, row 3, column "b", in "\xe9"', ACUTE),
        (b"a,b\n1,2,\xe9\n", {}, r'UTF-8 text: byte 9, row 1, in "\xe9"', ACUTE),
        (b"a,\n1,\xe9\n", {}, r'UTF-8 text: byte 6, row 1, in "\xe9"', ACUTE),
        (b'a,b\n"1\n2",\xe9\n', {}, r'UTF-8 text: byte 11, row 1, column "b", in "\xe9"', ACUTE),
        (b"\xef\xbb\xbfa,b\n\xe9,2\n", {}, r'UTF-8 text: byte 8, row 1, column "a", in "\xe9"', ACUTE),
        (
            b"a,b\n1,ok \xe2\x82 x\n",
            {},
            r'UTF-8 text: byte 10, row 1, column "b", in "ok \xe2\x82 x"',
            cp1252("ok â‚ x"),
        ),
        (
            b"a,b\n1," + b"y" * 30 + b"\xff" + b"z" * 30,
            {},
            f'UTF-8 text: byte 37, row 1, column "b", in "{"y" * 20}\\xff{"z" * 19}"',
            latin_1("y" * 20 + "ÿ" + "z" * 19),
        ),
        # the first and the last byte that Windows has a letter for and Latin-1 has none, and those beside
        (b"a,b\n1,5 \x80\n", {}, r'UTF-8 text: byte 9, row 1, column "b", in "5 \x80"', cp1252("5 €")),
        (b"a,b\n1,\x9f\n", {}, r'UTF-8 text: byte 7, row 1, column "b", in "\x9f"', cp1252("Ÿ")),
        (
            b"a,b\n1,\x81\n",
            {},
            r'UTF-8 text: byte 7, row 1, column "b", in "\x81"',
            cp1252("�"),
        ),
        (b"a,b\n1,\xa0\x7f\n", {}, 'UTF-8 text: byte 7, row 1, column "b", in "\\xa0\x7f"', latin_1("\xa0\x7f")),
        # between whatever may end a field
        (b"a|b;c,d\n1|x\xe9;2\n", {}, r'UTF-8 text: byte 12, row 1, column "a|b;c", in "x\xe9"', latin_1("xé")),
        (b"a\tb\nx\t\xe9\tz\n", {}, r'UTF-8 text: byte 7, row 1, column "b", in "\xe9"', ACUTE),
        (b"a,b\r\nx,y\r\n\xe9\r\n", {}, r'UTF-8 text: byte 11, row 2, column "a", in "\xe9"', ACUTE),
        (b'a,b\n"\xe9"\n', {}, r'UTF-8 text: byte 6, row 1, column "a", in "\xe9"', ACUTE),
        # the separator that is given, or else that of the name, or else of the rows before
        (
            b"a:b,c\n1:2,\xe9\n",
            {"separator": ":"},
            r'UTF-8 text: byte 11, row 1, column "b,c", in "\xe9"',
            ACUTE,
        ),
        (
            b"a,b\tc,d\n1\t\xe9\n",
            {"name": "t.tsv"},
            r'UTF-8 text: byte 11, row 1, column "c,d", in "\xe9"',
            ACUTE,
        ),
        (b"a,b;c\n1;2\n3;\xe9\n", {}, r'UTF-8 text: byte 13, row 2, column "c", in "\xe9"', ACUTE),
        (b"a;b,c\n1;\xe9,2\n", {}, r'UTF-8 text: byte 9, row 1, column "a;b", in "\xe9"', ACUTE),
        # where the user named an encoding
        (b"a,b\n1,\xe9\n", {"encoding": "utf8"}, r'UTF-8 text: byte 7, row 1, column "b", in "\xe9"', ANOTHER),
        ("a,b\n1,ä\n".encode(), {"encoding": "US-ASCII"}, 'ASCII text: byte 7, row 1, column "b", in "ä"', ANOTHER),
        (b"a,b\n1,x\n", {"encoding": "utf-16"}, 'UTF-16 text: byte 1, in the header, in "a"', ANOTHER),
        (b"\xff\xfea\0,\0b\0\n\0x", {}, 'UTF-16 text: byte 11, row 1, column "a", in "\0x"', AGAIN_16),
        (
            "a,b\n1,".encode("utf-16-le") + b"x\xd8y\0",
            {"encoding": "utf-16-le"},
            'UTF-16-LE text: byte 13, row 1, column "b", in "\0x\\xd8y\0"',
            ANOTHER,
        ),
        (
            "a,b\n1,".encode("utf-32-be") + b"\0\xd8\0x",
            {"encoding": "utf-32-be"},
            'UTF-32-BE text: byte 25, row 1, column "b", in "\0\\xd8\0x"',
            ANOTHER,
        ),
    ],
)
def test_bytes_that_are_no_text_are_told_with_their_place_and_what_to_type(content, said, what, advice):
    name = said.get("name", "t.csv")
    found = told(as_utf8, content, name, said.get("encoding"), said.get("separator"))
    assert found == (f"{name} is not {what}.", advice)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 2**22])
def test_a_letter_that_breaks_off_is_found_wherever_the_pieces_of_a_file_end(monkeypatch, size):
    monkeypatch.setattr(dialect, "_CHUNK", size)
    for place in range(6):
        for rest in (b"ghi\n", b""):
            what, _ = told(as_utf8, "abcdef"[:place].encode() + "€".encode()[:2] + rest, "t.csv")
            assert f"UTF-8 text: byte {place + 1}, in the header," in what
        content = ("abcdef"[:place] + "€").encode()
        assert as_utf8(content, "t.csv") == content


@pytest.mark.parametrize("encoding", [None, "ascii", "utf-8"])
def test_bytes_with_a_nul_among_them_are_said_to_be_no_text_at_all(encoding):
    content = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff"
    assert told(as_utf8, content, "t.csv", encoding) == (
        "t.csv is not a text file.",
        "Give a table: .csv, .tsv or .parquet.",
    )


@pytest.mark.parametrize(
    ("content", "name", "separator", "what", "advice"),
    [
        (b"a,b\n1,x\n\0", "t.csv", None, 't.csv holds a NUL byte: byte 9, row 2, column "a".', MEND),
        (b"a:b\n1:\0\n", "t.csv", ":", 't.csv holds a NUL byte: byte 7, row 1, column "b".', MEND),
        (b"a,b\tc\n1\t\0\n", "t.tsv", None, 't.tsv holds a NUL byte: byte 9, row 1, column "c".', MEND),
        (b"a,b\tc\n1\t\0\n", "t.csv", None, 't.csv holds a NUL byte: byte 9, row 1, column "a".', MEND),
        (
            "a,b\n1,x\n".encode("utf-16-le"),
            "t.csv",
            None,
            UTF_16,
            "Type --encoding utf-16-le.",
        ),
        (
            "a,b\n1,x\n".encode("utf-16-be"),
            "t.csv",
            None,
            UTF_16,
            "Type --encoding utf-16-be.",
        ),
        # a few letters of another alphabet among many
        (
            "name,town\nАнна,Omsk\n".ljust(60).encode("utf-16-le"),
            "t.csv",
            None,
            UTF_16,
            "Type --encoding utf-16-le.",
        ),
        ("stadt,wert\nLübeck,1\n".encode("utf-16-le"), "t.csv", None, UTF_16, "Type --encoding utf-16-le."),
        ("όνομα,τιμή\nΑθήνα,12.345\n".encode("utf-16-be"), "t.csv", None, UTF_16, "Type --encoding utf-16-be."),
        ("a,b\n東京,10\n大阪,12\n".encode("utf-16-le"), "t.csv", None, UTF_16, "Type --encoding utf-16-le."),
        # in both halves of the letters, or in few of them
        (b"\0" * 40, "t.csv", None, "t.csv holds a NUL byte: byte 1, in the header.", MEND),
        (b"a\0" * 8 + b"\0a", "t.csv", None, "t.csv holds a NUL byte: byte 2, in the header.", MEND),
        (b"a,b\n1,2\n\0,3\n4,5\n", "t.csv", None, 't.csv holds a NUL byte: byte 9, row 2, column "a".', MEND),
        # it shows at the beginning
        (
            "a,b\n1,x\n".ljust(500).encode("utf-16-le") + b"?" * 2000,
            "t.csv",
            None,
            UTF_16,
            "Type --encoding utf-16-le.",
        ),
    ],
)
def test_a_nul_is_told_as_such_or_as_the_mark_of_another_encoding(content, name, separator, what, advice):
    assert told(as_utf8, content, name, None, separator) == (what, advice)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-7", "utf-32", "UTF8", "u8", "Latin_1", "cp037"])
def test_an_encoding_is_used_under_any_of_its_names_even_where_its_bytes_look_like_others(codec):
    text = "a,label\n1,x & y\n"
    assert as_utf8(text.encode(codec), "t.csv", codec) == text.encode()


def test_without_an_encoding_bytes_of_utf_8_are_what_they_are():
    text = "a,label\n1,é\n".encode()
    assert as_utf8(text, "t.csv") is text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\r1,2\r", b"a,b\n1,2\n"),
        (b"a,b\r\n1,2\r3\r\n", b"a,b\r\n1,2\r3\r\n"),
        (b"a,b\n1,2", b"a,b\n1,2"),
        (b"\xef\xbb\xbfa\r1", b"a\n1"),
    ],
)
def test_carriage_returns_are_line_ends_where_there_is_no_line_feed(content, expected):
    assert as_utf8(content, "t.csv") == expected


@pytest.mark.parametrize(
    ("encoding", "advice"),
    [
        ("latn-1", 'Did you mean "latin-1"?'),
        ("latin_11", 'Did you mean "latin1"?'),
        ("cp12522", 'Did you mean "cp1252"?'),
        ("iso-8859-1-x", 'Did you mean "iso-8859-1"?'),
        ("shift-jjs", 'Did you mean "shift-jis"?'),
        ("windows-12520", 'Did you mean "windows-1252"?'),
        ("", "Common ones are utf-8, latin-1, cp1252 and utf-16."),
        ("hex", "Common ones are utf-8, latin-1, cp1252 and utf-16."),
        ("zip", "Common ones are utf-8, latin-1, cp1252 and utf-16."),
        ("utf\0", 'Did you mean "utf"?'),
        ("undefined", "Common ones are utf-8, latin-1, cp1252 and utf-16."),
    ],
)
def test_an_encoding_that_there_is_not_is_answered_with_one_that_there_is(encoding, advice):
    with pytest.raises(UsageError) as caught:
        as_utf8(b"", "t.csv", encoding)
    assert (caught.value.what, caught.value.advice) == (f'There is no encoding "{encoding}".', advice)


@pytest.mark.parametrize("word", ["", "::", "tabs", "\n", '"', "é", "\x7f"])
def test_what_is_no_separator_is_answered_with_what_is(word):
    with pytest.raises(UsageError) as caught:
        dialect.mark_of(word)
    assert caught.value.what == f'"{word}" is no separator.'
    assert caught.value.advice == "Give one character, or comma, semicolon, tab or bar."


def harmed(at: int, by: int) -> bytes:
    content = bytearray(PACKED)
    content[at] ^= by
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (PACKED[:-9], "t.csv.gz is cut: its gzip data end too early."),
        (PACKED[:2], "t.csv.gz is cut: its gzip data end too early."),
        (harmed(2, 1), "t.csv.gz is damaged: Unknown compression method."),
        (harmed(10, 7), "t.csv.gz is damaged: Error -3 while decompressing data: invalid code lengths set."),
        (PACKED + b"xx", "t.csv.gz is damaged: Not a gzipped file (b'xx')."),
    ],
)
def test_gzip_that_cannot_be_unfolded_is_told_with_what_is_wrong(content, what):
    assert told(unzipped, content, "t.csv.gz") == (what, AGAIN)


def test_gzip_unfolds_to_as_much_as_a_table_may_and_to_no_byte_more(monkeypatch):
    content = b"0" * 2**22
    packed = gzip.compress(content)
    assert 200 * len(packed) < len(content)
    monkeypatch.setattr(files, "_SMALL", len(content))
    assert unzipped(packed, "t.csv.gz") == content
    monkeypatch.setattr(files, "_SMALL", len(content) - 1)
    what = f"t.csv.gz unfolds to more than 3 MiB, {len(content) // len(packed)} times its size: no table is known to "
    assert told(unzipped, packed, "t.csv.gz") == (what + "do so.", "Where it is to be trusted, unzip it first: gunzip.")


def test_what_unfolds_too_far_is_unfolded_no_further_than_one_piece_behind_that(monkeypatch):
    monkeypatch.setattr(files, "_SMALL", 2**20)
    monkeypatch.setattr(dialect, "_CHUNK", 2**16)
    packed = gzip.compress(b"0" * 2**22)
    assert 200 * len(packed) < 2**20
    what, _ = told(unzipped, packed, "t.csv.gz")
    assert f"more than 1 MiB, {(2**20 + 2**16) // len(packed)} times its size" in what


def test_a_file_that_unfolds_too_far_is_told_with_how_far_and_with_the_way_out():
    error = no_table("t.gz", 3 * 2**30, 5 * 2**20, "make a CSV of it first")
    assert error.what == "t.gz unfolds to more than 1000 MiB, 614 times its size: no table is known to do so."
    assert error.advice == "Where it is to be trusted, make a CSV of it first."
    assert no_table("t.gz", 2**30, 2**20).advice == "Where it is to be trusted, unzip it first: gunzip."

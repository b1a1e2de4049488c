"""What a text table is made of: encoding, compression, separator, decimal mark."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from softreg import files
from softreg.data import dialect
from softreg.data.dialect import detect
from softreg.data.tables import CsvTable
from softreg.errors import DataError, UsageError

MARKS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def texts(table: CsvTable) -> dict[str, list[str | None]]:
    return table.read([], table.columns)[0].to_dict(as_series=False)


def refusal(content: bytes, name: str = "t.csv", **said: str) -> DataError:
    with pytest.raises(DataError) as caught:
        texts(CsvTable(content, name, **said))
    return caught.value


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.TSV.gz", "stdin"])
def test_the_separator_is_found_and_said_where_the_name_tells_another(mark, name):
    table = CsvTable(f"a{mark}b{mark}label\n1{mark}2{mark}x\n3{mark}4{mark}y\n".encode(), name)
    assert table.columns == ("a", "b", "label")
    assert texts(table) == {"a": ["1", "3"], "b": ["2", "4"], "label": ["x", "y"]}
    expected = "\t" if ".tsv" in name.lower() else ","
    assert table.notes == (() if mark == expected else (f"{name} is separated by {MARKS[mark]}.",))


@pytest.mark.parametrize(
    ("text", "name", "mark"),
    [
        ("label\nx, and y\nz\n", "t.csv", ","),  # one column
        ("label\nx\n", "t.csv", ","),
        ('"a;b","c;d"\n"1;2",x\n', "t.csv", ","),  # quoted
        ("a,b\n1;2,x;y\n3;4,u;v\n", "t.csv", ","),  # not in the header
        ("weight, kg;height, m;label\n1;2;x\n3;4;y\n", "t.csv", ";"),  # in the header only
        ("weight, kg;height;label\n1,5;2;x\n3,5;4;y\n", "t.csv", ";"),  # splits all rows, into fewer
        ("a;b,c;d\n1;2,x\n3;4,y\n", "t.csv", ","),  # splits the header into more, and no row
        ("a,b,c\n1,2,3\n1,2\n1,2,3\n", "t.csv", ","),  # ragged
        ("a,b,c\tlabel\n1,2,3\tx\n", "t.tsv", "\t"),  # the name decides
        ("a,b,c\tlabel\n1,2,3\tx\n", "t.csv", ","),
        ("a,b\n1,2\n", "t.tsv", ","),
        ("a;b", "t.csv", ";"),  # no rows
        ('a;"two\nlines"\n1;"x\ny"\n', "t.csv", ";"),
    ],
)
def test_the_separator_is_the_one_that_splits_rows_as_the_header(text, name, mark):
    assert detect(text.encode(), name).separator == mark


@pytest.mark.parametrize(
    ("word", "mark"), [("comma", ","), ("Semicolon", ";"), ("tab", "\t"), ("\\t", "\t"), ("bar", "|"), (":", ":")]
)
def test_a_separator_that_is_given_is_not_questioned(word, mark):
    table = CsvTable(f"a,b{mark}c;d|e\n1,2{mark}3;4|5\n".encode(), "t.csv", word)
    assert len(table.columns) == f"a,b{mark}c;d|e".count(mark) + 1
    assert not any("separated" in note for note in table.notes)


@pytest.mark.parametrize("word", ["", "tabulator", ",,", '"', "\n", "é"])
def test_what_is_no_separator_is_a_usage_error(word):
    with pytest.raises(UsageError, match="no separator"):
        dialect.mark_of(word)


def test_a_decimal_comma_is_read_and_said():
    table = CsvTable(b'a;b;c;label\n1,5;-2,25E3;"7";1,x\n2; 0,5 ;8;u\n', "t.csv")
    assert any('decimal comma ("1,5")' in note for note in table.notes)
    frame, _ = table.read(["a", "c"], ["label"])
    assert frame.to_dict(as_series=False) == {"a": [1.5, 2.0], "c": [7.0, 8.0], "label": ["1,x", "u"]}


@pytest.mark.parametrize(
    "text",
    [
        "a;label\n1.5;x\n2;y\n",
        "a;b;label\n1.5;2.5;x\n2.5;1,234;y\n",  # a comma for the thousands
        "a;label\n1;x, y\n2;1,2,3\n",
        'a,label\n"1,5",x\n2,y\n',  # the comma separates
    ],
)
def test_a_comma_is_not_decimal_where_it_separates_or_points_are_more(text):
    table = CsvTable(text.encode(), "t.csv")
    assert not table.decimal_comma
    assert not any("decimal" in note for note in table.notes)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252", "shift_jis"])
@pytest.mark.parametrize("size", [1, 5, 2**22])
def test_the_same_table_comes_out_of_every_encoding(codec, size, monkeypatch):
    monkeypatch.setattr(dialect, "_CHUNK", size)
    town = "東京" if codec == "shift_jis" else "Köln"
    content = f"town,label\n{town},x\r\nBonn,y\n".encode(codec)
    found = CsvTable(content, "t.csv", encoding=codec)
    assert texts(found) == {"town": [town, "Bonn"], "label": ["x", "y"]}
    if codec in {"utf-8", "utf-8-sig", "utf-16"}:
        assert texts(CsvTable(content, "t.csv")) == texts(found)


def test_latin_1_bytes_are_answered_with_place_text_and_flag():
    content = "name,town\nAnn,Bonn\n\nBob,Köln\n".encode("latin-1")
    error = refusal(content)
    assert f"byte {content.index(0xF6) + 1}" in error.what
    assert 'row 3, column "town"' in error.what
    assert r'"K\xf6ln"' in error.what
    assert error.advice == 'If "Köln" is what it should read, type --encoding latin-1.'
    assert texts(CsvTable(content, "t.csv", encoding="latin-1"))["town"] == ["Bonn", "Köln"]


def test_bytes_of_windows_are_answered_with_its_encoding():
    assert '"5 €"' in refusal("price;label\n5 €;x\n".encode("cp1252")).advice
    assert "--encoding cp1252" in refusal("price;label\n5 €;x\n".encode("cp1252")).advice


@pytest.mark.parametrize("at", [0, 1, 9, 10, 17, 24])
@pytest.mark.parametrize("size", [3, 2**22])
def test_the_byte_that_is_named_is_the_first_that_is_no_text(at, size, monkeypatch):
    monkeypatch.setattr(dialect, "_CHUNK", size)
    content = bytearray("aä,bbé,label\n1,22,xy\n3,44,zu\n".encode())
    while 0x80 <= content[at] < 0xC0:  # between characters
        at += 1
    content.insert(at, 0xFF)
    with pytest.raises(UnicodeDecodeError) as oracle:
        content.decode()
    assert f"byte {oracle.value.start + 1}," in refusal(bytes(content)).what


def test_a_bad_byte_in_the_header_is_said_to_be_there():
    assert "in the header" in refusal(b"a,m\xfcd,label\n1,2,x\n").what


def test_bytes_that_are_not_in_the_encoding_that_was_given_name_the_place():
    error = refusal("a,label\n1,ä\n".encode(), encoding="ascii")
    assert "ASCII" in error.what
    assert 'row 1, column "label"' in error.what
    assert "--encoding" in error.advice


@pytest.mark.parametrize(
    ("name", "near"), [("latn-1", "latin-1"), ("utf9", "utf"), ("hex", ""), ("zlib", ""), ("x", "")]
)
def test_an_unknown_encoding_is_answered_with_the_nearest(name, near):
    with pytest.raises(UsageError, match=f'no encoding "{name}"') as caught:
        CsvTable(b"a,label\n1,x\n", "t.csv", encoding=name)
    assert near in caught.value.advice
    assert caught.value.advice


def test_utf_16_without_its_mark_is_recognised():
    for codec in ("utf-16-le", "utf-16-be"):
        error = refusal("a,label\n1,x\n2,y\n".encode(codec))
        assert "UTF-16" in error.what
        assert f"--encoding {codec}" in error.advice


@pytest.mark.parametrize("cut", [1, 3])
def test_utf_16_that_is_cut_is_refused(cut):
    assert "UTF-16" in refusal("a,label\n1,x\n".encode("utf-16")[:-cut] if cut == 1 else b"\xff\xfea\0,\0\0\xd8").what


def test_a_nul_byte_is_refused_with_its_place():
    error = refusal(b"a,label\n1,x\n2,y\0\n")
    assert 'row 2, column "label"' in error.what
    assert "NUL" in error.what


def test_gzip_is_read_whatever_the_name_and_whatever_its_members(tmp_path):
    parts = [b"a;label\n1;x\n", b"2;y\n"]
    for content in (gzip.compress(b"".join(parts)), b"".join(map(gzip.compress, parts))):
        for name in ("t.csv.gz", "t.csv", "stdin"):
            table = CsvTable(content, name)
            assert texts(table) == {"a": ["1", "2"], "label": ["x", "y"]}


def test_the_hash_of_a_gzip_file_is_that_of_the_file():
    import hashlib

    content = gzip.compress(b"a,label\n1,x\n")
    assert CsvTable(content, "t.csv.gz").sha256 == hashlib.sha256(content).hexdigest()


def test_gzip_that_is_cut_anywhere_is_refused():
    content = gzip.compress("".join(f"{row},{row * row}\n" for row in range(1000)).encode())
    for size in range(2, len(content), 97):
        error = refusal(content[:size], "t.csv.gz")
        assert "cut" in error.what or "damaged" in error.what


def test_gzip_that_is_damaged_is_refused():
    content = bytearray(gzip.compress("".join(f"{row},{row * row}\n" for row in range(1000)).encode()))
    for place in range(20, len(content), 101):
        harmed = bytearray(content)
        harmed[place] ^= 0x55
        error = refusal(bytes(harmed), "t.csv.gz")
        assert "damaged" in error.what or "cut" in error.what


def test_gzip_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(files, "_SMALL", 2**20)
    monkeypatch.setattr(dialect, "_CHUNK", 2**16)
    bomb = gzip.compress(b"0" * 2**25)
    error = refusal(bomb, "t.csv.gz")
    assert "unfolds to more than" in error.what
    assert "gunzip" in error.advice


def test_a_table_of_noughts_is_no_bomb(monkeypatch):
    monkeypatch.setattr(files, "_SMALL", 2**10)
    labels = np.random.default_rng(0).integers(2, size=20000).tolist()
    lines = b"a,b,label\n" + b"".join(b"0,0,%d\n" % label for label in labels)
    assert CsvTable(gzip.compress(lines), "t.csv.gz").read(["a"], [])[0].height == 20000


def test_fields_have_any_length_whatever_other_readers_do():
    long = "x" * 10**6  # the csv module's own limit is 131072
    csv.field_size_limit(1000)
    one, two = (dialect.records(io.StringIO(f"a\n{long}\n{long}\n", newline=""), ",") for _ in range(2))
    assert [next(one), next(two), next(one)] == [["a"], ["a"], [long]]
    one.close()
    assert list(two) == [[long], [long]]


def test_lines_that_end_in_a_carriage_return_alone_are_lines():
    assert texts(CsvTable(b"a,label\r1,x\r2,y\r", "t.csv")) == {"a": ["1", "2"], "label": ["x", "y"]}


NAMES = st.lists(st.text("abcäß_ \n\"'", min_size=1, max_size=5).map(str.strip).filter(bool), min_size=2, unique=True)
FIELDS = st.text(
    st.sampled_from(" ab1,;|\t\"'\n.-=+@#ä€") | st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"),
    max_size=12,
)


@given(
    st.data(),
    NAMES,
    st.sampled_from(list(MARKS)),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
)
def test_what_pythons_csv_module_writes_comes_back(data, names, mark, quoting, end, codec, zipped):
    rows = data.draw(st.lists(st.lists(FIELDS, min_size=len(names), max_size=len(names)), min_size=1, max_size=8))
    if end == "\r":
        assume(not any("\n" in field for row in [names, *rows] for field in row))
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=mark, quoting=quoting, lineterminator=end).writerows([names, *rows])
    content = written.getvalue().encode(codec)
    table = CsvTable(gzip.compress(content) if zipped else content, "t.csv")
    assert table.columns == tuple(names)
    frame, numbers = table.read([], names)
    assert [[field or "" for field in row] for row in frame.rows()] == rows
    assert numbers.tolist() == list(range(1, len(rows) + 1))


@pytest.mark.parametrize(
    ("content", "byte", "place"),
    [
        (b"a,b\0,y\n1,2,k\n", 4, "in the header"),
        (b"a,b,y\n1,2,k\n3,\0,m\n", 15, 'row 2, column "b"'),
        (b"a,b,y\r\n1,2,k\r\n\0,4,m\r\n", 15, 'row 2, column "a"'),
        (b'a,b,y\n"1\n1",2,k\n3,4,\0\n', 21, 'row 2, column "y"'),
        (b"a,,y\n1,\0,k\n", 8, "row 1"),
        (b"a,y\n1,k,\0\n", 9, "row 1"),
    ],
)
def test_where_a_nul_stands_is_told_as_a_spreadsheet_would_count(content, byte, place):
    with pytest.raises(DataError) as caught:
        dialect.as_utf8(content, "t.csv", None, None)
    assert caught.value.what == f"t.csv holds a NUL byte: byte {byte}, {place}."


def test_the_place_of_a_byte_is_counted_with_the_mark_that_begins_the_text():
    content = b"\xef\xbb\xbfa,b\n1,2\n3,\xff\n"
    with pytest.raises(DataError) as caught:
        dialect.as_utf8(content, "t.csv", None, None)
    assert f'byte {content.index(0xFF) + 1}, row 2, column "b"' in caught.value.what

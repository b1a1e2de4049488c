"""The beginning of a stream: what is read of it, what its header tells, and what is said where it tells nothing."""

from __future__ import annotations

import gzip
import io
import sys

import pytest

from softreg.data import cutting
from softreg.data import stream as streams
from softreg.data.blocks import Wanted
from softreg.data.stream import NAMELESS, CsvStream, opened
from softreg.errors import DataError, UsageError
from softreg.settings import SourceSettings

NONE = SourceSettings()
ROW = "Give a table with a header and at least one row."
PACKED = gzip.compress(b"a,b\n1,2\n", mtime=0)
OTHER = "Type --encoding latin-1, or whichever it is."


class Fed:
    """A stream that gives one piece at a time, and knows how many it has given."""

    def __init__(self, *pieces: bytes):
        self._pieces, self.given = list(pieces), 0

    def read(self, size=-1):
        self.given += 1
        return self._pieces.pop(0) if self._pieces else b""


def stream_of(*pieces: bytes, name: str = "t.csv", source: SourceSettings = NONE) -> CsvStream:
    return CsvStream(Fed(*pieces), name, source)


def rows_of(stream) -> list[tuple]:
    parse = stream.parser(Wanted((), kept=stream.every))
    return [row for piece in stream.pieces() for row in parse(piece).texts.select(stream.every).rows()]


@pytest.mark.parametrize(
    ("content", "what", "advice"),
    [
        (b"", "t.csv is empty.", ROW),
        (b"\r\n \n", "t.csv is empty.", ROW),
        (b"\n1,2\n", "t.csv has no header: its first row is blank.", ROW),
        (b" , \n1,2\n", "t.csv has no header: its first row is blank.", ROW),
        (b",\x000\n1,2\n", "t.csv: the header holds a NUL byte.", "Text has none: mend or remove it."),
        (b"a,b,a\n1,2,3\n", 't.csv has more than one column "a".', "Rename or remove one of them."),
        (b"a,M\xfcnze\n1,2\n", r't.csv: the header is not UTF-8 text, at "a,M\xfcnze".', OTHER),
        (b"\xfc\n1\n", r't.csv: the header is not UTF-8 text, at "\xfc".', OTHER),
        (
            b"x" * 30 + b"\xfc" + b"y" * 30 + b"\n1\n",
            f't.csv: the header is not UTF-8 text, at "{"x" * 20}\\xfc{"y" * 19}".',
            OTHER,
        ),
        (
            gzip.compress(b"a,b\n1,2\n", mtime=0)[:-4],
            "t.csv is cut: its gzip data end too early.",
            "Copy or download it again.",
        ),
    ],
)
def test_a_header_that_cannot_be_used_is_told_with_what_to_do(content, what, advice):
    with pytest.raises(DataError) as caught:
        rows_of(stream_of(content))
    assert (caught.value.what, caught.value.advice) == (what, advice)


def test_bytes_that_the_encoding_has_not_are_told_under_the_name_of_the_table():
    with pytest.raises(DataError, match=r"^t\.csv is not ASCII text: byte 5 cannot be read\."):
        stream_of(b"a\n1\n\xe9\n", source=SourceSettings(encoding="ascii"))


def test_a_disk_that_fails_is_told_under_the_name_of_the_table():
    class Failing(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(DataError, match=r"^t\.csv cannot be read: Input/output error\. Check the path\.$"):
        CsvStream(Failing(), "t.csv", NONE)


def test_bad_bytes_behind_the_header_are_no_fault_of_the_header():
    assert stream_of(b"a,b\n\xff,2\n").columns == ("a", "b")


@pytest.mark.parametrize("source", [SourceSettings(encoding="latn-1"), SourceSettings(separator="::")])
def test_a_setting_that_is_none_is_refused_whatever_is_in_the_table(source):
    with pytest.raises(UsageError):
        stream_of(b"", source=source)


def test_an_encoding_that_is_none_is_refused_before_anything_is_read():
    fed = Fed(b"a\n1\n")
    with pytest.raises(UsageError, match="Did you mean"):
        CsvStream(fed, "t.csv", SourceSettings(encoding="latn-1"))
    assert not fed.given


@pytest.mark.parametrize(
    ("pieces", "needed"),
    [
        ([b"a,b\n1,2\n", b"3,4\n"], 1),
        ([b"a,b\n", b"1,2", b"\n", b"3,4\n"], 3),
        ([b"a,b\r\n1", b",2\r\n3", b",4\r\n"], 2),
        ([b'"a\n', b'b",c\n', b"1,2\n", b"3,4\n"], 3),
        ([b"a,", b"b\n\n", b"1,2\n"], 2),
    ],
)
def test_the_header_and_one_line_more_are_read_and_no_further_before_the_columns_are_known(pieces, needed):
    fed = Fed(*pieces)
    stream = CsvStream(fed, "t.csv", NONE)
    assert fed.given == needed
    assert len(stream.columns) == 2
    assert rows_of(stream)[-1] == (("3", "4") if pieces[-1].startswith((b"3", b",4")) else ("1", "2"))


@pytest.mark.parametrize(
    ("pieces", "columns", "rows"),
    [
        ([b"a,b"], ("a", "b"), []),
        ([b"a,b\n"], ("a", "b"), []),
        ([b"a,b\n1,2"], ("a", "b"), [("1", "2")]),
        ([b"a\n1", b"\n2"], ("a",), [("1",), ("2",)]),
        ([b" a , b\n1, 2\n"], ("a", "b"), [("1", " 2")]),
        ([b"a,b\r1,2\r", b"3,4\r"], ("a", "b"), [("1", "2"), ("3", "4")]),
        ([b"a,b\r\n1,2\r", b"\n3,4"], ("a", "b"), [("1", "2"), ("3", "4")]),
        ([b"a,b;c\n1;2,\n"], ("a", "b;c"), [("1;2", None)]),
        # what is left of a row that was cut tells nothing of the separator
        ([b"a,b;c\n1,2\n3;4;5"], ("a", "b;c"), [("1", "2"), ("3;4;5", None)]),
        ([b"a;b,c\n1;2\n3,4", b";5\n"], ("a", "b,c"), [("1", "2"), ("3,4", "5")]),
    ],
)
def test_columns_and_rows_are_those_of_the_table_however_it_comes(pieces, columns, rows):
    stream = stream_of(*pieces)
    assert stream.columns == stream.every == columns
    assert rows_of(stream) == rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_rows_are_counted_alike_whatever_ends_a_line(end, size):
    content = end.join(["a,b", "1,2", "", "3,4", ""]).encode()
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    stream, places, passed = stream_of(*pieces), [], 0
    parse = stream.parser(Wanted(("a",)))
    for piece in stream.pieces():
        block = parse(piece)
        places += (passed + block.places).tolist()
        passed += block.n_records
    assert places == [0, 2]


def test_a_row_that_is_too_long_is_told_under_the_name_of_the_table(monkeypatch):
    monkeypatch.setattr(cutting, "LONGEST", 100)
    with pytest.raises(DataError, match=r"^t\.csv has a row of more than "):
        rows_of(stream_of(b"a,b\n1,2\n", b'3,"' + b"x" * 200))


def test_notes_and_names_are_those_of_dialect_and_header():
    stream = stream_of("a;;b;\n1,5;x;2;y\n".encode("utf-16"))
    assert stream.name == "t.csv"
    assert stream.separator == ";"
    assert stream.columns == ("a", "b")
    assert stream.every == ("a", f"{NAMELESS}1", "b", f"{NAMELESS}3")
    assert stream.notes == (
        "t.csv is separated by semicolons.",
        't.csv writes numbers with a decimal comma ("1,5").',
        "Left out, because it has no name: column 2, 4.",
    )
    assert stream_of(b"a\tb\n1\t2\n", name="t.tsv").notes == ()


def test_settings_of_the_user_are_followed():
    stream = stream_of(b"a:\xfc\nx,2:3;4\n", source=SourceSettings(separator=":", encoding="latin-1"))
    assert stream.separator == ":"
    assert stream.columns == ("a", "ü")
    assert stream.notes == ()
    assert rows_of(stream) == [("x,2", "3;4")]


def test_an_encoding_whose_text_begins_with_a_mark_may_be_given():
    stream = stream_of("a,b\n1,é\n".encode("utf-16"), source=SourceSettings(encoding="utf-16"))
    assert rows_of(stream) == [("1", "é")]


def test_a_header_that_does_not_end_is_read_no_further_than_the_longest_record(monkeypatch):
    monkeypatch.setattr(streams, "LONGEST", 10)
    fed = Fed(*[b"abcde"] * 10)
    CsvStream(fed, "t.csv", NONE)
    assert fed.given == 2


@pytest.mark.parametrize(
    ("spec", "said"), [("no.csv", "No such file or directory"), ("folder", "Is a directory"), ("x/t.csv", "No such")]
)
def test_a_path_that_cannot_be_read_is_told_as_it_was_given(tmp_path, monkeypatch, spec, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError) as caught, opened(spec, NONE):
        pass
    assert caught.value.what.startswith(f"{spec} cannot be read: {said}")
    assert caught.value.advice == "Check the path."


@pytest.mark.parametrize("name", ["t.csv", "-", "t.csv.gz", "parquet"])
def test_a_file_is_opened_by_its_path_and_closed_again(tmp_path, monkeypatch, name):
    (tmp_path / name).write_bytes(gzip.compress(b"a;b\n1;2\n") if name.endswith("gz") else b"a;b\n1;2\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for spec in (str(tmp_path / name), f"~/{name}"):
        with opened(spec, SourceSettings(separator="bar")) as stream:
            assert (stream.name, stream.columns) == (name, ("a;b",))
        with opened(spec, NONE) as stream:
            assert stream.notes == (f"{name} is separated by semicolons.",)
            assert rows_of(stream) == [("1", "2")]


def test_a_dash_is_standard_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-").write_bytes(b"not this,\n1,2\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,2\n")))
    with opened("-", NONE) as stream:
        assert (stream.name, stream.columns, rows_of(stream)) == ("stdin", ("a", "b"), [("1", "2")])
    assert not sys.stdin.buffer.closed


@pytest.mark.parametrize("name", ["t.parquet", "T.PARQUET"])
def test_parquet_is_known_by_its_name(tmp_path, name):
    import polars as pl

    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / name)
    with opened(str(tmp_path / name), NONE) as stream:
        assert (stream.name, stream.columns, stream.separator) == (name, ("a",), None)

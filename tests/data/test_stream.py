"""Streams: a table comes out as it was written, whatever its blocks, and what is wrong is told by row."""

from __future__ import annotations

import csv
import gzip
import io
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from softreg.data.blocks import Wanted, numbers_of
from softreg.data.dialect import Dialect
from softreg.data.parsing import CsvParser
from softreg.data.stream import NAMELESS, CsvStream, opened
from softreg.data.values import MISSING_NUMBERS, as_numbers
from softreg.errors import DataError, UsageError
from softreg.preparation import UNSEEN
from softreg.settings import SourceSettings

NONE = SourceSettings()


class Slow(io.RawIOBase):
    """A stream that gives a few bytes at a time, and cannot seek."""

    def __init__(self, content: bytes, step: int) -> None:
        self._content, self._step = content, step

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece, self._content = self._content[: self._step], self._content[self._step :]
        return piece


def stream_of(content: bytes | str, step: int = 10**9, name: str = "t.csv", source: SourceSettings = NONE) -> CsvStream:
    return CsvStream(Slow(content.encode() if isinstance(content, str) else content, step), name, source)


def blocks_of(stream, wanted):
    parse = stream.parser(wanted)
    return [parse(piece) for piece in stream.pieces()]


def whole(content, wanted, **more):
    """The raw matrix, the texts, the row numbers and the faults by row number, of all blocks."""
    raw, texts, numbers, faults, passed = [], [], [], {}, 0
    for block in blocks_of(stream_of(content, **more), wanted):
        places = passed + block.places + 1
        raw += block.raw.tolist()
        texts += block.texts.select(wanted.texts).rows()
        numbers += places.tolist()
        faults |= {int(places[row]): fault.reason for row, fault in block.faults.items()}
        passed += block.n_records
    return raw, texts, numbers, faults


def written(rows, separator=",", end="\n", quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)
@given(
    st.lists(st.tuples(NUMBER, TEXT, NUMBER), min_size=1, max_size=12),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    st.integers(1, 60),
)
def test_rows_come_back_as_they_were_written_whatever_the_blocks(rows, separator, end, quoting, step):
    content = written([("x", "name", "y"), *rows], separator, end, quoting)
    source = SourceSettings(separator=separator)
    raw, texts, numbers, faults = whole(content, Wanted(("y", "x"), kept=("name",)), step=step, source=source)
    assert raw == [[y, x] for x, _, y in rows]
    assert [text or "" for (text,) in texts] == [name for _, name, _ in rows]
    assert numbers == list(range(1, len(rows) + 1))
    assert not faults


FIELD = st.one_of(st.sampled_from(["1", "2.5", "", "NA", "x", "inf", '"q"', '"a\nb"', '"a,b"', " 3 ", "True"]))


@settings(deadline=None)
@given(st.lists(st.lists(FIELD, max_size=5), min_size=1, max_size=10), st.integers(1, 40), st.booleans())
def test_bad_records_and_blank_lines_are_told_as_the_csv_module_sees_them(records, step, ends):
    lines = "\n".join(["a,b,c", *map(",".join, records)]) + "\n" * ends
    expected = list(csv.reader(io.StringIO(lines, newline="")))[1:]
    raw, texts, numbers, faults = whole(lines, Wanted(("a", "c"), kept=("b",)), step=step)
    there = [number for number, record in enumerate(expected, start=1) if record]
    assert numbers == there
    assert [text or "" for (text,) in texts] == [expected[n - 1][1] if len(expected[n - 1]) > 1 else "" for n in there]
    for number, values in zip(there, raw, strict=True):
        record = expected[number - 1]
        ragged = len(record) != 3
        bad = [value for value in record[:3:2] if not _is_number_or_missing(value)]
        assert (number in faults) == (ragged or bool(bad))
        if ragged:
            assert f"{len(record)} field" in faults[number]
        elif bad:
            told = bad[0].replace("\n", " ")
            assert f'"{told}", which is not a number' in faults[number]
        else:
            assert np.array_equal(values, [_number(value) for value in record[::2]], equal_nan=True)


def _number(value):
    text = value.strip()
    return math.nan if text in MISSING_NUMBERS else {"true": 1.0}.get(text.lower()) or float(text)


def _is_number_or_missing(value):
    return value.strip() in (*MISSING_NUMBERS, "1", "2.5", "inf", "3", "True")


@settings(deadline=None)
@given(
    st.lists(st.lists(FIELD, max_size=5), min_size=1, max_size=10), st.integers(1, 40), st.sampled_from(["\n", "\r\n"])
)
def test_a_line_that_is_kept_is_the_record_as_it_is_written_or_cut_to_the_header(records, step, end):
    written = [",".join(record) for record in records]
    stream = stream_of(end.join(["a,b,c", *written]) + end, step)
    blocks = blocks_of(stream, Wanted(("a",), lines=True))
    lines = [line.decode() for block in blocks for line in block.lines]
    assert len(lines) == sum(len(block.places) for block in blocks)
    expected = [(line, next(csv.reader(io.StringIO(line, newline="")))) for line in written if line]
    for line, (before, record) in zip(lines, expected, strict=True):
        if len(record) == 3:
            assert line == before
        else:
            assert list(csv.reader(io.StringIO(line, newline=""))) == [[*record, "", ""][:3]]


@settings(max_examples=400, deadline=None)
@given(st.text('"",\n a1', max_size=40), st.integers(1, 30))
def test_quotation_marks_anywhere_mean_what_the_csv_module_says(text, step):
    assume(text.count('"') % 2 == 0)  # what an open quotation mark means, nobody has said
    content = "a,b\n" + text
    expected = [record for record in csv.reader(io.StringIO(content, newline="")) if record][1:]
    _, texts, _, faults = whole(content, Wanted((), kept=("a", "b")), step=step)
    assert [tuple(value or "" for value in row) for row in texts] == [tuple([*row, ""][:2]) for row in expected]
    assert len(faults) == sum(len(record) != 2 for record in expected)


def test_a_stray_quotation_mark_does_not_swallow_what_follows():
    rows = [f'{number},5" pipe\n' if number % 1000 == 7 else f"{number},x\n" for number in range(200_000)]
    content = "a,b\n" + "".join(rows)
    blocks = blocks_of(stream_of(content, 2**17), Wanted(("a",), kept=("b",)))
    assert len(blocks) > 5
    assert np.concatenate([block.raw[:, 0] for block in blocks]).tolist() == list(range(200_000))
    assert not any(block.faults for block in blocks)


@pytest.mark.parametrize("column", ["x1", "last"])
def test_a_file_of_one_column_and_a_last_column_that_is_often_empty(column):
    rows = [["1"], [""], ["3"]]
    if column == "x1":
        raw, _, numbers, faults = whole(written([["x1"], *rows]), Wanted(("x1",)))
    else:
        wide = [["a", "last"], *(["7", *row] for row in rows)]
        raw, _, numbers, faults = whole(written(wide), Wanted(("last",)))
    assert np.array_equal(raw, [[1.0], [math.nan], [3.0]], equal_nan=True)
    assert (numbers, faults) == ([1, 2, 3], {})


def test_blank_lines_are_no_rows_and_are_counted():
    for end in ("\n", "\r\n"):
        lines = end.join(["a,b", "1,2", "", "", "3,", "", "5,6", ""])
        raw, _, numbers, faults = whole(lines, Wanted(("a",)))
        assert (raw, numbers, faults) == ([[1], [3], [5]], [1, 4, 6], {})


def test_a_field_larger_than_a_block_and_quoted_lines_are_one_row():
    field = "x\n" * 5_000_000
    content = written([["a", "text"], ["1", field], ["2", "short"]])
    raw, texts, _, faults = whole(content, Wanted(("a",), kept=("text",)), step=2**20)
    assert raw == [[1], [2]]
    assert texts == [(field,), ("short",)]
    assert not faults


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.encode("utf-16"),
        lambda text: gzip.compress(text.encode()),
        lambda text: text.rstrip("\n").encode(),
        lambda text: text.replace(",", ";").replace(".", ",").encode(),
        lambda text: text.replace(",", "|").encode(),
    ],
    ids=["mark", "crlf", "cr", "utf-16", "gzip", "no line end", "semicolons", "bars"],
)
def test_every_dialect_gives_the_same_rows(change):
    text = "a,name,b\n1.5,é,2.5\n3.5,x y,4.5\n"
    expected = whole(text, Wanted(("b", "a"), kept=("name",)))
    assert expected[0] == [[2.5, 1.5], [4.5, 3.5]]
    assert whole(change(text), Wanted(("b", "a"), kept=("name",)), step=7) == expected


def test_categories_become_codes_of_the_known_values():
    wanted = Wanted(("port", "n"), {"port": ("C", "S")})
    raw, _, _, faults = whole("port,n\nS,1\n C ,2\n?,3\nQ,4\n", wanted)
    assert np.array_equal(raw, [[1, 1], [0, 2], [math.nan, 3], [UNSEEN, 4]], equal_nan=True)
    assert not faults


def test_a_column_may_be_feature_text_and_label_at_once():
    stream = stream_of("a,y\n01,u\n1e3,v\n")
    (block,) = blocks_of(stream, Wanted(("a",), kept=("y", "a"), label="y"))
    assert block.raw.tolist() == [[1], [1000]]
    assert block.texts["a"].to_list() == ["01", "1e3"]
    assert block.labels.to_list() == ["u", "v"]


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["1", " 2.5", "3 ", "x", "", "NA", "TRUE", "false", "1e999", "-", "1,5", "1.000,5"]), max_size=6
    )
)
def test_a_value_is_a_number_in_a_stream_where_it_is_one_in_a_table(values):
    for comma in (False, True):
        column = pl.Series(values, dtype=pl.String)
        numbers, bad = numbers_of(column, decimal_comma=comma)
        for place, value in enumerate(values):
            alone = as_numbers(pl.Series([value]), decimal_comma=comma)
            assert (place in bad) == (alone.dtype == pl.String)
            assert place in bad or np.array_equal(numbers[place], alone.to_numpy()[0], equal_nan=True)


def test_what_a_parser_has_seen_does_not_change_what_it_returns():
    wanted = Wanted(("a", "b"))
    blocks = [b"1,2\n 3,4\n", b"x,5\nNA,6\n", b"7 ,8\n9,?\n"]
    fresh = [CsvParser(("a", "b"), Dialect(), wanted)(block) for block in blocks]
    parser = CsvParser(("a", "b"), Dialect(), wanted)
    for block, alone in zip([*blocks, blocks[0]], [*fresh, fresh[0]], strict=True):
        seen = parser(block)
        assert np.array_equal(seen.raw, alone.raw, equal_nan=True)
        assert seen.faults == alone.faults


def test_bytes_that_are_no_text_are_a_fault_of_their_row():
    content = "a,who\n1,Ann\n2,Jos\u00e9\n3,x\0y\n".encode("latin-1")
    stream = stream_of(content)
    (block,) = blocks_of(stream, Wanted(("a",), kept=("who",)))
    assert block.faults[1].reason == '"Jos\\xe9" is not UTF-8 text'
    assert block.faults[1].advice == 'If it should read "José", type --encoding latin-1.'
    assert "NUL" in block.faults[2].reason
    assert block.raw.tolist() == [[1], [2], [3]]
    _, texts, _, faults = whole(
        content.replace(b"\0", b""), Wanted(("a",), kept=("who",)), source=SourceSettings(encoding="latin-1")
    )
    assert texts[1] == ("José",)
    assert not faults


def test_a_column_without_a_name_is_kept_and_no_feature():
    stream = stream_of(",a,\nr1,1,x\n")
    assert stream.columns == ("a",)
    assert stream.every == (f"{NAMELESS}0", "a", f"{NAMELESS}2")
    assert "no name: column 1, 3" in stream.notes[0]
    (block,) = blocks_of(stream, Wanted(("a",), kept=stream.every))
    assert block.texts.select(stream.every).rows() == [("r1", "1", "x")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n1,2\n", "first row is blank"),
        (b"a,a\n1,2\n", 'more than one column "a"'),
        (b"a,\xe9\n1,2\n", "header is not UTF-8"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-4], "cut"),
    ],
)
def test_a_header_that_cannot_be_used_is_an_error(content, said):
    with pytest.raises(DataError, match=said):
        list(stream_of(content).pieces())


def test_an_encoding_or_separator_that_does_not_exist_is_a_usage_error():
    with pytest.raises(UsageError, match="latin"):
        stream_of("a\n1\n", source=SourceSettings(encoding="latin-l"))
    with pytest.raises(UsageError, match="separator"):
        stream_of("a\n1\n", source=SourceSettings(separator="::"))


def test_parquet_is_read_in_slices(tmp_path, monkeypatch):
    frame = pl.DataFrame({"a": range(10), "odd": [[1]] * 10, "port": ["S", None] * 5, "y": [True, False] * 5})
    frame = frame.with_columns(pl.col("port").cast(pl.Categorical))
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=4)
    monkeypatch.setattr("softreg.data.slices.MOST_ROWS", 3)
    with opened(str(tmp_path / "t.parquet"), NONE) as stream:
        blocks = blocks_of(stream, Wanted(("port", "a"), {"port": ("S",)}, ("port",), "y"))
    assert [len(block.raw) for block in blocks] == [3, 3, 3, 1]
    raw = np.concatenate([block.raw for block in blocks])
    assert np.array_equal(raw[:, 0], [0, math.nan] * 5, equal_nan=True)
    assert raw[:, 1].tolist() == list(range(10))
    assert pl.concat([block.labels for block in blocks]).to_list() == ["True", "False"] * 5
    assert pl.concat([block.texts for block in blocks])["port"].to_list() == ["S", None] * 5


def test_a_column_of_parquet_that_is_neither_number_nor_text_cannot_be_a_feature(tmp_path):
    pl.DataFrame({"a": [[1]]}).write_parquet(tmp_path / "t.parquet")
    with opened(str(tmp_path / "t.parquet"), NONE) as stream, pytest.raises(DataError, match='"a" holds List'):
        stream.parser(Wanted(("a",)))

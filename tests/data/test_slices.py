"""A parquet file as a stream: slices of its rows, and of its columns those that are asked for."""

from __future__ import annotations

import datetime
import math

import numpy as np
import polars as pl
import pytest

from softreg import files
from softreg.data import slices
from softreg.data.blocks import Fault, Wanted
from softreg.data.dialect import no_table
from softreg.data.slices import ParquetStream
from softreg.errors import DataError

DAY = datetime.date(2020, 2, 29)
FRAME = pl.DataFrame(
    {
        "a": [1, None, 3],
        "": [4, 5, 6],
        "day": [DAY, None, DAY],
        "list": [[1], [2], None],
        "bytes": [b"x", None, b"z"],
        "lasts": [datetime.timedelta(hours=1)] * 3,
        "port": pl.Series(["S", None, "Q"], dtype=pl.Categorical),
        "deck": pl.Series(["A", "B", None], dtype=pl.Enum(["A", "B"])),
        "text": ["1.5", "x", None],
        "flag": [True, False, None],
        "y": [1.0, 2.5, None],
    }
)


@pytest.fixture
def path(tmp_path):
    FRAME.write_parquet(tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


def block_of(path, wanted):
    stream = ParquetStream(path)
    (piece,) = stream.pieces()
    return stream.parser(wanted)(piece)


def test_a_stream_tells_of_its_file(path):
    stream = ParquetStream(path)
    assert stream.name == "t.parquet"
    assert stream.columns == tuple(name for name in FRAME.columns if name)
    assert set(stream.columns) < set(stream.every)
    assert len(stream.every) == len(FRAME.columns)
    assert stream.notes == ("Left out, because it has no name: column 2.",)
    assert stream.separator is None


@pytest.mark.parametrize(
    ("cells", "most", "expected"),
    [
        (8, 100, [(0, 4), (4, 4), (8, 2)]),  # of two columns
        (9, 100, [(0, 4), (4, 4), (8, 2)]),
        (10, 100, [(0, 5), (5, 5)]),
        (20, 100, [(0, 10)]),
        (1, 100, [(place, 1) for place in range(10)]),
        (20, 7, [(0, 7), (7, 3)]),
    ],
)
def test_slices_are_of_as_many_rows_as_a_block_may_hold_and_at_least_of_one(
    tmp_path, monkeypatch, cells, most, expected
):
    frame = pl.DataFrame({"a": range(10), "b": range(10)})
    frame.write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(slices, "CELLS", cells)
    monkeypatch.setattr(slices, "MOST_ROWS", most)
    stream = ParquetStream(tmp_path / "t.parquet")
    assert list(stream.pieces()) == expected
    parse = stream.parser(Wanted(("a",)))
    assert np.concatenate([parse(piece).raw[:, 0] for piece in stream.pieces()]).tolist() == list(range(10))


def test_a_file_without_rows_has_no_slices(tmp_path):
    FRAME.clear().write_parquet(tmp_path / "t.parquet")
    assert list(ParquetStream(tmp_path / "t.parquet").pieces()) == []


def test_a_block_holds_numbers_codes_texts_and_labels(path):
    wanted = Wanted(
        ("port", "a", "day", "flag", "deck"),
        {"port": ("Q", "S"), "day": ("2020-02-29",), "deck": ("B", "A")},
        ("y", "deck", "day", ""),
        "text",
    )
    block = block_of(path, wanted)
    raw = [[1, 1, 0, 1, 1], [math.nan, math.nan, math.nan, 0, 0], [0, 3, 0, math.nan, math.nan]]
    assert np.array_equal(block.raw, raw, equal_nan=True)
    assert block.texts.select(wanted.kept).rows() == [(1.0, "A", DAY, 4), (2.5, "B", None, 5), (None, None, DAY, 6)]
    assert block.texts["deck"].dtype == block.texts["port"].dtype == pl.String
    assert block.labels.to_list() == ["1.5", "x", None]
    assert (block.places.tolist(), block.n_records, block.faults, block.lines) == ([0, 1, 2], 3, {}, None)


def test_labels_that_are_numbers_are_written_as_a_csv_would_and_there_are_none_unless_asked_for(path):
    labels = block_of(path, Wanted(("a",), label="y")).labels
    assert labels[:2].to_list() == ["1", "2.5"]
    assert labels.dtype == pl.String
    assert block_of(path, Wanted(("a",))).labels is None


def test_text_where_the_model_needs_a_number_is_a_fault_of_its_row(path):
    block = block_of(path, Wanted(("a", "text")))
    reason, advice = 'column "text" holds "x", which is not a number', "Mend it: the model needs this column."
    assert block.faults == {1: Fault(reason, advice)}
    assert np.array_equal(block.raw[:, 1], [1.5, math.nan, math.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("column", "kind"),
    [("day", "Date"), ("list", "List(Int64)"), ("bytes", "Binary"), ("lasts", "Duration(time_unit='us')")],
)
def test_a_column_that_is_neither_number_nor_category_is_refused_before_a_row_is_read(path, column, kind):
    with pytest.raises(DataError) as caught:
        ParquetStream(path).parser(Wanted(("a", column)))
    assert caught.value.what == f't.parquet: column "{column}" holds {kind}, and the model takes numbers or categories.'
    assert caught.value.advice == "Convert it as it was for the training."


@pytest.mark.parametrize("wanted", [Wanted(("a",), label="list"), Wanted(("list",), {"list": ("1",)})])
def test_what_has_no_text_is_refused_by_the_name_of_its_file_and_column(path, wanted):
    with pytest.raises(DataError) as caught:
        block_of(path, wanted)
    assert caught.value.what == 't.parquet: column "list" holds List(Int64), which is no text.'


def test_a_name_that_looks_like_a_pattern_is_the_name_of_one_file(tmp_path):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "t[12].parquet")
    pl.DataFrame({"a": [2]}).write_parquet(tmp_path / "t1.parquet")
    assert block_of(tmp_path / "t[12].parquet", Wanted(("a",))).raw.tolist() == [[1]]


def test_a_file_that_is_spoilt_while_it_is_read_is_said_to_be_no_parquet(path):
    stream = ParquetStream(path)
    (piece,) = stream.pieces()
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"^t\.parquet is not a readable parquet file: ") as caught:
        stream.parser(Wanted(("a",)))(piece)
    assert caught.value.advice == "Save or copy it again."


def test_texts_that_would_fill_the_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_SMALL", 1)
    path = tmp_path / "t.parquet"
    pl.DataFrame({"text": ["x" * 10_000] * 1000}).write_parquet(path)
    assert 200 * path.stat().st_size < 10**7
    with pytest.raises(DataError) as caught:
        block_of(path, Wanted((), kept=("text",)))
    expected = no_table("t.parquet", 10**7, path.stat().st_size, "make a CSV of it first")
    assert (caught.value.what, caught.value.advice) == (expected.what, expected.advice)

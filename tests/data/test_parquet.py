"""Parquet files: which types are numbers, which are text, and which are neither."""

from __future__ import annotations

import datetime
import os
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from softreg.data.parquet import ParquetTable, unharmed
from softreg.data.tables import CsvTable
from softreg.data.values import as_categories, numbered
from softreg.errors import DataError

DAY = datetime.date(2020, 2, 29)
TEXTS = pl.Series(["a", None])
OTHERS = {
    "date": [DAY, None],
    "datetime": [datetime.datetime(2020, 2, 29, 12), None],
    "time": [datetime.time(12), None],
    "duration": [datetime.timedelta(hours=1), None],
    "list": [[1, 2], None],
    "struct": [{"x": 1}, None],
    "binary": [b"\xff", None],
}


def table(folder: Path, columns: dict[str, pl.Series]) -> ParquetTable:
    pl.DataFrame(columns).write_parquet(folder / "t.parquet")
    return ParquetTable(folder / "t.parquet")


@pytest.mark.parametrize(
    "dtype",
    [pl.Int8, pl.Int64, pl.UInt64, pl.Float32, pl.Float64, pl.Decimal(10, 2)],
)
def test_numbers_are_float64_with_null_where_missing(tmp_path, dtype):
    frame, rows = table(tmp_path, {"a": pl.Series([3, None, 5]).cast(dtype)}).read(["a"], [])
    assert frame["a"].dtype == pl.Float64
    assert frame["a"].to_list() == [3.0, None, 5.0]
    assert rows.tolist() == [1, 2, 3]


def test_nan_and_null_are_both_null(tmp_path):
    frame, _ = table(tmp_path, {"a": pl.Series([1.0, float("nan"), None])}).read(["a"], [])
    assert frame["a"].to_list() == [1.0, None, None]


def test_booleans_are_one_and_nought_and_a_column_of_nothing_is_missing_numbers(tmp_path):
    columns = {"a": pl.Series([True, None, False]), "b": pl.Series([None] * 3, dtype=pl.Null)}
    frame, _ = table(tmp_path, columns).read(["a", "b"], [])
    assert frame.to_dict(as_series=False) == {"a": [1.0, None, 0.0], "b": [None] * 3}


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["a", "b"])])
def test_text_is_string_whether_asked_for_as_a_number_or_as_text(tmp_path, dtype):
    found = table(tmp_path, {"a": TEXTS.cast(dtype), "b": TEXTS.cast(dtype)})
    frame, _ = found.read(["a"], ["b"])
    assert frame.dtypes == [pl.String, pl.String]
    assert frame.rows() == [("a", "a"), (None, None)]


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_neither_number_nor_text_keeps_its_type(tmp_path, kind):
    """Lists and structs, of which nothing can be made, are not even read: one of them may hold any number of values."""
    values = pl.Series(OTHERS[kind])
    found = table(tmp_path, {"a": pl.Series([1, 2]), kind: values})
    frame, _ = found.read(["a", kind], [])
    assert frame[kind].dtype == values.dtype
    read = [None, None] if values.dtype.is_nested() else values.to_list()
    assert numbered(frame, ["a", kind])[kind].to_list() == read


@pytest.mark.parametrize("kind", OTHERS)
def test_as_text_a_date_is_written_and_what_has_no_text_is_refused_by_name(tmp_path, kind):
    found = table(tmp_path, {kind: pl.Series(OTHERS[kind])})
    if kind in {"list", "struct", "binary", "duration"}:
        with pytest.raises(DataError, match=f"--exclude {kind}"):
            found.read([], [kind])
    else:
        frame, _ = found.read([], [kind])
        assert frame[kind].dtype == pl.String
        assert frame[kind][1] is None
        assert ("2020-02-29" in frame[kind][0]) == kind.startswith("date")


def test_numbers_as_text_are_written_as_a_csv_would(tmp_path):
    columns = {
        "whole": pl.Series([1.0, 2.0, None]),
        "id": pl.Series([2**63 - 1, 7, None]),
        "flag": pl.Series([True, False, None]),
        "price": pl.Series([Decimal("1.50"), Decimal("2.00"), None]),
    }
    frame, _ = table(tmp_path, columns).read([], list(columns))
    assert frame.rows()[:2] == [("1", str(2**63 - 1), "True", "1.50"), ("2", "7", "False", "2.00")]
    assert all(value is None or value == "" for value in frame.row(2))


@pytest.mark.parametrize(
    ("values", "dtype", "lossy"),
    [
        ([2**53 + 1, None], None, True),
        ([2**53, 2**60], None, False),
        ([-(2**63), -(2**62) - 1], None, True),
        ([2**64 - 1], pl.UInt64, True),
        ([2.0**70, 1e300], None, False),  # float64 already
        ([Decimal(2**53 + 1)], None, True),
        ([1, 2], None, False),
    ],
)
def test_whole_numbers_that_float64_cannot_hold_are_found(tmp_path, values, dtype, lossy):
    found = table(tmp_path, {"a": pl.Series(values, dtype=dtype), "b": pl.Series([1.0] * len(values))})
    frame, _ = found.read(["a", "b"], [])
    assert found.beyond_double(frame, ["a", "b"]) == (("a",) if lossy else ())


def test_the_same_table_is_the_same_from_csv_and_from_parquet(tmp_path):
    frame = pl.DataFrame(
        {"a": [1.5, None, -2.0], "b": [2**40, 3, None], "c": ["x", " NA", None], "d": [True, None, False]}
    )
    frame.write_csv(tmp_path / "t.csv")
    tables = table(tmp_path, frame.to_dict()), CsvTable((tmp_path / "t.csv").read_bytes(), "t.csv")
    one, two = (numbered(found.read(["a", "b", "d"], ["c"])[0], ["a", "b", "d"]) for found in tables)
    assert one.equals(two)
    assert as_categories(one["c"]).to_list() == ["x", None, None]
    assert tables[0].columns == tables[1].columns


def test_a_column_without_a_name_is_left_out_and_a_table_without_rows_is_refused(tmp_path):
    found = table(tmp_path, {"": pl.Series([1]), "a": pl.Series([2])})
    assert found.columns == ("a",)
    assert "no name" in found.notes[0]
    with pytest.raises(DataError, match="no rows"):
        table(tmp_path, {"a": pl.Series([], dtype=pl.Int64)}).read(["a"], [])


def test_only_the_columns_that_are_asked_for_are_read(tmp_path):
    found = table(tmp_path, {"a": pl.Series(np.arange(3.0)), "b": pl.Series([[1]] * 3)})
    assert found.read(["a"], [])[0].columns == ["a"]


@pytest.fixture
def told_to() -> Iterator[os.stat_result]:
    """What descriptor 2 leads to, and leads to again when the test has ended."""
    kept = os.dup(2)
    yield os.fstat(kept)
    os.dup2(kept, 2)
    os.close(kept)


def test_two_readers_at_once_leave_the_terminal_as_it_was(told_to):
    inside, left = threading.Event(), threading.Event()

    def read() -> None:
        with unharmed("second.parquet"):
            inside.set()
            left.wait(10)

    second = threading.Thread(target=read)
    with unharmed("first.parquet"):
        second.start()
        inside.wait(0.2)
    left.set()
    second.join()
    assert os.path.samestat(os.fstat(2), told_to)


@pytest.mark.usefixtures("told_to")
def test_a_reader_that_cannot_open_its_silence_leaves_no_descriptor_behind(monkeypatch):
    def refuse(*_: object) -> int:
        raise OSError(24, "Too many open files")

    def lowest() -> int:
        free = os.dup(2)
        os.close(free)
        return free

    before = lowest()
    with monkeypatch.context() as patch, pytest.raises(DataError, match="Too many open files"):
        patch.setattr("os.open", refuse)
        with unharmed("t.parquet"):
            pass
    assert lowest() == before

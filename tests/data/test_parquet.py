"""Parquet files: which types are numbers, which are text, and which are neither."""

from __future__ import annotations

import datetime
import hashlib
import os
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from softreg.data import load
from softreg.data.parquet import ParquetTable, as_written, opened, refuse_long_texts, unharmed
from softreg.data.tables import CsvTable
from softreg.data.trial import outcome, refuse_deadly
from softreg.data.values import as_categories, numbered
from softreg.errors import DataError
from softreg.settings import SourceSettings

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
        with pytest.raises(DataError) as caught:
            found.read([], [kind])
        assert (
            caught.value.what
            == f't.parquet: column "{kind}" holds {found.read([kind], [])[0].dtypes[0]}, which is no text.'
        )
        assert caught.value.advice == "Convert it in the file, or leave it out."
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
    assert found.notes == ("Left out, because it has no name: column 1.",)
    assert table(tmp_path, {"a": pl.Series([2])}).notes == ()
    with pytest.raises(DataError) as caught:
        table(tmp_path, {"a": pl.Series([], dtype=pl.Int64)}).read(["a"], [])
    assert (caught.value.what, caught.value.advice) == ("t.parquet has no rows.", "Give at least one row.")


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


def test_a_parquet_file_is_known_by_its_name_and_its_bytes(tmp_path):
    found = table(tmp_path, {"a": pl.Series([1, 2])})
    assert found.name == "t.parquet"
    assert found.sha256 == hashlib.sha256((tmp_path / "t.parquet").read_bytes()).hexdigest()
    assert found.columns == ("a",)
    assert found.decimal_comma is False


def test_a_parquet_file_of_too_many_columns_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("softreg.data.tables.MOST_COLUMNS", 2)
    with pytest.raises(DataError) as caught:
        table(tmp_path, {name: pl.Series([1]) for name in "abc"})
    assert caught.value.what == "t.parquet has 3 columns, and a table may have 2."


def test_columns_come_in_the_order_in_which_they_are_asked_for(tmp_path):
    odd = pl.Series([[1], [2], None])
    found = table(tmp_path, {"a": pl.Series([1, 2, 3]), "odd": odd, "b": pl.Series(["x", "y", None])})
    frame, rows = found.read(["odd", "b", "a"], [])
    assert frame.columns == ["odd", "b", "a"]
    assert frame.dtypes == [odd.dtype, pl.String, pl.Float64]
    assert frame.rows() == [(None, "x", 1), (None, "y", 2), (None, None, 3)]
    assert rows.tolist() == [1, 2, 3]
    only, rows = found.read(["odd"], [])
    assert only.rows() == [(None,)] * 3
    assert rows.tolist() == [1, 2, 3]


def test_text_keeps_its_column_and_its_gaps_whatever_it_is_made_of(tmp_path):
    columns = {
        "flag": pl.Series([True, None, False]),
        "none": pl.Series([None] * 3, dtype=pl.Boolean),
        "share": pl.Series([0.1, 2.0, None], dtype=pl.Float32),
        "day": pl.Series([DAY, None, DAY]),
        "kind": pl.Series(["u", None, "v"], dtype=pl.Categorical),
    }
    frame, _ = table(tmp_path, columns).read([], list(columns))
    assert frame.dtypes == [pl.String] * 5
    assert frame.fill_null("").to_dict(as_series=False) == {
        "flag": ["True", "", "False"],
        "none": ["", "", ""],
        "share": [repr(float(np.float32(0.1))), "2", ""],
        "day": ["2020-02-29", "", "2020-02-29"],
        "kind": ["u", "", "v"],
    }
    for name, values in columns.items():
        assert as_written(values.alias(name), "t.parquet").name == name


def test_what_is_no_text_is_left_out_with_a_name_that_the_shell_takes():
    with pytest.raises(DataError) as caught:
        as_written(pl.Series("the odd", [[1]]), "t.parquet")
    assert caught.value.what == 't.parquet: column "the odd" holds List(Int64), which is no text.'
    assert caught.value.advice == "Convert it in the file, or leave it out."


def test_a_name_that_looks_like_a_pattern_is_itself(tmp_path):
    path = tmp_path / "t[1].parquet"
    pl.DataFrame({"a": [1, 2, 4], "y": ["k", "m", "k"]}).write_parquet(path)
    for _ in range(2):  # alone, and beside a file that the pattern means
        assert opened(path) == (pl.Schema({"a": pl.Int64, "y": pl.String}), 3)
        assert load(str(path), SourceSettings()).X.tolist() == [[1], [2], [4]]
        pl.DataFrame({"a": [100.0], "b": [7], "y": ["n"]}).write_parquet(tmp_path / "t1.parquet")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            pl.exceptions.ComputeError("parquet: File out of specification: no end.\nMore of it."),
            "File out of specification: no end",
        ),
        (pl.exceptions.ColumnNotFoundError("a"), "a"),
        (pl.exceptions.PanicException("index out of bounds"), "index out of bounds"),
    ],
)
def test_what_polars_says_of_a_damaged_file_is_told_in_a_line(said, told):
    with pytest.raises(DataError) as caught, unharmed("t.parquet"):
        raise said
    assert caught.value.what == f"t.parquet is not a readable parquet file: {told}."
    assert caught.value.advice == "Save or copy it again."
    assert caught.value.__cause__ is said


@pytest.mark.parametrize(
    "said",
    [OSError(5, "Input/output error", "somewhere"), pl.exceptions.ComputeError("t (os error 5): t.parquet")],
)
def test_what_the_system_refuses_is_no_fault_of_the_file(said):
    with pytest.raises(DataError) as caught, unharmed("t.parquet"):
        raise said
    assert caught.value.what == "t.parquet cannot be read: Input/output error."
    assert caught.value.advice == "Check the path and its permissions."


def test_a_file_that_is_no_parquet_is_told_by_name_whenever_that_is_found_out(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"no parquet at all")
    with pytest.raises(DataError, match=r"^t\.parquet is not a readable parquet file: ") as caught:
        ParquetTable(tmp_path / "t.parquet")
    assert caught.value.advice == "Save or copy it again."
    found = table(tmp_path, {"a": pl.Series([1])})
    (tmp_path / "t.parquet").write_bytes(b"no parquet any more")
    with pytest.raises(DataError, match=r"^t\.parquet is not a readable parquet file: "):
        found.read(["a"], [])


def test_while_a_file_is_read_rust_is_silent_and_then_it_speaks_again(capfd):
    with unharmed("t.parquet"):
        os.write(2, b"thread panicked")
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "afterwards"


def refusal(path: Path, unfolded: int) -> tuple[str, str]:
    times = unfolded // path.stat().st_size
    return (
        f"t.parquet unfolds to more than 256 MiB, {times} times its size: no table is known to do so.",
        "Where it is to be trusted, make a CSV of it first.",
    )


@pytest.mark.parametrize("n_columns", [32, 33])
def test_numbers_may_unfold_to_256_mebibytes(tmp_path, n_columns):
    """Eight bytes a number: 2^20 rows of 32 columns."""
    path = tmp_path / "t.parquet"
    column = pl.Series([None], dtype=pl.Boolean).new_from_index(0, 2**20)
    pl.DataFrame({f"c{place}": column for place in range(n_columns)}).write_parquet(path)
    if n_columns == 32:
        assert opened(path)[1] == 2**20
        return
    with pytest.raises(DataError) as caught:
        opened(path)
    assert (caught.value.what, caught.value.advice) == refusal(path, 8 * 33 * 2**20)


MEBI = "y" * 2**20


@pytest.mark.parametrize(
    ("rows", "most"),
    [
        ({"a": (pl.String, 256)}, True),
        ({"a": (pl.String, 257)}, False),
        ({"a": (pl.String, 4096 + 1)}, False),  # 2^32 and more: the lengths are counted in 64 bits
        ({"a": (pl.Enum([MEBI]), 257)}, False),
        ({"a": (pl.Categorical, 257)}, False),
        ({"a": (pl.Categorical, 4096 + 1)}, False),
        ({"a": (pl.String, 128), "b": (pl.Enum([MEBI]), 128)}, True),
        ({"a": (pl.String, 129), "b": (pl.Enum([MEBI]), 129)}, False),
        ({"a": (pl.Categorical, 129), "b": (pl.Enum([MEBI]), 129)}, False),
    ],
)
def test_texts_may_unfold_to_256_mebibytes_however_they_are_stored(tmp_path, rows, most):
    path = tmp_path / "t.parquet"
    path.write_bytes(b"x" * 1000)
    columns = {name: pl.Series([MEBI], dtype=dtype).new_from_index(0, n_rows) for name, (dtype, n_rows) in rows.items()}
    frame = pl.DataFrame(columns).with_columns(n=1)
    if most:
        refuse_long_texts(frame, path)
        return
    with pytest.raises(DataError) as caught:
        refuse_long_texts(frame, path)
    assert (caught.value.what, caught.value.advice) == refusal(path, sum(n for _, n in rows.values()) * 2**20)


def test_a_column_that_would_fill_the_memory_does_no_harm_until_it_is_asked_for(tmp_path):
    kibi, n_rows = "y" * 2**10, 2**18 + 1
    long = pl.Series([kibi], dtype=pl.Enum([kibi])).new_from_index(0, n_rows)
    found = table(tmp_path, {"a": pl.Series([1]).new_from_index(0, n_rows), "long": long})
    assert found.read(["a"], [])[0].height == n_rows
    with pytest.raises(DataError) as caught:
        found.read(["a"], ["long"])
    assert (caught.value.what, caught.value.advice) == refusal(tmp_path / "t.parquet", 2**10 * n_rows)


@pytest.mark.parametrize(("n_bytes", "fits"), [(6 * 64 + 2**26, True), (6 * 64 + 2**26 - 1, False)])
def test_where_memory_is_limited_a_table_that_does_not_fit_is_not_begun(tmp_path, monkeypatch, n_bytes, fits):
    """Polars aborts without memory; of the columns only those are counted that are read."""
    found = table(tmp_path, {name: pl.Series([1, 2, 3]) for name in "abc"} | {"odd": pl.Series([[1]] * 3)})
    monkeypatch.setattr("resource.getrlimit", lambda _: (n_bytes, n_bytes))
    monkeypatch.setattr("resource.getpagesize", lambda: 0)  # nothing is taken yet
    if fits:
        assert found.read(["a", "odd", "c"], [])[0].rows() == [(1, None, 1), (2, None, 2), (3, None, 3)]
    else:
        with pytest.raises(MemoryError):
            found.read(["a", "odd", "c"], [])


def test_whole_numbers_are_looked_at_again_as_the_file_has_them(tmp_path):
    big = 2**53 + 1
    found = table(
        tmp_path,
        {
            "a": pl.Series([big, 1]),
            "float": pl.Series([float(big), 2.0**60]),
            "money": pl.Series([Decimal(big), None]),
            "b": pl.Series([1, big]),
        },
    )
    frame, _ = found.read(["b", "a", "float", "money"], [])
    assert found.beyond_double(frame, ["a", "float", "money"]) == ("a", "money")
    assert found.beyond_double(frame, ["b"]) == ("b",)
    assert found.beyond_double(frame, []) == ()


DEADLY = Path(__file__).parents[1] / "fuzz/corpus/parquet/ac0b6093a912"
"""A file that claims more rows in a page than memory has; polars aborts on it."""


def test_a_file_that_would_end_the_process_is_told_before_it_does():
    with pytest.raises(DataError) as caught:
        ParquetTable(DEADLY).read([], ["c"])
    assert caught.value.what == "ac0b6093a912 is not a readable parquet file: polars breaks off in it."
    assert caught.value.advice == "Save or copy it again."


def test_where_no_further_process_can_be_started_a_file_is_read_untried(tmp_path, monkeypatch):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr("sys.executable", str(tmp_path / "nowhere"))
    refuse_deadly(DEADLY, ["c"])
    assert ParquetTable(tmp_path / "t.parquet").read(["a"], [])[0].to_dict(as_series=False) == {"a": [1.0]}


def test_under_a_limit_of_memory_that_is_what_ends_the_reader(monkeypatch):
    monkeypatch.setattr("softreg.data.trial.limit", lambda: 2**32)
    with pytest.raises(MemoryError):
        refuse_deadly(DEADLY, ["c"])


def test_a_trial_reads_whatever_a_file_may_hold(tmp_path, monkeypatch):
    """Kinds that softreg leaves out as well; and it runs nothing of the folder that the user is in."""
    pl.DataFrame({"a": [[1], [2, 3]], "b": [{"c": 1}, {"c": 2}], "d": [b"x", None]}).write_parquet(
        tmp_path / "t.parquet"
    )
    (tmp_path / "polars.py").write_text("import os; os.abort()")
    monkeypatch.chdir(tmp_path)
    assert outcome(tmp_path / "t.parquet", "abd") == 0
    assert outcome(tmp_path / "t.parquet", ["b", "no such column"]) == 1

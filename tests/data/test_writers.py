"""Writers: frames that are written a block at a time are read back as one, and a file is there whole or not at all."""

from __future__ import annotations

import csv
import datetime
import errno
import io
import os
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softreg.data import writers
from softreg.data.writers import CsvWriter, separator_of, written_to
from softreg.errors import DataError

NAMES = ("species", "p, first", 'a "b"')
FRAME = pl.DataFrame(
    {"0": ["Adelie", "x\ty", 'q"r', "", None], "1": [0.5, 1e-300, -0.0, 2.0, None], "2": [1, 2, 3, 4, 5]}
)
BLOCKS = [FRAME[:2], FRAME[2:2], FRAME[2:3], FRAME[3:]]


def write(output: Path, blocks: list[pl.DataFrame]) -> None:
    with written_to(str(output), NAMES) as writer:
        for block in blocks:
            writer.write(writer.rendered(block))


@pytest.mark.parametrize(("suffix", "mark"), [(".csv", ","), (".tsv", "\t"), (".TSV", "\t"), (".txt", ",")])
def test_blocks_of_text_are_the_whole_table_with_one_header(tmp_path, suffix, mark):
    output = tmp_path / f"answers{suffix}"
    write(output, BLOCKS)
    header, *rows = csv.reader(io.StringIO(output.read_text(encoding="utf-8"), newline=""), delimiter=mark)
    assert tuple(header) == NAMES
    assert [row[0] for row in rows] == ["Adelie", "x\ty", 'q"r', "", ""]
    assert [float(row[1]) for row in rows[:4]] == FRAME["1"].to_list()[:4]
    assert [int(row[2]) for row in rows] == [1, 2, 3, 4, 5]


def test_blocks_of_parquet_are_the_whole_table_under_its_names(tmp_path):
    write(tmp_path / "answers.parquet", BLOCKS)
    read = pl.read_parquet(tmp_path / "answers.parquet")
    assert tuple(read.columns) == NAMES
    assert read.equals(FRAME.rename(dict(zip(FRAME.columns, NAMES, strict=True))))
    assert [path.name for path in tmp_path.iterdir()] == ["answers.parquet"]


def test_what_waits_for_parquet_is_never_more_than_a_group_and_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr(writers, "GROUP_BYTES", 8 * 3 * 100)  # three columns of a hundred numbers
    block = pl.DataFrame({str(place): [float(place)] * 40 for place in range(3)})
    aside = []
    with written_to(str(tmp_path / "a.parquet"), NAMES) as writer:
        for _ in range(25):
            writer.write(writer.rendered(block))
            aside.append(len(list(tmp_path.rglob("*.parquet"))))
    assert aside == [number // 3 for number in range(1, 26)]
    assert pl.read_parquet(tmp_path / "a.parquet").height == 1000


@pytest.mark.parametrize(
    ("rows", "group", "most", "expected"),
    [(50, 2400, 10**6, 100), (50, 2400, 30, 30), (50, 1, 10**6, 1), (3, 95, 10**6, 3), (3, 96, 10**6, 4)],
)
def test_groups_of_rows_are_such_that_readers_can_hold_them(tmp_path, monkeypatch, rows, group, most, expected):
    asked = []
    sink = pl.LazyFrame.sink_parquet
    monkeypatch.setattr(
        pl.LazyFrame, "sink_parquet", lambda *args, **how: asked.append(how["row_group_size"]) or sink(*args, **how)
    )
    monkeypatch.setattr(writers, "GROUP_BYTES", group)
    monkeypatch.setattr(writers, "MOST_ROWS", most)
    write(tmp_path / "a.parquet", [pl.DataFrame({str(place): [1.0] * rows for place in range(3)})] * 4)
    assert asked[-1] == expected  # those before are of the files that are put aside


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("old", [None, b"mine"])
def test_an_error_inside_leaves_what_was_there(tmp_path, suffix, old):
    output = tmp_path / f"answers{suffix}"
    if old is not None:
        output.write_bytes(old)
    with pytest.raises(ZeroDivisionError), written_to(str(output), NAMES) as writer:
        writer.write(writer.rendered(FRAME))
        raise ZeroDivisionError
    assert [path.read_bytes() for path in tmp_path.iterdir()] == ([] if old is None else [old])


def test_standard_output_is_csv_and_gets_every_block_at_once(monkeypatch):
    class Pipe(io.BytesIO):
        flushed = b""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    pipe = Pipe()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe))
    with written_to("-", ("a", "b")) as writer:
        writer.write(writer.rendered(pl.DataFrame({"0": [1], "1": [2]})))
        assert pipe.flushed == b"a,b\n1,2\n"
        writer.write(writer.rendered(pl.DataFrame({"0": [3], "1": [4]})))
        assert pipe.flushed == b"a,b\n1,2\n3,4\n"
    assert separator_of("-") == ","


def test_a_pipe_that_takes_a_few_bytes_at_a_time_gets_them_all():
    class Narrow(io.RawIOBase):
        got = b""

        def write(self, content) -> int:
            self.got += bytes(content[:3])
            return min(3, len(content))

    pipe = Narrow()
    writer = CsvWriter(pipe, ("a",))
    for value in (10, 200000):
        writer.write(writer.rendered(pl.DataFrame({"0": [value]})))
    assert pipe.got == b"a\n10\n200000\n"


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=5), max_size=6))
def test_lines_come_back_as_they_were_with_the_answers_behind_them(texts):
    lines = [text.encode() for text in texts]
    answers = pl.DataFrame({"0": [f"{place}" for place in range(len(lines))], "1": [0.5] * len(lines)})
    rendered = CsvWriter(io.BytesIO(), ("a", "b"), ";").rendered(answers, lines)
    assert rendered == b"".join(line + b";%d;0.5\n" % place for place, line in enumerate(lines))


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ([[1, 2]], "List(Int64)"),
        ([{"x": 1}], "Struct({'x': Int64})"),
        ([b"bytes"], "Binary"),
        ([datetime.timedelta(days=1)], "Duration(time_unit='us')"),
    ],
)
def test_what_text_cannot_hold_is_refused_by_name(column, kind):
    frame = pl.DataFrame({"plain": [1], "odd one": column})
    with pytest.raises(DataError) as caught:
        CsvWriter(io.BytesIO(), frame.columns).rendered(frame)
    assert caught.value.what == f'Column "odd one" holds {kind}, which a CSV cannot hold.'
    assert caught.value.advice == "Write a .parquet with -o, or name the columns to keep with --keep."


@pytest.mark.parametrize(
    ("output", "mark"),
    [
        ("-", ","),
        ("answers", ","),
        ("answers.tsv.csv", ","),
        ("answers.csv.tsv", "\t"),
        ("folder.tsv/answers", ","),
        ("a.PARQUET", None),
        ("parquet", ","),
    ],
)
def test_what_stands_between_fields_is_told_by_the_end_of_the_name(output, mark):
    assert separator_of(output) == mark


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_no_rows_at_all_are_a_table_of_names(tmp_path, suffix):
    output = tmp_path / f"answers{suffix}"
    write(output, [FRAME.clear()])
    if suffix == ".csv":
        assert list(csv.reader(output.read_text(encoding="utf-8").splitlines())) == [[*NAMES]]
    else:
        read = pl.read_parquet(output)
        assert (tuple(read.columns), read.height) == (NAMES, 0)


@pytest.mark.parametrize(
    ("rows", "group", "aside"),
    [(100, 2400, [1, 2, 3]), (100, 2401, [0, 1, 1]), (100, 2399, [1, 2, 3])],
)
def test_a_block_that_is_a_whole_group_waits_for_no_other(tmp_path, monkeypatch, rows, group, aside):
    monkeypatch.setattr(writers, "GROUP_BYTES", group)
    block, seen = pl.DataFrame({str(place): [float(place)] * rows for place in range(3)}), []
    with written_to(str(tmp_path / "a.parquet"), NAMES) as writer:
        for _ in range(3):
            writer.write(writer.rendered(block))
            seen.append(len(list(tmp_path.rglob("*.parquet"))))
    assert seen == aside


def test_a_folder_whose_name_looks_like_a_pattern_is_no_pattern(tmp_path):
    for name in ("a1", "a[12]"):
        (tmp_path / name).mkdir()
    write(tmp_path / "a[12]" / "answers*.parquet", BLOCKS)
    assert pl.read_parquet(tmp_path / "a[12]" / "answers*.parquet", glob=False).height == FRAME.height


def test_a_full_disk_is_an_error_of_the_system_also_where_polars_meets_it(tmp_path):
    resource = pytest.importorskip("resource", reason="the system has no limits of files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught, written_to(str(tmp_path / "a.parquet"), ("x",)) as to:
            to.write(to.rendered(pl.DataFrame({"0": [place**0.5 for place in range(1000)]})))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (caught.value.errno, caught.value.strerror) == (errno.EFBIG, os.strerror(errno.EFBIG))
    assert list(tmp_path.iterdir()) == []


def test_another_error_of_polars_stays_what_it_is(tmp_path):
    frame = pl.DataFrame({"0": pl.Series([object()], dtype=pl.Object)})
    with pytest.raises(pl.exceptions.PolarsError, match="Object"), written_to(str(tmp_path / "a.parquet"), "x") as to:
        to.write(to.rendered(frame))
    assert list(tmp_path.iterdir()) == []

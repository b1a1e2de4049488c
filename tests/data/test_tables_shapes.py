"""Tables as they come: large fields, many columns, ragged rows, text that turns up late."""

from __future__ import annotations

import csv
import io

import numpy as np
import polars as pl
import pytest

from softreg.data.tables import CsvTable
from softreg.data.values import numbered
from softreg.errors import DataError


def rows_of(table: CsvTable) -> list[tuple[str | None, ...]]:
    return table.read([], table.columns)[0].rows()


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_bom_line_ends_and_a_missing_last_one_make_no_difference(bom, end, last):
    content = bom + end.join([b"a,label", b"1,x", b'2,"y z"']) + end * last
    table = CsvTable(content, "t.csv")
    assert table.columns == ("a", "label")
    assert rows_of(table) == [("1", "x"), ("2", "y z")]


def test_quotes_separators_and_newlines_in_fields_and_header_come_back():
    rows = [['a "b"', "two\nlines", "x,y;z"], ["1", '"', ""], ["", "\n\n", "q"]]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["a,b", "two\nlines", 'q"q'], *rows])
    table = CsvTable(text.getvalue().encode(), "t.csv")
    assert table.columns == ("a,b", "two\nlines", 'q"q')
    assert [[field or "" for field in row] for row in rows_of(table)] == rows


def test_newlines_in_the_fields_of_a_table_of_many_megabytes_come_back():
    fields = [f"line {row}\nand, {'x' * (row % 97)}\n" for row in range(200_000)]
    text = "a,text,label\n" + "".join(f'{row},"{field}",y\n' for row, field in enumerate(fields))
    frame, rows = CsvTable(text.encode(), "t.csv").read(["a"], ["text", "label"])
    assert frame["a"].to_list() == list(range(200_000))
    assert frame["text"].to_list() == fields
    assert rows.tolist() == list(range(1, 200_001))


def test_ten_thousand_columns_are_read():
    rng = np.random.default_rng(0)
    X = rng.integers(-99, 99, size=(5, 10_000)).astype(float)
    names = [f"c{place}" for place in range(X.shape[1])]
    lines = [",".join([*map(str, row), "x"]) for row in X.tolist()]
    table = CsvTable("\n".join([",".join([*names, "label"]), *lines]).encode(), "t.csv")
    frame, _ = table.read(names, ["label"])
    np.testing.assert_array_equal(frame.select(names).to_numpy(), X)


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("place", ["header", "first", "last"])
def test_a_field_of_ten_megabytes_is_read(quote, place):
    long = "long text " * 2**20
    name, first, last = (long if place == here else "short" for here in ("header", "first", "last"))
    lines = [f"a,{quote}{name}{quote},label", f"1,{quote}{first}{quote},x", "2,,", f"3,{quote}{last}{quote},y"]
    frame, _ = CsvTable("\n".join(lines).encode(), "t.csv").read(["a"], [name.strip(), "label"])
    assert frame["a"].to_list() == [1, 2, 3]
    assert frame[name.strip()].to_list() == [first, None, last]
    assert frame["label"].to_list() == ["x", None, "y"]


@pytest.mark.parametrize("late", ["word", "NA", "true"])
def test_a_column_that_turns_to_text_after_a_hundred_thousand_rows_is_found_out(late):
    values = [str(row % 10) for row in range(120_000)]
    values[110_000] = late
    text = "a,b,label\n" + "".join(f"{value},{row},x\n" for row, value in enumerate(values))
    frame, _ = CsvTable(text.encode(), "t.csv").read(["a", "b"], ["label"])
    frame = numbered(frame, ["a", "b"])
    assert frame["b"].to_list() == list(range(120_000))
    if late == "NA":
        assert frame["a"].to_list() == [None if value == "NA" else float(value) for value in values]
    else:
        assert frame["a"].to_list() == values


@pytest.mark.parametrize("label", ["01", "1e3", "True", "1.0", " x ", "NA", "null", "None", "?", "1_000", "0x1", "inf"])
def test_labels_that_look_like_something_else_stay_text(label):
    frame, _ = CsvTable(f'a,label\n1,{label}\n2,"{label}"\n'.encode(), "t.csv").read(["a"], ["label"])
    assert frame["label"].to_list() == [label, label]


@pytest.mark.parametrize("field", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "'=1"])
def test_formula_looking_text_is_passed_through(field):
    frame, _ = CsvTable(f'a,label\n"{field}","{field}"\n1,x\n'.encode(), "t.csv").read(["a"], ["label"])
    assert frame["label"].to_list() == [field, "x"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (b"\xef\xbb\xbf", ["is empty"]),
        (b"\n\n", ["is empty"]),
        (b"\na,b\n1,2\n", ["no header"]),
        (b"a;label", ["header and no rows"]),
        (b"a,label\r\n\r\n", ["header and no rows"]),
        (b"a,a,label\n1,2,x\n", ["more than one", '"a"']),
        (b"a, a ,label\n1,2,x\n", ["more than one", '"a"']),
        (b"a,b,label\n1,2,x\n3,4\n", ["row 2", "2 fields", "3"]),
        (b"a;b;label\n1;2;x\n\n3;4;y;5\n", ["row 3", "4 fields", "3"]),
        (b'a,b,label\n1,2,"x\n3,4,y\n', ["quotation mark"]),
        (b"a,b\0,label\n1,2,x\n", ["NUL", "in the header"]),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ["not a text file"]),
    ],
)
def test_what_is_no_table_is_refused_in_words(content, words):
    with pytest.raises(DataError) as caught:
        rows_of(CsvTable(content, "t.csv"))
    for word in words:
        assert word in str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize("rows", [',"', '1,"', '1,2\n"', '1,2\n1,"', '"', '"1,"', '1,"\n"', '1,""'])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r", " "])
def test_a_quotation_mark_near_the_end_is_refused_or_read_as_pythons_csv_module_does(rows, end, capfd):
    text = "a,b\n" + rows + end
    oracle = list(csv.reader(io.StringIO(text, newline="")))[1:]
    try:
        frame, _ = CsvTable(text.encode(), "t.csv").read(["a", "b"], [])
    except DataError as error:
        assert error.advice
    else:
        expected = [[float(value) if value.strip() else None for value in record] for record in oracle if record]
        assert [list(row) for row in numbered(frame, ["a", "b"]).rows()] == expected
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("place", [0, 60_000, 119_999])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_ragged_row_is_found_wherever_it_is(place, width):
    lines = [f"{row},{row},x" for row in range(120_000)]
    lines[place] = ",".join(["7"] * width)
    with pytest.raises(DataError, match=rf"row {place + 1} has {width} fields, and the header has 3"):
        CsvTable("\n".join(["a,b,label", *lines]).encode(), "t.csv").read(["a", "b"], ["label"])


def test_columns_are_given_in_the_order_in_which_they_are_asked_for():
    frame, _ = CsvTable(b"a,b,c\n1,2,3\n", "t.csv").read(["c", "a"], ["b"])
    assert frame.columns == ["c", "a", "b"]
    assert frame.dtypes == [pl.Float64, pl.Float64, pl.String]

"""What the fields of a table mean: numbers, missing values, categories, whole numbers that float64 cannot hold."""

from __future__ import annotations

import csv
import io
import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softreg.data.tables import CsvTable
from softreg.data.values import (
    MISSING_NUMBERS,
    MISSING_WORDS,
    as_categories,
    as_numbers,
    beyond_double,
    floats,
    forced,
    large,
    missing_as_null,
    no_numbers,
    numbered,
)


def read(text: str, numbers: list[str], texts: list[str] | None = None) -> pl.DataFrame:
    return CsvTable(text.encode(), "t.csv").read(numbers, texts or [])[0]


@pytest.mark.parametrize("word", MISSING_NUMBERS)
@pytest.mark.parametrize("where", [0, 2, 1500])
def test_a_number_column_with_a_missing_word_is_a_number_column_with_a_null(word, where):
    values = [str(row / 4) for row in range(2000)]
    values[where] = word
    frame = numbered(read("a,label\n" + "".join(f"{value},{word}\n" for value in values), ["a"], ["label"]), ["a"])
    assert frame["a"].dtype == pl.Float64
    assert frame["a"].null_count() == 1
    assert frame["a"][where] is None
    assert frame["a"].drop_nulls().to_list() == [row / 4 for row in range(2000) if row != where]
    assert set(frame["label"].fill_null("")) == {word}  # a label is text, as it was written


@pytest.mark.parametrize("word", ["nan", "NaN", "-nan", "NAN"])
def test_nan_is_null_on_whatever_way_the_column_was_read(word):
    for other in ("2", "?", "none of a number"):
        text = f"a,b,label\n1,{other},x\n{word},3,y\n"
        frame = numbered(read(text, ["a", "b"]), ["a", "b"])
        assert frame["a"].to_list() == [1.0, None]


@pytest.mark.parametrize("word", MISSING_WORDS)
def test_a_missing_category_is_null(word):
    assert as_categories(pl.Series("a", ["S", f" {word} ", "01", None])).to_list() == ["S", None, "01", None]


@pytest.mark.parametrize("word", ["None", "none", "na", "-", ".", "nope", "NAN", "No", "0"])
def test_a_category_that_only_looks_missing_is_a_category(word):
    assert as_categories(pl.Series("a", [word])).to_list() == [word]


def test_categories_keep_their_letters_and_lose_white_space_at_the_ends():
    assert as_categories(pl.Series("a", [" a b\t", "A b", "ä"])).to_list() == ["a b", "A b", "ä"]


def test_a_column_without_any_value_is_one_of_missing_numbers():
    assert as_numbers(pl.Series("a", ["", " ", "NA", None])).to_list() == [None] * 4
    assert as_numbers(pl.Series("a", [None], dtype=pl.String)).dtype == pl.Float64


@pytest.mark.parametrize("values", [["1", "two"], ["true", "1"], ["1,5"], ["None", "a"], ["1 2"], ["12:30"]])
def test_a_column_with_a_text_that_is_no_number_stays_as_it_was(values):
    column = pl.Series("a", values)
    assert as_numbers(column).to_list() == values


def test_with_a_decimal_comma_a_point_is_none():
    for values in (["1.5"], ["1.234", "1,5"], ["1.234,5"], ["1,234,567"], ["1,5", "2.5"]):
        assert as_numbers(pl.Series("a", values), decimal_comma=True).to_list() == values
    assert as_numbers(pl.Series("a", ["1,5", "-,5", "2", "NA", " 3,0e1 "]), decimal_comma=True).to_list() == [
        *[1.5, -0.5, 2.0, None, 30.0]
    ]


def test_decimal_commas_are_read_beside_missing_words_and_on_rows_that_do_not_count():
    table = CsvTable(b"a;b;c;label\n1,5;NA;2,5;x\n2;7,25;word;\n", "t.csv")
    frame, _ = table.read(["a", "b", "c"], ["label"])
    frame = numbered(frame[:1], ["a", "b", "c"], decimal_comma=table.decimal_comma)
    assert frame.row(0) == (1.5, None, 2.5, "x")


@pytest.mark.parametrize(
    ("values", "lossy"),
    [
        (["9007199254740992", "-9007199254740992"], False),
        (["1", "9007199254740993"], True),
        (["-9007199254740993"], True),
        (["9007199254740994"], False),  # even: float64 holds it
        (["100000000000000000000"], False),  # 10^20 = 2^20 5^20, and 5^20 < 2^53
        (["100000000000000000001"], True),
        (["9007199254740993.0", "1e300", "1" * 400], False),  # not written as whole numbers that float64 reaches
        ([None, "", "NA"], False),
    ],
)
def test_whole_numbers_that_float64_cannot_hold_are_found(values, lossy):
    assert beyond_double(pl.Series("a", values, dtype=pl.String)) is lossy
    rows = [f"{value or ''},1,x" for value in values]
    table = CsvTable("\n".join(["a,b,label", *rows]).encode(), "t.csv")
    frame, _ = table.read(["a", "b"], ["label"])
    frame = numbered(frame, ["a", "b"])
    assert table.beyond_double(frame, ["a", "b"]) == (("a",) if lossy else ())


@given(st.lists(st.floats(allow_infinity=False) | st.integers(-(2**53), 2**53).map(float), min_size=1, max_size=20))
def test_floats_come_back_to_the_last_bit(values):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["a", "label"], *((repr(value), "x") for value in values)])
    found = numbered(read(text.getvalue(), ["a"]), ["a"])["a"].to_list()
    assert found == [None if math.isnan(value) else value for value in values]
    assert [math.copysign(1, value) for value in found if value == 0] == [
        math.copysign(1, value) for value in values if value == 0
    ]


@given(st.lists(st.floats(-1e6, 1e6) | st.none(), min_size=1, max_size=20), st.sampled_from([";", "\t", "|"]))
def test_floats_with_a_decimal_comma_come_back_too(values, mark):
    written = ["1,5", *("NA" if value is None else repr(value).replace(".", ",") for value in values)]
    text = "\n".join([f"a{mark}label", *(f"{value}{mark}x" for value in written)])
    table = CsvTable(text.encode(), "t.csv")
    assert table.decimal_comma
    frame, _ = table.read(["a"], [])
    assert numbered(frame, ["a"], decimal_comma=True)["a"].to_list() == [1.5, *values]


@pytest.mark.parametrize(
    ("comma", "numbers"),
    [({}, [1.5, None, None, None, 2, None, None]), ({"decimal_comma": True}, [None, 1.5, None, None, 2, None, None])],
)
def test_what_is_forced_to_be_a_number_is_one_or_missing_and_the_words_are_told(comma, numbers):
    values = ["1.5", " 1,5", "word", "NA", " 2 ", "nan", None]
    column = pl.Series("a", values)
    found = forced(column, **comma)
    assert (found.dtype, found.to_list()) == (pl.Float64, numbers)
    lost = [number is None and value not in {"NA", "nan", None} for value, number in zip(values, numbers, strict=True)]
    assert no_numbers(column, **comma).to_list() == lost
    assert floats(pl.Series(["1.5", "x"]), **comma).to_list() == [numbers[0], None]


def test_without_a_word_a_comma_is_no_decimal_one():
    frame = pl.DataFrame({"a": ["1,5"], "b": ["1.5"]})
    assert numbered(frame, ["a", "b"]).rows() == [("1,5", 1.5)]
    assert as_numbers(frame["a"]).to_list() == ["1,5"]
    assert numbered(frame, ["a", "b"], decimal_comma=True).rows() == [(1.5, "1.5")]
    assert numbered(frame, ["b"]).rows() == [("1,5", 1.5)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["TRUE", " false ", "?", None], [1, 0, None, None]),
        (["true", "true"], [1, 1]),
        (["False"], [0]),
        (["true", "1"], None),
        (["true", "yes"], None),
    ],
)
def test_true_and_false_are_numbers_where_nothing_else_is_there(values, expected):
    assert as_numbers(pl.Series(values)).to_list() == (values if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("1.0", "1"), ("-7.000", "-7"), ("+12.0", "+12"), ("0.0", "0"), (" 3.0 ", "3"), ("007.0", "007")],
        *[("1.50", "1.50"), ("1.", "1."), (".0", ".0"), ("v1.0", "v1.0"), ("1.0a", "1.0a"), ("1.0.0", "1.0.0")],
    ],
)
def test_a_category_that_is_a_whole_number_loses_the_zeros_behind_its_point(text, expected):
    assert as_categories(pl.Series([text])).to_list() == [expected]


def test_nan_becomes_null_and_nothing_else_changes():
    nan = float("nan")
    frame = pl.DataFrame({"a": [1.0, nan, None], "b": [1.0, 2.0, None], "c": ["nan", "x", None], "d": [nan] * 3})
    found = missing_as_null(frame)
    assert found.columns == frame.columns
    assert found.rows() == [(1, 1, "nan", None), (None, 2, "x", None), (None, None, None, None)]
    assert missing_as_null(frame.select("b", "c")).equals(frame.select("b", "c"))
    assert missing_as_null(frame.select("c")).equals(frame.select("c"))


def test_large_columns_hold_a_number_that_may_have_lost_digits():
    frame = pl.DataFrame(
        {
            "below": [2.0**53 - 1, 1.0],
            "at": [1.0, 2.0**53],
            "under": [-(2.0**60), None],
            "text": ["9007199254740993", "1"],
            "none": pl.Series([None, None], dtype=pl.Float64),
        }
    )
    assert large(frame, frame.columns) == ["at", "under"]
    assert large(frame, ["under", "below", "at"]) == ["under", "at"]
    assert large(frame, ["at"]) == ["at"]
    assert large(frame, ["text"]) == []
    assert large(frame, []) == []


@pytest.mark.parametrize(
    ("text", "lossy"),
    [
        ("9007199254740993", True),
        (" +9007199254740993 ", True),
        ("0" * 300 + "9007199254740993", False),  # more digits than float64 has numbers for: not looked at
        ("9" * 308, True),
        ("9" * 309, False),
        ("999999999999999", False),  # 15 digits
        ("9007199254740993.5", False),
    ],
)
def test_a_whole_number_is_looked_at_as_it_is_written(text, lossy):
    assert beyond_double(pl.Series([None, "1", text])) is lossy

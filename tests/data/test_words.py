"""Words among numbers: which columns of text are numbers all the same, what becomes of the words, and what is told."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from softreg.data.words import numbers_of
from softreg.errors import DataError


def judged(values, asked=(), *, name="col", comma=False, start=1):
    """The column as it is taken, and the notes; rows are counted from ``start``."""
    frame = pl.DataFrame({"before": [0.5] * len(values), name: pl.Series(values, dtype=pl.String)})
    rows = np.arange(start, start + len(values))
    found, notes = numbers_of(frame, ["before", name], rows, asked, decimal_comma=comma)
    assert found.columns == ["before", name]
    assert found["before"].equals(frame["before"])
    return found[name], notes


def mixed(numbers, words, rows):
    """So many rows of so many different numbers, the last ones of which are words."""
    return [str(row % numbers) for row in range(rows - words)] + [f"w{word}" for word in range(words)]


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        (mixed(10, 1, 20), True),  # a twentieth
        (mixed(10, 1, 19), False),
        (mixed(10, 2, 40), True),
        (mixed(10, 3, 59), False),
        (mixed(9, 1, 20), False),  # nine different numbers may be the names of groups
        (mixed(15, 1, 100), True),
        ([*mixed(10, 1, 18), "", "NA"], True),  # missing values are rows
        (["1", "2"] * 30 + ["x"], False),
        (["x", "y"] * 30, False),
    ],
)
def test_a_column_is_numbers_where_a_twentieth_or_less_is_words_and_ten_numbers_differ(values, taken):
    column, notes = judged(values)
    assert column.dtype == (pl.Float64 if taken else pl.String)
    assert len(notes) == taken
    if taken:
        assert column.to_list() == [float(value) if value.isdecimal() else None for value in values]
    else:
        assert column.to_list() == values
    if values[0] != "x":
        assert judged(values, ("col",))[0].dtype == pl.Float64
    assert judged(values, ("before",))[0].dtype == column.dtype


@pytest.mark.parametrize(
    ("values", "name", "note"),
    [
        (
            ["31", "old", "5"],
            "age",
            '"age": 1 value is no number ("old", row 8) and counts as missing; --categorical age keeps it.',
        ),
        (
            ["31", "NA", "old", "5", "new"],
            "the age",
            '"the age": 2 values are no numbers ("old", row 9) and count as missing; '
            "--categorical 'the age' keeps them.",
        ),
        (
            ["a", "b", "5", "c"],
            "age",
            '"age": 3 values are no numbers ("a", row 7) and count as missing; --categorical age keeps them.',
        ),
    ],
)
def test_the_first_word_that_is_lost_is_told_with_its_row_and_how_to_keep_it(values, name, note):
    column, notes = judged(values, (name,), name=name, start=7)
    assert notes == (note,)
    assert column.to_list() == [float(value) if value.isdecimal() else None for value in values]


@pytest.mark.parametrize("values", [["", "x", "y"], ["x"], ["NA", None, "x"]])
def test_a_column_of_words_cannot_be_asked_to_be_numbers(values):
    with pytest.raises(DataError) as caught:
        judged(values, ("the age",), name="the age")
    assert caught.value.what == '--numeric the age: no value of the column is a number ("x").'
    assert caught.value.advice == "Leave it out, or type --categorical 'the age'."


@pytest.mark.parametrize("values", [["1", "", "true"], ["1", " 2 ", "NA"], ["true", "False"], ["", "?"], [None]])
def test_nothing_is_told_of_a_column_without_a_lost_word(values):
    column, notes = judged(values)
    assert notes == ()
    assert column.dtype == (pl.String if values[0] == "1" and "true" in values else pl.Float64)


def test_with_a_decimal_comma_a_point_is_a_word():
    values = [f"{k},5" for k in range(20)]
    column, notes = judged([*values, "1.5"], comma=True)
    assert column.to_list() == [*(k + 0.5 for k in range(20)), None]
    assert '("1.5", row 21)' in notes[0]
    assert judged([*values, "1.5"])[0].dtype == pl.String
    assert judged(values, comma=True)[0].to_list() == [k + 0.5 for k in range(20)]


def test_each_column_is_judged_by_itself_and_noted_in_its_order():
    frame = pl.DataFrame({"a": ["1", "x"], "b": ["x", "y"], "c": ["y", "2"], "d": ["3", "4"]})
    found, notes = numbers_of(frame, ["d", "c", "b", "a"], np.array([1, 2]), ["a", "c"], decimal_comma=False)
    assert found.rows() == [(1, "x", None, 3), (None, "y", 2, 4)]
    assert [note[:3] for note in notes] == ['"c"', '"a"']
    assert numbers_of(frame, ["d"], np.array([1, 2]), [], decimal_comma=False)[0]["a"].to_list() == ["1", "x"]

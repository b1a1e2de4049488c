"""Blocks: what a model takes of some rows, and what is told of a value that is no number."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from softreg.data.blocks import Block, Fault, Rows, Wanted, assembled, numbers_of, shown
from softreg.preparation import UNSEEN

MEND = "Mend it: the model needs this column."


def block(columns: dict, wanted: Wanted, *, comma: bool = False, **more) -> Block:
    frame = pl.DataFrame(columns)
    places = more.pop("places", np.arange(frame.height))
    rows = Rows(frame, frame, places, more.pop("n_records", frame.height), **more)
    said = {"decimal_comma": True} if comma else {}
    return assembled(rows, wanted, frame["y"] if "y" in columns else None, **said)


def test_a_block_holds_the_inputs_in_the_models_order_and_all_that_was_read():
    columns = {"n": [1.5, None, 3.0], "t": ["2", "NA", " true "], "zone": ["b", None, " z "], "y": ["u", "v", "u"]}
    lines, places = [b"one", b"two", b"three"], np.array([0, 2, 3])
    found = block(columns, Wanted(("zone", "t", "n"), {"zone": ("a", "b")}), places=places, n_records=5, lines=lines)
    np.testing.assert_array_equal(found.raw, [[1, 2, 1.5], [np.nan, np.nan, np.nan], [UNSEEN, 1, 3]])
    assert found.raw.dtype == np.float64
    assert found.texts.columns == ["n", "t", "zone", "y"]
    assert found.labels.to_list() == ["u", "v", "u"]
    assert found.places.tolist() == [0, 2, 3]
    assert (found.n_records, found.faults, found.lines) == (5, {}, lines)


def test_text_where_a_number_is_needed_is_a_fault_of_its_row():
    columns = {"a": ["1", "word", "?"], "b b": ["x\ny", "four", "-"]}
    found = block(columns, Wanted(("a", "b b")))
    assert found.faults == {
        0: Fault('column "b b" holds "x y", which is not a number', MEND),
        1: Fault('column "a" holds "word", which is not a number', MEND),
    }
    np.testing.assert_array_equal(found.raw, [[1, np.nan], [np.nan, np.nan], [np.nan, np.nan]])


def test_a_row_that_could_not_be_read_keeps_that_fault():
    before = {1: Fault("there is 1 field, and the header has 2", "Mend that row.")}
    found = block({"a": ["x", "y", "3"]}, Wanted(("a",)), faults=before)
    assert found.faults == before | {0: Fault('column "a" holds "x", which is not a number', MEND)}
    assert list(before) == [1]


@pytest.mark.parametrize(
    ("comma", "numbers", "bad"),
    [(False, [np.nan, 1.5, 2, 2.5, np.nan], [0]), (True, [1.5, np.nan, 2, np.nan, np.nan], [1, 3])],
)
def test_a_decimal_comma_is_one_where_the_table_writes_so(comma, numbers, bad):
    values = ["1,5", " 1.5 ", " 2", "2.5", None]
    found, places = numbers_of(pl.Series(values), decimal_comma=comma)
    np.testing.assert_array_equal(found, numbers)
    assert places == bad
    np.testing.assert_array_equal(block({"a": values}, Wanted(("a",)), comma=comma).raw[:, 0], numbers)
    assert list(block({"a": values}, Wanted(("a",)), comma=comma).faults) == bad


def test_all_numbers_and_no_rows_are_read_too():
    assert numbers_of(pl.Series(["1", "2.5"])) == (pytest.approx([1, 2.5]), [])
    assert numbers_of(pl.Series(["1,5", "2"]), decimal_comma=True) == (pytest.approx([1.5, 2]), [])
    for comma in (False, True):
        none, bad = numbers_of(pl.Series([], dtype=pl.String), decimal_comma=comma)
        assert (len(none), bad) == (0, [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("word", '"word"'),
        ("", '""'),
        (1.5, '"1.5"'),
        ("x" * 40, f'"{"x" * 40}"'),
        ("x" * 41, f'"{"x" * 40}..."'),
        ("a\tb\nc\0d", '"a b c d"'),
        ("ä\u200bö", '"ä ö"'),
    ],
)
def test_a_value_is_shown_in_one_line_of_forty_letters(value, expected):
    assert shown(value) == expected


def test_texts_that_are_wanted_are_each_wanted_once():
    assert Wanted(("a",), {"b": ()}, ("c", "b"), "c").texts == ("c", "b")
    assert Wanted(("a",), label="y").texts == ("y",)
    assert Wanted(("a",)).texts == ()

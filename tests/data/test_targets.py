"""Soft labels, and the weights of rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.data.targets import soft_labels, weights_of
from softreg.errors import DataError

SHARES = st.lists(st.tuples(*[st.floats(0, 1e6)] * 3), min_size=1, max_size=20)


def soft(columns, rows=None):
    frame = pl.DataFrame(columns)
    return soft_labels(frame, list(columns), np.arange(1, frame.height + 1) if rows is None else rows)


@settings(deadline=None)
@given(SHARES)
def test_each_row_is_a_distribution_in_the_proportions_that_were_given(shares):
    given = np.array(shares)
    given = given[given.sum(axis=1) > 1e-3]
    if not len(given):
        return
    found = soft({name: given[:, place] for place, name in enumerate("abc")})
    np.testing.assert_allclose(found.q.sum(axis=1), 1)
    np.testing.assert_allclose(found.q * given.sum(axis=1, keepdims=True), given, rtol=1e-9, atol=1e-9)
    assert found.labels.tolist() == ["abc"[place] for place in found.q.argmax(axis=1)]


def test_a_common_prefix_is_no_part_of_the_classes_names():
    assert soft({"p_no": [1], "p_yes": [0]}).classes == ("no", "yes")
    assert soft({"p_no": [1], "yes": [0]}).classes == ("p_no", "yes")
    assert soft({"p_": [1], "p_yes": [0]}).classes == ("p_", "p_yes")


def test_the_classes_keep_the_order_of_the_option():
    assert soft({"z": [1], "a": [0], "m": [2]}).classes == ("z", "a", "m")


def test_counts_are_noted_and_shares_are_not():
    assert len(soft({"a": [3, 1], "b": [1, 0]}).notes) == 1
    assert soft({"a": [0.75, 1], "b": [0.25, 0]}).notes == ()
    assert soft({"a": [1 / 3], "b": [1 / 3], "c": [0.3333]}).notes == ()


def test_text_that_is_a_number_is_one():
    np.testing.assert_allclose(soft({"a": [" 3", "1"], "b": ["1", "0"]}).q, [[0.75, 0.25], [1, 0]])


@pytest.mark.parametrize("bad", ["-1", "word", None, "nan", "inf", ""])
def test_what_is_no_share_names_column_row_and_option(bad):
    with pytest.raises(DataError, match=r'"b" \(--target-distribution\), row 12'):
        soft({"a": ["1", "1"], "b": ["2", bad]}, rows=np.array([7, 12]))


def test_a_row_of_nothing_but_noughts_is_no_distribution():
    with pytest.raises(DataError, match="Row 9"):
        soft({"a": [1.0, 0.0], "b": [0.0, 0.0]}, rows=np.array([3, 9]))


def test_one_column_is_no_distribution():
    with pytest.raises(DataError, match="one column"):
        soft({"a": [1.0]})


def test_columns_that_would_be_one_class_are_refused():
    with pytest.raises(DataError, match="twice"):
        soft_labels(pl.DataFrame({"a": [1.0], "b": [1.0]}), ["a", "b", "a"], np.array([1]))


def test_weights_are_the_numbers_of_their_column():
    weights = weights_of(pl.DataFrame({"w": [" 2", "0", "0.5"]}), "w", np.arange(3))
    assert weights.tolist() == [2, 0, 0.5]
    assert weights.dtype == np.float64


@pytest.mark.parametrize("bad", ["-1", "word", None, "NA", "inf"])
def test_what_is_no_weight_names_column_row_value_and_option(bad):
    with pytest.raises(DataError) as caught:
        weights_of(pl.DataFrame({"w": ["1", bad]}), "w", np.array([4, 5]))
    assert '"w" (--weight-col), row 5' in str(caught.value)
    assert "None" not in str(caught.value)


def test_weights_of_nought_alone_are_refused():
    with pytest.raises(DataError, match="is 0"):
        weights_of(pl.DataFrame({"w": [0, 0]}), "w", np.arange(2))


@pytest.mark.parametrize("values", [[[1, 2], [3]], [{"a": 1}, {"a": 2}]])
def test_lists_and_structures_are_no_weights(values):
    with pytest.raises(DataError, match=r'"w" \(--weight-col\) holds (List|Struct)'):
        weights_of(pl.DataFrame({"w": values}), "w", np.arange(2))

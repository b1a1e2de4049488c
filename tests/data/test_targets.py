"""Soft labels, and the weights of rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.data.targets import SOFT, soft_labels, weights_of
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


MEND = "Mend it, or leave that row out."
EACH = "Name one column for each class."
FAULTS = [
    ({"p": [1.0]}, '--target-distribution names one column, "p".', "Name one column for each class, with commas."),
    (
        {"p": [1.0, 0.0, 0.0], "q": [0.0, 0.0, 0.0]},
        "Row 12: the columns of --target-distribution are all 0, which is no distribution.",
        "Leave that row out.",
    ),
    (
        {"p": [1.0, 2.0, 3.0], "q": [1.0, -0.5, -1.0]},
        'Column "q" (--target-distribution), row 12: "-0.5" is not a number of 0 or more.',
        MEND,
    ),
    (
        {"p": ["1", "2", "3"], "q": ["1", "2", " many"]},
        'Column "q" (--target-distribution), row 13: " many" is not a number of 0 or more.',
        MEND,
    ),
    ({"p": [None, 2, 3], "q": [1, 2, 3]}, 'Column "p" (--target-distribution), row 11: the value is missing.', MEND),
    ({"p": ["1", "", ""], "q": ["1"] * 3}, 'Column "p" (--target-distribution), row 12: the value is missing.', MEND),
    (
        {"p": [[1], [2], [3]], "q": [1, 2, 3]},
        'Column "p" (--target-distribution) holds List(Int64), not numbers.',
        "Name another column.",
    ),
]


@pytest.mark.parametrize(("columns", "what", "advice"), FAULTS)
def test_what_is_no_distribution_is_told_with_the_first_row_that_is_none(columns, what, advice):
    with pytest.raises(DataError) as caught:
        soft(columns, rows=np.array([11, 12, 13]))
    assert (caught.value.what, caught.value.advice) == (what, advice)


def test_a_column_that_is_named_twice_is_told():
    frame = pl.DataFrame({"a": [1.0], "b": [1.0]})
    with pytest.raises(DataError) as caught:
        soft_labels(frame, ["b", "a", "a"], np.array([1]))
    assert (caught.value.what, caught.value.advice) == ('--target-distribution names "a" twice.', EACH)


def test_weights_that_are_none_are_told_with_what_to_do():
    with pytest.raises(DataError) as caught:
        weights_of(pl.DataFrame({"w": [0.0, 0.0]}), "w", np.arange(2))
    assert caught.value.what == 'Every weight in "w" is 0.'
    assert caught.value.advice == "Give at least two rows of different classes a weight."
    for word, shown in (("few", "few"), ("1.2.0", "1.2.0"), (-3.0, "-3"), (-0.5, "-0.5")):
        column = ["1", word] if isinstance(word, str) else [1.0, word]
        with pytest.raises(DataError) as caught:
            weights_of(pl.DataFrame({"w": column}), "w", np.array([4, 5]))
        assert caught.value.what == f'Column "w" (--weight-col), row 5: "{shown}" is not a number of 0 or more.'
        assert caught.value.advice == MEND


def test_one_weight_that_is_not_0_is_enough():
    assert weights_of(pl.DataFrame({"w": [0, 0, 3]}), "w", np.arange(3)).tolist() == [0, 0, 3]


def test_counts_are_noted_in_these_words_wherever_they_stand():
    told = ("The target columns do not sum to 1 in every row: each row was divided by its sum.",)
    assert soft({"a": [0.5, 3], "b": [0.5, 1]}).notes == told
    assert soft({"a": [0.5, 0.5], "b": [0.5, 0.48]}).notes == told
    assert soft({"a": [0.5, 0.5], "b": [0.5, 0.5009]}).notes == ()  # as a few digits round
    assert soft({"a": [0.5, 0.5], "b": [0.5, 0.4991]}).notes == ()


def test_shares_that_were_rounded_are_divided_by_their_sum_too():
    np.testing.assert_allclose(soft({"a": [0.333], "b": [0.333], "c": [0.333]}).q, 1 / 3, rtol=1e-15)


def test_of_classes_that_are_as_likely_the_first_is_the_label():
    assert soft({"a": [1, 0, 2], "b": [1, 3, 2], "c": [0, 3, 2]}).labels.tolist() == ["a", "b", "a"]


def test_a_name_that_would_fill_the_memory_is_told_as_the_targets(monkeypatch):
    monkeypatch.setattr("softreg.data.labels.most_unfolded", lambda _: 10_000)
    with pytest.raises(DataError) as caught:
        _ = soft({"p" * 1001: [1, 1, 1], "q": [0, 0, 0]}).labels
    assert caught.value.what.startswith(f'Column "{SOFT}" has a value of 1001 letters')


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt64, pl.Float32])
def test_numbers_of_any_type_are_weights(dtype):
    weights = weights_of(pl.DataFrame({"w": pl.Series([1, 0, 1]).cast(dtype)}), "w", np.arange(3))
    assert weights.tolist() == [1, 0, 1]

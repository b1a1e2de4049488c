"""Columns that give the answer away: found where they are planted, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import datasets as sk

from softreg.data.leaks import FEWEST, gives_away, leave_out, telling


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(0).integers(3, size=300)


def test_the_answer_in_other_words_is_found(codes):
    assert gives_away(np.array([7.0, -1.0, 3.0])[codes], codes)


def test_an_answer_with_one_slip_in_a_thousand_is_found():
    codes = np.arange(2000) % 2
    values = codes.astype(float)
    values[:2] = 1 - values[:2]
    assert gives_away(values, codes)
    values[:200] = 1 - values[:200]
    assert not gives_away(values, codes)


def test_a_finer_answer_is_found(codes):
    fine = codes * 3.0 + np.random.default_rng(1).integers(3, size=300)
    assert gives_away(fine, codes)


def test_a_quantity_of_which_the_classes_are_ranges_is_found(codes):
    score = codes + np.random.default_rng(1).uniform(0, 0.99, size=300)
    assert gives_away(score, codes)
    assert gives_away(-score, codes)


def test_a_value_that_is_missing_for_one_class_alone_is_found():
    codes = np.arange(200) % 2
    assert gives_away(np.where(codes == 1, np.nan, 5.0), codes)
    assert gives_away(np.where(codes == 1, np.nan, np.arange(200.0)), codes)


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "wine", "digits"])
def test_honest_columns_are_not_accused(name):
    bunch = getattr(sk, f"load_{name}")()
    for column in bunch.data.T:
        assert not gives_away(column.astype(float), bunch.target)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(FEWEST, 200))
def test_noise_is_not_accused(seed, n_classes, n_samples):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(n_samples) % n_classes)
    for values in (rng.normal(size=n_samples), rng.integers(4, size=n_samples).astype(float)):
        assert not gives_away(values, codes)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_neither_the_order_of_rows_nor_the_names_of_classes_matter(seed, leaking):
    rng = np.random.default_rng(seed)
    codes = rng.integers(3, size=90)
    values = codes * 10 + rng.uniform(0, 5, size=90) if leaking else rng.normal(size=90)
    order, names = rng.permutation(90), rng.permutation(3)
    assert gives_away(values[order], codes[order]) == gives_away(values, codes) == leaking
    assert gives_away(values, names[codes]) == leaking


def test_rows_known_by_heart_tell_nothing_of_others(codes):
    assert not gives_away(np.arange(300.0), codes)
    assert not gives_away(np.random.default_rng(0).permutation(300).astype(float), codes)


def test_few_rows_or_one_class_nearly_everywhere_accuse_nobody():
    codes = np.arange(FEWEST - 1) % 2
    assert not gives_away(codes.astype(float), codes)
    codes = np.zeros(1000, dtype=int)
    codes[:3] = 1
    assert not gives_away(codes.astype(float), codes)
    for n_samples, told in ((100, True), (101, False)):  # one row in a hundred is the rarest class that counts
        codes = (np.arange(n_samples) == 7).astype(int)
        assert gives_away(codes.astype(float), codes) == told


def test_neither_a_constant_nor_an_empty_column_is_accused(codes):
    assert not gives_away(np.ones(300), codes)
    assert not gives_away(np.full(300, np.nan), codes)


def test_a_class_on_both_sides_of_another_is_not_accused():
    values = np.random.default_rng(0).uniform(-1, 1, size=300)
    assert not gives_away(values, (abs(values) < 0.4).astype(int))


def test_a_class_on_both_sides_of_another_is_not_accused_either_where_the_sample_lost_a_class_between():
    values = np.random.default_rng(0).uniform(-1, 1, size=300)
    assert not gives_away(values, 2 * (abs(values) < 0.4))


def test_missing_values_of_two_classes_tell_nothing_in_whichever_order_the_rows_stand():
    codes = np.repeat([0, 1], [150, 50])
    values = np.where(np.arange(200) < 100, np.arange(200.0), np.nan)  # missing in 50 rows of either class
    for order in (np.arange(200), np.arange(200)[::-1], np.random.default_rng(0).permutation(200)):
        assert not gives_away(values[order], codes[order])


def test_a_class_of_one_row_is_a_range_like_any_other():
    assert gives_away(np.arange(99.0), np.repeat([0, 1, 2], [49, 1, 49]))
    assert not gives_away(np.arange(99.0), np.repeat([0, 1, 0], [49, 1, 49]))


def test_as_few_rows_as_are_judged_are_judged():
    codes = np.arange(FEWEST) % 2
    assert gives_away(codes.astype(float), codes)
    assert not gives_away(codes[1:].astype(float), codes[1:])


def test_a_value_of_ten_rows_can_tell_a_class_and_rarer_ones_only_in_ranges():
    for rows_of_each, told in ((10, True), (9, False)):
        values = np.repeat(np.arange(10.0), rows_of_each)
        assert gives_away(values, values.astype(int) % 2) == told
        assert gives_away(values, values.astype(int) // 5)


@pytest.mark.parametrize(("slips", "told"), [(0, True), (10, True), (11, False), (29, False)])
def test_a_category_may_leave_a_tenth_of_the_mistakes_of_guessing(slips, told):
    codes = np.repeat([0, 1], 100)  # the commonest class alone: 100 mistakes
    values = codes.astype(float)
    values[:slips] = 1
    assert gives_away(values, codes, category=True) == told


def test_a_column_is_of_numbers_unless_it_is_said_to_be_a_category():
    codes = np.repeat([0, 1], 100)
    values = codes.astype(float)
    values[:5] = 1
    assert gives_away(values, codes, category=True)
    assert not gives_away(values, codes)


def test_the_columns_that_tell_are_named_and_categories_are_judged_as_such(codes):
    rng = np.random.default_rng(2)
    noisy = np.where(rng.random(300) < 0.02, rng.integers(3, size=300), codes)  # a category may slip now and then
    raw = np.column_stack([rng.normal(size=300), codes, noisy, noisy]).astype(float)
    assert telling(raw, codes, ("x", "answer", "number", "word"), {"word": ("a", "b", "c")}) == ["answer", "word"]


def test_three_columns_at_most_are_told_to_be_left_out():
    told = leave_out(["life boat", "b", "c", "d"])
    assert told.endswith("leave it out: --exclude 'life boat' --exclude b --exclude c.")

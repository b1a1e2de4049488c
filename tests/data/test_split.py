"""Training, validation and test rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.data.dataset import Dataset
from softreg.data.labels import classes_of, encode
from softreg.data.split import split_rows
from softreg.errors import DataError, UsageError
from softreg.settings import SplitSettings


def made(labels, part=None, groups=None) -> tuple[Dataset, np.ndarray]:
    labels = np.array(labels)
    X = np.zeros((len(labels), 1))
    as_array = [None if values is None else np.array(values) for values in (part, groups)]
    data = Dataset("made", X, labels, ("a",), np.arange(1, len(labels) + 1), part=as_array[0], groups=as_array[1])
    return data, encode(labels, classes_of(labels))


def sizes(split) -> tuple[int, int, int]:
    return len(split.train), len(split.val), len(split.test)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(4, 40), min_size=2, max_size=5),
    st.sampled_from([0.0, 0.2, 0.35]),
    st.sampled_from([None, 0.0, 0.2]),
    st.booleans(),
    st.integers(0, 9),
)
def test_every_row_is_on_one_side_and_every_class_is_trained(counts, test_size, val_size, needs_val, seed):
    data, codes = made(np.repeat(np.arange(len(counts)), counts).astype(str))
    chosen = SplitSettings(test_size=test_size, val_size=val_size, seed=seed)
    try:
        split = split_rows(data, codes, chosen, needs_val=needs_val)
    except DataError as error:
        assert "--" in error.advice
        return
    rows = np.concatenate([split.train, split.val, split.test])
    assert sorted(rows.tolist()) == list(range(len(codes)))
    assert set(codes[split.train]) == set(codes)
    share = (0.1 if needs_val else 0.0) if val_size is None else val_size
    assert abs(len(split.test) - test_size * len(codes)) <= 1
    assert abs(len(split.val) - share * len(codes)) <= 1
    for side in (split.train, split.val, split.test):
        assert side.dtype == np.int64
        assert (np.diff(side) > 0).all()
    again = split_rows(data, codes, chosen, needs_val=needs_val)
    assert again.train.tolist() == split.train.tolist()


def test_the_test_rows_are_those_of_scikit_learn():
    from sklearn.model_selection import train_test_split

    data, codes = made(["a"] * 60 + ["b"] * 40)
    _, expected = train_test_split(np.arange(100), test_size=0.2, stratify=codes, random_state=3)
    split = split_rows(data, codes, SplitSettings(seed=3))
    assert split.test.tolist() == sorted(expected.tolist())


def test_every_class_keeps_its_share():
    data, codes = made(["a"] * 100 + ["b"] * 50)
    split = split_rows(data, codes, SplitSettings())
    assert np.bincount(codes[split.test]).tolist() == [20, 10]


def test_test_size_nought_tests_nothing():
    data, codes = made(["a", "b"])
    assert sizes(split_rows(data, codes, SplitSettings(test_size=0))) == (2, 0, 0)


def test_another_seed_gives_other_rows():
    data, codes = made(["a"] * 50 + ["b"] * 50)
    one, two = (split_rows(data, codes, SplitSettings(seed=seed)) for seed in (0, 1))
    assert one.test.tolist() != two.test.tolist()


def test_the_sources_own_parts_win_and_validation_is_cut_from_training_rows():
    data, codes = made(["a", "b"] * 50, part=["train"] * 60 + ["test"] * 40)
    split = split_rows(data, codes, SplitSettings(test_size=0.5), needs_val=True)
    assert split.test.tolist() == list(range(60, 100))
    assert sizes(split) == (50, 10, 40)


def test_own_validation_rows_are_kept():
    data, codes = made(["a", "b"] * 5, part=["train"] * 4 + ["val"] * 4 + ["test"] * 2)
    assert sizes(split_rows(data, codes, SplitSettings(), needs_val=True)) == (4, 4, 2)


def test_a_source_without_training_rows_is_refused():
    data, codes = made(["a", "b"], part=["test", "test"])
    with pytest.raises(DataError, match="no training rows"):
        split_rows(data, codes, SplitSettings())


@pytest.mark.parametrize(("count", "needs_val"), [(1, False), (2, True)])
def test_a_class_too_rare_is_named_with_its_count(count, needs_val):
    data, codes = made(["a"] * 40 + ["b"] * 40 + ["rare"] * count)
    with pytest.raises(DataError, match=rf'"rare" has {count} row.*--test-size 0'):
        split_rows(data, codes, SplitSettings(), needs_val=needs_val)


def test_too_few_rows_for_the_number_of_classes_is_said():
    data, codes = made([str(k) for k in range(6)] * 2)
    with pytest.raises(DataError, match="--test-size"):
        split_rows(data, codes, SplitSettings(test_size=0.2))


def test_a_class_that_is_only_tested_is_named():
    data, codes = made(["a", "b", "c"], part=["train", "train", "test"])
    with pytest.raises(DataError, match='"c"'):
        split_rows(data, codes, SplitSettings())


@pytest.mark.parametrize("chosen", [{"test_size": 1.0}, {"test_size": -0.1}, {"test_size": 0.6, "val_size": 0.5}])
def test_shares_that_leave_nothing_are_usage_errors(chosen):
    data, codes = made(["a", "b"] * 20)
    with pytest.raises(UsageError):
        split_rows(data, codes, SplitSettings(**chosen))


@pytest.mark.parametrize("seed", range(5))
def test_rows_of_one_group_stay_on_one_side(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(40, size=400).astype(str)
    data, codes = made(rng.choice(["a", "b"], size=400), groups=groups)
    split = split_rows(data, codes, SplitSettings(seed=seed), needs_val=True)
    sides = [set(groups[side]) for side in (split.train, split.val, split.test)]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert 0.1 < len(split.test) / 400 < 0.3
    assert 0.03 < len(split.val) / 400 < 0.2


def test_a_class_within_one_group_is_kept_in_training():
    labels = ["a", "b"] * 20 + ["c"] * 4
    groups = [str(k // 4) for k in range(40)] + ["only"] * 4
    data, codes = made(labels, groups=groups)
    for seed in range(10):
        split = split_rows(data, codes, SplitSettings(seed=seed))
        assert set(codes[split.train]) == {0, 1, 2}


def test_groups_that_cannot_leave_every_class_in_training_are_refused_by_class():
    data, codes = made(["a", "a", "b", "b"], groups=["g", "g", "h", "h"])
    with pytest.raises(DataError, match="whole groups"):
        split_rows(data, codes, SplitSettings())


def test_one_group_only_is_refused():
    data, codes = made(["a", "b"] * 10, groups=["g"] * 20)
    with pytest.raises(DataError, match="one group"):
        split_rows(data, codes, SplitSettings())

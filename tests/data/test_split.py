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


@pytest.mark.parametrize(("chosen", "share"), [({"val_size": 0.15}, 0.15), ({}, 0.1)])
def test_the_validation_rows_are_those_that_scikit_learn_cuts_from_the_rest(chosen, share):
    from sklearn.model_selection import train_test_split

    data, codes = made(["a"] * 60 + ["b"] * 40)
    for seed in (0, 5):
        rest, _ = train_test_split(np.arange(100), test_size=0.2, stratify=codes, random_state=seed)
        rest = np.sort(rest)
        count = round(100 * share)
        train, val = train_test_split(rest, test_size=count, stratify=codes[rest], random_state=seed)
        split = split_rows(data, codes, SplitSettings(seed=seed, **chosen), needs_val=True)
        assert split.val.tolist() == sorted(val.tolist())
        assert split.train.tolist() == sorted(train.tolist())


@pytest.mark.parametrize(("count", "share", "tested"), [(30, 0.1, 3), (10, 0.3, 3), (30, 0.11, 4), (70, 0.7, 49)])
def test_a_share_is_that_many_rows_rounded_up_whatever_its_last_digit(count, share, tested):
    data, codes = made(["a", "b"] * (count // 2))
    assert sizes(split_rows(data, codes, SplitSettings(test_size=share))) == (count - tested, 0, tested)


@pytest.mark.parametrize("kinds", [2, 3])
def test_a_row_of_each_class_on_each_side_is_enough(kinds):
    data, codes = made([str(k) for k in range(kinds)] * 2)
    assert sizes(split_rows(data, codes, SplitSettings(test_size=0.5))) == (kinds, 0, kinds)
    data, codes = made([str(k) for k in range(kinds)] * 3)
    third = SplitSettings(test_size=1 / 3, val_size=1 / 3)
    assert sizes(split_rows(data, codes, third)) == (kinds, kinds, kinds)


def test_validation_rows_are_cut_only_where_they_are_asked_for_or_needed():
    data, codes = made(["a", "b"] * 50)
    assert sizes(split_rows(data, codes, SplitSettings())) == (80, 0, 20)
    assert sizes(split_rows(data, codes, SplitSettings(), needs_val=True)) == (70, 10, 20)
    assert sizes(split_rows(data, codes, SplitSettings(val_size=0), needs_val=True)) == (80, 0, 20)
    assert sizes(split_rows(data, codes, SplitSettings(val_size=0.25))) == (55, 25, 20)
    assert sizes(split_rows(data, codes, SplitSettings(test_size=0, val_size=0.25))) == (75, 25, 0)


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


def nearest_of_twenty(codes, groups, share, seed, rows) -> list[float]:
    """How far each of scikit-learn's twenty divisions is from the share of each class; inf where one is not trained."""
    from sklearn.model_selection import GroupShuffleSplit

    n_groups = len(set(groups[rows]))
    count = min(max(round(share * n_groups), 1), n_groups - 1)
    far = []
    for stay, off in GroupShuffleSplit(20, test_size=count, random_state=seed).split(rows, groups=groups[rows]):
        kept, cut = codes[rows][stay].tolist(), codes[rows][off].tolist()
        wished = {code: share * codes[rows].tolist().count(code) for code in set(codes[rows].tolist())}
        lost = any(code not in kept for code in cut)
        far.append(np.inf if lost else sum(abs(cut.count(code) - many) for code, many in wished.items()))
    return far


@pytest.mark.parametrize("test_size", [0.02, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_of_twenty_divisions_by_group_the_nearest_to_the_share_of_each_class_is_taken(test_size, seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(rng.integers(5, 12), size=100)
    data, codes = made(rng.choice(["a", "b", "c"], size=100, p=[0.6, 0.3, 0.1]), groups=groups.astype(str))
    split = split_rows(data, codes, SplitSettings(seed=seed, test_size=test_size))
    cut = codes[split.test].tolist()
    found = sum(abs(cut.count(code) - test_size * codes.tolist().count(code)) for code in range(3))
    best = min(nearest_of_twenty(codes, groups, test_size, seed, np.arange(100)))
    assert found == pytest.approx(best)
    assert set(codes[split.train]) == {0, 1, 2}


def test_two_groups_are_one_for_each_side():
    data, codes = made(["a", "b"] * 10, groups=["g"] * 14 + ["h"] * 6)
    for share in (0.05, 0.3, 0.95):
        split = split_rows(data, codes, SplitSettings(test_size=share))
        assert sorted((split.train.tolist(), split.test.tolist())) == [list(range(14)), list(range(14, 20))]


def test_the_only_row_of_a_class_stays_in_training_even_where_its_group_would_be_just_enough():
    labels = ["a", "b"] * 24 + ["c"]
    groups = ["g"] * 20 + ["h"] * 20 + ["only"] * 9
    data, codes = made(labels, part=["train"] * 49, groups=groups)
    for seed in range(3):
        split = split_rows(data, codes, SplitSettings(seed=seed, val_size=0.2))
        assert sizes(split) == (29, 20, 0)
        assert split.train[-1] == 48


def test_the_groups_of_the_test_are_no_concern_of_the_validation():
    labels = ["a", "b"] * 20
    groups = [str(k // 4) for k in range(32)] + ["tested"] * 8
    data, codes = made(labels, part=["train"] * 32 + ["test"] * 8, groups=groups)
    split = split_rows(data, codes, SplitSettings(val_size=0.2))
    assert sizes(split) == (24, 8, 8)


SHARE = "Give 0 or more, and less than 1."
PARTS = {"part": ["train"] * 8 + ["test"] * 2}
TOLD = [
    (["a", "b"], {"part": ["test", "val"]}, {}, "made has no training rows.", 'Mark some rows as "train".'),
    (
        ["a", "b", "c"] * 3 + ["b"],
        {},
        {"test_size": 0.8},
        "--test-size would put 8 of 10 rows aside: too few on a side for 3 classes.",
        "Type --test-size 0, or another share.",
    ),
    (
        ["a"] * 7 + ["b"] * 3,
        PARTS,
        {"val_size": 0.2},
        'Class "b" has 1 row left, too few to divide for --val-size.',
        "Type --val-size 0, or remove that class.",
    ),
    (
        ["a", "b", "c", "d"] * 2 + ["a"] * 2,
        PARTS,
        {"val_size": 0.3},
        "--val-size would put 3 of 8 rows aside: too few on a side for 4 classes.",
        "Type --val-size 0, or another share.",
    ),
    (
        ["a", "b"] * 5,
        PARTS,
        {"test_size": 0, "val_size": 0.8},
        "--val-size 0.8 leaves no row to train on.",
        "Give a smaller share.",
    ),
    (
        ["a"] * 9 + ["b", "c"],
        {},
        {},
        'Class "b" has 1 row: too rare to be on each of the 2 sides of the split.',
        "Type --test-size 0, or remove that class.",
    ),
    (
        ["c"] * 6 + ["b"] * 2 + ["a"] * 3,
        {},
        {"val_size": 0.2},
        'Class "b" has 2 rows: too rare to be on each of the 3 sides of the split.',
        "Type --test-size 0 or --val-size 0, or remove that class.",
    ),
    (
        ["c"] * 6 + ["b"],
        {},
        {"val_size": 0.2},
        'Class "b" has 1 row: too rare to be on each of the 3 sides of the split.',
        "Type --test-size 0 and --val-size 0, or remove that class.",
    ),
    (
        ["c"] * 6 + ["b"],
        {},
        {"test_size": 0, "val_size": 0.2},
        'Class "b" has 1 row: too rare to be on each of the 2 sides of the split.',
        "Type --val-size 0, or remove that class.",
    ),
    (
        ["a", "b"] * 4 + ["d", "c"],
        PARTS,
        {},
        'No training row is of class "c".',
        "Move rows of it to the training part, or remove it.",
    ),
    (
        ["a", "b"] * 4 + ["a", "c"],
        {**PARTS, "groups": ["g"] * 5 + ["h"] * 5},
        {},
        'No training row is of class "c".',
        "Move rows of it to the training part, or remove it.",
    ),
    (
        ["a", "b"] * 4 + ["a", "c"],
        {**PARTS, "groups": ["g", "g", "h", "h", "i", "i", "j", "j", "k", "k"]},
        {"val_size": 0.2},
        'No training row is of class "c".',
        "Move rows of it to the training part, or remove it.",
    ),
    (
        ["a", "a", "b", "b"],
        {"groups": ["g", "g", "h", "h"]},
        {},
        'No training row is of class "b" (whole groups are put aside).',
        "Type --test-size 0, or another --seed.",
    ),
    (
        ["a", "a", "b", "b"],
        {"groups": ["g", "g", "h", "h"]},
        {"test_size": 0, "val_size": 0.4},
        'No training row is of class "b" (whole groups are put aside).',
        "Type --val-size 0, or another --seed.",
    ),
    (
        ["a"] * 20 + ["b"] * 20 + ["c"] * 2,
        {},
        {"test_size": 0.9},
        'No training row is of class "c" (all are put aside).',
        "Type --test-size 0, or a smaller share.",
    ),
    (
        ["a", "a", "b", "b", "a"],
        {"groups": ["g", "g", "h", "h", "i"], "part": ["train"] * 4 + ["test"]},
        {"val_size": 0.4},
        'No training row is of class "b" (whole groups are put aside).',
        "Type --val-size 0, or another --seed.",
    ),
    (
        ["a", "b"] * 5,
        {**PARTS, "groups": ["g"] * 8 + ["h"] * 2},
        {"val_size": 0.2},
        "All rows are of one group: nothing to put aside for --val-size.",
        "Type --val-size 0.",
    ),
    (["a", "b"] * 5, {}, {"test_size": 1.0}, "--test-size 1.0 is not a share of the rows.", SHARE),
    (["a", "b"] * 5, {}, {"val_size": 1.0}, "--val-size 1.0 is not a share of the rows.", SHARE),
    (["a", "b"] * 5, {}, {"val_size": 0.9}, "--test-size and --val-size sum to 1.1.", "Leave rows to train on."),
]


def test_rows_that_come_divided_leave_room_for_the_validation():
    """--test-size has no effect on them, so that it cannot be too much."""
    data, codes = made(["a", "b"] * 10, part=["train"] * 18 + ["test"] * 2)
    assert sizes(split_rows(data, codes, SplitSettings(val_size=0.8))) == (2, 16, 2)


@pytest.mark.parametrize(("labels", "sides", "chosen", "what", "advice"), TOLD)
def test_why_rows_cannot_be_divided_is_told_with_the_option_to_change(labels, sides, chosen, what, advice):
    data, codes = made(labels, **sides)
    with pytest.raises((DataError, UsageError)) as caught:
        split_rows(data, codes, SplitSettings(**chosen))
    assert (caught.value.what, caught.value.advice) == (what, advice)

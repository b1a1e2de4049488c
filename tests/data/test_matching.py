"""Columns of any source: found by name, chosen, left out; and what is told of those that are not there or no use."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from softreg.data.dataset import Dataset
from softreg.data.matching import (
    choose,
    dropped_note,
    extras_note,
    labelled,
    match,
    places_of,
    refuse_unknown,
    refuse_unusable,
    refuse_width,
    renamed,
    selected,
)
from softreg.errors import DataError
from softreg.preparation import Category, Number, Preparation
from softreg.settings import SourceSettings

MEND = "Fill it in, or type --exclude COL."


def told(call, *given, **more) -> tuple[str, str]:
    """What was wrong, and what to type next."""
    with pytest.raises(DataError) as caught:
        call(*given, **more)
    return caught.value.what, caught.value.advice


def made(X, columns="abc", **more) -> Dataset:
    """A dataset called t.csv; its rows count from 11."""
    X = X if sp.issparse(X) else np.array(X)
    return Dataset("t.csv", X, None, tuple(columns), np.arange(11, 11 + X.shape[0]), **more)


DATA = made([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], image_shape=(1, 3))


def test_columns_are_found_by_name_and_the_others_noted():
    data = match(DATA, ["c", "a"])
    assert data.X.tolist() == [[3, 1], [6, 4]]
    assert data.columns == ("c", "a")
    assert data.notes == ("Ignored, because the model does not know them: b.",)
    assert match(DATA, ["a", "b", "c"]).notes == ()


def test_all_columns_in_their_order_are_the_data_as_they_are_and_others_are_no_image():
    assert choose(DATA, ["a", "b", "c"]) is DATA
    for columns in ("ab", "cba"):
        assert choose(DATA, columns).image_shape is None
        assert choose(DATA, columns).columns == tuple(columns)


def test_what_the_model_does_not_know_is_listed_eight_at_most():
    assert extras_note("abc", "cab") == ()
    assert extras_note("abc", "") == ("Ignored, because the model does not know them: a, b, c.",)
    assert extras_note("abcdefghij", "a")[0].endswith(": b, c, d, e, f, g, h, i and 1 more.")


MISSING = [
    (["a", "b"], ["a"], 'new.csv lacks 1 of the model\'s 2 columns: "b".', "It has: a."),
    (
        ["petal_width", "age", "z"],
        ["petal_widht", "z"],
        'new.csv lacks 2 of the model\'s 3 columns: "petal_width" (nearest: "petal_widht"), "age".',
        "It has: petal_widht, z.",
    ),
    (["abcd"], ["abxy"], 'new.csv lacks 1 of the model\'s 1 columns: "abcd" (nearest: "abxy").', "It has: abxy."),
    (
        ["age", "a"],
        ["petal_widht", "a"],
        'new.csv lacks 1 of the model\'s 2 columns: "age".',
        "It has: petal_widht, a.",
    ),
    (["abcd"], ["axyz"], 'new.csv lacks 1 of the model\'s 1 columns: "abcd".', "It has: axyz."),
    (
        [f"{k}{k}" for k in range(10)],
        list("klmnopqrst"),
        'new.csv lacks 10 of the model\'s 10 columns: "00", "11", "22", "33", "44", "55", "66", "77" and 2 more.',
        "It has: k, l, m, n, o, p, q, r and 2 more.",
    ),
    (
        [f"{k}{k}" for k in range(9)],
        ["88", "70"],
        'new.csv lacks 8 of the model\'s 9 columns: "00" (nearest: "70"), "11", "22", "33", "44", "55", "66", "77"'
        ' (nearest: "70").',
        "It has: 88, 70.",
    ),
]


def test_the_source_that_lacks_a_column_is_named():
    assert told(choose, DATA, ["a", "weight"])[0] == 't.csv lacks 1 of the model\'s 2 columns: "weight".'


@pytest.mark.parametrize(("wanted", "found", "what", "advice"), MISSING)
def test_columns_that_the_model_misses_are_told_with_the_nearest(wanted, found, what, advice):
    assert told(places_of, wanted, found, "new.csv") == (what, advice)


def test_places_are_those_of_the_wanted_columns_in_their_order():
    found = [f"x{k}" for k in np.random.default_rng(0).permutation(50)]
    wanted = [f"x{k}" for k in range(0, 50, 3)]
    places = places_of(wanted, found, "t.csv")
    assert [found[place] for place in places] == wanted
    assert choose(DATA, []).X.shape == (2, 0)


NAMES = ("age", "Dose_1", "dose_2", "dose_10", "d*")


@pytest.mark.parametrize(
    ("features", "exclude", "left"),
    [
        ((), (), NAMES),
        (("dose_?", "age"), (), ("age", "dose_2")),  # in the order of the table, and the case of letters counts
        (("dose_*",), ("dose_2",), ("dose_10",)),
        (("d*",), (), ("d*",)),
        ((), ("[ad]*",), ("Dose_1",)),
        ((), ("d*", "age"), ("Dose_1", "dose_2", "dose_10")),
        (("age", "age"), (), ("age",)),
    ],
)
def test_features_and_exclude_leave_these_columns(features, exclude, left):
    assert selected(NAMES, SourceSettings(features=features, exclude=exclude), "t.csv") == left


CHOSEN = [
    ({"features": ("aged",)}, 't.csv has no column "aged" (--features).', 'Did you mean "age"?'),
    ({"exclude": ("zz*",)}, 't.csv has no column "zz*" (--exclude).', "It has: age, Dose_1, dose_2, dose_10, d*."),
    (
        {"features": ("age", "zz")},
        't.csv has no column "zz" (--features).',
        "It has: age, Dose_1, dose_2, dose_10, d*.",
    ),
    (
        {"exclude": ("*",)},
        "t.csv has no column left for the features.",
        "Its columns: age, Dose_1, dose_2, dose_10, d*.",
    ),
    (
        {"features": ("age",), "exclude": ("a?e",)},
        "t.csv has no column left for the features.",
        "Its columns: age, Dose_1, dose_2, dose_10, d*.",
    ),
]


@pytest.mark.parametrize(("source", "what", "advice"), CHOSEN)
def test_a_choice_that_means_nothing_is_told(source, what, advice):
    assert told(selected, NAMES, SourceSettings(**source), "t.csv") == (what, advice)


def test_where_no_column_is_near_thirty_are_listed():
    columns = [f"x{k}" for k in range(32)]
    what, advice = told(refuse_unknown, "t.csv", "--id", "weight", columns)
    assert what == 't.csv has no column "weight" (--id).'
    assert advice == f"It has: {', '.join(columns[:30])} and 2 more."


NAN, INF = np.nan, np.inf
NUMBERS = Preparation.plain("abc")
UNUSABLE = [
    ([[1, 2, 3], [1, NAN, 3]], 'column "b", row 12: the value is missing.', "b"),
    (
        [[1, 2, NAN], [NAN, NAN, 3], [NAN, 2, 3]],
        'column "a", row 12: the value is missing; 2 values of this column are like that.',
        "a",
    ),
    (
        [[1, INF, 3], [1, -INF, 3]],
        'column "b", row 11: the value is infinite, or too large for a number; 2 values of this column are like that.',
        "b",
    ),
    ([[1, 2, INF], [1, 2, 3]], 'column "c", row 11: the value is infinite, or too large for a number.', "c"),
    (
        [[1, 2, 3], [1, -INF, 3], [1, NAN, 3], [1, INF, 3]],
        'column "b", row 12: the value is infinite, or too large for a number; 3 values of this column are like that.',
        "b",
    ),
]


@pytest.mark.parametrize(("X", "what", "column"), UNUSABLE)
@pytest.mark.parametrize("kind", [np.array, sp.csr_array, sp.csc_array])
def test_the_first_column_with_a_value_that_no_model_takes_is_told_with_the_row(X, what, column, kind):
    expected = f"t.csv: {what}", f"Fill it in, or type --exclude {column}."
    assert told(refuse_unusable, made(kind(np.array(X, dtype=float))), NUMBERS, MEND) == expected


def test_columns_are_quoted_as_the_shell_needs_them():
    advice = told(refuse_unusable, made([[NAN]], ["petal width"]), Preparation.plain(["petal width"]), MEND)[1]
    assert advice == "Fill it in, or type --exclude 'petal width'."


def test_missing_values_that_something_stands_for_are_none_of_that():
    ready = Preparation((Number("a", 0.0), Category("b", ("u",), missing="level"), Number("c")))
    refuse_unusable(made([[NAN, NAN, 1.0], [NAN, 0.0, 1.0]]), ready, MEND)
    what = told(refuse_unusable, made([[NAN, NAN, 1.0], [NAN, 0.0, NAN]]), ready, MEND)[0]
    assert what == 't.csv: column "c", row 12: the value is missing.'
    what = told(refuse_unusable, made([[NAN, NAN, 1.0], [INF, 0.0, NAN]]), ready, MEND)[0]
    assert what == 't.csv: column "a", row 12: the value is infinite, or too large for a number.'


@pytest.mark.parametrize("kind", [np.array, sp.csr_array])
def test_values_whose_sum_is_too_large_are_usable_if_each_of_them_is(kind):
    large = kind(np.full((4, 3), 1.7e308))
    refuse_unusable(made(large), NUMBERS, MEND)
    refuse_unusable(made(-large), NUMBERS, MEND)
    refuse_unusable(made(kind(np.full((4, 3), 3e38, dtype=np.float32))), NUMBERS, MEND)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_memory_is_taken_to_see_that_all_values_are_usable(dtype):
    data = made(np.full((100_000, 3), 3e38, dtype=dtype))
    tracemalloc.start()
    try:
        refuse_unusable(data, NUMBERS, MEND)
        assert tracemalloc.get_traced_memory()[1] < data.X.size / 2  # a mask takes a byte for each value
    finally:
        tracemalloc.stop()


def test_features_without_names_must_be_as_many_as_the_models_and_get_its_names():
    assert renamed(DATA, ["u", "v", "w"]).columns == ("u", "v", "w")
    assert renamed(DATA, ["u", "v", "w"]).X is DATA.X
    refuse_width(3, ["u", "v", "w"], "t.csv")
    for wrong in ("uv", "uvwx"):
        expected = (
            f"t.csv has the wrong number of features: 3, and the model was trained on {len(wrong)}.",
            "Give the columns that the model was trained on; coefficients.csv in its run lists them.",
        )
        assert told(renamed, DATA, wrong) == expected
        assert told(refuse_width, 3, wrong, "t.csv") == expected


def with_labels(*labels: str) -> Dataset:
    return Dataset("t.csv", np.arange(float(len(labels)))[:, None], np.array(labels), ("a",), np.arange(len(labels)))


def test_rows_without_a_label_are_left_out_and_counted():
    data = labelled(with_labels("u", "", "v", " \t", "u"))
    assert data.labels.tolist() == ["u", "v", "u"]
    assert data.rows.tolist() == [0, 2, 4]
    assert data.notes == ("Left out, because without a label: 2 rows.",)
    assert labelled(with_labels("u", "")).notes == (dropped_note(1),) == ("Left out, because without a label: 1 row.",)
    whole = with_labels("u", " v")
    assert labelled(whole) is whole


def test_rows_that_all_lack_a_label_are_told():
    needed = "They are needed to train and to score."
    assert told(labelled, DATA) == ("t.csv has no labels.", needed)
    assert told(labelled, with_labels("", " ")) == ("t.csv: no row has a label.", needed)

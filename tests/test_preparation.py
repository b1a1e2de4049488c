"""From the columns of a table to the features: against pandas and scikit-learn, and on what training never saw."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

from softreg.errors import DataError
from softreg.preparation import UNSEEN, Category, Number, Preparation, learn
from softreg.settings import MISSING

NAN = np.nan
KNOWN = ("a", "b", "c", "d")
NUMBERS = st.one_of(st.just(NAN), st.integers(-9, 9).map(float), st.floats(-1e6, 1e6))
CODES = st.sampled_from([NAN, 0.0, 1.0, 2.0, 3.0])


@st.composite
def tables(draw):
    """A raw matrix of a number, a category, and another number, with missing values."""
    n = draw(st.integers(1, 25))
    kinds = (NUMBERS, CODES, NUMBERS)
    return np.array([draw(st.lists(kind, min_size=n, max_size=n)) for kind in kinds]).T.copy()


def learned(raw, missing="auto", min_count=1):
    return learn(raw, ("x", "kind", "z"), {"kind": KNOWN}, missing=missing, min_count=min_count)


def design(ready, raw):
    """The features of rows whose codes are those of all known values, as those of a dataset are."""
    return ready.apply(ready.recoded(raw, {"kind": KNOWN}))


def texts(codes):
    """Codes as the texts that they stand for, None where one is missing."""
    return np.array([None if np.isnan(code) else KNOWN[int(code)] for code in codes], dtype=object)


@settings(deadline=None)
@given(tables())
def test_one_hot_features_are_pandas_dummies(raw):
    ready = learned(raw)
    found = pd.DataFrame(design(ready, raw), columns=ready.features)
    kind = pd.Series(texts(raw[:, 1]), name="kind")
    expected = pd.get_dummies(kind, prefix="kind", prefix_sep="=", dtype=float)
    if kind.isna().any():
        expected["kind is missing"] = kind.isna().astype(float)
    pd.testing.assert_frame_equal(found[list(expected)], expected)
    assert [name for name in ready.features if name.startswith("kind")] == list(expected)


@settings(deadline=None)
@given(tables(), st.integers(1, 6))
def test_rare_levels_are_grouped_as_scikit_learn_groups_infrequent_ones(raw, min_count):
    raw = raw[~np.isnan(raw[:, 1])]
    if not len(raw):
        return
    ready = learned(raw, min_count=min_count)
    encoder = OneHotEncoder(min_frequency=min_count, handle_unknown="ignore", sparse_output=False)
    expected = encoder.fit_transform(texts(raw[:, 1])[:, None])
    own = [place for place, name in enumerate(ready.features) if name.startswith("kind")]
    np.testing.assert_array_equal(design(ready, raw)[:, own], expected)


@settings(deadline=None)
@given(tables(), tables(), st.integers(1, 4))
def test_recoded_rows_are_the_texts_coded_by_what_the_preparation_knows(train, later, min_count):
    ready = learned(train, min_count=min_count)
    before = later.copy()
    known = ready.levels["kind"]
    expected = [
        NAN if text is None else float(known.index(text)) if text in known else UNSEEN for text in texts(later[:, 1])
    ]
    recoded = ready.recoded(later, {"kind": KNOWN})
    np.testing.assert_array_equal(recoded[:, 1], expected)
    np.testing.assert_array_equal(recoded[:, [0, 2]], later[:, [0, 2]])
    np.testing.assert_array_equal(later, before)
    recoded[:, 1] = UNSEEN
    assert (ready.recoded(recoded, {"kind": KNOWN})[:, 1] == UNSEEN).all()


@settings(deadline=None)
@given(tables(), st.sampled_from(["auto", "mean", "median"]))
def test_missing_numbers_are_filled_as_scikit_learns_imputer_does(raw, missing):
    ready = learned(raw, missing)
    for place, name in ((0, "x"), (2, "z")):
        values = raw[:, [place]]
        if np.isnan(values).all():
            continue
        strategy = "mean" if missing == "mean" else "median"
        expected = SimpleImputer(strategy=strategy, add_indicator=missing == "auto").fit_transform(values)
        own = [at for at, feature in enumerate(ready.features) if feature in {name, f"{name} is missing"}]
        np.testing.assert_allclose(design(ready, raw)[:, own], expected, rtol=1e-12, atol=1e-9)


@settings(deadline=None)
@given(tables(), tables(), st.sampled_from(["auto", "mean", "median"]))
def test_rows_are_prepared_one_by_one_whatever_stands_beside_them(train, later, missing):
    ready = learned(train, missing)
    whole = design(ready, later)
    single = np.vstack([design(ready, later[[row]]) for row in range(len(later))])
    np.testing.assert_array_equal(whole, single)
    assert whole.shape == (len(later), len(ready.features))
    assert np.isfinite(whole).all()


@settings(deadline=None)
@given(tables(), st.sampled_from(MISSING), st.integers(1, 4))
def test_json_brings_it_back_the_same(raw, missing, min_count):
    ready = learned(raw, missing, min_count)
    assert Preparation.from_json(json.loads(json.dumps(ready.to_json()))) == ready


@settings(deadline=None)
@given(tables(), st.sampled_from(MISSING))
def test_what_is_refused_is_exactly_what_would_not_be_finite_or_has_no_level(raw, missing):
    ready = learned(raw, missing)
    refused = ready.refused(raw)
    if missing in {"error", "drop"}:
        np.testing.assert_array_equal(refused, np.isnan(raw))
    else:
        assert not refused.any()
        assert np.isfinite(design(ready, raw)).all()


@settings(deadline=None)
@given(tables(), st.integers(1, 5))
def test_each_row_is_at_most_one_level_and_each_level_was_seen(raw, min_count):
    ready = learned(raw, min_count=min_count)
    own = [place for place, name in enumerate(ready.features) if name.startswith("kind")]
    hot = design(ready, raw)[:, own]
    assert set(np.unique(hot)) <= {0, 1}
    counts = {level: int((raw[:, 1] == KNOWN.index(level)).sum()) for level in KNOWN}
    category = ready.columns[1]
    assert set(category.levels) == {level for level, count in counts.items() if count >= min_count}
    assert set(category.rare) == {level for level, count in counts.items() if 0 < count < min_count}


def test_an_unseen_level_is_none_of_the_levels_and_is_counted_by_column():
    kind = Category("kind", ("a", "b"), rare=("c",), missing="level")
    ready = Preparation((kind, Number("x"), Category("e", ("u",))))
    raw = np.array([[UNSEEN, 1.0, 0.0], [0.0, UNSEEN, 0.0], [NAN, 3.0, 0.0], [2.0, 4.0, 0.0]])
    design = ready.apply(raw)
    assert ready.features == ("kind=a", "kind=b", "kind is rare", "kind is missing", "x", "e=u")
    assert design[:, :4].tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert design[:, 4].tolist() == [1, -1, 3, 4]
    assert ready.unseen(raw) == {"kind": 1}


def test_a_missing_category_that_training_had_none_of_is_none_of_the_levels():
    ready = learn(np.array([[0.0], [1.0]]), ("kind",), {"kind": ("a", "b")}, missing="auto", min_count=1)
    assert ready.features == ("kind=a", "kind=b")
    assert ready.apply(np.array([[NAN]])).tolist() == [[0, 0]]
    assert not ready.refused(np.array([[NAN]])).any()


def test_a_missing_number_that_training_had_none_of_is_the_median_without_an_indicator():
    ready = learn(np.array([[1.0], [2.0], [9.0]]), ("x",), {}, missing="auto", min_count=1)
    assert ready.features == ("x",)
    assert ready.apply(np.array([[NAN], [5.0]])).tolist() == [[2], [5]]
    assert ready.filled(np.array([[NAN], [5.0]])) == {"x": 1}


def test_a_column_that_is_empty_in_all_training_rows_is_harmless():
    for missing in ("auto", "mean", "median"):
        ready = learn(np.full((3, 2), NAN), ("x", "kind"), {"kind": ("a",)}, missing=missing, min_count=1)
        design = ready.apply(np.array([[NAN, NAN], [4.0, UNSEEN]]))
        assert np.isfinite(design).all()
        assert design[0, 0] == 0
        assert "x is missing" not in ready.features  # it would be 1 in every training row


@settings(deadline=None)
@given(tables(), st.sampled_from(["auto", "mean", "median"]), st.data())
def test_whole_weights_are_rows_that_stand_there_again(raw, missing, data):
    counts = np.array(data.draw(st.lists(st.integers(0, 4), min_size=len(raw), max_size=len(raw))))
    if not counts.any():
        return
    rules = {"missing": missing, "min_count": 1}
    one = learn(raw, ("x", "kind", "z"), {"kind": KNOWN}, weights=counts.astype(float), **rules)
    two = learn(np.repeat(raw, counts, axis=0), ("x", "kind", "z"), {"kind": KNOWN}, **rules)
    assert one.features == two.features
    assert one.levels == two.levels
    for mine, theirs in zip(one.columns[::2], two.columns[::2], strict=True):
        assert mine.fill == pytest.approx(theirs.fill, rel=1e-9, abs=1e-6)
        assert mine.fill == theirs.fill or missing == "mean"


def test_infinite_values_are_refused_under_every_rule():
    for missing in MISSING:
        ready = learn(np.array([[1.0], [2.0]]), ("x",), {}, missing=missing, min_count=1)
        assert ready.refused(np.array([[np.inf], [-np.inf], [0.0]])).ravel().tolist() == [True, True, False]


def test_numbers_without_gaps_are_passed_through_without_a_copy_also_sparse_ones():
    ready = Preparation.plain(["x", "z"])
    raw = np.arange(6.0).reshape(3, 2)
    assert ready.apply(raw) is raw
    thin = sp.csr_array(raw)
    assert ready.apply(thin) is thin
    single = raw.astype(np.float32)
    assert ready.apply(single) is single


def test_values_whose_sum_overflows_are_not_taken_for_missing():
    raw = np.array([[1e308, -1e308], [1e308, -1e308]])
    ready = learn(raw, ("x", "z"), {}, missing="auto", min_count=1)
    np.testing.assert_array_equal(ready.apply(raw), raw)


@pytest.mark.parametrize("missing", ["auto", "mean", "median"])
def test_what_stands_for_a_gap_is_finite_also_where_the_sum_of_the_values_is_not(missing):
    raw = np.array([[1e308], [1.5e308], [NAN], [1.2e308], [1.7e308]])
    ready = learn(raw, ("x",), {}, missing=missing, min_count=1)
    filled = ready.apply(raw)[2, 0]
    expected = np.mean([1.0, 1.5, 1.2, 1.7]) if missing == "mean" else 1.35
    assert filled / 1e308 == pytest.approx(expected)


def test_columns_keep_their_order_and_their_features_stand_together():
    raw = np.array([[0.0, NAN, 0.0], [1.0, 2.0, NAN]])
    ready = learn(raw, ("k", "x", "m"), {"m": ("u",), "k": ("a", "b")}, missing="auto", min_count=1)
    assert ready.names == ("k", "x", "m")
    assert ready.features == ("k=a", "k=b", "x", "x is missing", "m=u", "m is missing")
    assert ready.levels == {"k": ("a", "b"), "m": ("u",)}


@pytest.mark.parametrize(
    "broken",
    [
        [{"kind": "vector", "name": "x"}],
        [{"kind": "number", "name": "x"}],
        [{"kind": "number", "name": "x", "fill": "much", "indicator": False}],
        [{"kind": "category", "name": "x", "levels": 3, "rare": [], "missing": "none"}],
        [{"kind": "category", "name": "x", "levels": [], "rare": [], "missing": "perhaps"}],
        [{}],
        [3],
        3,
    ],
)
def test_what_is_no_preparation_is_an_error_of_three_kinds(broken):
    with pytest.raises((ValueError, KeyError, TypeError)):
        Preparation.from_json(broken)


def test_two_columns_cannot_give_features_of_one_name():
    with pytest.raises(DataError, match='the feature "age is missing"'):
        Preparation((Number("age", 1.0, indicator=True), Number("age is missing")))

"""Weights: of a row, of a class, and both; a weight is a number of times that a row is there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from problems import overlapping, sklearns, tight
from sklearn.datasets import load_iris
from sklearn.metrics import f1_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_class_weight_balanced_linear_classifier

from softreg import SoftmaxRegression
from softreg.errors import SoftregError

STORED = pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])


@STORED
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("scale", ["none", "standard", "unit"])
def test_a_weight_is_a_number_of_repetitions(make, n_classes: int, scale: str) -> None:
    X, y = overlapping(n_classes)
    times = np.random.default_rng(1).integers(0, 5, len(y))
    times[:n_classes] = 1
    weighted = tight(scale=scale).fit(make(X), y, times)
    repeated = tight(scale=scale).fit(make(np.repeat(X, times, axis=0)), np.repeat(y, times))

    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-6)
    np.testing.assert_allclose(weighted.intercept_, repeated.intercept_, atol=1e-6)
    assert weighted.loss_curve_[-1] == pytest.approx(repeated.loss_curve_[-1], abs=1e-12)


@STORED
@pytest.mark.parametrize("n_classes", [2, 3])
def test_rows_without_weight_say_nothing_whatever_they_say(make, n_classes: int) -> None:
    X, y = overlapping(n_classes)
    order = np.random.default_rng(2).permutation(2 * len(y))
    both, labels = np.vstack([X, 1e6 * X])[order], np.concatenate([y, (y + 1) % n_classes])[order]
    weight = np.repeat([1.0, 0.0], len(y))[order]
    ours, without = tight(scale="standard").fit(make(both), labels, weight), tight(scale="standard").fit(make(X), y)

    np.testing.assert_allclose(ours.decision_function(X), without.decision_function(X), atol=1e-6)


@pytest.mark.parametrize("unit", [1e-290, 1e-3, 7.0, 1e290])
def test_the_unit_of_the_weights_does_not_matter(unit: float) -> None:
    X, y = overlapping(3)
    weight = np.random.default_rng(3).uniform(0.5, 2, len(y))

    np.testing.assert_allclose(
        tight().fit(X, y, unit * weight).coef_, tight().fit(X, y, weight).coef_, rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize(
    "given",
    [list, pd.Series, pl.Series, lambda w: w.astype(np.float32), lambda w: w.astype(int)],
    ids=["list", "pandas", "polars", "float32", "int"],
)
def test_weights_may_come_in_any_form(given) -> None:
    X, y = overlapping(3)
    weight = np.random.default_rng(4).integers(1, 4, len(y)).astype(float)

    np.testing.assert_array_equal(tight().fit(X, y, given(weight)).coef_, tight().fit(X, y, weight).coef_)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda y: np.ones(len(y) - 1), "shape"),
        (lambda y: np.ones((len(y), 1)), "1D"),
        (lambda y: -np.ones(len(y)), "[Nn]egative"),
        (lambda y: np.full(len(y), np.nan), "NaN"),
        (lambda y: np.full(len(y), np.inf), "infinity"),
        (lambda y: np.full(len(y), 1e308), "sum to inf"),
        (lambda y: np.zeros(len(y)), "sum to 0|at least one non-zero"),
    ],
    ids=["short", "2d", "negative", "nan", "inf", "too large", "zero"],
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_weights_that_mean_nothing_are_refused(wrong, told: str, early_stopping: bool) -> None:
    X, y = overlapping(3)
    with pytest.raises(ValueError, match=told):
        SoftmaxRegression(early_stopping=early_stopping).fit(X, y, wrong(y))


@STORED
def test_what_is_given_is_left_alone(make) -> None:
    X, y = overlapping(3)
    weight, Q = np.random.default_rng(5).uniform(0.5, 2, len(y)), np.eye(3)[y]
    kept, weights = make(X.copy()), {0: 2.0, 1: 1.0, 2: 3.0}
    for scale in ("none", "standard", "unit"):
        for given in (weights, "balanced"):
            SoftmaxRegression(scale=scale, class_weight=given).fit(kept, y, weight)
            SoftmaxRegression(scale=scale, class_weight=given).fit_distribution(kept, Q, sample_weight=weight)

    np.testing.assert_array_equal(kept.toarray() if sp.issparse(kept) else kept, X)
    np.testing.assert_array_equal(weight, np.random.default_rng(5).uniform(0.5, 2, len(y)))
    np.testing.assert_array_equal(Q, np.eye(3)[y])
    assert weights == {0: 2.0, 1: 1.0, 2: 3.0}


# Of classes


@STORED
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_class_s_weight_is_that_of_each_of_its_rows(make, n_classes: int) -> None:
    X, y = overlapping(n_classes)
    each = np.array([0.5, 2.0, 3.0])[:n_classes]
    weight = np.random.default_rng(6).uniform(0.5, 2, len(y))
    named = tight(class_weight=dict(enumerate(each.tolist())))
    for row in (None, weight):
        by_hand = each[y] if row is None else each[y] * row
        ours, theirs = named.fit(make(X), y, row), tight().fit(make(X), y, by_hand)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)


@STORED
@pytest.mark.parametrize("soft", [False, True])
def test_balanced_is_the_dict_of_its_own_weights(make, soft: bool) -> None:
    X, y = load_iris(return_X_y=True)
    X, y = StandardScaler().fit_transform(X)[45:], y[45:]
    Q = 0.8 * np.eye(3)[y] + 0.2 / 3
    mass = Q.sum(axis=0) if soft else np.bincount(y)
    by_name = tight(class_weight=dict(enumerate((len(y) / (3 * mass)).tolist())))
    balanced = tight(class_weight="balanced")
    for model in (by_name, balanced):
        model.fit_distribution(make(X), Q) if soft else model.fit(make(X), y)

    np.testing.assert_allclose(balanced.coef_, by_name.coef_, atol=1e-8)


def test_class_weights_of_named_classes_are_scikit_learns() -> None:
    X, y = overlapping(3)
    labels, weights = np.array(["bar", "baz", "foo"])[y], {"bar": 1.0, "baz": 2.0, "foo": 0.25}
    total = np.array([1.0, 2.0, 0.25])[y]
    theirs = sklearns(X, labels, 0.01 * total.sum() / len(y), class_weight=weights)
    ours = tight(class_weight=weights).fit(X, labels)

    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_equal_weights_of_the_classes_are_none() -> None:
    X, y = overlapping(3)
    plain = tight().fit(X, y)
    for weights in ({}, {0: 1.0}, {0: 0.5, 1: 0.5, 2: 0.5}):
        np.testing.assert_allclose(tight(class_weight=weights).fit(X, y).coef_, plain.coef_, atol=1e-8)


@pytest.mark.parametrize("way", ["class", "row"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_less_a_class_weighs_the_fewer_rows_are_given_to_it(way: str, n_classes: int) -> None:
    X, y = overlapping(n_classes)
    given = []
    for weight in (1.0, 0.3, 0.1, 0.001):
        if way == "class":
            model = tight(class_weight={1: weight}).fit(X, y)
        else:
            model = tight().fit(X, y, np.where(y == 1, weight, 1.0))
        given.append((model.predict(X) == 1).sum())

    assert given == sorted(given, reverse=True)
    assert given[0] > given[-1] == 0


def test_balancing_helps_the_rare_class_and_changes_nothing_where_none_is_rare() -> None:
    check_class_weight_balanced_linear_classifier("SoftmaxRegression", SoftmaxRegression())
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    even = [tight(class_weight=given).fit(X, y) for given in (None, "balanced")]
    np.testing.assert_allclose(even[0].coef_, even[1].coef_, atol=1e-6)

    often = np.concatenate([np.arange(150), np.tile(np.flatnonzero(y == 1), 20)])
    plain, balanced = (
        SoftmaxRegression(l2=0.1, class_weight=given).fit(X[often], y[often]) for given in (None, "balanced")
    )
    scores = [f1_score(y, model.predict(X), average="weighted") for model in (plain, balanced)]
    assert scores[0] < scores[1]


@pytest.mark.parametrize(
    "wrong",
    [{5: 1.0}, {0: -1.0}, {0: "much"}, {0: float("nan")}, {0: float("inf")}, [1, 2, 3], np.ones(3), 1.0, "equal"],
    ids=str,
)
def test_class_weights_that_mean_nothing_are_refused_by_name(wrong) -> None:
    X, y = overlapping(3)
    with pytest.raises(SoftregError, match="class_weight"):
        SoftmaxRegression(class_weight=wrong).fit(X, y)
    with pytest.raises(SoftregError, match="class_weight"):
        SoftmaxRegression(class_weight=wrong, optimizer="sgd").partial_fit(X, y, classes=[0, 1, 2])


def test_a_class_that_weighs_nothing_is_refused_by_name() -> None:
    """scikit-learn fits such a class with whatever weights the penalty leaves it; here it must be left out."""
    X, y = overlapping(3)
    with pytest.raises(ValueError, match='"foo" has no training row with weight'):
        SoftmaxRegression(class_weight={"foo": 0}).fit(X, np.array(["bar", "baz", "foo"])[y])

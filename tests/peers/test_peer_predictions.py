"""Labels in, labels out: what an estimator answers, in whatever words the classes have."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from problems import overlapping, tight
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import DataConversionWarning

from softreg import SoftmaxRegression
from softreg.settings import OPTIMIZERS

POINTS = np.array([[-1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize("labels", [[0, 1, 1], [2, 1, 0]], ids=["two classes", "three"])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_three_points_are_learned_by_heart(labels: list[int], intercept: bool, make) -> None:
    model = SoftmaxRegression(l2=0.01, fit_intercept=intercept).fit(make(POINTS), labels)
    proba = model.predict_proba(make(POINTS))

    np.testing.assert_array_equal(model.predict(make(POINTS)), labels)
    np.testing.assert_array_equal(model.classes_[proba.argmax(axis=1)], labels)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_method_tells_irises_apart(optimizer: str) -> None:
    X, y = load_iris(return_X_y=True)
    model = SoftmaxRegression(optimizer=optimizer, scale="standard", max_iter=200, random_state=0).fit(X, y)

    assert model.score(X, y) > 0.93
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize(
    "named",
    [
        lambda y: y - 1,
        lambda y: y * 10**15,
        lambda y: y.astype(float),
        lambda y: y.astype(np.uint8),
        lambda y: np.array(["bar", "baz", "foo"])[y],
        lambda y: np.array(["bar", "baz", "foo"], dtype=object)[y],
        lambda y: [["a longer name", "b", "c"][code] for code in y],
        lambda y: pd.Series(np.array(["bar", "baz", "foo"])[y]).astype("category"),
        lambda y: pd.Series(np.array(["bar", "baz", "foo"])[y], dtype="string"),
        lambda y: pl.Series([["bar", "baz", "foo"][code] for code in y]),
    ],
    ids=["-1", "large", "float", "uint8", "text", "object", "list", "category", "string", "polars"],
)
def test_names_of_the_classes_change_nothing_but_the_answers(n_classes: int, named) -> None:
    X, y = overlapping(n_classes)
    plain, model = tight().fit(X, y), tight().fit(X, named(y))

    np.testing.assert_array_equal(model.coef_, plain.coef_)
    np.testing.assert_array_equal(model.intercept_, plain.intercept_)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(model.classes_, np.unique(np.asarray(named(y))))
    np.testing.assert_array_equal(model.predict(X), model.classes_[plain.predict(X)])


def test_a_column_of_labels_is_taken_with_a_warning_and_two_columns_are_not() -> None:
    X, y = overlapping()
    with pytest.warns(DataConversionWarning, match="column-vector"):
        model = tight().fit(X, y[:, None])
    np.testing.assert_array_equal(model.coef_, tight().fit(X, y).coef_)
    with pytest.raises(ValueError, match="1d array"):
        tight().fit(X, np.column_stack([y, y]))


def test_one_class_is_refused_by_its_name_in_every_way_to_fit() -> None:
    X, _ = overlapping()
    for labels, told in ((np.zeros(len(X)), r"\(0\.0\)"), (["only"] * len(X), r"\(only\)")):
        with pytest.raises(ValueError, match=f"one class only {told}"):
            SoftmaxRegression().fit(X, labels)
        with pytest.raises(ValueError, match=f"one class only {told}"):
            SoftmaxRegression(optimizer="sgd").partial_fit(X, labels, classes=labels[:1])


def test_a_class_of_a_single_row_is_learned_and_one_class_for_each_row_too() -> None:
    X, _ = overlapping(n_samples=20)
    alone = tight().fit(X, np.arange(20) == 7)
    each = SoftmaxRegression(l2=1e-4, scale="standard").fit(X, [f"row {row}" for row in range(20)])

    assert alone.predict_proba(X)[:, 1].mean() == pytest.approx(1 / 20)
    assert each.classes_.shape == (20,)
    assert each.coef_.shape == (20, X.shape[1])


# Scores, probabilities, answers


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_probabilities_and_answers_are_in_one_order(n_classes: int, dtype: type) -> None:
    X, y = overlapping(n_classes)
    X = X.astype(dtype)
    model = SoftmaxRegression(l2=0.01).fit(X, y)
    scores, proba = model.decision_function(X), model.predict_proba(X)
    if n_classes == 2:
        np.testing.assert_array_equal(np.argsort(scores, kind="stable"), np.argsort(proba[:, 1], kind="stable"))
        np.testing.assert_array_equal(model.predict(X), model.classes_[(scores > 0).astype(int)])
    else:
        np.testing.assert_array_equal(np.argsort(scores, axis=1), np.argsort(proba, axis=1))
        np.testing.assert_array_equal(model.predict(X), model.classes_[scores.argmax(axis=1)])
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(proba), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_are_the_coefficients_applied(n_classes: int) -> None:
    X, y = overlapping(n_classes)
    model = SoftmaxRegression(l2=0.01, scale="standard").fit(X, y)
    by_hand = X @ model.coef_.T + model.intercept_

    np.testing.assert_allclose(model.decision_function(X), by_hand[:, 0] if n_classes == 2 else by_hand, atol=1e-12)


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 3e38), (np.float32, 1e30), (np.float64, 1e300)])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_rows_beyond_all_measure_still_get_a_distribution(dtype: type, far: float, n_classes: int) -> None:
    X, y = overlapping(n_classes)
    model = SoftmaxRegression(l2=1e-3).fit(X.astype(dtype), y)
    rows = np.clip(X[:5], -1, 1).astype(dtype) * dtype(far)
    proba, log_proba = model.predict_proba(rows), model.predict_log_proba(rows)

    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    assert np.isfinite(log_proba).all()
    assert np.isfinite(model.decision_function(rows)).all()
    assert set(model.predict(rows)) <= set(y)
    assert proba.dtype == log_proba.dtype == dtype


# What is written into the coefficients


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_written_into_the_coefficients_counts(n_classes: int, dtype: type) -> None:
    X, y = overlapping(n_classes)
    X = X.astype(dtype)
    model = SoftmaxRegression(l2=0.01).fit(X, y)
    model.coef_[:] = 0
    model.intercept_[:] = 0

    np.testing.assert_array_equal(model.decision_function(X), 0)
    np.testing.assert_allclose(model.predict_proba(X), 1 / n_classes, rtol=1e-6)
    np.testing.assert_array_equal(model.predict(X), model.classes_[0])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_model_can_be_made_of_coefficients_alone(n_classes: int) -> None:
    X, y = overlapping(n_classes)
    learned, made = SoftmaxRegression(l2=0.01).fit(X, y), SoftmaxRegression()
    made.coef_, made.intercept_, made.classes_ = learned.coef_, learned.intercept_, learned.classes_

    np.testing.assert_allclose(made.predict_proba(X), learned.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(made.predict(X), learned.predict(X))
    on = clone(made).set_params(optimizer="sgd", random_state=0)
    on.coef_, on.intercept_, on.classes_ = learned.coef_, learned.intercept_, learned.classes_
    first = on.partial_fit(X, y).loss_curve_[0]
    assert first == pytest.approx(learned.set_params(warm_start=True, l2=on.l2).fit(X, y).loss_curve_[0], rel=1e-10)


def test_copies_answer_the_same_and_a_clone_knows_nothing() -> None:
    X, y = overlapping()
    model = SoftmaxRegression(l2=0.01).fit(X, y)
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert not hasattr(clone(model), "coef_")
    assert clone(model).get_params() == model.get_params()


def test_a_pickle_does_not_grow_with_the_training_rows() -> None:
    X, y = overlapping()
    small = pickle.dumps(SoftmaxRegression(l2=0.01, max_iter=5, tol=1e-2).fit(X, y))
    large = pickle.dumps(SoftmaxRegression(l2=0.01, max_iter=5, tol=1e-2).fit(np.tile(X, (50, 1)), np.tile(y, 50)))

    assert len(large) < len(small) + 1000

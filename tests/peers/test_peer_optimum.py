"""The optimum: scikit-learn's and scipy's, and what must hold of it whoever finds it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from problems import overlapping, sklearns, tight
from scipy import optimize
from scipy.special import logsumexp
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from softreg import SoftmaxRegression
from softreg.objective import sklearn_c
from softreg.settings import OPTIMIZERS

TIGHT = {"optimizer": "nesterov", "momentum": 0.97, "tol": 1e-8, "max_iter": 100_000}
LOAD = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "digits": datasets.load_digits,
    "breast_cancer": datasets.load_breast_cancer,
}


def objective_of(model: LogisticRegression, X, y, l2: float, sample_weight=None) -> float:
    """J at scikit-learn's solution; for two classes its one vector w is W = (-w/2, w/2)."""
    W = model.coef_ if len(model.coef_) > 1 else np.vstack([-model.coef_, model.coef_]) / 2
    loss = log_loss(y, model.predict_proba(X), sample_weight=sample_weight, labels=model.classes_)
    return loss + 0.5 * l2 * (W**2).sum()


def assert_same(ours: SoftmaxRegression, theirs: LogisticRegression, X, Z, y, l2: float, weight=None) -> None:
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(Z), atol=1e-6)
    assert ours.loss_curve_[-1] == pytest.approx(objective_of(theirs, Z, y, l2, weight), abs=1e-9)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(Z))
    assert ours.decision_function(X).shape == theirs.decision_function(Z).shape


@pytest.mark.parametrize("name", LOAD)
@pytest.mark.parametrize("weighted", [False, True])
def test_bundled_data_standardised_inside_and_outside(name: str, weighted: bool) -> None:
    X, y = LOAD[name](return_X_y=True)
    l2 = 0.1
    weight = np.random.default_rng(0).uniform(0.2, 3, len(y)) if weighted else None
    ours = SoftmaxRegression(l2=l2, scale="standard", **TIGHT).fit(X, y, weight)
    Z = StandardScaler().fit_transform(X, sample_weight=weight)

    assert_same(ours, sklearns(Z, y, l2, weight), X, Z, y, l2, weight)


@pytest.mark.parametrize("name", ["iris", "digits"])
def test_raw_features(name: str) -> None:
    X, y = LOAD[name](return_X_y=True)
    X, l2 = X / X.max(), 0.1
    ours, theirs = SoftmaxRegression(l2=l2, **TIGHT).fit(X, y), sklearns(X, y, l2)

    assert_same(ours, theirs, X, X, y, l2)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("sparse", [True, False])
def test_coefficients_by_number_of_classes_intercept_and_storage(n_classes: int, intercept: bool, sparse: bool) -> None:
    rng = np.random.default_rng(1)
    X = np.where(rng.random((150, 8)) < 0.4, rng.standard_normal((150, 8)), 0)
    y = (X[:, :n_classes] + rng.standard_normal((150, n_classes))).argmax(axis=1)
    weight, l2 = rng.integers(1, 4, 150).astype(float), 0.02
    A = sp.csr_array(X) if sparse else X
    ours = SoftmaxRegression(l2=l2, fit_intercept=intercept, **TIGHT).fit(A, y, weight)
    theirs = sklearns(X, y, l2, weight, fit_intercept=intercept)

    assert_same(ours, theirs, A, X, y, l2, weight)
    assert ours.coef_.shape == theirs.coef_.shape
    assert ours.intercept_.shape == theirs.intercept_.shape
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    # softmax leaves a common shift of all intercepts open
    np.testing.assert_allclose(
        ours.intercept_ - ours.intercept_.mean() * (n_classes > 2),
        theirs.intercept_ - theirs.intercept_.mean() * (n_classes > 2),
        atol=1e-6,
    )


def test_without_penalty() -> None:
    rng = np.random.default_rng(2)
    X = rng.standard_normal((300, 3))
    y = (X + 2 * rng.standard_normal((300, 3))).argmax(axis=1)
    ours = SoftmaxRegression(l2=0.0, **TIGHT).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some versions warn about C=inf
        theirs = sklearns(X, y, 0.0)

    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)


def test_class_weights() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    X, y, l2 = StandardScaler().fit_transform(X[:120]), y[:120], 0.02
    for class_weight in ("balanced", {0: 1.0, 1: 2.0, 2: 0.5}):
        counts = np.bincount(y)
        each = 120 / (3 * counts) if class_weight == "balanced" else np.array([1.0, 2.0, 0.5])
        C = sklearn_c(l2, 3, each[y].sum())
        theirs = LogisticRegression(C=C, class_weight=class_weight, tol=1e-10, max_iter=20_000, solver="newton-cg")
        ours = SoftmaxRegression(l2=l2, class_weight=class_weight, **TIGHT).fit(X, y)
        np.testing.assert_allclose(ours.predict_proba(X), theirs.fit(X, y).predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov"])
def test_every_full_batch_method_ends_at_the_same_optimum(optimizer: str) -> None:
    X, y = datasets.load_wine(return_X_y=True)
    Z, l2 = StandardScaler().fit_transform(X), 0.1
    ours = SoftmaxRegression(optimizer=optimizer, l2=l2, tol=1e-8, max_iter=100_000).fit(Z, y)

    assert_same(ours, sklearns(Z, y, l2), Z, Z, y, l2)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_mini_batch_methods_come_near_it(optimizer: str) -> None:
    X, y = datasets.load_wine(return_X_y=True)
    Z, l2 = StandardScaler().fit_transform(X), 0.1
    ours = SoftmaxRegression(optimizer=optimizer, schedule="cosine", l2=l2, tol=0, max_iter=200, random_state=0)

    np.testing.assert_allclose(ours.fit(Z, y).predict_proba(Z), sklearns(Z, y, l2).predict_proba(Z), atol=0.05)


# Against scipy, which knows the formula alone


def formula(theta: np.ndarray, X: np.ndarray, y: np.ndarray, weight: np.ndarray, l2: float, intercept: bool) -> float:
    """J, written down once more."""
    theta = theta.reshape(X.shape[1] + intercept, -1)
    W, b = (theta[:-1], theta[-1]) if intercept else (theta, 0.0)
    logits = X @ W + b
    losses = logsumexp(logits, axis=1) - logits[np.arange(len(y)), y]
    return float(weight @ losses / weight.sum() + l2 / 2 * (W**2).sum())


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("l2", [0.1, 0.003])
def test_scipys_minimiser_of_the_formula_finds_the_same_model(n_classes: int, intercept: bool, l2: float) -> None:
    X, y = overlapping(n_classes, n_samples=60, n_features=2)
    weight = np.random.default_rng(1).uniform(0.5, 2, len(y))
    start = np.zeros((2 + intercept) * n_classes)
    found = optimize.minimize(
        formula, start, (X, y, weight, l2, intercept), "BFGS", options={"gtol": 1e-7, "maxiter": 5000}
    )
    ours = tight(l2=l2, fit_intercept=intercept).fit(X, y, weight)
    W = found.x.reshape(2 + intercept, n_classes)
    coef = W[:2].T if n_classes > 2 else (W[:2, 1:] - W[:2, :1]).T

    assert ours.loss_curve_[-1] == pytest.approx(found.fun, abs=1e-10)
    np.testing.assert_allclose(ours.coef_, coef, atol=2e-4)
    logits = X @ W[:2] + (W[2] if intercept else 0.0)
    np.testing.assert_allclose(ours.predict_log_proba(X), logits - logsumexp(logits, axis=1, keepdims=True), atol=2e-4)


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name not in {"sgd", "adam"}])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("intercept", [True, False])
def test_methods_agree_with_each_other(optimizer: str, n_classes: int, intercept: bool) -> None:
    X, y = overlapping(n_classes)
    parameters = {"l2": 0.1, "fit_intercept": intercept}
    reference = tight(**parameters).fit(X, y)
    tol = 1e-14 if optimizer in {"auto", "cg"} else 1e-9
    ours = SoftmaxRegression(optimizer=optimizer, tol=tol, max_iter=50_000, **parameters).fit(X, y)

    np.testing.assert_allclose(ours.coef_, reference.coef_, atol=1e-7)
    np.testing.assert_allclose(ours.intercept_, reference.intercept_, atol=1e-7)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("l2", [0.1, 1.0, 10.0])
def test_liblinear_which_penalises_an_intercept_agrees_where_there_is_none(make, l2: float) -> None:
    X, y = overlapping(2)
    theirs = sklearns(make(X), y, l2, solver="liblinear", fit_intercept=False, random_state=0)
    ours = tight(l2=l2, fit_intercept=False).fit(make(X), y)

    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)


# What must hold of an optimum


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("scale", ["none", "standard", "unit"])
@pytest.mark.parametrize("l2", [0.1, 1e-4, 0.0])
def test_coefficients_sum_to_zero_over_the_classes(intercept: bool, scale: str, l2: float) -> None:
    X, y = overlapping(4)
    model = SoftmaxRegression(l2=l2, scale=scale, fit_intercept=intercept).fit(X, y)

    np.testing.assert_allclose(model.coef_.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(model.intercept_.sum(), 0, atol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weighted", [True, False])
def test_the_mean_probability_of_a_class_is_its_share_of_the_training_rows(n_classes: int, weighted: bool) -> None:
    X, y = overlapping(n_classes)
    weight = np.random.default_rng(2).uniform(1, 10, len(y)) if weighted else np.ones(len(y))
    proba = tight(l2=0.5).fit(X, y, weight).predict_proba(X)

    np.testing.assert_allclose(weight @ proba, np.bincount(y, weight), rtol=1e-6)


def test_the_gradient_in_the_weights_is_the_penalty_s_pull() -> None:
    """Where J is least, the mean of x (q - p) is l2 W: the condition that every solver must meet."""
    X, y = overlapping(3)
    model = tight(l2=0.05).fit(X, y)

    np.testing.assert_allclose((np.eye(3)[y] - model.predict_proba(X)).T @ X / len(y), 0.05 * model.coef_, atol=1e-7)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_less_penalty_gives_larger_weights_and_a_lower_cross_entropy(n_classes: int) -> None:
    X, y = overlapping(n_classes)
    models = [tight(l2=l2).fit(X, y) for l2 in np.logspace(2, -4, 7)]
    sizes = [np.linalg.norm(model.coef_) for model in models]
    losses = [log_loss(y, model.predict_proba(X)) for model in models]

    assert (np.diff(sizes) > 0).all()
    assert (np.diff(losses) < 0).all()


def test_a_penalty_beyond_all_measure_leaves_the_class_shares() -> None:
    X, y = overlapping(3)
    for l2 in (1e8, 1e300):
        model = SoftmaxRegression(l2=l2, tol=1e-12).fit(X, y)
        np.testing.assert_allclose(model.coef_, 0, atol=1e-7)
        np.testing.assert_allclose(model.predict_proba(X[:1])[0], np.bincount(y) / len(y), rtol=1e-5)


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov", "sgd"])
def test_a_penalty_of_a_hundred_thousand_is_no_trouble_to_any_descent(optimizer: str) -> None:
    X, y = datasets.load_iris(return_X_y=True)
    model = SoftmaxRegression(optimizer=optimizer, l2=1e5, random_state=0).fit(X, y)

    np.testing.assert_allclose(model.coef_, 0, atol=1e-4)


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_all_classes_at_once_fit_better_than_one_against_the_rest(name: str) -> None:
    X, y = LOAD[name](return_X_y=True)
    X, l2 = StandardScaler().fit_transform(X), 1e-3
    together = tight(l2=l2).fit(X, y)
    apart = OneVsRestClassifier(tight(l2=l2)).fit(X, y)

    assert log_loss(y, together.predict_proba(X)) < log_loss(y, apart.predict_proba(X))


# Features of every shape


def test_one_feature_is_enough() -> None:
    X, y = overlapping(3, n_features=1)
    ours, theirs = tight().fit(X, y), sklearns(X, y, 0.01)

    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0, -40.0, 1e8])
def test_a_constant_feature_changes_nothing(value: float) -> None:
    X, y = overlapping(3)
    ours, more = tight().fit(X, y), tight().fit(np.column_stack([X, np.full(len(y), value)]), y)

    np.testing.assert_allclose(
        more.predict_proba(np.column_stack([X, np.full(len(y), value)])), ours.predict_proba(X), atol=1e-6
    )
    if abs(value) < 1e3:
        np.testing.assert_allclose(more.coef_[:, :-1], ours.coef_, atol=1e-6)
        np.testing.assert_allclose(more.coef_[:, -1], 0, atol=1e-6)


def test_a_feature_that_comes_twice_shares_its_weight_out_evenly() -> None:
    """Two columns x and x are as good as one column x sqrt(2): the penalty prefers equal halves."""
    X, y = overlapping(3)
    twice = tight().fit(np.column_stack([X, X[:, 0]]), y)
    scaled = tight().fit(np.column_stack([X[:, 0] * np.sqrt(2), X[:, 1:]]), y)

    np.testing.assert_allclose(twice.coef_[:, -1], twice.coef_[:, 0], atol=1e-7)
    np.testing.assert_allclose(twice.coef_[:, 0] * np.sqrt(2), scaled.coef_[:, 0], atol=1e-6)
    np.testing.assert_allclose(twice.coef_[:, 1:-1], scaled.coef_[:, 1:], atol=1e-6)


@pytest.mark.parametrize("l2", [1e-3, 1e-31])
def test_more_features_than_rows_are_separated_without_a_warning(l2: float) -> None:
    X, y = overlapping(2, n_samples=10, n_features=20)
    model = SoftmaxRegression(l2=l2).fit(X, y)

    assert model.score(X, y) == 1
    assert np.isfinite(model.coef_).all()


@pytest.mark.parametrize("intercept", [True, False])
def test_classes_apart_and_no_penalty_end_with_finite_weights_and_without_a_warning(intercept: bool) -> None:
    X, y = datasets.load_iris(return_X_y=True)
    model = SoftmaxRegression(l2=0.0, fit_intercept=intercept).fit(X, y == 0)

    assert model.score(X, y == 0) == 1
    assert np.isfinite(model.coef_).all()


def test_without_penalty_coefficients_are_scikit_learns_too() -> None:
    X, y = overlapping(3, n_samples=300)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some versions warn about C=inf
        theirs = sklearns(X, y, 0.0)

    np.testing.assert_allclose(tight(l2=0.0).fit(X, y).coef_, theirs.coef_, atol=1e-5)


@pytest.mark.parametrize("rare", [1, 5])
def test_a_class_of_one_row_in_thousands_keeps_its_share(rare: int) -> None:
    X, _ = overlapping(2, n_samples=5000)
    y = np.arange(5000) < rare
    ours, theirs = tight(l2=1e-3).fit(X, y), sklearns(X, y, 1e-3)

    # J is curved by l2 at least, so what is within 1e-14 of the least J is within sqrt(2e-14 J / l2) of its weights
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=2 * np.sqrt(2e-14 / 1e-3))
    assert ours.predict_proba(X)[:, 1].mean() == pytest.approx(rare / 5000, rel=1e-4)


# What a change of the data does to the model


def test_a_shift_of_the_features_moves_into_the_intercept() -> None:
    X, y = overlapping(3)
    shift = np.array([5.0, -3.0, 100.0, 0.5])
    ours, shifted = tight().fit(X, y), tight().fit(X + shift, y)

    np.testing.assert_allclose(shifted.coef_, ours.coef_, atol=1e-6)
    np.testing.assert_allclose(shifted.intercept_, ours.intercept_ - ours.coef_ @ shift, atol=1e-4)


def test_a_rotation_of_the_features_rotates_the_weights() -> None:
    X, y = overlapping(3)
    Q, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((4, 4)))

    np.testing.assert_allclose(tight().fit(X @ Q, y).coef_, tight().fit(X, y).coef_ @ Q, atol=1e-6)


def test_without_penalty_or_scaled_inside_the_unit_of_a_feature_does_not_matter() -> None:
    X, y = overlapping(3, n_samples=300)
    unit = np.array([1e-3, 1.0, 1e4, 7.0])
    for parameters in ({"l2": 0.0}, {"scale": "standard"}, {"scale": "unit"}):
        ours, other = tight(**parameters).fit(X, y), tight(**parameters).fit(X * unit, y)
        np.testing.assert_allclose(other.coef_ * unit, ours.coef_, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_classes_in_another_order_are_the_same_classes(n_classes: int) -> None:
    X, y = overlapping(n_classes)
    order = np.random.default_rng(4).permutation(n_classes)
    ours, other = tight().fit(X, y), tight().fit(X, order[y])

    np.testing.assert_allclose(other.predict_proba(X)[:, order], ours.predict_proba(X), atol=1e-7)


def test_rows_and_columns_in_another_order_are_the_same_problem() -> None:
    X, y = overlapping(3)
    rng = np.random.default_rng(5)
    rows, columns = rng.permutation(len(y)), rng.permutation(4)

    np.testing.assert_allclose(
        tight().fit(X[rows][:, columns], y[rows]).coef_, tight().fit(X, y).coef_[:, columns], atol=1e-6
    )

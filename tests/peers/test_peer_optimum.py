"""The same objective and the same probabilities as scikit-learn's LogisticRegression, at tight tolerance."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from softreg import SoftmaxRegression
from softreg.objective import sklearn_c

TIGHT = {"optimizer": "nesterov", "momentum": 0.97, "tol": 1e-8, "max_iter": 100_000}
LOAD = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "digits": datasets.load_digits,
    "breast_cancer": datasets.load_breast_cancer,
}


def theirs_on(X, y, l2: float, sample_weight=None, *, intercept: bool = True, n_classes: int | None = None):
    S = len(y) if sample_weight is None else sample_weight.sum()
    C = sklearn_c(l2, n_classes or len(np.unique(y)), S)
    model = LogisticRegression(C=C, fit_intercept=intercept, tol=1e-10, max_iter=20_000, solver="newton-cg")
    return model.fit(X, y, sample_weight=sample_weight)


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

    assert_same(ours, theirs_on(Z, y, l2, weight), X, Z, y, l2, weight)


@pytest.mark.parametrize("name", ["iris", "digits"])
def test_raw_features(name: str) -> None:
    X, y = LOAD[name](return_X_y=True)
    X, l2 = X / X.max(), 0.1
    ours, theirs = SoftmaxRegression(l2=l2, **TIGHT).fit(X, y), theirs_on(X, y, l2)

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
    theirs = theirs_on(X, y, l2, weight, intercept=intercept)

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
        theirs = theirs_on(X, y, 0.0)

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

    assert_same(ours, theirs_on(Z, y, l2), Z, Z, y, l2)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_mini_batch_methods_come_near_it(optimizer: str) -> None:
    X, y = datasets.load_wine(return_X_y=True)
    Z, l2 = StandardScaler().fit_transform(X), 0.1
    ours = SoftmaxRegression(optimizer=optimizer, schedule="cosine", l2=l2, tol=0, max_iter=200, random_state=0)

    np.testing.assert_allclose(ours.fit(Z, y).predict_proba(Z), theirs_on(Z, y, l2).predict_proba(Z), atol=0.05)

"""The objective: its value, its parts and its conventions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, log_loss

from softreg.design import DesignMatrix, Scaling
from softreg.functional import softmax
from softreg.objective import Line, Objective, sklearn_c


def problem(n_samples: int = 40, n_features: int = 3, n_classes: int = 4, seed: int = 0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_samples, n_features)), rng.integers(n_classes, size=n_samples)


def build(X, targets, weight=None, *, n_classes: int = 4, l2: float = 0.0, kind: str = "none") -> Objective:
    return Objective(DesignMatrix(X, Scaling.of(X, kind, weight)), targets, weight, n_classes=n_classes, l2=l2)


def some_theta(J: Objective, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(J.shape)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["none", "standard", "unit"])
def test_objective_at_zero_is_the_logarithm_of_the_number_of_classes(n_classes: int, dtype: type, kind: str) -> None:
    X, _ = problem()
    J = build(X.astype(dtype), np.arange(40) % n_classes, n_classes=n_classes, l2=0.7, kind=kind)

    assert J.evaluate(np.zeros(J.shape)).objective == pytest.approx(np.log(n_classes), rel=1e-7)


def test_cross_entropy_and_accuracy_are_scikit_learns() -> None:
    X, y = problem(200)
    weight = np.random.default_rng(2).uniform(0, 3, 200) + 0.01
    J = build(X, y, weight, l2=0.1)
    theta = some_theta(J)
    proba = softmax(X @ theta[:-1] + theta[-1])
    found = J.evaluate(theta)

    assert found.cross_entropy == pytest.approx(log_loss(y, proba, sample_weight=weight, labels=range(4)), rel=1e-12)
    assert found.accuracy == pytest.approx(accuracy_score(y, proba.argmax(axis=1), sample_weight=weight), rel=1e-12)
    assert found.objective - found.cross_entropy == pytest.approx(0.05 * (theta[:-1] ** 2).sum(), rel=1e-12)


def test_measure_is_evaluate_without_the_gradient() -> None:
    X, y = problem()
    for weight in (None, np.linspace(0.5, 2, 40)):
        J = build(X, y, weight, l2=0.1, kind="standard")
        theta = some_theta(J)
        found = J.evaluate(theta)
        assert J.measure(theta) == pytest.approx((found.cross_entropy, found.accuracy), rel=1e-13)


def test_accuracy_of_soft_labels_is_the_truths_share_of_the_predicted_class() -> None:
    X, y = problem()
    Q = np.random.default_rng(3).dirichlet(np.ones(4), 40)
    J = build(X, Q)
    theta = some_theta(J)
    predicted = (X @ theta[:-1] + theta[-1]).argmax(axis=1)

    assert J.evaluate(theta).accuracy == pytest.approx(Q[range(40), predicted].mean(), rel=1e-13)
    assert build(X, np.eye(4)[y]).evaluate(theta).accuracy == pytest.approx(build(X, y).evaluate(theta).accuracy)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100), st.floats(1e-6, 1e6))
def test_the_unit_of_the_weights_does_not_matter(seed: int, unit: float) -> None:
    X, y = problem(seed=seed)
    weight = np.random.default_rng(seed).uniform(0.1, 2, 40)
    ours, theirs = build(X, y, weight * unit, l2=0.1), build(X, y, weight, l2=0.1)
    theta = some_theta(ours)

    assert ours.evaluate(theta).objective == pytest.approx(theirs.evaluate(theta).objective, rel=1e-12)
    np.testing.assert_allclose(ours.evaluate(theta).gradient, theirs.evaluate(theta).gradient, rtol=1e-9, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100))
def test_integer_weights_are_repeated_rows(seed: int) -> None:
    X, y = problem(seed=seed)
    times = np.random.default_rng(seed).integers(1, 5, 40)
    again = np.repeat(np.arange(40), times)
    ours, theirs = build(X, y, times, l2=0.1, kind="standard"), build(X[again], y[again], l2=0.1, kind="standard")
    theta = some_theta(ours)

    assert ours.evaluate(theta).objective == pytest.approx(theirs.evaluate(theta).objective, rel=1e-12)
    np.testing.assert_allclose(ours.evaluate(theta).gradient, theirs.evaluate(theta).gradient, rtol=1e-9, atol=1e-12)


def test_hard_labels_with_their_class_shares_are_soft_labels() -> None:
    # a row of truth (0.3, 0.7) is a row of each class, weighted 0.3 and 0.7
    X, _ = problem(n_classes=2)
    share = np.random.default_rng(4).uniform(0.05, 0.95, 40)
    soft = build(X, np.column_stack([1 - share, share]), n_classes=2)
    hard = build(np.vstack([X, X]), np.repeat([0, 1], 40), np.concatenate([1 - share, share]), n_classes=2)
    theta = some_theta(soft)

    assert soft.evaluate(theta).objective == pytest.approx(hard.evaluate(theta).objective, rel=1e-12)
    np.testing.assert_allclose(soft.evaluate(theta).gradient, hard.evaluate(theta).gradient, rtol=1e-10, atol=1e-13)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1))
def test_objective_is_convex(seed: int, share: float) -> None:
    J = build(*problem(seed=seed), l2=0.01)
    a, b = 3 * some_theta(J, seed), 3 * some_theta(J, seed + 1)
    between = J.evaluate(share * a + (1 - share) * b).objective

    assert between <= share * J.evaluate(a).objective + (1 - share) * J.evaluate(b).objective + 1e-12


def test_sparse_and_dense_agree() -> None:
    X, y = problem(n_features=8)
    X = np.where(X > 0.5, X, 0)
    dense, sparse = build(X, y, l2=0.1), build(sp.csr_array(X), y, l2=0.1)
    matrix = build(sp.csr_matrix(X), y, l2=0.1)
    theta = some_theta(dense)

    for other in (sparse, matrix):
        assert other.evaluate(theta).objective == pytest.approx(dense.evaluate(theta).objective, rel=1e-13)
        np.testing.assert_allclose(other.evaluate(theta).gradient, dense.evaluate(theta).gradient, atol=1e-14)


@pytest.mark.parametrize("size", [1e4, 1e8])
def test_huge_logits_in_float32_give_a_finite_objective(size: float) -> None:
    X = np.array([[1.0], [-1.0], [1e-6]], np.float32)
    J = build(X, np.array([0, 0, 1]), n_classes=2)
    found = J.evaluate(np.array([[size, -size], [0.0, 0.0]]))

    assert np.isfinite(found.objective)
    assert np.isfinite(found.gradient).all()
    assert found.objective == pytest.approx(2 * size / 3, rel=1e-3)


def test_many_float32_losses_are_summed_in_float64() -> None:
    X = np.ones((200_000, 1), np.float32)
    J = build(X, np.zeros(200_000, int), n_classes=2)
    theta = np.array([[0.1, 0.0], [0.0, 0.0]])

    assert J.evaluate(theta).objective == pytest.approx(np.log1p(np.exp(-0.1)), rel=2e-7)
    assert J.evaluate(theta).gradient[1, 1] == pytest.approx(1 / (1 + np.exp(0.1)), rel=2e-7)


@pytest.mark.parametrize("soft", [False, True])
def test_a_row_repeated_in_float32_is_that_row_to_the_bit(soft: bool) -> None:
    # sums in float64 of equal float32 numbers are exact, and those in float32 are not
    row, Q = np.array([[0.1, 0.7]], np.float32), np.array([[0.3, 0.2, 0.5]], np.float32)
    truth = Q if soft else np.array([2])
    one, many = (build(np.repeat(row, n, 0), np.repeat(truth, n, 0), n_classes=3) for n in (1, 100_003))
    theta = some_theta(one)
    alone, together = one.evaluate(theta), many.evaluate(theta)
    lines = [Line(J, J.design.forward(theta), theta, -alone.gradient) for J in (one, many)]

    assert together.objective == alone.objective
    assert together.accuracy == alone.accuracy
    assert lines[1].slopes(0.5) == lines[0].slopes(0.5)


def test_soft_labels_are_kept_in_the_precision_of_x_and_only_copied_for_it() -> None:
    X, _ = problem()
    Q = np.random.default_rng(3).dirichlet(np.ones(4), 40)

    assert build(X.astype(np.float32), Q).targets.dtype == np.float32
    assert build(X, Q).targets is Q


@pytest.mark.parametrize("weight", [1, 0.25, 7])
def test_equal_weights_are_no_weights(weight: float) -> None:
    X, y = problem()

    assert not build(X, y, np.full(40, weight)).weighted
    assert build(X, y, np.r_[np.full(39, weight), 2 * weight]).weighted


def test_a_tie_counts_for_the_first_class() -> None:
    X, y = problem()
    J = build(X, y)

    assert J.evaluate(np.zeros(J.shape)).accuracy == np.mean(y == 0)


@pytest.mark.parametrize("soft", [False, True])
def test_target_mass_is_the_weight_of_each_class(soft: bool) -> None:
    X, y = problem()
    y = y % 3  # of the last class there is none
    Q = np.random.default_rng(3).dirichlet(np.ones(4), 40) if soft else np.eye(4)[y]
    weight = np.random.default_rng(2).uniform(0.1, 3, 40)
    J = build(X, Q if soft else y, weight)

    for rows in (slice(0, 40), slice(5, 17)):
        np.testing.assert_allclose(J.target_mass(rows), (40 * weight / weight.sum())[rows] @ Q[rows], rtol=1e-13)


def test_x_and_theta_are_left_alone() -> None:
    X, y = problem()
    J = build(X, y, l2=0.1, kind="standard")
    theta = some_theta(J)
    before = X.copy(), theta.copy()
    J.evaluate(theta)
    J.evaluate(theta, np.array([3, 1]))
    J.measure(theta)

    np.testing.assert_array_equal(X, before[0])
    np.testing.assert_array_equal(theta, before[1])


def test_c_of_scikit_learn_by_number_of_classes() -> None:
    assert sklearn_c(0.01, n_classes=5, total_weight=50) == pytest.approx(2)
    assert sklearn_c(0.01, n_classes=2, total_weight=50) == pytest.approx(4)
    assert sklearn_c(0.0, n_classes=3, total_weight=50) == np.inf

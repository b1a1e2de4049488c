"""The centre: softmax, cross-entropy and the residual, as properties, against SciPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss

from softreg.functional import (
    cross_entropy,
    cross_entropy_and_residual,
    log_softmax,
    plain_cross_entropy,
    plain_normalization,
    plain_residual,
    residual,
    softmax,
)

SHAPES = st.tuples(st.integers(1, 6), st.integers(2, 7))
LOGITS = arrays(np.float64, SHAPES, elements=st.floats(-300, 300))
POSITIVE = arrays(np.float64, SHAPES, elements=st.floats(1e-3, 1e3))


def hard(logits: np.ndarray) -> np.ndarray:
    """A class for every row, none of them favoured."""
    return np.arange(len(logits)) % logits.shape[1]


def soft(n_samples: int, n_classes: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), n_samples)


def central_difference(loss, logits: np.ndarray, size: float = 1e-5) -> np.ndarray:
    """The gradient of the summed loss, one coordinate at a time."""
    gradient = np.empty_like(logits)
    for at in np.ndindex(logits.shape):
        move = np.zeros_like(logits)
        move[at] = size
        gradient[at] = (loss(logits + move).sum() - loss(logits - move).sum()) / (2 * size)
    return gradient


@settings(max_examples=25, deadline=None)
@given(LOGITS, st.floats(-1e3, 1e3))
def test_shift_of_logits_leaves_softmax_unchanged(logits: np.ndarray, shift: float) -> None:
    np.testing.assert_allclose(softmax(logits + shift), softmax(logits), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(log_softmax(logits + shift), log_softmax(logits), rtol=1e-9, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(LOGITS)
def test_softmax_rows_are_distributions(logits: np.ndarray) -> None:
    proba = softmax(logits)

    assert (proba >= 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-14)


@settings(max_examples=25, deadline=None)
@given(LOGITS)
def test_softmax_keeps_the_order_of_the_logits(logits: np.ndarray) -> None:
    order = logits.argsort(axis=1, kind="stable")

    assert (np.diff(np.take_along_axis(softmax(logits), order, axis=1), axis=1) >= 0).all()


@settings(max_examples=25, deadline=None)
@given(LOGITS)
def test_log_softmax_is_the_logarithm_that_scipy_finds(logits: np.ndarray) -> None:
    np.testing.assert_allclose(log_softmax(logits), scipy.special.log_softmax(logits, axis=1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(softmax(logits), scipy.special.softmax(logits, axis=1), rtol=1e-12, atol=1e-300)


@settings(max_examples=25, deadline=None)
@given(LOGITS)
def test_exponential_of_log_softmax_is_softmax(logits: np.ndarray) -> None:
    np.testing.assert_allclose(np.exp(log_softmax(logits)), softmax(logits), rtol=1e-11, atol=1e-300)


@settings(max_examples=25, deadline=None)
@given(LOGITS)
def test_two_functions_and_their_joint_form_agree(logits: np.ndarray) -> None:
    for targets in (hard(logits), soft(*logits.shape)):
        loss, gradient = cross_entropy_and_residual(logits, targets)
        assert loss.shape == (len(logits),)
        np.testing.assert_allclose(loss, cross_entropy(logits, targets), rtol=1e-11, atol=1e-11)
        np.testing.assert_array_equal(gradient, residual(logits, targets))


@settings(max_examples=25, deadline=None)
@given(LOGITS)
def test_residual_is_probability_less_truth_and_its_rows_sum_to_zero(logits: np.ndarray) -> None:
    for targets, truth in ((hard(logits), np.eye(logits.shape[1])[hard(logits)]), 2 * (soft(*logits.shape),)):
        found = residual(logits, targets)
        np.testing.assert_allclose(found, scipy.special.softmax(logits, axis=1) - truth, atol=1e-12)
        np.testing.assert_allclose(found.sum(axis=1), 0, atol=1e-14)


@settings(max_examples=25, deadline=None)
@given(LOGITS)
def test_soft_labels_that_are_one_hot_are_hard_labels(logits: np.ndarray) -> None:
    one_hot = np.eye(logits.shape[1])[hard(logits)]

    for ours, theirs in zip(
        cross_entropy_and_residual(logits, one_hot), cross_entropy_and_residual(logits, hard(logits)), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(cross_entropy(logits, one_hot), cross_entropy(logits, hard(logits)))


@settings(max_examples=25, deadline=None)
@given(LOGITS)
def test_class_major_arrays_give_the_same_values_transposed(logits: np.ndarray) -> None:
    across = np.ascontiguousarray(logits.T)
    np.testing.assert_allclose(softmax(across, axis=0), softmax(logits).T, rtol=1e-13)
    np.testing.assert_allclose(log_softmax(across, axis=0), log_softmax(logits).T, rtol=1e-13, atol=1e-13)
    for targets in (hard(logits), soft(*logits.shape)):
        loss, gradient = cross_entropy_and_residual(across, targets, axis=0)
        np.testing.assert_allclose(loss, cross_entropy(logits, targets), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(gradient, residual(logits, targets).T, rtol=1e-12, atol=1e-14)
        np.testing.assert_array_equal(gradient, residual(across, targets, axis=0))
        np.testing.assert_allclose(cross_entropy(across, targets, axis=0), loss, rtol=1e-12, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(POSITIVE)
def test_plain_functions_too_take_class_major_arrays(scores: np.ndarray) -> None:
    across = np.ascontiguousarray(scores.T)
    np.testing.assert_allclose(plain_normalization(across, axis=0), plain_normalization(scores).T, rtol=1e-13)
    for targets in (hard(scores), soft(*scores.shape)):
        loss = plain_cross_entropy(across, targets, axis=0)
        np.testing.assert_allclose(loss, plain_cross_entropy(scores, targets), rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(
            plain_residual(across, targets, axis=0), plain_residual(scores, targets).T, rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("n_classes", [2, 3, 10, 1000])
@pytest.mark.parametrize("level", [0.0, -7.0, 1e4])
def test_equal_logits_lose_the_logarithm_of_the_number_of_classes(n_classes: int, level: float) -> None:
    logits = np.full((4, n_classes), level)

    for targets in (hard(logits), soft(4, n_classes)):
        np.testing.assert_allclose(cross_entropy(logits, targets), np.log(n_classes), rtol=1e-13)


def test_mean_of_cross_entropy_is_scikit_learns_log_loss() -> None:
    rng = np.random.default_rng(3)
    logits, codes = 3 * rng.standard_normal((200, 5)), rng.integers(5, size=200)

    assert cross_entropy(logits, codes).mean() == pytest.approx(
        log_loss(codes, scipy.special.softmax(logits, axis=1), labels=range(5)), rel=1e-12
    )


def test_soft_cross_entropy_is_the_expectation_of_hard_ones() -> None:
    logits, Q = np.random.default_rng(4).standard_normal((20, 4)), soft(20, 4)
    each = np.column_stack([cross_entropy(logits, np.full(20, k)) for k in range(4)])

    np.testing.assert_allclose(cross_entropy(logits, Q), (Q * each).sum(axis=1), rtol=1e-12)


def test_cross_entropy_is_least_where_the_model_gives_the_truth() -> None:
    # Gibbs: -E_q[log p] >= -E_q[log q], with equality at p = q alone
    Q = soft(50, 6)
    entropy = -(Q * np.log(Q)).sum(axis=1)

    np.testing.assert_allclose(cross_entropy(np.log(Q), Q), entropy, rtol=1e-12)
    np.testing.assert_allclose(residual(np.log(Q), Q), 0, atol=1e-15)
    assert (cross_entropy(np.random.default_rng(5).standard_normal(Q.shape), Q) > entropy).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_huge_logits_give_finite_losses(dtype: type, size: float) -> None:
    logits = np.array([[size, -size, 0], [-size, size, 0], [-size, -size, -size]], dtype=dtype)

    for k in range(3):
        loss, gradient = cross_entropy_and_residual(logits, np.full(3, k))
        assert loss.dtype == gradient.dtype == dtype
        assert np.isfinite(loss).all()
        assert np.isfinite(gradient).all()
    np.testing.assert_allclose(
        cross_entropy(logits, np.array([1, 1, 1])), np.array([2 * size, 0, np.log(3)]), rtol=1e-6
    )


def test_rows_of_very_different_scale_do_not_disturb_each_other() -> None:
    rows = np.array([[1e4, -1e4, 0.0], [1e-4, -1e-4, 0.0], [-1e4, -1e4 + 1, -1e4], [0.0, 0.0, 0.0]], dtype=np.float32)
    targets = np.array([1, 0, 1, 2])

    together, gradient = cross_entropy_and_residual(rows, targets)
    for row, target, loss, slope in zip(rows, targets, together, gradient, strict=True):
        alone, alone_slope = cross_entropy_and_residual(row[None], target[None])
        np.testing.assert_array_equal(alone, loss)
        np.testing.assert_array_equal(alone_slope[0], slope)
        np.testing.assert_array_equal(softmax(row), softmax(rows)[(rows == row).all(axis=1)][0])
    np.testing.assert_allclose(
        together, -scipy.special.log_softmax(rows.astype(float), axis=1)[range(4), targets], 1e-6
    )


def test_a_loss_near_zero_keeps_its_digits() -> None:
    # p rounds to 1 here; the loss, log(1 + exp(-40)), must not round to 0
    assert cross_entropy(np.array([[0.0, -40.0]]), np.array([1]))[0] == pytest.approx(40)
    assert log_softmax(np.array([0.0, -30.0]))[0] == pytest.approx(-np.exp(-30.0), rel=1e-2)


def test_inputs_are_left_alone() -> None:
    logits, Q = np.random.default_rng(6).standard_normal((5, 3)), soft(5, 3)
    before, truth = logits.copy(), Q.copy()
    for function in (cross_entropy, residual, cross_entropy_and_residual, plain_cross_entropy, plain_residual):
        function(abs(logits), Q)
        function(logits if "plain" not in function.__name__ else abs(logits), hard(logits))
    softmax(logits)
    log_softmax(logits)

    np.testing.assert_array_equal(logits, before)
    np.testing.assert_array_equal(Q, truth)


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_residual_is_the_finite_difference_of_cross_entropy(kind: str) -> None:
    logits = np.random.default_rng(7).standard_normal((6, 4))
    targets = hard(logits) if kind == "hard" else soft(6, 4)

    found = central_difference(lambda z: cross_entropy(z, targets), logits)
    np.testing.assert_allclose(residual(logits, targets), found, atol=1e-9)


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_plain_residual_is_the_finite_difference_of_plain_cross_entropy(kind: str) -> None:
    scores = np.random.default_rng(8).uniform(0.5, 3, (6, 4))
    targets = hard(scores) if kind == "hard" else soft(6, 4)

    found = central_difference(lambda z: plain_cross_entropy(z, targets), scores)
    np.testing.assert_allclose(plain_residual(scores, targets), found, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(POSITIVE)
def test_plain_residual_is_the_residual_divided_by_the_score(scores: np.ndarray) -> None:
    truth = np.eye(scores.shape[1])[hard(scores)]
    two_terms = 1 / scores.sum(axis=1, keepdims=True) - truth / scores

    # 1/sum z and q/z nearly cancel where one score is nearly all of the sum
    np.testing.assert_allclose(
        plain_residual(scores, hard(scores)), two_terms, rtol=1e-9, atol=1e-12 * abs(two_terms).max()
    )


@settings(max_examples=25, deadline=None)
@given(POSITIVE, st.floats(1e-2, 1e2))
def test_plain_normalization_ignores_scale_where_softmax_ignores_shift(scores: np.ndarray, factor: float) -> None:
    np.testing.assert_allclose(plain_normalization(factor * scores), plain_normalization(scores), rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(POSITIVE)
def test_plain_normalization_of_exponentials_is_softmax(scores: np.ndarray) -> None:
    logits = np.log(scores)
    np.testing.assert_allclose(plain_normalization(scores), softmax(logits), rtol=1e-11)
    np.testing.assert_allclose(
        plain_cross_entropy(scores, hard(scores)), cross_entropy(logits, hard(scores)), rtol=1e-9, atol=1e-11
    )


def test_plain_normalization_fails_where_its_docstring_says_so() -> None:
    with np.errstate(invalid="ignore"):
        assert np.isnan(plain_normalization(np.zeros(3))).all()
    outside = plain_normalization(np.array([1.0, 2.0, -2.0]))
    assert outside.max() > 1
    assert outside.min() < 0
    below = plain_normalization(np.array([-1.0, -3.0]))
    assert below[0] < below[1]  # the higher score gets the smaller share


def test_gradient_of_plain_normalization_explodes_near_zero_and_that_of_softmax_never() -> None:
    for score in (1e-3, 1e-6, 1e-12):
        slope = plain_residual(np.array([[score, 1.0]]), np.array([0]))[0, 0]
        assert -slope == pytest.approx(1 / score, rel=1e-2)
        assert abs(residual(np.array([[score, 1.0]]), np.array([0]))).max() < 1


def test_plain_cross_entropy_is_finite_where_the_share_underflows() -> None:
    loss = plain_cross_entropy(np.array([[1e-300, 1e300]]), np.array([0]))

    assert loss[0] == pytest.approx(600 * np.log(10))

"""Losses, gradients and curvature below the estimator, against formulas in the open and arithmetic of sixty digits."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
import scipy.sparse as sp
from problems import overlapping
from scipy import optimize

from softreg.design import DesignMatrix, Scaling
from softreg.functional import cross_entropy, cross_entropy_and_residual, log_softmax, residual, softmax
from softreg.objective import Line, Objective

STORED = pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
WEIGHTED = pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
SOFT = pytest.mark.parametrize("soft", [False, True], ids=["labels", "distributions"])


def objective(
    X, y: np.ndarray, *, weighted: bool = False, soft: bool = False, intercept: bool = True, l2: float = 0.0
) -> Objective:
    n_classes = int(y.max()) + 1
    targets = 0.7 * np.eye(n_classes)[y] + 0.3 / n_classes if soft else y
    weight = np.linspace(1, len(y), len(y)) if weighted else None
    design = DesignMatrix(X, Scaling.of(X, "none"), intercept)
    return Objective(design, targets, weight, n_classes=n_classes, l2=l2)


def exact(logits: list[float], target: int) -> tuple[float, list[float]]:
    """The loss and the residual of a row, in sixty digits, without a trick."""
    with localcontext() as context:
        context.prec, context.Emax, context.Emin = 60, 10**17, -(10**17)
        powers = [Decimal(z).exp() for z in logits]
        total = sum(powers)
        loss = total.ln() - Decimal(logits[target])
        return float(loss), [float(power / total - (k == target)) for k, power in enumerate(powers)]


@pytest.mark.parametrize("target", [0, 1, 2])
@pytest.mark.parametrize(
    "logits",
    [
        [0.2, 0.5, 0.3],
        [1e4, 0.0, 7e-7],
        [-1e3, 0.0, 1e3],
        [37.0, 0.0, -37.0],
        [36.9, 37.0, 37.1],
        [0.0, -36.9, 0.0],
        [232.8, 0.0, 0.0],
        [-745.2, 0.0, 0.0],
        [1e15, 1e15 - 1, 0.0],
        [-1e15, -1e15 - 3, -1e15 + 2],
        [1e-300, -1e-300, 0.0],
    ],
    ids=str,
)
def test_losses_and_residuals_are_those_of_sixty_digits(logits: list[float], target: int) -> None:
    loss, slope = exact(logits, target)
    rows, targets = np.array([logits]), np.array([target])
    losses, R = cross_entropy_and_residual(rows, targets)

    assert losses[0] == pytest.approx(loss, rel=1e-14, abs=1e-15)
    assert cross_entropy(rows, targets)[0] == pytest.approx(loss, rel=1e-14, abs=1e-15)
    np.testing.assert_allclose(R[0], slope, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(residual(rows, targets)[0], slope, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("far", [1e2, 1e20, 1e300])
def test_an_answer_that_is_certain_costs_nothing_where_right_and_its_distance_where_wrong(far: float) -> None:
    logits = np.full((3, 3), -far) + 2 * far * np.eye(3)
    losses, R = cross_entropy_and_residual(logits, np.arange(3))
    np.testing.assert_allclose(losses, 0, atol=1e-80)
    np.testing.assert_allclose(R, 0, atol=1e-80)

    wrong = np.array([[far, 0.0]])
    assert cross_entropy(wrong, np.array([1]))[0] == far
    np.testing.assert_allclose(residual(wrong, np.array([1]))[0], [1, -1], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("y", [0, 1])
def test_two_classes_are_the_logistic_loss_in_both_of_its_forms(dtype: type, y: int) -> None:
    z = np.linspace(-30, 30, 61)
    logits, sign = np.column_stack([-z / 2, z / 2]).astype(dtype), 2 * y - 1
    losses, R = cross_entropy_and_residual(logits, np.full(len(z), y))
    near = {"rtol": 20 * np.finfo(dtype).eps, "atol": 2 * np.finfo(dtype).eps}

    np.testing.assert_allclose(losses, np.log1p(np.exp(-sign * z)), **near)
    np.testing.assert_allclose(
        losses, np.log1p(np.exp(z)) - y * z, **(near | {"atol": 1e-5 if dtype == np.float32 else 1e-14})
    )
    np.testing.assert_allclose(R[:, 1], -sign / (1 + np.exp(sign * z)), **near)


def test_logarithms_of_probabilities_are_logits_of_the_same_probabilities() -> None:
    proba = np.random.default_rng(0).dirichlet(np.ones(4), 50)

    np.testing.assert_allclose(softmax(np.log(proba)), proba, rtol=1e-13)
    np.testing.assert_allclose(log_softmax(np.log(proba)), np.log(proba), rtol=1e-11, atol=1e-13)


# Over many rows


@WEIGHTED
@SOFT
def test_a_weight_multiplies_a_row_s_loss_and_its_gradient(weighted: bool, soft: bool) -> None:
    X, y = overlapping(3, n_samples=12)
    J = objective(X, y, weighted=weighted, soft=soft)
    theta = np.random.default_rng(1).standard_normal(J.shape)
    share = J.sample_weight / J.sample_weight.sum()
    logits = X @ theta[:-1] + theta[-1]
    losses, R = cross_entropy_and_residual(logits, J.targets)
    found = J.evaluate(theta)

    assert found.objective == pytest.approx(share @ losses, rel=1e-13)
    np.testing.assert_allclose(found.gradient[:-1], X.T @ (share[:, None] * R), rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(found.gradient[-1], share @ R, rtol=1e-11, atol=1e-14)


@STORED
@WEIGHTED
@SOFT
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("l2", [0.0, 1.0])
def test_all_ways_to_the_objective_lead_to_the_same_numbers(
    make, weighted: bool, soft: bool, intercept: bool, l2: float
) -> None:
    X, y = overlapping(3, n_samples=30)
    parameters = {"weighted": weighted, "soft": soft, "intercept": intercept, "l2": l2}
    J, dense = objective(make(X), y, **parameters), objective(X, y, **parameters)
    theta = np.random.default_rng(2).standard_normal(J.shape)
    logits = J.design.forward(theta)
    found, again = J.evaluate(theta), J.evaluate_logits(logits, theta)

    assert again.objective == pytest.approx(found.objective, rel=1e-13)
    assert J.value(logits, theta) == pytest.approx(found.objective, rel=1e-13)
    assert J.measure(theta)[0] + J.penalty(theta) == pytest.approx(found.objective, rel=1e-13)
    assert dense.evaluate(theta).objective == pytest.approx(found.objective, rel=1e-13)
    np.testing.assert_allclose(again.gradient, found.gradient, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(dense.evaluate(theta).gradient, found.gradient, rtol=1e-11, atol=1e-13)


@STORED
@WEIGHTED
@pytest.mark.parametrize("l2", [0.0, 1.0])
def test_an_intercept_is_a_column_of_ones_that_is_not_penalised(make, weighted: bool, l2: float) -> None:
    X, y = overlapping(3, n_samples=30)
    apart = objective(make(X), y, weighted=weighted, l2=l2)
    inside = objective(make(np.column_stack([X, np.ones(30)])), y, weighted=weighted, l2=l2, intercept=False)
    theta = np.random.default_rng(3).standard_normal(apart.shape)
    ours, theirs = apart.evaluate(theta), inside.evaluate(theta)

    assert theirs.objective == pytest.approx(ours.objective + l2 / 2 * (theta[-1] ** 2).sum(), rel=1e-12)
    np.testing.assert_allclose(theirs.gradient[:-1], ours.gradient[:-1], rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(theirs.gradient[-1], ours.gradient[-1] + l2 * theta[-1], rtol=1e-10, atol=1e-13)


@STORED
@WEIGHTED
@SOFT
@pytest.mark.parametrize("intercept", [True, False])
def test_the_curvature_of_a_line_is_that_of_the_whole_hessian(
    make, weighted: bool, soft: bool, intercept: bool
) -> None:
    """H = sum_i (s_i/S) (diag(p_i) - p_i p_i^T) (x) x_i x_i^T + l2 I, written out, between two directions."""
    X, y = overlapping(3, n_samples=10, n_features=2)
    J = objective(make(X), y, weighted=weighted, soft=soft, intercept=intercept, l2=0.3)
    theta, direction = np.random.default_rng(4).standard_normal((2, *J.shape))
    Xb = np.column_stack([X, np.ones(10)]) if intercept else X
    proba = softmax(Xb @ theta)
    share = J.sample_weight / J.sample_weight.sum()
    H = np.zeros((theta.size, theta.size))
    for x, p, s in zip(Xb, proba, share, strict=True):
        H += s * np.kron(np.outer(x, x), np.diag(p) - np.outer(p, p))
    penalised = np.repeat(np.arange(len(theta)) < 2, 3)
    H += 0.3 * np.diag(penalised)
    line = Line(J, J.design.forward(theta), theta, direction)

    np.testing.assert_allclose(H, H.T, atol=1e-15)
    assert np.linalg.eigvalsh(H).min() > -1e-12
    assert line.slopes(0.0)[1] == pytest.approx(direction.ravel() @ H @ direction.ravel(), rel=1e-10)
    h = 1e-5
    ahead, behind = (J.evaluate(theta + t * direction).gradient for t in (h, -h))
    np.testing.assert_allclose((ahead - behind).ravel() / (2 * h), H @ direction.ravel(), rtol=1e-5, atol=1e-8)


@WEIGHTED
@pytest.mark.parametrize("n_classes", [2, 3, 6])
def test_without_features_the_logarithms_of_the_shares_are_the_optimum(weighted: bool, n_classes: int) -> None:
    _, y = overlapping(n_classes)
    J = objective(np.zeros((len(y), 1)), y, weighted=weighted)
    shares = np.bincount(y, J.sample_weight) / len(y)
    theta = np.zeros(J.shape)
    theta[-1] = np.log(shares)
    found = J.evaluate(theta)
    other = optimize.minimize(
        lambda b: J.evaluate(np.vstack([np.zeros(n_classes), b])).objective, np.zeros(n_classes), tol=1e-10
    )

    np.testing.assert_allclose(found.gradient, 0, atol=1e-15)
    assert found.objective == pytest.approx(-(shares * np.log(shares)).sum(), rel=1e-13)
    assert found.objective == pytest.approx(other.fun, rel=1e-9)
    np.testing.assert_allclose(softmax(other.x), shares, atol=1e-5)


@pytest.mark.parametrize("l2", [0.0, 1.0])
@SOFT
def test_what_the_objective_is_given_it_leaves_alone_be_it_locked(l2: float, soft: bool) -> None:
    X, y = overlapping(3)
    J = objective(X, y, weighted=True, soft=soft, l2=l2)
    theta = np.random.default_rng(5).standard_normal(J.shape)
    for values in (X, J.targets, theta, J.sample_weight):
        values.flags.writeable = False
    logits = J.design.forward(theta)
    before = [part.copy() for part in logits]
    J.evaluate(theta), J.evaluate_logits(logits, theta), J.value(logits, theta), J.measure(theta)

    for part, kept in zip(logits, before, strict=True):
        np.testing.assert_array_equal(part, kept)

"""The certificate: its bracket holds against an optimum found independently, by Newton's method on the formula."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from sklearn import datasets
from sklearn.linear_model import LogisticRegression

from softreg.design import DesignMatrix, Scaling
from softreg.objective import Objective, sklearn_c
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit
from softreg.training.certificate import certify


@dataclass(frozen=True)
class Case:
    """A random problem, and everything that is known of it."""

    seed: int = 0
    n: int = 30
    d: int = 3
    K: int = 3
    kind: str = "none"
    sparse: bool = False
    intercept: bool = True
    weighted: bool = False
    soft: bool = False
    l2: float = 1e-2
    dtype: type = np.float64

    def build(self) -> Objective:
        rng = np.random.default_rng(self.seed)
        X = rng.standard_normal((self.n, self.d)) * 10.0 ** rng.uniform(-1, 1, self.d) + rng.standard_normal(self.d)
        if self.sparse:
            X = sp.csr_array(np.where(rng.random(X.shape) < 0.5, X, 0))
        X = X.astype(self.dtype)
        y = np.r_[np.arange(self.K), rng.integers(self.K, size=self.n - self.K)]
        targets = rng.dirichlet(np.full(self.K, 0.3), self.n) if self.soft else y
        weight = rng.uniform(0.05, 1, self.n) ** 3 if self.weighted else None
        design = DesignMatrix(X, Scaling.of(X, self.kind, weight, centre=self.intercept), self.intercept)
        return Objective(design, targets, weight, n_classes=self.K, l2=self.l2)


def opened(J: Objective) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(Xb, Q, s / S) of the formula, in float64."""
    design = J.design
    X = design.X.toarray() if sp.issparse(design.X) else design.X
    Z = (X.astype(float) - design.scaling.mean) / design.scaling.scale
    Xb = np.column_stack([Z, np.ones(len(Z))]) if design.fit_intercept else Z
    Q = np.eye(J.n_classes)[J.targets] if J.targets.ndim == 1 else J.targets.astype(float)
    return Xb, Q / Q.sum(axis=1, keepdims=True), J.sample_weight / J.sample_weight.sum()


def formula(J: Objective, theta: np.ndarray) -> float:
    Xb, Q, s = opened(J)
    W = theta[: J.design.n_features]
    return float(-(s[:, None] * Q * log_softmax(Xb @ theta, axis=1)).sum() + 0.5 * J.l2 * (W**2).sum())


def optimum(J: Objective) -> tuple[float, np.ndarray]:
    """The least J and where it is, by Newton's method with the explicit Hessian, until no digit moves."""
    Xb, Q, s = opened(J)
    (p, K), theta = J.shape, np.zeros(J.shape)
    penalty = J.l2 * np.r_[np.ones(J.design.n_features), np.zeros(p - J.design.n_features)]
    value = formula(J, theta)
    for _ in range(200):
        P = softmax(Xb @ theta, axis=1)
        gradient = Xb.T @ (s[:, None] * (P - Q)) + penalty[:, None] * theta
        H = np.einsum("i,ij,im,ikl->jkml", s, Xb, Xb, P[:, :, None] * np.eye(K) - P[:, :, None] * P[:, None, :])
        for k in range(K):
            H[:, k, :, k] += np.diag(penalty)
        step = -np.linalg.lstsq(H.reshape(p * K, p * K), gradient.ravel(), rcond=1e-14)[0].reshape(p, K)
        size = 1.0
        while formula(J, theta + size * step) > value and size > 1e-9:
            size /= 2
        if size <= 1e-9:
            break
        theta, before = theta + size * step, value
        value = formula(J, theta)
        if before - value < 1e-17:
            break
    return value, theta


def assert_bracket(J: Objective, theta: np.ndarray, least: float) -> None:
    here = formula(J, theta)
    gap, rounding = here - least, 1e-12 * max(1.0, here)
    with np.errstate(over="ignore", invalid="ignore"):  # as in fit
        found = certify(J, theta)

    assert found.gap_lower is not None
    assert 0 <= found.gap_lower <= gap + rounding
    if found.gap_upper is None:
        assert "not proved yet" in found.reason
    else:
        assert gap - rounding <= found.gap_upper < here
        assert found.gap_lower <= found.gap_upper
        assert type(found.gap_upper) is type(found.gap_lower) is float  # a number that JSON knows


CASES = st.builds(
    Case,
    seed=st.integers(0, 10**6),
    n=st.sampled_from([6, 15, 40]),
    d=st.integers(1, 5),
    K=st.integers(2, 5),
    kind=st.sampled_from(["none", "standard", "unit"]),
    sparse=st.booleans(),
    intercept=st.booleans(),
    weighted=st.booleans(),
    soft=st.booleans(),
    l2=st.sampled_from([1e-5, 1e-3, 1e-1, 10.0]),
    dtype=st.sampled_from([np.float32, np.float64]),
)


@settings(max_examples=150, deadline=None)
@given(CASES, st.sampled_from([0.0, 1e-9, 1e-6, 1e-3, 0.1, 1.0, 10.0, 1000.0]), st.sampled_from([0.0, 1.0, 1000.0]))
@example(Case(seed=185778, n=15, d=4, K=4, sparse=True, weighted=True, l2=0.1, dtype=np.float32), 0.0, 1000.0)
def test_the_bracket_holds_at_the_optimum_near_it_and_far_away(case: Case, away: float, shifted: float) -> None:
    J = case.build()
    least, best = optimum(J)
    rng = np.random.default_rng(case.seed + 1)
    theta = best + away * rng.standard_normal(J.shape)
    if case.intercept:
        # classes that an intercept all but excludes, or makes certain: no curvature tells how far to go back
        theta[-1] += shifted * rng.standard_normal(case.K)

    assert_bracket(J, theta, least)


@settings(max_examples=60, deadline=None)
@given(CASES, st.sampled_from(["gd", "cg", "adam"]), st.integers(1, 60))
def test_the_bracket_holds_for_what_training_gives(case: Case, optimizer: str, epochs: int) -> None:
    J = case.build()
    config = TrainingSettings(
        optimizer=optimizer, epochs=epochs, tol=0.0, l2=case.l2, scale=case.kind, fit_intercept=case.intercept
    )
    result = fit(
        Problem(J.design.X, J.targets, tuple(range(case.K)), J.sample_weight if case.weighted else None),
        config,
        proved=True,
    )
    gap = formula(J, result.state.theta) - optimum(J)[0]
    found = result.certificate

    assert found is not None
    assert found.gap_lower is not None
    assert found.gap_lower <= gap + 1e-12
    assert found.gap_upper is None or gap - 1e-12 <= found.gap_upper


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
@pytest.mark.parametrize("l2", [1e-3, 0.1])
def test_the_bracket_holds_against_scikit_learns_optimum(name: str, l2: float) -> None:
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    J = Objective(DesignMatrix(X, Scaling.of(X, "none")), y, n_classes=int(y.max()) + 1, l2=l2)
    model = LogisticRegression(C=sklearn_c(l2, J.n_classes, len(y)), tol=1e-14, solver="newton-cholesky", max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that no digit more can be had is what was asked for
        model.fit(X, y)
    coef, intercept = model.coef_.T, model.intercept_
    if J.n_classes == 2:
        coef, intercept = np.hstack([-coef, coef]) / 2, np.r_[-intercept, intercept] / 2
    theirs = np.vstack([coef, intercept])
    for away in (0.0, 1e-4, 1e-2, 1.0):
        assert_bracket(J, theirs + away * np.random.default_rng(0).standard_normal(J.shape), formula(J, theirs))


def test_the_bracket_holds_against_scipys_minimiser() -> None:
    J = Case(n=40, weighted=True, soft=True).build()

    def value_and_slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        Xb, Q, s = opened(J)
        theta = flat.reshape(J.shape)
        gradient = Xb.T @ (s[:, None] * (softmax(Xb @ theta, axis=1) - Q))
        gradient[: J.design.n_features] += J.l2 * theta[: J.design.n_features]
        return formula(J, theta), gradient.ravel()

    options = {"ftol": 1e-16, "gtol": 1e-12, "maxiter": 5000}
    found = scipy.optimize.minimize(
        value_and_slope, np.zeros(np.prod(J.shape)), jac=True, method="L-BFGS-B", options=options
    )
    assert found.fun == pytest.approx(optimum(J)[0], abs=1e-11)
    for seed in range(10):
        assert_bracket(J, np.random.default_rng(seed).standard_normal(J.shape), found.fun)


def test_at_the_optimum_the_bracket_is_as_narrow_as_rounding_allows() -> None:
    J = Case(l2=0.01, kind="standard", weighted=True).build()
    found = certify(J, optimum(J)[1])

    assert found.gap_lower == 0
    assert found.gap_upper is not None
    assert found.gap_upper < 1e-12


def test_a_converged_fit_is_proved_within_its_tolerance_or_nearly() -> None:
    J = Case(n=40).build()
    for tol in (1e-4, 1e-8):
        result = fit(
            Problem(J.design.X, J.targets, tuple("abc")),
            TrainingSettings(l2=J.l2, scale="none", tol=tol),
            proved=True,
        )
        assert result.converged
        assert result.certificate is not None
        assert result.certificate.gap_upper is not None
        # the rule reads the gradient at the intercepts as they are, the certificate at the best ones
        assert result.certificate.gap_upper < 2 * tol


def test_a_wrong_intercept_is_part_of_the_gap() -> None:
    J = Case(n=40).build()
    least, best = optimum(J)
    for shift in (0.1, 3.0, 50.0, 1000.0, 1e5):
        theta = best.copy()
        theta[-1, 0] -= shift
        found, gap = certify(J, theta), formula(J, theta) - least
        # the best intercepts for these weights are found again, and then hardly any gap is left: both bounds meet
        assert found.gap_lower == pytest.approx(gap, rel=1e-9)
        assert found.gap_upper == pytest.approx(gap, rel=1e-9)


def test_without_penalty_there_is_none_and_the_reason_is_told() -> None:
    found = certify(Case(l2=0.0).build(), np.zeros((4, 3)))

    assert found.gap_lower is None
    assert found.gap_upper is None
    assert "penalty" in found.reason


def test_with_a_class_without_weight_there_is_none_and_the_reason_is_told() -> None:
    J = Case().build()
    without = Objective(J.design, np.minimum(J.targets, 1), n_classes=3, l2=0.1)
    found = certify(without, np.zeros((4, 3)))

    assert found.gap_lower is None
    assert found.gap_upper is None
    assert "without weight" in found.reason


def test_a_bound_above_the_objective_is_no_proof() -> None:
    J = Case(l2=1e-9, n=40).build()
    found = certify(J, np.zeros(J.shape))

    assert found.gap_lower is not None
    assert found.gap_upper is None
    assert "not proved yet" in found.reason


def test_weights_that_are_not_finite_prove_nothing() -> None:
    J = Case().build()
    with np.errstate(invalid="ignore", over="ignore"):
        found = certify(J, np.full(J.shape, np.inf))

    assert found.gap_lower is None
    assert "finite" in found.reason


def test_fit_gives_one_only_where_it_is_asked_for() -> None:
    J = Case().build()
    problem = Problem(J.design.X, J.targets, tuple("abc"))

    assert fit(problem, TrainingSettings(epochs=3)).certificate is None
    assert fit(problem, TrainingSettings(epochs=3), proved=True).certificate is not None


def test_features_too_large_to_be_squared_do_not_lose_a_finished_fit() -> None:
    X, y = np.random.default_rng(0).standard_normal((20, 2)) * 1e160, np.arange(20) % 2
    config = TrainingSettings(precondition="none", scale="none", epochs=5)
    found = fit(Problem(X, y, ("a", "b")), config, proved=True).certificate

    assert found is not None
    assert found.gap_upper is None

"""How curved the objective can be: against eigenvalues found another way, and against what a step does."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.design import DesignMatrix, Scaling
from softreg.errors import DataError
from softreg.functional import softmax
from softreg.geometry import curvature as geometry
from softreg.geometry import curvature_bound, expected_smoothness, gram, largest_eigenvalue, row_squares
from softreg.objective import Objective


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def open_matrix(design: DesignMatrix) -> np.ndarray:
    X = design.X.toarray() if sp.issparse(design.X) else design.X
    Z = (X.astype(float) - design.scaling.mean) / design.scaling.scale
    return np.column_stack([Z, np.ones(len(Z))]) if design.fit_intercept else Z


def designs() -> list[DesignMatrix]:
    r = rng()
    X = r.standard_normal((70, 5)) @ r.standard_normal((5, 5)) + 3
    S = sp.csr_array(np.where(r.random((70, 5)) < 0.4, X, 0))
    found = [DesignMatrix(M, Scaling.of(M, kind), i) for M in (X, S) for kind in ("none", "standard") for i in (1, 0)]
    return [*found, DesignMatrix(X.astype(np.float32), Scaling.of(X.astype(np.float32), "standard"))]


SHARE = rng().dirichlet(np.ones(70))


@pytest.mark.parametrize("design", designs())
def test_gram_and_row_squares_are_numpys(design: DesignMatrix, monkeypatch: pytest.MonkeyPatch) -> None:
    Xb = open_matrix(design)
    monkeypatch.setattr(design, "block_rows", 9)

    np.testing.assert_allclose(gram(design, SHARE), Xb.T @ (SHARE[:, None] * Xb), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(row_squares(design), (Xb**2).sum(axis=1), rtol=1e-5)
    assert np.trace(gram(design, SHARE)) == pytest.approx(SHARE @ row_squares(design), rel=1e-5)


class Known:
    """A preconditioner M that is a matrix."""

    def __init__(self, M: np.ndarray) -> None:
        self.M = M

    def solve(self, gradient: np.ndarray) -> np.ndarray:
        return np.asarray(np.linalg.solve(self.M, gradient))


@pytest.mark.parametrize("design", designs())
@pytest.mark.parametrize("l2", [0.0, 3.0])
def test_the_curvature_behind_a_preconditioner_is_the_largest_generalised_eigenvalue(
    design: DesignMatrix, l2: float
) -> None:
    """lambda_max of M^-1 (G/2 + l2 I), without a penalty on the bias, as scipy finds it; and that of one sample."""
    Xb, weight = open_matrix(design), SHARE * 11
    root = rng().standard_normal((Xb.shape[1], Xb.shape[1]))
    M = root @ root.T + np.eye(Xb.shape[1])
    penalised = np.r_[np.full(5, l2), np.zeros(Xb.shape[1] - 5)]
    H = 0.5 * Xb.T @ (SHARE[:, None] * Xb) + np.diag(penalised)
    true = scipy.linalg.eigh(H, M, eigvals_only=True)[-1]
    of_one = 0.5 * (70 * SHARE * (Xb**2).sum(axis=1)).max() + l2

    for scale in (1.0, 1e-6):  # with the second, L is above the worst sample's
        L, L_max = curvature_bound(design, weight, l2, rng(), Known(scale * M))
        assert true * (1 - 1e-5) <= L * scale <= 1.03 * true
        assert L_max == pytest.approx(max(L, of_one), rel=1e-5)


@pytest.mark.parametrize("design", designs())
@pytest.mark.parametrize("up_to", [0, 256], ids=["lanczos", "exact"])
def test_largest_eigenvalue_is_not_below_the_true_one_nor_far_above(
    design: DesignMatrix, up_to: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geometry, "GRAM_MAX_FEATURES", up_to)
    Xb = open_matrix(design)
    true = np.linalg.norm(np.sqrt(SHARE)[:, None] * Xb, ord=2) ** 2
    found = largest_eigenvalue(design, SHARE, float(SHARE @ row_squares(design)), rng())

    assert true * (1 - 1e-5) <= found <= 1.03 * true


SPECTRA = {
    "noise, edges close together": lambda r: r.standard_normal((900, 300)),
    "few rows": lambda r: r.standard_normal((60, 300)),
    "one slightly longer direction": lambda r: r.standard_normal((900, 300)) * np.r_[1.5, np.ones(299)],
    "all but equal": lambda r: np.linalg.qr(r.standard_normal((900, 300)))[0] * np.r_[1.1, np.ones(299)],
    "rank one": lambda r: np.outer(r.standard_normal(900), r.standard_normal(300)),
    "wild units": lambda r: r.standard_normal((900, 300)) * np.exp(3 * r.standard_normal(300)),
    "one-hot": lambda r: np.eye(300)[r.integers(300, size=900)],
}


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(3))
def test_largest_eigenvalue_of_wide_data_is_bounded_from_above(name: str, dtype: type, seed: int) -> None:
    r = np.random.default_rng(seed)
    X = SPECTRA[name](r).astype(dtype)
    design = DesignMatrix(X, Scaling.of(X, "none"), fit_intercept=False)
    share = np.full(len(X), 1 / len(X))
    true = np.linalg.norm(X.astype(float), ord=2) ** 2 / len(X)
    found = largest_eigenvalue(design, share, float(share @ row_squares(design)), r)

    assert true * (1 - 1e-6) <= found <= 1.03 * true


@pytest.mark.parametrize("up_to", [0, 256])
def test_features_that_are_all_zero_are_flat(up_to: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geometry, "GRAM_MAX_FEATURES", up_to)
    X = np.zeros((5, 3))
    design = DesignMatrix(X, Scaling.of(X, "standard"), fit_intercept=False)

    assert curvature_bound(design, np.ones(5), 0.25, rng()) == (0.25, 0.25)


def hessian(Z: np.ndarray, theta: np.ndarray, share: np.ndarray, l2: float, n_penalised: int) -> np.ndarray:
    """The Hessian of J in theta, class by class, from its definition."""
    P = softmax(Z @ theta)
    d, K = theta.shape
    H = np.zeros((d, K, d, K))
    for z, p, s in zip(Z, P, share, strict=True):
        H += s * np.einsum("i,j,kl->ikjl", z, z, np.diag(p) - np.outer(p, p))
    for j in range(n_penalised):
        H[j, range(K), j, range(K)] += l2
    return H.reshape(d * K, d * K)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.floats(0, 1), st.floats(0, 3))
def test_curvature_is_nowhere_above_its_bound(seed: int, n_classes: int, l2: float, size: float) -> None:
    r = np.random.default_rng(seed)
    X, weight = r.standard_normal((25, 3)) + 1, r.uniform(0.1, 3, 25)
    design = DesignMatrix(X, Scaling.of(X, "none"))
    L, L_max = curvature_bound(design, weight, l2, r)
    theta = size * r.standard_normal((4, n_classes))
    H = hessian(open_matrix(design), theta, weight / weight.sum(), l2, 3)

    assert np.linalg.eigvalsh(H)[-1] <= L * (1 + 1e-12)
    assert L_max >= L


def test_bound_is_tight_for_two_classes_at_equal_odds() -> None:
    # (1/2, 1/2) is the one distribution whose covariance has the eigenvalue 1/2; so 1/4 in place of 1/2 would be wrong
    X = rng().standard_normal((30, 3))
    design = DesignMatrix(X, Scaling.of(X, "none"))
    L, _ = curvature_bound(design, np.ones(30), 0.0, rng())
    H = hessian(open_matrix(design), np.zeros((4, 2)), np.full(30, 1 / 30), 0.0, 3)

    assert np.linalg.eigvalsh(H)[-1] == pytest.approx(L, rel=1e-10)


def test_curvature_of_the_worst_row_is_that_of_the_row_alone() -> None:
    X, weight = rng().standard_normal((12, 3)), rng().uniform(0.5, 2, 12)
    design = DesignMatrix(X, Scaling.of(X, "none"))
    _, L_max = curvature_bound(design, weight, 0.2, rng())
    alone = []
    for x, s in zip(X, weight, strict=True):
        single = DesignMatrix(x[None], Scaling.of(x[None], "none"))
        L, _ = curvature_bound(single, np.ones(1), 0.0, rng())
        alone.append(L * s * 12 / weight.sum() + 0.2)

    assert L_max == pytest.approx(max(alone), rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(2, 6),
    st.floats(0, 2),
    st.floats(0, 20),
    st.booleans(),
    st.sampled_from(["none", "standard", "unit"]),
)
def test_a_step_of_one_over_the_bound_never_raises_the_objective(
    seed: int, n_classes: int, l2: float, size: float, intercept: bool, kind: str
) -> None:
    r = np.random.default_rng(seed)
    X = r.standard_normal((30, 4)) * 10.0 ** r.integers(-2, 3, 4) + r.standard_normal(4)
    design = DesignMatrix(X, Scaling.of(X, kind, centre=intercept), intercept)
    J = Objective(design, r.integers(n_classes, size=30), r.uniform(0.1, 5, 30), n_classes=n_classes, l2=l2)
    L, _ = curvature_bound(design, J.sample_weight, l2, r)
    theta = size * r.standard_normal(J.shape)
    for _ in range(5):
        here = J.evaluate(theta)
        theta = theta - here.gradient / L
        # the descent lemma asks even for a fall of ||g||^2 / (2 L)
        fall = (here.gradient**2).sum() / (2 * L)
        assert J.evaluate(theta).objective <= here.objective - fall + 1e-10 * max(1, here.objective)


def test_expected_smoothness_lies_between_one_row_and_all_rows() -> None:
    values = [expected_smoothness(2.0, 30.0, 50, B) for B in range(1, 51)]

    assert values[0] == pytest.approx(30)
    assert values[-1] == pytest.approx(2)
    assert (np.diff(values) < 0).all()
    assert expected_smoothness(2.0, 30.0, 50, 999) == 2.0
    assert expected_smoothness(2.0, 30.0, 1, 1) == 2.0


def test_expected_smoothness_bounds_the_mean_square_of_batch_gradients() -> None:
    # E ||g_B(x) - g_B(x*)||^2 <= 2 L_B (f(x) - f(x*)): least squares in one dimension, over every batch of B rows
    from itertools import combinations

    a = np.array([0.2, 1.0, 3.0, 0.5, 2.0])  # f_i(x) = a_i x^2 / 2, with its minimum at 0
    for B in range(1, 6):
        mean_square = np.mean([a[list(rows)].mean() ** 2 for rows in combinations(range(5), B)])
        assert mean_square <= 2 * expected_smoothness(a.mean(), a.max(), 5, B) * a.mean() / 2 * (1 + 1e-12)


def test_large_units_do_not_overflow_once_scaled() -> None:
    for unit, dtype in ((1e200, np.float64), (1e25, np.float32), (1e-25, np.float32)):
        X = (rng().standard_normal((40, 3)) * unit).astype(dtype)
        L, L_max = curvature_bound(DesignMatrix(X, Scaling.of(X, "standard")), np.ones(40), 0.0, rng())
        assert 0.5 <= L <= 2
        assert L_max >= L


def test_features_too_large_to_be_squared_are_refused_in_words() -> None:
    X = rng().standard_normal((40, 3)) * 1e200
    with pytest.raises(DataError, match="too large"):
        curvature_bound(DesignMatrix(X, Scaling.of(X, "none")), np.ones(40), 0.0, rng())

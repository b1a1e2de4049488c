"""The preconditioner: against the explicit Hessian, and sound for every kind of column."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.design import DesignMatrix, Scaling
from softreg.errors import DataError
from softreg.functional import softmax
from softreg.geometry import Whitening, make_whitening, precondition_of, sharpening_cost, whitening
from softreg.objective import Objective
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def opened(design: DesignMatrix) -> np.ndarray:
    """Xb = [Z 1] as one array."""
    X = design.X.toarray() if sp.issparse(design.X) else design.X
    Z = (X.astype(float) - design.scaling.mean) / design.scaling.scale
    return np.column_stack([Z, np.ones(len(Z))]) if design.fit_intercept else Z


def penalty_of(design: DesignMatrix, l2: float) -> np.ndarray:
    """l2 I, without l2 on the intercept."""
    return l2 * np.diag(np.r_[np.ones(design.n_features), np.zeros(design.n_parameters - design.n_features)])


def hessian(J: Objective, theta: np.ndarray) -> np.ndarray:
    """The Hessian of J, (parameter, class) by (parameter, class), from its definition."""
    Xb, s = opened(J.design), J.sample_weight / J.n_samples
    P = softmax(Xb @ theta)
    covariance = np.einsum("ik,kl->ikl", P, np.eye(J.n_classes)) - P[:, :, None] * P[:, None, :]
    H = np.einsum("i,ij,im,ikl->jkml", s, Xb, Xb, covariance)
    for k in range(J.n_classes):
        H[:, k, :, k] += penalty_of(J.design, J.l2)
    return H


def solved_columns(M: Whitening, n_parameters: int, n_classes: int) -> np.ndarray:
    """M^-1 of each class, as explicit matrices (n_classes, n_parameters, n_parameters)."""
    found = np.empty((n_classes, n_parameters, n_parameters))
    for j in range(n_parameters):
        unit = np.zeros((n_parameters, n_classes))
        unit[j] = 1
        found[:, :, j] = M.solve(unit).T
    return found


def objectives() -> list[Objective]:
    r = rng()
    X = r.standard_normal((80, 4)) @ r.standard_normal((4, 4)) + [0, 5, -2, 100]
    S = np.where(r.random((80, 4)) < 0.5, X, 0)
    Q, y, s = r.dirichlet(np.ones(3), 80), r.integers(3, size=80), r.uniform(0.1, 4, 80)
    return [
        Objective(DesignMatrix(A, Scaling.of(A, kind, centre=intercept), intercept), q, w, n_classes=3, l2=l2)
        for A, kind, intercept, q, w, l2 in (
            (X, "none", True, y, None, 1e-3),
            (X, "none", False, y, None, 1e-3),
            (X, "standard", True, y, s, 0.1),
            (X, "unit", True, Q, s, 1e-6),
            (sp.csr_array(S), "none", True, y, s, 1e-2),
            (sp.csr_array(S), "standard", False, Q, None, 1e-2),
        )
    ]


@pytest.mark.parametrize("J", objectives())
def test_at_zero_weights_the_first_direction_is_newtons(J: Objective) -> None:
    theta = np.zeros(J.shape)
    g = J.evaluate(theta).gradient
    shared = np.full(J.n_classes, 1 / J.n_classes)
    M = make_whitening("whiten", J.design, J.sample_weight, J.l2, proba=shared, rng=rng())
    # Newton's system is singular along shifts of all classes alike; the least-norm solution sums to zero over them
    H = hessian(J, theta).reshape(g.size, g.size)
    basis = np.kron(np.eye(J.shape[0]), np.linalg.svd(np.eye(J.n_classes) - 1 / J.n_classes)[0][:, :-1])
    newton = basis @ np.linalg.solve(basis.T @ H @ basis, basis.T @ -g.ravel())

    ours = -M.solve(g).ravel()
    np.testing.assert_allclose(ours, newton, rtol=1e-6, atol=1e-9 * abs(newton).max())
    np.testing.assert_allclose(ours.reshape(g.shape).sum(axis=1), 0, atol=1e-9 * abs(newton).max())


@pytest.mark.parametrize("J", [J for J in objectives() if (J.design.scaling.scale == 1).all()])
def test_the_first_step_of_the_descent_is_along_newtons(J: Objective) -> None:
    config = TrainingSettings(
        l2=J.l2, scale="none", fit_intercept=J.design.fit_intercept, precondition="whiten", epochs=1, tol=0.0
    )
    result = fit(Problem(J.design.X, J.targets, ("a", "b", "c"), J.sample_weight), config)
    g = J.evaluate(np.zeros(J.shape)).gradient
    H = hessian(J, np.zeros(J.shape)).reshape(g.size, g.size)
    newton = -np.linalg.lstsq(H, g.ravel(), rcond=1e-12)[0].reshape(g.shape)
    newton -= newton.mean(axis=1, keepdims=True)
    step = result.history[1]["step"]

    np.testing.assert_allclose(result.state.theta, step * newton, rtol=1e-5, atol=1e-8 * abs(newton).max())


@pytest.mark.parametrize("J", objectives())
def test_blocks_by_class_are_the_diagonal_blocks_of_the_hessian(J: Objective, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whitening, "FLOOR", 0.0)  # but for the share of its variance that every feature keeps
    theta = 0.3 * rng(1).standard_normal(J.shape) / np.abs(opened(J.design)).max(axis=0)[:, None]
    H = hessian(J, theta)
    proba = softmax(opened(J.design) @ theta).T
    M = make_whitening("whiten", J.design, J.sample_weight, J.l2, proba=proba, rng=rng())
    for k, inverse in enumerate(solved_columns(M, J.shape[0], J.n_classes)):
        block = H[:, k, :, k]
        unit = np.sqrt(np.diagonal(block))
        found = unit[:, None] * inverse * unit  # in units in which the block has ones on its diagonal
        np.testing.assert_allclose(found, np.linalg.inv(block / unit[:, None] / unit), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("J", objectives())
@pytest.mark.parametrize("shared", [True, False])
def test_diagonal_is_the_diagonal_of_the_hessian(J: Objective, shared: bool) -> None:
    theta = np.zeros(J.shape) if shared else 0.3 * rng(1).standard_normal(J.shape) / np.abs(opened(J.design)).max()
    K = J.n_classes
    proba = np.full(K, 1 / K) if shared else softmax(opened(J.design) @ theta).T
    M = make_whitening("diagonal", J.design, J.sample_weight, J.l2, proba=proba, rng=rng())
    # at zero weights the Hessian's own diagonal is (1/K)(1 - 1/K) G; on gradients that sum to zero it acts as G / K
    G = np.einsum("i,ij->j", J.sample_weight / J.n_samples, opened(J.design) ** 2)
    exact = G[:, None] / K * np.ones(K) if shared else np.einsum("jkjk->jk", hessian(J, theta))
    if shared:
        exact = exact + np.diagonal(penalty_of(J.design, J.l2))[:, None]

    np.testing.assert_allclose(1 / M.solve(np.ones(J.shape)), exact, rtol=1e-10)


def test_none_changes_nothing() -> None:
    J = objectives()[0]
    g = rng().standard_normal(J.shape)
    M = make_whitening("none", J.design, J.sample_weight, J.l2, proba=np.full(3, 1 / 3), rng=rng())

    np.testing.assert_array_equal(M.solve(g), g)


# Samples of rows


def big(n: int = 4000, d: int = 6, seed: int = 3) -> tuple[DesignMatrix, np.ndarray]:
    r = rng(seed)
    X = r.standard_normal((n, d)) @ r.standard_normal((d, d)) + 3
    return DesignMatrix(X, Scaling.of(X, "standard")), r.uniform(0.1, 4, n)


@pytest.mark.parametrize("shared", [True, False])
def test_a_sample_of_rows_tells_nearly_the_same_geometry(shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    design, weight = big()
    weight /= weight.mean()
    proba = np.full(3, 1 / 3) if shared else softmax(opened(design) @ rng().standard_normal((7, 3))).T
    exact, sampled = [], []
    for found, rows in ((exact, 4000), (sampled, 1000)):
        monkeypatch.setattr(whitening, "shared_rows", lambda design, K, rows=rows: rows)
        monkeypatch.setattr(whitening, "class_rows", lambda design, rows=rows: rows)
        seeds = range(1) if rows == 4000 else range(20)
        for seed in seeds:
            M = make_whitening("whiten", design, weight, 1e-3, proba=proba, rng=rng(seed))
            found.append(np.linalg.inv(solved_columns(M, 7, 3)))
    factor = np.linalg.cholesky(exact[0])
    for k in range(3):
        ratios = [np.linalg.eigvalsh(np.linalg.solve(factor[k], np.linalg.solve(factor[k], M[k]).T)) for M in sampled]
        assert np.min(ratios) > 0.7
        assert np.max(ratios) < 1.4
        np.testing.assert_allclose(np.mean(sampled, axis=0)[k], exact[0][k], atol=0.05 * abs(exact[0][k]).max())


def test_rows_are_drawn_in_proportion_to_their_weights() -> None:
    weights = rng().uniform(0, 1, 200) ** 4
    times = np.zeros(200)
    for seed in range(400):
        rows, share = whitening.drawn(weights, 50, rng(seed))
        assert share.sum() == pytest.approx(1)
        np.add.at(times, rows, share)

    np.testing.assert_allclose(times / 400, weights / weights.sum(), atol=6e-3)


def test_rows_without_weight_are_never_drawn() -> None:
    weights = np.zeros(100)
    weights[[0, 50, 99]] = 1.0, 2.0, 1e-12
    drawn = {int(row) for seed in range(50) for row in whitening.drawn(weights, 20, rng(seed))[0]}

    assert drawn <= {0, 50, 99}
    assert {0, 50} <= drawn


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_integer_weights_are_repeated_rows(seed: int, shared: bool) -> None:
    r = rng(seed)
    X, times = r.standard_normal((40, 3)) * [1e-3, 1, 1e4] + [0, 1, 1e4], r.integers(1, 4, 40)
    scaling = Scaling.of(X, "none")
    again = np.repeat(np.arange(40), times)
    theta = r.standard_normal((4, 3)) / [[1e-3], [1], [1e4], [1]]
    found = []
    for rows, weight in ((np.arange(40), times / times.mean()), (again, np.ones(len(again)))):
        design = DesignMatrix(X[rows], scaling)
        proba = np.full(3, 1 / 3) if shared else softmax(opened(design) @ theta).T
        M = make_whitening("whiten", design, weight, 1e-4, proba=proba, rng=rng())
        found.append(M.solve(np.outer([1e-3, 1, 1e4, 1], [1.0, -2.0, 1.0])))

    np.testing.assert_allclose(*found, rtol=1e-6, atol=1e-8 * abs(found[0]).max())


# Every kind of column


def columns(r: np.random.Generator, n: int, kinds: list[str]) -> np.ndarray:
    """One column for each kind."""
    base = r.standard_normal(n)
    makers = {
        "noise": lambda: r.standard_normal(n),
        "constant": lambda: np.full(n, 3.7),
        "zero": lambda: np.zeros(n),
        "duplicate": lambda: base,
        "collinear": lambda: -2 * base + 1,
        "nearly": lambda: base + 1e-9 * r.standard_normal(n),
        "tiny": lambda: 1e-8 * r.standard_normal(n),
        "huge": lambda: 1e8 * r.standard_normal(n),
        "far": lambda: 1e6 + r.standard_normal(n),
        "one-hot": lambda: np.eye(n)[0],
        "denormal": lambda: 1e-310 * r.standard_normal(n),
    }
    return np.column_stack([makers[kind]() for kind in kinds])


KINDS = ["noise", "constant", "zero", "duplicate", "collinear", "nearly", "tiny", "huge", "far", "one-hot", "denormal"]


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.sampled_from([2, 3, 10, 60]),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=12),
    K=st.sampled_from([2, 3, 100]),
    kind=st.sampled_from(["whiten", "diagonal"]),
    scale=st.sampled_from(["none", "standard", "unit"]),
    dtype=st.sampled_from([np.float32, np.float64]),
    intercept=st.booleans(),
    sparse=st.booleans(),
    weighted=st.booleans(),
    l2=st.sampled_from([0.0, 1e-10, 1e-4, 1.0]),
    shared=st.booleans(),
)
def test_it_is_symmetric_and_positive_definite(
    seed, n, kinds, K, kind, scale, dtype, intercept, sparse, weighted, l2, shared
) -> None:
    r = rng(seed)
    X = columns(r, n, kinds).astype(dtype)
    X = sp.csr_array(X) if sparse else X
    design = DesignMatrix(X, Scaling.of(X, scale, centre=intercept), intercept)
    weight = r.uniform(0.1, 2, n) ** 8 if weighted else np.ones(n)
    proba = np.full(K, 1 / K) if shared else softmax(r.standard_normal((K, n)) * r.choice([0.1, 5, 200]), axis=0)
    M = make_whitening(kind, design, weight / weight.mean(), l2, proba=proba, rng=r)
    u, v = (r.standard_normal((design.n_parameters, K)) for _ in range(2))
    left, right = np.vdot(u, M.solve(v)), np.vdot(v, M.solve(u))
    lengths = [np.vdot(w, M.solve(w)) for w in (u, v)]

    assert np.isfinite([left, right, *lengths]).all()
    assert min(lengths) > 0
    assert left == pytest.approx(right, rel=1e-6, abs=1e-6 * max(lengths))


@pytest.mark.parametrize("kind", ["whiten", "diagonal"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("unit", [1e-8, 1e-4, 1e4, 1e8])
def test_units_of_the_features_do_not_matter(kind: str, sparse: bool, unit: float) -> None:
    # without a penalty, which has a unit of its own: M^-1 of the features times u is that of the features over u^2
    r = rng()
    X = r.standard_normal((50, 3))
    units = np.array([1.0, unit, 1.0])
    g = r.standard_normal((4, 3))
    found = []
    for dense in (X, X * units):
        A = sp.csr_array(dense) if sparse else dense
        design = DesignMatrix(A, Scaling.of(A, "none"))
        found.append(make_whitening(kind, design, np.ones(50), 0.0, proba=np.full(3, 1 / 3), rng=rng()))
    scaled = np.r_[units, 1.0][:, None]

    np.testing.assert_allclose(scaled * found[1].solve(scaled * g), found[0].solve(g), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", ["whiten", "diagonal"])
@pytest.mark.parametrize(("unit", "dtype"), [(1e200, np.float64), (1e25, np.float32), (1e-25, np.float32)])
def test_large_units_do_not_overflow_once_scaled(kind: str, unit: float, dtype: type) -> None:
    X = rng().standard_normal((40, 3))
    g = rng(1).standard_normal((4, 2))
    ours, theirs = (
        make_whitening(
            kind, DesignMatrix(A, Scaling.of(A, "standard")), np.ones(40), 1e-3, proba=np.full(2, 0.5), rng=rng()
        ).solve(g)
        for A in ((X * unit).astype(dtype), X)
    )

    np.testing.assert_allclose(ours, theirs, rtol=1e-3)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("kind", ["whiten", "diagonal"])
@pytest.mark.parametrize("sparse", [False, True])
def test_features_too_large_to_be_squared_are_refused_in_words(kind: str, sparse: bool) -> None:
    X = rng().standard_normal((40, 3)) * 1e200
    X = sp.csr_array(X) if sparse else X
    with pytest.raises(DataError, match="too large"):
        make_whitening(kind, DesignMatrix(X, Scaling.of(X, "none")), np.ones(40), 0.1, proba=np.full(2, 0.5), rng=rng())


# The cost model


def shaped(n: int, d: int, *, sparse: bool = False) -> DesignMatrix:
    X = sp.csr_array((n, d), dtype=np.float64) if sparse else np.broadcast_to(np.float64(0), (n, d))
    return DesignMatrix(X, Scaling(np.zeros(d), np.ones(d)))


def test_automatic_preconditioning_follows_the_cost_model() -> None:
    assert precondition_of("auto", shaped(60_000, 784), 10) == "whiten"
    assert precondition_of("auto", shaped(150, 4), 3) == "whiten"
    assert precondition_of("auto", shaped(100, 256), 2) == "whiten"  # small anyway
    assert precondition_of("auto", shaped(100, 20_000), 2) == "diagonal"
    assert precondition_of("auto", shaped(150, 4, sparse=True), 3) == "diagonal"
    for asked in ("none", "diagonal", "whiten"):
        assert precondition_of(asked, shaped(100, 20_000, sparse=True), 2) == asked


@pytest.mark.parametrize(("n", "d", "K"), [(60_000, 784, 10), (500_000, 54, 7), (10_000, 3000, 100)])
def test_samples_cost_what_the_docstring_says(n: int, d: int, K: int) -> None:
    step, gram_of_a_row = 4 * n * d * K, 2 * d * d
    shared, each = whitening.shared_rows(shaped(n, d), K), whitening.class_rows(shaped(n, d))

    # dense products run at twice the rate of a step's or more: "three steps" are six in flops, "six" are twelve
    assert shared * gram_of_a_row <= 6 * step
    assert shared == 100 * d or (shared + 1) * gram_of_a_row >= 6 * step * (1 - 1e-6)
    assert 3 * d <= each <= 100 * d
    assert each == 3 * d or K * each * gram_of_a_row <= 12 * step


def test_sharpening_costs_nothing_to_speak_of_where_a_step_is_mostly_overhead() -> None:
    assert sharpening_cost(shaped(150, 4), 3) < 0.1
    assert 1 < sharpening_cost(shaped(60_000, 784), 10) < 20
    assert sharpening_cost(shaped(1000, 5000), 10) > 100

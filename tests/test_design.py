"""The design matrix: scaling that never copies X, blocks that never change a product."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

from softreg import design as design_module
from softreg.design import DesignMatrix, Rows, Scaling, is_sparse


def forward(design: DesignMatrix, theta: np.ndarray, rows: Rows | None = None) -> np.ndarray:
    """Logits (n_rows, n_classes), block by block."""
    V, c = design.weights(theta)
    return np.concatenate([design.project(block, V, c).T for _, block in design.operands(rows)])


def backward(design: DesignMatrix, R: np.ndarray) -> np.ndarray:
    """Xb^T R, theta-shaped, for R (n_samples, n_classes)."""
    total = design.zeros(R.shape[1])
    for where, block in design.operands():
        design.add_backward(total, block, np.ascontiguousarray(R[where].T, design.dtype))
    return design.gradient(total)


def table(n_samples: int = 60, n_features: int = 5, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_samples, n_features)) * np.logspace(-3, 3, n_features) + 10 * rng.standard_normal(
        n_features
    )


def sparse_table(dtype: type = np.float64) -> sp.csr_array:
    rng = np.random.default_rng(1)
    return sp.csr_array(np.where(rng.random((80, 6)) < 0.3, rng.standard_normal((80, 6)) * 7 + 1, 0).astype(dtype))


def seen(X, scaling: Scaling, *, intercept: bool = True) -> np.ndarray:
    """The matrix that the design stands for, in the open."""
    raw = X.toarray() if is_sparse(X) else X
    Z = (raw.astype(float) - scaling.mean) / scaling.scale
    return np.column_stack([Z, np.ones(len(Z))]) if intercept else Z


def test_standard_scaling_is_scikit_learns_standard_scaler() -> None:
    X = table()
    weight = np.random.default_rng(2).uniform(0.2, 3, len(X))

    for s in (None, weight):
        theirs = StandardScaler().fit(X, sample_weight=s)
        ours = Scaling.of(X, "standard", s)
        np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-12)
        np.testing.assert_allclose(ours.scale, theirs.scale_, rtol=1e-12)


def test_unit_scaling_is_scikit_learns_min_max_scaler() -> None:
    X = table()
    np.testing.assert_allclose(
        seen(X, Scaling.of(X, "unit"), intercept=False), MinMaxScaler().fit_transform(X), rtol=1e-10, atol=1e-14
    )


def test_pixels_share_one_range() -> None:
    X = np.array([[0.0, 0.0], [16.0, 4.0]])
    scaling = Scaling.of(X, "unit", pixels=True)

    np.testing.assert_array_equal(seen(X, scaling, intercept=False), X / 16)


def test_sparse_scaling_divides_only() -> None:
    X = sparse_table()
    standard, unit = Scaling.of(X, "standard"), Scaling.of(X, "unit")

    np.testing.assert_allclose(standard.scale, StandardScaler(with_mean=False).fit(X).scale_, rtol=1e-12)
    np.testing.assert_allclose(unit.scale, MinMaxScaler().fit(X.toarray()).data_range_, rtol=1e-12)
    assert not standard.mean.any()
    assert not unit.mean.any()


@pytest.mark.parametrize("kind", ["standard", "unit"])
def test_entries_that_are_stored_in_parts_are_one_entry(kind: str) -> None:
    X = sparse_table()
    parts = np.repeat(X.data, 2) * np.tile([0.25, 0.75], X.nnz)
    stored = sp.csr_array((parts.copy(), np.repeat(X.indices, 2), 2 * X.indptr), shape=X.shape)

    np.testing.assert_allclose(Scaling.of(stored, kind).scale, Scaling.of(X, kind).scale, rtol=1e-12)
    np.testing.assert_array_equal(stored.data, parts)


def test_unit_scaling_of_sparse_counts_is_scikit_learns_max_abs_scaler() -> None:
    X = abs(sparse_table())
    np.testing.assert_allclose(Scaling.of(X, "unit").scale, MaxAbsScaler().fit(X).scale_, rtol=1e-12)


def test_a_model_without_intercept_is_scaled_without_shift() -> None:
    X = table()
    for kind in ("standard", "unit"):
        scaling = Scaling.of(X, kind, centre=False)
        assert not scaling.mean.any()
        np.testing.assert_array_equal(scaling.scale, Scaling.of(X, kind).scale)


@pytest.mark.parametrize("make", [table, sparse_table], ids=["dense", "sparse"])
def test_weighted_moments_are_those_of_repeated_rows(make) -> None:
    X = make()
    times = np.random.default_rng(3).integers(0, 4, X.shape[0])
    ours, theirs = Scaling.of(X, "standard", times), Scaling.of(X[np.repeat(np.arange(X.shape[0]), times)], "standard")

    np.testing.assert_allclose(ours.mean, theirs.mean, rtol=1e-11)
    np.testing.assert_allclose(ours.scale, theirs.scale, rtol=1e-11)


@pytest.mark.parametrize("kind", ["standard", "unit"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e4, 1 / 3 * 1e-9])
def test_constant_columns_keep_their_unit(kind: str, dtype: type, value: float) -> None:
    X = np.column_stack([np.full(1000, value), np.arange(1000.0)]).astype(dtype)

    assert Scaling.of(X, kind).scale[0] == 1
    assert Scaling.of(sp.csr_array(X), "standard").scale[0] == 1


def test_a_column_that_is_constant_to_rounding_is_constant() -> None:
    X = np.array([[0.1 + 0.2], [0.3], [0.3]])
    assert X[0] != X[1]

    assert Scaling.of(X, "standard").scale[0] == 1


def test_a_column_that_varies_little_is_not_taken_for_constant() -> None:
    X = 1e4 + np.random.default_rng(4).standard_normal((500, 1)) * 1e-6

    assert Scaling.of(X, "standard").scale[0] == pytest.approx(X.std(), rel=1e-6)


@pytest.mark.parametrize("kind", ["standard", "unit"])
@pytest.mark.parametrize("unit", [1e-200, 1e-8, 1e8, 1e200])
def test_units_do_not_matter(kind: str, unit: float) -> None:
    X = table()

    np.testing.assert_allclose(
        seen(X * unit, Scaling.of(X * unit, kind)), seen(X, Scaling.of(X, kind)), rtol=1e-9, atol=1e-9
    )


def test_moments_of_many_far_off_centre_float32_rows_are_those_of_float64() -> None:
    # summed in float32, the mean would be off by many deviations
    X = (np.random.default_rng(5).standard_normal((300_000, 1)) + 1e4).astype(np.float32)
    scaling = Scaling.of(X, "standard")

    assert scaling.scale[0] == pytest.approx(X.std(dtype=np.float64), rel=1e-9)
    assert scaling.mean[0] == pytest.approx(X.mean(dtype=np.float64), rel=1e-7)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.booleans())
def test_fold_and_unfold_are_inverse(seed: int, sparse: bool) -> None:
    rng = np.random.default_rng(seed)
    X = sparse_table() if sparse else table(seed=seed)
    scaling = Scaling.of(X, "standard")
    theta = rng.standard_normal((X.shape[1] + 1, 3))

    np.testing.assert_allclose(scaling.unfold(*scaling.fold(theta)), theta, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("kind", ["none", "standard", "unit"])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_folded_weights_on_raw_features_are_the_same_model(kind: str, intercept: bool, dtype: type) -> None:
    X = (table() + 1e4).astype(dtype)
    scaling = Scaling.of(X, kind, centre=intercept)
    design = DesignMatrix(X, scaling, intercept)
    theta = np.random.default_rng(6).standard_normal((design.n_parameters, 3)) / (1 if kind != "none" else 1e3)
    weights, b = scaling.fold(theta)

    tolerance = 1e-7 if dtype == np.float64 else 1e-3 if kind == "none" else 1e-5
    np.testing.assert_allclose(X.astype(float) @ weights + b, forward(design, theta), rtol=tolerance, atol=tolerance)
    assert intercept or not b.any()


CASES = [
    (make, kind, intercept)
    for make in (table, sparse_table)
    for kind in ("none", "standard", "unit")
    for intercept in (True, False)
]


@pytest.mark.parametrize(("make", "kind", "intercept"), CASES)
@pytest.mark.parametrize("rows_a_block", [1, 7, 10**6])
def test_products_are_those_of_the_scaled_matrix(
    make, kind: str, intercept: bool, rows_a_block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design_module, "BLOCK_ROWS", rows_a_block)
    X = make()
    scaling = Scaling.of(X, kind, centre=intercept)
    design = DesignMatrix(X, scaling, intercept)
    Xb = seen(X, scaling, intercept=intercept)
    rng = np.random.default_rng(7)
    theta, R = rng.standard_normal((Xb.shape[1], 3)), rng.standard_normal((len(Xb), 3))
    some = rng.permutation(len(Xb))[:20]

    np.testing.assert_allclose(forward(design, theta), Xb @ theta, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(forward(design, theta, some), Xb[some] @ theta, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(forward(design, theta, slice(3, 30)), Xb[3:30] @ theta, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(backward(design, R), Xb.T @ R, rtol=1e-8, atol=1e-7)


def test_forward_and_backward_are_adjoint() -> None:
    X = table()
    design = DesignMatrix(X, Scaling.of(X, "standard"))
    rng = np.random.default_rng(8)
    theta, R = rng.standard_normal((6, 4)), rng.standard_normal((60, 4))

    assert np.vdot(forward(design, theta), R) == pytest.approx(np.vdot(theta, backward(design, R)), rel=1e-10)


@pytest.mark.parametrize("order", ["C", "F", "strided"])
@pytest.mark.parametrize("kind", ["none", "standard"])
def test_memory_layout_of_x_does_not_matter(order: str, kind: str) -> None:
    X = table()
    layout = {"C": X, "F": np.asfortranarray(X), "strided": np.repeat(X, 2, axis=1)[:, ::2]}[order]
    rows = np.array([40, 3, 3, 59])
    theta = np.random.default_rng(9).standard_normal((6, 2))

    for chosen in (None, rows):
        np.testing.assert_allclose(
            forward(DesignMatrix(layout, Scaling.of(layout, kind)), theta, chosen),
            forward(DesignMatrix(X, Scaling.of(X, kind)), theta, chosen),
            rtol=1e-10,
            atol=1e-10,
        )


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_mini_batch_touches_its_own_rows_alone(order: str) -> None:
    import tracemalloc

    X = np.asarray(np.zeros((20_000, 50)), order=order)
    design = DesignMatrix(X, Scaling.of(X, "none"))
    theta = np.zeros((51, 2))
    tracemalloc.start()
    forward(design, theta, np.arange(0, 20_000, 1000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < X.nbytes / 20


@pytest.mark.parametrize("kind", ["none", "standard"])
@pytest.mark.parametrize("rows", [None, slice(5, 40), np.array([9, 1, 9, 30])], ids=["all", "slice", "array"])
def test_blocks_visit_the_rows_in_order(kind: str, rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design_module, "BLOCK_ROWS", 3)
    X = table()
    design = DesignMatrix(X, Scaling.of(X, kind))
    centred = X - (design.scaling.mean if kind == "standard" else 0)

    visited = np.vstack([block.copy() for _, block in design.blocks(rows)])
    np.testing.assert_allclose(visited, centred if rows is None else centred[rows], rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(
        np.concatenate([np.arange(60)[where] for where, _ in design.blocks(rows)]),
        np.arange(60) if rows is None else np.arange(60)[rows],
    )


def test_size_of_blocks_depends_on_shape_alone_and_fits_the_cache() -> None:
    for n_features in (1, 10, 784, 10**5):
        X = np.broadcast_to(np.float32(1), (10**6, n_features))
        rows = DesignMatrix(X, Scaling.of(X, "none")).block_rows
        assert 64 <= rows <= design_module.BLOCK_ROWS
        assert rows == 64 or rows * n_features * 4 <= design_module.BLOCK_BYTES


def test_scaling_copies_nothing() -> None:
    import tracemalloc

    X = np.random.default_rng(10).standard_normal((40_000, 100))
    tracemalloc.start()
    design = DesignMatrix(X, Scaling.of(X, "standard"))
    total = design.zeros(2)
    for where, block in design.operands():
        design.add_backward(total, block, np.zeros((2, where.stop - where.start)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 0.3 * X.nbytes
    assert design.X is X

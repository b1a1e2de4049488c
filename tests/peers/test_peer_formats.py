"""What rows may come as: every storage, every precision, frames; and what is refused, in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from problems import overlapping, tight
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softreg import SoftmaxRegression
from softreg.functional import cross_entropy, residual


def holed(n_classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Rows of which half of the entries are zero."""
    X, y = overlapping(n_classes)
    return np.where(X > 0, X, 0.0), y


def in_parts(X: np.ndarray) -> sp.csr_array:
    """X as scipy may hold it: each entry in two parts, and those of a row from the last column to the first."""
    parts = [np.flatnonzero(row)[::-1].repeat(2) for row in X]
    data = [row[columns] * np.tile([0.25, 0.75], len(columns) // 2) for row, columns in zip(X, parts, strict=True)]
    ends = np.cumsum([0, *map(len, parts)])
    return sp.csr_array((np.concatenate(data), np.concatenate(parts), ends), shape=X.shape)


def long_indices(X: np.ndarray) -> sp.csr_array:
    """X with indices of 64 bits."""
    stored = sp.csr_array(X)
    stored.indices, stored.indptr = stored.indices.astype(np.int64), stored.indptr.astype(np.int64)
    return stored


def with_zeros(X: np.ndarray) -> sp.csr_array:
    """X with its zeros stored too."""
    n, d = X.shape
    return sp.csr_array((X.ravel(), np.tile(np.arange(d), n), d * np.arange(n + 1)), shape=X.shape)


STORAGES = {
    **{f"{kind}_{form}": getattr(sp, f"{kind}_{form}") for kind in ("csr", "csc", "coo", "lil", "dok", "bsr")
       for form in ("array", "matrix")},
    "in parts": in_parts,
    "64 bits": long_indices,
    "zeros stored": with_zeros,
}  # fmt: skip


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("scale", ["none", "standard", "unit"])
def test_every_storage_of_sparse_rows_is_the_same_rows(storage: str, scale: str) -> None:
    X, y = holed()
    stored = STORAGES[storage](X)
    ours, plain = tight(scale=scale).fit(stored, y), tight(scale=scale).fit(sp.csr_array(X), y)

    np.testing.assert_allclose(ours.coef_, plain.coef_, atol=1e-7)
    np.testing.assert_allclose(ours.predict_proba(stored), plain.predict_proba(X), atol=1e-7)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("optimizer", ["cg", "nesterov"])
def test_sparse_and_dense_rows_have_the_same_optimum(storage: str, n_classes: int, optimizer: str) -> None:
    X, y = holed(n_classes)
    parameters = {"optimizer": optimizer, "l2": 0.1, "tol": 1e-14 if optimizer == "cg" else 1e-9, "max_iter": 20_000}
    ours = SoftmaxRegression(**parameters).fit(STORAGES[storage](X), y)
    dense = SoftmaxRegression(**parameters).fit(X, y)

    np.testing.assert_allclose(ours.coef_, dense.coef_, atol=1e-7)
    np.testing.assert_allclose(ours.intercept_, dense.intercept_, atol=1e-7)


@pytest.mark.parametrize("make", [sp.csr_array, sp.csc_matrix])
def test_a_pipeline_scales_sparse_and_dense_rows_alike(make) -> None:
    X, y = holed()
    dense, sparse = (make_pipeline(StandardScaler(with_mean=False), tight()) for _ in range(2))
    dense.fit(X, y)
    sparse.fit(make(X), y)

    np.testing.assert_allclose(sparse[-1].coef_, dense[-1].coef_, atol=1e-7)
    np.testing.assert_array_equal(sparse.predict(make(X)), dense.predict(X))


@pytest.mark.parametrize(
    "given",
    [
        lambda X: X.tolist(),
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X[::-1][::-1],
        lambda X: X.astype(object),
        lambda X: X.astype(np.longdouble),
        lambda X: X.astype(str),
        lambda X: pd.DataFrame(X, columns=list("abcd")),
        lambda X: pl.DataFrame(X, schema=list("abcd")),
    ],
    ids=["lists", "Fortran", "strided", "backwards", "object", "long double", "text", "pandas", "polars"],
)
def test_every_form_of_dense_rows_is_the_same_rows(given) -> None:
    X, y = overlapping()

    np.testing.assert_allclose(tight().fit(given(X), y).coef_, tight().fit(X, y).coef_, atol=1e-9)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, int, np.float16])
def test_whole_numbers_and_half_precision_are_taken_in_full(dtype: type) -> None:
    X, y = overlapping()
    X = np.abs(np.round(3 * X)).astype(dtype)
    model = tight().fit(X, y)

    np.testing.assert_allclose(model.coef_, tight().fit(X.astype(float), y).coef_, atol=1e-9)
    assert model.coef_.dtype == model.predict_proba(X).dtype == np.float64


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_half_the_digits_give_half_the_digits(make, intercept: bool, n_classes: int) -> None:
    X, y = holed(n_classes)
    parameters = {"l2": 0.1, "tol": 1e-10, "fit_intercept": intercept}
    double = SoftmaxRegression(**parameters).fit(make(X), y)
    single = SoftmaxRegression(**(parameters | {"tol": 1e-7})).fit(make(X.astype(np.float32)), y)

    assert (
        single.coef_.dtype == single.intercept_.dtype == single.predict_proba(X.astype(np.float32)).dtype == np.float32
    )
    assert double.coef_.dtype == double.intercept_.dtype == np.float64
    np.testing.assert_allclose(single.coef_, double.coef_, atol=2e-3)


def test_rows_in_a_file_that_may_not_be_written_to_are_read(tmp_path: Path) -> None:
    X, y = overlapping()
    for name, values in (("X", X), ("y", y), ("weight", np.ones(len(y))), ("Q", np.eye(3)[y])):
        np.save(tmp_path / f"{name}.npy", values)
    mapped, labels, weight, Q = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("X", "y", "weight", "Q"))
    plain = SoftmaxRegression(scale="standard").fit(X, y)

    for optimizer in ("cg", "gd", "sgd"):
        SoftmaxRegression(optimizer=optimizer, scale="unit", max_iter=2000, l2=1.0).fit(mapped, labels, weight)
    ours = SoftmaxRegression(scale="standard").fit(mapped, labels, weight)
    np.testing.assert_array_equal(ours.coef_, plain.coef_)
    np.testing.assert_array_equal(ours.predict_proba(mapped), plain.predict_proba(X))
    np.testing.assert_allclose(
        SoftmaxRegression(scale="standard").fit_distribution(mapped, Q).coef_, plain.coef_, rtol=1e-8
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, -1])
def test_losses_of_arrays_that_may_not_be_written_to(dtype: type, axis: int) -> None:
    logits = np.random.default_rng(0).uniform(-10, 10, (6, 3)).astype(dtype)
    targets = np.arange(6) % 3
    logits = logits.T if axis == 0 else logits
    logits.flags.writeable = targets.flags.writeable = False

    assert cross_entropy(logits, targets, axis).dtype == dtype
    assert residual(logits, targets, axis).dtype == dtype


# What is refused, and in which words


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda X: np.where(X > 2, np.nan, X), "Input X contains NaN"),
        (lambda X: np.where(X > 2, np.inf, X), "infinity"),
        (lambda X: X + 1j, "Complex data not supported"),
        (lambda X: X[:, 0], "Expected 2D array"),
        (lambda X: X[:, :, None], "dim 3"),
        (lambda X: X[:0], "0 sample"),
        (lambda X: X[:, :0], "0 feature"),
        (lambda X: X[:-1], "inconsistent numbers of samples"),
        (lambda X: np.where(X > 0, "a", "b"), "could not convert string to float"),
    ],
    ids=["nan", "inf", "complex", "1d", "3d", "no rows", "no columns", "short", "text"],
)
def test_rows_that_cannot_be_learned_from_are_refused(wrong, told: str) -> None:
    X, y = overlapping()
    with pytest.raises(ValueError, match=told):
        SoftmaxRegression().fit(wrong(X), y)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda y: y + 0.5, "continuous"),
        (lambda y: np.where(y > 0, y, np.nan), "NaN"),
        (lambda y: np.where(y > 0, y.astype(object), None), "[Uu]nknown label type"),
        (lambda y: y[:-1], "inconsistent numbers of samples"),
        (lambda y: None, "y to be passed"),
        (lambda y: np.eye(3, dtype=int)[y], "1d array|multilabel"),
    ],
    ids=["quantities", "nan", "none", "short", "nothing", "one-hot"],
)
def test_labels_that_name_no_classes_are_refused(wrong, told: str) -> None:
    X, y = overlapping()
    with pytest.raises(ValueError, match=told):
        SoftmaxRegression().fit(X, wrong(y))


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_rows_to_answer_for_are_held_to_the_features_that_were_learned(method: str) -> None:
    X, y = overlapping()
    frame = pd.DataFrame(X, columns=list("abcd"))
    asked = getattr(SoftmaxRegression().fit(frame, y), method)
    np.testing.assert_array_equal(asked(pl.DataFrame(X, schema=list("abcd"))), asked(frame))
    with pytest.raises(ValueError, match="X has 3 features, but SoftmaxRegression is expecting 4"):
        getattr(SoftmaxRegression().fit(X, y), method)(X[:, :3])
    with pytest.raises(ValueError, match="feature names"):
        asked(frame[list("dcba")])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        asked(X)
    for wrong, told in ((X[0], "2D"), (np.full((1, 4), np.nan), "NaN"), (X[:0], "0 sample")):
        with pytest.raises(ValueError, match=told):
            getattr(SoftmaxRegression().fit(X, y), method)(wrong)


@pytest.mark.parametrize("size", [1e30, 1e100, 1e300])
def test_huge_units_are_learned_from_or_refused_and_never_stuck(size: float) -> None:
    X, y = overlapping(2)
    scaled = SoftmaxRegression(scale="standard", l2=0.01).fit(X * size, y)
    np.testing.assert_allclose(
        scaled.predict_proba(X * size),
        SoftmaxRegression(scale="standard", l2=0.01).fit(X, y).predict_proba(X),
        atol=1e-6,
    )
    try:
        raw = SoftmaxRegression().fit(X * size, y)
    except ValueError as error:
        assert "too large to be squared" in str(error)
    else:
        assert np.isfinite(raw.predict_proba(X * size)).all()
        assert raw.score(X * size, y) > 0.7

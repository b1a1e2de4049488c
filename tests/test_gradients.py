"""Every path to a gradient, against central differences of the objective that is printed.

The reference below writes J down once, from the formula, and shares no code with softreg.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import scipy.sparse as sp
import scipy.special

from softreg import design as design_module
from softreg.design import DesignMatrix, Scaling
from softreg.objective import Objective

N, D, K = 30, 4, 3


def raw(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((N, D)) * [1.0, 3.0, 0.2, 1.0] + [0.0, 5.0, -1.0, 0.5]


@dataclass(frozen=True)
class Path:
    """One way through the code."""

    kind: str = "none"
    sparse: bool = False
    intercept: bool = True
    weighted: bool = False
    soft: bool = False
    l2: float = 0.0
    batch: bool = False
    dtype: type = np.float64

    def build(self) -> Objective:
        X = raw().astype(self.dtype)
        if self.sparse:
            X = sp.csr_array(np.where(np.random.default_rng(1).random(X.shape) < 0.5, X, 0))
        scaling = Scaling.of(X, self.kind, self.weights, centre=self.intercept)
        design = DesignMatrix(X, scaling, self.intercept)
        return Objective(design, self.targets, self.weights, n_classes=K, l2=self.l2)

    @property
    def rows(self) -> np.ndarray | None:
        return np.random.default_rng(2).permutation(N)[:7] if self.batch else None

    @property
    def weights(self) -> np.ndarray | None:
        return np.random.default_rng(3).uniform(0.1, 4.0, N) if self.weighted else None

    @property
    def targets(self) -> np.ndarray:
        rng = np.random.default_rng(4)
        return rng.dirichlet(np.ones(K), N) if self.soft else rng.integers(K, size=N)

    def logits(self, J: Objective, theta: np.ndarray) -> np.ndarray:
        """Z W + b, z_j = (x_j - mean_j) / scale_j."""
        X = J.design.X.toarray() if self.sparse else J.design.X
        Z = (X.astype(float) - J.design.scaling.mean) / J.design.scaling.scale
        return Z @ theta[:D] + (theta[D] if self.intercept else 0)

    def formula(self, J: Objective, theta: np.ndarray) -> float:
        """J = (1/S) sum s CE + (l2/2) ||W||^2; a batch of b rows divides by (b/n) S."""
        Q = self.targets if self.soft else np.eye(K)[self.targets]
        losses = -(Q * scipy.special.log_softmax(self.logits(J, theta), axis=1)).sum(axis=1)
        s = np.ones(N) if self.weights is None else self.weights
        rows = np.arange(N) if self.rows is None else self.rows
        return (s * losses)[rows].sum() / (len(rows) / N * s.sum()) + 0.5 * self.l2 * (theta[:D] ** 2).sum()


PATHS = [
    Path(),
    Path(intercept=False),
    Path(kind="standard"),
    Path(kind="unit"),
    Path(kind="standard", intercept=False),
    Path(sparse=True),
    Path(sparse=True, kind="standard"),
    Path(sparse=True, kind="unit", intercept=False),
    Path(weighted=True),
    Path(soft=True),
    Path(l2=0.3),
    Path(batch=True),
    Path(batch=True, weighted=True),
    Path(batch=True, sparse=True, weighted=True),
    Path(batch=True, kind="standard", l2=0.3, intercept=False),
    Path(kind="standard", weighted=True, soft=True, l2=0.3, batch=True),
    Path(kind="standard", sparse=True, weighted=True, soft=True, l2=0.3, batch=True),
]


def theta_of(J: Objective) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(J.shape)


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_objective_is_the_formula(path: Path) -> None:
    J = path.build()
    theta = theta_of(J)
    found = J.evaluate(theta, path.rows)

    assert found.objective == pytest.approx(path.formula(J, theta), rel=1e-12)
    assert found.objective == pytest.approx(found.cross_entropy + J.penalty(theta), rel=1e-14)


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_gradient_is_the_central_difference_of_the_objective(path: Path) -> None:
    J = path.build()
    theta = theta_of(J)
    gradient = J.evaluate(theta, path.rows).gradient
    size = 1e-5

    assert gradient.shape == theta.shape
    for at in np.ndindex(theta.shape):
        move = np.zeros_like(theta)
        move[at] = size
        ahead, behind = (J.evaluate(theta + sign * move, path.rows).objective for sign in (1, -1))
        assert gradient[at] == pytest.approx((ahead - behind) / (2 * size), rel=1e-7, abs=1e-8), at


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_gradient_of_the_intercepts_sums_to_zero_over_the_classes(path: Path) -> None:
    # softmax ignores a shift of all logits, so nothing pulls all classes one way; only the penalty sees it
    J = path.build()
    theta = theta_of(J)
    gradient = J.evaluate(theta, path.rows).gradient
    gradient[:D] -= path.l2 * theta[:D]

    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-14)


@pytest.mark.parametrize("path", [p for p in PATHS if not p.batch], ids=str)
def test_float32_follows_float64(path: Path) -> None:
    narrow = Path(**{**vars(path), "dtype": np.float32})
    J, J32 = path.build(), narrow.build()
    theta = theta_of(J)
    wide, found = J.evaluate(theta), J32.evaluate(theta)

    assert found.gradient.dtype == np.float64
    assert found.objective == pytest.approx(wide.objective, rel=1e-6)
    np.testing.assert_allclose(found.gradient, wide.gradient, atol=2e-6 * abs(wide.gradient).max())


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_many_small_blocks_give_the_value_of_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = path.build()
    theta = theta_of(whole)
    monkeypatch.setattr(design_module, "BLOCK_ROWS", 4)
    blocks = path.build()
    assert len(list(blocks.design.blocks())) == 8

    ours, theirs = blocks.evaluate(theta, path.rows), whole.evaluate(theta, path.rows)
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-13)
    assert ours.accuracy == pytest.approx(theirs.accuracy, rel=1e-13)
    np.testing.assert_allclose(ours.gradient, theirs.gradient, rtol=1e-11, atol=1e-13)
    assert blocks.measure(theta) == pytest.approx(whole.measure(theta), rel=1e-13)


@pytest.mark.parametrize("rows", [1, 4, 10**6])
@pytest.mark.parametrize("path", [p for p in PATHS if not p.batch], ids=str)
def test_logits_that_are_known_give_what_a_forward_product_gives(
    path: Path, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # with one row a block, a part has several blocks
    monkeypatch.setattr(design_module, "BLOCK_ROWS", rows)
    J = path.build()
    theta = theta_of(J)
    logits, whole = J.design.forward(theta), J.evaluate(theta)
    known = J.evaluate_logits(logits, theta)
    p = scipy.special.softmax(path.logits(J, theta), axis=1)

    assert known.objective == pytest.approx(whole.objective, rel=1e-13)
    assert known.accuracy == pytest.approx(whole.accuracy, rel=1e-13)
    assert J.value(logits, theta) == pytest.approx(whole.objective, rel=1e-13)
    np.testing.assert_allclose(known.gradient, whole.gradient, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(J.proba(logits), p.T, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("path", [p for p in PATHS if p.batch], ids=str)
def test_the_batch_of_all_rows_is_the_full_batch(path: Path) -> None:
    J = path.build()
    theta = theta_of(J)
    shuffled = J.evaluate(theta, np.random.default_rng(6).permutation(N))
    full = J.evaluate(theta)

    assert shuffled.objective == pytest.approx(full.objective, rel=1e-13)
    np.testing.assert_allclose(shuffled.gradient, full.gradient, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("path", [p for p in PATHS if p.batch], ids=str)
def test_batches_of_an_epoch_average_to_the_full_gradient(path: Path) -> None:
    # each batch divides by its share of the rows, not by its own weight, so the mean over batches is unbiased
    J = path.build()
    theta = theta_of(J)
    order = np.random.default_rng(7).permutation(N)
    batches = [(rows, J.evaluate(theta, rows)) for rows in (order[:9], order[9:18], order[18:27], order[27:])]
    full = J.evaluate(theta)

    mean = sum(len(rows) / N * found.gradient for rows, found in batches)
    np.testing.assert_allclose(mean, full.gradient, rtol=1e-11, atol=1e-13)
    assert sum(len(rows) / N * found.objective for rows, found in batches) == pytest.approx(full.objective, rel=1e-12)


@pytest.mark.parametrize("kind", ["none", "standard"])
def test_a_slice_of_rows_is_the_index_array_of_the_same_rows(kind: str) -> None:
    J = Path(kind=kind, weighted=True).build()
    theta = theta_of(J)

    by_slice, by_index = J.evaluate(theta, slice(5, 21)), J.evaluate(theta, np.arange(5, 21))
    assert by_slice.objective == by_index.objective
    np.testing.assert_array_equal(by_slice.gradient, by_index.gradient)

"""Threads change how long a pass takes, never what comes out of it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import threadpoolctl

from softreg import design
from softreg.design import DesignMatrix, Scaling
from softreg.objective import Objective
from softreg.workers import Workers


@pytest.fixture(autouse=True)
def many_blocks(monkeypatch):
    monkeypatch.setattr(design, "BLOCK_BYTES", 64 * 7 * 8)
    monkeypatch.setattr(design, "BLOCK_ROWS", 64)


def problem(kind: str, workers: Workers | None) -> Objective:
    rng = np.random.default_rng(3)
    X, y = rng.normal(2, 3, (3000, 7)), rng.integers(0, 4, 3000)
    if kind == "sparse":
        X = sp.csr_array(X * (rng.random(X.shape) < 0.3))
    matrix = DesignMatrix(X, Scaling.of(X, "standard"), True, workers)
    return Objective(matrix, y, rng.random(3000), n_classes=4, l2=0.1)


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_any_number_of_threads_gives_the_same_bits(kind):
    theta = np.random.default_rng(4).normal(size=(8, 4))
    order = np.random.default_rng(5).permutation(3000)
    found = []
    for n_threads in (1, 2, 3, 7):
        with Workers(n_threads) as workers:
            J = problem(kind, workers)
            full, held = J.evaluate(theta), J.measure(theta)
            moment = J.design.second_moment(theta, J.sample_weight)
            batches = [J.evaluate(theta, batch).gradient for batch in np.array_split(order, 60)]
        found.append((full.objective, full.accuracy, held, *map(np.ndarray.tobytes, (full.gradient, moment, *batches))))
    assert all(other == found[0] for other in found[1:])


def test_parts_cover_every_row_once_and_in_order():
    for n_samples in (1, 63, 64, 65, 1000, 3000):
        X = np.zeros((n_samples, 7))
        parts = DesignMatrix(X, Scaling.of(X, "none")).parts()
        assert np.array_equal(np.concatenate([np.arange(n_samples)[part] for part in parts]), np.arange(n_samples))
        assert len(parts) <= design.PARTS


def test_blas_is_single_threaded_inside_and_as_before_outside():
    def blas_threads():
        return [library["num_threads"] for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]

    before = blas_threads()
    with Workers(2):
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_a_fault_on_a_thread_reaches_the_caller():
    def fails(item: int) -> int:
        raise ValueError(f"item {item}")

    with Workers(2) as workers, pytest.raises(ValueError, match="item 0"):
        workers.map(fails, [0, 1, 2])


def test_threads_follow_the_callers_handling_of_overflow():
    huge = np.full(4, 1e308)
    with np.errstate(over="ignore"), Workers(2) as workers:
        assert all(np.isinf(result).all() for result in workers.map(lambda _: huge * 10, [1, 2, 3]))

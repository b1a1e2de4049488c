"""One gradient over all rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.harness import Effort, Ratio, at_most, interleaved
from benchmarks.workload import images

__all__ = ["against_numpy"]


def against_numpy(effort: Effort) -> Iterator[Ratio]:
    data = images(effort)
    objective = data.objective()
    theta = np.random.default_rng(0).normal(0, 0.01, objective.shape)
    theta32 = theta.astype(np.float32)
    W, b = theta32[:-1], theta32[-1]

    def ours() -> np.ndarray:
        return objective.evaluate(theta).gradient

    def theirs() -> np.ndarray:
        return naive_gradient(data.X, data.y, W, b)

    np.testing.assert_allclose(ours(), theirs(), rtol=1e-3, atol=1e-5)
    pairs = interleaved(ours, theirs, effort.times(25), within=objective.design.workers)
    what = f"full gradient, {data.about}: our time, loss and accuracy included / three lines of NumPy"
    yield Ratio(what, tuple(ours / theirs for ours, theirs in pairs), at_most(0.95))


def naive_gradient(X: np.ndarray, y: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Z^T (p - q) / n, and the intercepts' row below, as a textbook writes it."""
    P = np.exp((logits := X @ W + b) - logits.max(axis=1, keepdims=True))
    R = P / P.sum(axis=1, keepdims=True) - (y[:, None] == np.arange(len(b)))
    return np.vstack([X.T @ R, R.sum(axis=0)]) / len(X)

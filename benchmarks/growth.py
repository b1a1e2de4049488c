"""How the cost of a descent step grows when the rows, the features or the classes are doubled."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.harness import Bar, Effort, Ratio, at_most, interleaved
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

__all__ = ["of_a_step"]

STEPS = 12


def of_a_step(effort: Effort) -> Iterator[Ratio]:
    """Exponents: 1 is linear. A fit of so many steps, whitening and all, at one size and at its double."""
    n, d, K = (2_000, 20, 3) if effort.quick else (100_000, 60, 6)
    doubled: dict[str, tuple[tuple[int, int, int], Bar]] = {
        "rows": ((2 * n, d, K), at_most(1.1)),
        "features": ((n, 2 * d, K), at_most(2)),
        "classes": ((n, d, 2 * K), at_most(2)),
    }
    once = _problem(n, d, K)
    for name, (shape, bar) in doubled.items():
        twice = _problem(*shape)
        pairs = interleaved(lambda twice=twice: _steps(twice), lambda: _steps(once), effort.times(7))
        exponents = tuple(math.log2(double / single) for double, single in pairs)
        yield Ratio(f"cost of {STEPS} steps at {n} x {d}, {K} classes: exponent in the {name}", exponents, bar)


def _problem(n: int, d: int, K: int) -> Problem:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, d))
    logits = X @ rng.normal(0, 0.5, (d, K))
    return Problem(X, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1), tuple(range(K)))


def _steps(problem: Problem) -> None:
    fit(problem, TrainingSettings(epochs=STEPS, tol=0, l2=1e-4))

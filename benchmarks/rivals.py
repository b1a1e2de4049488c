"""A whole fit against scikit-learn's solvers: the time until an objective is reached.

Both sides' objectives are evaluated by the same float64 code, on the same X and the same l2. A solver of scikit-learn
tells nothing on the way, so its time to a target is that of the fewest iterations (to a tenth) that reach it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from benchmarks.harness import Absent, Effort, Ratio, at_least, at_most, interleaved
from benchmarks.tables import forest, text
from benchmarks.workload import images
from softreg.design import DesignMatrix, Scaling
from softreg.objective import Objective, sklearn_c
from softreg.settings import TrainingSettings
from softreg.training import Fit, Problem, fit

__all__ = ["forest_cover", "lbfgs_100", "lbfgs_500", "small", "words"]

NEAR = 1e-4


@dataclass(frozen=True)
class Race:
    """One problem: X as both sides get it, y, l2, and how it is scaled inside softreg (and before scikit-learn)."""

    X: Any
    y: np.ndarray
    l2: float
    scale: str = "none"

    @property
    def n_classes(self) -> int:
        return int(self.y.max()) + 1

    def scaled(self) -> Any:
        return StandardScaler().fit_transform(self.X) if self.scale == "standard" else self.X

    def objective(self) -> Objective:
        """J in float64, in the coordinates in which the weights are penalised."""
        design = DesignMatrix(self.X, Scaling.of(self.X, self.scale), dtype=np.dtype(np.float64))
        return Objective(design, self.y, n_classes=self.n_classes, l2=self.l2)

    def solver(self, name: str, max_iter: int, tol: float = 0.0) -> LogisticRegression:
        C = sklearn_c(self.l2, self.n_classes, len(self.y))
        return LogisticRegression(C=C, solver=name, max_iter=max_iter, tol=tol, random_state=0)

    def value(self, weights: np.ndarray, intercept: np.ndarray) -> float:
        """J of weights on scaled features."""
        J = self.objective()
        theta = np.vstack([weights, intercept])
        return J.value(J.design.forward(theta), theta)

    def their_value(self, model: LogisticRegression) -> float:
        weights, intercept = model.coef_.T, model.intercept_
        if self.n_classes == 2:
            weights, intercept = np.hstack([-weights / 2, weights / 2]), np.array([-intercept[0] / 2, intercept[0] / 2])
        return self.value(weights.astype(np.float64), intercept.astype(np.float64))

    def ours(self, target: float | None = None, **settings: Any) -> Fit:
        """Our fit, ended as soon as its history shows the target."""
        asked = TrainingSettings(l2=self.l2, scale=self.scale, epochs=2000, **({"tol": 0.0} | settings))
        stop = None if target is None else lambda row: "there" if row["objective"] <= target else None
        return fit(Problem(self.X, self.y, tuple(range(self.n_classes))), asked, observe=stop)

    def our_value(self, result: Fit) -> float:
        theta = result.state.theta
        return self.value(theta[:-1], theta[-1])


def lbfgs_100(effort: Effort) -> Iterator[Ratio]:
    yield from _after_iterations(effort, 100, repeats=3)


def lbfgs_500(effort: Effort) -> Iterator[Ratio]:
    yield from _after_iterations(effort, 500, repeats=2)


def _after_iterations(effort: Effort, iterations: int, repeats: int) -> Iterator[Ratio]:
    """Fashion-MNIST, float32: time until the objective that lbfgs has after so many iterations."""
    data = images(effort)
    race = Race(data.X, data.y, l2=1 / len(data.y))
    iterations = 5 if effort.quick else iterations
    target = race.their_value(_trained(race.solver("lbfgs", iterations), race.X, race.y))
    reached = race.our_value(race.ours(target))
    assert reached <= target * (1 + 1e-6), (reached, target)
    pairs = interleaved(
        lambda: race.ours(target),
        lambda: _trained(race.solver("lbfgs", iterations), race.X, race.y),
        effort.times(repeats),
    )
    what = f"J = {target:.4f} of {iterations} lbfgs iterations, {data.about}: time of lbfgs / ours"
    yield Ratio(what, tuple(theirs / ours for ours, theirs in pairs), at_least(15))


def words(effort: Effort) -> Iterator[Ratio | Absent]:
    """Sparse TF-IDF: time to within 1e-4 of the optimum."""
    X, y, about = text(effort)
    race = Race(X, y, l2=1 / X.shape[0])
    yield from _to_the_optimum(race, "lbfgs", about, at_least(4), effort)
    for solver in ("newton-cg", "saga"):
        yield from _to_the_optimum(race, solver, about, at_least(1 / 1.3), effort)


def forest_cover(effort: Effort) -> Iterator[Ratio | Absent]:
    """A wide-ranging table, raw columns for ours, StandardScaler before lbfgs, timed with and without the scaler."""
    X, y, about = forest(effort)
    race = Race(X, y, l2=1 / X.shape[0], scale="standard")
    yield from _to_the_optimum(race, "lbfgs", about, at_least(6), effort)


def _to_the_optimum(race: Race, solver: str, about: str, bar: Any, effort: Effort) -> Iterator[Ratio | Absent]:
    best = race.our_value(race.ours(tol=1e-9))
    target = best * (1 + NEAR)
    scaled = race.scaled()
    found = _fewest_iterations(
        lambda n: race.their_value(_trained(race.solver(solver, n), scaled, race.y)) <= target,
        8 if effort.quick else 4000,
    )
    what = f"J* + 0.01%, {about}: time of {solver} / ours"
    if found is None:
        yield Absent(what, "theirs does not get there")
        return
    reached = race.our_value(race.ours(target))
    assert reached <= target * (1 + 1e-6), (reached, target)
    ours = lambda: race.ours(target)  # noqa: E731
    pairs = interleaved(ours, lambda: _trained(race.solver(solver, found), scaled, race.y), effort.times(3))
    yield Ratio(f"{what} ({found} iterations)", tuple(theirs / ours for ours, theirs in pairs), bar)
    if race.scale == "standard":
        began = time.perf_counter()
        race.scaled()
        scaling = time.perf_counter() - began
        yield Ratio(f"{what}, scaler timed too", tuple((theirs + scaling) / ours for ours, theirs in pairs), bar)


def _fewest_iterations(reaches: Callable[[int], bool], most: int) -> int | None:
    """The fewest iterations, to a tenth, that reach the target; None where ``most`` do not."""
    low, high = 0, 8
    while not reaches(high):
        if high >= most:
            return None
        low, high = high, 2 * high
    while high - low > max(1, high // 10):
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return high


def small(effort: Effort) -> Iterator[Ratio]:
    """Small data: fit's time against LogisticRegression().fit's, to an objective no worse."""
    from sklearn.datasets import load_digits, load_iris, load_wine

    for load in (load_iris, load_wine, load_digits):
        X, y = load(return_X_y=True)
        X = StandardScaler().fit_transform(X)
        race = Race(X, y, l2=1 / len(y))
        target = race.their_value(_trained(race.solver("lbfgs", 1000, tol=1e-4), X, y))
        reached = race.our_value(race.ours(target))
        assert reached <= target * (1 + 1e-9), (reached, target)
        ours = lambda race=race, target=target: race.ours(target)  # noqa: E731
        theirs = lambda race=race: _trained(race.solver("lbfgs", 1000, tol=1e-4), race.X, race.y)  # noqa: E731
        pairs = interleaved(ours, theirs, effort.times(25))
        what = f"fit on {load.__name__.removeprefix('load_')}, J no worse: our time / LogisticRegression().fit"
        yield Ratio(what, tuple(ours / theirs for ours, theirs in pairs), at_most(1.5))


def _trained(model: LogisticRegression, X: Any, y: np.ndarray) -> LogisticRegression:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(X, y)

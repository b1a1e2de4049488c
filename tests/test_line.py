"""The objective along a line: against central differences, and against a minimum found another way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg import design as design_module
from softreg.design import DesignMatrix, Scaling
from softreg.objective import Line, Objective
from softreg.objective import line as line_module

N, D, K = 40, 5, 4


@dataclass(frozen=True)
class Case:
    """One way through the code."""

    kind: str = "none"
    sparse: bool = False
    intercept: bool = True
    weighted: bool = False
    soft: bool = False
    l2: float = 0.0
    seed: int = 0
    size: float = 1.0

    def build(self) -> Objective:
        rng = np.random.default_rng(self.seed)
        X = rng.standard_normal((N, D)) * [1.0, 3.0, 0.2, 1.0, 2.0] + [0.0, 5.0, -1.0, 0.5, 0.0]
        if self.sparse:
            X = sp.csr_array(np.where(rng.random(X.shape) < 0.5, X, 0))
        targets = rng.dirichlet(np.ones(K), N) if self.soft else rng.integers(K, size=N)
        weight = rng.uniform(0.1, 4.0, N) if self.weighted else None
        design = DesignMatrix(X, Scaling.of(X, self.kind, weight, centre=self.intercept), self.intercept)
        return Objective(design, targets, weight, n_classes=K, l2=self.l2)

    def line(self) -> tuple[Objective, np.ndarray, np.ndarray, Line]:
        """A line from a random theta along its negative gradient, bent a little."""
        J = self.build()
        rng = np.random.default_rng(self.seed + 1)
        theta = self.size * rng.standard_normal(J.shape)
        gradient = J.evaluate(theta).gradient
        direction = -gradient * rng.uniform(0.2, 1.8, J.shape)  # still less than a right angle from -gradient
        return J, theta, direction, Line(J, J.design.forward(theta), theta, direction)


CASES = [
    Case(),
    Case(intercept=False),
    Case(kind="standard"),
    Case(sparse=True),
    Case(sparse=True, kind="standard", intercept=False),
    Case(weighted=True),
    Case(soft=True),
    Case(l2=0.3),
    Case(kind="standard", weighted=True, soft=True, l2=0.3),
    Case(kind="unit", sparse=True, weighted=True, soft=True, l2=0.01),
]


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("t", [0.0, 0.3, 2.0])
def test_slope_and_curvature_are_central_differences_of_the_objective(case: Case, t: float) -> None:
    J, theta, direction, line = case.line()
    slope, curvature = line.slopes(t)
    h = 1e-4
    behind, here, ahead = (J.evaluate(theta + at * direction).objective for at in (t - h, t, t + h))
    slopes = [np.vdot(J.evaluate(theta + at * direction).gradient, direction) for at in (t - h, t + h)]

    assert slope == pytest.approx((ahead - behind) / (2 * h), rel=1e-6, abs=1e-9)
    assert curvature == pytest.approx((slopes[1] - slopes[0]) / (2 * h), rel=1e-6, abs=1e-9)
    assert curvature == pytest.approx((ahead - 2 * here + behind) / h**2, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_slope_at_the_start_is_the_gradient_along_the_direction(case: Case) -> None:
    J, theta, direction, line = case.line()

    assert line.slopes(0.0)[0] == pytest.approx(np.vdot(J.evaluate(theta).gradient, direction), rel=1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("start", [1e-3, 1.0, 50.0])
def test_exact_step_is_the_minimum_to_one_part_in_a_hundred_on_moderate_features(case: Case, start: float) -> None:
    J, theta, direction, line = case.line()
    far = 1.0
    while line.slopes(far)[0] < 0:
        far *= 2
    true = scipy.optimize.brentq(lambda t: line.slopes(t)[0], 0, far, rtol=1e-12)

    assert line.exact_step(line.slopes(0.0)[0], start) == pytest.approx(true, rel=1e-2)
    assert J.evaluate(theta + true * direction).objective <= J.evaluate(theta).objective


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Case,
        kind=st.sampled_from(["none", "standard"]),
        sparse=st.booleans(),
        intercept=st.booleans(),
        weighted=st.booleans(),
        soft=st.booleans(),
        l2=st.sampled_from([0.0, 1e-4, 1.0]),
        seed=st.integers(0, 10**6),
        size=st.sampled_from([0.0, 1.0, 30.0, 1000.0]),
    ),
    st.sampled_from([1e-14, 1e-6, 1e-2, 1.0, 1e3, 1e8, 1e16]),
)
def test_exact_step_never_raises_the_objective(case: Case, unit: float) -> None:
    # whatever the unit of the direction: the step starts from 1
    J, theta, direction, _ = case.line()
    logits = J.design.forward(theta)
    line = Line(J, logits, theta, unit * direction)
    step = line.exact_step(line.slopes(0.0)[0])
    moved, there = line.at(step)
    before = J.value(logits, theta)

    assert step > 0
    assert np.isfinite(step)
    assert J.value(moved, there) <= before + 1e-12 * max(1, before)


@pytest.mark.parametrize("unit", [1e-14, 1e-6, 1e-2, 1.0, 1e3, 1e8, 1e16])
def test_a_search_looks_at_a_few_places_whatever_the_unit(unit: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newton's steps from a guess that knows the unit: six places on average, where logits are of order one."""
    seen: list[float] = []
    slopes = Line.slopes
    monkeypatch.setattr(Line, "slopes", lambda line, t: seen.append(t) or slopes(line, t))
    searches = [replace(case, seed=seed).line() for case in CASES for seed in range(5)]
    for J, theta, direction, line in searches:
        Line(J, line.logits, theta, unit * direction).exact_step(unit * slopes(line, 0.0)[0])

    assert len(seen) <= 6 * len(searches)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("rows", [4, 16, 10**6])
def test_logits_after_a_move_are_those_of_the_new_theta(case: Case, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design_module, "BLOCK_ROWS", rows)
    J, theta, direction, line = case.line()
    before = line.slopes(0.7)
    moved, there = line.at(0.7)

    np.testing.assert_array_equal(there, theta + 0.7 * direction)
    # subtle: moves are told less the target's own, so the logits of a row may be shifted, all by the same
    for ours, theirs in zip(moved, J.design.forward(there), strict=True):
        np.testing.assert_allclose(ours - ours.mean(axis=0), theirs - theirs.mean(axis=0), atol=1e-12)
    assert J.value(moved, there) == pytest.approx(J.evaluate(there).objective, rel=1e-13)
    assert line.slopes(0.7) == before  # moving leaves the line as it was


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_part_in_pieces_has_the_slopes_of_the_whole(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    line = case.line()[-1]
    whole = line.slopes(0.7)
    monkeypatch.setattr(line_module, "BLOCK_ROWS", 3)

    assert line.slopes(0.7) == pytest.approx(whole, rel=1e-12)


def separable() -> Objective:
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    return Objective(DesignMatrix(X, Scaling.of(X, "none")), np.array([0, 0, 1, 1]), n_classes=2)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_where_the_objective_falls_for_ever_the_step_stays_finite(unit: float) -> None:
    J = separable()
    theta = np.zeros(J.shape)
    direction = -unit * J.evaluate(theta).gradient
    line = Line(J, J.design.forward(theta), theta, direction)
    step = line.exact_step(line.slopes(0.0)[0])
    logits, there = line.at(step)

    assert np.isfinite(step)
    assert J.value(logits, there) < 1e-3
    # not further than the last digit of J asks for: a rest of exp(-1000) is no better than one of exp(-100)
    assert np.abs(logits[0][0] - logits[0][1]).max() < max(1e3, 4 * np.abs(line.moves[0]).max())


def test_a_direction_of_zero_length_moves_nothing() -> None:
    J = separable()
    theta = np.ones(J.shape)
    line = Line(J, J.design.forward(theta), theta, np.zeros(J.shape))
    step = line.exact_step(line.slopes(0.0)[0])

    assert np.isfinite(step)
    np.testing.assert_array_equal(line.at(step)[1], theta)


def test_exact_step_gives_nine_tenths_of_the_fall_on_heavy_tailed_features_too() -> None:
    """Where a few rows move a hundred times as far as the rest, a step of a tenth may still be off."""
    for seed in range(150):
        rng = np.random.default_rng(seed)
        X, y = rng.standard_cauchy((60, 3)), rng.integers(3, size=60)
        J = Objective(DesignMatrix(X, Scaling.of(X, "none")), y, n_classes=3, l2=1e-4)
        theta = rng.normal(size=J.shape)
        direction = -J.evaluate(theta).gradient * rng.uniform(0.1, 3, J.shape)
        line = Line(J, J.design.forward(theta), theta, direction)
        far = 1.0
        while line.slopes(far)[0] < 0:
            far *= 2
        true = scipy.optimize.brentq(lambda t, line=line: line.slopes(t)[0], 0, far, rtol=1e-12)
        before, best, there = (
            J.evaluate(theta + t * direction).objective for t in (0.0, true, line.exact_step(line.slopes(0.0)[0]))
        )
        assert before - there >= 0.9 * (before - best)

"""The descents, against loops written another way and against what theory says of quadratics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.optimizers import Optimizer, make, title_of
from softreg.settings import FIRST_ORDER

CURVATURES = np.array([0.3, 1.0, 4.0])


def run(method: Optimizer, gradient_of, theta: np.ndarray, learning_rate: float, steps: int) -> list[np.ndarray]:
    """All iterates of a method on a function given by its gradient."""
    memory, path = method.init(theta), [theta]
    for _ in range(steps):
        step, memory = method.update(gradient_of(path[-1]), memory, learning_rate)
        path.append(path[-1] + step)
    return path


def by_heart(name: str, slope, x: float, rate: float, steps: int, momentum: float = 0.9) -> list[float]:
    """The same methods on one plain number, from the papers' own formulas."""
    path, before, look, m, v = [x], x, x, 0.0, 0.0
    for t in range(1, steps + 1):
        if name in {"gd", "sgd"}:
            x = x - rate * slope(x)
        elif name == "momentum":  # Polyak: x+ = x - rate g + momentum (x - x-)
            x, before = x - rate * slope(x) + momentum * (x - before), x
        elif name == "nesterov":  # x+ = y - rate g(y); y+ = x+ + momentum (x+ - x); y is what is shown
            after = look - rate * slope(look)
            look, before = after + momentum * (after - before), after
            path.append(look)
            continue
        else:  # Kingma & Ba, algorithm 1
            g = slope(x)
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            x = x - rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        path.append(x)
    return path


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_each_method_follows_its_papers_formulas(name: str) -> None:
    def slope(x):
        return np.tanh(x - 2) + 0.1 * x  # smooth, and not a quadratic

    start = np.array([[5.0, -3.0], [0.5, 2.0]])
    path = np.array(run(make(name, 0.9), slope, start, 0.07, 60))

    for at in np.ndindex(start.shape):
        np.testing.assert_allclose(path[(slice(None), *at)], by_heart(name, slope, start[at], 0.07, 60), rtol=1e-10)


def test_methods_have_names_for_a_sentence() -> None:
    assert title_of("auto", 0.9) == title_of("cg", 0.9) == "conjugate gradient descent"
    for name in FIRST_ORDER:
        assert title_of(name, 0.7) == make(name, 0.7).title
    assert title_of("sgd", 0.9) == "stochastic gradient descent"


def test_adam_moves_a_weight_by_its_rate_whatever_the_curvature() -> None:
    adam = make("adam", 0.9)
    for curvature in (0.1, 4.0, 1e6):
        rate = adam.safe_learning_rate(curvature)
        (_, first) = run(adam, lambda x, c=curvature: c * x, np.ones(2), rate, 1)
        np.testing.assert_allclose(1 - first, rate, rtol=1e-6)
        assert adam.guaranteed_below(curvature) is None


def test_the_registry_and_the_settings_name_the_same_methods() -> None:
    for name in FIRST_ORDER:
        assert make(name, 0.9).title
    assert len({make(name, 0.9).title for name in FIRST_ORDER}) == len(FIRST_ORDER)


def test_gradient_descent_on_a_quadratic_is_a_power() -> None:
    path = run(make("gd", 0.9), lambda x: CURVATURES * x, np.ones(3), 0.1, 25)

    np.testing.assert_allclose(path[-1], (1 - 0.1 * CURVATURES) ** 25, rtol=1e-12)


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_without_momentum_only_gradient_descent_is_left(name: str) -> None:
    ours, plain = (run(make(n, 0.0), lambda x: CURVATURES * x, np.ones(3), 0.1, 20) for n in (name, "gd"))

    np.testing.assert_allclose(ours, plain, rtol=1e-12)


def test_momentum_follows_a_constant_gradient_at_one_over_one_minus_momentum() -> None:
    path = run(make("momentum", 0.9), lambda x: np.ones(1), np.zeros(1), 0.01, 500)

    assert (path[-2] - path[-1])[0] == pytest.approx(0.01 / (1 - 0.9))


@pytest.mark.parametrize("name", ["gd", "momentum", "nesterov"])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
def test_the_safe_step_converges_on_quadratics(name: str, momentum: float) -> None:
    method = make(name, momentum)
    path = run(method, lambda x: CURVATURES * x, np.ones(3), method.safe_learning_rate(4.0), 6000)

    assert abs(path[-1]).max() < 1e-6
    assert method.safe_learning_rate(4.0) < method.guaranteed_below(4.0)


@pytest.mark.parametrize("name", ["gd", "nesterov"])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("curvature", [1e-3, 1.0, 50.0])
def test_the_guaranteed_limit_is_where_a_quadratic_becomes_unstable(
    name: str, momentum: float, curvature: float
) -> None:
    method = make(name, momentum)
    limit = method.guaranteed_below(curvature)
    below, above = (
        abs(run(method, lambda x: curvature * x, np.ones(1), factor * limit, 4000)[-1][0]) for factor in (0.99, 1.01)
    )

    assert below < 1e-3
    assert above > 1e3


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 0.98), st.floats(0.02, 0.99), st.integers(0, 1000))
def test_heavy_ball_averages_converge_below_its_limit(momentum: float, share: float, seed: int) -> None:
    method = make("momentum", momentum)
    targets = np.random.default_rng(seed).standard_normal(3)
    rate = share * method.guaranteed_below(4.0)
    path = run(method, lambda x: CURVATURES * (x - targets), np.zeros(3), rate, 2000)
    values = [0.5 * (CURVATURES * (mean - targets) ** 2).sum() for mean in (path[0], np.mean(path, axis=0))]

    assert values[1] <= 0.35 * values[0] + 1e-12


@given(st.floats(1e-6, 1e6), st.sampled_from([-1.0, 1.0]))
def test_adams_first_step_is_the_learning_rate_whatever_the_gradient(size: float, sign: float) -> None:
    method = make("adam", 0.9)
    step, _ = method.update(np.array([sign * size]), method.init(np.zeros(1)), 0.01)

    assert step[0] == pytest.approx(-sign * 0.01, rel=0.011)  # epsilon takes its share at 1e-6


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_update_is_pure(name: str) -> None:
    method = make(name, 0.9)
    gradient = np.array([1.0, -2.0])
    _, memory = method.update(gradient, method.init(np.zeros(2)), 0.1)
    before = {key: value.copy() for key, value in memory.items()}
    first, second = (method.update(gradient, memory, 0.1) for _ in range(2))

    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(gradient, [1.0, -2.0])
    assert memory.keys() == before.keys()
    for key in memory:
        np.testing.assert_array_equal(memory[key], before[key])


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_memory_has_the_same_names_before_and_after_a_step(name: str) -> None:
    # a checkpoint stores arrays by name, and must find them again
    method = make(name, 0.9)
    start = method.init(np.zeros((3, 2)))
    _, after = method.update(np.ones((3, 2)), start, 0.1)

    assert {k: np.shape(v) for k, v in start.items()} == {k: np.shape(v) for k, v in after.items()}
    assert all(isinstance(value, np.ndarray | np.generic) for value in after.values())


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_where_the_gradient_is_zero_a_method_at_rest_stays(name: str) -> None:
    method = make(name, 0.9)
    step, _ = method.update(np.zeros(3), method.init(np.ones(3)), 0.1)

    np.testing.assert_array_equal(step, 0)


def test_theory_names_no_limit_for_adam() -> None:
    assert make("adam", 0.9).guaranteed_below(3.0) is None

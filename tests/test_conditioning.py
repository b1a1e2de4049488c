"""The number of steps that gradient descent would need: against descents that are run, and a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.sparse as sp

from softreg.design import DesignMatrix, Scaling
from softreg.functional import softmax
from softreg.geometry import gradient_descent_steps

GAP = 1e-3


def design_of(X):
    return DesignMatrix(X, Scaling.of(X, "none"))


def told(X, Y, theta, l2, *, weight=None, gap=GAP):
    """The steps that are told, with the c_k of the definition."""
    weight = np.ones(len(X)) if weight is None else weight
    proba = softmax(X @ theta[:-1] + theta[-1])
    mass = (weight[:, None] * proba * (1 - proba)).sum(axis=0) / weight.sum()
    return gradient_descent_steps(design_of(X), weight, l2, theta=theta, mass=mass, gap=gap)


def objective(X, Y, theta, l2):
    logits = X @ theta[:-1] + theta[-1]
    loss = np.logaddexp.reduce(logits, axis=1) - (logits * Y).sum(axis=1)
    return loss.mean() + l2 / 2 * (theta[:-1] ** 2).sum()


def descended(X, Y, l2, least, gap=GAP):
    """How many steps of 1/L it takes from W = 0, one after another."""
    with_ones = np.column_stack([X, np.ones(len(X))])
    L = 0.5 * np.linalg.eigvalsh(with_ones.T @ with_ones / len(X))[-1] + l2
    theta, steps = np.zeros((X.shape[1] + 1, Y.shape[1])), 0
    while objective(X, Y, theta, l2) - least > gap:
        gradient = with_ones.T @ (softmax(with_ones @ theta) - Y) / len(X)
        gradient[:-1] += l2 * theta[:-1]
        theta, steps = theta - gradient / L, steps + 1
    return steps


def best(X, Y, l2):
    from scipy.optimize import minimize

    shape = (X.shape[1] + 1, Y.shape[1])
    found = minimize(lambda flat: objective(X, Y, flat.reshape(shape), l2), np.zeros(math.prod(shape)), tol=1e-9)
    return found.x.reshape(shape)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("spread", [1.0, 6.0, 30.0])
def test_about_as_many_steps_are_told_as_a_descent_takes(seed, spread):
    """Within a factor of three, as it is said, whether the valley is round or narrow."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((300, 3)) @ np.diag([1, spread**-0.5, 1 / spread])
    X -= X.mean(axis=0)
    Y = np.eye(3)[(X @ np.diag([1, spread**0.5, spread]) + 2 * rng.standard_normal((300, 3))).argmax(axis=1)]
    theta = best(X, Y, 0.01)
    steps = descended(X, Y, 0.01, objective(X, Y, theta, 0.01))
    assert steps / 3 <= told(X, Y, theta, 0.01) <= 3 * steps


def test_one_column_and_one_curvature_have_a_closed_form():
    """Where all p are 1/2 and h = c lambda + l2, the energy h w^2 (1 - h/L)^(2t) of both classes falls to the gap."""
    X = np.array([[1.0], [-1.0]] * 50)
    w, l2 = 0.3, 0.05
    theta, mass = np.array([[w, -w], [0, 0]]), np.array([0.2, 0.2])
    h, L = 0.2 * 1 + l2, 0.5 + l2
    for gap in (1e-3, 1e-5, 1e-8):
        steps = gradient_descent_steps(design_of(X), np.ones(100), l2, theta=theta, mass=mass, gap=gap)
        exact = math.log(gap / (h * w**2)) / (2 * math.log(1 - h / L))
        assert exact <= steps <= exact * 1.02 + 1


def test_what_all_logits_share_takes_no_step():
    X = np.array([[1.0], [-1.0]] * 50)
    theta, mass = np.array([[7.0, 7.0], [3.0, 3.0]]), np.array([0.25, 0.25])
    assert gradient_descent_steps(design_of(X), np.ones(100), 0.0, theta=theta, mass=mass, gap=1e-9) == 1


def test_rows_of_weight_zero_shape_no_valley():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 2))
    Y, theta = np.eye(2)[np.arange(200) % 2], rng.standard_normal((3, 2))
    more = np.vstack([X, 1000 * rng.standard_normal((50, 2))])
    weight = np.concatenate([np.ones(200), np.zeros(50)])
    assert told(more, np.vstack([Y, Y[:50]]), theta, 0.1, weight=weight) == told(X, Y, theta, 0.1)


def test_nothing_is_told_of_sparse_and_very_wide_features_or_of_a_valley_without_end():
    theta, mass, ones = np.ones((4, 2)) * [1, -1], np.array([0.2, 0.2]), np.ones(5)
    steps = lambda design, theta: gradient_descent_steps(design, ones, 0.0, theta=theta, mass=mass, gap=1e-9)  # noqa: E731
    assert steps(design_of(np.eye(5)[:, :3]), theta) is not None
    assert steps(design_of(sp.csr_array(np.eye(5)[:, :3])), theta) is None
    assert steps(design_of(np.eye(5, 1001)), np.ones((1002, 2)) * [1, -1]) is None
    endless = design_of(np.column_stack([np.eye(5)[:, :2], 1e-9 * np.eye(5)[:, 2]]))
    assert steps(endless, theta * [[1], [1], [1e9], [1]]) is None

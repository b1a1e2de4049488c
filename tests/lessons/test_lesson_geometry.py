"""The lesson on geometry: the curvature at W = 0, the valley over two weights, and what a change of units changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from softreg.errors import UsageError
from softreg.functional import residual
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.geometry import teach
from softreg.lessons.topics.geometry.measured import rows_for
from softreg.lessons.topics.geometry.valley import L2, NEAR, Valley, valley_of


@pytest.fixture(scope="module")
def rows() -> Rows:
    return rows_for(Given())


@pytest.fixture(scope="module")
def numbers(rows: Rows) -> dict[str, Any]:
    return dict(teach(Given(rows=rows)).numbers)


@pytest.fixture(scope="module")
def valley(rows: Rows) -> Valley:
    return valley_of(rows)


def objective(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """The valley's J, written as logistic regression: log(1 + exp(-2 w x)) for the first class."""
    sign = np.where(y == 0, 1.0, -1.0)
    return float(np.logaddexp(0, -2 * sign * (X @ w)).mean() + L2 * w @ w)


@pytest.mark.parametrize("place", [0, 1])
def test_the_curvature_at_zero_is_that_of_finite_differences(numbers: dict[str, Any], rows: Rows, place: int) -> None:
    X = np.hstack([(rows.X, rows.standardised)[place], np.ones((len(rows.y), 1))])
    d, K = X.shape[1], rows.n_classes

    def gradient(theta: np.ndarray) -> np.ndarray:
        return np.asarray(X.T @ residual(X @ theta.reshape(d, K), rows.y) / len(X)).ravel()

    steps = 1e-5 * np.eye(d * K)
    hessian = np.array([(gradient(step) - gradient(-step)) / 2e-5 for step in steps])
    # the directions that sum to 0 over the classes: the others have no curvature at all
    values = np.linalg.eigvalsh(hessian)[d:]

    assert numbers["most_curved"][place] == pytest.approx(values[-1], rel=1e-4)
    assert numbers["least_curved"][place] == pytest.approx(values[0], rel=1e-3)


def test_whitening_makes_the_curvature_round(numbers: dict[str, Any]) -> None:
    assert numbers["condition"][2] == pytest.approx(1)
    assert numbers["valley_condition"]["whitened"] == pytest.approx(1)


def test_the_valley_is_logistic_regression_with_one_weight_for_each_column(valley: Valley) -> None:
    X, y = valley.rows.X, valley.rows.y
    found = minimize(objective, np.zeros(2), (X, y), method="BFGS", options={"gtol": 1e-8})

    assert np.allclose(valley.best, found.x, atol=1e-4)
    points = np.array([[0.0, 0.0], [1.0, -2.0], [0.3, 0.7]])
    assert np.allclose(valley.gap(points), [objective(w, X, y) - found.fun for w in points])


def test_every_descent_goes_down_and_ends_near_the_bottom(valley: Valley) -> None:
    for descent in valley.descents.values():
        assert (np.diff(descent.gaps) <= 1e-12).all()
        assert np.allclose(descent.gaps, valley.gap(descent.path))
        assert descent.arrived == (descent.gaps[-1] <= NEAR)


def test_the_first_whitened_step_is_newtons(valley: Valley) -> None:
    X, y = valley.rows.X, valley.rows.y
    hessian = X.T @ X / len(X) + 2 * L2 * np.eye(2)
    gradient = -(np.where(y == 0, 1.0, -1.0)[:, None] * X).mean(axis=0)

    assert np.allclose(valley.descents["whitened"].path[1], -np.linalg.solve(hessian, gradient))


def test_the_condition_number_of_two_standardised_columns_is_told_by_their_correlation(
    numbers: dict[str, Any], valley: Valley
) -> None:
    r = abs(np.corrcoef(valley.rows.X.T)[0, 1])

    assert numbers["correlation"] == pytest.approx(r)
    assert numbers["valley_condition"]["standardised"] == pytest.approx((1 + r + 2 * L2) / (1 - r + 2 * L2))
    assert numbers["asked_condition"] == pytest.approx(1.9 / 0.1)


def test_a_unit_changes_gradient_descent_and_not_whitened_conjugate_gradients(numbers: dict[str, Any]) -> None:
    assert numbers["unit_gd"][1] > 5 * numbers["unit_gd"][0]
    assert numbers["unit_cg"][0] == numbers["unit_cg"][1] == numbers["raw_cg"]
    assert numbers["cg_apart"] < 1e-10


def test_other_units_of_the_learners_columns_change_the_raw_line_of_the_table_alone(rows: Rows) -> None:
    old, new = (teach(Given(rows=replace(rows, X=rows.X * unit))).numbers for unit in (1.0, [1.0, 30.0, 1.0, 0.2]))

    assert new["condition"][0] != pytest.approx(old["condition"][0], rel=0.1)
    assert new["condition"][1] == pytest.approx(old["condition"][1])
    assert new["gd_steps"][1:] == old["gd_steps"][1:]
    assert new["goal"] == pytest.approx(old["goal"])


def test_one_column_makes_no_valley() -> None:
    rows = rows_of("iris")
    with pytest.raises(UsageError, match="two columns"):
        teach(Given(rows=replace(rows, X=rows.X * [1, 0, 0, 0])))

"""The lesson on descent: its bound against finite differences, its runs against a loop and scikit-learn."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from softreg.errors import UsageError
from softreg.functional import residual, softmax
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.descent.runs import METHODS, batches, lengths, lucky_and_wild, methods, numbers_of, run
from softreg.lessons.topics.descent.telling import _on_long_steps, teach

names = pytest.mark.parametrize("name", ["sepals", "wine", "breast_cancer"])


@cache
def rows_named(name: str) -> Rows:
    return rows_of("iris").with_columns(0, 1) if name == "sepals" else rows_of(name).with_features(4)


@cache
def numbers_named(name: str) -> dict[str, Any]:
    return numbers_of(rows_named(name), 0)


def with_ones(rows: Rows) -> np.ndarray:
    return np.hstack([rows.standardised, np.ones((len(rows.y), 1))])


def hessian(rows: Rows, theta: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """The second derivative of the mean cross-entropy, by differences of its gradient."""
    X = with_ones(rows)

    def gradient(at: np.ndarray) -> np.ndarray:
        return (X.T @ residual(X @ at.reshape(theta.shape), rows.y) / len(X)).ravel()

    at, steps = theta.ravel(), h * np.eye(theta.size)
    return np.array([(gradient(at + step) - gradient(at - step)) / (2 * h) for step in steps])


@names
def test_the_curvature_is_nowhere_above_the_bound_and_at_zero_weights_it_is_2_over_k_of_it(name: str) -> None:
    rows, numbers = rows_named(name), numbers_named(name)
    shape = (rows.X.shape[1] + 1, rows.n_classes)

    zero = np.linalg.eigvalsh(hessian(rows, np.zeros(shape)))[-1]
    assert zero == pytest.approx(numbers["start_share"] * numbers["L"], rel=1e-5)
    for seed in range(3):
        theta = np.random.default_rng(seed).normal(size=shape)
        assert np.linalg.eigvalsh(hessian(rows, theta))[-1] <= numbers["L"] * (1 + 1e-6)


@names
def test_the_first_safe_step_gains_what_was_promised(name: str) -> None:
    numbers = numbers_named(name)

    assert 0 < numbers["promised"] <= numbers["gained"]
    safe = numbers["curves"][numbers["kinds"].index("safe")]
    assert safe[0] == pytest.approx(numbers["log_k"])
    assert safe[0] - safe[1] == pytest.approx(numbers["gained"])


@names
def test_below_the_limit_no_step_rises(name: str) -> None:
    rows, numbers = rows_named(name), numbers_named(name)
    losses, _ = run(rows, 0, 60, optimizer="gd", learning_rate=1.99 / numbers["L"])

    assert (np.diff(losses) <= 1e-12).all()
    for kind, rises in zip(numbers["kinds"], numbers["rises"], strict=True):
        assert kind == "wild" or rises == 0


def test_the_losses_of_gradient_descent_are_those_of_a_loop() -> None:
    rows = rows_named("sepals")
    X, theta, expected = with_ones(rows), np.zeros((3, 3)), []
    for _ in range(21):
        expected.append(-np.log(softmax(X @ theta)[np.arange(len(X)), rows.y]).mean())
        theta = theta - 0.7 * X.T @ residual(X @ theta, rows.y) / len(X)

    losses, _ = run(rows, 0, 20, optimizer="gd", learning_rate=0.7)
    np.testing.assert_allclose(losses, expected, atol=1e-12)


def test_no_method_falls_below_the_least_possible_loss_and_one_reaches_it() -> None:
    rows = rows_named("sepals")
    X = rows.standardised
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(X, rows.y)
    least = -np.log(model.predict_proba(X)[np.arange(len(X)), rows.y]).mean()

    found = methods(rows, 0)
    assert (found["method_curves"] >= least - 1e-9).all()
    assert found["lowest"] == pytest.approx(least, abs=1e-3)
    assert found["method_curves"][:, 0] == pytest.approx(np.full(len(METHODS), math.log(3)))


def test_an_arrival_is_the_first_epoch_near_the_lowest() -> None:
    found = numbers_named("sepals")

    for curve, arrived in zip(found["method_curves"], found["arrived"], strict=True):
        near = curve <= found["lowest"] + found["near"]
        assert near.any() == (arrived is not None)
        if arrived is not None:
            assert near[arrived]
            assert not near[:arrived].any()


def test_batches_are_right_on_average_and_the_rougher_the_smaller() -> None:
    rows = rows_named("sepals")
    found = batches(rows, 0)
    X = with_ones(rows)
    each = X[:, :, None] * residual(np.zeros((len(X), 3)), rows.y)[:, None, :]
    full = each.mean(axis=0)

    assert found["bias"] < 1e-12
    assert (np.diff(found["rough"]) < 0).all()
    assert found["rough"][-1] == pytest.approx(0, abs=1e-12)
    expected = math.sqrt(np.square(each - full).sum(axis=(1, 2)).mean()) / np.linalg.norm(full)
    assert found["rough"][0] == pytest.approx(expected)


def test_lucky_and_wild_are_told_by_what_the_descents_did() -> None:
    falling, flat = np.linspace(1, 0.5, 101), np.linspace(1, 0.7, 101)
    thrown = np.concatenate([[1.0, 3.0], np.geomspace(2, 0.1, 99)])
    never = np.where(np.arange(101) % 2, 1.5, 1.0)
    safe = {0.01: flat, 1.0: flat}

    assert lucky_and_wild(safe | {2.5: falling, 4.0: falling - 0.1 * (falling < 1), 8.0: never}) == (4.0, 8.0)
    assert lucky_and_wild(safe | {2.5: thrown, 4.0: never}) == (None, 4.0)
    assert lucky_and_wild(safe | {2.5: thrown, 4.0: falling}) == (4.0, 2.5)
    assert lucky_and_wild(safe | {2.5: np.linspace(1, 0.8, 101)}) == (None, None)


@names
def test_the_steps_above_the_limit_did_what_is_said_of_them(name: str) -> None:
    numbers = numbers_named(name)
    curves = dict(zip(numbers["kinds"], numbers["curves"], strict=True))

    if "lucky" in curves:
        assert numbers["times"][numbers["kinds"].index("lucky")] > 2
        assert (np.diff(curves["lucky"]) <= 1e-12).all()
        assert curves["lucky"][-1] < curves["safe"][-1]
    if "wild" in curves:
        assert curves["wild"].max() > curves["wild"][0]
        lasting = curves["wild"][50:].max() > curves["wild"][0]
        assert ("was there again" in " ".join(_on_long_steps(numbers))) == lasting


def test_where_no_step_is_lucky_or_wild_the_lesson_says_so() -> None:
    curves = np.array([np.linspace(1, 0.5, 101)] * 2)
    told = " ".join(_on_long_steps({"kinds": ["timid", "safe"], "curves": curves, "passes": 100}))

    assert "none of the tried steps was lucky" in told
    assert "none was wild" in told


def test_the_lesson_finds_all_four_kinds_of_steps_on_its_own_data() -> None:
    assert teach(Given()).numbers["kinds"] == ["timid", "safe", "lucky", "wild"]


def test_copied_rows_leave_the_bound_as_it_is() -> None:
    numbers = numbers_named("wine")

    assert numbers["L_twice"] == pytest.approx(numbers["L"])


def test_a_class_of_which_the_thinning_leaves_no_row_is_left_out_and_said() -> None:
    generator = np.random.default_rng(0)
    y = np.array([0] * 2000 + [1] * 2000 + [2])
    rows = Rows("rare", generator.normal(size=(4001, 2)) + y[:, None], y, ("a", "b"), ("no", "yes", "rare"))

    lesson = teach(Given(rows=rows))
    assert lesson.numbers["n_rows"] <= 500
    assert lesson.numbers["n_classes"] in {2, 3}
    assert lengths(rows_named("sepals"), lesson.numbers["L"], 0)["kinds"][:2] == ["timid", "safe"]


def test_rows_from_which_no_way_leads_down_are_refused() -> None:
    """Exclusive or: the classes' means are one, and so the gradient at zero weights is 0."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    rows = Rows("xor", X, np.array([0, 1, 1, 0]), ("a", "b"), ("no", "yes"))

    with pytest.raises(UsageError, match="no way down"):
        teach(Given(rows=rows))

"""Residual, chain rule and curvature: what the lesson on the gradient claims."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from softreg.functional import cross_entropy, softmax
from softreg.lessons.given import Given, rows_of
from softreg.lessons.topics.gradient import teach
from softreg.lessons.topics.gradient.curvature import expected_covariance
from softreg.lessons.topics.gradient.logits import by_differences


def taught(*, scores: tuple[float, ...] = (), data: str | None = None) -> dict:
    given = Given(np.array(scores) if scores else None, rows_of(data) if data else None)
    return dict(teach(given).numbers)


@pytest.mark.parametrize("data", [None, "wine", "digits"])
def test_the_residual_is_the_derivative_by_scipys_differences_too(data: str | None) -> None:
    numbers = taught(data=data)
    true = np.array([int(numbers["one_hot"].argmax())])

    numeric = approx_fprime(numbers["z"], lambda z: cross_entropy(z[None], true)[0], 1e-7)
    np.testing.assert_allclose(numbers["residual"], numeric, atol=1e-5)
    assert numbers["furthest"] < 1e-8


def test_differences_of_a_quadratic_are_exact() -> None:
    np.testing.assert_allclose(by_differences(lambda z: (z**2).sum(), np.array([1.0, -3.0])), [2, -6], atol=1e-8)


def test_the_learners_scores_have_the_first_class_as_the_true_one() -> None:
    numbers = taught(scores=(1.0, 2.0, -3.5))

    np.testing.assert_allclose(numbers["residual"], softmax(numbers["z"]) - [1, 0, 0])
    assert numbers["true_name"] == "class 1"


def test_the_residual_sums_to_zero_and_a_step_against_it_lowers_the_loss() -> None:
    numbers = taught()

    assert abs(numbers["sum"]) < 1e-12
    assert numbers["loss_after"] < numbers["loss"]
    assert numbers["p_true_after"] > numbers["p_true"]


def test_scores_too_large_for_a_step_are_said_to_be() -> None:
    """At 1e15 a double cannot hold a step of 1e-5; at 1000 it can."""

    def said(scores: list[float]) -> str:
        return " ".join(getattr(part, "template", "") for part in teach(Given(np.array(scores))).body)

    assert "lost in rounding" in said([1e15, 1e15])
    assert "lost in rounding" not in said([1000.0, 1000.0])


@pytest.mark.parametrize("data", [None, "wine", "digits"])
def test_the_chain_rule_gives_the_gradient_of_the_objective_and_of_differences(data: str | None) -> None:
    numbers = taught(data=data)

    assert numbers["from_objective"] < 1e-12
    assert numbers["from_differences"] < 1e-7


@pytest.mark.parametrize("data", [None, "wine"])
def test_the_mean_probability_of_a_class_is_its_share_after_training(data: str | None) -> None:
    numbers = taught(data=data)

    np.testing.assert_allclose(numbers["mean_proba"], numbers["shares"], atol=1e-4)


@pytest.mark.parametrize("scores", [(1.0, 2.0), (0.5, -1.0, 2.0, 0.0)])
def test_the_second_derivative_is_the_covariance_of_the_label(scores: tuple[float, ...]) -> None:
    numbers = taught(scores=scores)
    labels = np.random.default_rng(9).choice(len(scores), 400_000, p=numbers["p"])

    np.testing.assert_allclose(numbers["curvature"], np.cov(np.eye(len(scores))[labels].T), atol=0.003)
    assert numbers["by_expectation"] < 1e-12
    assert numbers["by_differences"] < 1e-8
    assert numbers["by_drawing"] < 0.01


def test_the_exact_expectation_is_diag_p_less_p_p() -> None:
    p = softmax(np.random.default_rng(0).normal(size=6))

    np.testing.assert_allclose(expected_covariance(p), np.diag(p) - np.outer(p, p), atol=1e-15)


def test_bending_along_a_direction_is_the_variance_of_its_value_under_p() -> None:
    numbers = taught()

    assert numbers["along"] == pytest.approx(numbers["variance"])


def test_the_second_derivative_is_flat_along_the_shift_and_below_one_half() -> None:
    for seed in range(20):
        scores = tuple(np.random.default_rng(seed).normal(scale=3, size=2 + seed % 5).tolist())
        numbers = taught(scores=scores)

        assert numbers["flat"] < 1e-12
        assert -1e-12 < numbers["flattest"] < 1e-12
        assert numbers["steepest"] <= 0.5


def test_the_second_derivative_does_not_depend_on_the_true_class() -> None:
    """The scores in another order: the true class is another, the matrix the same, reordered."""
    first, second = taught(scores=(1.0, 2.0, -1.0)), taught(scores=(2.0, 1.0, -1.0))
    order = [1, 0, 2]

    np.testing.assert_allclose(first["curvature"], second["curvature"][np.ix_(order, order)], atol=1e-15)


def test_equal_logits_of_four_classes_pull_with_three_quarters() -> None:
    lesson = teach(Given())

    assert lesson.exercises[0].answer == pytest.approx(1 / 4 - 1)
    assert lesson.exercises[1].answer == "1/2"

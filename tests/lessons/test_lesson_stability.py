"""The lesson on stability: against scipy, and float64 where float32 fails."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import given, strategies

from softreg.functional import softmax
from softreg.lessons.given import Given
from softreg.lessons.topics.stability import EPSILON, by_the_book, teach

scores = strategies.lists(strategies.floats(-1e6, 1e6), min_size=2, max_size=6)


def test_the_formula_of_the_book_is_right_where_nothing_overflows() -> None:
    z = np.array([1.0, -3.0, 0.5])
    _, p, said = by_the_book(z)

    np.testing.assert_allclose(p, scipy.special.softmax(z))
    assert said == []


@pytest.mark.parametrize("z", [[1000.0, 0.0], [-1000.0, -1001.0]])
def test_the_formula_of_the_book_fails_at_both_ends_and_numpy_says_so(z: list[float]) -> None:
    _, p, said = by_the_book(np.array(z))

    assert np.isnan(p).any()
    assert any("invalid value" in one for one in said)


@given(scores)
def test_log_sum_exp_lies_between_its_bounds_for_any_scores(z: list[float]) -> None:
    numbers = teach(Given(scores=np.array(z))).numbers
    room = 1e-12 * max(1.0, abs(numbers["m"]))

    assert numbers["log_sum_exp"] == pytest.approx(scipy.special.logsumexp(numbers["z"]), rel=1e-12, abs=1e-9)
    assert numbers["m"] - room <= numbers["log_sum_exp"] <= numbers["upper"] + room


@given(scores)
def test_the_scores_are_moved_only_as_softmax_cannot_see(z: list[float]) -> None:
    numbers = teach(Given(scores=np.array(z))).numbers

    np.testing.assert_allclose(numbers["p"], scipy.special.softmax(np.array(z)), atol=1e-8)
    assert np.isinf(numbers["powers"]).any()  # whatever was given, the book's formula is seen to fail
    assert not np.isinf(numbers["shifted_powers"]).any()


def test_the_loss_from_the_logits_is_right_in_float32_where_the_logarithm_of_p_is_lost() -> None:
    numbers = teach(Given()).numbers
    gap, first = numbers["gap"].astype(np.float64), numbers["first_lost"]

    np.testing.assert_allclose(numbers["from_logits"], np.logaddexp(0, gap), rtol=1e-6)
    assert np.isfinite(numbers["from_p"][:first]).all()
    assert np.isinf(numbers["from_p"][first:]).all()
    assert np.exp(-float(first)) < numbers["smallest_32"] < np.exp(-float(first - 1))
    assert numbers["with_epsilon"].max() <= -np.log(EPSILON) + 1e-5


def test_epsilon_spoils_the_gradient_by_as_much_as_finite_differences_say() -> None:
    numbers = teach(Given()).numbers
    for gap in (2, 10, 15):

        def loss(z: float) -> float:
            return -float(np.log(softmax(np.array([0.0, z]))[1] + EPSILON))

        expected = (loss(-gap + 1e-5) - loss(-gap - 1e-5)) / 2e-5
        assert numbers["epsilon_gradient"][gap] == pytest.approx(expected, rel=1e-4)
        assert numbers["gradient"][gap] == pytest.approx(-1 / (1 + np.exp(-gap)), rel=1e-6)


def test_a_logarithm_that_is_lost_is_counted() -> None:
    assert teach(Given(scores=np.array([0.0, 500.0, -500.0]))).numbers["n_lost"] == 2
    assert teach(Given(scores=np.array([0.0, 1.0]))).numbers["n_lost"] == 0

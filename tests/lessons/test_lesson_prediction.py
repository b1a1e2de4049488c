"""Argmax, expected costs and refusing: what the lesson on prediction claims."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from softreg.functional import softmax
from softreg.lessons.given import Given
from softreg.lessons.topics.prediction import teach
from softreg.lessons.topics.prediction.costs import expected_costs, prices


def taught(*scores: float) -> dict:
    return dict(teach(Given(scores=np.array(scores) if scores else None)).numbers)


def test_the_second_of_three_categories_has_the_index_one() -> None:
    numbers = taught()

    assert (numbers["category"], numbers["index"]) == (2, 1)


def test_expected_costs_are_the_averages_over_drawn_labels() -> None:
    generator = np.random.default_rng(3)
    p, cost = np.array([0.5, 0.3, 0.2]), prices(3, grave=2, price=7.0)
    drawn = generator.choice(3, size=200_000, p=p)

    np.testing.assert_allclose(expected_costs(cost, p), cost[:, drawn].mean(axis=1), atol=0.02)


def test_where_every_mistake_costs_one_the_likeliest_class_is_the_cheapest() -> None:
    for p in softmax(np.random.default_rng(1).normal(size=(50, 4))):
        costs = expected_costs(prices(4, grave=0, price=1.0), p)

        np.testing.assert_allclose(costs, 1 - p)
        assert costs.argmin() == p.argmax()


@pytest.mark.parametrize("scores", [(1.0, 2.0, -1.0), (0.5, 0.1), (3.0, 0.0, 1.0, 2.0)])
def test_the_decision_turns_at_the_price_that_is_told(scores: tuple[float, ...]) -> None:
    numbers = taught(*scores)
    n_classes, grave = len(scores), numbers["grave"] - 1

    def said(price: float) -> int:
        return int(expected_costs(prices(n_classes, grave, price), numbers["p"]).argmin())

    assert said(0.999 * numbers["turn"]) == numbers["by_z"] - 1
    assert said(1.001 * numbers["turn"]) == grave
    assert numbers["cheapest"] - 1 == grave != numbers["by_z"] - 1


def test_scores_too_far_apart_for_any_price_keep_the_likeliest_class() -> None:
    lesson = teach(Given(scores=np.array([0.0, 40.0])))

    assert lesson.numbers["cheapest"] == lesson.numbers["by_z"] == 2


def test_of_equally_likely_classes_the_first_is_said() -> None:
    assert taught(0.0, 0.0, 0.0)["by_p"] == 1


def test_probabilities_that_are_rounded_to_be_equal_are_said_to_be() -> None:
    lesson = teach(Given(scores=np.array([0.0, 1e-17])))

    assert lesson.numbers["by_z"] != lesson.numbers["by_p"]
    assert any("rounded them" in getattr(part, "template", "") for part in lesson.body)


def test_a_higher_threshold_answers_no_more_rows() -> None:
    answered = taught()["answered"]

    assert answered[0] == 100
    assert all(later <= earlier for earlier, later in itertools.pairwise(answered))


def test_what_refusing_costs_is_the_price_of_mistakes_and_of_questions() -> None:
    numbers = taught()
    wrong = numbers["answered"] / 100 * (1 - numbers["right"] / 100)

    np.testing.assert_allclose(numbers["row_cost"], wrong + numbers["refusal"] * (1 - numbers["answered"] / 100))


def test_the_price_of_a_deleted_mail_is_even_at_the_answer() -> None:
    lesson = teach(Given())
    p, dear = float(lesson.exercises[0].answer), lesson.numbers["dear"]

    delete, keep = expected_costs(np.array([[dear, 0.0], [0.0, 1.0]]), np.array([1 - p, p]))
    assert abs(delete - keep) < 1e-12


def test_doubled_logits_say_the_same_classes_and_refuse_no_more() -> None:
    numbers = taught()

    assert numbers["n_same_class"] == numbers["n_held_out"]
    assert numbers["n_refused_doubled"] <= numbers["n_refused"]

"""The lesson on plain normalization: its own descents against finite differences, fit() and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from softreg.functional import plain_cross_entropy, plain_residual, residual, softmax
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.normalization.claims import on_fair_rivals, on_own_scores, on_training, verdicts
from softreg.lessons.topics.normalization.descents import Sample, descended, evaluated, scores_by_step, start
from softreg.lessons.topics.normalization.numbers import numbers_of, on_scores, trained
from softreg.lessons.topics.normalization.rules import RULES, SOFTMAX, Rule
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

rules = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def sample_of(rows: Rows) -> Sample:
    return Sample(np.hstack([rows.standardised, np.ones((len(rows.y), 1))]), rows.y, rows.n_classes)


def overlapping(n_classes: int = 3) -> Sample:
    """Rows whose classes overlap, so that the lowest loss is reached at finite weights."""
    return sample_of(rows_of("blobs", samples=90, centers=n_classes, noise=6.0, seed=3))


def slope_by_differences(value, at: np.ndarray, h: float = 1e-6) -> np.ndarray:
    found = np.empty_like(at)
    for place in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[place] = h
        found[place] = (value(at + step) - value(at - step)) / (2 * h)
    return found


@rules
def test_the_gradient_of_every_rule_is_the_slope_of_its_loss_in_the_scores(rule: Rule) -> None:
    generator = np.random.default_rng(1)
    z = generator.normal(size=(20, 4)) * 2
    y = generator.integers(4, size=20)

    expected = slope_by_differences(lambda at: rule.loss_and_residual(at, y)[0].sum(), z)
    np.testing.assert_allclose(rule.loss_and_residual(z, y)[1], expected, rtol=1e-5, atol=1e-7)


@rules
def test_the_gradient_of_every_rule_is_the_slope_of_its_loss_in_the_weights(rule: Rule) -> None:
    sample = overlapping()
    theta = np.random.default_rng(2).normal(size=(1, *start(sample).shape))

    expected = slope_by_differences(lambda at: evaluated(rule, sample, at)[0][0], theta)
    np.testing.assert_allclose(evaluated(rule, sample, theta)[1], expected, rtol=1e-5, atol=1e-7)


def test_softmax_is_the_rule_whose_factor_is_1() -> None:
    """The short cut p - 1_j against the long way, the chain rule through e^z."""
    rule = next(one for one in RULES if one.name == SOFTMAX)
    z, y = np.random.default_rng(3).normal(size=(20, 3)), np.arange(20) % 3

    loss, gradient = rule.loss_and_residual(z, y)
    np.testing.assert_allclose(loss, plain_cross_entropy(np.exp(z), y))
    np.testing.assert_allclose(gradient, plain_residual(np.exp(z), y) * np.exp(z))


@rules
def test_the_probabilities_of_every_rule_are_probabilities(rule: Rule) -> None:
    p = rule.proba(np.random.default_rng(4).normal(size=(50, 5)) * 20)

    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert ((p >= 0) & (p <= 1)).all()


def test_the_descent_of_softmax_is_that_of_fit() -> None:
    sample = overlapping()
    X, step = sample.Xb[:, :-1], 0.3
    last = softmax(scores_by_step(sample, residual, step, 25)[-1])

    settings = TrainingSettings(optimizer="gd", learning_rate=step, epochs=25, tol=0.0, l2=0.0, scale="none")
    weights = start(sample)
    found = fit(Problem(X, sample.y, ("a", "b", "c")), settings, start=(weights[:-1], weights[-1]))
    np.testing.assert_allclose(softmax(X @ found.weights + found.intercept), last, atol=1e-12)


@rules
def test_no_step_of_a_rival_raises_its_loss(rule: Rule) -> None:
    sample = overlapping()
    starts = np.random.default_rng(5).normal(size=(3, *start(sample).shape))

    losses = descended(rule, sample, starts, 60).losses
    assert (np.diff(losses, axis=0) <= 0).all()
    assert (losses[-1] < losses[0]).all()


def test_softmax_reaches_the_loss_of_scikit_learn_from_every_start() -> None:
    sample = overlapping()
    starts = 3 * np.random.default_rng(6).normal(size=(4, *start(sample).shape))
    X, places = sample.Xb[:, :-1], np.arange(len(sample.y))

    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(X, sample.y)
    expected = -model.predict_log_proba(X)[places, sample.y].mean()
    np.testing.assert_allclose(descended(RULES[0], sample, starts, 400).losses[-1], expected, atol=1e-6)


def test_between_no_two_places_does_the_loss_of_softmax_bend_the_wrong_way() -> None:
    for seed in range(3):
        numbers = numbers_of(np.array([1.0, 2.0]), rows_of("iris"), Given(seed=seed))

        assert numbers["bent"][0] == 0
        assert (numbers["bent"][1:] > 0).all()  # none of the rivals is convex


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer"])
def test_the_losses_and_the_probabilities_of_plain_normalization_belong_together(name: str) -> None:
    numbers = trained(sample_of(rows_of(name)))

    np.testing.assert_array_equal(np.isnan(numbers["plain_loss"]), numbers["lost"] > 0)
    first = numbers["first_lost"]
    assert numbers["lost"][first] > 0
    assert not numbers["lost"][:first].any()
    assert (numbers["plain_true"] <= 0).sum() == numbers["lost"][first]
    outside = (numbers["plain_low"] < 0) | (numbers["plain_high"] > 1)
    assert np.flatnonzero(outside)[0] == numbers["first_outside"]
    assert (numbers["softmax_true"] > 0).all()


def test_both_descents_begin_at_the_loss_of_guessing() -> None:
    numbers = trained(overlapping(4))

    assert numbers["softmax_loss"][0] == pytest.approx(np.log(4))
    assert numbers["plain_loss"][0] == pytest.approx(np.log(4))


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([1.0, 2.0, -3.5], "outside of 0 and 1"),
        ([1.0, 2.0, 0.0], "are probabilities"),
        ([-1.0, -2.0], "reversed order"),
        ([1.0, -1.0], "undefined"),
        ([0.0, 0.0, 0.0], "undefined"),
    ],
)
def test_what_is_said_of_the_learners_scores_is_true_of_them(scores: list[float], said: str) -> None:
    assert said in on_own_scores(on_scores(np.array(scores)))


def test_what_is_said_of_the_training_follows_what_happened() -> None:
    kept = {"first_outside": None, "first_lost": None, "smaller_outside": None, "least_row_loss": 0.1}

    assert "stayed between 0 and 1" in on_training(kept)
    outside = kept | {"first_outside": 4}
    assert "undefined" not in on_training(outside)
    assert "a loss below 0" not in on_training(outside)
    assert "a loss below 0" in on_training(outside | {"least_row_loss": -0.2})
    assert "undefined" in on_training(outside | {"first_lost": 7})
    assert "takes longer" in on_training(outside | {"smaller_outside": 30})
    assert "as early" in on_training(outside | {"smaller_outside": 4})


def test_a_rival_that_does_as_well_from_every_start_is_called_so() -> None:
    numbers = {
        "near": 0.01,
        "rules": ["softmax", "one", "two", "three"],
        "lowest": np.array([0.3, 0.3, 0.2, 0.5]),
        "highest": np.array([0.3, 0.305, 0.9, 0.5]),
    }
    softmax_told, one, two, three = verdicts(numbers)

    assert "every start" in softmax_told
    assert "every start" in one
    assert "as low as softmax" in one
    assert "do not agree" in two
    assert "below softmax" in two
    assert "above softmax" in three
    assert "{rules[1]} did as well" in on_fair_rivals(numbers)
    assert "{rules[1]} and {rules[3]} did as well" in on_fair_rivals(numbers | {"highest": [0.3, 0.305, 0.9, 0.1]})
    assert "none did as well" in on_fair_rivals(numbers | {"highest": [0.3, 0.32, 0.9, 0.5]})

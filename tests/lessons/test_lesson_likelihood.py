"""Surprise, likelihood, entropy and KL divergence: what the lesson on likelihood claims."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import log_loss

from softreg.errors import UsageError
from softreg.functional import softmax
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.likelihood import teach
from softreg.lessons.topics.likelihood.soft import divergence, two_class_cross_entropy


def taught(name: str | None = None) -> dict:
    return dict(teach(Given(rows=None if name is None else rows_of(name))).numbers)


def test_the_product_of_the_probabilities_is_the_exponential_of_minus_n_cross_entropies() -> None:
    numbers = taught()

    assert numbers["product"] == pytest.approx(numbers["likelihood"], rel=1e-9)
    assert math.log10(numbers["likelihood"]) == pytest.approx(numbers["exponent"])


def test_a_product_too_small_for_a_computer_is_told_by_its_logarithm() -> None:
    generator = np.random.default_rng(0)
    rows = Rows("noise", generator.normal(size=(2000, 2)), generator.integers(0, 4, 2000), ("a", "b"), tuple("abcd"))
    lesson = teach(Given(rows=rows))

    assert lesson.numbers["product"] == 0
    assert lesson.numbers["exponent"] < -300
    assert any("ten to the power of" in getattr(part, "template", "") for part in lesson.body)


@pytest.mark.parametrize("name", ["iris", "wine", "digits"])
def test_zero_weights_pay_the_logarithm_of_the_number_of_classes(name: str) -> None:
    numbers = taught(name)
    n_classes = rows_of(name).n_classes

    assert numbers["log_K"] == math.log(n_classes)
    assert numbers["cost"][0] == pytest.approx(math.log(n_classes))
    assert numbers["at_start"] == pytest.approx(math.log(n_classes))


def test_the_cross_entropy_on_new_rows_is_scikit_learns_log_loss() -> None:
    rows = rows_of("wine")
    train, new = rows.halves(0.6, Given().generator())
    model = train.fit()
    proba = softmax(new.X @ model.weights + model.intercept)

    assert taught("wine")["cost"][3] == pytest.approx(log_loss(new.y, proba))


def test_bits_are_nats_over_the_logarithm_of_two() -> None:
    numbers = taught()

    np.testing.assert_allclose(numbers["shown_bits"], -np.log2(numbers["shown_p"]), atol=1e-12)
    np.testing.assert_allclose(numbers["shown_nats"], -np.log(numbers["shown_p"]), atol=1e-12)


@pytest.mark.parametrize("name", [None, "wine", "breast_cancer"])
def test_cross_entropy_is_entropy_plus_divergence(name: str | None) -> None:
    numbers = taught(name)

    np.testing.assert_allclose(numbers["cross_entropies"], numbers["entropy"] + numbers["divergences"])
    assert (numbers["divergences"] >= 0).all()
    assert numbers["divergences"][-1] == 0  # p = q


def test_the_entropy_and_the_divergence_are_those_of_scipy() -> None:
    q, p = softmax(np.random.default_rng(2).normal(size=(2, 5)))

    assert divergence(q, p) == pytest.approx(scipy.stats.entropy(q, p))
    assert taught()["entropy"] == pytest.approx(scipy.stats.entropy([0.7, 0.3]))


def test_a_class_of_no_share_adds_nothing() -> None:
    assert divergence(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(math.log(2))


def test_votes_one_by_one_pay_what_their_shares_pay() -> None:
    numbers = taught()

    assert numbers["one_by_one"] == pytest.approx(numbers["at_once"], rel=1e-12)


def test_the_least_of_the_curve_is_where_p_is_q() -> None:
    p = np.linspace(0.001, 0.999, 999)

    assert p[two_class_cross_entropy(0.7, p).argmin()] == pytest.approx(0.7)


def test_the_factor_of_the_exercise_is_a_geometric_mean() -> None:
    p = np.random.default_rng(0).uniform(0.1, 1, 50)
    p *= math.exp(-0.5) / scipy.stats.gmean(p)  # such that the mean surprise is one half

    assert -np.log(p).mean() == pytest.approx(0.5)
    assert float(teach(Given()).exercises[0].answer) == pytest.approx(scipy.stats.gmean(p))


def test_rows_of_which_none_is_left_are_refused() -> None:
    rows = Rows("pair", np.array([[0.0], [1.0]]), np.array([0, 1]), ("x",), ("a", "b"))

    with pytest.raises(UsageError, match="none is left"):
        teach(Given(rows=rows))

"""The lesson on calibration: the known truth against Bayes' rule, its models against scikit-learn's measures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal
from sklearn.metrics import accuracy_score, log_loss

from softreg.errors import UsageError
from softreg.functional import softmax
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.calibration import teach
from softreg.lessons.topics.calibration.clouds import known_truth
from softreg.lessons.topics.calibration.trained import parts_of, share_of_classes, trained
from softreg.settings import TrainingSettings


def test_the_logits_of_the_clouds_are_bayes_rule() -> None:
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(3, 2))
    x = generator.normal(size=2)
    density = np.array([multivariate_normal(centre, np.eye(2)).pdf(x) for centre in centres])

    assert softmax(centres @ x - (centres**2).sum(axis=1) / 2) == pytest.approx(density / density.sum())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_truth_is_calibrated_and_its_stretched_logits_are_not(seed: int) -> None:
    numbers = known_truth(np.random.default_rng(seed))
    shrunk, truth, stretched = numbers["truth_gap"]

    assert truth < 3 * numbers["truth_chance"][1]
    assert min(shrunk, stretched) > 10 * truth
    assert len(set(numbers["truth_accuracy"])) == 1  # no answer moves
    assert min(numbers["truth_loss"]) == numbers["truth_loss"][1]  # nobody beats the true probabilities
    assert abs(numbers["truth_came"][1] - 0.5) < 0.05 < numbers["truth_came"][0] - 0.5


def test_thirty_rows_give_the_truth_a_gap_that_thousands_take_away() -> None:
    numbers = known_truth(np.random.default_rng(0))

    assert numbers["few_gap"] > 10 * numbers["truth_gap"][1]
    assert 0.1 < numbers["few_fooled"] / numbers["n_draws"] < 0.6


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_little_penalty_is_too_sure_much_is_too_unsure_and_a_temperature_mends_both(seed: int) -> None:
    numbers = teach(Given(seed=seed)).numbers
    loose, _, tight = range(3)

    assert numbers["before_verdict"][loose] == "too sure"
    assert numbers["before_verdict"][tight] == "too unsure"
    assert numbers["temperature"][loose] > 1 > numbers["temperature"][tight]
    for model in (loose, tight):
        assert numbers["after_ece"][model] < numbers["before_ece"][model]
        assert numbers["after_cross_entropy"][model] < numbers["before_cross_entropy"][model]
    assert numbers["after_accuracy"] == numbers["before_accuracy"]
    assert numbers["n_changed"] == 0


def test_what_the_table_says_of_a_model_is_what_others_measure() -> None:
    generator = np.random.default_rng(0)
    train, mend, judge = parts_of(rows_of("digits"), generator)
    model = trained(train, mend, judge, 0.1, generator)
    fitted = train.fit(TrainingSettings(l2=0.1, tol=1e-8))

    def proba(rows: Rows, temperature: float) -> np.ndarray:
        return softmax((rows.X @ fitted.weights + fitted.intercept) / temperature)

    best = minimize_scalar(lambda T: log_loss(mend.y, proba(mend, T)), bounds=(0.05, 5), method="bounded")
    mended = proba(judge, best.x)
    assert model.temperature.value == pytest.approx(best.x, rel=1e-3)
    assert model.after["cross_entropy"] == pytest.approx(log_loss(judge.y, mended), rel=1e-3)
    assert model.after["accuracy"] == pytest.approx(accuracy_score(judge.y, mended.argmax(axis=1)))
    assert model.after["confidence"] == pytest.approx(mended.max(axis=1).mean(), rel=1e-3)
    assert len({*map(tuple, train.X), *map(tuple, mend.X), *map(tuple, judge.X)}) == 1797  # no row is in two parts


def test_class_shares_alone_are_calibrated_and_know_nothing() -> None:
    generator = np.random.default_rng(0)
    rows = rows_of("digits")
    train, _, judge = parts_of(rows, generator)
    report = share_of_classes(train, judge, generator)

    assert report["ece"] < 0.02
    assert report["accuracy"] < 0.15
    assert report["cross_entropy"] == pytest.approx(np.log(10), abs=0.01)


def test_mean_probabilities_are_the_shares_of_the_training_rows() -> None:
    numbers = teach(Given(rows=rows_of("breast_cancer"))).numbers

    assert numbers["bias_gradient"] < 1e-4
    assert numbers["mean_p"] == pytest.approx(numbers["share"], abs=1e-4)
    assert abs(numbers["share"][0] - 0.5) > 0.1  # classes of equal shares would prove little


def test_too_few_rows_for_three_parts_are_refused() -> None:
    rows = rows_of("iris")
    with pytest.raises(UsageError, match="too few"):
        teach(Given(rows=rows.take(np.arange(0, 150, 4))))
    lonely = Rows("lonely", rows.X, np.where(np.arange(150) < 2, 0, 1), rows.columns, ("rare", "common"))
    with pytest.raises(UsageError, match="rarest"):
        teach(Given(rows=lonely))


def test_the_exercises_are_right() -> None:
    share, softer = teach(Given()).exercises

    assert share.answer == pytest.approx(120 / 400)
    assert softmax(np.log([0.1, 0.9]) / 2)[1] == pytest.approx(float(softer.answer))

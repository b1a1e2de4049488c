"""The lesson on generalization: the gap, the interval's promise, the price of reuse, and columns of noise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from softreg.errors import UsageError
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.generalization import teach
from softreg.lessons.topics.generalization.measured import halves_for, measured
from softreg.metrics import wilson_interval


@pytest.fixture(scope="module")
def halves() -> tuple[Rows, Rows]:
    return halves_for(Given(rows=rows_of("digits")), np.random.default_rng(0))


@pytest.fixture(scope="module")
def numbers(halves: tuple[Rows, Rows]) -> dict[str, Any]:
    return measured(*halves, np.random.default_rng(1))


def coins(n: int = 120) -> Rows:
    """Classes that no column tells anything about."""
    generator = np.random.default_rng(5)
    columns = ("x", "y", "z")
    return Rows("coins", generator.normal(size=(n, 3)), generator.permutation(n) % 2, columns, ("heads", "tails"))


def test_the_scores_are_those_of_scikit_learn(halves: tuple[Rows, Rows], numbers: dict[str, Any]) -> None:
    train, held = halves
    scaler = StandardScaler().fit(train.X)
    theirs = LogisticRegression(C=1 / (len(train.y) * numbers["plain_l2"]), tol=1e-8, max_iter=5000)
    theirs.fit(scaler.transform(train.X), train.y)

    for name, rows in (("train", train), ("held", held)):
        proba = theirs.predict_proba(scaler.transform(rows.X))
        assert numbers[f"{name}_cross_entropy"] == pytest.approx(log_loss(rows.y, proba), rel=0.02)
        assert numbers[f"{name}_accuracy"] == pytest.approx((proba.argmax(axis=1) == rows.y).mean(), abs=0.006)
    assert numbers["gap"] > 0


def test_no_row_is_in_both_parts_and_every_class_is_learned(halves: tuple[Rows, Rows]) -> None:
    train, held = halves
    places = [rows_of("digits").columns.index(name) for name in train.columns]
    every = np.sort(rows_of("digits").X[:, places], axis=0)

    assert train.columns == held.columns
    assert np.array_equal(np.sort(np.vstack([train.X, held.X]), axis=0), every)
    assert len(np.unique(train.y)) == train.n_classes


def test_no_choice_looks_at_the_held_out_rows() -> None:
    """Neither that of the columns nor that of l2."""
    rows = rows_of("wine")
    train, held = halves_for(Given(rows=rows), np.random.default_rng(0))
    all_columns, _ = rows.halves(0.5, np.random.default_rng(0))
    lied = replace(held, y=(held.y + 1) % 3)

    assert train.columns == all_columns.with_features(10).columns
    chosen = [measured(train, part, np.random.default_rng(1))["chosen_l2"] for part in (held, lied)]
    assert chosen[0] == chosen[1]


def test_the_share_of_intervals_that_hold_the_truth_is_that_of_the_binomial_distribution(
    numbers: dict[str, Any],
) -> None:
    truth = numbers["truth"]
    for n, holds in zip(numbers["sizes"].tolist(), numbers["holds"].tolist(), strict=True):
        ends = np.array([wilson_interval(k, n) for k in range(n + 1)])
        inside = (ends[:, 0] <= truth) & (truth <= ends[:, 1])
        exact = float(binom.pmf(np.arange(n + 1), n, truth)[inside].sum())
        error = np.sqrt(exact * (1 - exact) / numbers["draws"])
        assert abs(holds - exact) < 4 * error


def test_the_interval_is_wilsons_and_four_times_the_rows_about_halve_it(numbers: dict[str, Any]) -> None:
    for n, interval in zip(numbers["sizes"].tolist(), numbers["interval"].tolist(), strict=True):
        theirs = binomtest(round(numbers["truth"] * n), n).proportion_ci(method="wilson")
        assert interval == pytest.approx([theirs.low, theirs.high])
    widths = numbers["width"]
    assert widths[1] / widths[3] == pytest.approx(np.sqrt(10), rel=0.05)


def test_the_more_models_are_tried_the_more_the_test_set_flatters_the_best(numbers: dict[str, Any]) -> None:
    assert (np.diff(numbers["on_test"]) > 0).all()
    assert abs(numbers["optimism"][0]) < 0.02
    assert numbers["optimism"][3] > 0.04
    assert (numbers["optimism"][1:] < numbers["most_optimism"][1:]).all()


def test_where_nothing_can_be_learned_the_best_model_is_a_coin_on_fresh_rows() -> None:
    numbers = teach(Given(rows=coins())).numbers

    assert numbers["on_test"][3] > 0.6
    assert numbers["on_fresh"][3] < 0.55
    assert numbers["noise_train_accuracy"][2] == 1
    assert numbers["noise_held_accuracy"][2] < 0.7


def test_with_as_many_columns_as_rows_training_is_perfect_and_held_out_rows_suffer(numbers: dict[str, Any]) -> None:
    assert (numbers["noise_train_accuracy"][2:] == 1).all()
    assert (np.diff(numbers["noise_held_accuracy"]) < 0).all()
    assert numbers["columns"][2] > numbers["n_train"]


def test_a_price_helps_and_the_folds_find_a_good_one(numbers: dict[str, Any]) -> None:
    assert numbers["chosen_held_cross_entropy"] < numbers["noise_held_cross_entropy"][2] - 0.1
    assert numbers["chosen_held_cross_entropy"] < 1.1 * numbers["least_held_cross_entropy"]
    assert (np.diff(numbers["path_train_cross_entropy"]) > -1e-4).all()


def test_classes_too_rare_to_be_held_out_are_left_out_and_named() -> None:
    rows = rows_of("iris")
    few = rows.take(np.r_[0:50, 50:100, 100:102])
    lesson = teach(Given(rows=few))

    assert lesson.numbers["n_classes"] == 2
    assert any("setosa, versicolor" in note for note in lesson.notes)
    with pytest.raises(UsageError, match="fewer than two classes"):
        teach(Given(rows=rows.take(np.array([0, 60, 61, 120]))))


def test_the_rows_of_the_exercise_give_the_interval_that_was_asked_for(numbers: dict[str, Any]) -> None:
    n = round(numbers["asked_rows"])

    assert 1.96 * np.sqrt(0.9 * 0.1 / n) == pytest.approx(0.01, rel=1e-3)
    assert numbers["asked_wilson"] == pytest.approx(0.01, abs=5e-4)
    assert teach(Given(rows=coins())).exercises[0].right("3457")

"""Metrics of weighted rows and of soft labels: against repeated rows, scikit-learn, SciPy, and their definitions."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from sklearn import metrics as theirs

from softreg import metrics as ours
from softreg.errors import DataError

OF_ROWS = ("n_rows", "accuracy_interval", "ece_if_calibrated", "chance", "rows")
"""What speaks of rows and not of their weights."""


def made_up(n_samples: int, n_classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log probabilities that know something of the truth, soft labels, and a class drawn from each."""
    rng = np.random.default_rng(seed)
    soft = rng.dirichlet(np.full(n_classes, 0.5), size=n_samples)
    codes = np.array([rng.choice(n_classes, p=row) for row in soft])
    logits = rng.normal(size=(n_samples, n_classes)) + 1.5 * np.eye(n_classes)[codes]
    return special.log_softmax(logits, axis=1), soft, codes


def weights_for(n_samples: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).exponential(size=n_samples) * 3


def named(n_classes: int) -> list[str]:
    return [f"class {k}" for k in range(n_classes)]


def leaves(report: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every number and word of a report under its place in it."""
    if not isinstance(report, dict | list):
        return {"": report}
    parts = report.items() if isinstance(report, dict) else enumerate(report)
    return {
        f"{name}/{inner}": value
        for name, part in parts
        if name not in without
        for inner, value in leaves(part, without).items()
    }


def assert_same(one: dict[str, Any], other: dict[str, Any], without: tuple[str, ...] = ()) -> None:
    ours_, others = leaves(one, without), leaves(other, without)
    assert ours_.keys() == others.keys()
    for place, value in ours_.items():
        same = value == others[place]
        assert same or value == pytest.approx(others[place], rel=1e-9, abs=1e-12), place


SIZES = [(40, 2), (200, 3), (500, 10), (30, 25)]


@pytest.mark.parametrize(("n_samples", "n_classes"), SIZES)
def test_weighted_scores_agree_with_scikit_learn(n_samples: int, n_classes: int) -> None:
    log_proba, _, codes = made_up(n_samples, n_classes)
    weight, labels = weights_for(n_samples), list(range(n_classes))
    proba, predicted = np.exp(log_proba), log_proba.argmax(axis=1)

    assert ours.accuracy(codes, predicted, weight) == pytest.approx(
        theirs.accuracy_score(codes, predicted, sample_weight=weight)
    )
    assert ours.cross_entropy(log_proba, codes, weight) == pytest.approx(
        theirs.log_loss(codes, proba, labels=labels, sample_weight=weight)
    )
    one_hot = np.eye(n_classes)[codes]
    assert ours.brier(proba, codes, weight) == pytest.approx(
        n_classes * theirs.mean_squared_error(one_hot, proba, sample_weight=weight)
    )
    np.testing.assert_allclose(
        ours.confusion_matrix(codes, predicted, n_classes, weight),
        theirs.confusion_matrix(codes, predicted, labels=labels, sample_weight=weight),
    )


@pytest.mark.parametrize(("n_samples", "n_classes"), SIZES)
def test_weighted_precision_recall_and_f1_agree_with_scikit_learn(n_samples: int, n_classes: int) -> None:
    log_proba, _, codes = made_up(n_samples, n_classes)
    weight, predicted = weights_for(n_samples), log_proba.argmax(axis=1)
    columns = theirs.precision_recall_fscore_support(
        codes, predicted, labels=list(range(n_classes)), sample_weight=weight, zero_division=np.nan
    )

    rows = ours.evaluate(log_proba, codes, named(n_classes), codes, sample_weight=weight)["per_class"]

    for name, column in zip(("precision", "recall", "f1", "support"), columns, strict=True):
        as_numbers = [math.nan if row[name] is None else row[name] for row in rows]
        np.testing.assert_allclose(as_numbers, column)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40).filter(any), st.booleans(), st.integers(0, 2**32 - 1))
def test_whole_weights_are_repeated_rows(repeats: list[int], soft_labels: bool, seed: int) -> None:
    n_samples, times = len(repeats), np.array(repeats)
    log_proba, soft, codes = made_up(n_samples, 3, seed)
    more = {"distribution": soft} if soft_labels else {}
    again = {"distribution": np.repeat(soft, times, axis=0)} if soft_labels else {}

    weighted = ours.evaluate(
        log_proba, codes, named(3), codes, sample_weight=times.astype(float), train_weight=times.astype(float), **more
    )
    repeated = ours.evaluate(
        np.repeat(log_proba, times, axis=0), np.repeat(codes, times), named(3), np.repeat(codes, times), **again
    )

    assert weighted.pop("weight") == repeated["n_rows"]
    assert_same(weighted, repeated, without=OF_ROWS)


@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=40), st.integers(-20, 20))
def test_the_unit_of_the_weights_changes_nothing_but_the_sums(weights: list[float], power: int) -> None:
    weight, unit = np.array(weights), 2.0**power
    log_proba, _, codes = made_up(len(weight), 3)

    one = ours.evaluate(log_proba, codes, named(3), codes, sample_weight=weight, train_weight=weight)
    other = ours.evaluate(log_proba, codes, named(3), codes, sample_weight=unit * weight, train_weight=unit * weight)

    assert other["weight"] == pytest.approx(unit * one["weight"])
    np.testing.assert_allclose(other["confusion"], unit * np.array(one["confusion"]))
    assert_same(one, other, without=("weight", "confusion", "support"))


def test_weights_of_one_change_nothing() -> None:
    log_proba, _, codes = made_up(150, 4)

    weighted = ours.evaluate(log_proba, codes, named(4), codes, sample_weight=np.ones(150), train_weight=np.ones(150))

    assert weighted.pop("weight") == 150
    assert_same(weighted, ours.evaluate(log_proba, codes, named(4), codes))


def test_rows_of_no_weight_are_left_out_whatever_the_model_says_of_them() -> None:
    log_proba, soft, codes = made_up(60, 3)
    weight = weights_for(60)
    weight[[3, 40]] = 0
    kept = weight > 0
    wild = log_proba.copy()
    wild[3], wild[40] = np.nan, [-np.inf, -np.inf, 0]

    for labels, kept_labels in (({}, {}), ({"distribution": soft}, {"distribution": soft[kept]})):
        report = ours.evaluate(wild, codes, named(3), codes, sample_weight=weight, **labels)
        without = ours.evaluate(
            log_proba[kept], codes[kept], named(3), codes, sample_weight=weight[kept], **kept_labels
        )
        assert report == without
        assert report["n_rows"] == 58


def test_a_row_of_no_weight_may_be_impossible() -> None:
    log_proba = np.log([[0.5, 0.5], [0.25, 0.75]])
    with_impossible = np.vstack([log_proba, [0.0, -np.inf]])

    score = ours.cross_entropy(with_impossible, np.array([0, 1, 1]), np.array([1.0, 1.0, 0.0]))

    assert score == ours.cross_entropy(log_proba, np.array([0, 1]))


def test_nan_in_a_row_that_counts_is_refused_under_its_own_number() -> None:
    log_proba, _, codes = made_up(6, 3)
    log_proba[[1, 4]] = np.nan

    with pytest.raises(DataError, match="row 5 of 6"):
        ours.evaluate(log_proba, codes, named(3), codes, sample_weight=np.array([0.0, 0.0, 1.0, 1.0, 1.0, 1.0]))


@given(st.lists(st.tuples(st.floats(1e-3, 1e3), st.booleans()), min_size=1, max_size=60))
def test_a_weighted_accuracy_and_its_interval_stay_within_0_and_1_and_reach_them(
    rows: list[tuple[float, bool]],
) -> None:
    weight, right = np.array([w for w, _ in rows]), np.array([int(each) for _, each in rows])
    says = np.ones(len(rows), dtype=int)

    share, (low, high) = ours.accuracy(right, says, weight), ours.accuracy_interval(right, says, weight)

    assert 0.0 <= low <= share <= high <= 1.0
    assert (share == 1.0) == right.all()
    assert (share == 0.0) == (not right.any())
    assert (high == 1.0) or not right.all()


@pytest.mark.parametrize("n_samples", [3, 17, 100, 1001])
def test_being_always_right_is_an_accuracy_of_one_to_the_last_bit(n_samples: int) -> None:
    codes = np.zeros(n_samples, dtype=int)

    for seed in range(50):
        assert ours.accuracy(codes, codes, weights_for(n_samples, seed)) == 1.0


def test_as_many_rows_are_effective_as_make_the_mean_as_sure() -> None:
    weight = weights_for(50)
    rng = np.random.default_rng(0)
    means = rng.normal(size=(20_000, 50)) @ weight / weight.sum()

    assert means.var() == pytest.approx(1 / ours.effective_rows(weight), rel=0.05)
    assert ours.effective_rows(np.full(7, 1e-200)) == pytest.approx(7)
    assert ours.effective_rows(np.array([1e200, 1e-200])) == pytest.approx(1)


def test_the_weighted_interval_holds_the_true_share_about_as_often_as_its_level_says() -> None:
    rng, share, weight = np.random.default_rng(0), 0.8, weights_for(80)
    inside = 0
    for _ in range(2000):
        right = (rng.random(80) < share).astype(int)
        low, high = ours.accuracy_interval(right, np.ones(80, dtype=int), weight, level=0.9)
        inside += low <= share <= high

    assert 0.86 < inside / 2000 < 0.94


@pytest.mark.parametrize("bins", [1, 7, 15])
def test_the_weighted_ece_agrees_with_its_definition_bin_by_bin(bins: int) -> None:
    log_proba, soft, codes = made_up(300, 3)
    proba, weight, edges = np.exp(log_proba), weights_for(300), np.linspace(0, 1, bins + 1)
    top, sure = proba.argmax(axis=1), proba.max(axis=1)

    for targets, right in ((codes, codes == top), (soft, soft[np.arange(300), top])):
        by_hand = 0.0
        for low, high in pairwise(edges):
            inside = (low < sure) & (sure <= high)
            if inside.any():
                gap = np.average(right[inside] - sure[inside], weights=weight[inside])
                by_hand += weight[inside].sum() / weight.sum() * abs(gap)
        assert ours.expected_calibration_error(proba, targets, bins, weight) == pytest.approx(by_hand)


def test_the_weighted_ece_if_calibrated_agrees_with_simulating_labels() -> None:
    proba, weight = np.exp(made_up(300, 2, seed=3)[0]), weights_for(300)
    rng = np.random.default_rng(1)
    simulated = [
        ours.expected_calibration_error(proba, (rng.random(300) < proba[:, 1]).astype(int), sample_weight=weight)
        for _ in range(2000)
    ]

    drawn = ours.ece_if_calibrated(proba, draws=2000, rng=np.random.default_rng(2), sample_weight=weight)

    assert abs(drawn - np.mean(simulated)) < 6 * np.std(simulated) / math.sqrt(2000)


def test_the_weighted_ece_if_calibrated_ignores_the_order_of_rows_that_are_equally_sure() -> None:
    proba, weight = np.full((40, 2), 0.5), weights_for(40)
    shuffled = np.random.default_rng(5).permutation(weight)

    one, other = (
        ours.ece_if_calibrated(proba, rng=np.random.default_rng(7), sample_weight=each) for each in (weight, shuffled)
    )

    assert one == other


def test_classes_with_their_masses_are_yardsticks_as_good_as_the_training_rows() -> None:
    log_proba, soft, codes = made_up(90, 4)
    train_codes, train_weight = made_up(200, 4, seed=9)[2], weights_for(200)
    mass = ours.class_mass(train_codes, 4, train_weight)

    for labels in ({}, {"distribution": soft}):
        rows = ours.evaluate(log_proba, codes, named(4), train_codes, train_weight=train_weight, **labels)
        masses = ours.evaluate(log_proba, codes, named(4), np.arange(4), train_weight=mass, **labels)
        assert_same(rows, masses)


def test_the_class_shares_of_soft_training_rows_are_those_of_their_masses() -> None:
    log_proba, soft, codes = made_up(70, 3)
    weight = weights_for(70)
    mass = ours.class_mass(soft, 3, weight)
    shares = np.average(soft, axis=0, weights=weight)

    report = ours.evaluate(
        log_proba, codes, named(3), np.arange(3), sample_weight=weight, train_weight=mass, distribution=soft
    )

    # on the training rows themselves: the entropy of the shares
    assert report["yardsticks"]["class_shares_cross_entropy"] == pytest.approx(stats.entropy(shares))


def test_the_weights_of_training_choose_the_commonest_class_and_the_shares() -> None:
    log_proba, _, _ = made_up(4, 2)
    codes, weight = np.array([0, 0, 1, 1]), np.array([1.0, 2.0, 3.0, 4.0])

    yard = ours.evaluate(
        log_proba, codes, ["a", "b"], np.array([0, 0, 1]), sample_weight=weight, train_weight=np.array([1.0, 1.0, 6.0])
    )["yardsticks"]

    assert yard["commonest_class"] == "b"
    assert yard["commonest_class_accuracy"] == 0.7
    assert yard["class_shares_cross_entropy"] == pytest.approx(-(3 * math.log(1 / 4) + 7 * math.log(3 / 4)) / 10)


@pytest.mark.parametrize(
    ("weight", "told"),
    [
        ([1.0, -2.0, 1.0], "row 2 is -2"),
        ([1.0, 1.0, math.nan], "row 3 is nan"),
        ([math.inf, 1.0, 1.0], "row 1 is inf"),
        ([0.0, 0.0, 0.0], "sum to 0"),
        ([1.7e308, 1.7e308, 1.0], "sum to inf"),
        ([1.0, 1.0], r"shape \(2,\)"),
    ],
)
def test_weights_that_weigh_nothing_sensible_are_refused(weight: list[float], told: str) -> None:
    log_proba, _, codes = made_up(3, 2)

    with pytest.raises(DataError, match=told):
        ours.evaluate(log_proba, codes, ["a", "b"], codes, sample_weight=np.array(weight))
    with pytest.raises(DataError, match=told):
        ours.evaluate(log_proba, codes, ["a", "b"], codes, train_weight=np.array(weight))


def test_counts_are_whole_without_weights_and_sums_with_them() -> None:
    log_proba, soft, codes = made_up(20, 2)

    plain = ours.evaluate(log_proba, codes, ["a", "b"], codes)
    weighted = ours.evaluate(log_proba, codes, ["a", "b"], codes, sample_weight=np.full(20, 0.5))
    expected = ours.evaluate(log_proba, codes, ["a", "b"], codes, distribution=soft)

    assert "weight" not in plain
    assert "entropy" not in plain
    assert all(isinstance(count, int) for line in plain["confusion"] for count in line)
    assert weighted["confusion"] == (0.5 * np.array(plain["confusion"])).tolist()
    assert np.sum(expected["confusion"]) == pytest.approx(20)
    np.testing.assert_allclose([row["support"] for row in expected["per_class"]], soft.sum(axis=0))
    for report in (plain, weighted, expected):
        assert json.loads(json.dumps(report, allow_nan=False)) == report


@pytest.mark.parametrize("weighted", [False, True])
def test_soft_labels_that_are_sure_are_class_indices(weighted: bool) -> None:
    log_proba, _, codes = made_up(80, 3)
    weights = {"sample_weight": weights_for(80)} if weighted else {}

    soft = ours.evaluate(log_proba, codes, named(3), codes, distribution=np.eye(3)[codes], **weights)

    assert soft.pop("entropy") == 0
    assert soft["ece_if_calibrated"] is None
    plain = ours.evaluate(log_proba, codes, named(3), codes, **weights)
    assert_same(soft, plain, without=("ece_if_calibrated", "chance"))


@given(st.integers(1, 30), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_a_soft_label_is_one_row_for_each_class_weighing_its_share(n_samples: int, n_classes: int, seed: int) -> None:
    log_proba, soft, codes = made_up(n_samples, n_classes, seed)
    weight, names = weights_for(n_samples), named(n_classes)

    report = ours.evaluate(log_proba, codes, names, codes, sample_weight=weight, distribution=soft)
    spread = ours.evaluate(
        np.repeat(log_proba, n_classes, axis=0),
        np.tile(np.arange(n_classes), n_samples),
        names,
        codes,
        sample_weight=(weight[:, None] * soft).ravel(),
    )

    # Brier is taken against q itself; drawing a class from q adds what no model can help
    chance = np.average(1 - (soft**2).sum(axis=1), weights=weight)
    assert report.pop("brier") + chance == pytest.approx(spread.pop("brier"))
    del report["brier_terms"], spread["brier_terms"]
    assert report.pop("entropy") <= report["cross_entropy"] + 1e-12
    assert_same(report, spread, without=OF_ROWS)


@given(st.integers(1, 30), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_cross_entropy_is_entropy_plus_the_divergence_of_model_and_truth(
    n_samples: int, n_classes: int, seed: int
) -> None:
    log_proba, soft, _ = made_up(n_samples, n_classes, seed)
    weight = weights_for(n_samples)
    divergence = np.average(special.rel_entr(soft, np.exp(log_proba)).sum(axis=1), weights=weight)

    assert ours.entropy(soft, weight) == pytest.approx(np.average(stats.entropy(soft, axis=1), weights=weight))
    assert ours.cross_entropy(log_proba, soft, weight) == pytest.approx(ours.entropy(soft, weight) + divergence)


def test_a_model_that_knows_the_soft_labels_scores_their_entropy_and_no_brier() -> None:
    _, soft, codes = made_up(50, 4)

    report = ours.evaluate(np.log(soft), codes, named(4), codes, distribution=soft)

    assert report["cross_entropy"] == pytest.approx(report["entropy"])
    assert report["brier"] == pytest.approx(0, abs=1e-30)
    assert report["ece"] == pytest.approx(0, abs=1e-15)
    assert report["accuracy"] == pytest.approx(soft.max(axis=1).mean())


def test_a_share_of_nothing_costs_nothing_and_any_other_share_of_the_impossible_costs_infinity() -> None:
    log_proba = np.array([[0.0, -np.inf]])

    assert ours.cross_entropy(log_proba, np.array([[1.0, 0.0]])) == 0
    assert ours.entropy(np.array([[1.0, 0.0]])) == 0
    report = ours.evaluate(log_proba, np.array([0]), ["a", "b"], np.array([0]), distribution=np.array([[0.9, 0.1]]))
    assert report["cross_entropy"] is None
    assert report["yardsticks"]["class_shares_cross_entropy"] is None


def test_with_soft_labels_the_class_indices_are_not_looked_at() -> None:
    log_proba, soft, codes = made_up(30, 3)

    one, other = (
        ours.evaluate(log_proba, each, named(3), codes, distribution=soft) for each in (codes, np.full(30, -1))
    )

    assert one == other


def test_a_sum_of_one_to_rounding_is_one_and_its_accuracy_has_an_interval() -> None:
    soft = np.tile([1 + 5e-7, 0.0], (3_000_000, 1))

    low, high = ours.accuracy_interval(soft, np.zeros(len(soft), dtype=int))

    assert 0.999 < low < high == 1.0


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[0.5, 0.5], [0.5, 0.4]], r"row 2 are no distribution: \[0.5, 0.4\]"),
        ([[1.5, -0.5], [0.5, 0.5]], "row 1"),
        ([[math.nan, 1.0], [0.5, 0.5]], "row 1"),
        ([[0.5, 0.5]], r"shape \(1, 2\)"),
        ([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]], r"shape \(2, 3\)"),
    ],
)
def test_soft_labels_that_are_no_distribution_are_refused(rows: list[list[float]], told: str) -> None:
    log_proba, _, codes = made_up(2, 2)

    with pytest.raises(DataError, match=told):
        ours.evaluate(log_proba, codes, ["a", "b"], codes, distribution=np.array(rows))


def test_single_precision_soft_labels_are_summed_in_double() -> None:
    n = 2**22
    soft = np.tile(np.array([0.3, 0.7], dtype=np.float32), (n, 1))
    log_proba = np.log(soft)
    first, second = map(float, soft[0])
    by_hand = -(first * float(log_proba[0, 0]) + second * float(log_proba[0, 1]))

    assert ours.cross_entropy(log_proba, soft) == pytest.approx(by_hand, rel=1e-12)
    assert ours.confusion_matrix(soft, np.zeros(n, dtype=int), 2)[:, 0] == pytest.approx([n * first, n * second])

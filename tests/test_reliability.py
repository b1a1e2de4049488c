"""Reliability, the parts of the Brier score, and coverage: against scikit-learn, SciPy, and their definitions."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from sklearn.calibration import calibration_curve

from softreg import metrics as ours
from softreg.metrics.chance import band, number_right


def made_up(n_samples: int, n_classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, soft labels, and a class drawn from each."""
    rng = np.random.default_rng(seed)
    soft = rng.dirichlet(np.full(n_classes, 0.5), size=n_samples)
    codes = np.array([rng.choice(n_classes, p=row) for row in soft])
    logits = rng.normal(size=(n_samples, n_classes)) + 1.5 * np.eye(n_classes)[codes]
    return special.softmax(logits, axis=1), soft, codes


def table(proba, targets, **more):
    return ours.reliability_table(proba, targets, rng=np.random.default_rng(0), **more)


@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_chances_of_so_many_right_are_those_of_all_outcomes_counted(n_samples: int, seed: int) -> None:
    confidence = np.random.default_rng(seed).uniform(-0.2, 1.2, n_samples).clip(0, 1)  # now and then 0 or 1
    by_hand = np.zeros(len(confidence) + 1)
    for outcome in itertools.product((0, 1), repeat=len(confidence)):
        by_hand[sum(outcome)] += np.prod([c if right else 1 - c for c, right in zip(confidence, outcome, strict=True)])

    np.testing.assert_allclose(number_right(confidence), by_hand, atol=1e-14)


@pytest.mark.parametrize("n_samples", [1, 2, 3, 17, 1000, 5000])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.97, 1.0])
def test_rows_that_are_equally_sure_are_binomial(n_samples: int, share: float) -> None:
    confidence = np.full(n_samples, share)

    np.testing.assert_allclose(
        number_right(confidence), stats.binom.pmf(np.arange(n_samples + 1), n_samples, share), atol=1e-11
    )
    low, high = band(confidence, np.ones(n_samples), np.random.default_rng(0))
    if 0 < share < 1:
        assert (low, high) == pytest.approx(np.array(stats.binom.interval(0.95, n_samples, share)) / n_samples)
    else:
        assert (low, high) == (share, share)


def test_unequal_rows_have_the_moments_of_their_sum() -> None:
    confidence = np.random.default_rng(0).uniform(0.3, 1.0, 3000)
    chances, counts = number_right(confidence), np.arange(3001)
    mean, variance = chances @ counts, chances @ (counts - chances @ counts) ** 2

    assert chances.sum() == pytest.approx(1)
    assert mean == pytest.approx(confidence.sum())
    assert variance == pytest.approx((confidence * (1 - confidence)).sum())


@pytest.mark.parametrize("weighted", [False, True])
def test_a_calibrated_model_is_inside_the_band_about_as_often_as_it_says(weighted: bool) -> None:
    rng, n = np.random.default_rng(0), 60
    confidence = rng.uniform(0.6, 1.0, n)
    weight = rng.exponential(size=n) + 0.1 if weighted else np.ones(n)
    low, high = band(confidence, weight, rng)
    shares = (rng.random((20_000, n)) < confidence) @ weight / weight.sum()

    inside = ((low - 1e-12 <= shares) & (shares <= high + 1e-12)).mean()

    assert 0.93 < inside < 0.98


def test_the_band_narrows_as_one_over_the_root_of_the_rows() -> None:
    widths = [np.ptp(band(np.full(n, 0.8), np.ones(n), np.random.default_rng(0))) for n in (1000, 4000)]

    assert widths[0] / widths[1] == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize(("n_samples", "n_classes"), [(40, 2), (500, 3), (2000, 10)])
def test_the_table_is_scikit_learns_curve_of_being_right_against_being_sure(n_samples: int, n_classes: int) -> None:
    proba, _, codes = made_up(n_samples, n_classes)
    right, sure = proba.argmax(axis=1) == codes, proba.max(axis=1)
    theirs = calibration_curve(right, sure, n_bins=15)

    rows = table(proba, codes)

    np.testing.assert_allclose([row["accuracy"] for row in rows], theirs[0])
    np.testing.assert_allclose([row["confidence"] for row in rows], theirs[1])
    assert sum(row["n_rows"] for row in rows) == n_samples
    assert [row["share"] for row in rows] == pytest.approx([row["n_rows"] / n_samples for row in rows])


@given(st.integers(1, 60), st.integers(2, 5), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_the_ece_is_read_from_the_table(n_samples, n_classes, soft_labels, weighted, seed) -> None:
    proba, soft, codes = made_up(n_samples, n_classes, seed)
    targets = soft if soft_labels else codes
    weight = np.random.default_rng(seed).exponential(size=n_samples) + 1e-3 if weighted else None

    rows = table(proba, targets, sample_weight=weight)

    ece = sum(row["share"] * abs(row["accuracy"] - row["confidence"]) for row in rows)
    assert ece == pytest.approx(ours.expected_calibration_error(proba, targets, sample_weight=weight), abs=1e-12)
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    for row in rows:
        assert row["low"] < row["confidence"] <= row["high"] + 1e-12
        assert (row["chance"] is None) == soft_labels
        if row["chance"]:
            assert 0 <= row["chance"][0] <= row["chance"][1] <= 1
            if not weighted:  # the median of so many right is the mean, or a whole number beside it
                low, high = (round(end * row["n_rows"]) for end in row["chance"])
                assert low <= np.ceil(row["confidence"] * row["n_rows"])
                assert high >= np.floor(row["confidence"] * row["n_rows"])


def test_rows_of_no_weight_are_in_no_bin() -> None:
    proba, codes = np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([0, 0])

    (row,) = table(proba, codes, sample_weight=np.array([2.0, 0.0]))

    assert (row["n_rows"], row["share"], row["confidence"]) == (1, 1.0, 0.9)


def test_certainty_leaves_chance_nothing() -> None:
    proba, codes = np.array([[1.0, 0.0], [1.0 + 2e-16, 0.0], [0.0, 1.0]]), np.array([0, 0, 0])

    (row,) = table(proba, codes)

    assert row["chance"] == [1.0, 1.0]
    assert row["accuracy"] == pytest.approx(2 / 3)


@given(
    st.integers(1, 60), st.integers(2, 5), st.integers(1, 20), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1)
)
def test_the_parts_of_the_brier_score_sum_to_it(n_samples, n_classes, bins, soft_labels, weighted, seed) -> None:
    proba, soft, codes = made_up(n_samples, n_classes, seed)
    targets = soft if soft_labels else codes
    weight = np.random.default_rng(seed).exponential(size=n_samples) + 1e-3 if weighted else None

    terms = ours.brier_decomposition(proba, targets, bins, weight)

    total = terms["reliability"] - terms["resolution"] + terms["uncertainty"] + terms["within_bins"]
    assert total == pytest.approx(ours.brier(proba, targets, weight), abs=1e-12)
    assert all(terms[name] >= 0 for name in ("reliability", "resolution", "uncertainty"))
    assert terms["resolution"] <= terms["uncertainty"] + 1e-12


def test_each_part_agrees_with_its_definition_bin_by_bin() -> None:
    proba, _, codes = made_up(400, 3)
    reliability = resolution = uncertainty = within = 0.0
    for k in range(3):
        p, q = proba[:, k], (codes == k).astype(float)
        place = np.ceil(p * 15).clip(1).astype(int)
        for m in np.unique(place):
            inside = place == m
            share = inside.mean()
            reliability += share * (p[inside].mean() - q[inside].mean()) ** 2
            resolution += share * (q[inside].mean() - q.mean()) ** 2
            within += share * (p[inside].var() - 2 * np.cov(p[inside], q[inside], bias=True)[0, 1])
        uncertainty += q.var()

    assert ours.brier_decomposition(proba, codes) == pytest.approx(
        {"reliability": reliability, "resolution": resolution, "uncertainty": uncertainty, "within_bins": within}
    )


def test_the_class_shares_have_all_of_the_uncertainty_and_no_other_part() -> None:
    codes = np.array([0, 0, 1, 2, 2, 2])
    shares = np.tile(np.bincount(codes) / 6, (6, 1))

    terms = ours.brier_decomposition(shares, codes)

    assert terms["uncertainty"] == pytest.approx(ours.brier(shares, codes))
    assert [terms[name] for name in ("reliability", "resolution", "within_bins")] == pytest.approx([0, 0, 0])


def test_a_perfect_model_resolves_all_of_the_uncertainty() -> None:
    codes = np.array([0, 1, 1, 2])

    terms = ours.brier_decomposition(np.eye(3)[codes], codes)

    assert terms["resolution"] == pytest.approx(terms["uncertainty"])
    assert terms["reliability"] == terms["within_bins"] == 0


@given(st.integers(1, 50), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 2**32 - 1))
def test_coverage_and_accuracy_are_those_of_the_rows_above_the_threshold(n, ties, soft_labels, weighted, seed) -> None:
    proba, soft, codes = made_up(n, 3, seed)
    if ties:
        proba = np.round(proba, 1)
    targets = soft if soft_labels else codes
    weight = np.random.default_rng(seed).exponential(size=n) + 1e-3 if weighted else None
    counts = np.ones(n) if weight is None else weight
    sure, says = proba.max(axis=1), proba.argmax(axis=1)
    right = soft[np.arange(n), says] if soft_labels else codes == says

    curve = ours.coverage_curve(proba, targets, weight)

    assert curve.threshold.tolist() == sorted(set(sure.tolist()), reverse=True)
    for t, coverage, accuracy, rows in zip(*vars(curve).values(), strict=True):
        above = sure >= t
        assert coverage == pytest.approx(counts[above].sum() / counts.sum())
        assert accuracy == pytest.approx(np.average(right[above], weights=counts[above]))
        assert rows == pytest.approx(ours.effective_rows(counts[above]))
    assert curve.coverage[-1] == 1
    assert curve.accuracy[-1] == pytest.approx(ours.accuracy(targets, says, weight))
    each = [np.average(right[sure >= c], weights=counts[sure >= c]) for c in sure]
    assert curve.mean_accuracy == pytest.approx(np.average(each, weights=counts))
    for wanted in (0.5, 0.9, 1.0):
        good = [row for row in zip(*vars(curve).values(), strict=True) if row[2] >= wanted - 1e-12]
        largest = max(good, key=lambda row: row[1])[1::-1] if good else (0.0, None)
        assert curve.reaching(wanted) == largest


def test_equally_sure_rows_are_answered_together_whatever_their_order() -> None:
    proba = np.array([[0.8, 0.2], [0.8, 0.2], [0.2, 0.8], [0.6, 0.4]])

    for order in itertools.permutations(range(4)):
        curve = ours.coverage_curve(proba[list(order)], np.array([0, 1, 1, 0])[list(order)])
        assert curve.coverage.tolist() == [0.75, 1.0]
        np.testing.assert_allclose(curve.accuracy, [2 / 3, 3 / 4])


def test_a_model_that_is_always_right_or_never_has_a_level_curve() -> None:
    proba, _, codes = made_up(30, 2)
    says = proba.argmax(axis=1)

    assert set(ours.coverage_curve(proba, says).accuracy.tolist()) == {1.0}
    wrong = ours.coverage_curve(proba, 1 - says)
    assert (wrong.mean_accuracy, wrong.reaching(0.9)) == (0.0, (0.0, None))
    assert ours.coverage_curve(proba[:1], codes[:1]).coverage.tolist() == [1.0]


def test_many_points_are_thinned_to_a_hundred_that_lie_on_the_curve() -> None:
    proba, _, codes = made_up(3000, 3)
    curve = ours.coverage_curve(proba, codes)
    told = json.loads(json.dumps(curve.to_json(), allow_nan=False))

    full = set(zip(*(values.tolist() for values in vars(curve).values()), strict=True))
    kept = list(zip(*(told[name] for name in vars(curve)), strict=True))
    assert 97 <= len(kept) <= 100
    assert set(kept) <= full
    assert np.diff(told["coverage"], prepend=0).max() < 1 / 97 + 2 / 3000
    assert all(point["coverage"] in told["coverage"] for point in told["reaching"] if point["threshold"] is not None)
    assert told["mean_accuracy"] == curve.mean_accuracy
    coverage, threshold = curve.reaching(0.9)
    assert told["reaching"][0] == {"accuracy": 0.9, "coverage": coverage, "threshold": threshold}


def test_the_report_holds_all_of_it() -> None:
    proba, soft, codes = made_up(200, 4)
    names = list("abcd")

    report = ours.evaluate(np.log(proba), codes, names, codes)
    assert report["reliability"] == table(np.exp(np.log(proba)), codes)
    assert report["brier_terms"] == ours.brier_decomposition(np.exp(np.log(proba)), codes)
    assert report["coverage"]["coverage"][-1] == 1
    with_soft = ours.evaluate(np.log(proba), codes, names, codes, distribution=soft)
    assert all(row["chance"] is None for row in with_soft["reliability"])


def test_probabilities_of_exactly_nought_and_one_and_a_single_row_give_numbers() -> None:
    for codes in (np.array([0]), np.array([1])):
        report = ours.evaluate(np.array([[0.0, -np.inf]]), codes, ["a", "b"], np.array([0, 1]))
        assert json.loads(json.dumps(report, allow_nan=False)) == report
        assert report["reliability"][0]["chance"] == [1.0, 1.0]
        assert report["coverage"]["threshold"] == [1.0]

"""The metrics, against scikit-learn, against their definitions, and where they are not defined."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

from softreg import metrics as ours
from softreg.errors import DataError


def made_up(n_samples: int, n_classes: int, seed: int = 0, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities that know something of the classes, and the classes."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(n_classes, size=n_samples)
    logits = rng.normal(size=(n_samples, n_classes)) + 1.5 * np.eye(n_classes)[codes]
    shifted = logits - logits.max(axis=1, keepdims=True)
    return (shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))).astype(dtype), codes


SIZES = [(40, 2), (200, 3), (500, 10), (30, 25)]


@pytest.mark.parametrize(("n_samples", "n_classes"), SIZES)
def test_scores_agree_with_scikit_learn(n_samples: int, n_classes: int) -> None:
    log_proba, codes = made_up(n_samples, n_classes)
    proba, labels = np.exp(log_proba), list(range(n_classes))
    predicted = proba.argmax(axis=1)

    assert ours.accuracy(codes, predicted) == theirs.accuracy_score(codes, predicted)
    assert ours.cross_entropy(log_proba, codes) == pytest.approx(theirs.log_loss(codes, proba, labels=labels))
    np.testing.assert_array_equal(
        ours.confusion_matrix(codes, predicted, n_classes), theirs.confusion_matrix(codes, predicted, labels=labels)
    )


@pytest.mark.parametrize(("n_samples", "n_classes"), SIZES)
def test_brier_is_the_mean_squared_distance_to_the_one_hot_truth(n_samples: int, n_classes: int) -> None:
    log_proba, codes = made_up(n_samples, n_classes)
    proba = np.exp(log_proba)

    assert ours.brier(proba, codes) == pytest.approx(
        n_classes * theirs.mean_squared_error(np.eye(n_classes)[codes], proba)
    )


def test_brier_of_two_classes_is_twice_the_score_of_one_column() -> None:
    log_proba, codes = made_up(100, 2)
    proba = np.exp(log_proba)

    assert ours.brier(proba, codes) == pytest.approx(2 * np.mean((proba[:, 1] - codes) ** 2))
    assert ours.brier(np.array([[0.0, 1.0]]), np.array([0])) == 2.0
    assert ours.brier(np.array([[0.0, 1.0]]), np.array([1])) == 0.0


@pytest.mark.parametrize(("n_samples", "n_classes"), SIZES)
def test_per_class_agrees_with_scikit_learn_and_is_none_where_that_is_nan(n_samples: int, n_classes: int) -> None:
    log_proba, codes = made_up(n_samples, n_classes)
    predicted = log_proba.argmax(axis=1)
    columns = theirs.precision_recall_fscore_support(
        codes, predicted, labels=list(range(n_classes)), zero_division=np.nan
    )

    rows = ours.per_class(ours.confusion_matrix(codes, predicted, n_classes))

    for name, column in zip(("precision", "recall", "f1", "support"), columns, strict=True):
        as_numbers = [math.nan if row[name] is None else row[name] for row in rows]
        np.testing.assert_allclose(as_numbers, column)


def test_a_class_neither_present_nor_predicted_has_no_precision_recall_or_f1() -> None:
    row = ours.per_class(np.array([[4, 0], [0, 0]]))[1]

    assert row == {"precision": None, "recall": None, "f1": None, "support": 0}


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_of_wilsons_interval_solve_the_quadratic_that_defines_it(counts: tuple[int, int]) -> None:
    successes, n = counts
    z, share = 1.959963984540054, successes / n

    low, high = ours.wilson_interval(successes, n)

    assert 0.0 <= low <= share <= high <= 1.0
    for end in (low, high):
        assert (share - end) ** 2 == pytest.approx(z * z * end * (1 - end) / n, rel=1e-6, abs=1e-15)


def test_wilsons_interval_is_mirrored_when_successes_become_failures() -> None:
    low, high = ours.wilson_interval(3, 20)

    assert ours.wilson_interval(17, 20) == pytest.approx((1 - high, 1 - low))
    assert ours.wilson_interval(0, 20)[0] == 0.0
    assert ours.wilson_interval(20, 20)[1] == 1.0


def test_wilsons_interval_holds_the_true_share_about_as_often_as_its_level_says() -> None:
    share, n = 0.93, 60
    chances = [math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]
    intervals = [ours.wilson_interval(k, n, level=0.9) for k in range(n + 1)]

    covered = sum(chance for chance, (low, high) in zip(chances, intervals, strict=True) if low <= share <= high)

    assert 0.86 < covered < 0.95


@pytest.mark.parametrize(("successes", "n", "level"), [(5, 4, 0.95), (-1, 4, 0.95), (1, 4, 0.0), (1, 4, 1.0)])
def test_an_impossible_count_or_level_has_no_interval(successes: int, n: int, level: float) -> None:
    with pytest.raises(DataError, match=f"{successes} of {n}"):
        ours.wilson_interval(successes, n, level)


def naive_ece(proba: np.ndarray, codes: np.ndarray, bins: int) -> float:
    edges, total = np.linspace(0, 1, bins + 1), 0.0
    for m in range(bins):
        inside = [i for i in range(len(codes)) if edges[m] < max(proba[i]) <= edges[m + 1]]
        if inside:
            right = sum(int(np.argmax(proba[i])) == codes[i] for i in inside) / len(inside)
            sure = sum(max(proba[i]) for i in inside) / len(inside)
            total += len(inside) / len(codes) * abs(right - sure)
    return total


@pytest.mark.parametrize("bins", [1, 2, 10, 15])
@pytest.mark.parametrize(("n_samples", "n_classes"), SIZES)
def test_ece_agrees_with_its_definition_bin_by_bin(n_samples: int, n_classes: int, bins: int) -> None:
    log_proba, codes = made_up(n_samples, n_classes)
    proba = np.exp(log_proba)

    assert ours.expected_calibration_error(proba, codes, bins) == pytest.approx(naive_ece(proba, codes, bins))


def test_bins_of_the_ece_are_closed_on_the_right() -> None:
    proba = np.array([[0.5, 0.5], [0.9, 0.1]])

    # 0.5 belongs to (0, 0.5], alone and half a row short of right; in one bin with 0.9 the two errors would cancel
    assert ours.expected_calibration_error(proba, np.array([0, 1]), bins=2) == pytest.approx((0.5 + 0.9) / 2)
    assert ours.expected_calibration_error(proba, np.array([0, 1]), bins=1) == pytest.approx(abs(1 - 1.4) / 2)


def test_sure_and_right_has_no_calibration_error_even_where_rounding_passes_one() -> None:
    proba = np.array([[1.0 + 2e-16, 0.0], [0.0, 1.0]])

    assert ours.expected_calibration_error(proba, np.array([0, 1])) == pytest.approx(0.0, abs=1e-15)
    assert ours.ece_if_calibrated(proba, rng=np.random.default_rng(0)) == pytest.approx(0.0, abs=1e-15)


def test_ece_if_calibrated_agrees_with_simulating_labels_and_taking_the_ece() -> None:
    proba = np.exp(made_up(300, 2, seed=3)[0])
    rng = np.random.default_rng(1)
    simulated = [
        ours.expected_calibration_error(proba, (rng.random(300) < proba[:, 1]).astype(np.int64)) for _ in range(2000)
    ]

    drawn = ours.ece_if_calibrated(proba, draws=2000, rng=np.random.default_rng(2))

    standard_error = np.std(simulated) / math.sqrt(2000)
    assert abs(drawn - np.mean(simulated)) < 6 * standard_error


def test_ece_if_calibrated_halves_when_rows_are_four_times_as_many() -> None:
    proba = np.exp(made_up(2000, 3)[0])

    few = ours.ece_if_calibrated(proba, draws=400, rng=np.random.default_rng(0))
    many = ours.ece_if_calibrated(np.tile(proba, (4, 1)), draws=400, rng=np.random.default_rng(0))

    assert many == pytest.approx(few / 2, rel=0.1)


def test_ece_if_calibrated_repeats_with_the_seed_and_ignores_the_order_of_rows() -> None:
    proba = np.exp(made_up(200, 3)[0])
    shuffled = np.random.default_rng(5).permutation(proba)

    first = ours.ece_if_calibrated(proba, rng=np.random.default_rng(7))

    assert ours.ece_if_calibrated(proba, rng=np.random.default_rng(7)) == first
    assert ours.ece_if_calibrated(shuffled, rng=np.random.default_rng(7)) == first


def test_ece_if_calibrated_keeps_its_memory_bounded() -> None:
    import tracemalloc

    proba = np.full((60_000, 2), 0.5, dtype=np.float32)
    tracemalloc.start()
    ours.ece_if_calibrated(proba, rng=np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 200 * proba.nbytes / 20  # 200 draws held at once would take 200 x 60000 numbers


def test_guessing_the_commonest_class_scores_its_share() -> None:
    train, codes = np.array([2, 2, 1, 0, 2]), np.array([2, 0, 2, 1])

    assert ours.commonest_class_accuracy(train, codes) == theirs.accuracy_score(codes, np.full(4, 2))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=50))
def test_class_shares_score_their_own_entropy_on_the_rows_they_come_from(classes: list[int]) -> None:
    codes = np.array(classes)
    shares = np.bincount(codes, minlength=5) / len(codes)
    entropy = -sum(share * math.log(share) for share in shares.tolist() if share > 0)

    score = ours.class_share_cross_entropy(codes, codes, 5)

    assert score == pytest.approx(entropy, abs=1e-12)
    assert math.copysign(1, score) == 1


def test_a_class_that_training_never_saw_costs_infinity() -> None:
    assert ours.class_share_cross_entropy(np.array([0, 1]), np.array([1, 2]), 3) == math.inf


def test_float32_scores_are_summed_in_float64() -> None:
    n = 2**25 // 8  # float32 cannot count past 2^24 in steps of its own rounding
    log_proba = np.full((n, 2), np.log(np.float32(0.3)), dtype=np.float32)
    codes = np.zeros(n, dtype=np.int64)
    each = float(log_proba[0, 0])

    assert ours.cross_entropy(log_proba, codes) == pytest.approx(-each, rel=1e-12)
    share = float(np.float32(0.3))
    proba = np.full((n, 2), 0.3, dtype=np.float32)
    assert ours.brier(proba, codes) == pytest.approx((1 - share) ** 2 + share**2, rel=1e-12)


def test_the_report_survives_json_and_agrees_with_each_metric() -> None:
    log_proba, codes = made_up(120, 4, dtype=np.float32)
    names, train = ["a", "b", "c", "d"], made_up(300, 4, seed=9)[1]
    proba, predicted = np.exp(log_proba, dtype=np.float64), log_proba.argmax(axis=1)

    report = ours.evaluate(log_proba, codes, names, train)

    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["n_rows"] == 120
    assert report["accuracy"] == ours.accuracy(codes, predicted)
    assert report["accuracy_interval"] == list(ours.wilson_interval(int((codes == predicted).sum()), 120))
    assert report["cross_entropy"] == ours.cross_entropy(log_proba, codes)
    assert report["brier"] == ours.brier(proba, codes)
    assert report["ece"] == ours.expected_calibration_error(proba, codes)
    assert report["confusion"] == ours.confusion_matrix(codes, predicted, 4).tolist()
    assert [row["class"] for row in report["per_class"]] == names
    assert report["yardsticks"] == {
        "commonest_class": names[int(np.bincount(train).argmax())],
        "commonest_class_accuracy": ours.commonest_class_accuracy(train, codes),
        "class_shares_cross_entropy": ours.class_share_cross_entropy(train, codes, 4),
    }


def test_the_same_rows_give_the_same_report() -> None:
    log_proba, codes = made_up(50, 3)

    once, again = (ours.evaluate(log_proba, codes, ["a", "b", "c"], codes) for _ in range(2))

    assert once == again


def test_an_infinite_cross_entropy_is_null_in_the_report() -> None:
    log_proba = np.array([[0.0, -np.inf], [0.0, -np.inf]])

    report = ours.evaluate(log_proba, np.array([0, 1]), ["a", "b"], np.array([0, 0]))

    assert ours.cross_entropy(log_proba, np.array([0, 1])) == math.inf
    assert report["cross_entropy"] is None
    assert report["yardsticks"]["class_shares_cross_entropy"] is None
    assert report["brier"] == 1.0
    json.dumps(report, allow_nan=False)


def test_perfect_predictions_score_zero_without_a_sign() -> None:
    log_proba = np.array([[0.0, -np.inf], [-np.inf, 0.0]])

    report = ours.evaluate(log_proba, np.array([0, 1]), ["a", "b"], np.array([0, 1]))

    assert str(report["cross_entropy"]) == "0.0"
    assert (report["accuracy"], report["brier"], report["ece"], report["ece_if_calibrated"]) == (1.0, 0.0, 0.0, 0.0)


def test_no_rows_are_no_score() -> None:
    nothing, names = np.empty(0, dtype=np.int64), ["a", "b"]

    with pytest.raises(DataError, match="no rows"):
        ours.evaluate(np.empty((0, 2)), nothing, names, np.array([0, 1]))
    with pytest.raises(DataError, match="no rows"):
        ours.accuracy(nothing, nothing)
    with pytest.raises(DataError, match="no rows"):
        ours.commonest_class_accuracy(nothing, np.array([0]))


@pytest.mark.parametrize("wrong", [-1, 3])
def test_an_index_that_is_no_class_is_refused_and_named(wrong: int) -> None:
    log_proba, codes = made_up(5, 3)
    codes[2] = wrong

    with pytest.raises(DataError, match=f"Class index {wrong} "):
        ours.evaluate(log_proba, codes, ["a", "b", "c"], np.array([0]))


def test_a_model_that_gives_nan_is_refused_with_the_row() -> None:
    log_proba, codes = made_up(5, 3)
    log_proba[3, 1] = np.nan

    with pytest.raises(DataError, match="row 4 of 5"):
        ours.evaluate(log_proba, codes, ["a", "b", "c"], codes)


def test_shapes_that_do_not_fit_are_refused() -> None:
    log_proba, codes = made_up(5, 3)

    with pytest.raises(DataError, match="3 columns, but 2 class names"):
        ours.evaluate(log_proba, codes, ["a", "b"], codes)
    with pytest.raises(DataError, match="5 rows"):
        ours.cross_entropy(log_proba, codes[:4])


def test_the_metrics_import_neither_scikit_learn_nor_scipy() -> None:
    import subprocess
    import sys

    lines = "import sys, softreg.metrics; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout.split()

    assert not {"sklearn", "scipy", "polars", "matplotlib"} & set(loaded)

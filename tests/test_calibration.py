"""Temperature, shares and folding: against scikit-learn, finite differences, closed forms, and exact Bayes."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special
from sklearn.base import BaseEstimator, ClassifierMixin

from softreg.calibration import fit_temperature, folded, shift_of_shares, unfolded
from softreg.errors import DataError
from softreg.model import SoftmaxModel
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

NEW = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 8)


def made_up(n_samples: int, n_classes: int, seed: int = 0, size: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and classes drawn from the softmax of the logits divided by ``size``: T is about ``size``."""
    rng = np.random.default_rng(seed)
    logits = 1.5 * size * rng.standard_normal((n_samples, n_classes)) + rng.standard_normal(n_classes)
    proba = special.softmax(logits / size, axis=1)
    return logits, np.array([rng.choice(n_classes, p=row) for row in proba])


def loss(T: float, logits: np.ndarray, targets: np.ndarray, weight: np.ndarray | None = None) -> float:
    """The cross-entropy at a temperature, by its definition."""
    log_proba = special.log_softmax(logits / T, axis=1)
    q = targets if targets.ndim == 2 else np.eye(logits.shape[1])[targets]
    return float(np.average(-(q * log_proba).sum(axis=1), weights=weight))


class Logits(ClassifierMixin, BaseEstimator):
    """A classifier whose logits are its features, for scikit-learn to calibrate."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X):
        return X if X.shape[1] > 2 else X[:, 1] - X[:, 0]

    def predict(self, X):
        return self.classes_[X.argmax(axis=1)]


@pytest.mark.filterwarnings("ignore:Since FrozenEstimator does not appear to accept")  # it is frozen: nothing is lost
@pytest.mark.skipif(not NEW, reason="scikit-learn has temperature scaling since 1.8")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n_samples", "n_classes", "size"), [(200, 2, 2.0), (300, 3, 0.4), (500, 10, 5.0)])
def test_the_temperature_is_scikit_learns(n_samples, n_classes, size, weighted) -> None:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    logits, codes = made_up(n_samples, n_classes, size=size)
    weight = np.random.default_rng(1).exponential(size=n_samples) if weighted else None
    theirs = CalibratedClassifierCV(FrozenEstimator(Logits().fit(logits, codes)), method="temperature")
    theirs.fit(logits, codes, sample_weight=weight)
    ours = fit_temperature(logits, codes, weight)

    assert not ours.reason
    np.testing.assert_allclose(
        special.softmax(logits / ours.value, axis=1), theirs.predict_proba(logits), rtol=1e-5, atol=1e-9
    )


@given(
    st.integers(0, 10**6),
    st.integers(2, 6),
    st.sampled_from([1e-6, 0.1, 1.0, 30.0, 1e8]),
    st.booleans(),
    st.booleans(),
)
def test_the_cross_entropy_is_level_at_the_temperature_and_higher_on_both_sides(
    seed, n_classes, size, soft, weighted
) -> None:
    logits, targets = made_up(60, n_classes, seed, size)
    rng = np.random.default_rng(seed + 1)
    if soft:
        targets = 0.8 * np.eye(n_classes)[targets] + 0.2 * rng.dirichlet(np.ones(n_classes), 60)
    weight = rng.exponential(size=60) if weighted else None
    found = fit_temperature(logits, targets, weight)

    if found.reason:
        # no minimum: the least is at one end
        values = [loss(size * 10.0**power, logits, targets, weight) for power in range(-3, 4)]
        assert min(values) in (values[0], values[-1])
        return
    T, h = found.value, 1e-4
    below, here, above = (loss(T * np.exp(shift), logits, targets, weight) for shift in (-h, 0.0, h))
    assert abs(above - below) / (2 * h) < 1e-6
    assert here <= min(below, above) + 1e-12
    assert here <= loss(1.0, logits, targets, weight) + 1e-12


@pytest.mark.parametrize(("n_samples", "right"), [(40, 0.75), (400, 0.9), (8, 0.625)])
def test_the_interval_is_that_of_a_share_in_log_odds(n_samples: int, right: float) -> None:
    """With one margin m, 1/T = log-odds / m of the share of right rows, whose error is 1 / sqrt(n r (1 - r))."""
    margin, n_right = 2.0, round(n_samples * right)
    codes = np.repeat([0, 1], [n_right, n_samples - n_right])
    found = fit_temperature(np.tile([margin, 0.0], (n_samples, 1)), codes)
    odds, half = special.logit(right) / margin, 1.959964 / (margin * np.sqrt(n_samples * right * (1 - right)))

    assert found.value == pytest.approx(1 / odds)
    assert found.low == pytest.approx(1 / (odds + half), rel=1e-6)
    assert found.high == pytest.approx(1 / (odds - half) if odds > half else np.inf, rel=1e-6)


def test_logits_that_are_not_finite_are_refused() -> None:
    with pytest.raises(DataError, match="not finite"):
        fit_temperature(np.array([[0.0, -np.inf], [1.0, 2.0]]), np.array([0, 1]))


def test_it_is_accurate_to_eight_digits() -> None:
    logits, codes = made_up(400, 4)

    def slope(t: float) -> float:
        proba = special.softmax(t * logits, axis=1)
        return float(((proba * logits).sum(axis=1) - logits[np.arange(400), codes]).mean())

    t = optimize.brentq(slope, 1e-3, 1e3, xtol=1e-15, rtol=1e-14)

    assert 1 / fit_temperature(logits, codes).value == pytest.approx(t, rel=1e-9)


@pytest.mark.parametrize("right", [0.51, 0.75, 0.999])
@pytest.mark.parametrize("margin", [1e-9, 0.3, 700.0])
def test_rows_of_one_margin_have_a_closed_form(right: float, margin: float) -> None:
    logits, codes = np.tile([margin, 0.0], (2, 1)), np.array([0, 1])

    T = fit_temperature(logits, codes, np.array([right, 1 - right])).value

    assert margin / T == pytest.approx(np.log(right / (1 - right)), rel=1e-8)


def test_whole_weights_are_repeated_rows_and_those_of_no_weight_are_not_there() -> None:
    logits, codes = made_up(50, 3)
    times = np.random.default_rng(2).integers(0, 4, 50)
    logits[np.flatnonzero(times == 0)[0]] = 1e9

    weighted = fit_temperature(logits, codes, times.astype(float)).value

    assert weighted == pytest.approx(
        fit_temperature(np.repeat(logits, times, axis=0), np.repeat(codes, times)).value, rel=1e-9
    )


@given(st.floats(-1e3, 1e3), st.sampled_from([1e-12, 1e-3, 1.0, 1e3, 1e12]))
def test_shifts_of_rows_change_nothing_and_the_unit_of_the_logits_is_that_of_the_temperature(shift, unit) -> None:
    logits, codes = made_up(80, 3)
    T = fit_temperature(logits, codes).value

    assert fit_temperature(logits + shift, codes).value == pytest.approx(T, rel=1e-7)
    assert fit_temperature(unit * logits, codes).value == pytest.approx(unit * T, rel=1e-7)


def test_a_model_that_is_never_wrong_keeps_its_temperature_and_is_told_why() -> None:
    logits = np.array([[3.0, 1.0, 0.0], [0.0, 5.0, 1.0], [2.0, 2.0, 0.0]])
    for codes in (np.array([0, 1, 0]), np.array([0, 1, 1])):  # a tie is at the top, whichever class it is
        found = fit_temperature(logits, codes, rows="validation row")
        assert found.value == 1
        assert found.reason.startswith("every validation row is answered rightly")
        assert loss(1e-3, logits, codes) < loss(1.0, logits, codes)
    assert "every row" in fit_temperature(logits[:1], np.array([0])).reason


def test_a_model_that_guessing_beats_keeps_its_temperature_and_is_told_why() -> None:
    logits, codes = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([1, 0])
    found = fit_temperature(logits, codes)

    assert found.value == 1
    assert "guessing evenly is no worse" in found.reason
    assert loss(1e6, logits, codes) < loss(1.0, logits, codes)
    balanced = fit_temperature(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1]))
    assert "guessing evenly" in balanced.reason  # 1/T is exactly 0


def test_equal_logits_have_no_temperature() -> None:
    found = fit_temperature(np.full((3, 4), 7.0), np.array([0, 1, 2]))

    assert found.value == 1
    assert "the same probability" in found.reason


def test_one_wrong_row_and_a_class_missing_are_no_obstacle() -> None:
    logits = np.array([[1.0, 0.9, -3.0]])
    one = fit_temperature(logits, np.array([1]))
    t = optimize.brentq(lambda t: special.softmax(t * logits[0]) @ logits[0] - 0.9, 1e-6, 1e3, xtol=1e-14)
    assert 1 / one.value == pytest.approx(t, rel=1e-8)

    many, codes = made_up(100, 3)
    two = codes < 2
    assert not fit_temperature(many[two], codes[two]).reason


def test_a_single_mistake_by_a_hair_among_sure_rows_ends_the_search() -> None:
    for hair in (1e-3, 1e-9, 1e-15):
        logits = np.vstack([np.tile([50.0, 0.0], (1000, 1)), [[0.0, hair]]])
        found = fit_temperature(logits, np.zeros(1001, dtype=int))
        assert not found.reason
        assert 0 < found.value < 50 / np.log(1e3)
        T = found.value
        assert loss(T, logits, np.zeros(1001, dtype=int)) <= min(
            loss(each * T, logits, np.zeros(1001, dtype=int)) for each in (0.9, 1.1)
        )


def discrete(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts of four cells and three classes, and their rows: one-hot cells, classes."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(5, 40, (4, 3)) * np.array([1, 4, 20])
    cells, classes = (axis.ravel() for axis in np.indices(counts.shape))
    return counts, np.eye(4)[np.repeat(cells, counts.ravel())], np.repeat(classes, counts.ravel())


def test_the_correction_of_the_shares_is_bayes_exactly() -> None:
    counts, _, _ = discrete()
    mass = counts.sum(axis=0)
    balanced = counts / mass / (counts / mass).sum(axis=1, keepdims=True)

    corrected = special.softmax(np.log(balanced) + shift_of_shares(mass, np.ones(3)), axis=1)

    np.testing.assert_allclose(corrected, counts / counts.sum(axis=1, keepdims=True), rtol=1e-12)


def test_a_balanced_fit_of_a_saturated_model_becomes_the_unweighted_fit() -> None:
    counts, X, codes = discrete()
    problem = Problem(X, codes, ("a", "b", "c"))
    plain, balanced = (
        fit(problem, TrainingSettings(l2=0.0, tol=1e-13, scale="none", class_weight=each))
        for each in ("none", "balanced")
    )
    model = SoftmaxModel(balanced.weights, balanced.intercept, problem.classes, ("p", "q", "r", "s"))

    back = folded(model, shift=shift_of_shares(counts.sum(axis=0), np.ones(3)))

    proba = special.softmax(np.eye(4) @ plain.weights + plain.intercept, axis=1)
    np.testing.assert_allclose(proba, counts / counts.sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_allclose(back.predict_proba(np.eye(4)), proba, atol=1e-5)
    assert np.abs(model.predict_proba(np.eye(4)) - proba).max() > 0.1


def test_a_shift_sums_to_nought_does_not_depend_on_units_and_back_and_forth_is_nothing() -> None:
    one, other = np.array([5.0, 1.0, 3.0]), np.array([2.0, 2.0, 9.0])
    shift = shift_of_shares(one, other)

    assert shift.sum() == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(shift_of_shares(10 * one, other / 7), shift, atol=1e-14)
    np.testing.assert_allclose(shift_of_shares(other, one), -shift, atol=1e-14)
    with pytest.raises(DataError, match="without weight"):
        shift_of_shares(np.array([1.0, 0.0]), np.ones(2))


def made_model() -> SoftmaxModel:
    rng = np.random.default_rng(4)
    return SoftmaxModel(rng.normal(size=(5, 3)), rng.normal(size=3), ("a", "b", "c"), tuple("vwxyz"), "t", {"l2": 0.5})


@pytest.mark.parametrize("shift", [None, np.array([0.5, -0.25, -0.25])])
@pytest.mark.parametrize("T", [1.0, 0.01, 37.0])
def test_what_is_folded_is_in_the_file_and_can_be_taken_out(T, shift, tmp_path) -> None:
    model, X = made_model(), np.random.default_rng(5).normal(size=(20, 5))
    folded(model, T, shift, reason="").save(tmp_path / "m.npz")
    read = SoftmaxModel.load(tmp_path / "m.npz")

    np.testing.assert_allclose(read.logits(X), (model.logits(X) + (0 if shift is None else shift)) / T, rtol=1e-12)
    assert read.metadata["l2"] == 0.5
    back = unfolded(read)
    np.testing.assert_allclose(back.weights, model.weights, rtol=1e-14)
    np.testing.assert_allclose(back.intercept, model.intercept, rtol=1e-12)
    assert back.metadata == model.metadata
    assert unfolded(model) is model


def test_a_temperature_alone_changes_no_answer() -> None:
    model, X = made_model(), np.random.default_rng(6).normal(size=(500, 5))

    for T in (1e-3, 0.7, 1e3):
        assert (folded(model, T).predict(X) == model.predict(X)).all()

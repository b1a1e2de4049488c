"""The lesson on two classes: its algebra against finite differences, its fit against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from softreg.errors import UsageError
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.logistic import COST, teach


def two_classes(slope: float, n_samples: int = 300) -> Rows:
    generator = np.random.default_rng(5)
    x = generator.normal(size=n_samples)
    y = (generator.random(n_samples) < expit(slope * x)).astype(int)
    return Rows("made", x[:, None], y, ("dose",), ("no", "yes"))


def test_the_curve_is_that_of_scikit_learn_with_twice_the_c() -> None:
    numbers = teach(Given()).numbers
    bunch = load_breast_cancer()
    column = bunch.data[:, list(bunch.feature_names).index(numbers["column"])]
    # scikit-learn's targets: 0 is malignant; the lesson's classes are in alphabetical order
    y = (bunch.target == 0).astype(int) if numbers["second"] == "malignant" else bunch.target
    Z = ((column - column.mean()) / column.std())[:, None]
    theirs = LogisticRegression(C=2 / (len(y) * COST), tol=1e-10).fit(Z, y)

    slope = theirs.coef_[0, 0] / column.std()
    assert numbers["slope"] == pytest.approx(slope, rel=1e-3)
    assert numbers["steepest"] == pytest.approx(slope / 4, rel=1e-3)
    assert numbers["middle"] == pytest.approx(
        column.mean() - theirs.intercept_[0] / theirs.coef_[0, 0] * column.std(), rel=1e-3
    )


@pytest.mark.parametrize("name", ["breast_cancer", "iris", "wine"])
def test_both_programs_agree_with_the_factor_and_not_without(name: str) -> None:
    numbers = teach(Given(rows=rows_of(name))).numbers

    assert numbers["apart"] < 1e-4
    assert numbers["mirror"] < 1e-6
    assert numbers["apart_half_C"] > 100 * numbers["apart"]
    assert numbers["C"] == pytest.approx(2 * numbers["half_C"])


def test_the_mirror_image_is_the_cheapest_pair_with_a_given_difference() -> None:
    v = np.array([1.5, -0.3])
    cost = {share: np.sum((share * v) ** 2) + np.sum(((share - 1) * v) ** 2) for share in np.linspace(-1, 2, 31)}

    assert min(cost, key=lambda share: cost[share]) == pytest.approx(0.5)
    assert min(cost.values()) == pytest.approx(v @ v / 2)


def test_the_sigmoid_is_steepest_and_bends_most_where_the_lesson_says() -> None:
    numbers = teach(Given()).numbers
    t = np.linspace(-6, 6, 120_001)
    slope = np.gradient(expit(t), t)
    bend = np.gradient(slope, t)

    assert numbers["steepest_slope"] == pytest.approx(slope.max(), abs=1e-6)
    assert abs(t[np.argmax(slope)]) < 1e-3
    assert sorted([t[np.argmax(bend)], t[np.argmin(bend)]]) == pytest.approx(
        [-numbers["bend"], numbers["bend"]], abs=1e-3
    )
    assert numbers["bend_p"] == pytest.approx(expit([-numbers["bend"], numbers["bend"]]))


@pytest.mark.parametrize("slope", [2.0, -3.0])
def test_equal_steps_in_x_are_equal_steps_in_log_odds_only(slope: float) -> None:
    numbers = teach(Given(rows=two_classes(slope))).numbers
    log_odds = np.log(numbers["p"] / (1 - numbers["p"]))

    assert np.diff(numbers["x"]) == pytest.approx(numbers["step"])
    assert np.diff(log_odds) == pytest.approx(numbers["difference_step"])
    assert np.exp(np.diff(log_odds)) == pytest.approx(numbers["odds_factor"])
    assert np.sign(numbers["slope"]) == np.sign(slope)
    assert numbers["largest_p_step"] > 2 * numbers["smallest_p_step"]
    assert numbers["largest_p_step"] < abs(numbers["steepest"]) * numbers["step"]  # no step is as steep as the tangent


def test_of_many_classes_two_are_taken_and_said() -> None:
    lesson = teach(Given(rows=rows_of("digits")))

    assert lesson.numbers["n_samples"] < 1797
    assert any("10 classes" in note for note in lesson.notes)


def test_columns_that_tell_nothing_are_refused() -> None:
    rows = Rows("flat", np.ones((20, 2)), np.arange(20) % 2, ("a", "b"), ("no", "yes"))
    with pytest.raises(UsageError, match="apart"):
        teach(Given(rows=rows))


def test_the_exercises_are_right() -> None:
    log_nine, ratio = teach(Given()).exercises

    assert expit(float(log_nine.answer)) == pytest.approx(0.9)
    small = 1e-6
    far = np.log(0.99 / 0.01)
    assert (expit(small) - 0.5) / (expit(far + small) - 0.99) == pytest.approx(float(ratio.answer), rel=1e-3)

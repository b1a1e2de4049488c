"""The lesson on Luce's rule: its axiom as a property, its fits against closed forms and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from softreg.errors import UsageError
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.luce import teach
from softreg.lessons.topics.luce.buses import AFTER, BEFORE, buses
from softreg.lessons.topics.luce.striking import SETTINGS, of_model, of_scores


@drawn(st.lists(st.floats(-50, 50), min_size=3, max_size=8))
def test_striking_the_strongest_leaves_the_odds_of_the_others(scores: list[float]) -> None:
    numbers = of_scores(np.array(scores))
    struck = numbers["struck"] - 1
    others = [k for k in range(len(scores)) if k != struck]

    assert numbers["p_rest"][struck] == 0
    assert numbers["p_rest"].sum() == pytest.approx(1)
    assert numbers["v"] / numbers["v"].sum() == pytest.approx(numbers["p"])  # the rule on strengths
    assert numbers["p_rest"][others] * numbers["v"][others].sum() == pytest.approx(numbers["v"][others])
    assert numbers["pair_log_odds_rest"] == pytest.approx(numbers["pair_log_odds"], abs=1e-12)


def test_of_two_scores_none_are_left_to_compare() -> None:
    numbers = of_scores(np.array([2.0, 1.0]))

    assert "pair" not in numbers
    assert numbers["p_rest"].tolist() == [0, 1]


@pytest.mark.parametrize("name", ["iris", "wine", "digits"])
def test_renormalizing_moves_log_odds_by_rounding_and_refitting_by_more(name: str) -> None:
    numbers = of_model(rows_of(name).with_classes(4).with_features(3))

    assert numbers["most_rounding"] < 1e-12
    assert min(numbers["moved"]) > 1e9 * numbers["most_rounding"]
    assert numbers["row_log_odds"] == pytest.approx(numbers["row_log_odds_rest"], abs=1e-12)


def test_the_refit_is_that_of_scikit_learn_on_the_rows_that_are_left() -> None:
    rows = rows_of("iris")
    numbers = of_model(rows)
    Z = rows.standardised
    whole = LogisticRegression(C=1 / (150 * SETTINGS.l2), tol=1e-10, max_iter=100_000).fit(Z, rows.y)
    kept = rows.y > 0
    two = LogisticRegression(C=2 / (100 * SETTINGS.l2), tol=1e-10, max_iter=100_000).fit(Z[kept], rows.y[kept])
    before = (Z[kept] @ whole.coef_.T + whole.intercept_)[:, 1:]

    moved = np.abs(two.decision_function(Z[kept]) - (before[:, 1] - before[:, 0]))
    assert numbers["moved"][0] == pytest.approx(np.median(moved), rel=1e-2)
    assert numbers["size"][0] == pytest.approx(np.median(np.abs(before[:, 1] - before[:, 0])), rel=1e-2)


def test_where_the_model_is_true_refitting_moves_less_with_more_rows() -> None:
    """Bell-shaped classes with one spread have logits linear in the columns: the rule holds, and chance is all."""

    def moved(n_samples: int) -> float:
        generator = np.random.default_rng(2)
        y = np.arange(n_samples) % 3
        X = np.array([[0.0, 1.2], [1.0, -0.6], [-1.0, -0.6]])[y] + generator.normal(size=(n_samples, 2))
        return float(max(of_model(Rows("bells", X, y, ("x1", "x2"), ("a", "b", "c")))["moved"]))

    assert moved(30_000) < 0.3 * moved(300)


def test_the_buses_follow_their_counts_and_the_copy_follows_luce() -> None:
    numbers = buses()

    assert numbers["share"] == pytest.approx(BEFORE / BEFORE.sum())
    assert numbers["refitted_share"] == pytest.approx(AFTER / AFTER.sum())
    strengths = np.array([2.0, 1.0, 1.0])  # in units of the red bus
    assert numbers["copied_share"] == pytest.approx(strengths / strengths.sum())
    assert numbers["fall"] == pytest.approx(np.log(2))
    assert numbers["refitted_share"][0] == pytest.approx(numbers["share"][0])
    assert numbers["copied_share"][0] < numbers["share"][0] - 0.1


def test_two_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="2 classes"):
        teach(Given(rows=rows_of("breast_cancer")))


def test_the_exercises_are_right() -> None:
    rest, paint = teach(Given()).exercises

    assert rest.answer == pytest.approx(0.3 / (0.3 + 0.2))
    assert paint.answer == pytest.approx(2 / (2 + 4))

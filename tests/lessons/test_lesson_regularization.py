"""The lesson on regularization: what the penalty chooses, the path, and classes that lie apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression

from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.regularization import teach
from softreg.lessons.topics.regularization.measured import rows_for, separable_part


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    return dict(teach(Given(rows=rows_of("wine"))).numbers)


def overlapping() -> Rows:
    """Two classes that no boundary tells apart."""
    generator = np.random.default_rng(3)
    return Rows("coins", generator.normal(size=(80, 2)), np.arange(80) % 2, ("a", "b"), ("heads", "tails"))


def divided_by_a_plane(X: np.ndarray, inside: np.ndarray) -> bool:
    """Whether some w, b have sign (x w + b) >= 1 for every row: a linear programme's question."""
    sign = np.where(inside, 1.0, -1.0)[:, None]
    found = linprog(
        np.zeros(X.shape[1] + 1), -sign * np.hstack([X, np.ones((len(X), 1))]), -np.ones(len(X)), bounds=(None, None)
    )
    return bool(found.success)


def test_a_vector_added_to_all_classes_changes_the_norm_and_no_probability(numbers: dict[str, Any]) -> None:
    assert numbers["shift_logit_moves"][1] > 1
    assert numbers["shift_moves"].max() < 1e-12
    assert np.diff(numbers["shift_norms"]).min() > 0
    assert np.ptp(numbers["shift_cross_entropy"]) < 1e-12


def test_descent_without_a_penalty_leaves_the_sum_over_the_classes_where_it_began(numbers: dict[str, Any]) -> None:
    assert numbers["free_moves"] < 1e-10
    assert np.abs(numbers["start_sums"][1:]).min() > 0.1


def test_with_a_penalty_every_start_ends_at_the_same_weights_whose_sum_is_zero(numbers: dict[str, Any]) -> None:
    assert numbers["priced_sums"].max() < 1e-8
    assert numbers["priced_apart"] < 1e-7 < numbers["free_apart"]
    assert np.ptp(numbers["priced_objectives"]) < 1e-12


def test_the_path_is_that_of_scikit_learn(numbers: dict[str, Any]) -> None:
    rows = rows_for(Given(rows=rows_of("wine")))
    for place in (8, 14):
        theirs = LogisticRegression(C=1 / (len(rows.y) * numbers["l2"][place]), tol=1e-9, max_iter=5000)
        theirs.fit(rows.X, rows.y)
        assert np.allclose(numbers["path_weights"][place], theirs.coef_.T, atol=1e-3)


def test_along_the_path_the_cross_entropy_never_falls_and_the_norm_never_grows(numbers: dict[str, Any]) -> None:
    assert (np.diff(numbers["l2"]) > 0).all()
    assert (np.diff(numbers["path_cross_entropy"]) > -1e-7).all()
    assert (np.diff(numbers["path_norms"]) < 1e-7 * numbers["path_norms"][:-1] + 1e-7).all()
    assert (numbers["path_cross_entropy"] < numbers["shares_cross_entropy"]).all()


def test_where_a_class_lies_apart_the_norm_grows_and_with_a_price_it_arrives(numbers: dict[str, Any]) -> None:
    assert (np.diff(numbers["free_norms"]) > 0).all()
    assert (np.diff(numbers["free_cross_entropy"]) < 0).all()
    assert (np.diff(numbers["stretched_cross_entropy"]) < 0).all()
    pair = separable_part(rows_for(Given(rows=rows_of("wine"))))
    theirs = LogisticRegression(C=2 / (len(pair.y) * numbers["apart_l2"]), tol=1e-9).fit(pair.X, pair.y)
    # softreg's two columns are half of scikit-learn's one each: their length is 1/sqrt(2) of it
    assert numbers["priced_norms"][-1] == pytest.approx(np.linalg.norm(theirs.coef_) / np.sqrt(2), rel=1e-2)


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_the_class_that_lies_apart_is_divided_from_the_others_by_a_plane(name: str) -> None:
    pair = separable_part(rows_for(Given(rows=rows_of(name))))

    assert pair.name == name
    assert divided_by_a_plane(pair.X, pair.y == 0)


def test_where_no_class_lies_apart_iris_is_taken_and_that_is_said() -> None:
    rows = overlapping()
    assert not divided_by_a_plane(rows.X, rows.y == 0)

    lesson = teach(Given(rows=rows))

    assert lesson.numbers["apart_data"] == "iris"
    assert any("Iris" in note for note in lesson.notes)


def test_names_of_classes_are_data() -> None:
    rows = rows_of("iris")
    lesson = teach(Given(rows=replace(rows, classes=("{a}", "b", "$c$"))))

    assert lesson.numbers["apart_class"] == "{a}"


def test_copies_of_the_rows_leave_the_weights_and_the_exercise_knows(numbers: dict[str, Any]) -> None:
    lesson = teach(Given(rows=overlapping()))

    assert numbers["twice_moves"] < 1e-5
    assert lesson.exercises[1].answer == "stay"
    assert lesson.exercises[0].answer == pytest.approx(3 - np.mean([3, 5, -2]))


def test_the_picture_names_a_class_that_matplotlib_would_leave_out() -> None:
    rows = rows_of("iris")
    figure = teach(Given(rows=replace(rows, classes=("{a}", "_b", "$c$")))).draw()
    legend = figure.axes[0].get_legend()

    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["{a}", "_b", "$c$"]

"""Straight boundaries, rings, and least squares on one-hot labels: what the lesson on linearity claims."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from softreg.errors import UsageError
from softreg.functional import softmax
from softreg.lessons.given import Given, Rows, rows_of
from softreg.lessons.topics.linear import teach
from softreg.lessons.topics.linear.boundaries import boundary_points, nearest_pair
from softreg.lessons.topics.linear.circles import semi_axes, with_squares
from softreg.lessons.topics.linear.onehot import fitted


def taught(rows: Rows | None = None) -> dict:
    return dict(teach(Given(rows=rows)).numbers)


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
def test_on_the_boundary_two_classes_are_equally_likely(name: str) -> None:
    numbers = taught(rows_of(name))

    np.testing.assert_allclose(numbers["points"] @ numbers["normal"] + numbers["offset"], 0, atol=1e-9)
    np.testing.assert_allclose(numbers["p_first"], numbers["p_second"], rtol=1e-8)


def test_the_points_of_a_boundary_lie_on_one_line() -> None:
    X = np.random.default_rng(0).normal(size=(30, 2)) * [1, 100]
    points = boundary_points(X, np.array([3.0, -0.5]), 1.0)

    assert np.linalg.matrix_rank(points[1:] - points[0], tol=1e-9) == 1


def test_off_the_boundary_the_side_decides_which_of_the_two_is_likelier() -> None:
    rows = rows_of("iris").with_features(2)
    model = rows.fit()
    first, second = nearest_pair(rows.X @ model.weights + model.intercept)
    normal = model.weights[:, first] - model.weights[:, second]
    points = boundary_points(rows.X, normal, float(model.intercept[first] - model.intercept[second]))
    beside = softmax((points + 0.1 * normal) @ model.weights + model.intercept)

    assert (beside[:, first] > beside[:, second]).all()


def test_the_boundary_of_the_rings_is_an_ellipse_between_them() -> None:
    """On the ellipse that the lesson tells, the model with squares is undecided."""
    numbers = taught()
    d, offset = numbers["square_weights"], numbers["square_offset"]
    angle = np.linspace(0, 2 * np.pi, 50)
    middle = -d[:2] / (2 * d[2:])
    X = middle + numbers["axes"] * np.column_stack([np.cos(angle), np.sin(angle)])

    np.testing.assert_allclose(X @ d[:2] + X**2 @ d[2:] + offset, 0, atol=1e-9)
    assert (numbers["axes"] > 0.5).all()
    assert (numbers["axes"] < 1).all()


def test_the_semi_axes_of_a_moved_ellipse_are_found() -> None:
    """(x - 1)^2 / 4 + (y + 2)^2 / 9 = 1."""
    squares = np.array([1 / 4, 1 / 9])
    centre = np.array([1.0, -2.0])

    np.testing.assert_allclose(semi_axes(-2 * squares * centre, squares, squares @ centre**2 - 1), [2, 3])


def test_squares_make_the_rings_separable_and_lines_do_not() -> None:
    numbers = taught()

    assert (numbers["squared"] > 0.95).all()
    assert (numbers["straight"] < 0.75).all()


def test_squares_stand_beside_the_features() -> None:
    rows = with_squares(Rows("", np.array([[2.0, -3.0]]), np.array([0]), ("a", "b"), ("x", "y")))

    assert rows.X.tolist() == [[2, -3, 4, 9]]
    assert rows.columns == ("a", "b", "a^2", "b^2")


def test_least_squares_is_that_of_scikit_learn() -> None:
    rows = rows_of("wine").with_features(3)
    expected = LinearRegression().fit(rows.X, np.eye(3)[rows.y]).predict(rows.X + 1)

    np.testing.assert_allclose(fitted(rows, rows.X + 1), expected, atol=1e-9)


def test_rows_of_least_squares_sum_to_one_wherever_they_are() -> None:
    """Also where a column is constant in training and has another value later."""
    rows = rows_of("wine")
    rows = Rows("", np.hstack([rows.X, np.full((len(rows.X), 1), 5.0)]), rows.y, (*rows.columns, "c"), rows.classes)

    np.testing.assert_allclose(fitted(rows, rows.X * 7 - 40).sum(axis=1), 1, atol=1e-9)


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_least_squares_leaves_the_interval_and_softmax_does_not(name: str) -> None:
    numbers = taught(rows_of(name))

    assert numbers["squares_outside_train"] > 0
    assert numbers["squares_outside_new"] > 0
    assert numbers["softmax_outside_train"] == numbers["softmax_outside_new"] == 0


def test_the_corners_of_a_square_need_the_product() -> None:
    lesson = teach(Given())
    X = np.array([[1.0, 1], [-1, -1], [1, -1], [-1, 1]])

    assert lesson.exercises[1].answer == "x_1 x_2"
    assert (np.sign(X.prod(axis=1)) == [1, 1, -1, -1]).all()


def test_the_exercise_on_the_boundary_has_equal_logits_at_its_answer() -> None:
    x1, x2 = 2.0, float(teach(Given()).exercises[0].answer)

    assert x1 + 2 * x2 == pytest.approx(3 * x1 - x2 + 1)


def test_one_feature_is_refused_with_what_to_take() -> None:
    rows = rows_of("iris").with_columns(0)

    with pytest.raises(UsageError, match="two features"):
        teach(Given(rows=rows))


def test_features_that_tell_nothing_are_refused() -> None:
    rows = Rows("flat", np.ones((20, 2)), np.arange(20) % 2, ("a", "b"), ("x", "y"))

    with pytest.raises(UsageError, match="no boundary"):
        teach(Given(rows=rows))

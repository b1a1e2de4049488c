"""Decision regions."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from odd_names import ODD_NAMES

from softreg.plots.boundary import draw_boundary


def by_sign(points: np.ndarray) -> np.ndarray:
    """Probabilities of a model that says class 1 where the first number is positive."""
    right = 1 / (1 + np.exp(-3 * points[:, 0]))
    return np.column_stack([1 - right, right])


def evenly(n_classes: int):
    return lambda points: np.full((len(points), n_classes), 1 / n_classes)


POINTS = np.array([[-1.0, 0.0], [-0.5, 1.0], [0.5, 0.5], [1.0, -1.0]])


def scattered(figure) -> list[PathCollection]:
    return [artist for artist in figure.axes[0].collections if isinstance(artist, PathCollection)]


def test_exactly_the_wrong_points_are_ringed(write, texts, within) -> None:
    figure = draw_boundary(POINTS, np.array([0, 1, 1, 1]), ["left", "right"], ["width", "height"], by_sign)
    write(figure)
    within(figure)

    dots, rings = scattered(figure)
    assert len(dots.get_offsets()) == 4
    np.testing.assert_array_equal(rings.get_offsets(), POINTS[[1]])
    assert {"left", "right", "wrong", "width", "height", "accuracy 0.750 on all rows (3 of 4)"} <= set(texts(figure))


def test_every_point_keeps_the_colour_of_its_true_class() -> None:
    codes = np.array([1, 0, 1, 0])

    dots = scattered(draw_boundary(POINTS, codes, ["a", "b"], ["x", "y"], by_sign))[0]

    drawn = {
        tuple(place): tuple(colour)
        for place, colour in zip(dots.get_offsets().tolist(), dots.get_facecolors().tolist(), strict=True)
    }
    assert drawn[tuple(POINTS[0])] == drawn[tuple(POINTS[2])] != drawn[tuple(POINTS[1])] == drawn[tuple(POINTS[3])]


def test_regions_are_darker_where_the_model_is_surer() -> None:
    picture = np.asarray(
        draw_boundary(POINTS, np.array([0, 0, 1, 1]), ["a", "b"], ["x", "y"], by_sign).axes[0].images[0].get_array()
    )

    lightness = picture.sum(axis=2)[0]
    middle = len(lightness) // 2
    assert lightness[0] < lightness[middle - 5]
    assert lightness[-1] < lightness[middle + 5]
    assert not np.allclose(picture[0, 0], picture[0, -1])


def test_all_rows_count_though_not_all_are_drawn(texts) -> None:
    many = np.tile(POINTS, (2500, 1))
    figure = draw_boundary(many, np.tile([0, 0, 1, 0], 2500), ["a", "b"], ["x", "y"], by_sign)

    drawn = len(scattered(figure)[0].get_offsets())
    assert drawn <= 3000
    assert f"accuracy 0.750 on all rows (7500 of 10000, {drawn} drawn)" in texts(figure)


@pytest.mark.parametrize("n_classes", [2, 11, 100])
def test_any_number_of_classes_and_one_constant_axis(n_classes: int, write, within) -> None:
    points = np.column_stack([np.arange(n_classes), np.zeros(n_classes)])
    names = [f"class {k}" for k in range(n_classes)]

    figure = draw_boundary(points, np.arange(n_classes), names, ["x", "y"], evenly(n_classes))
    write(figure)
    within(figure)


def test_odd_names_are_in_the_legend_as_they_are(write, texts, within) -> None:
    n = len(ODD_NAMES)
    figure = draw_boundary(POINTS, np.arange(4), ODD_NAMES, ["$a_1$", "b" * 200], evenly(n))
    write(figure)
    within(figure)

    assert {"$x^2$", "_hidden_", "$a_1$"} <= set(texts(figure))

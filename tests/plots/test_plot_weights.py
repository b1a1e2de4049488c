"""Weights as images and as heat maps."""

from __future__ import annotations

import numpy as np
import pytest
from odd_names import ODD_NAMES

from softreg.plots.weights import draw_weights


def made_up(n_features: int, n_classes: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0.3, 1, size=(n_features, n_classes))


def names(word: str, n: int) -> list[str]:
    return [f"{word} {k}" for k in range(n)]


@pytest.mark.parametrize("image_shape", [None, (4, 6)])
def test_colours_are_symmetric_about_zero(image_shape: tuple[int, int] | None) -> None:
    figure = draw_weights(made_up(24, 3), names("class", 3), names("x", 24), image_shape)

    limits = {image.get_clim() for axes in figure.axes for image in axes.images}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high < 0


def test_each_class_has_an_image_of_its_own_weights(write, texts, within) -> None:
    weights = made_up(24, 3)
    figure = draw_weights(weights, ["cat", "$dog$", "_emu"], names("x", 24), (4, 6))
    write(figure)
    within(figure)

    shown = [axes for axes in figure.axes if axes.images]
    for axes, column in zip(shown, weights.T, strict=True):
        np.testing.assert_array_equal(np.asarray(axes.images[0].get_array()), column.reshape(4, 6))
    assert {"cat", "$dog$", "_emu"} <= set(texts(figure))


def test_one_wild_pixel_does_not_pale_the_others() -> None:
    weights = made_up(784, 10)
    weights[0, 0] = 1e6

    image = draw_weights(weights, names("class", 10), names("x", 784), (28, 28)).axes[0].images[0]

    assert image.get_clim()[1] < 10


def test_more_classes_than_fit_are_cut_and_the_title_says_so(write, texts) -> None:
    figure = draw_weights(made_up(4, 100), names("class", 100), names("x", 4), (2, 2))
    write(figure)

    assert sum(bool(axes.images) for axes in figure.axes) == 60
    assert "Weights of the first 60 of 100 classes" in texts(figure)


def test_a_heat_map_names_features_and_classes_and_writes_the_values(write, texts, within) -> None:
    figure = draw_weights(np.array([[1.5, -1.5], [-0.001, 0.001]]), ["no", "yes"], ["age", "fare"])
    write(figure)
    within(figure)

    assert {"no", "yes", "age", "fare", "+1.50", "−1.50", "0.00"} <= set(texts(figure))
    assert not any("of 2 features" in text for text in texts(figure))


def test_of_many_features_the_thirty_that_differ_most_between_classes_are_shown(write, texts, within) -> None:
    weights = 0.01 * made_up(500, 4)
    weights[100:130] = 1e-3 * np.arange(30, 60)[:, None] * np.array([-1, 0, 0, 1]) * 10
    weights[7] = 99.0  # large in every class alike: it changes no probability

    figure = draw_weights(weights, names("class", 4), names("x", 500))
    write(figure)
    within(figure)

    shown = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert shown == [f"x {k}" for k in range(129, 99, -1)]
    assert any("the 30 of 500 features with the largest spread" in text for text in texts(figure))


@pytest.mark.parametrize(("n_features", "n_classes"), [(1, 2), (1, 100), (30, 2), (31, 100), (3, 12)])
def test_any_shape_can_be_drawn_without_a_clipped_label(n_features: int, n_classes: int, write, within) -> None:
    figure = draw_weights(made_up(n_features, n_classes), names("a class", n_classes), names("a feature", n_features))
    write(figure)
    within(figure)


def test_odd_names_do_no_harm(write, texts, within) -> None:
    n = len(ODD_NAMES)
    figure = draw_weights(made_up(n, n), ODD_NAMES, ODD_NAMES)
    write(figure)
    within(figure)

    assert texts(figure).count("$x^2$") == 2


@pytest.mark.parametrize("image_shape", [None, (2, 2)])
def test_weights_that_are_all_zero_are_drawn(image_shape: tuple[int, int] | None, write) -> None:
    write(draw_weights(np.zeros((4, 2)), ["a", "b"], names("x", 4), image_shape))

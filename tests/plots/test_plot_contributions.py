"""Why A and not B, as a staircase and as images."""

from __future__ import annotations

import numpy as np
import pytest
from odd_names import ODD_NAMES

from softreg.plots.contributions import Staircase, draw_contribution_images, draw_contributions

STEPS = Staircase("yes", "no", "the average row", "row 3 of t.csv", ["age = 3", "sex = f"], np.array([2.0, -0.5]), -1.0)


def test_each_step_begins_where_the_last_one_ended_and_all_lead_to_the_row(write, texts, within) -> None:
    figure = draw_contributions(STEPS)
    write(figure)
    within(figure)

    bars = figure.axes[0].patches
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
    assert ends == [(0, -1), (-1, 1), (1, 0.5), (0, 0.5)]
    names = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert names == ["the average row", "age = 3", "sex = f", "row 3 of t.csv"]
    bottom, top = figure.axes[0].get_ylim()
    assert bottom > top
    assert {"−1.00", "+2.00", "−0.50", "+0.50", "Why yes and not no: row 3 of t.csv"} <= set(texts(figure))


def test_what_speaks_for_the_class_has_another_colour_than_what_speaks_against(write) -> None:
    start, forth, back, _ = draw_contributions(STEPS).axes[0].patches

    assert forth.get_facecolor() != back.get_facecolor()
    assert start.get_facecolor()[:3] == back.get_facecolor()[:3]


def test_a_model_that_has_learned_nothing_is_drawn(write, within) -> None:
    figure = draw_contributions(Staircase("a", "b", "a row of zeros", "row 1 of x", ["x = 1"], np.zeros(1), 0.0))
    write(figure)
    within(figure)


@pytest.mark.parametrize("n", [1, 9, 30])
def test_odd_names_and_any_number_of_steps_fit_on_the_page(n: int, write, texts, within) -> None:
    names = [ODD_NAMES[k % len(ODD_NAMES)] for k in range(n)]
    values = np.random.default_rng(n).standard_normal(n) * 1e3
    figure = draw_contributions(Staircase(names[0], names[-1], "the average row", names[0], names, values, 5.0))
    write(figure)
    within(figure)


def test_pixels_are_images_on_one_scale_and_the_last_is_the_difference(write, texts, within) -> None:
    image, parts = np.arange(12.0).reshape(3, 4), np.random.default_rng(0).standard_normal((3, 4, 2))
    figure = draw_contribution_images(image, parts, ("T-shirt", "Coat"), "row 7 of fashion_mnist")
    write(figure)
    within(figure)

    drawn = [axes.images[0] for axes in figure.axes[:4]]
    np.testing.assert_array_equal(np.asarray(drawn[0].get_array()), image)
    for shown, values in zip(drawn[1:], (parts[..., 0], parts[..., 1], parts[..., 0] - parts[..., 1]), strict=True):
        np.testing.assert_array_equal(np.asarray(shown.get_array()), values)
    limits = {shown.get_clim() for shown in drawn[1:]}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high
    total = f"{(parts[..., 0] - parts[..., 1]).sum():+.2f}".replace("-", "−")
    assert f"T-shirt − Coat: {total}" in texts(figure)


def test_images_of_odd_classes_and_of_no_weight_are_drawn(write, within) -> None:
    figure = draw_contribution_images(np.zeros((28, 28)), np.zeros((28, 28, 2)), (ODD_NAMES[0], ODD_NAMES[1]), "row 1")
    write(figure)
    within(figure)

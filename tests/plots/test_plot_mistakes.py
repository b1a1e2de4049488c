"""The most confident mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from odd_names import ODD_NAMES

from softreg.plots.mistakes import Mistakes, draw_mistakes, draw_mistakes_table

FEW = Mistakes(["Shirt", "Coat", "Bag"], ["Coat", "Shirt", "Dress"], [0.5, 0.97, 0.61], [12, 7, 300], 400)
IMAGES = np.arange(3 * 16, dtype=float).reshape(3, 4, 4)


def test_the_surest_mistake_comes_first_with_its_own_image_names_and_row(write, texts, within) -> None:
    figure = draw_mistakes(IMAGES, FEW)
    write(figure)
    within(figure)

    assert [axes.get_title() for axes in figure.axes] == [
        "is Coat\nsays Shirt (0.97)",
        "is Bag\nsays Dress (0.61)",
        "is Shirt\nsays Coat (0.50)",
    ]
    np.testing.assert_array_equal(np.asarray(figure.axes[0].images[0].get_array()), IMAGES[1])
    assert figure.axes[0].texts[0].get_text() == "row 7"
    assert "All 3 mistakes on 400 rows" in texts(figure)


def test_the_table_lists_the_surest_first_from_above(write, texts, within) -> None:
    figure = draw_mistakes_table(FEW)
    write(figure)
    within(figure)

    axes = figure.axes[0]
    assert axes.get_yticklabels()[0].get_text() == "row 7: is Coat, says Shirt"
    assert [bar.get_width() for bar in axes.patches] == [0.97, 0.61, 0.5]
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert {"0.97", "0.61", "0.50"} <= set(texts(figure))


@pytest.mark.parametrize("most", [1, 2])
def test_more_mistakes_than_fit_are_cut_and_the_title_says_so(most: int, texts) -> None:
    said = f"The {most} most confident of 3 mistakes on 400 rows"

    assert said in texts(draw_mistakes(IMAGES, FEW, most=most))
    assert said in texts(draw_mistakes_table(FEW, most=most))


def test_equally_sure_mistakes_keep_the_order_of_the_rows() -> None:
    even = Mistakes(["a"] * 40, ["b"] * 40, [0.5] * 40, list(range(1, 41)), 50)

    assert even.surest(40).tolist() == list(range(40))


def test_no_mistakes_are_good_news_and_no_empty_picture(write, texts, within) -> None:
    none = Mistakes([], [], [], [], 30)

    for figure in (draw_mistakes(np.empty((0, 8, 8)), none), draw_mistakes_table(none)):
        write(figure)
        within(figure)
        assert texts(figure) == ["no mistakes on these 30 rows"]


def test_one_mistake_is_the_only_one(write, texts, within) -> None:
    one = Mistakes(["a"], ["b"], np.array([0.9]), np.array([4]), 30)

    for figure in (draw_mistakes(IMAGES[:1], one), draw_mistakes_table(one)):
        write(figure)
        within(figure)
        assert "The only mistake on 30 rows" in texts(figure)


@pytest.mark.parametrize("n", [4, 7, 20])
def test_odd_names_and_any_number_of_mistakes_fit_on_the_page(n: int, write, texts, within) -> None:
    names = [ODD_NAMES[k % len(ODD_NAMES)] for k in range(n)]
    mistakes = Mistakes(names, names[::-1], np.linspace(0.4, 1, n), np.arange(n) + 10**6, 10**7)

    for figure in (draw_mistakes(np.zeros((n, 28, 28)), mistakes), draw_mistakes_table(mistakes)):
        write(figure)
        within(figure)
        assert any("$x^2$" in text for text in texts(figure))

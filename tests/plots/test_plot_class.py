"""A class's scores and mistakes as bars."""

from __future__ import annotations

import pytest

from softreg.plots.class_scores import MOST_BARS, draw_class

SCORES = [("0-9%", 2), ("10-19%", 0), ("100%", 31)]
MISTAKES = [("sum for mean", 12), ("log2", 3)]


def test_every_bar_has_its_length_its_name_and_its_number(write, texts, within) -> None:
    figure = draw_class(SCORES, MISTAKES, "Homework $1 \\frac")
    write(figure)
    within(figure)

    for axes, counts in zip(figure.axes, (SCORES, MISTAKES), strict=True):
        assert [bar.get_width() for bar in axes.patches] == [count for _, count in counts]
        assert [tick.get_text() for tick in axes.get_yticklabels()] == [name for name, _ in counts]
        assert axes.yaxis_inverted()
    assert {"31", "12", "3"} <= set(texts(figure))
    assert "Homework $1 \\frac" in texts(figure)


def test_a_class_without_mistakes_has_one_panel(write) -> None:
    figure = draw_class(SCORES, [], "Homework")
    write(figure)

    assert len(figure.axes) == 1


@pytest.mark.parametrize("count", [1, MOST_BARS, 60])
def test_many_mistakes_with_long_names_stay_within_the_picture(count: int, write, within) -> None:
    figure = draw_class(
        [(name, 0) for name, _ in SCORES], [(f"{k} " + "wide " * 20, k + 1) for k in range(count)], "x" * 300
    )
    write(figure)
    within(figure)

    assert len(figure.axes[1].patches) == min(count, MOST_BARS)

"""Pictures in characters: marks stand where the numbers are, bars are as long as their values, nothing is lost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softreg.plots.text import bars, chart

numbers = st.floats(-1e6, 1e6)


def grid_of(picture: str) -> list[str]:
    return [
        line.split("┤" if "┤" in line else "│", 1)[1] for line in picture.splitlines() if "┤" in line or "│" in line
    ]


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=30))
def test_every_point_has_a_mark_and_the_ends_are_named(points: list[tuple[float, float]]) -> None:
    grid = grid_of(chart({"a": points}, width=20, height=6))
    marks = sum(line.count("o") for line in grid)

    assert len(grid) == 6
    assert 1 <= marks <= len(set(points))
    assert max(map(len, grid)) <= 20


def test_the_highest_value_is_on_the_first_line_and_the_lowest_on_the_last() -> None:
    grid = grid_of(chart({"a": [(0, 1.0), (1, 9.0), (2, 5.0)]}, width=9, height=5))

    assert grid[0].index("o") == 4
    assert grid[-1].index("o") == 0
    assert grid[2].index("o") == 8


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show_and_spaces_by_ratio() -> None:
    grid = grid_of(chart({"a": [(1, 1), (10, 1), (100, 1), (0, 1), (-5, 1)]}, width=11, height=3, log_x=True))

    assert [place for place, mark in enumerate(grid[-1]) if mark == "o"] == [0, 5, 10]


@pytest.mark.parametrize("points", [[], [(math.nan, 1.0)], [(1.0, math.inf)]])
def test_nothing_to_draw_is_said(points: list[tuple[float, float]]) -> None:
    assert chart({"a": points}) == "(nothing to draw)"


def test_more_curves_than_marks_are_refused() -> None:
    with pytest.raises(ValueError, match="11 curves"):
        chart({str(k): [(0, k)] for k in range(11)})


@given(st.dictionaries(st.sampled_from(["a", "bb", "ccc"]), st.floats(-1e3, 1e3), min_size=1))
def test_bars_keep_to_their_width_and_tell_their_numbers(values: dict[str, float]) -> None:
    lines = bars(values, width=20).splitlines()

    assert len({len(line) for line in lines}) == 1
    for line, value in zip(lines, values.values(), strict=True):
        assert line.endswith(f"{value:.3f}")


def test_a_bar_twice_as_large_is_twice_as_long() -> None:
    short, long = bars({"a": 1.0, "b": 2.0}, width=16).splitlines()

    assert long.count("█") == 2 * short.count("█") == 16

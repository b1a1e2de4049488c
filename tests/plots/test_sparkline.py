"""Curves in one line of text."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from softreg.plots.text import sparkline

BLOCKS = "▁▂▃▄▅▆▇█"
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.lists(st.none() | st.floats(), max_size=60)


@given(ANY, st.integers(0, 30), st.booleans())
@example([0.0, 5e-324], 2, False)  # two values whose halves are equal
def test_a_sparkline_is_made_of_blocks_and_never_too_wide(values: list[float | None], width: int, log: bool) -> None:
    line = sparkline(values, width, log=log)

    known = [value for value in values if value is not None and not math.isnan(value)]
    assert set(line) <= set(BLOCKS)
    assert len(line) == min(len(known), width)


@given(st.lists(FINITE, min_size=2, max_size=12))
@example([0.0, 5e-324])
@example([-1.7e308, 1.7e308])
def test_blocks_stand_in_the_order_of_the_values(values: list[float]) -> None:
    heights = [BLOCKS.index(block) for block in sparkline(values)]

    pairs = sorted(zip(values, heights, strict=True))
    assert [height for _, height in pairs] == sorted(heights)
    if min(values) < max(values):
        assert (min(heights), max(heights)) == (0, 7)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("n_values", [13, 14, 25, 100, 1001])
def test_first_and_last_value_are_always_shown_and_the_order_is_kept(n_values: int, log: bool) -> None:
    falling = [float(n_values - k) for k in range(n_values)]

    line = sparkline(falling, width=12, log=log)

    assert len(line) == 12
    assert (line[0], line[-1]) == ("█", "▁")
    assert sorted(line, reverse=True) == list(line)


def test_log_shows_more_of_the_start() -> None:
    loss = [1 / (1 + epoch) for epoch in range(1000)]

    assert len(set(sparkline(loss, log=True))) > len(set(sparkline(loss)))


def test_a_line_that_does_not_move_is_level_and_of_half_height() -> None:
    assert sparkline([0.5]) == "▄"
    assert sparkline([2, 2, 2]) == "▄▄▄"


def test_nothing_measured_is_an_empty_line() -> None:
    assert sparkline([]) == sparkline([None, None]) == sparkline([math.nan]) == ""


def test_infinity_is_the_highest_block_and_does_not_flatten_the_rest() -> None:
    assert sparkline([1.0, 0.0, math.inf]) == "█▁█"
    assert sparkline([-math.inf, 0.0, 1.0]) == "▁▁█"
    assert sparkline([math.inf]) == "█"

"""What the tests of plots share: a figure is judged as it is written, and matplotlib has nothing to complain of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from softreg.plots import style


@pytest.fixture
def write(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Callable[..., bytes]:
    """Write a figure and return the bytes; warnings are errors everywhere, and here so is what matplotlib logs."""

    def written(figure: Figure, name: str = "plot.png") -> bytes:
        with caplog.at_level(logging.WARNING):
            style.save(figure, tmp_path / name)
        assert not caplog.records
        return (tmp_path / name).read_bytes()

    return written


@pytest.fixture
def texts() -> Callable[[Figure], list[str]]:
    """Every text of a figure that is shown and not empty."""

    def shown(figure: Figure) -> list[str]:
        return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]

    return shown


@pytest.fixture
def within() -> Callable[[Figure], None]:
    """Check that no text of a figure reaches over its edge."""

    def check(figure: Figure) -> None:
        with style.style():
            figure.draw_without_rendering()
        outside = ticks_not_drawn(figure)
        edge = figure.bbox.padded(1)
        for text in figure.findobj(Text):
            if text.get_text() and text.get_visible() and text not in outside:
                box = text.get_window_extent()
                assert edge.containsx(box.x0), text
                assert edge.containsx(box.x1), text
                assert edge.containsy(box.y0), text
                assert edge.containsy(box.y1), text

    return check


def ticks_not_drawn(figure: Figure) -> set[Text]:
    """Labels of ticks that lie outside the limits of their axis: they exist, and are not drawn."""
    hidden = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks():
            if not axis.axes.axison or not low <= tick.get_loc() <= high:
                hidden |= {tick.label1, tick.label2}
    return hidden

"""Class: the scores of a class and the mistakes behind them, as bars."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from softreg.plots.style import INK, colours, labels, new_figure, style

__all__ = ["draw_class"]

_BLUE, _ORANGE, _RED = colours(3)
MOST_BARS = 16


def draw_class(scores: Sequence[tuple[str, int]], mistakes: Sequence[tuple[str, int]], title: str) -> Figure:
    """Draw how many submissions have which score, and how many make which mistake; both as (name, count).

    Of many mistakes the first are drawn, which are the commonest.
    """
    shown = list(mistakes)[:MOST_BARS]
    with style():
        figure = new_figure(10.0 if shown else 5.6, max(3.4, 1.4 + 0.3 * max(len(shown), len(scores))))
        panels = figure.subplots(1, 2 if shown else 1, squeeze=False)[0]
        _bars(panels[0], scores, _BLUE, "Score, of what can be had")
        if shown:
            _bars(panels[1], shown, _RED, "Likely mistake")
        figure.suptitle(labels([title], 80)[0], x=0.01, ha="left", fontweight="bold")
    return figure


def _bars(axes: Axes, counts: Sequence[tuple[str, int]], colour: str, title: str) -> None:
    """Bars that lie, the first on top, each with its number."""
    places = range(len(counts))
    drawn = axes.barh(places, [count for _, count in counts], color=colour, height=0.7)
    axes.bar_label(drawn, [str(count) if count else "" for _, count in counts], padding=3, color=INK, fontsize=9)
    axes.set_yticks(places, labels=labels([name for name, _ in counts], 34))
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_xlabel("submissions")
    axes.set_title(title)
    axes.grid(True, axis="x")

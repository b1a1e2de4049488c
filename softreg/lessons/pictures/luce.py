"""The picture of the lesson on Luce's rule: log-odds before and after, and the shares of the buses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.plots.style import INK, MUTED, colours, label, new_figure, style

__all__ = ["draw_luce"]

_BLUE, _ORANGE, _RED = colours(3)


def draw_luce(numbers: Mapping[str, Any], alternatives: Sequence[str]) -> Figure:
    """Draw the log-odds of two classes with and without a third beside the shares of the alternatives."""
    with style():
        figure = new_figure(10, 4.4)
        left, right = figure.subplots(1, 2, width_ratios=[6, 5])
        _draw_odds(left, numbers["scatter"], [label(name, 14) for name in numbers["classes"]])
        _draw_shares(right, numbers, alternatives)
    return figure


def _draw_odds(axes: Axes, scatter: np.ndarray, names: Sequence[str]) -> None:
    before, renormalized, refitted = scatter.T
    ends = np.array([before.min(), before.max()])
    axes.plot(ends, ends, color=MUTED, linewidth=0.8, zorder=1)
    axes.plot(before, refitted, "D", color=_RED, markersize=4, alpha=0.6, label="trained again", zorder=2)
    axes.plot(before, renormalized, "o", color=_BLUE, markersize=3, label="renormalized: on the diagonal", zorder=3)
    axes.set_title(f'"{names[0]}" is struck: do the log-odds move?')
    axes.set_xlabel(f'log-odds of "{names[1]}" against "{names[2]}", all classes')
    axes.set_ylabel("the same, without it")
    axes.legend(loc="upper left")


def _draw_shares(axes: Axes, numbers: Mapping[str, Any], alternatives: Sequence[str]) -> None:
    """A bar of shares for each way to arrive at them."""
    ways = {
        "one bus": numbers["share"],
        "copied\nutility": numbers["copied_share"],
        "fitted\nagain": numbers["refitted_share"],
    }
    shades = ("#8f8f8f", _RED, _BLUE)
    for place, shares in enumerate(ways.values()):
        bottom = 0.0
        for share, name, shade in zip(shares, alternatives, shades, strict=False):
            axes.bar(place, share, bottom=bottom, color=shade, width=0.62, edgecolor="white", zorder=2)
            axes.text(
                place, bottom + share / 2, f"{name}\n{share:.3f}", ha="center", va="center", fontsize=9, color="white"
            )
            bottom += share
    axes.axhline(float(numbers["share"][0]), color=INK, linestyle="--", linewidth=0.9, zorder=1)
    axes.set_xticks(range(len(ways)), labels=list(ways))
    axes.set_ylim(0, 1)
    axes.set_ylabel("share of the travellers")
    axes.set_title("A bus is painted: who leaves the car?")

"""The picture of the lesson on stability: log-sum-exp between its bounds, and a loss computed in three ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from softreg.plots.style import INK, MUTED, colours, new_figure, style

__all__ = ["draw_stability"]


def draw_stability(numbers: Mapping[str, Any]) -> Figure:
    """Draw log-sum-exp of the scores, made narrower and wider, and the three losses by the gap of the logits."""
    with style():
        figure = new_figure(10, 4.2)
        left, right = figure.subplots(1, 2)
        _bounds(left, np.asarray(numbers["z"]))
        _losses(right, numbers)
    return figure


def _bounds(axes: Axes, z: np.ndarray) -> None:
    """Log-sum-exp less the largest score, against how far the scores lie apart."""
    below = z - z.max()
    reach = -below.min() or 1.0
    widths = np.logspace(-2, 2, 200)
    more = np.log(np.exp(np.outer(widths, below / reach)).sum(axis=1))
    axes.semilogx(widths, more, color=colours(1)[0], linewidth=2)
    for height, name, side in ((0.0, "largest score m", "bottom"), (math.log(z.size), "m + log K", "bottom")):
        axes.axhline(height, color=MUTED, linestyle="--", linewidth=1.0)
        axes.annotate(
            name, (widths[0], height), xytext=(2, 3), textcoords="offset points", va=side, fontsize=9, color=MUTED
        )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda width, _: f"{width:g}"))
    axes.set_ylim(-0.08 * math.log(z.size), 1.15 * math.log(z.size))
    axes.set_title("Log-sum-exp is the largest score, or little more")
    axes.set_xlabel("largest score less the smallest (the scores, stretched)")
    axes.set_ylabel("log-sum-exp, less m")


def _losses(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """The three ways to compute one loss, in float32."""
    gap, first = np.asarray(numbers["gap"]), numbers["first_lost"]
    blue, orange, red = colours(3)
    axes.plot(gap, numbers["from_logits"], color=blue, linewidth=3.5, label="from the logits")
    axes.plot(gap[:first], numbers["from_p"][:first], color=red, linewidth=1.5, linestyle="--", label="-log p")
    axes.plot(
        gap,
        numbers["with_epsilon"],
        color=orange,
        linewidth=1.8,
        linestyle="-.",
        label=f"-log(p + {numbers['epsilon']:g})",
    )
    axes.plot(gap[first - 1], numbers["from_p"][first - 1], "X", color=red, markersize=8)
    axes.annotate(
        f"infinite from {first} on",
        (gap[first - 1], numbers["from_p"][first - 1]),
        xytext=(8, -14),
        textcoords="offset points",
        fontsize=9,
        color=INK,
    )
    axes.set_title("One loss, computed in three ways in float32")
    axes.set_xlabel("largest logit less the true class's")
    axes.set_ylabel("loss of the row")
    axes.grid(True)
    axes.legend(loc="upper left")

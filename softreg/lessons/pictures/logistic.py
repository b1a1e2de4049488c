"""The picture of the lesson on two classes: the fitted sigmoid with equal steps, and its slope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit

from softreg.plots.style import INK, MUTED, colours, new_figure, style

__all__ = ["draw_logistic"]

_BLUE, _ORANGE, _RED = colours(3)


def draw_logistic(numbers: Mapping[str, Any], column: str, second: str) -> Figure:
    """Draw the probability of the second class along a column beside its slope as a function of z_1 - z_0."""
    with style():
        figure = new_figure(9.6, 4.2)
        left, right = figure.subplots(1, 2, width_ratios=[3, 2])
        _draw_curve(left, numbers)
        left.set_title("Equal steps in x are not equal steps in probability")
        left.set_xlabel(column)
        left.set_ylabel(f'probability of "{second}"')
        _draw_slope(right, numbers)
    return figure


def _draw_curve(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """The rows at 0 and 1, the curve, the tangent at its steepest, and the steps."""
    x, p, slope, middle = (numbers[name] for name in ("x", "p", "slope", "middle"))
    values, second = numbers["column_values"], numbers["is_second"]
    margin = 0.5 * numbers["step"]
    ends = min(values.min(), x[0]) - margin, max(values.max(), x[-1]) + margin
    fine = np.linspace(*ends, 400)
    for k, height in enumerate((-0.05, 1.05)):
        at = values[second == k]
        axes.plot(at, np.full(at.size, height), "|", color=MUTED, markersize=9, alpha=0.4)
    for at, height in zip(x, p, strict=True):
        axes.plot([at, at, ends[0]], [-0.02, height, height], color=_ORANGE, linewidth=0.9)
    axes.plot(fine, expit(slope * fine + numbers["start"]), color=_BLUE, linewidth=2.2)
    reach = 2 / slope
    axes.plot([middle - reach, middle + reach], [0, 1], color=INK, linestyle="--", linewidth=1)
    axes.plot(x, p, "o", color=_BLUE, markersize=5)
    axes.annotate(
        "the rows",
        (ends[0], 1.05 if slope < 0 else -0.05),
        textcoords="offset points",
        xytext=(2, 9 if slope < 0 else -9),
        va="bottom" if slope < 0 else "top",
        color=MUTED,
        fontsize=9,
    )
    axes.annotate(
        f"steepest: {numbers['steepest']:.3g}\nfor a unit of x",
        (middle + 0.12 * reach, 0.56),
        textcoords="offset points",
        xytext=(14 if slope > 0 else -14, -8),
        ha="left" if slope > 0 else "right",
        va="top",
        color=INK,
        fontsize=9,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
    )
    axes.set_xlim(*ends)
    axes.set_ylim(-0.16, 1.16)
    axes.set_yticks(np.linspace(0, 1, 6))


def _draw_slope(axes: Axes, numbers: Mapping[str, Any]) -> None:
    t = np.linspace(-6, 6, 400)
    p = expit(t)
    bend = numbers["bend"]
    axes.plot(t, p * (1 - p), color=_BLUE, linewidth=2.2)
    at_bend = float(expit(bend) * expit(-bend))
    axes.plot([-bend, bend], [at_bend] * 2, "D", color=_RED, markersize=6)
    axes.plot([0], [numbers["steepest_slope"]], "o", color=INK, markersize=6)
    axes.annotate(
        f"steepest, p = 1/2: {numbers['steepest_slope']:.2f}",
        (0, numbers["steepest_slope"]),
        textcoords="offset points",
        xytext=(0, 7),
        ha="center",
        fontsize=9,
    )
    for side, p_there in zip((-1, 1), numbers["bend_p"], strict=True):
        axes.annotate(
            f"bends most\np = {p_there:.3f}",
            (side * bend, at_bend),
            textcoords="offset points",
            xytext=(side * 8, 2),
            ha="right" if side < 0 else "left",
            fontsize=9,
            color=_RED,
        )
    axes.set_title("Its slope is p (1 - p)")
    axes.set_xlabel("z_1 - z_0")
    axes.set_ylabel("dp / d(z_1 - z_0)")
    axes.set_ylim(0, 0.29)
    axes.set_xlim(-6.2, 6.2)

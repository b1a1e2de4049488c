"""Accuracy against coverage: how right the answers are when the model may stay silent on what it is not sure of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from softreg.metrics import wilson_interval
from softreg.plots.style import INK, MUTED, colours, new_figure, style

__all__ = ["draw_coverage"]

_BLUE, _ORANGE, _RED = colours(3)
_GREY = "#e3e3e3"


def draw_coverage(curve: Mapping[str, Any], rows: str = "rows") -> Figure:
    """Draw accuracy against the share of rows that are answered, as the confidence that is asked for falls.

    ``curve`` is ``coverage`` of a report: ``threshold``, ``coverage``, ``accuracy`` and ``rows`` (m,), and
    ``reaching``, the largest coverage at some accuracies; those that ask for silence are marked. The grey band is
    Wilson's 95% interval.
    """
    coverage, accuracy = np.array(curve["coverage"]), np.array(curve["accuracy"])
    ends = [wilson_interval(share * n, n) for share, n in zip(curve["accuracy"], curve["rows"], strict=True)]
    with style():
        figure = new_figure(6.6, 5.2)
        axes = figure.subplots()
        axes.fill_between(coverage, *np.array(ends).T, color=_GREY, linewidth=0, zorder=1)
        line = axes.plot(coverage, accuracy, color=_BLUE, linewidth=1.8, zorder=3)[0]
        if len(coverage) <= 25:
            line.set(marker="o", markersize=4)
        reached = _reached(curve)
        for point in reached:
            place = int(np.argmin(np.abs(coverage - point["coverage"])))
            axes.plot(coverage[place], accuracy[place], "D", color=_RED, markersize=6.5, zorder=4)
        axes.axhline(accuracy[-1], color=MUTED, linestyle="--", linewidth=1.0, zorder=2)
        _axes(axes, accuracy, np.array(ends)[:, 0], rows)
        _legend(figure, reached, float(accuracy[-1]))
    return figure


def _reached(curve: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is reached by some silence, and not by all answers; of several at one threshold the most accurate."""
    found = {point["threshold"]: point for point in curve["reaching"] if 0 < point["coverage"] < 1}
    return list(found.values())


def _axes(axes: Axes, accuracy: np.ndarray, low: np.ndarray, rows: str) -> None:
    """Show the whole curve, and of the band what belongs to the larger half of the coverage."""
    bottom = min(float(accuracy.min()), float(low[len(low) // 2 :].min()))
    axes.set_ylim(max(0.0, bottom - 0.03 * (1 - bottom) - 0.005), 1 + 0.03 * (1 - bottom) + 0.005)
    axes.set_xlim(0, 1.02)
    axes.set_xlabel(f"coverage: share of the {rows} that are answered")
    axes.set_ylabel("accuracy of these answers")
    axes.set_title("Accuracy against coverage", fontweight="bold")
    axes.grid(True)


def _legend(figure: Figure, reached: list[Mapping[str, Any]], full: float) -> None:
    """Say below what the marks are, and with which threshold they are reached."""
    entries: list[tuple[Any, str]] = [
        (Line2D([], [], color=MUTED, linestyle="--"), f"all answered: accuracy {full:.3f}"),
        (Patch(color=_GREY), "95% interval of the accuracy"),
    ]
    told = [
        f"{point['accuracy']:.0%} right on the surest {point['coverage']:.1%}, of confidence "
        f"{math.floor(point['threshold'] * 1000) / 1000:.3f} or more"
        for point in reached
    ]
    entries += [(Line2D([], [], color=_RED, marker="D", linestyle="", markersize=6.5), text) for text in told]
    figure.legend(*zip(*entries, strict=True), loc="outside lower center", ncols=1, labelcolor=INK)

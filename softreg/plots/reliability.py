"""The reliability diagram: how often answers are right, by how sure the model is of them, and what chance allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullLocator

from softreg.plots.style import INK, MUTED, colours, new_figure, style

__all__ = ["draw_reliability"]

_BLUE, _ORANGE, _RED = colours(3)
_GREY = "#dcdcdc"
_WIDE = 30.0  # counts whose largest is so many times the smallest get a logarithmic axis

Bins = Sequence[Mapping[str, Any]]


def draw_reliability(panels: Mapping[str, Mapping[str, Any]], n_classes: int, rows: str = "rows") -> Figure:
    """Draw accuracy against confidence, a panel for each of ``panels``, with the number of rows below.

    ``panels`` holds, by title, a report: ``reliability`` (the bins), ``ece`` and ``ece_if_calibrated``. On the diagonal
    lies a model whose confidence is right; in the grey band a bin of such a model would lie in 95 of 100 cases; a bin
    outside is a diamond. No top label of ``n_classes`` is less sure than 1 / n_classes, where the axis begins.
    """
    with style():
        figure = new_figure(0.8 + 4.6 * len(panels), 5.8)
        grid = figure.subplots(
            2, len(panels), sharex=True, sharey="row", squeeze=False, gridspec_kw={"height_ratios": [4, 1]}
        )
        counts = [row["n_rows"] for report in panels.values() for row in report["reliability"]]
        for (upper, lower), (title, report) in zip(grid.T, panels.items(), strict=True):
            _draw_bins(upper, report["reliability"])
            upper.set_title("\n".join(filter(None, [title, _errors(report)])))
            _draw_counts(lower, report["reliability"], counts)
        first = min(row["low"] for report in panels.values() for row in report["reliability"])
        grid[0, 0].set_xlim(min(first, 1 / n_classes) - 0.01, 1.01)
        grid[0, 0].set_ylim(-0.02, 1.02)
        grid[0, 0].set_ylabel(f"accuracy on the {rows}")
        grid[1, 0].set_ylabel("rows" + (" (log.)" if _is_wide(counts) else ""))
        _legend(figure, panels)
    return figure


def _errors(report: Mapping[str, Any]) -> str:
    """The ECE, and its yardstick."""
    chance = report["ece_if_calibrated"]
    told = f"{chance:.3f} by chance alone" if chance is not None else "soft labels: chance is not known"
    return f"ECE {report['ece']:.3f} ({told})"


def _is_inside(row: Mapping[str, Any]) -> bool:
    return row["chance"] is None or row["chance"][0] <= row["accuracy"] <= row["chance"][1]


def _draw_bins(axes: Axes, bins: Bins) -> None:
    """Draw the band, the diagonal, and a mark for every bin at its mean confidence."""
    for row in bins:
        if row["chance"] is not None:
            low, high = row["chance"]
            sides = [row["low"], row["high"]]
            axes.fill_between(sides, low, high, facecolor=_GREY, edgecolor=_GREY, linewidth=1.0, zorder=1)
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1.0, zorder=2)
    sure, right = ([row[name] for row in bins] for name in ("confidence", "accuracy"))
    axes.plot(sure, right, color=_BLUE, linewidth=1.0, alpha=0.5, zorder=3)
    inside = np.array([_is_inside(row) for row in bins])
    for where, marker, colour in ((inside, "o", _BLUE), (~inside, "D", _RED)):
        axes.plot(np.array(sure)[where], np.array(right)[where], marker, color=colour, markersize=6, zorder=4)
    axes.grid(True)


def _draw_counts(axes: Axes, bins: Bins, counts: Sequence[int]) -> None:
    """Draw how many rows each bin has."""
    wide = _is_wide(counts)
    floor = 0.5 if wide else 0.0
    for row in bins:
        axes.bar(
            row["low"], row["n_rows"] - floor, row["high"] - row["low"], floor, align="edge", color=_BLUE, ec="white"
        )
    if wide:
        axes.set_yscale("log")
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylim(floor, max(counts) * (1.6 if wide else 1.08))
    axes.set_xlabel("confidence: probability of the answer")
    axes.grid(True, axis="y")


def _is_wide(counts: Sequence[int]) -> bool:
    return max(counts) > _WIDE * min(counts)


def _legend(figure: Figure, panels: Mapping[str, Mapping[str, Any]]) -> None:
    """Say below what the marks are; only those that occur."""
    rows = [row for report in panels.values() for row in report["reliability"]]
    entries: list[tuple[Any, str]] = [(Line2D([], [], color=MUTED, linestyle="--"), "as sure as right")]
    if any(row["chance"] is not None for row in rows):
        entries.append((Patch(color=_GREY), "where a calibrated model lies in 95 of 100 cases"))
    entries.append((Line2D([], [], color=_BLUE, marker="o", markersize=6), "bin"))
    if not all(map(_is_inside, rows)):
        entries.append((Line2D([], [], color=_RED, marker="D", linestyle="", markersize=6), "bin outside"))
    figure.legend(*zip(*entries, strict=True), loc="outside lower center", ncols=2, labelcolor=INK)

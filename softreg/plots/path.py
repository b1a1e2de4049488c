"""The path of l2: held-out cross-entropy and accuracy against the penalty, and which value was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from softreg.plots.style import INK, MUTED, colours, new_figure, style

__all__ = ["draw_path"]

_BLUE, _ORANGE, _RED = colours(3)
_PALE = "#c9dff4"
_WIDE = 4.0  # of a range whose top is so many times its bottom, a linear axis shows the top alone


@dataclass(frozen=True)
class _Panel:
    """One measure along the path: ``folds`` (folds, m), their mean (m,), and the half lengths of its bars, or None."""

    title: str
    folds: np.ndarray
    mean: np.ndarray
    bars: np.ndarray | None


def draw_path(path: Mapping[str, Any]) -> Figure:
    """Draw how each l2 did on rows that its fits had not seen.

    ``path`` is ``l2_path`` of a run's metrics: ``l2`` (m,), ``mean`` and ``standard_error`` (m,) of the cross-entropy
    over the folds, ``mean_accuracy`` (m,), ``cross_entropy`` and ``accuracy`` (folds, m), and the indices ``best`` and
    ``chosen``. The penalty grows to the right: of the values within one standard error of the best, the rightmost is
    chosen. Pale lines are the folds.
    """
    l2 = np.asarray(path["l2"], dtype=float)
    mean, error = np.asarray(path["mean"], dtype=float), np.asarray(path["standard_error"], dtype=float)
    best, chosen = int(path["best"]), int(path["chosen"])
    panels = (
        _Panel("Cross-entropy on held-out rows", np.asarray(path["cross_entropy"], dtype=float), mean, error),
        _Panel("Accuracy on held-out rows", np.asarray(path["accuracy"]), np.asarray(path["mean_accuracy"]), None),
    )
    with style():
        figure = new_figure(10, 4.7)
        axes = figure.subplots(1, 2)
        for each, panel in zip(axes, panels, strict=True):
            _draw(each, l2, panel, best, chosen)
            _penalty_axis(each, l2)
        axes[0].axhline(mean[best] + error[best], color=MUTED, linestyle="--", linewidth=1.0, zorder=1)
        _cross_entropy_axis(axes[0], panels[0].folds)
        _accuracy_axis(axes[1], panels[1].folds)
        _legend(figure, axes[0], _words(path, best), _words(path, chosen))
    return figure


def _draw(axes: Axes, l2: np.ndarray, panel: _Panel, best: int, chosen: int) -> None:
    """Draw the folds, their mean with its bars, and the two values that matter."""
    axes.plot(l2, panel.folds.T, color=_PALE, linewidth=0.9, zorder=2)
    axes.errorbar(
        l2, panel.mean, panel.bars, color=_BLUE, marker="o", markersize=3.5, linewidth=1.6, elinewidth=1.2, zorder=3
    )
    axes.plot(l2[best], panel.mean[best], "D", color="white", markeredgecolor=INK, markersize=9, zorder=4)
    axes.plot(l2[chosen], panel.mean[chosen], "o", color=_RED, markersize=6.5, zorder=5)
    axes.axvline(l2[chosen], color=_RED, linestyle=":", linewidth=1.0, zorder=1)
    axes.set_title(panel.title, fontweight="bold")
    axes.grid(True)


def _penalty_axis(axes: Axes, l2: np.ndarray) -> None:
    axes.set_xscale("log")
    axes.set_xlim(l2.min() / 1.6, l2.max() * 1.6)
    axes.xaxis.set_major_locator(LogLocator(numticks=7))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("l2 (logarithmic; more penalty to the right)")


def _cross_entropy_axis(axes: Axes, folds: np.ndarray) -> None:
    """Show all folds, between which the bars lie; a wide range gets a logarithmic axis, where a valley is no floor."""
    low, high = float(folds.min()), float(folds.max())
    if low > 0 and high > _WIDE * low:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_ylim(low / 1.15, high * 1.15)
    else:
        margin = 0.06 * (high - low) or 0.1
        axes.set_ylim(low - margin, high + margin)


def _accuracy_axis(axes: Axes, folds: np.ndarray) -> None:
    """Stay within 0 and 1 with a margin, and do not blow up a difference of two rows to the height of the panel."""
    low, high = float(folds.min()), float(folds.max())
    margin = max(0.06 * (high - low), 0.02)
    axes.set_ylim(max(low - margin, 0.0), min(high + margin, 1.02))


def _words(path: Mapping[str, Any], at: int) -> str:
    """One value of l2 and its scores."""
    mean, error = path["mean"][at], path["standard_error"][at]
    return (
        f"l2 = {path['l2'][at]:.3g}: cross-entropy {mean:.4f} ± {error:.4f}, accuracy {path['mean_accuracy'][at]:.3f}"
    )


def _legend(figure: Figure, axes: Axes, best: str, chosen: str) -> None:
    """Say below the panels what the marks are, and the numbers at both values."""
    entries = [
        (axes.plot([], [], "o", color=_RED, markersize=6.5)[0], f"chosen: {chosen}"),
        (axes.plot([], [], "D", color="white", markeredgecolor=INK, markersize=9)[0], f"least: {best}"),
        (
            axes.plot([], [], color=_BLUE, marker="o", markersize=3.5)[0],
            "mean over the folds, which are pale; bars: one standard error",
        ),
        (axes.plot([], [], color=MUTED, linestyle="--")[0], "least mean and one standard error"),
    ]
    figure.legend(*zip(*entries, strict=True), loc="outside lower center", ncols=2)

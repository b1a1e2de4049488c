"""The picture of the lesson on geometry: one objective over two weights, in several coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.plots.style import INK, MUTED, colours, label, new_figure, style

__all__ = ["Panel", "draw_geometry"]

_CELLS = 90
_RINGS = 12


@dataclass(frozen=True)
class Panel:
    """A title, a matrix A (2, 2) of coordinates v = A w, a descent's path (n_steps + 1, 2) in w, names of the axes.

    ``narrow``: the valley cannot be drawn, only told of.
    """

    title: str
    coordinates: np.ndarray
    path: np.ndarray
    across: str
    up: str
    narrow: bool = False


def draw_geometry(panels: Sequence[Panel], gap: Callable[[np.ndarray], np.ndarray], best: np.ndarray) -> Figure:
    """Draw contours of ``gap`` and the way of gradient descent, in the coordinates of each panel.

    ``gap`` takes w (m, 2) and gives the objective less the least (m,); ``best`` (2,) is where it is least.
    """
    with style():
        figure = new_figure(11, 4.3)
        for axes, panel in zip(figure.subplots(1, len(panels)), panels, strict=True):
            _contours(axes, panel, gap, best)
            axes.set_title(panel.title)
            axes.set_xlabel(label(panel.across, 40))
            axes.set_ylabel(label(panel.up, 40))
    return figure


def _contours(axes: Axes, panel: Panel, gap: Callable[[np.ndarray], np.ndarray], best: np.ndarray) -> None:
    """The valley in a square window, one unit as long across as up, so that a round bowl is seen round."""
    path, bottom = panel.path @ panel.coordinates.T, panel.coordinates @ best
    reach = 1.45 * np.abs(path - bottom).max()
    axes.set(xlim=(bottom[0] - reach, bottom[0] + reach), ylim=(bottom[1] - reach, bottom[1] + reach), aspect="equal")
    if panel.narrow:
        told = "too narrow a valley to be drawn:\nits two sides are one line"
        axes.text(0.5, 0.8, told, transform=axes.transAxes, ha="center")
        axes.axline(path[0], bottom, color=MUTED, linewidth=0.7)
    else:
        _rings(axes, panel, gap, bottom, reach)
    axes.plot(*path.T, color=colours(3)[2], linewidth=1.3, marker="o", markersize=2.5)
    axes.plot(*path[0], marker="o", color=INK, markersize=6)
    axes.plot(*bottom, marker="x", color=INK, markersize=8, markeredgewidth=1.8)
    # the word stands on the side to which nothing leads
    left, below = path[0][0] > bottom[0], path[min(1, len(path) - 1)][1] >= path[0][1]
    axes.annotate(
        "start",
        path[0],
        xytext=(-7 if left else 7, -4 if below else 4),
        textcoords="offset points",
        fontsize=9,
        va="top" if below else "bottom",
        ha="right" if left else "left",
    )


def _rings(axes: Axes, panel: Panel, gap: Callable[[np.ndarray], np.ndarray], bottom: np.ndarray, reach: float) -> None:
    """Rings of equal height, each twice as high above the bottom as the one inside it; one goes through the start."""
    ticks = np.linspace(-reach, reach, _CELLS)
    across, up = np.meshgrid(bottom[0] + ticks, bottom[1] + ticks)
    w = np.linalg.solve(panel.coordinates, np.stack([across.ravel(), up.ravel()])).T
    rings = gap(panel.path[:1]).item() * 2.0 ** np.arange(4 - _RINGS, 5)
    axes.contour(across, up, gap(w).reshape(across.shape), levels=rings, colors=MUTED, linewidths=0.7)

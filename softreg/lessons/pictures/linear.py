"""The picture of the lesson on linearity: regions with straight and with curved edges, and values outside [0, 1]."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from softreg.lessons.given import Rows
from softreg.metrics import accuracy
from softreg.plots.boundary import draw_points, draw_regions
from softreg.plots.style import INK, MUTED, colours, label, labels, new_figure, style

__all__ = ["Plane", "draw_linear"]


@dataclass(frozen=True)
class Plane:
    """Rows with two features, and ``predict``, which gives their probabilities; ``alike``: one unit for both axes."""

    title: str
    rows: Rows
    predict: Callable[[np.ndarray], np.ndarray]
    alike: bool = False


def draw_linear(planes: Sequence[Plane], values: Mapping[str, np.ndarray]) -> Figure:
    """Draw each plane with its regions and rows, and the sorted ``values`` of each way to make probabilities."""
    with style():
        figure = new_figure(10, 8)
        axes = figure.subplots(2, 2).ravel()
        for place, plane in zip(axes, planes, strict=False):
            _plane(place, plane)
        _sorted(axes[-1], values)
    return figure


def _plane(axes: Axes, plane: Plane) -> None:
    rows = plane.rows
    shades = np.array([to_rgb(colour) for colour in colours(rows.n_classes)])
    said = plane.predict(rows.X).argmax(axis=1)
    draw_regions(axes, rows.X, shades, plane.predict)
    draw_points(axes, rows.X, shades[rows.y], said != rows.y)
    if plane.alike:
        axes.set_aspect("equal")
    axes.set_title(f"{plane.title}: {accuracy(rows.y, said):.0%} right")
    axes.set_xlabel(label(rows.columns[0], 40))
    axes.set_ylabel(label(rows.columns[1], 40))
    _name_classes(axes, rows, shades)


def _name_classes(axes: Axes, rows: Rows, shades: np.ndarray) -> None:
    """Write each class's name at the middle of its rows, where the rings have no common middle to hide it."""
    middles = np.array([rows.X[rows.y == k].mean(axis=0) for k in np.unique(rows.y)])
    if np.ptp(middles, axis=0).max() < 0.2 * np.ptp(rows.X, axis=0).max():
        return
    names = np.array(labels(rows.classes, 16))[np.unique(rows.y)].tolist()
    for middle, name in zip(middles, names, strict=True):
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.5}
        axes.annotate(name, middle, ha="center", va="center", fontsize=9, color=INK, bbox=box)


def _sorted(axes: Axes, values: Mapping[str, np.ndarray]) -> None:
    for (name, each), shade, dash in zip(values.items(), colours(3)[::2], ("-", "--"), strict=False):
        places = 100 * (np.arange(each.size) + 0.5) / each.size
        axes.plot(places, each, color=shade, linestyle=dash, linewidth=1.8, label=name)
    low, high = min(axes.get_ylim()[0], -0.1), max(axes.get_ylim()[1], 1.1)
    for bottom, top in ((low, 0.0), (1.0, high)):
        axes.axhspan(bottom, top, color="#eeeeee", zorder=0)
    for end in (0, 1):
        axes.axhline(end, color=MUTED, linewidth=0.8)
    axes.set_ylim(low, high)
    axes.legend(loc="upper left", bbox_to_anchor=(0, 0.96), bbox_transform=axes.transData)
    axes.set_title("Both sum to 1 in each row; grey is no probability")
    axes.set_xlabel("% of the values on new rows, sorted")
    axes.set_ylabel("value, to be a probability")

"""The most confident mistakes: as images where features are pixels, else as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.plots.style import MUTED, frame, label, message, new_figure, style

__all__ = ["Mistakes", "draw_mistakes", "draw_mistakes_table"]


@dataclass(frozen=True)
class Mistakes:
    """Rows whose predicted class is not the true one.

    ``true`` and ``predicted`` hold class names, ``confidence`` the probability of the predicted class, ``rows`` the
    row numbers in the source, from 1; all of the same length. ``n_rows`` counts the rows scored, right ones included.
    """

    true: Sequence[str]
    predicted: Sequence[str]
    confidence: Sequence[float] | np.ndarray
    rows: Sequence[int] | np.ndarray
    n_rows: int

    def surest(self, most: int) -> np.ndarray:
        """Places of the ``most`` most confident mistakes, the surest first; ties in the order of the rows."""
        return np.argsort(-np.asarray(self.confidence, dtype=np.float64), kind="stable")[:most]

    def title(self, shown: int) -> str:
        """Say how many of how many mistakes are shown."""
        total = len(self.rows)
        which = f"The {shown} most confident of {total} mistakes" if shown < total else f"All {total} mistakes"
        return f"{which} on {self.n_rows} rows" if total > 1 else f"The only mistake on {self.n_rows} rows"


def draw_mistakes(images: np.ndarray, mistakes: Mistakes, most: int = 20) -> Figure:
    """Draw the most confident mistakes as a grid of images, the true class over the predicted one.

    Shapes: ``images`` (m, height, width), in the order of ``mistakes``. Without mistakes the figure says so.
    """
    places = mistakes.surest(most)
    if not len(places):
        return message(f"no mistakes on these {mistakes.n_rows} rows")
    across = min(len(places), 5)
    down = math.ceil(len(places) / across)
    with style():
        figure = new_figure(max(1.95 * across, 4.6), 2.35 * down + 0.5)
        figure.suptitle(mistakes.title(len(places)), fontsize=12)
        grid = figure.subplots(down, across, squeeze=False).ravel()
        for axes in grid[len(places) :]:
            axes.set_axis_off()
        for axes, place in zip(grid, places.tolist(), strict=False):
            _draw_image(axes, images[place], mistakes, place)
    return figure


def draw_mistakes_table(mistakes: Mistakes, most: int = 20) -> Figure:
    """Draw the most confident mistakes as bars of confidence, each named by row, true class and predicted class.

    Without mistakes the figure says so.
    """
    places = mistakes.surest(most).tolist()
    if not places:
        return message(f"no mistakes on these {mistakes.n_rows} rows")
    sure = [float(mistakes.confidence[place]) for place in places]
    names = [
        f"row {mistakes.rows[k]}: is {label(mistakes.true[k], 18)}, says {label(mistakes.predicted[k], 18)}"
        for k in places
    ]
    with style():
        figure = new_figure(8, 1.4 + 0.32 * len(places))
        axes = figure.subplots()
        bars = axes.barh(range(len(places)), sure, color="#3f90da", height=0.7)
        axes.bar_label(bars, labels=[f"{value:.2f}" for value in sure], padding=4)
        axes.set_yticks(range(len(places)), labels=names)
        axes.set_ylim(len(places) - 0.5, -0.5)
        axes.set_xlim(0, 1.08)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
        axes.set_xlabel("confidence in the wrong class")
        axes.tick_params(axis="y", length=0)
        axes.set_title(mistakes.title(len(places)))
    return figure


def _draw_image(axes: Axes, image: np.ndarray, mistakes: Mistakes, place: int) -> None:
    """Draw one image with what it is, what the model says, how surely, and its row."""
    axes.imshow(image, cmap="gray_r")
    frame(axes)
    says = f"says {label(mistakes.predicted[place], 11)} ({float(mistakes.confidence[place]):.2f})"
    axes.set_title(f"is {label(mistakes.true[place], 18)}\n{says}", loc="center", fontsize=9.5)
    axes.text(
        0.5,
        -0.03,
        f"row {mistakes.rows[place]}",
        transform=axes.transAxes,
        ha="center",
        va="top",
        fontsize=8,
        color=MUTED,
    )

"""The picture of the lesson on prediction: the likeliest answer, the cheapest one, and refusing."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.metrics import Coverage
from softreg.plots.style import INK, colours, new_figure, style

__all__ = ["draw_prediction"]

_BLUE, _ORANGE, _RED = colours(3)
_GREY = "#d0d0d0"
_MOST_NUMBERS = 8


def draw_prediction(proba: np.ndarray, expected: np.ndarray, curve: Coverage, thresholds: np.ndarray) -> Figure:
    """Draw the probabilities and the expected costs of the answers, and accuracy against coverage.

    Shapes: ``proba`` and ``expected`` (n_classes,); ``thresholds`` are marked on the curve.
    """
    with style():
        figure = new_figure(10.5, 3.6)
        left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.35])
        _bars(left, proba, int(proba.argmax()), "Likeliest", "probability")
        _bars(middle, expected, int(expected.argmin()), "Cheapest", "expected cost of the answer")
        _coverage(right, curve, thresholds)
    return figure


def _bars(axes: Axes, values: np.ndarray, chosen: int, title: str, up: str) -> None:
    """One bar an answer; the chosen one in colour."""
    places = np.arange(1, len(values) + 1)
    shades = [_BLUE if place - 1 == chosen else _GREY for place in places]
    drawn = axes.bar(places, values, color=shades, edgecolor=INK, linewidth=0.6, width=0.7)
    if len(values) <= _MOST_NUMBERS:
        axes.bar_label(drawn, labels=[format(value, ".3g") for value in values.tolist()], padding=2, fontsize=9)
        axes.set_xticks(places)
    axes.margins(y=0.14)
    axes.set_title(f"{title}: class {chosen + 1}")
    axes.set_xlabel("class that is said")
    axes.set_ylabel(up)


def _coverage(axes: Axes, curve: Coverage, thresholds: np.ndarray) -> None:
    """Show the curve from a little before the strictest threshold: of few rows, one mistake is many percent."""
    last = [int((curve.threshold >= threshold).sum()) - 1 for threshold in thresholds]
    marks = 100 * curve.coverage[last], 100 * curve.accuracy[last]
    shown = curve.coverage >= 0.8 * curve.coverage[last].min()
    axes.plot(100 * curve.coverage[shown], 100 * curve.accuracy[shown], color=_BLUE, linewidth=1.6)
    axes.plot(*marks, "D", color=_RED, markersize=5)
    for threshold, across, up in zip(thresholds, *marks, strict=True):
        told = f"{threshold:g}" if threshold else "all answered"
        axes.annotate(
            told, (across, up), (-7, -2), textcoords="offset points", ha="right", va="top", fontsize=9, color=INK
        )
    axes.margins(y=0.08)
    axes.set_title("Refusing below a threshold (at the marks)")
    axes.set_xlabel("coverage: % of held-out digits answered")
    axes.set_ylabel("% of these answers right")
    axes.grid(True)

"""The picture of the lesson on softmax: logits, exponentials, shares."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.plots.style import INK, colours, new_figure, style

__all__ = ["draw_softmax"]

_MOST_NUMBERS = 8
"""With more classes than these, the bars have no room for their numbers."""
_HIGHEST = 700.0
"""Of a logit above this, float64 cannot hold the exponential."""


def draw_softmax(logits: np.ndarray, proba: np.ndarray) -> Figure:
    """Draw the three steps side by side: logits, their exponentials, probabilities.

    Exponentials that a computer cannot hold are drawn as shares of the largest.

    Shapes: ``logits`` and ``proba`` (n_classes,).
    """
    top = logits.max() if logits.max() > _HIGHEST else 0.0
    told = "exp(z), the largest taken as 1" if top else "exp(z)"
    with style():
        figure = new_figure(9, 3.4)
        left, middle, right = figure.subplots(1, 3)
        _bars(left, logits, "logits z", "any real number", ".3g")
        _bars(middle, np.exp(logits - top), told, "positive", ".3g")
        _bars(right, proba, "p = exp(z) / sum", "positive, and they sum to 1", ".3f")
        right.set_ylim(0, 1.08)
    return figure


def _bars(axes: Axes, values: np.ndarray, title: str, below: str, form: str) -> None:
    """One bar a class, with its number."""
    places = np.arange(1, len(values) + 1)
    drawn = axes.bar(places, values, color=colours(len(values)), width=0.7)
    if len(values) <= _MOST_NUMBERS:
        axes.bar_label(drawn, labels=[format(value, form) for value in values.tolist()], padding=2, fontsize=9)
        axes.set_xticks(places)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.margins(y=0.14)
    axes.set_title(title)
    axes.set_xlabel(f"class\n{below}")

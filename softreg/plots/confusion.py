"""The confusion matrix as a picture: counts in the cells, colour by the share of the row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.plots.style import INK, label_ticks, new_figure, style

__all__ = ["draw_confusion"]

_MOST_WITH_NUMBERS = 20


def draw_confusion(confusion: np.ndarray | Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    """Draw a confusion matrix: true classes down, predicted classes across.

    Shapes: ``confusion`` (n_classes, n_classes), counts or sums of weights. Up to 20 classes the cells carry them;
    beyond, colour alone speaks. The title gives the accuracy.
    """
    counts = np.asarray(confusion, dtype=np.float64)
    n_classes, total = counts.shape[0], counts.sum(axis=1, keepdims=True)
    shares = counts / np.where(total > 0, total, 1)
    with style():
        side = min(2.6 + 0.48 * n_classes, 10.5)
        figure = new_figure(max(side, 4.2), max(side, 3.6))
        axes = figure.subplots()
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        label_ticks(axes, classes, classes)
        axes.set_xlabel("predicted class\n(darker: larger share)")
        axes.set_ylabel("true class")
        axes.set_title(_title(counts))
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        if n_classes <= _MOST_WITH_NUMBERS:
            _write_counts(axes, counts, shares)
        else:
            figure.colorbar(image, ax=axes, shrink=0.8, aspect=40).outline.set_visible(False)
    return figure


def _title(counts: np.ndarray) -> str:
    """Accuracy, as a share and as counts."""
    right, total = np.trace(counts), counts.sum()
    return f"accuracy {right / total:.3f} ({right:.6g} of {total:.6g})" if total else "no rows"


def _number(count: float) -> str:
    """A count in full, a sum of weights to four digits."""
    return f"{count:.4g}" if count % 1 else f"{count:.0f}"


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    """Write the counts: white on dark cells, zeros pale, small enough for the longest number."""
    digits = max(len(_number(count)) for count in counts.flat)
    size = min(10.0, 36.0 / digits) if len(counts) > 4 else 11.0
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.55 else INK if count else "#c4c4c4"
        axes.text(column, row, _number(count), ha="center", va="center", fontsize=size, color=colour)

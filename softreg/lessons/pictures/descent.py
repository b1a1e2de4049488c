"""The picture of the lesson on descent: step sizes, methods, batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from softreg.errors import plural
from softreg.plots.style import MUTED, colours, new_figure, style

__all__ = ["draw_descent"]

_DASHES = ("-", "--", "-.", (0, (5, 1, 1, 1, 1, 1)), ":", (0, (1, 1)))


def draw_descent(numbers: Mapping[str, Any]) -> Figure:
    """Draw J by step for the step sizes, and by epoch for the methods and the sizes of batches.

    ``numbers`` are those of the lesson: ``curves``, ``method_curves`` and ``batch_curves`` (lines, epochs + 1).
    """
    kinds = [f"{kind}, {times:g}/L" for kind, times in zip(numbers["kinds"], numbers["times"], strict=True)]
    with style():
        figure = new_figure(12, 4.8)
        lengths, methods, batches = figure.subplots(1, 3)
        _lines(lengths, numbers["curves"], kinds, numbers["log_k"])
        lengths.set_title("gd: below 2/L guaranteed, above not")
        lengths.set_xlabel("epoch (one step each)")
        _lines(methods, numbers["method_curves"], numbers["methods"], numbers["log_k"])
        methods.set_title("Six methods from one start")
        methods.set_xlabel("epoch: passes over the data")
        sizes = [f"{plural(size, 'row')} a batch" for size in numbers["sizes"].tolist()]
        _lines(batches, numbers["batch_curves"], sizes, numbers["log_k"])
        batches.set_title("Sizes of batches")
        batches.set_xlabel("epoch: passes over the data")
        lengths.annotate(
            "guessing: log K",
            (1, numbers["log_k"]),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            fontsize=9,
            color=MUTED,
        )
        lengths.set_ylabel("J, mean cross-entropy (logarithmic)")
    return figure


def _lines(axes: Axes, curves: np.ndarray, names: Sequence[str], guessing: float) -> None:
    for curve, name, dash, colour in zip(curves, names, _DASHES, colours(6), strict=False):
        # what has fallen below a hundred-thousandth is drawn there: a logarithm of 0 has no place
        wild = bool(curve.max() > guessing * (1 + 1e-9))  # it goes up and down, for which a thin line is enough
        width, line = (0.9, "-") if wild else (1.8, dash)
        axes.semilogy(np.maximum(curve, 1e-5), linestyle=line, color=colour, linewidth=width, label=name)
    axes.axhline(guessing, color=MUTED, linestyle="--", linewidth=0.8)
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if curves.max() < 30 * curves.min() else (1.0,)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3 if len(names) > 4 else 2)

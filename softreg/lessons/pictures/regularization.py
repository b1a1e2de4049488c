"""The picture of the lesson on regularization: the path of the weights, its costs, and growth without a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.lessons.pictures.axes import logarithmic
from softreg.plots.style import INK, MUTED, colours, label, labels, new_figure, style

__all__ = ["draw_regularization"]


def draw_regularization(numbers: Mapping[str, Any], classes: Sequence[str]) -> Figure:
    """Draw three panels from the lesson's numbers: weights against l2, costs against l2, norm against steps."""
    with style():
        figure = new_figure(11, 3.9)
        left, middle, right = figure.subplots(1, 3)
        _weights(left, numbers["l2"], numbers["path_weights"], classes)
        _costs(middle, numbers)
        _growth(right, numbers)
    return figure


def _weights(axes: Axes, l2: np.ndarray, weights: np.ndarray, classes: Sequence[str]) -> None:
    """A line for each weight, in the colour and with the dashes of its class; weights (n_l2, n_features, n_classes)."""
    dashes = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
    handles = []
    for k, colour in enumerate(colours(len(classes))):
        lines = axes.plot(l2, weights[:, :, k], color=colour, linestyle=dashes[k % len(dashes)], linewidth=1.4)
        handles.append(lines[0])
    logarithmic(axes)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_title("The best weights, by class")
    axes.set_xlabel("l2 (logarithmic)")
    axes.set_ylabel("weight (logits a standard deviation)")
    legend = axes.legend(handles, ["-"] * len(classes), loc="upper right")
    # matplotlib leaves out names that begin with "_": the texts are set once the legend is made
    for entry, text in zip(legend.get_texts(), labels(classes, 16), strict=True):
        entry.set_text(text)


def _costs(axes: Axes, numbers: Mapping[str, Any]) -> None:
    l2, cost, penalty = numbers["l2"], numbers["path_cross_entropy"], numbers["path_penalty"]
    axes.plot(l2, cost + penalty, color=INK, linewidth=1.6, label="objective J = their sum")
    axes.plot(l2, cost, color=INK, linewidth=1.6, linestyle="--", label="cross-entropy")
    axes.plot(l2, penalty, color=INK, linewidth=1.6, linestyle=":", label="penalty")
    axes.axhline(numbers["shares_cross_entropy"], color=MUTED, linewidth=0.8)
    axes.annotate(
        "the shares of the classes",
        (l2[0], numbers["shares_cross_entropy"]),
        xytext=(0, 4),
        textcoords="offset points",
        color=MUTED,
        fontsize=9,
    )
    logarithmic(axes)
    axes.set_ylim(0, 1.18 * numbers["shares_cross_entropy"])
    axes.set_title("What the best weights cost")
    axes.set_xlabel("l2 (logarithmic)")
    axes.set_ylabel("nats a row")
    axes.legend(loc="upper left", bbox_to_anchor=(0, 0.86))


def _growth(axes: Axes, numbers: Mapping[str, Any]) -> None:
    steps = numbers["steps"]
    for name, told, dash in (
        ("free_norms", "l2 = 0", "-"),
        ("priced_norms", f"l2 = {numbers['apart_l2']:.2g}", "--"),
    ):
        axes.plot(steps, numbers[name], color=INK, linestyle=dash, marker="o", markersize=4)
        axes.annotate(told, (steps[-1], numbers[name][-1]), xytext=(-4, 7), textcoords="offset points", ha="right")
    logarithmic(axes)
    axes.set_ylim(0, 1.15 * max(numbers["free_norms"].max(), numbers["priced_norms"].max()))
    axes.set_title(f"{label(numbers['apart_class'], 16)} lies apart: ||W||")
    axes.set_xlabel("steps of gradient descent (logarithmic)")
    axes.set_ylabel("length of the weights ||W||")

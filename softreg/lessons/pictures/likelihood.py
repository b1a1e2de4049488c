"""The picture of the lesson on likelihood: surprise row by row, and the two parts of a cross-entropy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from softreg.plots.style import INK, MUTED, colours, labels, new_figure, style

__all__ = ["draw_likelihood"]

_MARKS = "osD^vPX*<>"
_MOST_NAMED = 10


def draw_likelihood(paid: np.ndarray, likeliest: np.ndarray, y: np.ndarray, classes: Sequence[str], q: float) -> Figure:
    """Draw -log p with a mark for each row, and the cross-entropy of a two-class soft label (q, 1 - q) against p.

    Shapes: ``paid`` (n_samples,) in nats, ``likeliest`` (n_samples,) whether the true class was, ``y`` (n_samples,)
    class indices.
    """
    with style():
        figure = new_figure(10.5, 4.4)
        left, right = figure.subplots(1, 2)
        _surprise(left, paid, likeliest, y, colours(len(classes)))
        _finish(left, classes)
        _parts(right, q)
    return figure


def _surprise(axes: Axes, paid: np.ndarray, likeliest: np.ndarray, y: np.ndarray, shades: list[str]) -> None:
    curve = np.linspace(0, max(float(paid.max()), 4.6), 300)
    axes.plot(np.exp(-curve), curve, color=MUTED, linewidth=1.2, zorder=1)
    for k, shade in enumerate(shades):
        rows = paid[y == k]
        axes.scatter(np.exp(-rows), rows, s=30, color=shade, marker=_mark(k), edgecolors="white", linewidths=0.5)
    wrong = paid[~likeliest]
    axes.scatter(np.exp(-wrong), wrong, s=95, facecolors="none", edgecolors=INK, zorder=3)


def _finish(axes: Axes, classes: Sequence[str]) -> None:
    _even(axes, 1 / len(classes))
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(bottom=-0.02 * axes.get_ylim()[1])
    axes.set_title("What each new row pays: -log p")
    axes.set_xlabel("p, the probability given to the true class")
    axes.set_ylabel("nats")
    bits = axes.secondary_yaxis("right", functions=(_bits, _nats))
    bits.set_ylabel("bits")
    _legend(axes, classes)


def _bits(nats: Any) -> Any:
    return nats / math.log(2)


def _nats(bits: Any) -> Any:
    return bits * math.log(2)


def _mark(k: int) -> str:
    return _MARKS[k % len(_MARKS)]


def _even(axes: Axes, p: float) -> None:
    """Mark what a class pays that was given its even share."""
    paid = -math.log(p)
    axes.plot([p, p, 0], [0, paid, paid], color=INK, linewidth=0.9, linestyle=":")
    told = f"1/K pays log K = {paid:.3f}"
    axes.annotate(told, (p, paid), (8, 4), textcoords="offset points", fontsize=9, va="bottom")


def _legend(axes: Axes, classes: Sequence[str]) -> None:
    shades = colours(len(classes))[:_MOST_NAMED]
    dots = [Line2D([], [], linestyle="", marker=_mark(k), color=shade) for k, shade in enumerate(shades)]
    ring = Line2D([], [], linestyle="", marker="o", markersize=9, color="none", markeredgecolor=INK)
    rest = [f"and {len(classes) - _MOST_NAMED} more"] if len(classes) > _MOST_NAMED else []
    blank = [Line2D([], [], linestyle="")] * len(rest)
    texts = [*labels(classes, 20)[:_MOST_NAMED], *rest, "not the likeliest"]
    # subtle: matplotlib leaves out names that begin with "_": the texts are set once the legend is made
    legend = axes.legend([*dots, *blank, ring], ["-"] * len(texts), loc="upper right")
    for entry, text in zip(legend.get_texts(), texts, strict=True):
        entry.set_text(text)


def _parts(axes: Axes, q: float) -> None:
    """Shade the entropy, and upon it the divergence."""
    p = np.linspace(0.005, 0.995, 400)
    floor = -q * math.log(q) - (1 - q) * math.log(1 - q)
    total = -q * np.log(p) - (1 - q) * np.log(1 - p)
    blue, orange, _ = colours(3)
    axes.fill_between(p, 0, floor, color=blue, alpha=0.35, linewidth=0)
    axes.fill_between(p, floor, total, color=orange, alpha=0.45, linewidth=0)
    axes.plot(p, total, color=INK, linewidth=1.6)
    axes.plot([q, q], [0, floor], color=INK, linewidth=0.9, linestyle=":")
    axes.plot(q, floor, "o", color=INK, markersize=6)
    axes.annotate(f"p = q = {q:g}", (q, floor), (0, 10), textcoords="offset points", ha="center", fontsize=9)
    axes.text(0.03, floor / 2, f"entropy {floor:.3f}: inevitable", va="center")
    axes.text(0.03, floor + 0.06, "KL(q || p): what\na wrong p adds", va="bottom", fontsize=9)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 4 * floor)
    axes.set_title("Cross-entropy = entropy + KL")
    axes.set_xlabel(f"p given to the first of two classes, whose true share is {q:g}")
    axes.set_ylabel("nats")

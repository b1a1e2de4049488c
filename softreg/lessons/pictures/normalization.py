"""The picture of the lesson on plain normalization: losses, probabilities of the true class, gradients, rivals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from softreg.plots.style import INK, MUTED, colours, new_figure, style

__all__ = ["draw_normalization"]

Function = Callable[[np.ndarray], np.ndarray]

_SOFTMAX, _PLAIN = "#3f90da", "#bd1f01"
_WIDE = 8.0
"""Where "probabilities" reach so far out, their axis is logarithmic beyond 1."""
_NEAR_ZERO = -4


def draw_normalization(
    numbers: Mapping[str, Any], y: np.ndarray, rules: Mapping[str, tuple[Function, Function]]
) -> Figure:
    """Draw what became of plain normalization and softmax in training, and why; and where the rivals ended.

    ``numbers`` are those of the lesson, ``y`` (n_samples,) the classes of its rows, ``rules`` each rule's (g, g').
    """
    with style():
        figure = new_figure(10, 7.6)
        (losses, proba), (gradients, starts) = figure.subplots(2, 2)
        _losses(losses, numbers)
        _proba(proba, numbers, y)
        _gradients(gradients, rules)
        _starts(starts, numbers)
    return figure


def _losses(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Mean losses by step; the plain one ends where it is undefined."""
    soft, plain, last = numbers["softmax_loss"], numbers["plain_loss"], numbers["last"]
    axes.plot(soft, color=_SOFTMAX, linewidth=1.8, label="softmax")
    axes.plot(plain[: last + 1], color=_PLAIN, linewidth=1.8, linestyle="--", label="plain normalization")
    if numbers["first_lost"] is not None:
        axes.plot(last, plain[last], "X", color=_PLAIN, markersize=8)
        axes.annotate(
            f"undefined from step {numbers['first_lost']} on",
            (last, plain[last]),
            xytext=(4, -12),
            textcoords="offset points",
            va="center",
            color=_PLAIN,
            fontsize=9,
        )
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.set_xscale("symlog", linthresh=10)
    axes.set_xlim(0, len(soft) - 1)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:g}"))
    axes.set_title("Both trained from W = 0, b = 1")
    axes.set_xlabel("step (logarithmic beyond 10)")
    axes.set_ylabel("loss, mean over the rows")
    axes.legend(loc="upper right")


def _proba(axes: Axes, numbers: Mapping[str, Any], y: np.ndarray) -> None:
    """What the true class of each row is given, the rows in the order of their classes."""
    order = np.argsort(y, kind="stable")
    row = np.arange(1, len(y) + 1)
    axes.axhspan(0, 1, color="#ececec", zorder=0)
    axes.plot(row, numbers["plain_true"][order], "x", color=_PLAIN, markersize=4, label="plain normalization")
    axes.plot(row, numbers["softmax_true"][order], "o", color=_SOFTMAX, markersize=3, label="softmax")
    for edge in np.flatnonzero(np.diff(y[order])) + 1.5:
        axes.axvline(edge, color=MUTED, linewidth=0.8, linestyle=":")
    if np.nanmax(np.abs(numbers["plain_true"])) > _WIDE:
        axes.set_yscale("symlog", linthresh=1)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda p, _: f"{p:g}"))
    axes.margins(y=0.08)
    axes.set_title(f"After step {numbers['seen']} (grey: where p can be)")
    axes.set_xlabel("row, in the order of the classes")
    axes.set_ylabel("p of the true class")


def _gradients(axes: Axes, rules: Mapping[str, tuple[Function, Function]]) -> None:
    """|d loss / dz| of the true class where the others' g sum to 1: g' / (g (g + 1))."""
    z = np.logspace(_NEAR_ZERO, 1, 300)
    lines = {"plain: g = z": (z, np.ones_like(z))} | {name: (g(z), slope(z)) for name, (g, slope) in rules.items()}
    dashes = ("--", "-", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
    for (name, (g, slope)), dash, colour in zip(lines.items(), dashes, _shades(), strict=True):
        axes.loglog(z, slope / (g * (g + 1)), color=colour, linestyle=dash, linewidth=1.8, label=name)
    axes.set_title("Gradient, where the other g(z) sum to 1")
    axes.set_xlabel("score z of the true class")
    axes.set_ylabel("size of d loss / dz")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.minorticks_off()
    axes.grid(True)
    axes.legend(loc="lower left")


def _starts(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Where each start of each rule ended."""
    reached = np.asarray(numbers["reached"])
    for place, (losses, colour) in enumerate(zip(reached, _shades()[1:], strict=True)):
        spread = np.linspace(-0.18, 0.18, losses.size)
        axes.plot(place + spread, losses, "o", color=colour, markeredgecolor=INK, markeredgewidth=0.6, markersize=6)
    axes.axhline(numbers["log_k"], color=MUTED, linestyle="--", linewidth=1.0)
    axes.annotate(
        "guessing: log K",
        (len(reached) - 0.55, numbers["log_k"]),
        xytext=(0, 3),
        color=MUTED,
        fontsize=9,
        textcoords="offset points",
        ha="right",
    )
    axes.set_xticks(range(len(reached)), labels=[name.replace(" + ", "\n+ ") for name in numbers["rules"]])
    axes.set_xlim(-0.5, len(reached) - 0.5)
    axes.set_ylim(bottom=0)
    axes.set_title(f"Where {numbers['starts']} starts end, by rule")
    axes.set_ylabel("loss, mean over the rows")
    axes.grid(True, axis="y")


def _shades() -> tuple[str, ...]:
    """Plain, then the rules in their order."""
    orange, violet, brown = (colours(6)[k] for k in (1, 4, 5))
    return _PLAIN, _SOFTMAX, orange, violet, brown

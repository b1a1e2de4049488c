"""The picture of the lesson on generalization: noise, l2, intervals, and the reuse of a test set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.errors import plural
from softreg.lessons.pictures.axes import logarithmic
from softreg.plots.style import INK, MUTED, colours, new_figure, style

__all__ = ["draw_generalization"]


def draw_generalization(numbers: Mapping[str, Any]) -> Figure:
    """Draw four panels from the lesson's numbers."""
    with style():
        figure = new_figure(10, 7.6)
        (noise, price), (intervals, reuse) = figure.subplots(2, 2)
        _noise(noise, numbers)
        _price(price, numbers)
        _intervals(intervals, numbers)
        _reuse(reuse, numbers)
    return figure


def _noise(axes: Axes, numbers: Mapping[str, Any]) -> None:
    for name, told, dash in (("train", "training", "-"), ("held", "held out", "--")):
        axes.plot(
            numbers["added"], numbers[f"noise_{name}_accuracy"], color=INK, linestyle=dash, marker="o", label=told
        )
    axes.axvline(numbers["n_train"], color=MUTED, linewidth=0.8)
    axes.annotate(
        "as many as rows",
        (numbers["n_train"], 0.02),
        xytext=(5, 0),
        textcoords="offset points",
        color=MUTED,
        fontsize=9,
    )
    axes.set_ylim(0, 1.05)
    axes.set_title(f"Noise beside {numbers['n_features']} columns, {numbers['n_train']} rows")
    axes.set_xlabel("columns of noise")
    axes.set_ylabel("accuracy")
    axes.legend(loc="center right")


def _price(axes: Axes, numbers: Mapping[str, Any]) -> None:
    l2 = numbers["l2"]
    for name, told, dash in (("train", "training", "-"), ("held", "held out", "--")):
        axes.plot(l2, numbers[f"path_{name}_cross_entropy"], color=INK, linestyle=dash, marker="o", label=told)
    axes.axvline(numbers["chosen_l2"], color=MUTED, linewidth=0.8)
    axes.annotate(
        "chosen on\ntraining rows",
        (numbers["chosen_l2"], 0.45),
        xycoords=("data", "axes fraction"),
        xytext=(-5, 0),
        textcoords="offset points",
        color=MUTED,
        fontsize=9,
        ha="right",
    )
    logarithmic(axes)
    axes.set_ylim(bottom=0)
    axes.set_title(f"What l2 does about it, {numbers['added'][2]} columns of noise")
    axes.set_xlabel("l2 (logarithmic)")
    axes.set_ylabel("cross-entropy (nats a row)")
    axes.legend(loc="best")


def _intervals(axes: Axes, numbers: Mapping[str, Any]) -> None:
    truth, drawn = numbers["truth"], numbers["drawn"]
    missed = (drawn[:, 0] > truth) | (drawn[:, 1] < truth)
    for place, (low, high) in enumerate(drawn):
        axes.plot([place, place], [low, high], color=colours(3)[2] if missed[place] else INK, linewidth=1.6)
        if missed[place]:
            axes.plot(place, high, marker="v", color=colours(3)[2], markersize=6)
    axes.axhline(truth, color=MUTED, linewidth=1.2)
    axes.set_title(
        f"Test sets of {numbers['drawn_rows']} rows: {missed.sum()} of {len(drawn)} intervals miss the truth"
    )
    axes.set_xlabel("test set (a red one, with a mark, misses)")
    axes.set_ylabel("accuracy")
    axes.set_xticks([])


def _reuse(axes: Axes, numbers: Mapping[str, Any]) -> None:
    for name, told, dash in (("on_test", "on the test set that chose it", "-"), ("on_fresh", "on fresh rows", "--")):
        axes.plot(numbers["tried"], numbers[name], color=INK, linestyle=dash, marker="o", label=told)
    axes.fill_between(numbers["tried"], numbers["on_fresh"], numbers["on_test"], color="#eeeeee")
    logarithmic(axes)
    axes.set_ylim(0, 1.3 * numbers["on_test"].max())
    axes.set_title(f"The best of many random models, {plural(numbers['n_test'], 'test row')}")
    axes.set_xlabel("models tried (logarithmic)")
    axes.set_ylabel("accuracy, mean over test sets")
    axes.legend(loc="upper left")

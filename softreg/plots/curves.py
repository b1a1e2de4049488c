"""Learning curves: cross-entropy and accuracy against the epoch, one run or several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from softreg.plots.style import INK, MUTED, colours, labels, new_figure, style

__all__ = ["History", "draw_curves"]

Row: TypeAlias = Mapping[str, float | str | None]
History: TypeAlias = Sequence[Row]


@dataclass(frozen=True)
class _Part:
    """How one part of the data is drawn: by its dashes; where there is but one run, by its colour too."""

    prefix: str
    name: str
    dashes: Literal["-", "--", ":"]
    colour: str


_BLUE, _ORANGE, _RED = colours(3)
_PARTS = (
    _Part("train", "train", "-", _BLUE),
    _Part("val", "validation", "--", _ORANGE),
    _Part("test", "test", ":", _RED),
)
_HIGHEST = 1e100
_RUNNING = "running mean over the epoch's batches"


def draw_curves(histories: Mapping[str, History], n_classes: int) -> Figure:
    """Draw the learning curves of one run, or of several over one another.

    ``histories`` holds, by the name of the run, the rows of its history; of a row are read ``epoch``, ``measured``
    (``exact`` or ``running mean``), and ``cross_entropy`` and ``accuracy`` under the prefixes ``train_``, ``val_`` and
    ``test_``, where ``None`` is not measured. The dashed line is log(n_classes), what guessing evenly scores. Where
    most of the fall happens in the first few of many epochs, the epochs are spaced by their logarithm.
    """
    shades = colours(len(histories))
    with style():
        entries = _run_entries(histories, shades) + _part_entries(histories)
        columns = _columns(entries)
        figure = new_figure(10, 4.1 + 0.2 * math.ceil(len(entries) / columns))
        left, right = figure.subplots(1, 2)
        for axes, measure in ((left, "cross_entropy"), (right, "accuracy")):
            for shade, history in zip(shades, histories.values(), strict=True):
                _draw_run(axes, history, measure, shade if len(histories) > 1 else None)
            _epoch_axis(axes, list(histories.values()))
        _guessing(left, n_classes)
        _cross_entropy_axis(left, n_classes)
        _accuracy_axis(right)
        left.set_title("Cross-entropy", fontweight="bold")
        right.set_title("Accuracy", fontweight="bold")
        if entries:
            _legend(figure, entries, columns)
    return figure


def _points(history: History, key: str) -> tuple[list[float], list[float]]:
    """Epochs and values of one column, without rows where it was not measured or is not finite."""
    pairs = [(float(row["epoch"] or 0), row.get(key)) for row in history]
    known = [(epoch, float(value)) for epoch, value in pairs if value is not None and math.isfinite(float(value))]
    # subtle: a run that diverged leaves the picture before matplotlib's axes overflow
    known = [(epoch, value) for epoch, value in known if value <= _HIGHEST]
    return [epoch for epoch, _ in known], [value for _, value in known]


def _draw_run(axes: Axes, history: History, measure: str, shade: str | None) -> None:
    """Draw what one run has of one measure: train solid, validation dashed, test dotted; all in one colour if given."""
    for part in _PARTS:
        epochs, values = _points(history, f"{part.prefix}_{measure}")
        line = Line2D(epochs, values, linestyle=part.dashes, color=shade or part.colour, linewidth=1.8)
        if len(epochs) <= 25:
            line.set(marker="o", markersize=3.5)
        axes.add_line(line)
    axes.autoscale_view()


def _epoch_axis(axes: Axes, histories: Sequence[History]) -> None:
    """Label the epochs, and space them by their logarithm where a linear axis would show a wall and a floor."""
    axes.set_xlabel("epoch")
    axes.grid(True)
    if any(_falls_early(history) for history in histories):
        last = max((_points(history, "train_cross_entropy")[0] or [0.0])[-1] for history in histories)
        axes.set_xscale("symlog", linthresh=1.0, linscale=0.5)
        axes.set_xticks([0, *(10**power for power in range(int(math.log10(last)) + 1))])
        axes.set_xlim(-0.05, last * 1.15)
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("epoch (logarithmic)")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
        left, right = axes.get_xlim()
        axes.set_xlim(min(left, -0.3), max(right, 0.9))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda epoch, _: f"{epoch:,.0f}".replace(",", " ")))


def _falls_early(history: History) -> bool:
    """Whether more than 100 epochs were run and half of the fall came in the first twentieth of them."""
    epochs, values = _points(history, "train_cross_entropy")
    if not epochs or epochs[-1] <= 100:
        return False
    halfway = (values[0] + min(values)) / 2
    first = next(epoch for epoch, value in zip(epochs, values, strict=True) if value <= halfway)
    return first <= epochs[-1] / 20


def _guessing(axes: Axes, n_classes: int) -> None:
    """Draw the line at log(n_classes), the score of giving every class the same probability."""
    level = math.log(n_classes)
    axes.axhline(level, color=MUTED, linestyle="--", linewidth=1.0, zorder=1)
    axes.annotate(
        f"log K = {level:.2f} (guessing)",
        xy=(1, level),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 3),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=9,
        color=MUTED,
    )


def _cross_entropy_axis(axes: Axes, n_classes: int) -> None:
    """Start at 0 and leave room above the line; a run that flew off would flatten the rest, so it gets a log axis."""
    level = math.log(n_classes)
    highest = max([level, *(float(value) for line in axes.get_lines() for value in np.asarray(line.get_ydata()))])
    if highest > 10 * level:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0, max(highest * 1.05, level * 1.13))


def _accuracy_axis(axes: Axes) -> None:
    """Stay within 0 and 1 with a margin, and do not blow up a difference of two rows to the height of the panel."""
    low, high = axes.dataLim.intervaly if np.isfinite(axes.dataLim.intervaly).all() else (0.0, 1.0)
    margin = max(0.05 * (high - low), 0.02)
    axes.set_ylim(max(low - margin, 0.0), min(high + margin, 1.02))


def _run_entries(histories: Mapping[str, History], shades: Sequence[str]) -> list[tuple[Line2D, str]]:
    """Legend of the runs by colour, where there are several; a star marks running means if only some have them."""
    if len(histories) < 2:
        return []
    running = [_is_running(history) for history in histories.values()]
    stars = [" *" if one and not all(running) else "" for one in running]
    return [
        (Line2D([], [], color=shade, linewidth=4), name + star)
        for name, shade, star in zip(labels(list(histories), 40), shades, stars, strict=True)
    ]


def _part_entries(histories: Mapping[str, History]) -> list[tuple[Line2D, str]]:
    """Legend of the parts that were measured, by dashes; it says where training rows are running means."""
    running = [_is_running(history) for history in histories.values()]
    remark = f" ({'' if all(running) else '* '}{_RUNNING})" if any(running) else ""
    return [
        (
            Line2D([], [], color=part.colour if len(histories) == 1 else INK, linestyle=part.dashes, linewidth=1.8),
            part.name + (remark if part.prefix == "train" else ""),
        )
        for part in _PARTS
        if any(_has(history, part.prefix) for history in histories.values())
    ]


def _columns(entries: Sequence[tuple[Line2D, str]]) -> int:
    """Return as many columns of the legend as its longest text allows."""
    longest = max((len(text) for _, text in entries), default=0)
    return max(1, min(len(entries), 115 // (longest + 8)))


def _legend(figure: Figure, entries: Sequence[tuple[Line2D, str]], columns: int) -> None:
    """Put the legend below the panels."""
    # matplotlib leaves out names that begin with "_": the texts are set once the legend is made.
    handles = [handle for handle, _ in entries]
    legend = figure.legend(handles, ["-"] * len(entries), loc="outside lower center", ncols=columns, handlelength=2.6)
    for shown, (_, text) in zip(legend.get_texts(), entries, strict=True):
        shown.set_text(text)


def _has(history: History, prefix: str) -> bool:
    """Whether a run measured this part at all."""
    return bool(_points(history, f"{prefix}_cross_entropy")[0] or _points(history, f"{prefix}_accuracy")[0])


def _is_running(history: History) -> bool:
    """Whether a run's training columns are running means and no exact measurements."""
    return any(row.get("measured") == "running mean" for row in history)

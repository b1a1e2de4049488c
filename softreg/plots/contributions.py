"""Why A and not B: what each column of one row adds to the log odds, as a staircase; of pixels, as images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.plots.style import INK, MUTED, frame, label, labels, new_figure, style

__all__ = ["Staircase", "draw_contribution_images", "draw_contributions"]

_FOR, _AGAINST = "#3f90da", "#bd1f01"
_COLOURS = "RdBu"  # as in the pictures of the weights: blue speaks for a class, red against it


@dataclass(frozen=True)
class Staircase:
    """The way from ``start``, the log odds of ``first`` against ``second`` in the row called ``reference``, to ``row``.

    ``names`` are the steps and ``values`` what each adds, in the order in which they are drawn; all floats are in nats.
    """

    first: str
    second: str
    reference: str
    row: str
    names: Sequence[str]
    values: np.ndarray
    start: float

    @property
    def title(self) -> str:
        """The question."""
        return f"Why {label(self.first, 20)} and not {label(self.second, 20)}: {label(self.row, 32)}"


def draw_contributions(steps: Staircase) -> Figure:
    """Draw the steps from the reference row's log odds, at the top, to the row's own, at the bottom.

    Each bar begins where the one above it ended; at 0 both classes are equally likely.
    """
    ends = np.concatenate([[steps.start], steps.start + np.cumsum(steps.values)])
    names = [label(steps.reference, 40), *labels(steps.names, 40), label(steps.row, 40)]
    lefts = np.concatenate([[0.0], ends[:-1], [0.0]])
    widths = np.concatenate([[steps.start], steps.values, [ends[-1]]])
    with style():
        figure = new_figure(8, 1.7 + 0.34 * len(names))
        axes = figure.subplots()
        colours = [_FOR if width >= 0 else _AGAINST for width in widths]
        bars = axes.barh(range(len(names)), widths, left=lefts, height=0.68, color=colours)
        for place in (0, -1):
            bars[place].set_alpha(0.45)  # sums, not steps
        for place, end in enumerate(ends):
            axes.plot([end, end], [place - 0.34, place + 1.34], color=MUTED, linewidth=0.8)
        axes.axvline(0, color=INK, linewidth=0.9)
        _write_values(axes, lefts, widths)
        axes.set_yticks(range(len(names)), labels=names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_title(steps.title)
        axes.set_xlabel(f"log odds; right of 0 {label(steps.first, 20)} is likelier, left {label(steps.second, 20)}")
    return figure


def _write_values(axes: Axes, lefts: np.ndarray, widths: np.ndarray) -> None:
    """Write each value beside its bar, on the side to which the bar points, and make room for it."""
    low, high = min(0.0, float((lefts + widths).min())), max(0.0, float((lefts + widths).max()))
    span = high - low or 1.0
    axes.set_xlim(low - 0.12 * span, high + 0.12 * span)
    for place, (left, width) in enumerate(zip(lefts.tolist(), widths.tolist(), strict=True)):
        side = 1 if width >= 0 else -1
        end = left + width + 0.012 * span * side
        axes.text(end, place, _signed(width), ha="left" if side > 0 else "right", va="center", fontsize=8.5)


def draw_contribution_images(image: np.ndarray, parts: np.ndarray, classes: tuple[str, str], row: str) -> Figure:
    """Draw an image beside what its pixels add to the logits of two classes, and to the log odds between them.

    Shapes: ``image`` (height, width); ``parts`` (height, width, 2), contributions to the logits of ``classes``. One
    colour scale, symmetric about 0, serves the three.
    """
    first, second = labels(classes, 16)
    shown = [parts[..., 0], parts[..., 1], parts[..., 0] - parts[..., 1]]
    # one wild pixel would pale all the others
    limit = float(np.quantile(np.abs(shown), 0.998)) or float(np.abs(shown).max()) or 1.0
    with style():
        figure = new_figure(10.4, 3.3)
        grid = figure.subplots(1, 4)
        grid[0].imshow(image, cmap="gray_r")
        grid[0].set_title("the image", loc="center")
        for axes, values, name in zip(grid[1:], shown, (first, second, f"{first} − {second}"), strict=True):
            drawn = axes.imshow(values, cmap=_COLOURS, vmin=-limit, vmax=limit)
            axes.set_title(f"{name}: {_signed(float(values.sum()))}", loc="center")
        for axes in grid:
            frame(axes)
        bar = figure.colorbar(drawn, ax=grid.tolist(), shrink=0.8, aspect=25, extend="both")
        bar.outline.set_visible(False)
        figure.suptitle(f"Why {first} and not {second}: {label(row, 32)}", fontsize=12)
        figure.supxlabel(
            "blue pixels speak for it, red against; a pixel speaks where it differs from the average image", fontsize=9
        )
    return figure


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")

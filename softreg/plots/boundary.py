"""Decision regions over two axes: who wins where, how surely, and which points are on the wrong side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from softreg.plots.style import INK, colours, label, labels, new_figure, style

__all__ = ["draw_boundary", "draw_points", "draw_regions"]

_CELLS = 300
_MOST_POINTS = 3000


def draw_boundary(
    X2: np.ndarray,
    codes: np.ndarray,
    classes: Sequence[str],
    axis_names: Sequence[str],
    predict: Callable[[np.ndarray], np.ndarray],
) -> Figure:
    """Draw the regions of a model that sees two numbers, with the rows as points and the wrong ones ringed.

    A region has the colour of its most probable class, paler where the model is less sure; a point has the colour of
    its true class. Of more than 3000 rows evenly spaced ones are drawn; the accuracy in the title counts all.

    Shapes: ``X2`` (n_samples, 2), ``codes`` (n_samples,), two ``axis_names``; ``predict`` takes (m, 2) and returns
    probabilities (m, n_classes).
    """
    wrong = predict(X2).argmax(axis=1) != codes
    step = -(-len(X2) // _MOST_POINTS) or 1
    shades = np.array([to_rgb(colour) for colour in colours(len(classes))])
    with style():
        figure = new_figure(8, 5.4)
        axes = figure.subplots()
        draw_regions(axes, X2, shades, predict)
        draw_points(axes, X2[::step], shades[codes[::step]], wrong[::step])
        axes.set_xlabel(label(axis_names[0], 60))
        axes.set_ylabel(label(axis_names[1], 50))
        axes.set_title(_title(wrong, len(X2[::step])))
        _legend(figure, shades, classes)
    return figure


def _window(values: np.ndarray) -> tuple[float, float]:
    """Return the range of one axis with a margin; a constant one gets some width."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def draw_regions(axes: Axes, X2: np.ndarray, shades: np.ndarray, predict: Callable[[np.ndarray], np.ndarray]) -> None:
    """Colour the plane by the most probable class, mixed with white by how little it beats an even guess."""
    (left, right), (bottom, top) = _window(X2[:, 0]), _window(X2[:, 1])
    across, up = np.meshgrid(np.linspace(left, right, _CELLS), np.linspace(bottom, top, _CELLS))
    proba = predict(np.column_stack([across.ravel(), up.ravel()]))
    even = 1 / len(shades)
    sure = np.clip((proba.max(axis=1) - even) / (1 - even), 0, 1)
    strength = (0.08 + 0.42 * sure)[:, None]
    picture = 1 - strength * (1 - shades[proba.argmax(axis=1)])
    axes.imshow(
        picture.reshape(_CELLS, _CELLS, 3),
        extent=(left, right, bottom, top),
        origin="lower",
        aspect="auto",
        interpolation="bilinear",
    )


def draw_points(axes: Axes, X2: np.ndarray, shades: np.ndarray, wrong: np.ndarray) -> None:
    """Draw the rows in the colour of their true class, the wrong ones ringed and on top of right ones they share."""
    order = np.argsort(wrong, kind="stable")
    size = 26 if len(X2) <= 600 else 10
    width = 1.1 if wrong.sum() <= 100 else 0.6
    axes.scatter(X2[order, 0], X2[order, 1], s=size, c=shades[order], edgecolors="white", linewidths=0.6)
    axes.scatter(X2[wrong, 0], X2[wrong, 1], s=size * 2.6, facecolors="none", edgecolors=INK, linewidths=width)


def _title(wrong: np.ndarray, drawn: int) -> str:
    """Accuracy over all rows, and how many of them are drawn."""
    if not len(wrong):
        return "no rows"
    right = len(wrong) - int(wrong.sum())
    cut = f", {drawn} drawn" if drawn < len(wrong) else ""
    return f"accuracy {right / len(wrong):.3f} on all rows ({right} of {len(wrong)}{cut})"


def _legend(figure: Figure, shades: np.ndarray, classes: Sequence[str]) -> None:
    """Beside the picture: one dot a class, up to 24, and what a ring means."""
    shown = labels(classes)[:24]
    dots = [Line2D([], [], linestyle="", marker="o", markersize=7, color=tuple(shade)) for shade in shades[:24]]
    ring = Line2D([], [], linestyle="", marker="o", markersize=9, color="none", markeredgecolor=INK)
    rest = [f"and {len(classes) - 24} more"] if len(classes) > 24 else []
    blank = [Line2D([], [], linestyle="")] * len(rest)
    texts = [*shown, *rest, "wrong"]
    # matplotlib leaves out names that begin with "_": the texts are set once the legend is made.
    legend = figure.legend([*dots, *blank, ring], ["-"] * len(texts), loc="outside right upper")
    for entry, text in zip(legend.get_texts(), texts, strict=True):
        entry.set_text(text)

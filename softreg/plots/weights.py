"""The weights as pictures: one signed image a class where features are pixels, else a heat map with names."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.plots.style import INK, frame, label_ticks, labels, new_figure, style

__all__ = ["draw_weights"]

_MOST_FEATURES = 30
_MOST_IMAGES = 60
_MOST_NUMBERS = 250
_COLOURS = "RdBu"  # blue speaks for a class, red against it: both sides can be told apart by colour-blind readers


def draw_weights(
    weights: np.ndarray,
    classes: Sequence[str],
    columns: Sequence[str],
    image_shape: tuple[int, int] | None = None,
) -> Figure:
    """Draw the weights of every class, with colours symmetric about 0.

    Shapes: ``weights`` (n_features, n_classes), for one standard deviation of each feature if features are to be
    compared; ``image_shape`` (height, width) where the features are pixels. Of more than 30 features that are no
    pixels, the 30 whose weights differ most between the classes are shown; the title says so.
    """
    with style():
        if image_shape is not None:
            return _draw_images(weights, classes, image_shape)
        return _draw_heat_map(weights, classes, columns)


def _limit(weights: np.ndarray, share: float = 1.0) -> float:
    """Return the end of a colour scale symmetric about 0; never 0, for a model that has not learned anything yet."""
    return float(np.quantile(np.abs(weights), share)) or float(np.abs(weights).max()) or 1.0


def _draw_images(weights: np.ndarray, classes: Sequence[str], shape: tuple[int, int]) -> Figure:
    """Draw one image a class, in a grid, on one colour scale."""
    shown = min(len(classes), _MOST_IMAGES)
    across = min(shown, 5 if shown <= 20 else 10)
    down = math.ceil(shown / across)
    side = 1.9 if across <= 5 else 1.1
    figure = new_figure(side * across + 1.2, (side + 0.25) * down + 0.4)
    grid = figure.subplots(down, across, squeeze=False).ravel()
    # One wild pixel at the rim would pale all the others: the scale ends where 995 in 1000 weights are within it.
    limit = _limit(weights, 0.995)
    for axes in grid[shown:]:
        axes.set_axis_off()
    for axes, name, column in zip(grid[:shown], labels(classes, 18)[:shown], weights.T, strict=False):
        image = axes.imshow(column.reshape(shape), cmap=_COLOURS, vmin=-limit, vmax=limit)
        frame(axes)
        axes.set_title(name, loc="center", fontsize=11 if side > 1.5 else 8)
    bar = figure.colorbar(image, ax=grid.tolist(), shrink=0.8, aspect=30, extend="both")
    bar.outline.set_visible(False)
    figure.supxlabel("blue speaks for the class, red against", fontsize=10)
    if shown < len(classes):
        figure.suptitle(f"Weights of the first {shown} of {len(classes)} classes")
    return figure


def _draw_heat_map(weights: np.ndarray, classes: Sequence[str], columns: Sequence[str]) -> Figure:
    """Draw features down and classes across; the value in the cell where there is room."""
    n_features, n_classes = weights.shape
    kept = _widest_spread(weights)
    values = weights[kept]
    figure = new_figure(min(4.2 + 0.75 * n_classes, 12), min(max(1.5 + 0.3 * len(kept), 2.4), 11))
    axes = figure.subplots()
    limit = _limit(values)
    image = axes.imshow(values, cmap=_COLOURS, vmin=-limit, vmax=limit, aspect="auto")
    label_ticks(axes, [columns[k] for k in kept], classes)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xlabel("blue speaks for the class, red against")
    cut = f": the {len(kept)} of {n_features} features with the largest spread" if len(kept) < n_features else ""
    axes.set_title(f"Weights per standard deviation{cut}")
    if values.size <= _MOST_NUMBERS and n_classes <= 15:
        _write_values(axes, values, limit)
    else:
        figure.colorbar(image, ax=axes, aspect=40).outline.set_visible(False)
    return figure


def _widest_spread(weights: np.ndarray) -> np.ndarray:
    """All features in their order; of many, those whose weights differ most between classes, the widest first.

    The spread and not the size: adding one number to a feature's weight in every class changes no probability.
    """
    if len(weights) <= _MOST_FEATURES:
        return np.arange(len(weights))
    return np.argsort(-np.ptp(weights, axis=1), kind="stable")[:_MOST_FEATURES]


def _write_values(axes: Axes, values: np.ndarray, limit: float) -> None:
    """Write the weights into the cells, white where the cell is dark."""
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if abs(value) > 0.6 * limit else INK
        text = f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0.00"
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)

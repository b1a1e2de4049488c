"""The picture of the lesson on the gradient: what was said and what is true, the residual, the covariance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from softreg.plots.style import INK, colours, label_ticks, labels, new_figure, style

__all__ = ["draw_gradient"]

_BLUE, _ORANGE = colours(2)
_MOST_NUMBERS = 6


def draw_gradient(
    names: Sequence[str], proba: np.ndarray, true: int, differences: np.ndarray, curvature: np.ndarray
) -> Figure:
    """Draw p and the one-hot label, p - 1_j with its finite differences, and diag(p) - p p^T.

    Shapes: ``proba`` and ``differences`` (n_classes,), ``curvature`` (n_classes, n_classes); ``true`` is j.
    """
    with style():
        figure = new_figure(11.5, 4.1)
        left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 1.15])
        _said(left, names, proba, true)
        _residual(middle, proba, true, differences)
        _covariance(right, names, curvature)
    return figure


def _said(axes: Axes, names: Sequence[str], proba: np.ndarray, true: int) -> None:
    places = np.arange(len(proba))
    axes.barh(places, proba, height=0.5, color=_BLUE, label="p, what was said")
    axes.barh(true, 1, height=0.8, facecolor="none", edgecolor=INK, hatch="//", linewidth=0.8, label="1_j, the truth")
    axes.set_yticks(places, labels(names, 18))
    axes.set_xlim(0, 1.03)
    axes.set_title("Said and true")
    axes.set_xlabel("probability")
    _finish(axes, len(proba))


def _residual(axes: Axes, proba: np.ndarray, true: int, differences: np.ndarray) -> None:
    places = np.arange(len(proba))
    axes.barh(places, proba - (places == true), height=0.5, color=_ORANGE, label="p - 1_j")
    axes.plot(differences, places, "o", color=INK, markersize=5, label="finite differences")
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(places, [])
    axes.set_xlim(-1.06, 1.06)
    axes.set_title("Their difference: the residual")
    axes.set_xlabel("derivative of L by the logit")
    _finish(axes, len(proba))


def _finish(axes: Axes, n_classes: int) -> None:
    """Classes from the top, level in both panels; the legend below, where no bar can be."""
    axes.set_ylim(n_classes - 0.4, -0.6)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, handlelength=1.4, columnspacing=1.2)


def _covariance(axes: Axes, names: Sequence[str], curvature: np.ndarray) -> None:
    most = float(np.abs(curvature).max()) or 1.0
    image = axes.imshow(curvature, cmap="RdBu_r", vmin=-most, vmax=most)
    if len(curvature) <= _MOST_NUMBERS:
        for j, k in np.ndindex(*curvature.shape):
            strong = abs(curvature[j, k]) > 0.6 * most
            text = f"{curvature[j, k]:.3f}".replace("-0.000", "0.000")
            axes.text(k, j, text, ha="center", va="center", fontsize=9, color="white" if strong else INK)
    label_ticks(axes, names, names)
    axes.spines[:].set_visible(False)
    axes.set_title("Second derivative: covariance of the label")
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8)
    bar.outline.set_visible(False)

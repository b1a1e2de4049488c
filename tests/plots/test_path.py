"""The path of l2 as a picture."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from softreg.plots.path import draw_path
from softreg.selection import Path


def content(m: int = 20, folds: int = 5, low: float = 0.1, high: float = 2.3) -> dict[str, Any]:
    """A path as metrics.json holds it: a valley between two heights."""
    l2 = np.geomspace(10, 1e-7, m)
    valley = low + (high - low) * np.linspace(1, -0.6, m) ** 2
    factor = np.linspace(0.8, 1.2, folds)[:, None]
    accuracy = np.clip(1 - valley * factor / (2 * high), 0, 1)
    return json.loads(json.dumps(Path(l2, valley * factor, accuracy, np.ones(folds)).to_json()))


def marks(axes: Axes, marker: str) -> list[tuple[float, float]]:
    return [
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in axes.lines
        if line.get_marker() == marker and len(line.get_xdata()) == 1
    ]


def test_both_measures_stand_over_l2_with_the_chosen_and_the_least_marked(write, texts, within) -> None:
    path = content()
    figure = draw_path(path)
    write(figure)
    within(figure)

    for axes, values in zip(figure.axes, (path["mean"], path["mean_accuracy"]), strict=True):
        assert axes.get_xscale() == "log"
        curve = next(line for line in axes.lines if list(line.get_ydata()) == values)
        assert list(curve.get_xdata()) == path["l2"]
        assert marks(axes, "D") == [(path["l2"][path["best"]], values[path["best"]])]
        assert (path["l2"][path["chosen"]], values[path["chosen"]]) in marks(axes, "o")
    words = " ".join(texts(figure))
    assert f"chosen: l2 = {path['l2'][path['chosen']]:.3g}" in words
    assert f"least: l2 = {path['l2'][path['best']]:.3g}" in words
    assert f"{path['mean'][path['chosen']]:.4f} ± {path['standard_error'][path['chosen']]:.4f}" in words


def test_bars_are_one_standard_error_and_the_dashed_line_is_the_least_and_one() -> None:
    path = content()
    axes = draw_path(path).axes[0]

    bars = axes.containers[0].lines[2][0].get_segments()
    mean, error = np.array(path["mean"]), np.array(path["standard_error"])
    np.testing.assert_allclose([bar[:, 1] for bar in bars], np.column_stack([mean - error, mean + error]))
    dashed = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--" and len(line.get_ydata())]
    assert dashed == [pytest.approx(mean[path["best"]] + error[path["best"]])]


def test_every_mean_and_its_bar_is_in_the_picture() -> None:
    for path in (content(), content(low=0.5, high=0.9), content(low=1e-6, high=30)):
        low, high = draw_path(path).axes[0].get_ylim()
        mean, error = np.array(path["mean"]), np.array(path["standard_error"])
        assert low <= (mean - error).min()
        assert (mean + error).max() <= high


@pytest.mark.parametrize(("low", "high", "scale"), [(0.5, 0.9, "linear"), (0.05, 2.3, "log")])
def test_a_wide_range_of_cross_entropies_gets_a_logarithmic_axis(low, high, scale) -> None:
    assert draw_path(content(low=low, high=high)).axes[0].get_yscale() == scale


@pytest.mark.parametrize(("m", "folds", "low", "high"), [(1, 2, 0.5, 0.9), (2, 10, 0.5, 0.5), (100, 3, 1e-9, 40.0)])
def test_odd_paths_are_drawn_without_a_complaint(m, folds, low, high, write, within) -> None:
    figure = draw_path(content(m, folds, low, high))
    write(figure)
    within(figure)


def test_the_same_path_gives_the_same_bytes(write) -> None:
    assert write(draw_path(content()), "a.png") == write(draw_path(content()), "b.png")

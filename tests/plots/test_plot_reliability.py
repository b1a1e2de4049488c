"""The reliability diagram and the coverage curve as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from softreg.metrics import evaluate, wilson_interval
from softreg.plots import reliability as module
from softreg.plots.coverage import draw_coverage
from softreg.plots.reliability import draw_reliability


def report(n_samples: int = 400, n_classes: int = 3, sharper: float = 1.0, soft: bool = False) -> dict[str, Any]:
    """The metrics of a calibrated model, or of one whose logits are so many times too large."""
    rng = np.random.default_rng(0)
    logits = 2 * rng.standard_normal((n_samples, n_classes))
    log_proba = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    codes = np.array([rng.choice(n_classes, p=row / row.sum()) for row in np.exp(log_proba)])
    sharp = sharper * log_proba
    sharp -= np.log(np.exp(sharp).sum(axis=1, keepdims=True))
    more = {"distribution": np.exp(log_proba) / np.exp(log_proba).sum(axis=1, keepdims=True)} if soft else {}
    return evaluate(sharp, codes, [f"c{k}" for k in range(n_classes)], codes, **more)


def test_a_mark_stands_for_every_bin_and_those_outside_chance_are_diamonds(write, texts, within) -> None:
    told = report(sharper=4.0)
    figure = draw_reliability({"": told}, 3)
    write(figure)
    within(figure)

    upper, lower = figure.axes
    bins = told["reliability"]
    outside = [row for row in bins if not row["chance"][0] <= row["accuracy"] <= row["chance"][1]]
    assert outside
    marks = {line.get_marker(): line.get_xydata().tolist() for line in upper.lines if line.get_linestyle() == "None"}
    assert marks["D"] == [[row["confidence"], row["accuracy"]] for row in outside]
    assert marks["o"] == [[row["confidence"], row["accuracy"]] for row in bins if row not in outside]
    heights = [patch.get_y() + patch.get_height() for patch in lower.patches]
    assert heights == pytest.approx([row["n_rows"] for row in bins])
    words = " ".join(texts(figure))
    assert f"ECE {told['ece']:.3f} ({told['ece_if_calibrated']:.3f} by chance alone)" in words
    assert "bin outside" in words


def test_the_grey_band_is_what_chance_allows() -> None:
    told = report()
    bands = draw_reliability({"": told}, 3).axes[0].collections

    for band, row in zip(bands, told["reliability"], strict=True):
        corners = band.get_paths()[0].get_extents()
        assert (corners.x0, corners.x1) == pytest.approx((row["low"], row["high"]))
        assert [corners.y0, corners.y1] == pytest.approx(row["chance"])
        assert to_rgb(band.get_facecolor()[0]) == to_rgb(module._GREY)


def test_before_and_after_stand_side_by_side_on_the_same_axes(write, texts, within) -> None:
    figure = draw_reliability({"before calibration": report(sharper=3.0), "calibrated": report()}, 3)
    write(figure)
    within(figure)

    assert len(figure.axes) == 4
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()
    assert {"before calibration", "calibrated"} <= {line for text in texts(figure) for line in text.split("\n")}


def test_soft_labels_have_no_band_and_the_picture_says_so(write, texts) -> None:
    figure = draw_reliability({"": report(soft=True)}, 3)
    write(figure)

    assert not figure.axes[0].collections
    assert "chance is not known" in " ".join(texts(figure))
    assert "95 of 100" not in " ".join(texts(figure))


@pytest.mark.parametrize(("n_samples", "n_classes"), [(1, 2), (5, 50), (20_000, 10)])
def test_odd_sizes_are_drawn_without_a_complaint(n_samples, n_classes, write, within) -> None:
    told = report(n_samples, n_classes)
    for figure in (draw_reliability({"": told}, n_classes), draw_coverage(told["coverage"])):
        write(figure)
        within(figure)


def test_counts_far_apart_get_a_logarithmic_axis() -> None:
    few, many = dict(report()), dict(report())
    many["reliability"] = [{**row, "n_rows": 10 ** (1 + 3 * k)} for k, row in enumerate(report()["reliability"][:2])]

    assert draw_reliability({"": few}, 3).axes[1].get_yscale() == "linear"
    assert draw_reliability({"": many}, 3).axes[1].get_yscale() == "log"


def test_the_curve_its_interval_and_what_is_reached_are_drawn_and_told(write, texts, within) -> None:
    curve = report()["coverage"]
    figure = draw_coverage(curve, "test rows")
    write(figure)
    within(figure)

    (axes,) = figure.axes
    drawn = next(line for line in axes.lines if len(line.get_xdata()) == len(curve["coverage"]))
    assert drawn.get_xydata().tolist() == [
        list(pair) for pair in zip(curve["coverage"], curve["accuracy"], strict=True)
    ]
    corners = axes.collections[0].get_paths()[0].vertices
    low, high = wilson_interval(curve["accuracy"][-1] * curve["rows"][-1], curve["rows"][-1])
    last = corners[corners[:, 0] == 1][:, 1]
    assert (last.min(), last.max()) == pytest.approx((low, high))
    words = " ".join(texts(figure))
    told = {point["threshold"]: point for point in curve["reaching"] if 0 < point["coverage"] < 1}
    assert told
    for point in told.values():
        assert f"{point['accuracy']:.0%} right on the surest {point['coverage']:.1%}" in words
    marks = [line.get_xydata()[0] for line in axes.lines if line.get_marker() == "D"]
    assert [x for x, _ in marks] == [point["coverage"] for point in told.values()]
    assert all(y >= point["accuracy"] - 1e-12 for (_, y), point in zip(marks, told.values(), strict=True))
    assert "test rows" in words


def test_the_same_report_gives_the_same_bytes(write) -> None:
    told = report()

    assert write(draw_reliability({"": told}, 3), "a.png") == write(draw_reliability({"": told}, 3), "b.png")
    assert write(draw_coverage(told["coverage"]), "a.png") == write(draw_coverage(told["coverage"]), "b.png")

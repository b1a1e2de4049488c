"""Learning curves: what is drawn, and what is written beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from odd_names import ODD_NAMES

from softreg.plots.curves import draw_curves

Row = dict[str, float | str | None]


def history(epochs: int, n_classes: int = 3, parts: Sequence[str] = ("train",), measured: str = "exact") -> list[Row]:
    """A fall from log K, as every history that starts from zero has it."""
    rows: list[Row] = []
    for epoch in range(epochs + 1):
        row: Row = {"epoch": epoch, "measured": measured if epoch else "exact"}
        for part in ("train", "val", "test"):
            here = part in parts
            row[f"{part}_cross_entropy"] = math.log(n_classes) / (1 + epoch) if here else None
            row[f"{part}_accuracy"] = 1 - (1 - 1 / n_classes) / (1 + epoch) if here else None
        rows.append(row)
    return rows


def curves(figure: Figure, panel: int) -> list[Line2D]:
    """The lines of a panel that hold data; the line of guessing spans the panel and is none of them."""
    return [
        line for line in figure.axes[panel].get_lines() if list(line.get_xdata()) != [0, 1] and len(line.get_xdata())
    ]


def test_there_is_a_panel_for_cross_entropy_and_one_for_accuracy(write: Callable[..., bytes], texts, within) -> None:
    figure = draw_curves({"iris-1": history(20, parts=("train", "val"))}, 3)
    write(figure)
    within(figure)

    assert len(figure.axes) == 2
    assert {"Cross-entropy", "Accuracy", "epoch", "train", "validation"} <= set(texts(figure))
    assert "test" not in texts(figure)


@pytest.mark.parametrize("n_classes", [2, 3, 10, 100])
def test_guessing_is_a_dashed_line_at_log_k_with_its_value(n_classes: int, texts) -> None:
    figure = draw_curves({"run": history(20, n_classes)}, n_classes)

    lines = [line for line in figure.axes[0].get_lines() if list(line.get_xdata()) == [0, 1]]
    assert [list(line.get_ydata()) for line in lines] == [[math.log(n_classes)] * 2]
    assert lines[0].get_linestyle() == "--"
    assert f"log K = {math.log(n_classes):.2f} (guessing)" in texts(figure)
    bottom, top = figure.axes[0].get_ylim()
    assert bottom == 0 < math.log(n_classes) < top


def test_curves_hold_the_numbers_of_the_history() -> None:
    rows = history(20)

    line = curves(draw_curves({"run": rows}, 3), 0)[0]

    assert list(line.get_xdata()) == [row["epoch"] for row in rows]
    assert list(line.get_ydata()) == [row["train_cross_entropy"] for row in rows]


def test_parts_differ_by_dashes_and_runs_by_colour() -> None:
    both = history(20, parts=("train", "val", "test"))

    one, two = (
        curves(draw_curves({"a": both, "b": both}, 3), 0)[:3],
        curves(draw_curves({"a": both, "b": both}, 3), 0)[3:],
    )

    assert [line.get_linestyle() for line in one] == ["-", "--", ":"]
    assert len({line.get_color() for line in one}) == len({line.get_color() for line in two}) == 1
    assert one[0].get_color() != two[0].get_color()


def test_a_single_run_tells_its_parts_apart_by_colour_too() -> None:
    lines = curves(draw_curves({"a": history(20, parts=("train", "val"))}, 3), 0)

    assert len({line.get_color() for line in lines}) == 2


def test_several_runs_are_named_whatever_their_names(write: Callable[..., bytes], texts, within) -> None:
    figure = draw_curves({name: history(10) for name in ODD_NAMES}, 3)
    write(figure)
    within(figure)

    assert {"$x^2$", "_hidden_", "two lines", "(empty)"} <= set(texts(figure))


def test_a_running_mean_is_said_to_be_one(texts) -> None:
    running, exact = history(5, measured="running mean"), history(5)
    remark = "running mean over the epoch's batches"

    assert f"train ({remark})" in texts(draw_curves({"a": running}, 3))
    assert f"train ({remark})" in texts(draw_curves({"a": running, "b": running}, 3))
    assert {"a *", "b", f"train (* {remark})"} <= set(texts(draw_curves({"a": running, "b": exact}, 3)))
    assert not any(remark in text for text in texts(draw_curves({"a": exact}, 3)))


def test_many_epochs_with_an_early_fall_are_spaced_by_their_logarithm(texts) -> None:
    figure = draw_curves({"run": history(1000)}, 3)

    assert {axes.get_xscale() for axes in figure.axes} == {"symlog"}
    assert "epoch (logarithmic)" in texts(figure)
    assert draw_curves({"run": history(50)}, 3).axes[0].get_xscale() == "linear"


def test_many_epochs_with_a_steady_fall_stay_linear() -> None:
    steady: list[Row] = [{"epoch": k, "train_cross_entropy": 1 - k / 1000, "train_accuracy": 0.5} for k in range(1000)]

    assert draw_curves({"run": steady}, 3).axes[0].get_xscale() == "linear"


def test_a_run_that_flew_off_gets_a_logarithmic_height_and_leaves_out_what_is_not_finite(write) -> None:
    rows = history(5)
    rows[3]["train_cross_entropy"], rows[4]["train_cross_entropy"], rows[5]["train_cross_entropy"] = (
        1e9,
        math.inf,
        math.nan,
    )

    figure = draw_curves({"run": rows}, 3)
    write(figure)

    assert figure.axes[0].get_yscale() == "log"
    assert list(curves(figure, 0)[0].get_xdata()) == [0, 1, 2, 3]


def test_a_part_measured_every_few_epochs_is_drawn_through_what_was_measured() -> None:
    rows = history(20, parts=("train", "val"))
    for row in rows:
        if int(row["epoch"] or 0) % 5:
            row["val_cross_entropy"] = None

    line = curves(draw_curves({"run": rows}, 3), 0)[1]

    assert list(line.get_xdata()) == [0, 5, 10, 15, 20]


@pytest.mark.parametrize("rows", [[], history(0), [{"epoch": 0, "train_cross_entropy": None, "train_accuracy": None}]])
def test_a_history_with_hardly_anything_in_it_is_still_a_figure(rows: list[Row], write, within) -> None:
    figure = draw_curves({"run": rows}, 3)
    write(figure)
    within(figure)

    assert len(figure.axes) == 2


def test_the_accuracy_axis_stays_within_0_and_1() -> None:
    for n_classes in (2, 100):
        low, high = draw_curves({"run": history(30, n_classes)}, n_classes).axes[1].get_ylim()
        assert low >= 0
        assert 1 <= high <= 1.02 or high < 1


def test_thirty_runs_leave_the_panels_their_height(write, within) -> None:
    figure = draw_curves({f"a rather long name of run number {k}": history(10) for k in range(30)}, 3)
    write(figure)
    within(figure)

    assert figure.axes[0].get_window_extent().height > 250

"""The confusion matrix as a picture."""

from __future__ import annotations

import numpy as np
import pytest
from odd_names import ODD_NAMES

from softreg.plots.confusion import draw_confusion


def counts(n_classes: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 50, size=(n_classes, n_classes)) + 200 * np.eye(n_classes, dtype=int)


def test_every_count_is_written_in_its_cell_and_the_accuracy_above(write, texts, within) -> None:
    figure = draw_confusion([[96, 14], [20, 49]], ["0", "1"])
    write(figure)
    within(figure)

    cells = {(text.get_position(), text.get_text()) for text in figure.axes[0].texts}
    assert cells == {((0, 0), "96"), ((1, 0), "14"), ((0, 1), "20"), ((1, 1), "49")}
    assert f"accuracy {145 / 179:.3f} (145 of 179)" in texts(figure)


def test_colour_is_the_share_of_the_true_class() -> None:
    matrix = counts(4)

    shares = np.asarray(draw_confusion(matrix, list("abcd")).axes[0].images[0].get_array())

    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares, matrix / matrix.sum(axis=1, keepdims=True))


@pytest.mark.parametrize(("n_classes", "numbers"), [(2, True), (20, True), (21, False), (100, False)])
def test_up_to_twenty_classes_carry_numbers(n_classes: int, numbers: bool, write, within) -> None:
    figure = draw_confusion(counts(n_classes), [f"class number {k}" for k in range(n_classes)])
    write(figure)
    within(figure)

    assert len(figure.axes[0].texts) == (n_classes**2 if numbers else 0)


@pytest.mark.parametrize("n_classes", [10, 20])
def test_numbers_stay_within_their_cells(n_classes: int, within) -> None:
    figure = draw_confusion(counts(n_classes) * 250, [f"a class with a name {k}" for k in range(n_classes)])
    within(figure)

    width = figure.axes[0].get_window_extent().width / n_classes
    assert max(text.get_window_extent().width for text in figure.axes[0].texts) < width


def test_odd_names_are_written_on_both_axes_as_they_are(write, within) -> None:
    figure = draw_confusion(counts(len(ODD_NAMES)), ODD_NAMES)
    write(figure)
    within(figure)

    for ticks in (figure.axes[0].get_xticklabels(), figure.axes[0].get_yticklabels()):
        names = [tick.get_text() for tick in ticks]
        assert names[:3] == ["$x^2$", "_hidden_", "two lines"]
        assert len(set(names)) == len(ODD_NAMES)


def test_a_class_without_rows_is_an_empty_row_and_no_rows_at_all_are_said(write, texts) -> None:
    image = draw_confusion([[3, 1], [0, 0]], ["a", "b"]).axes[0].images[0]
    empty = draw_confusion([[0, 0], [0, 0]], ["a", "b"])
    write(empty)

    np.testing.assert_array_equal(np.asarray(image.get_array()), [[0.75, 0.25], [0, 0]])
    assert "no rows" in texts(empty)

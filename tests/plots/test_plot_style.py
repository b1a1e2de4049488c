"""Names made fit to print, files, and the state of matplotlib."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from odd_names import ODD_NAMES

from softreg.errors import UsageError
from softreg.plots import style
from softreg.plots.confusion import draw_confusion


def example() -> Figure:
    return draw_confusion([[5, 1], [0, 4]], ["no", "yes"])


@given(st.text(max_size=100), st.integers(2, 40))
def test_a_label_is_one_short_line_without_control_characters(name: str, width: int) -> None:
    label = style.label(name, width)

    assert 0 < len(label) <= max(width, len("(empty)"))
    assert not any(unicodedata.category(char)[0] == "C" or char in "\n\r\t" for char in label)


@given(st.text("abc_$ ().", min_size=1, max_size=20).filter(lambda name: name == " ".join(name.split())))
def test_a_short_plain_name_is_left_as_it_is(name: str) -> None:
    assert style.label(name, 20) == (name or "(empty)")


def test_names_that_would_look_alike_are_told_apart_by_number() -> None:
    shown = style.labels(["x" * 60, "x" * 59 + "y", "z"])

    assert len(set(shown)) == 3
    assert shown[2] == "z"


@pytest.mark.parametrize("n", [1, 2, 10, 11, 100])
def test_colours_are_all_different(n: int) -> None:
    assert len(set(style.colours(n))) == n


def test_colours_of_one_class_do_not_depend_on_ten_or_fewer_others() -> None:
    assert style.colours(10)[:3] == style.colours(3)


@pytest.mark.parametrize(
    ("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89PNG")]
)
def test_a_plot_is_written_in_the_format_of_its_name_and_twice_the_same(
    suffix: str, magic: bytes, write: Callable[..., bytes]
) -> None:
    first = write(example(), f"one.{suffix}")
    second = write(example(), f"two.{suffix}")

    assert first.startswith(magic)
    assert first == second


def test_a_figure_saved_twice_gives_the_same_bytes(write: Callable[..., bytes]) -> None:
    figure = example()

    assert write(figure, "one.png") == write(figure, "two.png")


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_file_names_neither_date_nor_version(suffix: str, write: Callable[..., bytes]) -> None:
    written = write(example(), f"plot.{suffix}")

    assert b"Matplotlib v" not in written
    assert mpl.__version__.encode() not in written
    assert b"CreationDate" not in written
    assert b"dc:date" not in written


@pytest.mark.parametrize("name", ["plot.jpg", "plot", "plot.png.txt"])
def test_another_ending_is_refused_with_the_three_that_can_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png, \.svg or \.pdf") as caught:
        style.save(example(), tmp_path / name)

    assert name in caught.value.what
    assert not list(tmp_path.iterdir())


def test_drawing_and_saving_leave_matplotlib_as_it_was(write: Callable[..., bytes]) -> None:
    before = dict(mpl.rcParams)

    write(example())

    assert dict(mpl.rcParams) == before


def test_a_users_own_mathtext_setting_does_not_reach_the_names(
    write: Callable[..., bytes], texts: Callable[[Figure], list[str]]
) -> None:
    counts = [[1] * len(ODD_NAMES) for _ in ODD_NAMES]
    with mpl.rc_context({"text.parse_math": True, "font.size": 20.0}):
        figure = draw_confusion(counts, ODD_NAMES)
        write(figure)  # a lone dollar and a backslash would be a parse error

    assert "$x^2$" in texts(figure)


def test_plots_never_import_pyplot_and_their_package_imports_nothing() -> None:
    lines = "import sys, softreg.plots, softreg.plots.text; print('numpy' in sys.modules, 'matplotlib' in sys.modules);"
    kinds = ["curves", "confusion", "weights", "boundary", "mistakes"]
    lines += f"import {', '.join(f'softreg.plots.{kind}' for kind in kinds)}; print('matplotlib.pyplot' in sys.modules)"

    said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True).stdout.split()

    assert said == ["False", "False", "False"]

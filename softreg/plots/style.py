"""What all plots share: colours, sizes, names made fit to print, and the file at the end.

Names of classes, columns and runs are a user's data: they may hold dollar signs, line breaks, or 300 characters.
``label`` and ``labels`` make them fit, and the style switches mathematical notation off.
"""

from __future__ import annotations

import contextlib
import math
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, fontManager, get_font

from softreg.errors import UsageError
from softreg.files import writing

__all__ = [
    "FORMATS",
    "INK",
    "MUTED",
    "colours",
    "frame",
    "label",
    "label_ticks",
    "labels",
    "message",
    "new_figure",
    "save",
    "style",
]

INK, MUTED = "#262626", "#767676"
FORMATS = ("png", "svg", "pdf")

# Ten colours that stay apart for colour-blind readers too: M. A. Petroff (2021), arXiv:2107.02270.
_TEN = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
# DejaVu Sans comes with matplotlib; the others are looked for so that Chinese, Japanese and Korean names can be read.
_FONTS = (
    "DejaVu Sans",
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "PingFang SC", "Hiragino Sans", "Microsoft YaHei"),
)
_STYLE = {
    "text.parse_math": False,
    "text.usetex": False,
    "text.color": INK,
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": "#b0b0b0",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "axes.formatter.limits": (-4, 5),
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "xtick.color": "#b0b0b0",
    "ytick.color": "#b0b0b0",
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "image.interpolation": "nearest",
    "figure.facecolor": "white",
    "figure.autolayout": False,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
    "savefig.facecolor": "white",
    "savefig.bbox": None,
    "svg.hashsalt": "softreg",
    "svg.fonttype": "path",
}
_WITHOUT_DATE_OR_VERSION: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Apply the style to what is drawn inside the block, and to nothing else."""
    settings: Any = {**_STYLE, "font.family": list(_installed())}
    with mpl.rc_context(settings):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches that keeps its labels from overlapping."""
    return Figure(figsize=(width, height), layout="constrained")


def message(text: str) -> Figure:
    """Return a figure that says one sentence, for a plot that has nothing to draw."""
    with style():
        figure = new_figure(6, 2)
        figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=13)
    return figure


def colours(n: int) -> list[str]:
    """Return one colour each for n classes or runs: ten that are easy to tell apart, beyond that a rainbow.

    >>> colours(2)
    ['#3f90da', '#ffa90e']
    >>> len(set(colours(40)))
    40
    """
    if n <= len(_TEN):
        return list(_TEN[:n])
    rainbow = mpl.colormaps["turbo"]
    return [mpl.colors.to_hex(rainbow(0.04 + 0.92 * k / (n - 1))) for k in range(n)]


def label(name: str, width: int = 24) -> str:
    r"""Make a name fit to print: one line, no control characters, at most ``width`` characters.

    A character that no font at hand can draw becomes an empty square.

    >>> label("a\nb\x07"), label("petal length (cm)", 10), label(" ")
    ('a b', 'petal len…', '(empty)')
    """
    one_line = " ".join(str(name).split())
    printable = "".join(char for char in one_line if unicodedata.category(char)[0] != "C").strip()
    if not printable:
        return "(empty)"
    short = printable if len(printable) <= width else printable[: width - 1].rstrip() + "…"
    return short if short.isascii() else "".join(char if _can_draw(char) else "□" for char in short)


def labels(names: Sequence[str], width: int = 24) -> list[str]:
    """Make names fit to print and keep them different: those that would look alike carry their number, from 1.

    >>> labels(["petal length", "petal width", "sepal"], 7)
    ['petal… (1)', 'petal… (2)', 'sepal']
    """
    short = [label(name, width) for name in names]
    return [f"{text} ({k})" if short.count(text) > 1 else text for k, text in enumerate(short, start=1)]


def label_ticks(axes: Axes, down: Sequence[str], across: Sequence[str]) -> None:
    """Name the rows and the columns of a picture of a matrix.

    Column names lie level where they fit and are turned where they do not. Beyond 50 names, only every second, third
    ... is written, since text too small to read says nothing.
    """
    upright = max(map(len, labels(across))) * len(across) <= 40
    turn = 0 if upright else 45 if len(across) <= 30 else 90
    for axis, names in ((axes.yaxis, down), (axes.xaxis, across)):
        every = math.ceil(len(names) / 50)
        size = 10 if len(names) <= 20 else 8 if len(names) <= 40 else 7
        axis.set_ticks(range(0, len(names), every), labels=labels(names)[::every], fontsize=size)
    for tick in axes.get_xticklabels() if turn else ():
        tick.set(rotation=turn, ha="right", va="center" if turn == 90 else "top", rotation_mode="anchor")


def frame(axes: Axes) -> None:
    """Leave a thin frame around an image, and no ticks."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#d9d9d9")


def save(figure: Figure, path: Path, *, overwrite: bool = True) -> None:
    """Write a figure as PNG, SVG or PDF by the path's suffix, whole or not at all; same figure, same bytes.

    Raises ``UsageError`` for another suffix.
    """
    path = Path(path)
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise UsageError(
            f'A plot cannot be written to "{path.name}": its ending names no format.',
            "Give a file that ends in .png, .svg or .pdf.",
        )
    with style(), writing(path, overwrite=overwrite) as file:
        try:
            figure.savefig(file, format=form, dpi=150, metadata=_WITHOUT_DATE_OR_VERSION[form])
        except OSError as error:
            if error.errno is None:  # not the system's, but the encoder's, which has got no memory
                raise MemoryError from error
            raise


def _installed() -> tuple[str, ...]:
    """Return the fonts of the style that this machine has; asking for another would log a warning for every text."""
    have = {font.name for font in fontManager.ttflist}
    return tuple(name for name in _FONTS if name in have)


def _can_draw(char: str) -> bool:
    """Whether one of the fonts of the style has a glyph for this character."""
    return any(get_font(findfont(name)).get_char_index(ord(char)) for name in _installed())

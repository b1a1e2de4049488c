"""Pictures in characters. Pure Python: training prints one, and must not wait for matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

__all__ = ["bars", "chart", "sparkline"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_MARKS = "ox+*#@%=&$"


def sparkline(values: Iterable[float | None], width: int = 12, *, log: bool = False) -> str:
    """Draw values as a row of block characters, the lowest ▁ and the highest █.

    Of more than ``width`` values that many are shown, the first and the last among them: evenly spaced, or with
    ``log`` dense at the start and sparse at the end, as a falling loss asks for. ``None`` and NaN are left out,
    infinity is a block at its end of the scale; equal values give a line at half height, no values an empty string.

    >>> sparkline([1.1, 0.8, 0.6, 0.5, 0.45, 0.43])
    '█▅▃▂▁▁'
    >>> sparkline([3, None, 3])
    '▄▄'
    >>> sparkline([1 / (1 + epoch) for epoch in range(1000)], width=6)
    '█▁▁▁▁▁'
    >>> sparkline([1 / (1 + epoch) for epoch in range(1000)], width=6, log=True)
    '█▃▁▁▁▁'
    """
    known = [float(value) for value in values if value is not None and not math.isnan(value)]
    shown = [known[place] for place in _places(len(known), width, log)]
    finite = [value for value in shown if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 0.0)
    return "".join(_block(value, low, high) for value in shown)


def _places(n_values: int, width: int, log: bool) -> Sequence[int]:
    """Which values to show: all, or ``width`` of them in rising order from the first to the last."""
    if n_values <= width:
        return range(n_values)
    if width < 2:
        return [n_values - 1][:width]
    shares = [step / (width - 1) for step in range(width)]
    if not log:
        return [round(share * (n_values - 1)) for share in shares]
    places = [0]
    for share in shares[1:]:
        places.append(max(places[-1] + 1, round(n_values**share) - 1))
    return places


def _block(value: float, low: float, high: float) -> str:
    """Return the block for a value between low and high."""
    if math.isinf(value):
        return _BLOCKS[-1] if value > 0 else _BLOCKS[0]
    if low == high:
        return _BLOCKS[len(_BLOCKS) // 2 - 1]
    # high - low of two huge values would overflow, and the halves of the tiniest may be equal
    part = 0.5 if math.isinf(high - low) else 1.0
    share = (part * value - part * low) / (part * high - part * low)
    return _BLOCKS[round(share * (len(_BLOCKS) - 1))]


def bars(values: Mapping[str, float], width: int = 40, *, most: float | None = None, form: str = ".3f") -> str:
    """Draw one horizontal bar for each name, with its value; negative ones to the left of a line.

    The longest bar, or ``most``, fills the width. A value that is not finite has no bar.

    >>> print(bars({"cat": 0.25, "dog": 0.75}, width=8))
    cat  ██▋       0.250
    dog  ████████  0.750
    >>> print(bars({"a": 0.5, "b": -0.25}, width=9, form="+.2f"))
    a     │█████  +0.50
    b  ███│       -0.25
    """
    finite = [value for value in values.values() if math.isfinite(value)]
    high, low = max([0.0, *finite]), -min([0.0, *finite])
    full = most if most is not None else high + low
    # subtle: a share of the longest first: a unit's length over the smallest numbers would be infinite
    shares = {name: value / full if full and math.isfinite(value) else 0.0 for name, value in values.items()}
    if low:
        left = min(max(1, round((width - 1) * low / full)), width - 2) if full else 0
        drawn = {name: _both_ways(share * (width - 1), left, width) for name, share in shares.items()}
    else:
        drawn = {name: _bar(share * width).ljust(width) for name, share in shares.items()}
    names = max(map(len, values), default=0)
    numbers = {name: format(value, form) for name, value in values.items()}
    digits = max(map(len, numbers.values()), default=0)
    return "\n".join(f"{name:<{names}}  {drawn[name]}  {numbers[name]:>{digits}}" for name in values)


def chart(
    curves: Mapping[str, Iterable[tuple[float, float]]],
    width: int = 64,
    height: int = 12,
    *,
    log_x: bool = False,
    log_y: bool = False,
    across: str = "",
    up: str = "",
) -> str:
    """Draw points (x, y) of several curves in a frame of characters, a mark for each curve, named below.

    With ``log_x`` or ``log_y`` that axis is logarithmic, and what is not positive is left out, as is what is not
    finite. Where marks fall on one place, the first curve's is seen. Raises ValueError for more than ten curves.

    >>> print(chart({"x": [(x, x) for x in range(3)], "2 - x": [(x, 2 - x) for x in range(3)]}, width=9, height=3))
    2 ┤x       o
      │    o
    0 ┤o       x
      └─────────
       0       2
    o x   x 2 - x
    """
    if len(curves) > len(_MARKS):
        raise ValueError(f"{len(curves)} curves; there are marks for {len(_MARKS)}")
    points = {
        name: [(x, y) for x, y in curve if _drawable(x, log_x) and _drawable(y, log_y)]
        for name, curve in curves.items()
    }
    every = [point for curve in points.values() for point in curve]
    if not every:
        return "(nothing to draw)"
    x_axis, y_axis = _Axis.of([x for x, _ in every], width, log_x), _Axis.of([y for _, y in every], height, log_y)
    grid = [[" "] * width for _ in range(height)]
    for mark, curve in reversed(list(zip(_MARKS, points.values(), strict=False))):
        for x, y in curve:
            grid[height - 1 - y_axis.place(y)][x_axis.place(x)] = mark
    legend = "   ".join(f"{mark} {name}" for mark, name in zip(_MARKS, curves, strict=False))
    return "\n".join(
        [*([up] if up else []), *_framed(grid, x_axis, y_axis, across), *([legend] if any(curves) else [])]
    )


class _Axis(NamedTuple):
    """The values between which an axis runs, and how many cells it has."""

    low: float
    high: float
    cells: int
    log: bool

    @classmethod
    def of(cls, values: Sequence[float], cells: int, log: bool) -> _Axis:
        return cls(min(values), max(values), cells, log)

    def place(self, value: float) -> int:
        """Which cell a value falls in."""
        low, high, value = (math.log10(each) if self.log else each for each in (self.low, self.high, value))
        return 0 if high == low else round((value - low) / (high - low) * (self.cells - 1))


def _framed(grid: Sequence[Sequence[str]], x_axis: _Axis, y_axis: _Axis, across: str) -> list[str]:
    """The cells with an axis to the left and one below, each with the numbers at its ends."""
    ends = [f"{y_axis.high:.4g}", *[""] * (len(grid) - 2), f"{y_axis.low:.4g}"]
    margin = max(map(len, ends))
    lines = [
        f"{text:>{margin}} {'┤' if text else '│'}{''.join(cells)}".rstrip()
        for text, cells in zip(ends, grid, strict=True)
    ]
    first, last = f"{x_axis.low:.4g}", f"{x_axis.high:.4g}"
    below = f"{first}{across.center(x_axis.cells - len(first) - len(last))}{last}"
    return [*lines, f"{'':>{margin}} └{'─' * x_axis.cells}", f"{'':>{margin}}  {below}"]


def _bar(length: float) -> str:
    """A bar of eighths of a character."""
    eighths = round(8 * length)
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def _both_ways(length: float, left: int, width: int) -> str:
    """A bar to the left or to the right of a line."""
    right = width - left - 1
    if length >= 0:
        return f"{'':>{left}}│{_bar(length)[:right]:<{right}}"
    return f"{'█' * min(round(-length), left):>{left}}│{'':>{right}}"


def _drawable(value: float, log: bool) -> bool:
    return math.isfinite(value) and (value > 0 or not log)

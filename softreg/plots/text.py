"""Curves in one line of a terminal. Pure Python: training prints one, and must not wait for matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

__all__ = ["sparkline"]

_BLOCKS = "▁▂▃▄▅▆▇█"


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
    # Halved first: high - low of two huge values would overflow.
    share = (value / 2 - low / 2) / (high / 2 - low / 2)
    return _BLOCKS[round(share * (len(_BLOCKS) - 1))]

"""Axes that several lessons' pictures share."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

__all__ = ["logarithmic"]


def logarithmic(*axes: Axis) -> None:
    """Make axes logarithmic, with plain numbers at a few powers of ten: the style knows no mathematical notation."""
    for axis in axes:
        getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
        axis.set_major_locator(LogLocator(numticks=6))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())

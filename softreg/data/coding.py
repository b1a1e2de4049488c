"""Coding: columns of a table as a raw matrix of float64, as :mod:`softreg.preparation` takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from softreg.preparation import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["coded", "levels_of", "raw_matrix"]


def levels_of(values: pl.Series) -> tuple[str, ...]:
    """Return the distinct values of a category, in the order of text."""
    return tuple(values.drop_nulls().unique().sort().to_list())


def coded(values: pl.Series, levels: Sequence[str]) -> np.ndarray:
    """Return the index of each value in ``levels``, NaN where it is missing, UNSEEN where it is none of them.

    >>> coded(pl.Series(["b", None, "z"]), ["a", "b"]).tolist()
    [1.0, nan, -1.0]
    """
    known = values.cast(pl.Enum(levels), strict=False).to_physical().cast(pl.Float64)
    codes: np.ndarray = known.fill_null(np.nan).to_numpy().copy()
    codes[np.isnan(codes) & values.is_not_null().to_numpy()] = UNSEEN
    return codes


def raw_matrix(columns: Sequence[pl.Series], levels: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return the columns side by side, C-contiguous: numbers with NaN where one is missing, categories as codes."""
    if not levels:
        return np.ascontiguousarray(pl.DataFrame(list(columns)).fill_null(np.nan).to_numpy())
    raw = np.empty((len(columns[0]), len(columns)))
    for place, values in enumerate(columns):
        known = levels.get(values.name)
        raw[:, place] = values.fill_null(np.nan).to_numpy() if known is None else coded(values, known)
    return raw

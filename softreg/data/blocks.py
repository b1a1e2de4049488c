"""Blocks: some rows of a table at a time, with what a model asks of them and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from softreg.data.coding import coded
from softreg.data.values import MISSING_NUMBERS, as_categories, floats

__all__ = ["Block", "Fault", "Rows", "Wanted", "assembled", "numbers_of", "shown"]

_TRUTH = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True)
class Wanted:
    """What is asked of a table.

    ``inputs`` are the columns of the raw matrix, in order; ``levels`` the known values of those that are categories;
    ``kept`` columns as they are written; ``label`` a column of class names, if there is one; ``lines`` the whole
    records of a CSV as they are written.
    """

    inputs: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    label: str | None = None
    lines: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that are needed as they are written, each once."""
        return tuple(dict.fromkeys([*self.kept, *self.levels, *([self.label] if self.label else [])]))


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be used, as a sentence without its beginning, and what to type."""

    reason: str
    advice: str


@dataclass(frozen=True)
class Rows:
    """Rows as they were read.

    ``inputs`` holds the columns of the model, Float64 or String, and ``texts`` those that are needed as written, each
    perhaps among others; ``places`` tells which record each row is, from 0 (blank lines are records and no rows), of
    ``n_records``; ``faults`` are rows, from 0, that could not be read whole.
    """

    inputs: pl.DataFrame
    texts: pl.DataFrame
    places: np.ndarray
    n_records: int
    faults: Mapping[int, Fault] = field(default_factory=dict)
    lines: list[bytes] | None = None


@dataclass(frozen=True)
class Block:
    """Rows as a model takes them.

    =========  ===================  ====================================================================================
    field      shape                meaning
    =========  ===================  ====================================================================================
    raw        (n_rows, n_inputs)   raw matrix: numbers, codes of categories, NaN where a value is missing
    texts      n_rows               the columns that were asked for as they are written
    labels     n_rows of text       class names, where the table has them
    places     (n_rows,) of int     which record of the block each row is, from 0
    n_records                       records in the block: rows and blank lines
    faults     row to fault         the rows, from 0, that cannot be used as they are
    lines      n_rows               the records without their line ends, where they were asked for
    =========  ===================  ====================================================================================
    """

    raw: Any
    texts: pl.DataFrame
    labels: pl.Series | None
    places: np.ndarray
    n_records: int
    faults: dict[int, Fault]
    lines: list[bytes] | None = None


def assembled(rows: Rows, wanted: Wanted, labels: pl.Series | None, *, decimal_comma: bool = False) -> Block:
    """Return the block of rows that were read; text where a number is needed is a fault."""
    faults = dict(rows.faults)
    raw = np.empty((len(rows.places), len(wanted.inputs)), order="F")
    for place, name in enumerate(wanted.inputs):
        column = rows.inputs[name]
        if name in wanted.levels:
            raw[:, place] = coded(as_categories(column), wanted.levels[name])
        elif column.dtype == pl.String:
            raw[:, place], bad = numbers_of(column, decimal_comma=decimal_comma)
            for row in bad:
                reason = f"column {shown(name)} holds {shown(column[row])}, which is not a number"
                faults.setdefault(row, Fault(reason, "Mend it: the model needs this column."))
        else:
            raw[:, place] = column.to_numpy()
    return Block(raw, rows.texts, labels, rows.places, rows.n_records, faults, rows.lines)


def numbers_of(column: pl.Series, *, decimal_comma: bool = False) -> tuple[np.ndarray, list[int]]:
    """Return a String column as float64, NaN where it is missing or no number; and the places of the latter.

    With a decimal comma, 1.5 is no number.

    >>> numbers_of(pl.Series(["1.5 ", "NA", "four", "true"]))
    (array([1.5, nan, nan, 1. ]), [2])
    """
    numbers = np.array(floats(column, decimal_comma=decimal_comma).to_numpy())
    # the few that are no number as they stand are looked at one by one
    odd = np.flatnonzero(np.isnan(numbers))
    texts = [(text or "").strip() for text in column.gather(odd).to_list()] if len(odd) else []
    found = floats(pl.Series(texts, dtype=pl.String), decimal_comma=decimal_comma).to_list()
    bad = []
    for place, text, number in zip(odd.tolist(), texts, found, strict=True):
        value = _TRUTH.get(text.lower(), number)
        if value is not None:
            numbers[place] = value
        elif text not in MISSING_NUMBERS:
            bad.append(place)
    return numbers, bad


def shown(value: object, most: int = 40) -> str:
    r"""Return a value as a sentence quotes it: in one line, and of a long one the beginning.

    >>> shown("ab\ncdef", most=4)
    '"ab c..."'
    """
    text = str(value)
    start = "".join(char if char.isprintable() else " " for char in text[:most])
    return f'"{start}"' if len(text) <= most else f'"{start}..."'

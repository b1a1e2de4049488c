"""Answers: what a model says of rows, as columns ready to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from softreg.data.dataset import Dataset
from softreg.files import writing

__all__ = ["Mistake", "answers", "surest_mistake", "write_table"]


@dataclass(frozen=True)
class Mistake:
    """The wrong answer that the model was surest of."""

    row: int
    says: int
    confidence: float
    truth: int


def answers(
    log_proba: np.ndarray, classes: tuple[str, ...], *, first: Mapping[str, Any], every_class: bool = True
) -> dict[str, Any]:
    """Return columns: those of ``first``, then prediction, confidence and, if asked, ``p_CLASS`` for every class."""
    proba = np.exp(log_proba)
    likeliest = log_proba.argmax(axis=1)
    columns = dict(first)
    columns["prediction"] = np.asarray(classes)[likeliest]
    columns["confidence"] = proba[np.arange(len(proba)), likeliest]
    if every_class:
        columns |= {f"p_{name}": proba[:, place] for place, name in enumerate(classes)}
    return columns


def surest_mistake(log_proba: np.ndarray, codes: np.ndarray, dataset: Dataset, rows: np.ndarray) -> Mistake | None:
    """Return the most confident wrong answer on these rows of a dataset; None where all are right."""
    says = log_proba.argmax(axis=1)
    sure = np.where(says == codes, -np.inf, log_proba[np.arange(len(says)), says])
    place = int(sure.argmax())
    if not np.isfinite(sure[place]):
        return None
    row = int(dataset.rows[rows[place]])
    return Mistake(row, int(says[place]), float(np.exp(sure[place])), int(codes[place]))


def write_table(columns: Mapping[str, Any], to: Path | IO[bytes]) -> None:
    """Write columns as CSV, to a path (whole or not at all) or an open binary file; NaN is an empty cell."""
    import polars as pl

    frame = pl.DataFrame({name: pl.Series(values) for name, values in columns.items()}).fill_nan(None)
    if isinstance(to, Path):
        with writing(to) as file:
            frame.write_csv(file)
    else:
        # subtle: through Python's own write, so that a reader that closed its end is a BrokenPipeError
        to.write(frame.write_csv().encode())

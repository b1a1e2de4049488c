"""Answers: what a model says of rows, as columns ready to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from softreg.data.dataset import Dataset
from softreg.errors import UsageError, listed
from softreg.files import writing
from softreg.memory import need_of_table

__all__ = ["Mistake", "Style", "answers", "refuse_suffix", "surest_mistake", "write_table"]

SUFFIXES = (".csv", ".tsv", ".parquet")
"""Kinds of files that answers are written to."""


@dataclass(frozen=True)
class Style:
    """What is answered, and how.

    ``every_class`` adds ``p_CLASS`` for every class, and ``top_k`` the likeliest ones with their probabilities; below
    ``threshold`` the prediction is ``reject_label``. ``keep`` are columns of the input to repeat, names or patterns;
    ``keep_all`` means all. ``on_error`` says what comes of a row that cannot be answered: fail (nothing is written) or
    blank. ``unknown`` says whether a value of a category that training had not makes a row so: ignore or error.
    """

    every_class: bool = False
    top_k: int = 0
    threshold: float | None = None
    reject_label: str = "reject"
    keep: tuple[str, ...] = ()
    keep_all: bool = False
    on_error: str = "fail"
    unknown: str = "ignore"


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


def refuse_suffix(output: str) -> None:
    """Refuse an output file of a kind that is not written; asked before anything is read."""
    if output != "-" and Path(output).suffix.lower() not in SUFFIXES:
        raise UsageError(f"softreg cannot write {output}.", f"Name a file that ends in {listed(SUFFIXES)}.")


def write_table(columns: Mapping[str, Any], to: Path) -> None:
    """Write columns as CSV, whole or not at all; NaN is an empty cell."""
    import polars as pl

    frame = pl.DataFrame({name: pl.Series(values) for name, values in columns.items()}).fill_nan(None)
    need_of_table(frame.height * frame.width)
    with writing(to) as file:
        frame.write_csv(file)

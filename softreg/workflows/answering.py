"""Answering: from a block of rows to the columns that are written, and what there is to count."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from softreg.data.blocks import Block, Fault, shown
from softreg.model import SoftmaxModel
from softreg.preparation import UNSEEN
from softreg.workflows.answers import Style

__all__ = ["Answerer", "Tally", "Told"]

MOST_ROWS, CELLS = 2**10, 2**21
"""Rows that are answered at a time, at most, and their values: 16 MiB."""

BEYOND = Fault("its numbers are too large for this model", "Mend them: no probability can be told from another.")

MOST_NAMES = 1000
"""Unknown classes that are counted by name; a column that is no label may hold any number."""


@dataclass
class Tally:
    """Counts over rows: all, those with a label that were answered, and what is worth a note."""

    n_rows: int = 0
    scored: int = 0
    right: int = 0
    rejected: int = 0
    blank: int = 0
    strange: int = 0
    strangers: Counter[str] = field(default_factory=Counter)
    unseen: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Add the counts of other rows."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        self.strangers = Counter(dict(self.strangers.most_common(MOST_NAMES)))


@dataclass(frozen=True)
class Told:
    """What there is to tell of a block: its counts, and the first row that cannot be answered: its place, and why."""

    tally: Tally
    n_records: int
    fault: tuple[int, Fault] | None


class Answerer:
    """Answers blocks. It has no state, so that several threads may share it."""

    def __init__(self, model: SoftmaxModel, style: Style, kept: tuple[str, ...]) -> None:
        self._model = model
        self._style = style
        self._kept = kept
        self._classes = pl.Enum(model.classes)
        values = len(model.columns) + 3 * len(model.classes)
        self._tile = min(MOST_ROWS, max(16, 2 ** int(np.log2(max(1, CELLS // values)))))

    @property
    def names(self) -> list[str]:
        """Names of the columns that are written, in order."""
        style, classes = self._style, self._model.classes
        names = [*self._kept, "prediction", "confidence"]
        names += [f"p_{name}" for name in classes] * style.every_class
        names += [f"{what}_{rank}" for rank in range(1, style.top_k + 1) for what in ("top", "p")]
        return names + ["reason"] * (style.on_error == "blank")

    def __call__(self, block: Block) -> tuple[pl.DataFrame, Told]:
        """Return the answers to a block and what to tell of it; in rows without an answer its matrix is overwritten."""
        gaps = _has_gaps(block.raw)
        faults = self._faults(block, gaps)
        bad = np.zeros(len(block.places), dtype=bool)
        bad[list(faults)] = True
        if faults:
            block.raw[bad] = UNSEEN  # any number will do: the answer is not told
        log_proba = self._log_proba(block.raw)
        for row in np.flatnonzero(np.isnan(log_proba[:, 0])).tolist():
            faults[row], bad[row] = BEYOND, True
        confidence = np.exp(log_proba.max(axis=1))
        rejected = ~bad & (confidence < (self._style.threshold or 0.0))
        answers = self._columns(log_proba, confidence, rejected)
        if faults:
            answers = [column.set(pl.Series(bad), None) for column in answers]
        if self._style.on_error == "blank":
            reasons = [faults[row].reason if row in faults else None for row in range(len(bad))]
            answers.append(pl.Series(reasons, dtype=pl.String))
        columns = [block.texts[name] for name in self._kept] + answers
        frame = pl.DataFrame([column.alias(name) for name, column in zip(self.names, columns, strict=True)])
        tally = Tally(len(bad), rejected=int(rejected.sum()), blank=int(bad.sum()))
        self._count_inputs(tally, block.raw[~bad] if faults else block.raw, gaps)
        self._count_labels(tally, block, log_proba.argmax(axis=1), ~bad & ~rejected)
        first = min(faults, default=None)
        fault = None if first is None else (int(block.places[first]), faults[first])
        return frame, Told(tally, block.n_records, fault)

    def _faults(self, block: Block, gaps: bool) -> dict[int, Fault]:
        """The rows that cannot be answered."""
        faults, names, preparation = dict(block.faults), self._model.inputs, self._model.preparation
        if gaps:
            for row, place in _first_of_rows(preparation.refused(block.raw)):
                kind = "is missing" if np.isnan(block.raw[row, place]) else "is infinite, or too large for a number"
                reason = f"the value of column {shown(names[place])} {kind}"
                faults.setdefault(row, Fault(reason, "Fill it in or mend it: the model needs this column."))
        if self._style.unknown == "error" and preparation.levels:
            known = np.array([name in preparation.levels for name in names])
            for row, place in _first_of_rows((block.raw == UNSEEN) & known):
                value = shown(block.texts[names[place]][row])
                advice = "Without --unknown error it counts as none of the known values."
                reason = f"column {shown(names[place])} holds {value}, which training had not"
                faults.setdefault(row, Fault(reason, advice))
        return faults

    @np.errstate(over="ignore", invalid="ignore")  # a row whose numbers are too large is NaN, and a fault
    def _log_proba(self, raw: Any) -> np.ndarray:
        """The log-probabilities (n_rows, n_classes).

        Subtle: the rounding of a product depends on its shape, and how rows fall into blocks on how fast a pipe is. So
        all products have one shape, and the same rows get the same bits.
        """
        model, tile = self._model, self._tile
        if not isinstance(raw, np.ndarray):
            return model.predict_log_proba(model.preparation.apply(raw))  # sparse: no BLAS, and no pipe
        log_proba = np.empty((len(raw), len(model.classes)))
        padded = np.empty((tile, raw.shape[1]), order="F")  # as ``raw`` is
        for start in range(0, len(raw), tile):
            part = raw[start : start + tile]
            if len(part) < tile:
                padded[: len(part)], padded[len(part) :] = part, UNSEEN
                part = padded
            found = model.predict_log_proba(model.preparation.apply(part))
            log_proba[start : start + tile] = found[: len(raw) - start]
        return log_proba

    def _columns(self, log_proba: np.ndarray, confidence: np.ndarray, rejected: np.ndarray) -> list[pl.Series]:
        """The columns of the answers, as if all rows could be answered."""
        classes, style = pl.Series(self._model.classes, dtype=pl.String), self._style
        prediction = classes.gather(log_proba.argmax(axis=1))
        if rejected.any():
            prediction = prediction.set(pl.Series(rejected), style.reject_label)
        columns = [prediction, pl.Series(confidence)]
        if style.every_class:
            columns += [pl.Series(column) for column in np.exp(log_proba.T)]
        if style.top_k:
            order = np.argsort(-log_proba, axis=1, kind="stable")[:, : style.top_k]
            proba = np.exp(np.take_along_axis(log_proba, order, axis=1))
            for place, values in zip(order.T, proba.T, strict=True):
                columns += [classes.gather(place), pl.Series(values)]
        return columns

    def _count_inputs(self, tally: Tally, raw: np.ndarray, gaps: bool) -> None:
        """Count what in the rows that were answered is not as training knew it."""
        preparation = self._model.preparation
        if preparation.levels:
            tally.unseen = Counter(preparation.unseen(raw))
        if gaps:
            tally.filled = Counter(preparation.filled(raw))

    def _count_labels(self, tally: Tally, block: Block, likeliest: np.ndarray, answered: np.ndarray) -> None:
        """Count the labels that the model knows, how many of them are its answers, and the others."""
        if block.labels is None:
            return
        codes = block.labels.cast(self._classes, strict=False).to_physical()
        known = codes.is_not_null().to_numpy() & answered
        tally.scored = int(known.sum())
        tally.right = int((likeliest[known] == codes.to_numpy()[known]).sum())
        strangers = block.labels.filter((block.labels.str.strip_chars() != "") & codes.is_null())
        tally.strange = len(strangers)
        tally.strangers = Counter(dict(strangers.value_counts().iter_rows()))


def _has_gaps(raw: Any) -> bool:
    """Whether a dense matrix may hold values that are missing or infinite: the sum tells, without a large mask."""
    with np.errstate(over="ignore", invalid="ignore"):
        return isinstance(raw, np.ndarray) and not np.isfinite(raw.sum())


def _first_of_rows(mask: np.ndarray) -> list[tuple[int, int]]:
    """The rows of a mask that have some True, each with the place of its first."""
    rows = np.flatnonzero(mask.any(axis=1))
    return list(zip(rows.tolist(), mask[rows].argmax(axis=1).tolist(), strict=True))

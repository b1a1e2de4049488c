"""Predict and evaluate: a trained model on new rows. No scikit-learn, so that it starts fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg import data
from softreg.data.dataset import Dataset
from softreg.data.labels import encode
from softreg.errors import DataError, did_you_mean, listed
from softreg.metrics import evaluate as measure
from softreg.model import SoftmaxModel
from softreg.runs import model_of
from softreg.settings import SourceSettings
from softreg.workflows.answers import answers

__all__ = ["Evaluation", "Predictions", "evaluate", "predict"]


@dataclass(frozen=True)
class Predictions:
    """The answers as columns, and what is worth a note."""

    columns: dict[str, Any]
    n_rows: int
    notes: tuple[str, ...]
    scored: int
    accuracy: float | None


@dataclass(frozen=True)
class Evaluation:
    """Metrics on labelled rows."""

    model: SoftmaxModel
    name: str
    metrics: dict[str, Any]
    notes: tuple[str, ...]


def predict(model_word: str, spec: str, source: SourceSettings, *, every_class: bool = False) -> Predictions:
    """Answer every row of an input, in order; where it carries labels, score them on the side."""
    model, _ = model_of(model_word)
    dataset = data.load_inputs(spec, model.columns, model.target, source)
    log_proba = model.predict_log_proba(dataset.X)
    columns = answers(log_proba, model.classes, first={}, every_class=every_class)
    known = _codes(dataset, model.classes)
    scored = known >= 0
    right = log_proba.argmax(axis=1)[scored] == known[scored]
    accuracy = float(right.mean()) if len(right) else None
    return Predictions(columns, dataset.n_samples, dataset.notes, int(scored.sum()), accuracy)


def evaluate(model_word: str, spec: str, source: SourceSettings) -> Evaluation:
    """Measure a model on labelled rows; the yardsticks guess by the class counts of its own training rows.

    Raises :class:`DataError` where the input has no labels, or one that the model does not know.
    """
    model, _ = model_of(model_word)
    dataset = data.load_inputs(spec, model.columns, model.target, source)
    if dataset.labels is None:
        raise DataError(
            f'{dataset.name} has no column "{model.target}" to evaluate against. '
            + did_you_mean(model.target, dataset.columns),
            "Type softreg predict for rows without labels.",
        )
    codes = _codes(dataset, model.classes)
    labelled = np.flatnonzero(dataset.labels != "")
    strangers = sorted({str(label) for label in dataset.labels[labelled][codes[labelled] < 0]})
    if strangers:
        row = dataset.rows[labelled][codes[labelled] < 0][0]
        raise DataError(
            f'The model does not know the class "{strangers[0]}" (row {row}); it knows {listed(model.classes)}.',
            "Leave those rows out, or train on data that has them.",
        )
    if not len(labelled):
        raise DataError(f'No row of {dataset.name} has a label in "{model.target}".', "")
    log_proba = model.predict_log_proba(dataset.X)[labelled]
    notes = dataset.notes
    if model.metadata.get("data_sha256") == dataset.origin["sha256"]:
        notes = (*notes, "these are the very data that the model was trained on; on new rows it will do worse.")
    if len(labelled) < dataset.n_samples:
        notes = (*notes, f"{dataset.n_samples - len(labelled)} rows without a label were left out.")
    counts = [model.metadata["class_counts"][name] for name in model.classes]
    metrics = measure(log_proba, codes[labelled], model.classes, np.repeat(np.arange(len(counts)), counts))
    return Evaluation(model, dataset.name, metrics, notes)


def _codes(dataset: Dataset, classes: tuple[str, ...]) -> np.ndarray:
    """Class indices, -1 where there is no label or an unknown one."""
    if dataset.labels is None:
        return np.full(dataset.n_samples, -1)
    return encode(dataset.labels, classes)

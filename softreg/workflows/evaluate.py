"""Evaluate: a trained model's metrics on labelled rows. No scikit-learn, so that it starts fast."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from softreg import data
from softreg.data.dataset import Dataset
from softreg.data.labels import encode
from softreg.data.matching import refuse_unknown, refuse_unusable
from softreg.errors import DataError, did_you_mean, listed
from softreg.model import SoftmaxModel
from softreg.runs import model_of
from softreg.settings import SourceSettings
from softreg.workflows.notes import MEND, otherwise, rows_of, unknown_classes

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """Metrics on labelled rows."""

    model: SoftmaxModel
    name: str
    metrics: dict[str, Any]
    notes: tuple[str, ...]


def evaluate(model_word: str, spec: str, source: SourceSettings) -> Evaluation:
    """Measure a model on labelled rows; the yardsticks guess by the class counts of its own training rows.

    Rows of a class that the model does not know are counted apart, as ``unknown_classes``. ``source.weight_col`` weighs
    the rows, and ``source.target_distribution`` names soft labels: where they name none, those of the training do, if
    the input has them. Raises :class:`DataError` where the input has no
    label that the model knows.
    """
    from softreg.metrics import evaluate as measure

    model, _ = model_of(model_word)
    dataset = data.load_inputs(spec, model.preparation, model.target, _as_in_training(source, model))
    codes = encode(_labels(dataset, model), model.classes)
    if source.weight_col and dataset.weights is None:
        refuse_unknown(dataset.name, "--weight-col", source.weight_col, dataset.columns)
    known, empty = codes >= 0, np.char.strip(_labels(dataset, model)) == ""
    strangers = Counter(_labels(dataset, model)[~known & ~empty].tolist())
    if not known.any():
        why = unknown_classes(strangers.total(), strangers) if strangers else "It is empty."
        raise DataError(f'No row of {dataset.name} has a known label in "{model.target}".', why)
    labelled = dataset.take(known)
    refuse_unusable(labelled, model.preparation, MEND)
    masses = np.array([model.metadata["class_counts"][name] for name in model.classes], dtype=np.float64)
    metrics = measure(
        model.predict_log_proba(model.preparation.apply(labelled.X)),
        codes[known],
        model.classes,
        np.arange(len(masses)),
        sample_weight=labelled.weights,
        train_weight=masses,
        distribution=_soft_labels(labelled, model.classes),
    )
    if strangers:
        metrics["unknown_classes"] = dict(strangers.most_common())
    return Evaluation(model, dataset.name, metrics, _notes(dataset, labelled, model, int(empty.sum()), strangers))


def _as_in_training(source: SourceSettings, model: SoftmaxModel) -> SourceSettings:
    """The settings; what they leave open of soft labels and weights is as training had it, where the input has it."""
    return replace(
        source,
        target_distribution=source.target_distribution or tuple(model.metadata.get("target_distribution", ())),
        weight_col=source.weight_col or model.metadata.get("weight_col"),
    )


def _labels(dataset: Dataset, model: SoftmaxModel) -> np.ndarray:
    if dataset.labels is None:
        raise DataError(
            f'{dataset.name} has no column "{model.target}" to evaluate against. '
            + did_you_mean(model.target, dataset.columns),
            "Type softreg predict for rows without labels.",
        )
    return dataset.labels


def _soft_labels(dataset: Dataset, classes: tuple[str, ...]) -> np.ndarray | None:
    """The soft labels of a dataset in the order of a model's classes, where it has any."""
    if dataset.distribution is None:
        return None
    if set(dataset.classes) != set(classes):
        what = f"--target-distribution names {listed(dataset.classes)}, and the model knows {listed(classes)}."
        raise DataError(what, "Name a column for every class of the model.")
    return np.asarray(dataset.distribution[:, [dataset.classes.index(name) for name in classes]])


def _notes(
    dataset: Dataset, labelled: Dataset, model: SoftmaxModel, empty: int, strangers: Counter[str]
) -> tuple[str, ...]:
    notes = [*dataset.notes]
    if model.metadata.get("data_sha256") == dataset.origin["sha256"]:
        notes.append("these are the very data that the model was trained on; on new rows it will do worse.")
    if empty:
        notes.append(f"{rows_of(empty)} without a label {'was' if empty == 1 else 'were'} left out.")
    trained = model.metadata.get("weight_col")
    if trained and dataset.weights is None:
        notes.append(f'every row weighs the same; in training the column "{trained}" weighed them.')
    if isinstance(labelled.X, np.ndarray):
        notes += otherwise(model.preparation.filled(labelled.X), model.preparation.unseen(labelled.X))
    if strangers:
        notes.append(f"{unknown_classes(strangers.total(), strangers)[:-1]}. The other rows were measured.")
    return tuple(notes)

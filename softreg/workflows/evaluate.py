"""Evaluate: a trained model's metrics on labelled rows. No scikit-learn, so that it starts fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.model import SoftmaxModel
from softreg.runs import model_of
from softreg.settings import SourceSettings
from softreg.workflows.labelled import labelled_rows

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

    Rows of a class that the model does not know are counted apart, as ``unknown_classes``. ``source`` and errors: as
    for :func:`softreg.workflows.labelled.labelled_rows`.
    """
    from softreg.metrics import evaluate as measure

    model, _ = model_of(model_word)
    rows = labelled_rows(model, spec, source)
    counts, notes = model.metadata.get("class_counts"), rows.notes
    if counts is None:
        counts = dict.fromkeys(model.classes, 1)
        notes = (*notes, "the model does not know how common its classes were in training: guessing is even.")
    masses = np.array([counts[name] for name in model.classes], dtype=np.float64)
    with np.errstate(over="ignore"):  # a loss may be infinite, and is told as such
        metrics = measure(
            rows.log_proba,
            rows.codes,
            model.classes,
            np.arange(len(masses)),
            sample_weight=rows.dataset.weights,
            train_weight=masses,
            distribution=rows.distribution,
        )
    if rows.strangers:
        metrics["unknown_classes"] = dict(rows.strangers.most_common())
    return Evaluation(model, rows.dataset.name, metrics, notes)

"""Labelled rows: those of an input that a model can be measured on, with what it says of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from softreg import data
from softreg.data.labels import encode
from softreg.data.matching import refuse_unusable
from softreg.errors import DataError, did_you_mean, listed, plural
from softreg.model import SoftmaxModel
from softreg.settings import SourceSettings
from softreg.workflows.notes import otherwise, strangers_told

if TYPE_CHECKING:
    from softreg.data.dataset import Dataset

__all__ = ["MEND", "LabelledRows", "labelled_rows"]

MEND = "Fill in or mend such rows: the model needs this column."


@dataclass(frozen=True)
class LabelledRows:
    """The rows whose class a model knows; ``strangers`` counts the others' classes, which it does not know.

    Shapes: ``codes`` (n_samples,) the classes' indices, ``distribution`` (n_samples, n_classes) soft labels in their
    place, ``log_proba`` (n_samples, n_classes).
    """

    dataset: Dataset
    codes: np.ndarray
    distribution: np.ndarray | None
    log_proba: np.ndarray
    strangers: Counter[str]
    notes: tuple[str, ...]

    @property
    def targets(self) -> np.ndarray:
        """Class indices, or soft labels where there are any."""
        return self.codes if self.distribution is None else self.distribution


def labelled_rows(model: SoftmaxModel, spec: str, source: SourceSettings) -> LabelledRows:
    """Read an input, and let the model answer the rows whose label it knows.

    ``source.weight_col`` weighs the rows, and ``source.target_distribution`` names soft labels; where they name none,
    those of the model's training do, if the input has them. Raises :class:`DataError` where the input has no label that
    the model knows.
    """
    as_trained = _as_in_training(source, model)
    dataset = data.load_inputs(spec, model.preparation, model.target, as_trained, fill_home=True)
    if dataset.labels is None:
        near = did_you_mean(model.target, dataset.columns)
        raise DataError(
            f'{dataset.name} has no column "{model.target}" to evaluate against.',
            f"{near} Type softreg predict for rows without labels.".lstrip(),
        )
    if source.weight_col and dataset.weights is None:
        raise DataError(f'{dataset.name} has no column "{source.weight_col}" (--weight-col).', "Name one that it has.")
    codes = encode(dataset.labels, model.classes)
    known, empty = codes >= 0, np.char.strip(dataset.labels) == ""
    strangers = Counter(dataset.labels[~known & ~empty].tolist())
    if not known.any():
        found = strangers_told(strangers.total(), strangers) if strangers else "The column is empty."
        raise DataError(
            f'No row of {dataset.name} has a known label in "{model.target}". {found[0].upper()}{found[1:]}',
            f"The model knows {listed(model.classes)}.",
        )
    labelled = dataset.take(known)
    refuse_unusable(labelled, model.preparation, MEND)
    with np.errstate(over="ignore", invalid="ignore"):  # a row whose numbers are too large is NaN, and told as such
        log_proba = model.predict_log_proba(model.preparation.apply(labelled.X))
    notes = _notes(dataset, model, int(empty.sum()))
    if isinstance(labelled.X, np.ndarray):
        notes = (*notes, *otherwise(model.preparation.filled(labelled.X), model.preparation.unseen(labelled.X)))
    if strangers:
        notes = (*notes, f"{strangers_told(strangers.total(), strangers)[:-1]}. The other rows were measured.")
    return LabelledRows(labelled, codes[known], _soft_labels(labelled, model.classes), log_proba, strangers, notes)


def _as_in_training(source: SourceSettings, model: SoftmaxModel) -> SourceSettings:
    """The settings; what they leave open of soft labels and weights is as training had it."""
    return replace(
        source,
        target_distribution=source.target_distribution or tuple(model.metadata.get("target_distribution", ())),
        weight_col=source.weight_col or model.metadata.get("weight_col"),
    )


def _soft_labels(dataset: Dataset, classes: tuple[str, ...]) -> np.ndarray | None:
    """The soft labels of a dataset in the order of a model's classes, where it has any."""
    if dataset.distribution is None:
        return None
    if set(dataset.classes) != set(classes):
        what = f"--target-distribution names {listed(dataset.classes)}, and the model knows {listed(classes)}."
        raise DataError(what, "Name a column for every class of the model.")
    return np.asarray(dataset.distribution[:, [dataset.classes.index(name) for name in classes]])


def _notes(dataset: Dataset, model: SoftmaxModel, empty: int) -> tuple[str, ...]:
    notes = dataset.notes
    if model.metadata.get("data_sha256") == dataset.origin["sha256"]:
        notes = (*notes, "these are the very data that the model was trained on; on new rows it will do worse.")
    if empty:
        notes = (*notes, f"{plural(empty, 'row')} without a label {'was' if empty == 1 else 'were'} left out.")
    if (trained := model.metadata.get("weight_col")) and dataset.weights is None:
        notes = (*notes, f'every row weighs the same; in training the column "{trained}" weighed them.')
    return notes

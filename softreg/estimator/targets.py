"""What the estimator is asked to learn: labels, or distributions over the classes; and which rows it only watches."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array
from sklearn.utils.multiclass import check_classification_targets

from softreg.errors import DataError, UsageError

__all__ = ["coded", "coded_as", "distributions", "held_out"]


def coded(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes of labels y, sorted, and each row's class index."""
    check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    _refuse_one(classes)
    return classes, codes


def coded_as(y: np.ndarray, classes: Any, known: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return all the classes of a stream, and the class indices of a part of its rows.

    ``classes`` is what a call names, ``known`` what an earlier one did; one of them may be None.
    """
    named = known if classes is None else np.unique(classes)
    if named is None:
        raise UsageError("The first call of partial_fit lacks classes.", "Give all the labels that can come.")
    if known is not None and not np.array_equal(named, known):
        what = f"classes {named.tolist()} are not those of the first call, {known.tolist()}."
        raise UsageError(what, "Give the same, or leave them out.")
    _refuse_one(named)
    unknown = np.setdiff1d(y, named)
    if len(unknown):
        what = f"The labels hold classes not given at the first call: {unknown.tolist()}."
        raise DataError(what, "Give all the labels that can come at the first call.")
    return named, np.searchsorted(named, y)


def distributions(Q: Any, classes: Any, n_samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes, 0, 1, ... unless they are named, and Q checked: a distribution for each row."""
    Q = check_array(Q, dtype=np.float64, ensure_2d=False, ensure_all_finite=False, input_name="Q")
    if Q.ndim != 2 or Q.shape[0] != n_samples or Q.shape[1] < 2:
        raise DataError(f"Q has shape {Q.shape}; {n_samples} rows of at least two classes are needed.")
    wrong = ~((Q >= 0).all(axis=1) & np.isclose(Q.sum(axis=1), 1, rtol=0, atol=1e-6))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"Row {row + 1} of Q is no distribution: {Q[row].tolist()}.", "Divide each row by its sum.")
    names = np.arange(Q.shape[1]) if classes is None else np.asarray(classes)
    if len(names) != Q.shape[1] or len(np.unique(names)) != len(names):
        raise DataError(f"classes must be {Q.shape[1]} different names, one for each column of Q.")
    return names, Q


def held_out(targets: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to train on and rows to watch, each with every class (soft labels: the likeliest)."""
    labels = targets if targets.ndim == 1 else targets.argmax(axis=1)
    rows = np.arange(len(labels))
    try:
        train, watched = train_test_split(rows, test_size=share, random_state=seed, stratify=labels)
    except ValueError as error:
        raise DataError(
            f"early_stopping cannot hold out validation_fraction={share:g} of {len(rows)} rows: every class needs a "
            "row on both sides.",
            "Give more rows or another validation_fraction, or set early_stopping to False.",
        ) from error
    return train, watched


def _refuse_one(classes: np.ndarray) -> None:
    if len(classes) < 2:
        raise DataError(f"The labels hold one class only ({classes[0]}).", "Give rows of at least two classes.")

"""Every metric at once, ready to be written as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from softreg.errors import DataError
from softreg.metrics.calibration_error import ece_if_calibrated, expected_calibration_error
from softreg.metrics.classes import confusion_matrix, per_class
from softreg.metrics.rows import need_codes
from softreg.metrics.scores import brier, cross_entropy, wilson_interval
from softreg.metrics.yardsticks import class_share_cross_entropy, commonest_class, commonest_class_accuracy

__all__ = ["evaluate"]


def evaluate(
    log_proba: np.ndarray,
    codes: np.ndarray,
    classes: Sequence[str],
    train_codes: np.ndarray,
    rng: np.random.Generator | None = None,
) -> dict[str, Any]:
    """Score log probabilities against the true classes, with intervals and yardsticks.

    Shapes: ``log_proba`` (n_samples, n_classes), ``codes`` (n_samples,), ``classes`` n_classes names, ``train_codes``
    (n_train,) the classes of the training rows, for the yardsticks. ``rng`` draws for ``ece_if_calibrated``; without
    it a fixed seed does, so that the same rows give the same report. The prediction is the first of the most probable.

    Returns plain numbers, lists and dicts. What is infinite (a true class of probability 0) or undefined (0/0) is
    ``None``, since JSON has neither. Raises ``DataError`` where there are no rows, an index is not a class, or a
    log probability is NaN.

    >>> log_proba = np.log([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])
    >>> report = evaluate(log_proba, np.array([0, 1, 1, 0]), ["no", "yes"], np.array([0, 0, 1]))
    >>> report["accuracy"], report["confusion"], round(report["cross_entropy"], 4)
    (0.75, [[2, 0], [1, 1]], 0.4004)
    >>> report["per_class"][1]
    {'class': 'yes', 'precision': 1.0, 'recall': 0.5, 'f1': 0.6666666666666666, 'support': 2}
    >>> report["yardsticks"]["commonest_class"], report["yardsticks"]["commonest_class_accuracy"]
    ('no', 0.5)
    """
    n_samples, n_classes = _checked(log_proba, codes, classes)
    proba = np.exp(log_proba, dtype=np.float64)
    confusion = confusion_matrix(codes, log_proba.argmax(axis=1), n_classes)
    right = int(np.trace(confusion))
    return {
        "n_rows": n_samples,
        "accuracy": right / n_samples,
        "accuracy_interval": list(wilson_interval(right, n_samples)),
        "cross_entropy": _finite(cross_entropy(log_proba, codes)),
        "brier": brier(proba, codes),
        "ece": expected_calibration_error(proba, codes),
        "ece_if_calibrated": ece_if_calibrated(proba, rng=rng or np.random.default_rng(0)),
        "classes": list(classes),
        "confusion": confusion.tolist(),
        "per_class": [{"class": name, **row} for name, row in zip(classes, per_class(confusion), strict=True)],
        "yardsticks": {
            "commonest_class": classes[commonest_class(train_codes)],
            "commonest_class_accuracy": commonest_class_accuracy(train_codes, codes),
            "class_shares_cross_entropy": _finite(class_share_cross_entropy(train_codes, codes, n_classes)),
        },
    }


def _checked(log_proba: np.ndarray, codes: np.ndarray, classes: Sequence[str]) -> tuple[int, int]:
    """Return n_samples and n_classes where everything fits together and no log probability is NaN."""
    n_samples, n_classes = log_proba.shape
    if n_classes != len(classes):
        raise DataError(f"The log probabilities have {n_classes} columns, but {len(classes)} class names were given.")
    need_codes(codes, n_samples, n_classes)
    if not math.isnan(log_proba.sum(dtype=np.float64)):  # log probabilities are at most 0: only NaN can make NaN
        return n_samples, n_classes
    row = int(np.isnan(log_proba).any(axis=1).argmax()) + 1
    raise DataError(
        f"The model gave NaN for row {row} of {n_samples}, so there is nothing to score.",
        "Look for infinite features in that row, or train again with a smaller learning rate.",
    )


def _finite(value: float) -> float | None:
    """Return the value, and None for infinity, which JSON cannot hold."""
    return value if math.isfinite(value) else None

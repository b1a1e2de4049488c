"""Every metric at once, ready to be written as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from softreg.errors import DataError
from softreg.metrics.brier_terms import brier_decomposition
from softreg.metrics.calibration_error import ece_if_calibrated, expected_calibration_error, reliability_table
from softreg.metrics.classes import confusion_matrix, per_class
from softreg.metrics.coverage import coverage_curve
from softreg.metrics.rows import need_targets, need_weight
from softreg.metrics.scores import accuracy, accuracy_interval, brier, cross_entropy, entropy
from softreg.metrics.yardsticks import class_share_cross_entropy, commonest_class, commonest_class_accuracy

__all__ = ["evaluate"]


def evaluate(
    log_proba: np.ndarray,
    codes: np.ndarray,
    classes: Sequence[str],
    train_codes: np.ndarray,
    rng: np.random.Generator | None = None,
    *,
    sample_weight: np.ndarray | None = None,
    train_weight: np.ndarray | None = None,
    distribution: np.ndarray | None = None,
) -> dict[str, Any]:
    """Score log probabilities against the true classes, with intervals and yardsticks.

    Shapes: ``log_proba`` (n_samples, n_classes), ``codes`` (n_samples,), ``classes`` n_classes names, ``train_codes``
    (n_train,) the classes of the training rows, for the yardsticks. ``rng`` draws for ``ece_if_calibrated``; without
    it a fixed seed does, so that the same rows give the same report. The prediction is the first of the most probable.

    ``sample_weight`` (n_samples,) says how much each row counts. Counts become sums of weights, shares and means are
    weighted; weights 0, 1, 2 ... give what repeated rows would. Five things speak of rows and not of their weights:
    ``n_rows`` (rows of weight 0 are left out), ``accuracy_interval``, ``ece_if_calibrated``, ``chance`` in the bins of
    ``reliability`` and ``rows`` in ``coverage``, for a row that counts twice tells no more than one. ``weight`` is the
    sum. ``train_weight`` (n_train,) weighs the training rows. The classes, each once, and their ``class_mass`` say the
    same, and are what to give where training had soft labels.

    ``distribution`` (n_samples, n_classes), soft labels q, takes the place of ``codes``, which are then not looked at:
    counts and accuracy are the expected ones, the other scores are those against q, and ``entropy`` is the
    cross-entropy of a model that knows q. How far such shares stray by chance is not known (are they of one vote, or
    of a thousand?), so ``ece_if_calibrated`` is ``None``, and so is ``chance``.

    Returns plain numbers, lists and dicts. What is infinite (a true class of probability 0) or undefined (0/0) is
    ``None``, since JSON has neither. Raises ``DataError`` where there are no rows, an index is not a class, soft labels
    are no distribution, a log probability is NaN, or weights are negative, not finite, or all 0.

    >>> log_proba = np.log([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]])
    >>> codes, train_codes = np.array([0, 1, 1, 0]), np.array([0, 0, 1])
    >>> report = evaluate(log_proba, codes, ["no", "yes"], train_codes)
    >>> report["accuracy"], report["confusion"], round(report["cross_entropy"], 4)
    (0.75, [[2, 0], [1, 1]], 0.4004)
    >>> report["per_class"][1]
    {'class': 'yes', 'precision': 1.0, 'recall': 0.5, 'f1': 0.6666666666666666, 'support': 2}
    >>> report["yardsticks"]["commonest_class"], report["yardsticks"]["commonest_class_accuracy"]
    ('no', 0.5)
    >>> report = evaluate(log_proba, codes, ["no", "yes"], train_codes, sample_weight=np.array([1.0, 1.0, 6.0, 0.0]))
    >>> report["n_rows"], report["weight"], report["accuracy"], report["confusion"]
    (3, 8.0, 0.25, [[1.0, 0.0], [6.0, 1.0]])
    """
    targets = codes if distribution is None else distribution
    log_proba, targets, weight = _counted(log_proba, targets, len(classes), sample_weight)
    n_samples, n_classes = log_proba.shape
    proba, predicted = np.exp(log_proba, dtype=np.float64), log_proba.argmax(axis=1)
    confusion = confusion_matrix(targets, predicted, n_classes, weight)
    return {
        "n_rows": n_samples,
        **({} if weight is None else {"weight": float(weight.sum())}),
        "accuracy": accuracy(targets, predicted, weight),
        "accuracy_interval": list(accuracy_interval(targets, predicted, weight)),
        "cross_entropy": _finite(cross_entropy(log_proba, targets, weight)),
        **({} if distribution is None else {"entropy": entropy(targets, weight)}),
        "brier": brier(proba, targets, weight),
        "brier_terms": brier_decomposition(proba, targets, sample_weight=weight),
        "ece": expected_calibration_error(proba, targets, sample_weight=weight),
        "ece_if_calibrated": _by_chance(proba, weight, rng) if distribution is None else None,
        "reliability": reliability_table(proba, targets, rng=rng or np.random.default_rng(0), sample_weight=weight),
        "coverage": coverage_curve(proba, targets, weight).to_json(),
        "classes": list(classes),
        "confusion": confusion.tolist(),
        "per_class": [{"class": name, **row} for name, row in zip(classes, per_class(confusion), strict=True)],
        "yardsticks": _yardsticks(train_codes, train_weight, targets, weight, classes),
    }


def _counted(
    log_proba: np.ndarray, targets: np.ndarray, n_classes: int, sample_weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return the rows that have weight where everything fits together and no log probability of theirs is NaN."""
    n_samples, n_columns = log_proba.shape
    if n_columns != n_classes:
        what = f"The log probabilities have {n_columns} columns, but {n_classes} class names were given."
        raise DataError(what, "Give a name for each column.")
    need_targets(targets, n_samples, n_classes)
    weight = None if sample_weight is None else need_weight(sample_weight, n_samples)
    _refuse_nan(log_proba, weight)
    if weight is not None and not weight.all():
        rows = weight > 0
        return log_proba[rows], targets[rows], weight[rows]
    return log_proba, targets, weight


def _refuse_nan(log_proba: np.ndarray, weight: np.ndarray | None) -> None:
    if not math.isnan(log_proba.sum(dtype=np.float64)):  # log probabilities are at most 0: only NaN can make NaN
        return
    wrong = np.isnan(log_proba).any(axis=1)
    if weight is not None:
        wrong &= weight > 0
    if wrong.any():
        raise DataError(
            f"The model gave NaN for row {int(wrong.argmax()) + 1} of {len(wrong)}, so there is nothing to score.",
            "Look for infinite features in that row, or train again with a smaller learning rate.",
        )


def _by_chance(proba: np.ndarray, weight: np.ndarray | None, rng: np.random.Generator | None) -> float:
    return ece_if_calibrated(proba, rng=rng or np.random.default_rng(0), sample_weight=weight)


def _yardsticks(
    train_codes: np.ndarray,
    train_weight: np.ndarray | None,
    targets: np.ndarray,
    weight: np.ndarray | None,
    classes: Sequence[str],
) -> dict[str, Any]:
    weights = {"train_weight": train_weight, "sample_weight": weight}
    shares = class_share_cross_entropy(train_codes, targets, len(classes), **weights)
    return {
        "commonest_class": classes[commonest_class(train_codes, train_weight)],
        "commonest_class_accuracy": commonest_class_accuracy(train_codes, targets, **weights),
        "class_shares_cross_entropy": _finite(shares),
    }


def _finite(value: float) -> float | None:
    """Return the value, and None for infinity, which JSON cannot hold."""
    return value if math.isfinite(value) else None

"""Metrics: how good the probabilities and the predictions are, on rows whose class is known.

Read in this order: ``scores`` (accuracy, cross-entropy, entropy, Brier), ``calibration_error`` (does 0.9 mean nine in
ten?), ``chance`` (how far from that a perfect model strays), ``brier_terms`` (the Brier score in parts), ``coverage``
(when not to answer), ``classes`` (the confusion matrix), ``yardsticks`` (what guessing would have scored), ``report``
(all of it at once).

Conventions
-----------
log_proba       (n_samples, n_classes)   log probabilities, float32 or float64; -inf is a probability of 0
proba           (n_samples, n_classes)   probabilities
targets         (n_samples,)             y: integer class indices of the true labels, which ``codes`` always are
                (n_samples, n_classes)   or q, soft labels: each row a distribution over the classes
predicted       (n_samples,)             integer class indices of the predictions
sample_weight   (n_samples,)             s, S = sum s: how much each row counts; ``None`` is 1 each. Its unit is free

Every sum is taken in float64. Plain Python numbers are returned. Without rows there is no score: a ``DataError``.
"""

from __future__ import annotations

from softreg.metrics.brier_terms import brier_decomposition
from softreg.metrics.calibration_error import ece_if_calibrated, expected_calibration_error, reliability_table
from softreg.metrics.chance import band, number_right
from softreg.metrics.classes import confusion_matrix, per_class
from softreg.metrics.coverage import Coverage, coverage_curve
from softreg.metrics.paired import paired_intervals, sign_test
from softreg.metrics.report import evaluate
from softreg.metrics.rows import class_mass, share_right
from softreg.metrics.scores import (
    accuracy,
    accuracy_interval,
    brier,
    cross_entropy,
    effective_rows,
    entropy,
    row_brier,
    row_cross_entropy,
    wilson_interval,
)
from softreg.metrics.yardsticks import class_share_cross_entropy, commonest_class_accuracy

__all__ = [
    "Coverage",
    "accuracy",
    "accuracy_interval",
    "band",
    "brier",
    "brier_decomposition",
    "class_mass",
    "class_share_cross_entropy",
    "commonest_class_accuracy",
    "confusion_matrix",
    "coverage_curve",
    "cross_entropy",
    "ece_if_calibrated",
    "effective_rows",
    "entropy",
    "evaluate",
    "expected_calibration_error",
    "number_right",
    "paired_intervals",
    "per_class",
    "reliability_table",
    "row_brier",
    "row_cross_entropy",
    "share_right",
    "sign_test",
    "wilson_interval",
]

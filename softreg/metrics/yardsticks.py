"""What guessing would have scored: a model that is not better has learned nothing from the features."""

from __future__ import annotations

import math

import numpy as np

from softreg.metrics.rows import class_mass, mean, need_codes, need_rows, need_targets, need_weight, share_right

__all__ = ["class_share_cross_entropy", "commonest_class", "commonest_class_accuracy"]


def commonest_class(train_codes: np.ndarray, train_weight: np.ndarray | None = None) -> int:
    """Return the class that most training rows have, or most of their weight; the first where several tie.

    >>> commonest_class(np.array([2, 1, 2, 1, 0]))
    1
    >>> commonest_class(np.array([0, 1, 2]), train_weight=np.array([1.0, 2.0, 2.5]))  # classes with their masses
    2
    """
    return int(_trained(train_codes, train_weight).argmax())


def commonest_class_accuracy(
    train_codes: np.ndarray,
    targets: np.ndarray,
    *,
    train_weight: np.ndarray | None = None,
    sample_weight: np.ndarray | None = None,
) -> float:
    """Accuracy, on these rows, of always saying the class that is commonest in training.

    Shapes: ``train_codes`` (n_train,), ``targets`` (n_samples,) or (n_samples, n_classes). Raises ``DataError`` where
    either has no rows.

    >>> commonest_class_accuracy(np.array([1, 1, 0]), np.array([0, 1, 1, 1]))
    0.75
    """
    need_rows(targets.shape[0])
    says = np.full(targets.shape[0], commonest_class(train_codes, train_weight))
    return mean(share_right(targets, says), sample_weight)


def class_share_cross_entropy(
    train_codes: np.ndarray,
    targets: np.ndarray,
    n_classes: int,
    *,
    train_weight: np.ndarray | None = None,
    sample_weight: np.ndarray | None = None,
) -> float:
    """Cross-entropy, on these rows, of giving every row the class shares of the training rows.

    -(1/S) sum_i s_i log share[y_i],   share[k] = weight of the training rows of class k / weight of all

    On the training rows themselves this is the entropy of the shares, the best that can be done without features.
    Infinite where these rows hold a class that training never saw.
    Shapes: ``train_codes`` (n_train,), ``targets`` (n_samples,) or (n_samples, n_classes). Units: nats. Raises
    ``DataError`` where either has no rows, an index is not a class, or soft labels are no distribution.

    >>> round(class_share_cross_entropy(np.array([0, 0, 0, 1]), np.array([0, 1]), 2), 4)  # -(log 3/4 + log 1/4) / 2
    0.837
    >>> class_share_cross_entropy(np.array([0, 0]), np.array([0, 1]), 2)
    inf
    """
    need_codes(train_codes, train_codes.shape[0], n_classes)
    need_targets(targets, targets.shape[0], n_classes)
    weight = None if sample_weight is None else need_weight(sample_weight, targets.shape[0])
    trained = _trained(train_codes, train_weight, n_classes)
    seen = class_mass(targets, n_classes, weight)
    here = seen > 0
    if np.any(trained[here] == 0):
        return math.inf
    shares = trained[here] / trained.sum()
    return 0.0 - float(seen[here] @ np.log(shares)) / float(seen.sum())


def _trained(train_codes: np.ndarray, train_weight: np.ndarray | None, n_classes: int = 0) -> np.ndarray:
    """How much of each class training had (n_classes,), or of the classes up to the last that it had."""
    need_rows(train_codes.shape[0])
    weight = None if train_weight is None else need_weight(train_weight, train_codes.shape[0])
    return np.bincount(train_codes, weight, n_classes)

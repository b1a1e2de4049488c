"""What guessing would have scored: a model that is not better has learned nothing from the features."""

from __future__ import annotations

import math

import numpy as np

from softreg.metrics.rows import need_codes, need_rows

__all__ = ["class_share_cross_entropy", "commonest_class", "commonest_class_accuracy"]


def commonest_class(train_codes: np.ndarray) -> int:
    """Return the class that most training rows have; the first of them where several tie.

    >>> commonest_class(np.array([2, 1, 2, 1, 0]))
    1
    """
    need_rows(train_codes.shape[0])
    return int(np.bincount(train_codes).argmax())


def commonest_class_accuracy(train_codes: np.ndarray, codes: np.ndarray) -> float:
    """Accuracy, on these rows, of always saying the class that is commonest in training.

    Shapes: ``train_codes`` (n_train,), ``codes`` (n_samples,). Raises ``DataError`` where either has no rows.

    >>> commonest_class_accuracy(np.array([1, 1, 0]), np.array([0, 1, 1, 1]))
    0.75
    """
    need_rows(codes.shape[0])
    return int(np.count_nonzero(codes == commonest_class(train_codes))) / int(codes.shape[0])


def class_share_cross_entropy(train_codes: np.ndarray, codes: np.ndarray, n_classes: int) -> float:
    """Cross-entropy, on these rows, of giving every row the class shares of the training rows.

    -(1/n) sum_i log share[y_i],   share[k] = #{training rows of class k} / n_train

    On the training rows themselves this is the entropy of the shares, the best that can be done without features.
    Infinite where these rows hold a class that training never saw.
    Shapes: ``train_codes`` (n_train,), ``codes`` (n_samples,). Units: nats. Raises ``DataError`` where either has no
    rows, or an index is not a class.

    >>> round(class_share_cross_entropy(np.array([0, 0, 0, 1]), np.array([0, 1]), 2), 4)  # -(log 3/4 + log 1/4) / 2
    0.837
    >>> class_share_cross_entropy(np.array([0, 0]), np.array([0, 1]), 2)
    inf
    """
    need_codes(train_codes, train_codes.shape[0], n_classes)
    need_codes(codes, codes.shape[0], n_classes)
    trained = np.bincount(train_codes, minlength=n_classes)
    seen = np.bincount(codes, minlength=n_classes)
    here = seen > 0
    if np.any(trained[here] == 0):
        return math.inf
    shares = trained[here] / trained.sum()
    return 0.0 - float(seen[here] @ np.log(shares)) / int(seen.sum())

"""The confusion matrix, and what it says of each class."""

from __future__ import annotations

import numpy as np

from softreg.metrics.rows import need_codes, need_targets, need_weight

__all__ = ["confusion_matrix", "per_class"]


def confusion_matrix(
    targets: np.ndarray, predicted: np.ndarray, n_classes: int, sample_weight: np.ndarray | None = None
) -> np.ndarray:
    """Count rows by true class (down) and predicted class (across).

    confusion[k, j] = #{i : y_i = k and predicted_i = j},   in general sum_i s_i q_ik [predicted_i = j]

    Shapes: ``targets`` (n_samples,) or (n_samples, n_classes), ``predicted`` (n_samples,); returns (n_classes,
    n_classes), of int64 where rows are counted, of float64 where weights or soft labels are summed. Raises
    ``DataError`` where there are no rows, an index is not a class, or soft labels are no distribution.

    >>> confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), 3)
    array([[1, 1, 0],
           [0, 1, 0],
           [0, 1, 0]])
    >>> confusion_matrix(np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 1]), 2, sample_weight=np.array([1.0, 4.0]))
    array([[0.75, 2.  ],
           [0.25, 2.  ]])
    """
    n_samples = targets.shape[0]
    need_targets(targets, n_samples, n_classes)
    need_codes(predicted, n_samples, n_classes)
    weight = None if sample_weight is None else need_weight(sample_weight, n_samples)
    if targets.ndim == 2:
        shares = targets if weight is None else weight[:, None] * targets
        return np.array([np.bincount(predicted, of_class, n_classes) for of_class in shares.T])
    cell = targets.astype(np.int64) * n_classes + predicted
    return np.bincount(cell, weight, n_classes * n_classes).reshape(n_classes, n_classes)


def per_class(confusion: np.ndarray) -> list[dict[str, float | int | None]]:
    """Precision, recall, F1 and support of each class.

    precision = of the rows that were given this class, the share that has it    (diagonal / column sum)
    recall    = of the rows that have this class, the share that was given it    (diagonal / row sum)
    F1        = 2 diagonal / (row sum + column sum), their harmonic mean
    support   = number of rows that have it, or the sum of their weights         (row sum)

    A share of no rows, 0/0, is ``None`` (null in JSON) and not 0: a class that was never predicted has no precision.

    Shapes: ``confusion`` (n_classes, n_classes); returns n_classes rows.

    >>> for row in per_class(np.array([[3, 1, 0], [0, 4, 0], [0, 3, 0]])):
    ...     print(row)
    {'precision': 1.0, 'recall': 0.75, 'f1': 0.8571428571428571, 'support': 4}
    {'precision': 0.5, 'recall': 1.0, 'f1': 0.6666666666666666, 'support': 4}
    {'precision': None, 'recall': 0.0, 'f1': 0.0, 'support': 3}

    Source: C. J. van Rijsbergen (1979), "Information Retrieval", chapter 7.
    """
    right, has, given = np.diag(confusion).tolist(), confusion.sum(axis=1).tolist(), confusion.sum(axis=0).tolist()
    return [
        {
            "precision": _share(diagonal, column),
            "recall": _share(diagonal, row),
            "f1": _share(2 * diagonal, row + column),
            "support": row,
        }
        for diagonal, row, column in zip(right, has, given, strict=True)
    ]


def _share(part: float, whole: float) -> float | None:
    """Return part / whole, and None for 0/0."""
    return part / whole if whole else None

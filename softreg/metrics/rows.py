"""What every metric asks of its rows before it counts anything, and how rows are counted."""

from __future__ import annotations

import numpy as np

from softreg.errors import DataError

__all__ = ["class_mass", "mean", "need_codes", "need_rows", "need_targets", "need_weight", "share_right"]


def need_rows(n_samples: int) -> None:
    """Refuse to score no rows at all: 0/0 is not a score."""
    if n_samples == 0:
        raise DataError("There are no rows to score.", "Give at least one row with a label.")


def need_codes(codes: np.ndarray, n_samples: int, n_classes: int) -> None:
    """Refuse class indices that are not one per row, or that lie outside 0 ... n_classes - 1.

    NumPy would take -1 for the last class without a word, so the range is checked and not left to indexing.
    """
    if codes.shape != (n_samples,):
        what = f"There are {n_samples} rows to score, but the class indices have the shape {codes.shape}."
        raise DataError(what, "Give an index for each row.")
    need_rows(n_samples)
    lowest, highest = int(codes.min()), int(codes.max())
    if lowest < 0 or highest >= n_classes:
        wrong = lowest if lowest < 0 else highest
        what = f"Class index {wrong} is outside 0 to {n_classes - 1}, the {n_classes} classes of the model."
        raise DataError(what, "Count classes from 0, in the order of the model.")


def need_targets(targets: np.ndarray, n_samples: int, n_classes: int) -> None:
    """Refuse targets that are neither class indices, one per row, nor rows that are distributions over the classes."""
    if targets.ndim != 2:
        need_codes(targets, n_samples, n_classes)
        return
    if targets.shape != (n_samples, n_classes):
        raise DataError(
            f"There are {n_samples} rows of {n_classes} classes to score, but the soft labels have the shape "
            f"{targets.shape}.",
            "Give a distribution over the classes for each row.",
        )
    need_rows(n_samples)
    fits = (targets >= 0).all(axis=1) & (np.abs(targets.sum(axis=1, dtype=np.float64) - 1) <= 1e-6)
    if not fits.all():
        row = int(np.argmin(fits))
        raise DataError(
            f"The soft labels of row {row + 1} are no distribution: {targets[row].tolist()}.",
            "No share may be negative or missing, and the shares of a row must sum to 1: divide the row by its sum.",
        )


def need_weight(sample_weight: np.ndarray, n_samples: int) -> np.ndarray:
    """Return the weights in float64; refuse them where not one per row, where negative, not finite, or all 0."""
    if sample_weight.shape != (n_samples,):
        what = f"There are {n_samples} rows, but the weights have the shape {sample_weight.shape}."
        raise DataError(what, "Give a weight for each row.")
    need_rows(n_samples)
    weight = sample_weight.astype(np.float64)
    wrong = ~(np.isfinite(weight) & (weight >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(f"The weight of row {row + 1} is {weight[row]:g}.", "Weights must be finite, and 0 or more.")
    with np.errstate(over="ignore"):
        total = float(weight.sum())
    if not 1e-300 < total < 1e300:  # beyond, weighted sums would underflow or overflow
        raise DataError(f"The weights sum to {total:g}, and cannot be counted.", "Give some rows a weight around 1.")
    return weight


def mean(values: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
    """Return sum_i s_i values_i / sum_i s_i in float64; a row of weight 0 is not looked at, be it infinite."""
    if sample_weight is None:
        return float(np.mean(values, dtype=np.float64))
    weight = need_weight(sample_weight, values.shape[0])
    counts = weight > 0
    # not a dot product: summed in one order above and below, values of 1 have the mean 1.0, and none above 1 passes it
    return float((weight[counts] * values[counts]).sum() / weight[counts].sum())


def share_right(targets: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return what each row's truth gives to its prediction: True or False, for soft labels q[predicted]."""
    return np.asarray(targets == predicted if targets.ndim == 1 else targets[np.arange(len(predicted)), predicted])


def class_mass(targets: np.ndarray, n_classes: int, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """Return how much of each class there is: rows counted, or their weights summed, or their shares.

    mass[k] = sum_i s_i q_ik,   q_ik = [k = y_i] unless labels are soft

    Shapes: ``targets`` (n_samples,) or (n_samples, n_classes); returns (n_classes,), of int64 where rows are counted.

    >>> class_mass(np.array([0, 2, 2]), 4)
    array([1, 0, 2, 0])
    >>> class_mass(np.array([[0.75, 0.25], [0.5, 0.5]]), 2, sample_weight=np.array([1.0, 4.0]))
    array([2.75, 2.25])
    """
    if targets.ndim == 1:
        return np.bincount(targets, sample_weight, n_classes)
    return np.asarray(targets.sum(axis=0, dtype=np.float64) if sample_weight is None else sample_weight @ targets)

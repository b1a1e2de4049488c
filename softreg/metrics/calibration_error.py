"""Expected calibration error, and what it would be if nothing were wrong.

The ECE is never 0 on a finite sample: a bin with 20 rows misses its own mean by chance. So the number means nothing
without its yardstick, the ECE that a perfectly calibrated model would show on as many rows with the same confidences.
"""

from __future__ import annotations

import numpy as np

from softreg.metrics.rows import need_rows, need_targets, need_weight, share_right

__all__ = ["ece_if_calibrated", "expected_calibration_error"]

_RANDOM_NUMBERS_AT_ONCE = 2**18


def expected_calibration_error(
    proba: np.ndarray, targets: np.ndarray, bins: int = 15, sample_weight: np.ndarray | None = None
) -> float:
    """How far confidence is from accuracy, on average over equal-width bins of the top label's probability.

    ECE = sum_m (n_m / n) |accuracy_m - confidence_m|,   bin m = ((m - 1) / bins, m / bins]

    With weights, n_m and n are their sums and both means are weighted; soft labels give their expected accuracy.

    Shapes: ``proba`` (n_samples, n_classes), ``targets`` (n_samples,) or (n_samples, n_classes). The top label is the
    first of the most probable. Raises ``DataError`` where there are no rows, an index is not a class, or soft labels
    are no distribution.

    >>> proba = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.3, 0.7]])
    >>> round(expected_calibration_error(proba, np.array([0, 1, 1, 1]), bins=2), 3)  # 0.775 sure, 0.75 right
    0.025

    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017), "On calibration of modern neural networks", section 2,
    arXiv:1706.04599.
    """
    n_samples, n_classes = proba.shape
    need_targets(targets, n_samples, n_classes)
    confidence, total = proba.max(axis=1).astype(np.float64), float(n_samples)
    excess = share_right(targets, proba.argmax(axis=1)) - confidence
    if sample_weight is not None:
        weight = need_weight(sample_weight, n_samples)
        excess, total = weight * excess, float(weight.sum())
    by_bin = np.bincount(_bin_of(confidence, bins), weights=excess, minlength=bins)
    return float(np.abs(by_bin).sum() / total)


def ece_if_calibrated(
    proba: np.ndarray,
    bins: int = 15,
    *,
    draws: int = 200,
    rng: np.random.Generator,
    sample_weight: np.ndarray | None = None,
) -> float:
    """Mean ECE of a perfectly calibrated model on these very confidences: what chance alone would show.

    In each draw the top label of row i is right with probability confidence_i, and the ECE is taken as ever. A row is
    one draw, whatever its weight: a weight says how much a row counts, not how many rows it stands for.

    Shapes: ``proba`` (n_samples, n_classes). With 200 draws the mean is known to about 2 in 100. Memory stays bounded
    for any number of rows: draws are made a few at a time. Raises ``DataError`` where there are no rows.

    >>> proba = np.full((400, 2), 0.5)
    >>> by_hand = np.sqrt(2 / np.pi) * np.sqrt(0.25 / 400)  # one bin: the mean of |N(0, p (1 - p) / n)|
    >>> drawn = ece_if_calibrated(proba, draws=2000, rng=np.random.default_rng(0))
    >>> bool(abs(drawn / by_hand - 1) < 0.05)
    True

    Source: the "consistency resampling" of J. Broecker, L. A. Smith (2007), "Increasing the reliability of reliability
    diagrams", Weather and Forecasting 22, doi:10.1175/WAF993.1, taken at the mean.
    """
    n_samples = int(proba.shape[0])
    need_rows(n_samples)
    # Sorted by confidence, a bin is one run of rows: its sum is one segment of a reduceat, for all draws at once.
    confidence, weight = _sorted(proba, sample_weight)
    starts = np.unique(_bin_of(confidence, bins), return_index=True)[1]
    expected = np.add.reduceat(confidence if weight is None else weight * confidence, starts)
    chance = confidence.astype(np.float32)
    at_once, total = max(1, _RANDOM_NUMBERS_AT_ONCE // n_samples), 0.0
    for first in range(0, draws, at_once):
        size = (min(at_once, draws - first), n_samples)
        right = rng.random(size, dtype=np.float32) < chance
        counts, dtype = (right, np.int64) if weight is None else (weight * right, np.float64)
        hits = np.add.reduceat(counts, starts, axis=1, dtype=dtype)
        total += float(np.abs(hits - expected).sum())
    return total / (draws * (n_samples if weight is None else float(weight.sum())))


def _sorted(proba: np.ndarray, sample_weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Confidences ascending, and their weights, ascending where confidences tie: the order of rows leaves no trace."""
    confidence = proba.max(axis=1).astype(np.float64)
    if sample_weight is None:
        return np.sort(confidence), None
    weight = need_weight(sample_weight, len(confidence))
    order = np.lexsort((weight, confidence))
    return confidence[order], weight[order]


def _bin_of(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each confidence, closed on the right; a probability that rounding has put above 1 is in the last."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)

"""Expected calibration error, what it would be if nothing were wrong, and the table that both are read from.

The ECE is never 0 on a finite sample: a bin with 20 rows misses its own mean by chance. So the number means nothing
without its yardstick, the ECE that a perfectly calibrated model would show on as many rows with the same confidences;
and no bin of the table without its band.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.metrics.chance import band, drawn_hits
from softreg.metrics.rows import need_rows, need_targets, need_weight, share_right

__all__ = ["BINS", "bin_of", "ece_if_calibrated", "expected_calibration_error", "reliability_table"]

BINS = 15


def expected_calibration_error(
    proba: np.ndarray, targets: np.ndarray, bins: int = BINS, sample_weight: np.ndarray | None = None
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
    by_bin = np.bincount(bin_of(confidence, bins), weights=excess, minlength=bins)
    return float(np.abs(by_bin).sum() / total)


def ece_if_calibrated(
    proba: np.ndarray,
    bins: int = BINS,
    *,
    draws: int = 200,
    rng: np.random.Generator,
    sample_weight: np.ndarray | None = None,
) -> float:
    """Mean ECE of a perfectly calibrated model on these very confidences: what chance alone would show.

    In each draw the top label of row i is right with probability confidence_i, and the ECE is taken as ever. A row is
    one draw, whatever its weight: a weight says how much a row counts, not how many rows it stands for.

    Shapes: ``proba`` (n_samples, n_classes). With 200 draws the mean is known to about 5 in 100. Memory stays bounded
    for any number of rows: draws are made a few at a time. Raises ``DataError`` where there are no rows.

    >>> proba = np.full((400, 2), 0.5)
    >>> by_hand = np.sqrt(2 / np.pi) * np.sqrt(0.25 / 400)  # one bin: the mean of |N(0, p (1 - p) / n)|
    >>> drawn = ece_if_calibrated(proba, draws=2000, rng=np.random.default_rng(0))
    >>> bool(abs(drawn / by_hand - 1) < 0.05)
    True

    Source: conditional on the confidences, and taken at the mean, after the "consistency resampling" of J. Bröcker,
    L. A. Smith (2007), "Increasing the reliability of reliability diagrams", Weather and Forecasting 22,
    doi:10.1175/WAF993.1.
    """
    n_samples = int(proba.shape[0])
    need_rows(n_samples)
    # Sorted by confidence, a bin is one run of rows: its sum is one segment of a reduceat, for all draws at once.
    confidence, weight, _ = _sorted(proba, sample_weight)
    starts = np.unique(bin_of(confidence, bins), return_index=True)[1]
    expected = np.add.reduceat(confidence if weight is None else weight * confidence, starts)
    drawn = drawn_hits(confidence, starts, draws, rng, weight)
    total = sum(float(np.abs(hits - expected).sum()) for hits in drawn)
    return total / (draws * (n_samples if weight is None else float(weight.sum())))


def reliability_table(
    proba: np.ndarray,
    targets: np.ndarray,
    bins: int = BINS,
    *,
    rng: np.random.Generator,
    sample_weight: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """How often the top label is right, by how sure the model is of it: the rows of a reliability diagram.

    Bins are those of the ECE, which is the sum of ``share`` times |``accuracy`` - ``confidence``|; a bin without rows
    is left out. A bin is ``low`` < confidence <= ``high``, ``share`` its part of all rows (of their weight),
    ``confidence`` and ``accuracy`` are its means, and ``chance`` is between which accuracies a perfectly calibrated
    model would be in 95 of 100 such bins: a bin outside is a finding, one in twenty excepted. With soft labels
    ``chance`` is ``None``, for how far their shares stray is not known.

    Shapes and errors: as :func:`expected_calibration_error`; ``rng`` draws for bins of rows that weigh differently.

    >>> proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    >>> for row in reliability_table(proba, np.array([0, 1, 1, 1]), bins=4, rng=np.random.default_rng(0)):
    ...     print({name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()})
    {'low': 0.5, 'high': 0.75, 'n_rows': 2, 'share': 0.5, 'confidence': 0.65, 'accuracy': 1.0, 'chance': [0.0, 1.0]}
    {'low': 0.75, 'high': 1.0, 'n_rows': 2, 'share': 0.5, 'confidence': 0.85, 'accuracy': 0.5, 'chance': [0.5, 1.0]}

    Source: M. H. DeGroot, S. E. Fienberg (1983), "The comparison and evaluation of forecasters", The Statistician 32,
    doi:10.2307/2987588; the band: :func:`softreg.metrics.chance.band`.
    """
    need_targets(targets, *proba.shape)
    confidence, weight, order = _sorted(proba, sample_weight)
    right = share_right(targets, proba.argmax(axis=1))[order]
    counts = np.ones(len(order)) if weight is None else weight
    kept = counts > 0
    confidence, right, counts = confidence[kept], right[kept], counts[kept]
    numbers, starts = np.unique(bin_of(confidence, bins), return_index=True)
    edges, total, rows = np.linspace(0.0, 1.0, bins + 1).tolist(), counts.sum(), []
    for number, first, end in zip(numbers, starts, [*starts[1:], len(counts)], strict=True):
        sure, mass = confidence[first:end], counts[first:end]
        rows.append(
            {
                "low": edges[number],
                "high": edges[number + 1],
                "n_rows": int(end - first),
                "share": float(mass.sum() / total),
                "confidence": float((mass * sure).sum() / mass.sum()),
                "accuracy": float((mass * right[first:end]).sum() / mass.sum()),
                "chance": list(band(sure, mass, rng)) if targets.ndim == 1 else None,
            }
        )
    return rows


def bin_of(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each confidence, closed on the right; a probability that rounding has put above 1 is in the last."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    return np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)


def _sorted(proba: np.ndarray, sample_weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Confidences ascending, weights ascending where they tie, and the order: how rows came leaves no trace."""
    confidence = proba.max(axis=1).astype(np.float64)
    if sample_weight is None:
        order = np.argsort(confidence, kind="stable")
        return confidence[order], None, order
    weight = need_weight(sample_weight, len(confidence))
    order = np.lexsort((weight, confidence))
    return confidence[order], weight[order], order

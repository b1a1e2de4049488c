"""Accuracy with its interval, and the two proper scores: cross-entropy and Brier."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from softreg.errors import DataError
from softreg.metrics.rows import need_codes, need_rows

__all__ = ["accuracy", "brier", "cross_entropy", "wilson_interval"]


def accuracy(codes: np.ndarray, predicted: np.ndarray) -> float:
    """Share of rows whose predicted class is the true one.

    accuracy = (1/n) sum_i [predicted_i = y_i]

    Shapes: ``codes`` and ``predicted`` (n_samples,). Raises ``DataError`` where there are no rows.

    >>> accuracy(np.array([0, 1, 2, 2]), np.array([0, 1, 2, 0]))
    0.75
    """
    need_rows(codes.shape[0])
    return int(np.count_nonzero(codes == predicted)) / int(codes.shape[0])


def wilson_interval(successes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval for a share, honest near 0 and 1 and for few rows, where "plus or minus 2 s.e." is not.

    It holds the shares p that a normal test would not reject: all p with (p_hat - p)^2 <= z^2 p (1 - p) / n, thus

        (p_hat + z^2 / 2n  -+  z sqrt(p_hat (1 - p_hat) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    with p_hat = successes / n and z the normal quantile of (1 + level) / 2. It speaks of rows drawn as these were,
    and of this model: not of the luck of the training rows. Raises ``DataError`` for counts that make no share.

    >>> [round(end, 3) for end in wilson_interval(145, 179)]
    [0.746, 0.861]
    >>> [round(end, 3) for end in wilson_interval(30, 30)]
    [0.886, 1.0]

    Source: E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22, doi:10.1080/01621459.1927.10502953.
    """
    need_rows(n)
    if not 0 <= successes <= n or not 0 < level < 1:
        raise DataError(f"No interval for {successes} of {n} rows at level {level}.", "Give a level such as 0.95.")
    z, share = NormalDist().inv_cdf((1 + level) / 2), successes / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    # At 0 and n the ends are 0 and 1 on paper; rounding may leave -1e-18 or 0.9999999999999999.
    return (max(0.0, low) if successes else 0.0, min(1.0, high) if successes < n else 1.0)


def cross_entropy(log_proba: np.ndarray, codes: np.ndarray) -> float:
    """Mean of minus the log probability given to the true class; log(n_classes) is what guessing evenly scores.

    cross-entropy = -(1/n) sum_i log p_i[y_i]

    Shapes: ``log_proba`` (n_samples, n_classes), ``codes`` (n_samples,). Units: nats. Infinite where a true class
    was given probability 0. Raises ``DataError`` where there are no rows, or an index is not a class.

    >>> log_proba = np.log([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    >>> round(cross_entropy(log_proba, np.array([0, 1])), 4)  # (log 2 + log 1.25) / 2
    0.4581

    Source: I. J. Good (1952), "Rational decisions", Journal of the Royal Statistical Society B 14,
    doi:10.1111/j.2517-6161.1952.tb00104.x.
    """
    n_samples, n_classes = log_proba.shape
    need_codes(codes, n_samples, n_classes)
    mean = np.mean(log_proba[np.arange(n_samples), codes], dtype=np.float64)
    return 0.0 - float(mean)  # not -mean: a perfect score is 0.0, not -0.0


def brier(proba: np.ndarray, codes: np.ndarray) -> float:
    """Mean squared distance between the probabilities and the truth, from 0 (perfect) to 2 (sure and wrong).

    Brier = (1/n) sum_i sum_k (p_ik - [k = y_i])^2

    This is the sum over all classes, as Brier wrote it: for two classes, twice the one-column score.
    Shapes: ``proba`` (n_samples, n_classes), ``codes`` (n_samples,). Raises ``DataError`` where there are no rows,
    or an index is not a class.

    >>> round(brier(np.array([[0.5, 0.25, 0.25]]), np.array([0])), 4)  # 0.25 + 0.0625 + 0.0625
    0.375

    Source: G. W. Brier (1950), "Verification of forecasts expressed in terms of probability", Monthly Weather Review
    78, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    n_samples, n_classes = proba.shape
    need_codes(codes, n_samples, n_classes)
    residual = proba.astype(np.float64)  # p - y, kept whole: the expanded square cancels where a model is nearly right
    residual[np.arange(n_samples), codes] -= 1.0
    return float(np.einsum("ij,ij->", residual, residual) / n_samples)

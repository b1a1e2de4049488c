"""Accuracy with its interval, and the two proper scores: cross-entropy (with its floor, the entropy) and Brier."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from softreg.errors import DataError
from softreg.metrics.rows import mean, need_rows, need_targets, need_weight, share_right

__all__ = [
    "accuracy",
    "accuracy_interval",
    "brier",
    "cross_entropy",
    "effective_rows",
    "entropy",
    "row_brier",
    "row_cross_entropy",
    "wilson_interval",
]


def accuracy(targets: np.ndarray, predicted: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
    """Share of rows whose predicted class is the true one; for soft labels, the share that is expected to be.

    accuracy = (1/S) sum_i s_i [predicted_i = y_i],   or with q_i[predicted_i] in the brackets' place

    Shapes: ``targets`` (n_samples,) or (n_samples, n_classes), ``predicted`` (n_samples,). Raises ``DataError`` where
    there are no rows.

    >>> accuracy(np.array([0, 1, 2, 2]), np.array([0, 1, 2, 0]))
    0.75
    >>> accuracy(np.array([0, 1, 2, 2]), np.array([0, 1, 2, 0]), sample_weight=np.array([1.0, 1.0, 1.0, 5.0]))
    0.375
    >>> accuracy(np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([0, 1]))
    0.625
    """
    need_rows(targets.shape[0])
    return mean(share_right(targets, predicted), sample_weight)


def effective_rows(sample_weight: np.ndarray) -> float:
    """How many rows of one weight would tell a mean as exactly as these do: n where all weigh alike, else fewer.

    n_eff = (sum_i s_i)^2 / sum_i s_i^2

    It does not depend on the unit of the weights: a row of weight 3 is one row that counts three times, and is not
    known to be three. Shapes: ``sample_weight`` (n_samples,). Raises ``DataError`` where one is negative or not finite,
    or all are 0.

    >>> effective_rows(np.array([3.0, 3.0, 3.0, 0.0])), effective_rows(np.array([8.0, 1.0, 1.0, 1.0, 1.0]))
    (3.0, 2.1176470588235294)

    Source: L. Kish (1965), "Survey Sampling", Wiley; for weights that do not depend on what is measured.
    """
    weight = need_weight(sample_weight, sample_weight.shape[0])
    weight /= weight.max()  # the squares of tiny or huge weights would be 0 or infinite
    return float(weight.sum() ** 2 / (weight @ weight))


def accuracy_interval(
    targets: np.ndarray, predicted: np.ndarray, sample_weight: np.ndarray | None = None, level: float = 0.95
) -> tuple[float, float]:
    """Wilson's interval for the accuracy: with weights, that of :func:`effective_rows` instead of n.

    Soft labels give every row a share from 0 to 1 instead of 0 or 1. Shares of the same mean scatter less than zeros
    and ones do, so the interval is then rather too wide than too narrow.

    Shapes and errors: as :func:`accuracy`.

    >>> truth, says = np.repeat([0, 1], [145, 34]), np.zeros(179, dtype=int)
    >>> accuracy_interval(truth, says) == wilson_interval(145, 179)
    True
    >>> accuracy_interval(truth, says, np.full(179, 10.0)) == wilson_interval(145, 179)
    True
    """
    share = min(1.0, accuracy(targets, predicted, sample_weight))  # soft labels sum to 1 only to rounding
    return _wilson(share, len(predicted) if sample_weight is None else effective_rows(sample_weight), level)


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
    return _wilson(successes / n, n, level)


def _wilson(share: float, n: float, level: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    # At shares of 0 and 1 the ends are 0 and 1 on paper; rounding may leave -1e-18 or 0.9999999999999999.
    return (max(0.0, low) if share > 0 else 0.0, min(1.0, high) if share < 1 else 1.0)


def cross_entropy(log_proba: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
    """Mean of minus the log probability given to the true class; log(n_classes) is what guessing evenly scores.

    cross-entropy = -(1/S) sum_i s_i log p_i[y_i],   for soft labels -(1/S) sum_i s_i sum_k q_ik log p_ik

    Shapes: ``log_proba`` (n_samples, n_classes), ``targets`` (n_samples,) or (n_samples, n_classes). Units: nats.
    Infinite where a true class was given probability 0. Raises ``DataError`` where there are no rows, an index is not
    a class, or soft labels are no distribution.

    >>> log_proba = np.log([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    >>> round(cross_entropy(log_proba, np.array([0, 1])), 4)  # (log 2 + log 1.25) / 2
    0.4581
    >>> soft = np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]])
    >>> round(cross_entropy(log_proba, soft), 4)  # ((log 2 + log 4) / 2 + log 1.25) / 2
    0.6314

    Source: I. J. Good (1952), "Rational decisions", Journal of the Royal Statistical Society B 14,
    doi:10.1111/j.2517-6161.1952.tb00104.x.
    """
    return 0.0 + mean(row_cross_entropy(log_proba, targets), sample_weight)  # 0.0 +: a perfect score is 0.0, not -0.0


def row_cross_entropy(log_proba: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return what each row adds to :func:`cross_entropy` (n_samples,); shapes and errors as there.

    >>> row_cross_entropy(np.log([[0.5, 0.5], [0.2, 0.8]]), np.array([0, 1])).round(4)
    array([0.6931, 0.2231])
    """
    n_samples, n_classes = log_proba.shape
    need_targets(targets, n_samples, n_classes)
    return np.asarray(
        -(_expected(log_proba, targets) if targets.ndim == 2 else log_proba[np.arange(n_samples), targets])
    )


def entropy(distribution: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
    """Mean entropy of soft labels: the least cross-entropy that any model can reach, and that of the perfect one.

    entropy = -(1/S) sum_i s_i sum_k q_ik log q_ik,   cross-entropy = entropy + KL(q || p) averaged alike, and KL >= 0

    Shapes: ``distribution`` (n_samples, n_classes). Units: nats. Raises ``DataError`` where there are no rows, or one
    is no distribution.

    >>> round(entropy(np.array([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]])), 4)  # (log 2 + 0) / 2
    0.3466

    Source: T. M. Cover, J. A. Thomas (2006), "Elements of Information Theory", sections 2.1 and 2.6.
    """
    need_targets(distribution, *distribution.shape)
    with np.errstate(divide="ignore"):
        information = np.log(distribution, dtype=np.float64)
    return 0.0 - mean(_expected(information, distribution), sample_weight)


def _expected(values: np.ndarray, distribution: np.ndarray) -> np.ndarray:
    """E_q[values] by row (n_samples,); a class of share 0 adds 0, also where its value is minus infinity."""
    parts = np.zeros(values.shape)
    np.multiply(distribution, values, out=parts, where=distribution > 0, dtype=np.float64)
    return np.asarray(parts.sum(axis=1))


def brier(proba: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None = None) -> float:
    """Mean squared distance between the probabilities and the truth, from 0 (perfect) to 2 (sure and wrong).

    Brier = (1/S) sum_i s_i sum_k (p_ik - q_ik)^2,   q_ik = [k = y_i] unless labels are soft

    This is the sum over all classes, as Brier wrote it: for two classes, twice the one-column score. Against soft
    labels p = q scores 0; drawing a class from q and scoring that would add 1 - sum_k q_ik^2, which no model can help.
    Shapes: ``proba`` (n_samples, n_classes), ``targets`` (n_samples,) or (n_samples, n_classes). Raises ``DataError``
    where there are no rows, an index is not a class, or soft labels are no distribution.

    >>> round(brier(np.array([[0.5, 0.25, 0.25]]), np.array([0])), 4)  # 0.25 + 0.0625 + 0.0625
    0.375

    Source: G. W. Brier (1950), "Verification of forecasts expressed in terms of probability", Monthly Weather Review
    78, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    if sample_weight is None:
        residual = _residual(proba, targets)
        return float(np.einsum("ij,ij->", residual, residual) / len(residual))
    return mean(row_brier(proba, targets), sample_weight)


def row_brier(proba: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return what each row adds to :func:`brier` (n_samples,); shapes and errors as there.

    >>> row_brier(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 1]))
    array([0.5, 0. ])
    """
    residual = _residual(proba, targets)
    return np.asarray(np.einsum("ij,ij->i", residual, residual))


def _residual(proba: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The residual p - q, kept whole: the expanded square cancels where a model is nearly right."""
    n_samples, n_classes = proba.shape
    need_targets(targets, n_samples, n_classes)
    residual = proba.astype(np.float64)
    if targets.ndim == 2:
        residual -= targets
    else:
        residual[np.arange(n_samples), targets] -= 1.0
    return residual

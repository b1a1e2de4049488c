"""Which of two models is better on the same rows, and how sure that is: the paired bootstrap.

Two accuracies on one test set wobble together: a hard row is hard for both. So what is judged is the *difference*, row
by row, and how much its mean would vary if other rows like these had been drawn. It speaks of the luck of the test
rows and not of that of the training rows: another training set would give other models.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from softreg.metrics.rows import need_rows, need_weight

__all__ = ["paired_intervals", "sign_test"]

DRAWS = 10_000
"""Bootstrap samples: the ends of a 95% interval are then known to about 1.5% of its half-width."""

MOST_UNITS = 5000
"""Rows that are drawn as they are; of more, groups are."""

NUMBERS_AT_ONCE = 2**20


def paired_intervals(
    differences: np.ndarray,
    sample_weight: np.ndarray | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    draws: int = DRAWS,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean differences and their bootstrap intervals, by the BCa method; all columns on the same draws.

    d = sum_i s_i d_i / sum_i s_i;  in each draw n rows are taken with replacement, and d is computed anew. The interval
    holds the quantiles Phi(z0 + (z0 + z) / (1 - a (z0 + z))) of these, z the normal quantiles of (1 -+ level) / 2, z0
    that of the share of draws below d (ties count half), and a a sixth of the skewness of d's jackknife values: the
    plain percentiles, corrected for bias and for a spread that changes with the mean.

    Beyond 5000 rows, rows are dealt at random into 5000 groups, and groups are drawn: the mean has the same variance,
    and memory and time stay bounded.

    Shapes: ``differences`` (n_samples, n_columns), a score of one model less that of the other, row by row; returns
    means (n_columns,) and intervals (n_columns, 2). A column of one value only has that value for both ends, since
    no draw can differ. An interval is NaN for a single row, which tells nothing of others, and for a column that is not
    finite. Raises ``DataError`` where there are no rows, or weights are negative, not finite, or all 0.

    >>> won = np.repeat([1.0, -1.0, 0.0], [30, 10, 160])[:, None]  # of 200 rows, 30 won and 10 lost
    >>> means, ends = paired_intervals(won, rng=np.random.default_rng(0))
    >>> float(means[0]), ends[0].tolist()  # by the normal limit 0.1 +- 1.96 sqrt((0.2 - 0.01) / 200) = 0.04 to 0.16
    (0.1, [0.04, 0.16])

    Source: B. Efron, R. J. Tibshirani (1993), "An Introduction to the Bootstrap", section 14.3; T. J. DiCiccio,
    B. Efron (1996), "Bootstrap confidence intervals", Statistical Science 11, doi:10.1214/ss/1032280214.
    """
    n_samples = len(differences)
    need_rows(n_samples)
    weight = np.ones(n_samples) if sample_weight is None else need_weight(sample_weight, n_samples)
    weight /= weight.max()  # 1 where all weigh alike, so that sums of whole numbers are exact
    differences, weight = differences[weight > 0].astype(np.float64), weight[weight > 0]
    with np.errstate(invalid="ignore"):  # infinite ones of both signs
        means = weight @ differences / weight.sum()
    ends = np.full((len(means), 2), np.nan)
    finite = np.isfinite(differences).all(axis=0) & (len(weight) > 1)
    same = finite & (differences == differences[0]).all(axis=0)
    means[same] = differences[0, same]
    ends[same] = means[same, None]
    if (drawn := finite & ~same).any():
        ends[drawn] = _bca(*_units(differences[:, drawn], weight, rng), rng, level, draws)
    return means, ends


def sign_test(won: int, lost: int) -> float:
    """Probability of a split as uneven as this, or more, if each of the rows had been won by the toss of a fair coin.

    p = min(1, 2 sum_{k <= min(won, lost)} C(n, k) / 2^n),   n = won + lost

    On rows that one model alone has right this is McNemar's exact test. It guards the bootstrap of an accuracy, which
    takes four rows won and none lost for proof.

    >>> [round(sign_test(won, 0), 5) for won in (4, 6, 0)]
    [0.125, 0.03125, 1.0]

    Source: Q. McNemar (1947), "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12, doi:10.1007/BF02295996.
    """
    n, fewer = won + lost, min(won, lost)
    k = np.arange(1, fewer + 1)
    log_choose = np.concatenate([[0.0], np.cumsum(np.log((n - k + 1) / k))])
    return min(1.0, 2 * float(np.exp(log_choose - n * math.log(2)).sum()))


def _units(differences: np.ndarray, weight: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What is drawn: sums of weighted differences (n_units, n_columns), and of weights (n_units,)."""
    sums = weight[:, None] * differences
    if len(weight) <= MOST_UNITS:
        return sums, weight
    starts = np.linspace(0, len(weight), MOST_UNITS, endpoint=False).astype(np.intp)
    order = rng.permutation(len(weight))
    return np.add.reduceat(sums[order], starts), np.add.reduceat(weight[order], starts)


def _bca(sums: np.ndarray, weight: np.ndarray, rng: np.random.Generator, level: float, draws: int) -> np.ndarray:
    """The intervals (n_columns, 2) of ``sums / weight``, summed over the units."""
    means = sums.sum(axis=0) / weight.sum()
    drawn = _drawn_means(sums, weight, rng, draws)
    blur = 1e-12 * np.abs(drawn).max(axis=0)  # what rounding leaves of a tie
    drawn[np.abs(drawn) <= blur] = 0
    below, above = (drawn < means - blur).mean(axis=0), (drawn > means + blur).mean(axis=0)
    shares = np.clip((1 + below - above) / 2, 0.5 / draws, 1 - 0.5 / draws)
    skews = _acceleration(sums, weight)
    ends = np.empty((len(means), 2))
    for column, (share, skew) in enumerate(zip(shares.tolist(), skews.tolist(), strict=True)):
        ends[column] = np.quantile(drawn[:, column], _levels(share, skew, level))
    return ends


def _levels(share: float, skew: float, level: float) -> list[float]:
    """The levels of the quantiles; without bias and skewness (1 -+ level) / 2."""
    normal = NormalDist()
    bias = normal.inv_cdf(share)
    shifted = [bias + normal.inv_cdf((1 + side * level) / 2) for side in (-1, 1)]
    return [normal.cdf(bias + z / max(1 - skew * z, 1e-6)) for z in shifted]


def _acceleration(sums: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """A sixth of the skewness of the jackknife values (n_columns,): what the means would be without each unit."""
    rest = np.maximum(weight.sum() - weight, np.finfo(np.float64).tiny)
    without = (sums.sum(axis=0) - sums) / rest[:, None]
    pull = without.mean(axis=0) - without
    largest = np.abs(pull).max(axis=0)
    pull /= np.where(largest > 0, largest, 1)
    spread = (pull**2).sum(axis=0) ** 1.5
    skew = np.zeros(len(spread))
    np.divide((pull**3).sum(axis=0), 6 * spread, out=skew, where=spread > 0)
    return skew


def _drawn_means(sums: np.ndarray, weight: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """The means (draws, n_columns) of as many units as there are, drawn with replacement, a few draws at a time."""
    n_units, drawn = len(weight), np.empty((draws, sums.shape[1] + 1))
    both, at_once = np.column_stack([sums, weight]), max(1, NUMBERS_AT_ONCE // n_units)
    for first in range(0, draws, at_once):
        many = min(at_once, draws - first)
        # how often each unit is drawn, a row for each draw
        cells = rng.integers(n_units, size=(many, n_units)) + n_units * np.arange(many)[:, None]
        counts = np.bincount(cells.ravel(), minlength=many * n_units).reshape(many, n_units)
        drawn[first : first + many] = counts @ both
    return np.asarray(drawn[:, :-1] / drawn[:, -1:])

"""Chance: how many answers of a perfectly calibrated model would be right, given how sure it is of each.

Its row i is right with probability confidence_i, independently of the others: by how much a share of right answers may
stray from the mean confidence without anything being wrong. A row is one draw, whatever its weight: a weight says how
much a row counts, not how many rows it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["band", "drawn_hits", "number_right"]

LEVEL = 0.95
RANDOM_NUMBERS_AT_ONCE = 2**18
DRAWS = 1000
"""The ends of a band of weighted rows then cut off 2.5% of chance, give or take 0.5%."""


def number_right(confidence: np.ndarray) -> np.ndarray:
    """Return the probabilities of 0, 1, ... n right answers, exactly: Poisson's binomial distribution.

    It is the product of the polynomials (1 - c_i) + c_i z, whose coefficient of z^k is the probability of k. They are
    multiplied in pairs, and the products in pairs again, by Fourier transforms: n log^2 n operations.

    Shapes: ``confidence`` (n_samples,); returns (n_samples + 1,).

    >>> number_right(np.array([0.5, 0.5, 1.0])).round(4)
    array([0.  , 0.25, 0.5 , 0.25])

    Source: W. Biscarri, S. D. Zhao, R. J. Brunner (2018), "A simple and fast method for computing the Poisson binomial
    distribution function", Computational Statistics & Data Analysis 122, doi:10.1016/j.csda.2018.01.007.
    """
    n_samples = len(confidence)
    chance = np.zeros(1 << max(0, (n_samples - 1).bit_length()))  # a row that is never right changes nothing
    chance[:n_samples] = np.clip(confidence, 0, 1)
    factors = np.column_stack([1 - chance, chance])
    while len(factors) > 1:
        degree = factors.shape[1] - 1
        spectrum = np.fft.rfft(factors, 3 * degree)  # 2 degree + 1 or more, and a length that the transform likes
        factors = np.fft.irfft(spectrum[0::2] * spectrum[1::2], 3 * degree)[:, : 2 * degree + 1]
    return np.asarray(factors[0, : n_samples + 1].clip(0))


def drawn_hits(
    confidence: np.ndarray,
    starts: np.ndarray,
    draws: int,
    rng: np.random.Generator,
    weight: np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Yield draws of the number of right answers, or of their weight, in bins that are runs of rows.

    Memory stays bounded for any number of rows: draws are made a few at a time. Shapes: ``confidence`` (n_samples,),
    ``starts`` (n_bins,) the first row of each bin; yields arrays (some of the draws, n_bins).
    """
    n_samples = len(confidence)
    chance = confidence.astype(np.float32)
    at_once = max(1, RANDOM_NUMBERS_AT_ONCE // n_samples)
    for first in range(0, draws, at_once):
        right = rng.random((min(at_once, draws - first), n_samples), dtype=np.float32) < chance
        counts, dtype = (right, np.int64) if weight is None else (weight * right, np.float64)
        yield np.add.reduceat(counts, starts, axis=1, dtype=dtype)


def band(confidence: np.ndarray, weight: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return between which shares of right answers chance stays in 95 of 100 cases, or more; 2.5 at most on each side.

    Exact where all rows weigh alike; otherwise from 1000 draws. Shapes: ``confidence`` and ``weight`` (n_samples,).

    >>> band(np.full(20, 0.9), np.ones(20), np.random.default_rng(0))  # 15 of 20 is the least, and all may be right
    (0.75, 1.0)

    Source: conditional on the confidences, after the consistency bars of J. Bröcker, L. A. Smith (2007), "Increasing
    the reliability of reliability diagrams", Weather and Forecasting 22, doi:10.1175/WAF993.1.
    """
    tail = (1 - LEVEL) / 2
    if weight.min() == weight.max():
        below = np.cumsum(number_right(confidence))
        low, high = np.searchsorted(below, [tail, 1 - tail]) / len(confidence)
        return float(low), float(high)
    hits = np.concatenate(list(drawn_hits(confidence, np.array([0]), DRAWS, rng, weight)))
    low, high = np.quantile(hits, tail, method="lower"), np.quantile(hits, 1 - tail, method="higher")
    total = weight.sum()
    return float(low / total), float(min(high / total, 1.0))  # sums in another order differ by rounding

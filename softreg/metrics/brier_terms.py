"""The Brier score in parts: what is lost by saying wrong probabilities, and what is won by telling rows apart."""

from __future__ import annotations

import numpy as np

from softreg.metrics.calibration_error import BINS, bin_of
from softreg.metrics.rows import need_targets, need_weight

__all__ = ["brier_decomposition"]


def brier_decomposition(
    proba: np.ndarray, targets: np.ndarray, bins: int = BINS, sample_weight: np.ndarray | None = None
) -> dict[str, float]:
    """Brier = reliability - resolution + uncertainty + within_bins, exactly; a sum over classes, each in its own bins.

    For a class, m runs over equal-width bins of its probability p; share_m, p_m and q_m are a bin's part of all rows
    and its means of p and of the truth q (1 where the row has the class, else 0), q_all is the mean over all rows:

        reliability = sum_m share_m (p_m - q_m)^2     what is said against what happens; 0 is perfect
        resolution  = sum_m share_m (q_m - q_all)^2   how far apart the bins are in what happens; the more the better
        uncertainty = mean (q - q_all)^2              what the class shares alone would score, whatever the model
        within_bins = mean (p - p_m)^2 - 2 mean (p - p_m)(q - q_m)   what the bins do not show; 0 where p is constant

    Murphy's three terms sum to the score only where all probabilities of a bin are the same; the fourth holds what is
    left, the variance of p within the bins less twice its covariance with the truth. Bins of few rows overstate
    reliability and resolution alike, as they do the ECE. Weights and soft labels q keep the identity.

    Shapes and errors: as :func:`softreg.metrics.brier`.

    >>> proba, codes = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]), np.array([0, 1, 1, 1])
    >>> {name: round(term, 3) for name, term in brier_decomposition(proba, codes).items()}
    {'reliability': 0.2, 'resolution': 0.125, 'uncertainty': 0.375, 'within_bins': 0.0}

    Sources: A. H. Murphy (1973), "A new vector partition of the probability score", Journal of Applied Meteorology 12,
    doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; D. B. Stephenson, C. A. S. Coelho, I. T. Jolliffe (2008), "Two
    extra components in the Brier score decomposition", Weather and Forecasting 23, doi:10.1175/2007WAF2006116.1.
    """
    n_samples, n_classes = proba.shape
    need_targets(targets, n_samples, n_classes)
    weight = np.ones(n_samples) if sample_weight is None else need_weight(sample_weight, n_samples)
    share = weight / weight.sum()
    terms = np.zeros(4)
    for k in range(n_classes):
        truth = targets[:, k] if targets.ndim == 2 else targets == k
        terms += _of_class(proba[:, k].astype(np.float64), truth.astype(np.float64), share, bins)
    return dict(zip(("reliability", "resolution", "uncertainty", "within_bins"), terms.tolist(), strict=True))


def _of_class(p: np.ndarray, q: np.ndarray, share: np.ndarray, bins: int) -> np.ndarray:
    """The four terms of one class."""
    bin_m = bin_of(p, bins)
    mass = np.bincount(bin_m, share, bins)
    p_m, q_m = (np.bincount(bin_m, share * values, bins) / np.where(mass > 0, mass, 1) for values in (p, q))
    dp, dq, q_all = p - p_m[bin_m], q - q_m[bin_m], share @ q
    reliability, resolution = mass @ (p_m - q_m) ** 2, mass @ (q_m - q_all) ** 2
    return np.array([reliability, resolution, share @ (q - q_all) ** 2, share @ (dp * (dp - 2 * dq))])

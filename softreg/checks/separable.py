"""Classes told apart without a mistake, whose weights have no best value where nothing penalises them."""

from __future__ import annotations

import numpy as np

__all__ = ["separated"]

MARGIN = 1e-9
"""Relative to the largest logit: what is nearer than this to the boundary may lie on it."""


def separated(logits: np.ndarray, codes: np.ndarray, *, fit_intercept: bool) -> list[int]:
    """Return the classes along whose weights the cross-entropy of these rows falls for ever.

    ``logits`` (n_rows, n_classes), or log-probabilities, which differ as logits do; ``codes`` (n_rows,).

    All classes where every row is answered rightly: longer weights are better ones. Else each class k that a plane
    divides from all others: ``w_k`` less the mean of the others' is tried for its normal. That every row of k is found
    and none wrongly is *not* enough: k may lie between two classes that overlap, and the best weights are finite.
    A class between others that only another normal divides is overlooked. Source: Albert & Anderson 1984,
    doi:10.1093/biomet/71.1.1.

    Classes 0 and 1 overlap; class 2 lies apart.

    >>> x, codes = np.array([0.0, 1.0, 0.5, 5.0]), np.array([0, 0, 1, 2])
    >>> logits = x[:, None] * [-1.0, 0.0, 3.0]
    >>> separated(logits, codes, fit_intercept=True)
    [2]
    """
    n_rows, n_classes = logits.shape
    scale = MARGIN * max(1.0, float(np.abs(logits).max()))
    own = logits[np.arange(n_rows), codes]
    others = np.where(np.arange(n_classes) == codes[:, None], -np.inf, logits).max(axis=1)
    if (own - others).min() > scale:
        return list(range(n_classes))
    normals = (n_classes * logits - logits.sum(axis=1, keepdims=True)) / (n_classes - 1)
    found = []
    for k in np.unique(codes).tolist():
        inside, outside = normals[codes == k, k], normals[codes != k, k]
        low, high = float(inside.min()), float(outside.max())
        if low - high > scale and (fit_intercept or low >= 0 >= high):
            found.append(k)
    return found

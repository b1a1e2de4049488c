"""The centre: softmax, cross-entropy and the residual p - q, each one formula, each one function.

**Conventions.** ``logits`` (n_samples, n_classes) are any real numbers. ``targets`` are integer class indices
(n_samples,), or rows Q (n_samples, n_classes) that are distributions. Every function takes ``axis``, the axis of the
classes: -1 as in the books, 0 for class-major arrays (n_classes, n_samples), whose reductions NumPy does faster.
``e_j`` is the j-th unit vector. Nothing here takes the logarithm of a probability, clips, or adds an epsilon.

References: Zhang et al., *Dive into Deep Learning*, section 4.1; Goodfellow, Bengio & Courville, *Deep Learning*
(2016), sections 4.1 and 6.2.2; Bridle (1990), doi:10.1007/978-3-642-76153-9_28, who named the function.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "cross_entropy",
    "cross_entropy_and_residual",
    "expected",
    "log_softmax",
    "plain_cross_entropy",
    "plain_normalization",
    "plain_residual",
    "residual",
    "softmax",
]


def log_softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the logarithms of the softmax probabilities: the primitive on which the others rest.

    ``log p_j = z_j - max z - log sum_k exp(z_k - max z)``. Subtracting the maximum changes nothing in exact
    arithmetic (softmax ignores shifts) and keeps every exponential in [0, 1], so that none overflows
    (Blanchard, Higham & Higham 2021, doi:10.1093/imanum/draa038).

    >>> log_softmax(np.array([1000.0, 1001.0])).round(6)
    array([-1.313262, -0.313262])
    """
    shifted = logits - logits.max(axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


def softmax(logits: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the probabilities ``p_j = exp(z_j) / sum_k exp(z_k)``: none negative, and each row sums to 1.

    >>> softmax(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])).round(4)
    array([[0.09  , 0.2447, 0.6652],
           [0.3333, 0.3333, 0.3333]])
    """
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def cross_entropy(logits: np.ndarray, targets: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return each sample's loss (n_samples,) in nats: ``-log p_y``, or ``-sum_k q_k log p_k`` for soft labels.

    At equal logits the model knows nothing, and the loss is the logarithm of the number of classes:

    >>> float(cross_entropy(np.zeros((1, 10)), np.array([3]))[0].round(4)), float(np.log(10).round(4))
    (2.3026, 2.3026)
    """
    return np.asarray(-expected(log_softmax(logits, axis), targets, axis))


def residual(logits: np.ndarray, targets: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return ``p - q``, the gradient of each sample's cross-entropy with respect to its logits.

    For a hard label y, q is e_y: what the model gave to each class, less one for the right class. Each row sums to 0.

    >>> residual(np.array([[0.0, 0.0]]), np.array([1]))
    array([[ 0.5, -0.5]])
    """
    return cross_entropy_and_residual(logits, targets, axis)[1]


def cross_entropy_and_residual(
    logits: np.ndarray, targets: np.ndarray, axis: int = -1
) -> tuple[np.ndarray, np.ndarray]:
    """Return :func:`cross_entropy` (n_samples,) and :func:`residual` for the price of one exponential.

    With z shifted by its maximum: ``loss = log sum_k exp z_k - <q, z>`` and ``p = exp z / sum_k exp z_k``.

    >>> loss, R = cross_entropy_and_residual(np.array([[0.0, 0.0]]), np.array([[0.25, 0.75]]))
    >>> loss.round(4), R
    (array([0.6931]), array([[ 0.25, -0.25]]))
    """
    shifted = logits - logits.max(axis=axis, keepdims=True)
    proba = np.exp(shifted)
    total = proba.sum(axis=axis, keepdims=True)
    # subtle: sum_k q_k is 1 only to rounding, so <q, z - max z> is taken in the same shifted coordinates as log-sum-exp
    loss = np.log(total).squeeze(axis) - expected(shifted, targets, axis)
    proba /= total
    return loss, _minus_target(proba, targets, axis)


def plain_normalization(scores: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return ``z_j / sum_k z_k``: the rival that shows why softmax has its exponential.

    It ignores the scale of the scores as softmax ignores their shift. It is a distribution for positive scores only:
    at z = 0 it is 0/0, and scores of both signs give "probabilities" outside [0, 1]:

    >>> plain_normalization(np.array([1.0, 2.0, -3.5]))
    array([-2., -4.,  7.])
    """
    return np.asarray(scores / scores.sum(axis=axis, keepdims=True))


def plain_cross_entropy(scores: np.ndarray, targets: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return ``E_q[-log(z_j / sum_k z_k)] = log sum_k z_k - E_q[log z_j]``, defined for positive scores only.

    >>> plain_cross_entropy(np.array([[1.0, 3.0]]), np.array([1])).round(4)
    array([0.2877])
    """
    return np.asarray(np.log(scores.sum(axis=axis)) - expected(np.log(scores), targets, axis))


def plain_residual(scores: np.ndarray, targets: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return the gradient of :func:`plain_cross_entropy` in the scores: ``1/sum_k z_k - q_j/z_j = (p_j - q_j) / z_j``.

    The same residual as softmax's, divided by the score: it explodes where a score comes near zero.

    >>> plain_residual(np.array([[1.0, 3.0]]), np.array([1])).round(4)
    array([[ 0.25  , -0.0833]])
    """
    return np.asarray(_minus_target(plain_normalization(scores, axis), targets, axis) / scores)


def _by_sample(values: np.ndarray, axis: int) -> np.ndarray:
    """A view (n_samples, n_classes), whatever the layout."""
    return values.T if axis == 0 else values


def expected(values: np.ndarray, targets: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return E_q[values] (n_samples,): the target class's value, or ``sum_k q_k values_k``.

    >>> expected(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0]))
    array([2., 3.])
    """
    rows = _by_sample(values, axis)
    if targets.ndim == 2:
        return np.asarray((rows * targets).sum(axis=-1))
    return np.asarray(rows[np.arange(targets.size), targets])


def _minus_target(proba: np.ndarray, targets: np.ndarray, axis: int) -> np.ndarray:
    """``p - q``, written over ``proba`` itself."""
    rows = _by_sample(proba, axis)
    if targets.ndim == 2:
        rows -= targets
    else:
        rows[np.arange(targets.size), targets] -= 1
    return proba

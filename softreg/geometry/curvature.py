"""Geometry: how curved the objective can be, and so how long a step is safe.

The Hessian of one sample's cross-entropy in its logits is the covariance of the label under p, diag(p) - p p^T, whose
eigenvalues are at most 1/2 (Böhning 1992, doi:10.1007/BF00048682). So the objective's curvature is nowhere above

    L = (1/2) lambda_max(G) + l2,    G = Xb^T diag(s) Xb / S,    Xb = [Z 1],

and a gradient step of 1/L never raises it; below 2/L gradient descent still cannot diverge (Nesterov, *Lectures on
Convex Optimization* (2018), section 2.1.5). Above 2/L there is no guarantee, and often it works all the same, because
the curvature falls as the model grows confident. (The 1/4 of two-class theory is for one weight vector, not for K.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from softreg.design import DesignMatrix
from softreg.errors import DataError
from softreg.geometry.whitening import Whitening

__all__ = ["curvature_bound", "expected_smoothness", "gram", "largest_eigenvalue"]

GRAM_MAX_FEATURES = 256
"""Up to here the Gram matrix is formed (n d^2 multiply-adds at BLAS-3 speed, some ten times that of matrix-vector
products) and its eigenvalue is exact; beyond, the Lanczos method's passes of 2 n d each cost less."""

LANCZOS_STEPS = 60
BREAKDOWN = 1e-7
LANCZOS_TOLERANCE = 1e-4
LANCZOS_INFLATION = 1.02
"""The Lanczos method approaches lambda_max from below. It stops when a step gains less than the tolerance, and the
result is inflated by two hundred times that, but never beyond the trace, which bounds lambda_max from above."""


def curvature_bound(
    design: DesignMatrix,
    sample_weight: np.ndarray,
    l2: float,
    rng: np.random.Generator,
    whitening: Whitening | None = None,
) -> tuple[float, float]:
    """Return (L, L_max): bounds on the curvature of the objective, and of the worst single sample's.

    ``L_max = max_i (1/2) ||(z_i, 1)||^2 s_i n / S + l2``. With a ``whitening`` M, L bounds the curvature in its
    coordinates, lambda_max of M^-1 (G/2 + l2 I), and L_max that of M = I. Raises :class:`DataError` where the squares
    overflow.
    """
    share = sample_weight / sample_weight.sum()
    with np.errstate(over="ignore"):
        squares = row_squares(design)
    if not np.isfinite(squares).all():
        raise DataError("A feature holds values too large to be squared.", "Scale it, or change its unit.")
    L_max = 0.5 * float((share * squares).max()) * design.n_samples + l2
    if whitening is None:
        L = 0.5 * largest_eigenvalue(design, share, float(share @ squares), rng) + l2
        return L, max(L, L_max)
    penalised = np.full((design.n_parameters, 1), l2)
    penalised[design.n_features :] = 0
    first = rng.standard_normal((design.n_parameters, 1))
    L = _lanczos(lambda v: 0.5 * design.second_moment(v, share) + penalised * v, whitening.solve, first)
    return L, max(L, L_max)


def expected_smoothness(L: float, L_max: float, n_samples: int, batch_size: int) -> float:
    """Return the smoothness that a mini-batch gradient sees on average, between L (all rows) and L_max (one row).

    ``n (B - 1) / (B (n - 1)) L + (n - B) / (B (n - 1)) L_max`` for batches of B rows drawn without replacement
    (Gower et al. 2019, https://proceedings.mlr.press/v97/qian19b.html, proposition 3.8).

    >>> expected_smoothness(1.0, 10.0, n_samples=100, batch_size=1)
    10.0
    >>> expected_smoothness(1.0, 10.0, n_samples=100, batch_size=100)
    1.0
    """
    n, B = n_samples, min(batch_size, n_samples)
    if n == 1:
        return L
    return n * (B - 1) / (B * (n - 1)) * L + (n - B) / (B * (n - 1)) * L_max


def row_squares(design: DesignMatrix) -> np.ndarray:
    """Return ||(z_i, 1)||^2 for each row (n_samples,), in float64."""
    inverse = 1 / design.scaling.scale
    squares = []
    for _, block in design.blocks():
        # subtle: scaled before it is squared, so that the square of a large unit does not overflow
        if hasattr(block, "multiply"):
            squares.append(np.asarray(block.multiply(inverse[None, :]).power(2).sum(axis=1)).ravel())
        else:
            scaled = block * inverse
            squares.append(np.einsum("ij,ij->i", scaled, scaled))
    return np.concatenate(squares) + design.fit_intercept


def gram(design: DesignMatrix, share: np.ndarray) -> np.ndarray:
    """Return G = Xb^T diag(share) Xb, (n_parameters, n_parameters), summed in float64 over the blocks.

    >>> from softreg.design import Scaling
    >>> X = np.array([[1.0], [3.0]])
    >>> gram(DesignMatrix(X, Scaling.of(X, "none")), np.array([0.5, 0.5]))
    array([[5., 2.],
           [2., 1.]])
    """
    total = np.zeros((design.n_parameters, design.n_parameters))
    d = design.n_features
    inverse = 1 / design.scaling.scale
    for where, block in design.blocks():
        weight = share[where]
        scaled = np.asarray(block.toarray() if hasattr(block, "toarray") else block, dtype=np.float64) * inverse
        weighted = scaled * weight[:, None]
        total[:d, :d] += scaled.T @ weighted
        if design.fit_intercept:
            total[:d, d] += weighted.sum(axis=0)
            total[d, d] += weight.sum()
    total[d:, :d] = total[:d, d:].T
    return total


def largest_eigenvalue(
    design: DesignMatrix,
    share: np.ndarray,
    trace: float,
    rng: np.random.Generator,
) -> float:
    """Return lambda_max(Xb^T diag(share) Xb), exactly or from above, given the matrix's trace."""
    if design.n_parameters <= GRAM_MAX_FEATURES:
        return max(0.0, float(np.linalg.eigvalsh(gram(design, share))[-1]))
    first = rng.standard_normal((design.n_parameters, 1))
    return min(trace, _lanczos(lambda vector: design.second_moment(vector, share), lambda vector: vector, first))


def _lanczos(
    times: Callable[[np.ndarray], np.ndarray], solve: Callable[[np.ndarray], np.ndarray], first: np.ndarray
) -> float:
    """The largest eigenvalue of M^-1 A, inflated, from products ``times`` A and solves with M alone.

    The Lanczos method in M's inner product, which never forms the matrices (Golub & Van Loan, *Matrix Computations*
    (2013), section 10.1). Power iteration costs the same and gains so little a step, where the large eigenvalues lie
    close together, that it would stop well below the largest.
    """
    image, vector = first, solve(first)  # the image of a vector v is M v
    image, vector = (both / np.sqrt(np.vdot(first, vector)) for both in (image, vector))
    before, value, beta = np.zeros_like(image), 0.0, 0.0
    diagonal: list[float] = []
    beside: list[float] = []
    for _ in range(LANCZOS_STEPS):
        product = times(vector) - beta * before
        diagonal.append(float(np.vdot(vector, product)))
        product -= diagonal[-1] * image
        tridiagonal = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
        previous, value = value, float(np.linalg.eigvalsh(tridiagonal)[-1])
        solved = solve(product)
        beta = float(np.sqrt(max(0.0, np.vdot(product, solved))))
        # beta is zero where the steps have reached all that the matrix can reach from the first vector
        if value - previous <= LANCZOS_TOLERANCE * value or beta <= BREAKDOWN * value:
            break
        before, image, vector = image, product / beta, solved / beta
        beside.append(beta)
    return value * LANCZOS_INFLATION

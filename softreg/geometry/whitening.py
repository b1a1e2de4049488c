"""Whitening: coordinates in which the objective is nearly round, so that descent needs few steps.

Gradient descent is slow because features are correlated and badly scaled. Preconditioned by M, it descends as if they
were not. With Xb = [Z 1] and G = Xb^T diag(s) Xb / S:

* *Shared*: ``M = G / K + l2 I``, no l2 on the intercept. At W = 0 every p is 1/K, and on gradients that sum to zero
  over the classes this *is* the Hessian, so the first step is Newton's.
* *By class*, once the model has begun to fit: ``M_k = c_k E_k[Xb^T Xb] + l2 I``, the k-th diagonal block of the
  Hessian: rows weigh w_ik = s_i p_ik (1 - p_ik), and c_k = sum_i w_ik / S. Rows are *drawn* in proportion to w_ik;
  weighting the drawn ones again would count p (1 - p) twice.
* *Diagonal*: the diagonals of the same matrices, for sparse or very wide X.

M need not be exact; it only has to be positive definite. So sums are taken in X's precision, columns are centred and
brought to one scale first, and singular directions get a little of the identity.

**Cost model.** A descent step is two products with X, 4 n d K flops on skinny matrices, which run at half the speed of
square ones or less. A Gram matrix of m rows is 2 m d^2 flops. Shared whitening may cost three steps, m = 12 n K / d
rows; whitening by class, K matrices, six: m = 24 n / d rows each, but at least 3 d, since fewer rows than a few times d
say little about d directions; and neither more than 100 d, which say enough. Where m is n or more, all rows are used
with their weights, and nothing is drawn. A dense M pays where the shared sample would have two rows a direction,
d^2 <= 6 n K, or where d is small anyway.

Sources: Böhning 1992, doi:10.1007/BF00048682 (the matrix at W = 0 bounds the curvature for all W); Nocedal & Wright,
*Numerical Optimization* (2006), section 5.1 (preconditioning).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from softreg.design import DesignMatrix, Rows, is_sparse
from softreg.errors import DataError

__all__ = [
    "Whitening",
    "covariance",
    "drawn",
    "make_whitening",
    "mean_of",
    "precondition_of",
    "shared_rows",
    "sharpening_cost",
]

ALWAYS_DENSE = 256
"""Up to so many features a Cholesky factorisation costs less than asking."""

FLOOR = 1e-3
"""Share of a feature's variance over all rows that it keeps in every class: among the rows of which the model is unsure
it may hardly vary, and a direction along it would be far too long for the others."""

ENOUGH = 100
"""Rows a direction beyond which a sample is not worth its time: with the square root of d / m a tenth, the sampled
matrix's eigenvalues are right to about two tenths (Vershynin, *High-Dimensional Probability* (2018), theorem 4.6.1)."""

SMALL_BYTES = 1 << 26

STEP_OVERHEAD = 1e7
"""Flops that could be done in the time that a step costs however small X is."""


class Whitening(Protocol):
    """A preconditioner M."""

    def solve(self, gradient: np.ndarray) -> np.ndarray:
        """Return M^-1 gradient, theta-shaped."""


def precondition_of(asked: str, design: DesignMatrix, n_classes: int) -> str:
    """Return what ``auto`` stands for: whiten where the cost model says that it pays, else diagonal."""
    if asked != "auto":
        return asked
    d, n = design.n_features, design.n_samples
    return "whiten" if not is_sparse(design.X) and (d <= ALWAYS_DENSE or d * d <= 6 * n * n_classes) else "diagonal"


def shared_rows(design: DesignMatrix, n_classes: int) -> int:
    """Return the rows that shared whitening takes, by the cost model."""
    d = design.n_features
    return int(min(12 * design.n_samples * n_classes // d, ENOUGH * d))


def class_rows(design: DesignMatrix) -> int:
    """Return the rows that whitening takes for each class, by the cost model."""
    d = design.n_features
    return int(min(max(24 * design.n_samples // d, 3 * d), ENOUGH * d))


def sharpening_cost(design: DesignMatrix, n_classes: int) -> float:
    """Return what whitening by class costs, in steps of the descent.

    2 K m d^2 flops at twice the rate of a step's, and the probabilities of all rows, from which the samples are drawn.
    """
    n, d = design.n_samples, design.n_features
    step = 4 * n * d * n_classes + STEP_OVERHEAD
    return float((n_classes * min(class_rows(design), n) * d * d + 2 * n * d * n_classes) / step)


def make_whitening(
    kind: str,
    design: DesignMatrix,
    sample_weight: np.ndarray,
    l2: float,
    *,
    proba: np.ndarray,
    rng: np.random.Generator,
) -> Whitening:
    """Return the preconditioner of this kind, ``none``, ``diagonal`` or ``whiten``.

    ``proba`` (n_classes, n_samples) are the probabilities at which the curvature is taken, by class; a (n_classes,)
    vector of 1/K stands for W = 0, where all classes share one matrix.
    """
    n_classes = len(proba)
    if kind == "none":
        return _Identity()
    shared = proba.ndim == 1
    # rows of which the model is sure have no curvature to speak of; the floor keeps M definite
    curvature = np.full((1, 1), 1 / n_classes) if shared else (proba * (1 - proba)).clip(1e-4 / n_classes)
    if kind == "diagonal":
        return _Diagonal(design, sample_weight * curvature, l2)
    rows, weight = drawn(sample_weight, shared_rows(design, n_classes), rng)
    weights = sample_weight * curvature
    if shared or not _fits(design, n_classes):
        return _Blocks(design, [(rows, weight)], mass=np.array([weights.mean()]), l2=l2)
    floor = FLOOR * _spread(design, rows, weight)
    draws = [drawn(of_class, class_rows(design), rng) for of_class in weights]
    return _Blocks(design, draws, mass=weights.mean(axis=1), l2=l2, floor=floor)


def _fits(design: DesignMatrix, n_classes: int) -> bool:
    """Whether a matrix for each class takes less memory than half of X, or little anyway."""
    d = design.n_features
    return bool(n_classes * d * d * 8 <= max(SMALL_BYTES, design.n_samples * d * design.dtype.itemsize // 2))


def drawn(weights: np.ndarray, size: int, rng: np.random.Generator) -> tuple[Rows, np.ndarray]:
    """Rows and their weights, which sum to 1: all rows, or a sample in proportion to the weights."""
    n = len(weights)
    total = float(weights.sum())
    share = weights / total if total > 0 else np.full(n, 1 / n)
    if size >= n:
        return slice(0, n), share
    # subtle: stratified sampling, a draw from each of ``size`` equal shares: sorted rows, and never more variance than
    # independent draws have; one offset for all shares would fall into step with rows that come in turns
    places = np.searchsorted(np.cumsum(share), (np.arange(size) + rng.random(size)) / size)
    return np.minimum(places, n - 1), np.full(size, 1 / size)


class _Identity:
    def solve(self, gradient: np.ndarray) -> np.ndarray:
        return gradient


class _Diagonal:
    """``M_jk = sum_i w_ik z_ij^2 / n + l2``, one column for all classes or one for each."""

    def __init__(self, design: DesignMatrix, weights: np.ndarray, l2: float) -> None:
        inverse = 1 / design.scaling.scale

        def visit(part: slice) -> np.ndarray:
            total = np.zeros((len(weights), design.n_features))
            for where, block in design.blocks(part):
                # subtle: scaled before it is squared, so that the square of a large unit does not overflow
                scaled = block.multiply(inverse[None]).tocsr() if is_sparse(block) else block * inverse
                total += (
                    (scaled.multiply(scaled).T @ weights[:, where].T).T
                    if is_sparse(block)
                    else (weights[:, where] @ (scaled * scaled))
                )
            return total

        squares = sum(design.workers.map(visit, design.parts()), np.zeros((len(weights), design.n_features)))
        diagonal = squares.T / design.n_samples + l2
        if design.fit_intercept:
            diagonal = np.vstack([diagonal, weights.mean(axis=1)])
        if not np.isfinite(diagonal).all():
            raise _too_large()
        self._diagonal = np.where(diagonal > np.finfo(np.float64).tiny, diagonal, 1.0)

    def solve(self, gradient: np.ndarray) -> np.ndarray:
        return gradient / self._diagonal


class _Blocks:
    """``M = mass E[xb xb^T] + l2 I``, no l2 on the intercept, E the mean over weighted rows: one M, or one by class.

    The intercept is eliminated first: with mu = E[z] and C = E[z z^T] - mu mu^T, M^-1 (r, r_b) is
    ``x = (mass C + l2 I)^-1 (r - mu r_b)``, ``x_b = r_b / mass - mu^T x``. Without an intercept mu is 0. Means and
    units are (n_features, 1) for one M that all columns of a gradient share, else (n_features, n_classes).
    """

    def __init__(
        self,
        design: DesignMatrix,
        draws: list[tuple[Rows, np.ndarray]],
        *,
        mass: np.ndarray,
        l2: float,
        floor: float | np.ndarray = 0,
    ) -> None:
        self.n_features, self.mass = design.n_features, mass
        means, matrices = np.zeros((len(draws), design.n_features)), np.empty((len(draws), *2 * (design.n_features,)))
        for k, (rows, weight) in enumerate(draws):
            if design.fit_intercept:
                means[k] = mean_of(design, rows, weight)
            matrices[k] = covariance(design, rows, weight, means[k])
        of_diagonal = np.einsum("kii->ki", matrices)  # a view
        of_diagonal += floor
        matrices *= mass[:, None, None]
        diagonal = of_diagonal + l2
        if not np.isfinite(diagonal).all():
            raise _too_large()
        # subtle: about its mean, a constant column's values are roundings of that mean; without penalty it gets a 1
        eps = np.finfo(design.dtype).eps
        rounding = mass[:, None] * (8 * eps * means) ** 2
        flat = diagonal <= np.maximum(rounding, np.finfo(np.float64).tiny)
        if flat.any():
            matrices[flat] = matrices.transpose(0, 2, 1)[flat] = 0
        # subtle: equilibrated, so that columns of any unit are alike
        unit = 1 / np.sqrt(np.where(flat, np.maximum(rounding, 1.0), diagonal))
        matrices *= unit[:, :, None]
        matrices *= unit[:, None, :]
        of_diagonal[:] = 1.0 + 16 * eps * max(16, design.n_features)
        self._mean, self._unit = means.T, unit.T
        # LAPACK itself: for small matrices, the checks of scipy's cho_factor and cho_solve take longer than the work
        self._factors, failed = zip(*(dpotrf(matrix.T, overwrite_a=1, clean=0) for matrix in matrices), strict=True)
        if any(failed):
            raise np.linalg.LinAlgError("a whitening matrix is not positive definite")

    def solve(self, gradient: np.ndarray) -> np.ndarray:
        """Return M^-1 gradient, theta-shaped."""
        weights, intercept = gradient[: self.n_features], gradient[self.n_features :]
        right = self._unit * (weights - self._mean * intercept if len(intercept) else weights)
        columns = [right] if len(self._factors) == 1 else right.T
        solved = [dpotrs(factor, column)[0].T for factor, column in zip(self._factors, columns, strict=True)]
        weights = self._unit * np.vstack(solved).T
        return np.vstack(
            [weights, intercept / self.mass - (self._mean * weights).sum(axis=0)] if len(intercept) else [weights]
        )


def mean_of(design: DesignMatrix, rows: Rows, weight: np.ndarray) -> np.ndarray:
    """Weighted mean of the scaled features over the rows, in float64."""
    total, seen = np.zeros(design.n_features), 0
    for _, block in design.blocks(rows):
        total += weight[seen : seen + block.shape[0]] @ _dense(block).astype(np.float64, copy=False)
        seen += block.shape[0]
    return np.asarray(total / design.scaling.scale)


def _spread(design: DesignMatrix, rows: Rows, weight: np.ndarray) -> np.ndarray:
    """Weighted variance of each scaled feature over the rows; without an intercept, its mean square."""
    mean = mean_of(design, rows, weight) if design.fit_intercept else np.zeros(design.n_features)
    total, seen = np.zeros(design.n_features), 0
    for _, block in design.blocks(rows):
        total += weight[seen : seen + block.shape[0]] @ (_dense(block) / design.scaling.scale - mean) ** 2
        seen += block.shape[0]
    return total


def _dense(block: Any) -> np.ndarray:
    return np.asarray(block.toarray() if is_sparse(block) else block)


def covariance(design: DesignMatrix, rows: Rows, weight: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Weighted second moment of the scaled features about ``mean``; products in X's precision, sums in float64."""
    inverse, mean = (1 / design.scaling.scale).astype(design.dtype), mean.astype(design.dtype)
    n_rows = len(weight)
    step = max(1024, design.block_rows)
    pieces = [slice(first, min(first + step, n_rows)) for first in range(0, n_rows, step)]

    def visit(piece: slice) -> np.ndarray:
        total = np.zeros((design.n_features, design.n_features))
        seen = piece.start
        for _, block in design.blocks(slice(piece.start, piece.stop) if isinstance(rows, slice) else rows[piece]):
            scaled = _dense(block) * inverse
            scaled -= mean
            scaled *= np.sqrt(weight[seen : seen + block.shape[0]]).astype(design.dtype)[:, None]
            total += scaled.T @ scaled
            seen += block.shape[0]
        return total

    matrix = np.zeros((design.n_features, design.n_features))
    # subtle: a few pieces at a time, in order, so that the sum has the same bits for any number of threads
    for first in range(0, len(pieces), 2):
        for part in design.workers.map(visit, pieces[first : first + 2]):
            matrix += part
    return matrix


def _too_large() -> DataError:
    return DataError("A feature holds values too large to be squared.", "Scale it, or change its unit.")

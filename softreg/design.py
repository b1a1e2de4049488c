"""The design matrix: X seen through its scaling, one block of rows at a time.

**Conventions.** ``theta`` (n_features + 1, n_classes) is the weights W with the intercepts b as the last row, in the
scaled coordinates: logits = Z W + b with z_j = (x_j - mean_j) / scale_j. Without an intercept the last row is missing.

Scaling never copies X. The division by the scales is moved to the small matrix W. In float32 a block of rows is
centred into a small buffer *before* its product, since X W/s - m W/s would cancel; in float64, where no mean is more
than a thousand times its scale, three of sixteen digits do at most, and the means are moved to the intercept as well.
A block without centring is a view.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from softreg.workers import Workers

__all__ = ["DesignMatrix", "Matrix", "Rows", "Scaling", "is_sparse"]

Matrix = Any
"""A NumPy array or a scipy CSR matrix, (n_samples, n_features); Any, so that scipy need not be imported."""

Rows = slice | np.ndarray
"""Which rows: a slice, or an array of indices."""

PARTS = 16
"""A pass over all rows is cut into so many parts at most, for threads to share: the same number on every machine, so
that sums are added in the same order everywhere."""

BLOCK_BYTES = 3 << 20
"""Bytes of one dense block: small enough for the cache that the cores share, and large enough that Python's part, which
threads do one after the other, does not count. Chosen by measurement."""

BLOCK_ROWS = 1 << 14
"""Rows of one block at most, sparse or narrow: bounds the (n_classes, rows) arrays, and the length of float32 sums."""

SHARED_ROWS = 6 << 10
"""Rows of a sparse or narrow block at least, so that a block's product is worth its share of the sums; with more rows
than this, there are blocks to share. Chosen by measurement."""

FAR_OFF = 1e3
"""A mean of more scales than this is taken out of float64 blocks before the product, too."""

CLASSES_TOGETHER = 4
"""BLAS's kernels work on so many rows of a matrix at once. Dense products are class-major, with rows of zeros up to the
next multiple: 12 classes take a fifth less time than 10 (measured with OpenBLAS 0.3.30)."""


def is_sparse(X: Any) -> bool:
    """Whether X is a scipy sparse matrix; told without importing scipy."""
    return hasattr(X, "tocsr")


@dataclass(frozen=True)
class Scaling:
    """Shift and scale of each feature: ``z_j = (x_j - mean_j) / scale_j``; all float64, shape (n_features,)."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(
        cls,
        X: Matrix,
        kind: str,
        sample_weight: np.ndarray | None = None,
        *,
        pixels: bool = False,
        centre: bool = True,
    ) -> Scaling:
        """Learn the scaling of X.

        ``standard``: weighted mean and standard deviation (population form, as scikit-learn's ``StandardScaler``).
        ``unit``: the smallest value to 0 and the largest to 1; for ``pixels``, whose columns share one unit, one
        range for all of them. ``none``: nothing. A constant column gets scale 1. Sparse X is never shifted, since
        that would fill it: ``standard`` and ``unit`` divide only. So they do without ``centre``, for a model without an
        intercept, since only the intercept can take a shift back.

        >>> s = Scaling.of(np.array([[1.0, 5.0], [3.0, 5.0]]), "standard")
        >>> s.mean, s.scale
        (array([2., 5.]), array([1., 1.]))
        """
        n_features = X.shape[1]
        if kind == "none":
            return cls(np.zeros(n_features), np.ones(n_features))
        shifted = centre and not is_sparse(X)
        low, high = _range(X)
        if kind == "unit" and pixels:
            low, high = np.full(n_features, low.min()), np.full(n_features, high.max())
        with np.errstate(over="ignore"):  # told where the squares are needed
            span = high - low
        # subtle: a column whose values differ by rounding alone is constant, not one to be blown up
        # or is one whose spread can hardly be told from zero, and could not be divided by
        told = np.finfo(X.dtype)
        span[span <= np.maximum(8 * told.eps * np.maximum(abs(low), abs(high)), told.tiny / told.eps)] = 0
        if kind == "unit":
            return cls(low * shifted, _positive(span))
        with np.errstate(over="ignore", invalid="ignore"):
            mean, deviation = _moments(X, span, sample_weight)
        # subtle: rounded to X's precision, in which blocks are centred, so that fold gives back what was trained
        return cls(mean.astype(X.dtype).astype(np.float64) * shifted, _positive(deviation * (span > 0)))

    def fold(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``W / scale`` and ``b - mean W / scale``: the same model, acting on raw features, in float64."""
        n_features = self.scale.size
        weights = theta[:n_features] / self.scale[:, None]
        intercept = theta[n_features] if len(theta) > n_features else np.zeros(theta.shape[1])
        return weights, intercept - self.mean @ weights

    def unfold(self, weights: np.ndarray, intercept: np.ndarray) -> np.ndarray:
        """Return the theta that :meth:`fold` turns into these raw weights and intercepts."""
        return np.vstack([weights * self.scale[:, None], intercept + self.mean @ weights])


class DesignMatrix:
    """X (n_samples, n_features), dense or CSR, with its scaling and, for the intercept, a last column of ones."""

    def __init__(
        self,
        X: Matrix,
        scaling: Scaling,
        fit_intercept: bool = True,
        workers: Workers | None = None,
        dtype: np.dtype[Any] | None = None,
    ) -> None:
        self.X = X
        self.workers = workers or Workers(1)
        self.scaling = scaling
        self.fit_intercept = fit_intercept
        self.dtype = dtype or X.dtype  # of the products; another one than X's costs a copy of each block
        self.n_samples, self.n_features = X.shape
        self.n_parameters = self.n_features + fit_intercept
        self._mean = scaling.mean.astype(self.dtype) if scaling.mean.any() else None
        near = self._mean is not None and bool((abs(scaling.mean) <= FAR_OFF * scaling.scale).all())
        self._centred_after = near and fit_intercept and self.dtype == np.float64
        self._scale = scaling.scale[:, None] if (scaling.scale != 1).any() else None
        width = max(1, self.n_features * self.dtype.itemsize)
        most = min(BLOCK_ROWS, max(SHARED_ROWS, -(-self.n_samples // PARTS)))
        most = most if is_sparse(X) else min(most, max(64, BLOCK_BYTES // width))
        self.block_rows = max(1, -(-self.n_samples // max(1, -(-self.n_samples // most))))  # all blocks alike

    def parts(self) -> list[slice]:
        """Return all rows as parts of whole blocks, which threads may visit side by side."""
        n_blocks = -(-self.n_samples // self.block_rows)
        edges = [self.block_rows * (n_blocks * part // PARTS) for part in range(PARTS)] + [self.n_samples]
        return [slice(first, last) for first, last in pairwise(edges) if first < last]

    def operands(self, rows: Rows | None = None) -> Iterator[tuple[Rows, Any]]:
        """Yield :meth:`blocks` for :meth:`project` and :meth:`add_backward`, which know where the mean is still in."""
        return self.blocks(rows, centred=not self._centred_after)

    def blocks(self, rows: Rows | None = None, *, centred: bool = True) -> Iterator[tuple[Rows, Any]]:
        """Yield pairs ``(rows of the block, X of those rows, centred)``; a block lives until the next is asked for.

        None is all rows. Blocks depend on the shapes alone.
        """
        mean = self._mean if centred else None
        chosen = slice(0, self.n_samples) if rows is None else rows
        start, stop = (chosen.start, chosen.stop) if isinstance(chosen, slice) else (0, len(chosen))
        n_rows = min(self.block_rows, stop - start)
        buffer = None
        if not is_sparse(self.X) and (mean is not None or not isinstance(chosen, slice)):
            buffer = np.empty((n_rows, self.n_features), self.dtype)
        for first in range(start, stop, max(1, n_rows)):
            last = min(first + n_rows, stop)
            where = slice(first, last) if isinstance(chosen, slice) else chosen[first:last]
            yield where, self._block(where, None if buffer is None else buffer[: last - first], mean)

    def _block(self, where: Rows, buffer: np.ndarray | None, mean: np.ndarray | None) -> Any:
        if is_sparse(self.X):
            return (_csr_view(self.X, where) if isinstance(where, slice) else self.X[where]).astype(
                self.dtype, copy=False
            )
        if isinstance(where, slice) or not self.X.flags.c_contiguous:
            # np.take would first copy the whole of an X that is not C-contiguous
            block = self.X[where]
        else:
            # subtle: mode="clip" lets NumPy gather straight into the buffer; the indices are in range
            block = np.take(self.X, where, axis=0, out=buffer if self.dtype == self.X.dtype else None, mode="clip")
        block = block.astype(self.dtype, copy=False)
        return block if mean is None else np.subtract(block, mean, out=buffer)

    def weights(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (V, c) in X's precision, of which :meth:`project` makes the logits of a block: W / scale, and b.

        V is class-major, with rows of zeros up to a whole number of :data:`CLASSES_TOGETHER`; for sparse X it is
        (n_features, n_classes), as scipy's product reads it.
        """
        W = theta[: self.n_features]
        V = W if self._scale is None else W / self._scale
        c = theta[-1] if self.fit_intercept else np.zeros(theta.shape[1])
        c = c - self.scaling.mean @ V if self._centred_after else c
        V = np.ascontiguousarray(V, self.dtype) if is_sparse(self.X) else _padded(V.T, self.dtype)
        return V, c.astype(self.dtype)[:, None]

    def project(self, block: Any, V: np.ndarray, c: np.ndarray) -> np.ndarray:
        """Return the logits of a block, class-major (n_classes, rows of the block), from :meth:`weights`."""
        logits: np.ndarray = np.ascontiguousarray((block @ V).T) if is_sparse(self.X) else (V @ block.T)[: len(c)]
        logits += c
        return logits

    def zeros(self, n_classes: int) -> np.ndarray:
        """Return a theta-shaped total for :meth:`add_backward`, float64, in the order in which products come."""
        return np.zeros((self.n_parameters, n_classes), order="C" if is_sparse(self.X) else "F")

    def add_backward(self, total: np.ndarray, block: Any, residual: np.ndarray) -> None:
        """Add Z^T R and 1^T R to ``total``, theta-shaped, for R class-major (n_classes, rows of the block)."""
        if is_sparse(self.X):
            total[: self.n_features] += block.T @ np.ascontiguousarray(residual.T)
        else:
            total[: self.n_features] += (_padded(residual, residual.dtype) @ block)[: len(residual)].T
        if self.fit_intercept:
            total[-1] += residual.sum(axis=1, dtype=np.float64)

    def gradient(self, total: np.ndarray, divisor: float = 1.0) -> np.ndarray:
        """Return Z^T R and 1^T R from the total of :meth:`add_backward`: scales and divisor divided out."""
        gradient: np.ndarray = np.divide(total, divisor, order="C")
        if self._centred_after:
            gradient[: self.n_features] -= np.outer(self.scaling.mean, gradient[-1])
        if self._scale is not None:
            gradient[: self.n_features] /= self._scale
        return gradient

    def second_moment(self, vectors: np.ndarray, share: np.ndarray) -> np.ndarray:
        """Return Xb^T diag(share) Xb times vectors (n_parameters, m), in one pass over X."""
        V, c = self.weights(vectors)

        def product(rows: slice) -> np.ndarray:
            total = self.zeros(vectors.shape[1])
            for where, block in self.operands(rows):
                self.add_backward(total, block, self.project(block, V, c) * share[where].astype(self.dtype))
            return total

        return self.gradient(sum(self.workers.map(product, self.parts()), self.zeros(vectors.shape[1])))

    def forward(self, theta: np.ndarray) -> list[np.ndarray]:
        """Return the logits of all rows, class-major, one array (n_classes, rows of the part) for each part."""
        V, c = self.weights(theta)

        def logits(rows: slice) -> np.ndarray:
            found = np.empty((theta.shape[1], rows.stop - rows.start), self.dtype)
            last = 0
            for _, block in self.operands(rows):
                first, last = last, last + block.shape[0]
                found[:, first:last] = self.project(block, V, c)
            return found

        return self.workers.map(logits, self.parts())


def _padded(rows: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Copy (n_classes, m) in C order, with rows of zeros up to a whole number of CLASSES_TOGETHER."""
    n_classes, m = rows.shape
    padded = np.zeros((-(-n_classes // CLASSES_TOGETHER) * CLASSES_TOGETHER, m), dtype)
    padded[:n_classes] = rows
    return padded


def _csr_view(X: Any, rows: slice) -> Any:
    """Rows of a CSR matrix that share its memory; scipy's own slices copy."""
    first, last = X.indptr[rows.start], X.indptr[rows.stop]
    parts = (X.data[first:last], X.indices[first:last], X.indptr[rows.start : rows.stop + 1] - first)
    return type(X)(parts, shape=(rows.stop - rows.start, X.shape[1]), copy=False)


def _positive(scale: np.ndarray) -> np.ndarray:
    return np.where(scale > 0, scale, 1.0)


def _range(X: Matrix) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest value of each column, in float64."""
    if is_sparse(X):
        return X.min(axis=0).toarray().ravel().astype(float), X.max(axis=0).toarray().ravel().astype(float)
    return X.min(axis=0).astype(float), X.max(axis=0).astype(float)


def _moments(X: Matrix, span: np.ndarray, sample_weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean and standard deviation of each column, in two passes; no square overflows, for any span."""
    n_samples, n_features = X.shape
    share = np.full(n_samples, 1 / n_samples) if sample_weight is None else sample_weight / sample_weight.sum()
    design = DesignMatrix(X, Scaling(np.zeros(n_features), np.ones(n_features)))
    mean = np.zeros(n_features)
    for where, block in design.blocks():
        mean += share[where] @ block
    span = _positive(span)
    variance = np.zeros(n_features)
    if is_sparse(X):
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()  # an entry may be stored in parts, whose squares do not add up to its own
        entries, at = (X.data - mean[X.indices]) / span[X.indices], np.repeat(share, np.diff(X.indptr))
        # subtle: 1 less the stored rows' shares is rounding noise where every row is stored
        empty = 1 - np.bincount(X.indices, at, n_features)
        empty = np.where(np.bincount(X.indices, minlength=n_features) < n_samples, empty.clip(0), 0)
        variance = np.bincount(X.indices, at * entries**2, n_features) + empty * (mean / span) ** 2
    else:
        for where, block in design.blocks():
            variance += share[where] @ ((block - mean) / span) ** 2
    return mean, np.sqrt(variance) * span

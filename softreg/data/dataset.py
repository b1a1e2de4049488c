"""Dataset: what every source of data is turned into."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

    from softreg.data.roles import Role

__all__ = ["Dataset", "fingerprint"]


@dataclass(frozen=True)
class Dataset:
    """Rows of features, with their labels as text.

    ============  ==================================  ==========================================================
    field         shape                               meaning
    ============  ==================================  ==========================================================
    name                                              what a person calls it: ``iris``, ``titanic.csv``
    X             (n_samples, n_features)             float32 or float64; dense, or CSR where the source is sparse
    labels        (n_samples,) of str, or None        as they were given: ``"01"`` stays ``"01"``
    columns       n_features names                    feature names, in the order of X
    rows          (n_samples,) of int                 row number in the source, from 1, header not counted
    target                                            name of the label's column (``"label"`` where it has none)
    part          (n_samples,) of str, or None        ``train``, ``val`` or ``test``, where the source says so
    groups        (n_samples,) of str, or None        rows of one group stay on one side of a split
    pixels                                            True where the features are intensities of one common range
    image_shape   (height, width), or None            where the features are the pixels of an image
    levels        column to its values                categories: X then holds the indices of these values
    weights       (n_samples,), or None               how much each row counts
    distribution  (n_samples, n_classes), or None     soft labels over ``classes``; labels are then the likeliest
    classes       n_classes names                     of ``distribution``; empty without one
    ids           name to (n_samples,) of str         columns that name the rows, and are no features
    roles                                             what became of each column of a table
    notes                                             sentences for the user: rows dropped, columns ignored
    origin                                            what the record needs: path or version, SHA-256, replayable
    ============  ==================================  ==========================================================
    """

    name: str
    X: np.ndarray | sp.csr_array
    labels: np.ndarray | None
    columns: tuple[str, ...]
    rows: np.ndarray
    target: str = "label"
    part: np.ndarray | None = None
    groups: np.ndarray | None = None
    pixels: bool = False
    image_shape: tuple[int, int] | None = None
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    weights: np.ndarray | None = None
    distribution: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    ids: dict[str, np.ndarray] = field(default_factory=dict)
    roles: tuple[Role, ...] = ()
    notes: tuple[str, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict)

    @property
    def n_samples(self) -> int:
        """Number of rows."""
        return int(self.X.shape[0])

    @property
    def n_features(self) -> int:
        """Number of columns of X."""
        return int(self.X.shape[1])

    @property
    def sparse(self) -> bool:
        """Whether X is a sparse matrix."""
        return not hasattr(self.X, "__array_interface__")

    def take(self, rows: np.ndarray) -> Dataset:
        """Return the rows that ``rows`` selects, an index array or a boolean mask."""
        return replace(
            self,
            X=self.X[rows],
            labels=None if self.labels is None else self.labels[rows],
            rows=self.rows[rows],
            part=None if self.part is None else self.part[rows],
            groups=None if self.groups is None else self.groups[rows],
            weights=None if self.weights is None else self.weights[rows],
            distribution=None if self.distribution is None else self.distribution[rows],
            ids={name: values[rows] for name, values in self.ids.items()},
        )

    def noting(self, *notes: str) -> Dataset:
        """Return the same rows with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def fingerprint(X: np.ndarray | sp.csr_array, labels: np.ndarray | None) -> str:
    """Return the SHA-256 of the numbers in X and of the labels: the identity of data that is no file."""
    import hashlib

    import numpy as np

    digest = hashlib.sha256()
    for array in _arrays(X):
        digest.update(np.ascontiguousarray(array).reshape(-1).view("u1").data)
    if labels is not None:
        digest.update("\n".join(labels.tolist()).encode())
    return digest.hexdigest()


def _arrays(X: Any) -> list[np.ndarray]:
    return [X] if hasattr(X, "__array_interface__") else [X.data, X.indices, X.indptr]

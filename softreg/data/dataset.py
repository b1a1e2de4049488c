"""Dataset: what every source of data is turned into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sp

__all__ = ["Dataset"]


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

"""What every metric asks of its rows before it counts anything."""

from __future__ import annotations

import numpy as np

from softreg.errors import DataError

__all__ = ["need_codes", "need_rows"]


def need_rows(n_samples: int) -> None:
    """Refuse to score no rows at all: 0/0 is not a score."""
    if n_samples == 0:
        raise DataError("There are no rows to score.", "Give at least one row with a label.")


def need_codes(codes: np.ndarray, n_samples: int, n_classes: int) -> None:
    """Refuse class indices that are not one per row, or that lie outside 0 ... n_classes - 1.

    NumPy would take -1 for the last class without a word, so the range is checked and not left to indexing.
    """
    if codes.shape != (n_samples,):
        raise DataError(f"There are {n_samples} rows to score, but the class indices have the shape {codes.shape}.")
    need_rows(n_samples)
    lowest, highest = int(codes.min()), int(codes.max())
    if lowest < 0 or highest >= n_classes:
        wrong = lowest if lowest < 0 else highest
        raise DataError(f"Class index {wrong} is outside 0 to {n_classes - 1}, the {n_classes} classes of the model.")

"""The data sets that come with scikit-learn: no network, no files of the user's."""

from __future__ import annotations

import numpy as np

from softreg.data.dataset import Dataset, fingerprint

__all__ = ["bundled"]


def bundled(name: str) -> Dataset:
    """Return ``iris``, ``wine``, ``digits`` or ``breast_cancer``, with scikit-learn's names of features and classes.

    Digits are pixels, 0 to 16, in float32; the others are tables in float64.
    """
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    pixels = name == "digits"
    X = np.ascontiguousarray(bunch.data, dtype=np.float32 if pixels else np.float64)
    labels = np.asarray(bunch.target_names).astype(np.str_)[bunch.target]
    return Dataset(
        name=name,
        X=X,
        labels=labels,
        columns=tuple(map(str, bunch.feature_names)),
        rows=np.arange(1, len(X) + 1),
        pixels=pixels,
        image_shape=(8, 8) if pixels else None,
        origin={"data": name, "sha256": fingerprint(X, labels), "replayable": True},
    )

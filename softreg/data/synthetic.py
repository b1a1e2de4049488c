"""Data sets that are made here: clouds of points in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from softreg.data.dataset import Dataset, fingerprint
from softreg.errors import UsageError

if TYPE_CHECKING:
    from softreg.settings import SourceSettings

__all__ = ["synthetic"]

_NOISE = {"blobs": 1.0, "moons": 0.2, "circles": 0.1}


def synthetic(name: str, source: SourceSettings) -> Dataset:
    """Make ``blobs``, ``moons`` or ``circles``: X (samples, 2) in float64, columns x1 and x2, labels "0", "1", ...

    The same settings give the same points.

    Raises
    ------
    UsageError
        A setting is out of range, or ``centers`` is given for something else than blobs.
    """
    _check(name, source)
    from sklearn import datasets

    samples = 500 if source.samples is None else source.samples
    noise = _NOISE[name] if source.noise is None else source.noise
    if name == "blobs":
        centers = 3 if source.centers is None else source.centers
        X, y = datasets.make_blobs(samples, 2, centers=centers, cluster_std=noise, random_state=source.seed)
    elif name == "moons":
        X, y = datasets.make_moons(samples, noise=noise, random_state=source.seed)
    else:
        X, y = datasets.make_circles(samples, noise=noise, factor=0.5, random_state=source.seed)
    labels = y.astype(np.str_)
    origin = {"data": name, "sha256": fingerprint(X, labels), "replayable": True}
    return Dataset(name, X, labels, ("x1", "x2"), np.arange(1, samples + 1), origin=origin)


def _check(name: str, source: SourceSettings) -> None:
    if source.centers is not None and name != "blobs":
        raise UsageError(f"--centers has no effect on {name}, which has two classes.", "Leave it out, or use blobs.")
    if source.centers is not None and source.centers < 2:
        raise UsageError(f"--centers {source.centers} leaves nothing to classify.", "Give 2 or more.")
    if source.noise is not None and not 0 <= source.noise < np.inf:
        raise UsageError(f"--noise {source.noise} is not a spread.", "Give 0 or more.")
    least = source.centers or (3 if name == "blobs" else 2)
    samples = 500 if source.samples is None else source.samples
    if samples < least:
        raise UsageError(f"--samples {samples} is too few for {least} classes.", f"Give {least} or more.")

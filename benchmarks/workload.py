"""The data that the training benches share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.harness import Effort
from softreg.data import load
from softreg.design import DesignMatrix, Scaling
from softreg.errors import SoftregError
from softreg.objective import Objective
from softreg.settings import SourceSettings
from softreg.workers import Workers

__all__ = ["N_CLASSES", "Images", "images"]

N_SAMPLES, N_FEATURES, N_CLASSES = 60_000, 784, 10


@dataclass(frozen=True)
class Images:
    """X (n_samples, n_features) float32 in [0, 1], y (n_samples,) class indices, and where they come from."""

    X: np.ndarray
    y: np.ndarray
    source: str

    @property
    def about(self) -> str:
        return f"{self.X.shape[0]} x {self.X.shape[1]} float32, {self.source}"

    def objective(self, workers: Workers | None = None) -> Objective:
        """Return softreg's objective on them, unscaled and without penalty; its design's workers are not yet open."""
        design = DesignMatrix(self.X, Scaling.of(self.X, "none"), workers=workers or Workers())
        return Objective(design, self.y, n_classes=N_CLASSES)


@cache
def images(effort: Effort) -> Images:
    """Return the training rows of Fashion-MNIST where its files are found, else random numbers of that size."""
    try:
        return _random(2_000) if effort.quick else _fashion_mnist()
    except SoftregError:
        return _random(N_SAMPLES)


def _fashion_mnist() -> Images:
    data = load("fashion_mnist", SourceSettings())
    train = np.flatnonzero(np.asarray(data.part) == "train")
    X = np.asarray(data.X)[train] / np.float32(255)
    return Images(X, np.unique(np.asarray(data.labels)[train], return_inverse=True)[1], "Fashion-MNIST")


def _random(n_samples: int) -> Images:
    rng = np.random.default_rng(0)
    return Images(
        rng.random((n_samples, N_FEATURES), dtype=np.float32), rng.integers(N_CLASSES, size=n_samples), "random numbers"
    )

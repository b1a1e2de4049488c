"""The problem: what is fitted, and its rows made ready."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from softreg.design import is_sparse
from softreg.errors import DataError
from softreg.metrics.rows import need_weight
from softreg.settings import TrainingSettings

__all__ = ["Problem", "cast", "scale_of", "weighted_rows"]


@dataclass(frozen=True)
class Problem:
    """What is fitted.

    ``X`` (n_samples, n_features) dense or CSR, ``targets`` class indices (n_samples,) or distributions (n_samples,
    n_classes), ``classes`` their names, ``held_out`` parts to measure after every epoch: name to (X, targets),
    and where their rows weigh differently name to weights.
    ``pixels``: the columns of X share one unit. ``partial``: the rows are a part of a stream, and may lack a class.
    """

    X: Any
    targets: np.ndarray
    classes: tuple[Any, ...]
    sample_weight: np.ndarray | None = None
    held_out: Mapping[str, tuple[Any, np.ndarray]] = field(default_factory=dict)
    held_out_weight: Mapping[str, np.ndarray] = field(default_factory=dict)
    pixels: bool = False
    partial: bool = False


def scale_of(settings: TrainingSettings, X: Any, pixels: bool) -> str:
    """The scaling that ``auto`` stands for: none for sparse X, unit for pixels, else standard."""
    if settings.scale != "auto":
        return settings.scale
    return "none" if is_sparse(X) else "unit" if pixels else "standard"


def weighted_rows(problem: Problem, settings: TrainingSettings) -> tuple[Any, np.ndarray, np.ndarray]:
    """X in its precision, targets and weights (class weights in), without the rows of no weight."""
    dtype = np.dtype(settings.dtype) if settings.dtype != "auto" else _precision(problem.X)
    X, targets = cast(problem.X, dtype), problem.targets
    n_classes = len(problem.classes)
    given = problem.sample_weight
    weight = np.ones(X.shape[0]) if given is None else need_weight(np.asarray(given), X.shape[0])
    kept = weight > 0
    if not kept.all():
        X, targets, weight = X[kept], targets[kept], weight[kept]
    mass = weight @ targets if targets.ndim == 2 else np.bincount(targets, weight, n_classes)
    if not mass.all() and not problem.partial:
        missing = problem.classes[int(np.argmin(mass))]
        raise DataError(
            f'The class "{missing}" has no training row with weight.',
            "Leave the class out, or give it rows to learn from.",
        )
    if settings.class_weight == "balanced":
        share = weight.sum() / (n_classes * np.where(mass > 0, mass, np.inf))
        weight = weight * (targets @ share if targets.ndim == 2 else share[targets])
    return X, targets, weight


def _precision(X: Any) -> np.dtype[Any]:
    return np.dtype(np.float32) if X.dtype == np.float32 else np.dtype(np.float64)


def cast(X: Any, dtype: np.dtype[Any]) -> Any:
    """Return X in a precision; X itself where it has it."""
    return X if X.dtype == dtype else X.astype(dtype)

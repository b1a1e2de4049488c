"""Every default and every list of names, in one place, for the shell and the estimator alike.

The standard library only: the command line reads its choices, defaults and help texts from here, and
``softreg --help`` must not wait for NumPy. ``docs/settings.md`` is generated from these tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "BUNDLED",
    "CLASS_WEIGHTS",
    "DOWNLOADED",
    "DTYPES",
    "IDX_NAMED",
    "OPTIMIZERS",
    "PLOT_KINDS",
    "SCALES",
    "SCHEDULES",
    "SYNTHETIC",
    "TARGET_NAMES",
    "SourceSettings",
    "SplitSettings",
    "TrainingSettings",
    "idle",
]

OPTIMIZERS = ("gd", "sgd", "momentum", "nesterov", "adam")
SCHEDULES = ("constant", "inverse", "cosine")
SCALES = ("auto", "standard", "unit", "none")
CLASS_WEIGHTS = ("none", "balanced")
DTYPES = ("auto", "float32", "float64")
PLOT_KINDS = ("curves", "confusion", "weights", "boundary", "mistakes")

BUNDLED = ("iris", "wine", "digits", "breast_cancer")
SYNTHETIC = ("blobs", "moons", "circles")
DOWNLOADED = ("covtype", "20newsgroups")
IDX_NAMED = ("fashion_mnist", "mnist")
TARGET_NAMES = ("target", "label", "class", "y", "species")


def _setting(default: Any, help: str) -> Any:
    """A dataclass field that carries its own help text."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class TrainingSettings:
    """How softmax regression is fitted. ``None`` means auto."""

    optimizer: str = _setting("gd", "Descent method.")
    learning_rate: float | None = _setting(None, "Step size; auto is the proved safe step of the method.")
    batch_size: int | None = _setting(None, "Rows a step; auto is all rows, for sgd and adam at most 256.")
    epochs: int = _setting(1000, "Passes over the training rows, at most.")
    tol: float = _setting(1e-4, "Stop when the gradient's norm (mini-batch: the gain) falls below this.")
    l2: float = _setting(1e-4, "Penalty (l2/2) ||W||^2 on the mean cross-entropy.")
    momentum: float = _setting(0.9, "Share of the last step kept, for momentum and nesterov.")
    schedule: str = _setting("constant", "How the learning rate falls over the epochs.")
    early_stopping: bool = _setting(False, "Stop when validation cross-entropy no longer falls; keep the best.")
    patience: int = _setting(10, "Epochs without gain before stopping.")
    scale: str = _setting("auto", "Scaling of the features, inside the model.")
    fit_intercept: bool = _setting(True, "Fit an intercept for each class.")
    class_weight: str = _setting("none", "balanced: every class counts alike; probabilities lean to rare classes.")
    seed: int = _setting(0, "Seed of every random choice.")
    dtype: str = _setting("auto", "Precision of the features; auto is float32 for pixels, else float64.")


@dataclass(frozen=True)
class SplitSettings:
    """Which rows train, validate and test."""

    test_size: float = _setting(0.2, "Share of rows held out for the test; 0 for none.")
    val_size: float | None = _setting(None, "Share of rows held out to validate; auto is 0, 0.1 for early stopping.")
    split_col: str | None = _setting(None, "Column that says train, val or test for each row.")
    test: str | None = _setting(None, "A file with the test rows.")
    group_col: str | None = _setting(None, "Rows with the same value in this column stay on one side.")
    seed: int = _setting(0, "Seed of every random choice.")


@dataclass(frozen=True)
class SourceSettings:
    """How data is found and read."""

    target: str | None = _setting(None, "Column that holds the label.")
    exclude: tuple[str, ...] = _setting((), "Column to leave out; may be given again.")
    data_home: str | None = _setting(None, "Folder in which data sets are looked for and cached.")
    samples: int | None = _setting(None, "Rows of a synthetic data set; auto is 500.")
    noise: float | None = _setting(None, "Noise of a synthetic data set (blobs: spread); auto is 1.0, 0.2, 0.1.")
    centers: int | None = _setting(None, "Classes of blobs; auto is 3.")
    seed: int = _setting(0, "Seed of every random choice.")


def idle(settings: TrainingSettings) -> dict[str, str]:
    """Return the settings that have no effect beside the others, each with what makes it so.

    >>> sorted(idle(TrainingSettings(optimizer="gd")))
    ['batch_size', 'momentum', 'patience']
    """
    by_method = f"with the optimizer {settings.optimizer}"
    found = {}
    if settings.optimizer == "gd":
        found["batch_size"] = "with the optimizer gd, which takes all rows at every step; sgd takes batches"
    if settings.optimizer not in {"momentum", "nesterov"}:
        found["momentum"] = by_method
    full_batch = settings.optimizer == "gd" or (
        settings.batch_size is None and settings.optimizer not in {"sgd", "adam"}
    )
    if full_batch and not settings.early_stopping:
        found["patience"] = f"{by_method} on all rows, without early stopping"
    return found

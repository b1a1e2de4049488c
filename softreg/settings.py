"""Every default and every list of names, in one place, for the shell and the estimator alike.

The standard library only: the command line reads its choices, defaults and help texts from here, and
``softreg --help`` must not wait for NumPy. ``docs/settings.md`` is generated from these tables.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "BUNDLED",
    "CALIBRATIONS",
    "CLASS_WEIGHTS",
    "COUNTABLE",
    "COURSES",
    "DOWNLOADED",
    "DTYPES",
    "FIRST_ORDER",
    "IDX_NAMED",
    "MISSING",
    "OPTIMIZERS",
    "PLOT_KINDS",
    "PRECONDITIONS",
    "SCALES",
    "SCHEDULES",
    "SHARES",
    "SYNTHETIC",
    "TARGET_NAMES",
    "Bounds",
    "CalibrationSettings",
    "SelectionSettings",
    "SourceSettings",
    "SplitSettings",
    "TrainingSettings",
    "columns_in",
    "columns_text",
    "idle",
    "method_of",
    "needs_validation",
    "takes_batches",
    "tol_of",
]

FIRST_ORDER = ("gd", "sgd", "momentum", "nesterov", "adam")
OPTIMIZERS = ("auto", "cg", *FIRST_ORDER)
PRECONDITIONS = ("auto", "none", "diagonal", "whiten")
SCHEDULES = ("constant", "inverse", "cosine")
SCALES = ("auto", "standard", "unit", "none")
CLASS_WEIGHTS = ("none", "balanced")
CALIBRATIONS = ("none", "temperature")
SHARES = ("balanced", "true")
DTYPES = ("auto", "float32", "float64")
PLOT_KINDS = ("curves", "confusion", "weights", "boundary", "mistakes", "path", "reliability", "coverage")
COURSES = ("plain", "d2l", "cs231n")
MISSING = ("auto", "error", "mean", "median", "drop")

BUNDLED = ("iris", "wine", "digits", "breast_cancer")
SYNTHETIC = ("blobs", "moons", "circles")
DOWNLOADED = ("covtype", "20newsgroups")
IDX_NAMED = ("fashion_mnist", "mnist")
TARGET_NAMES = ("target", "label", "class", "y", "species")


@dataclass(frozen=True)
class Bounds:
    """Which numbers a setting takes: finite ones from ``low`` on (or, with ``above``, beyond it), all below ``below``.

    >>> Bounds(0, above=True).hold(0), Bounds(0, below=1).hold(0), Bounds(1).hold(math.inf)
    (False, True, False)
    """

    low: float
    above: bool = False
    below: float = math.inf

    def hold(self, number: float) -> bool:
        """Return whether a number is one of them."""
        return self.low <= number < self.below and not (self.above and number == self.low)

    @property
    def words(self) -> str:
        """What they are, for a sentence."""
        low = f"{'above' if self.above else 'at least'} {self.low:g}"
        return low if self.below == math.inf else f"{low} and below {self.below:.12g}"


COUNTABLE = 2**53
"""Whole numbers end here, where every library still counts exactly."""

_WHOLE = Bounds(1, below=COUNTABLE)
_SEED = Bounds(0, below=2**32)
_SHARE = Bounds(0)
_POSITIVE = Bounds(0, above=True)
MOST_SAMPLES = 10**6
"""Rows of a synthetic data set: a configuration from elsewhere must not fill the memory, nor take minutes."""


def _setting(default: Any, help: str, takes: Bounds | tuple[str, ...] | None = None) -> Any:
    """A dataclass field that carries its own help, and what it takes: numbers within bounds, or one of some words."""
    return field(default=default, metadata={"help": help, "takes": takes})


@dataclass(frozen=True)
class TrainingSettings:
    """How softmax regression is fitted. ``None`` means auto."""

    optimizer: str = _setting("auto", "Descent method; auto is cg, conjugate gradient descent.", OPTIMIZERS)
    precondition: str = _setting(
        "auto", "Coordinates of the descent; auto is whiten or diagonal for cg, else none.", PRECONDITIONS
    )
    learning_rate: float | None = _setting(None, "Step size; auto is the safe step of the method.", _POSITIVE)
    batch_size: int | None = _setting(None, "Rows a step; auto is all rows, for sgd and adam at most 256.", _WHOLE)
    epochs: int = _setting(1000, "Passes over the training rows, at most.", _WHOLE)
    tol: float | None = _setting(None, "When to stop, see docs/stopping.md; auto is 1e-5 for cg, else 1e-4.", _SHARE)
    time_limit: float | None = _setting(None, "Seconds after which to stop; auto is no limit.", _POSITIVE)
    l2: float = _setting(
        1e-4, "Penalty (l2/2) ||W||^2 on the mean cross-entropy; auto chooses it by cross-validation.", _SHARE
    )
    momentum: float = _setting(
        0.9, "Share of the last step kept, below 1, for momentum and nesterov.", Bounds(0, below=1)
    )
    schedule: str = _setting("constant", "How the learning rate falls over the epochs.", SCHEDULES)
    early_stopping: bool = _setting(False, "Stop when validation cross-entropy no longer falls; keep the best.")
    patience: int = _setting(10, "Epochs without gain before stopping.", _WHOLE)
    scale: str = _setting("auto", "Scaling of the features, inside the model.", SCALES)
    fit_intercept: bool = _setting(True, "Fit an intercept for each class.")
    class_weight: str = _setting(
        "none", "balanced: every class counts alike; probabilities lean to rare classes.", CLASS_WEIGHTS
    )
    seed: int = _setting(0, "Seed of every random choice.", _SEED)
    threads: int | None = _setting(
        None, "Threads; auto is one for each core. The result is the same for any number.", _WHOLE
    )
    dtype: str = _setting("auto", "Precision of the features; auto is float32 for pixels, else float64.", DTYPES)


@dataclass(frozen=True)
class CalibrationSettings:
    """What is done to the probabilities of a fitted model, in its weights."""

    calibrate: str = _setting("none", "Mend the probabilities on validation rows.", CALIBRATIONS)
    shares: str = _setting(
        "balanced", "true: after --class-weight balanced, shift back to the training rows' shares.", SHARES
    )


@dataclass(frozen=True)
class SplitSettings:
    """Which rows train, validate and test."""

    test_size: float = _setting(0.2, "Share of rows held out for the test; 0 for none.", _SHARE)
    val_size: float | None = _setting(
        None, "Share of rows held out to validate; auto is 0, 0.1 where they are needed.", _SHARE
    )
    split_col: str | None = _setting(None, "Column that says train, val or test for each row.")
    test: str | None = _setting(None, "A file with the test rows.")
    group_col: str | None = _setting(None, "Rows with the same value in this column stay on one side.")
    seed: int = _setting(0, "Seed of every random choice.", _SEED)


@dataclass(frozen=True)
class SourceSettings:
    """How data is found and read."""

    target: str | None = _setting(None, "Column that holds the label.")
    features: tuple[str, ...] = _setting((), "Column to use, or a pattern such as 'dose_*'; may be given again.")
    exclude: tuple[str, ...] = _setting((), "Column to leave out, or a pattern; may be given again.")
    id: tuple[str, ...] = _setting((), "Column that names the row: kept beside predictions; may be given again.")
    numeric: tuple[str, ...] = _setting((), "Column to use as a number, whatever it looks like; may be given again.")
    categorical: tuple[str, ...] = _setting((), "Column to use as a category; may be given again.")
    missing: str = _setting("auto", "Missing values; auto: median and an indicator, for categories a level.", MISSING)
    min_count: int = _setting(5, "A level of a category that fewer training rows have is grouped as rare.", _WHOLE)
    weight_col: str | None = _setting(None, "Column with the weight of each row.")
    target_distribution: tuple[str, ...] = _setting(
        (), "Columns that hold a distribution over the classes (or counts), with commas between: soft labels."
    )
    separator: str | None = _setting(None, "Character between the fields of a CSV (tab for a tab); auto finds it.")
    encoding: str | None = _setting(None, "Encoding of a CSV, such as latin-1; auto is UTF-8.")
    data_home: str | None = _setting(None, "Folder in which data sets are looked for and cached.")
    samples: int | None = _setting(
        None, "Rows of a synthetic data set; auto is 500.", Bounds(1, below=MOST_SAMPLES + 1)
    )
    noise: float | None = _setting(
        None, "Noise of a synthetic data set (blobs: spread); auto is 1.0, 0.2, 0.1.", _SHARE
    )
    centers: int | None = _setting(None, "Classes of blobs; auto is 3.", Bounds(2, below=COUNTABLE))
    seed: int = _setting(0, "Seed of every random choice.", _SEED)


@dataclass(frozen=True)
class SelectionSettings:
    """How l2 is chosen, and whether the rest is measured by cross-validation."""

    l2_auto: bool = False
    cv: int | None = _setting(
        None,
        "Folds of a cross-validation of the training rows, beside the test; auto is none.",
        Bounds(2, below=COUNTABLE),
    )
    folds: int = _setting(5, "Folds in which --l2 auto is judged.", Bounds(2, below=COUNTABLE))
    seed: int = _setting(0, "Seed of every random choice.", _SEED)


def method_of(settings: TrainingSettings) -> str:
    """Return the optimizer that ``auto`` stands for.

    >>> method_of(TrainingSettings())
    'cg'
    """
    return "cg" if settings.optimizer == "auto" else settings.optimizer


def tol_of(settings: TrainingSettings) -> float:
    """Return the tolerance that ``auto`` stands for: 1e-5 for cg, 1e-4 for the others."""
    if settings.tol is not None:
        return settings.tol
    return 1e-5 if method_of(settings) == "cg" else 1e-4


def needs_validation(early_stopping: bool, calibrate: str) -> bool:
    """Return whether a training must hold rows out to validate: to know when to stop, or to be calibrated on.

    >>> needs_validation(early_stopping=False, calibrate="temperature")
    True
    """
    return early_stopping or calibrate == "temperature"


def takes_batches(settings: TrainingSettings) -> bool:
    """Return whether the method may take fewer rows a step than all: sgd and adam do, the others if asked to."""
    method = method_of(settings)
    return method in {"sgd", "adam"} or (settings.batch_size is not None and method in {"momentum", "nesterov"})


def idle(settings: TrainingSettings) -> dict[str, str]:
    """Return the settings that have no effect beside the others, each with what makes it so.

    >>> sorted(idle(TrainingSettings(optimizer="gd")))
    ['batch_size', 'momentum', 'patience']
    """
    method = method_of(settings)
    by_method = f"with the optimizer {method}"
    found = {}
    if method == "gd":
        found["batch_size"] = f"{by_method}, which takes all rows at every step; sgd takes batches"
    if method == "cg":
        found["learning_rate"] = f"{by_method}, which finds the best step along each direction; gd takes a fixed one"
        found |= {"batch_size": f"{by_method}, which takes all rows at every step; sgd takes batches"}
        found |= {"schedule": by_method}
    if method not in {"momentum", "nesterov"}:
        found["momentum"] = by_method
    if takes_batches(settings):
        found["precondition"] = f"{by_method} on batches"
    elif not settings.early_stopping:
        found["patience"] = f"{by_method} on all rows, without early stopping"
    return found


def columns_in(text: str) -> tuple[str, ...]:
    """Return the names of columns with commas between them; a name that holds a comma stands in quotation marks.

    >>> columns_in('rain, "sun, wind"')
    ('rain', 'sun, wind')
    """
    names = next(csv.reader([text], skipinitialspace=True), [])
    return tuple(name.strip() for name in names if name.strip())


def columns_text(names: tuple[str, ...]) -> str:
    """Return the text of which :func:`columns_in` makes the names.

    >>> columns_text(("rain", "sun, wind"))
    'rain,"sun, wind"'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()

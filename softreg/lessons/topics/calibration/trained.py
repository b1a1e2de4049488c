"""Models trained on the learner's rows with three penalties, before and after one temperature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.calibration import Temperature, fit_temperature
from softreg.errors import UsageError, plural
from softreg.functional import log_softmax, softmax
from softreg.lessons.given import Rows
from softreg.metrics import (
    accuracy,
    band,
    cross_entropy,
    ece_if_calibrated,
    expected_calibration_error,
    reliability_table,
)
from softreg.settings import TrainingSettings

__all__ = ["L2S", "Judged", "parts_of", "share_of_classes", "trained"]

L2S = (1e-6, 5e-4, 1e-1)
TRAIN_SHARE = 0.15
"""So few that weights without a price run away."""

TOL = 1e-8
"""Closer than one trains otherwise, to show the mean probabilities equal to the shares."""

FEWEST_ROWS, FEWEST_OF_A_CLASS = 60, 4


@dataclass(frozen=True)
class Judged:
    """A model on the rows that judge it: its temperature was fitted on others. ``before`` and ``after`` are reports."""

    l2: float
    temperature: Temperature
    before: dict[str, Any]
    after: dict[str, Any]
    n_changed: int
    mean_proba: np.ndarray

    @property
    def told(self) -> str:
        """A title for its diagram."""
        return f"l2 {self.l2:g}: {self.before['verdict']}"


def parts_of(rows: Rows, generator: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """Return the rows that train, those that fit a temperature, and those that judge.

    Raises :class:`UsageError` where there are too few.
    """
    fewest = int(np.bincount(rows.y, minlength=rows.n_classes).min())
    if len(rows.y) < FEWEST_ROWS or fewest < FEWEST_OF_A_CLASS:
        raise UsageError(
            f"{rows.name} has {plural(len(rows.y), 'row')}, and {fewest} of its rarest class: too few for three parts.",
            f"Take data with {FEWEST_ROWS} rows or more, {FEWEST_OF_A_CLASS} of every class, or leave --data out.",
        )
    train, others = rows.halves(TRAIN_SHARE, generator)
    mend, judge = others.halves(0.5, generator)
    return train, mend, judge


def trained(train: Rows, mend: Rows, judge: Rows, l2: float, generator: np.random.Generator) -> Judged:
    """Fit a model and its temperature, and judge both on rows that neither has seen."""
    model = train.fit(TrainingSettings(l2=l2, tol=TOL))

    def logits(rows: Rows) -> np.ndarray:
        return np.asarray(rows.X @ model.weights + model.intercept)

    temperature = fit_temperature(logits(mend), mend.y)
    sharp, soft = logits(judge), logits(judge) / temperature.value
    return Judged(
        l2,
        temperature,
        _report(sharp, judge.y, generator),
        _report(soft, judge.y, generator),
        int((sharp.argmax(axis=1) != soft.argmax(axis=1)).sum()),
        softmax(logits(train)).mean(axis=0),
    )


def share_of_classes(train: Rows, judge: Rows, generator: np.random.Generator) -> dict[str, Any]:
    """Judge the model that gives every row the shares of the classes."""
    share = np.bincount(train.y, minlength=train.n_classes) / len(train.y)
    return _report(np.tile(np.log(share), (len(judge.y), 1)), judge.y, generator)


def _report(logits: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    """What a reliability diagram shows, and whether accuracy is where chance would put it."""
    log_proba, proba = log_softmax(logits), softmax(logits)
    confidence = proba.max(axis=1)
    low, high = band(confidence, np.ones(len(y)), generator)
    right = accuracy(y, proba.argmax(axis=1))
    return {
        "accuracy": right,
        "confidence": float(confidence.mean()),
        "ece": expected_calibration_error(proba, y),
        "ece_if_calibrated": ece_if_calibrated(proba, rng=generator),
        "cross_entropy": cross_entropy(log_proba, y),
        "verdict": "too sure" if right < low else "too unsure" if right > high else "no fault",
        "reliability": reliability_table(proba, y, rng=generator),
    }

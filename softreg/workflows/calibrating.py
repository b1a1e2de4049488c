"""Calibrating: a fitted model's probabilities made to mean what they say, and measured before and after."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.calibration import Temperature, fit_temperature, folded, shift_of_shares
from softreg.errors import UsageError
from softreg.metrics import class_mass, evaluate
from softreg.model import SoftmaxModel
from softreg.settings import CalibrationSettings
from softreg.workflows.material import Material

__all__ = ["Calibrated", "calibrated", "refuse_calibration"]

MEASURES = ("cross_entropy", "brier", "ece", "ece_if_calibrated", "reliability")
ROW = "validation row"


@dataclass(frozen=True)
class Calibrated:
    """The model to keep, and the log-probabilities of every part by it and by the model as it was ``fitted``.

    ``metrics`` are those of the parts, and under ``calibration`` what was done, where anything was.
    """

    model: SoftmaxModel
    log_proba: dict[str, np.ndarray]
    fitted: dict[str, np.ndarray]
    metrics: dict[str, Any]


def refuse_calibration(ready: Material, settings: CalibrationSettings) -> None:
    """Refuse what these rows do not allow; asked before training, not after."""
    if settings.calibrate == "temperature" and not len(ready.split.val):
        raise UsageError(
            "--calibrate temperature is fitted on validation rows, and there are none.",
            "Leave --val-size out, or give it a share of the rows such as 0.1.",
        )
    if settings.shares == "true" and not ready.hard:
        raise UsageError(
            "--shares true cannot be had with soft labels: their rows belong to several classes at once.",
            "Leave it out.",
        )


def calibrated(ready: Material, model: SoftmaxModel, settings: CalibrationSettings, *, balanced: bool) -> Calibrated:
    """Correct the shares, then fit a temperature, where either is asked for; fold both in, and measure every part.

    ``balanced``: the classes were weighed alike in training.
    """
    fitted = _log_proba(ready, model)
    if not balanced and settings.calibrate == "none":
        return Calibrated(model, fitted, fitted, _scores(ready, fitted))
    back = balanced and settings.shares == "true"
    shift = shift_of_shares(ready.masses, np.ones(len(ready.classes))) if back else None
    found, n_rows = Temperature(1.0), 0
    if settings.calibrate == "temperature":
        found, n_rows = _temperature(ready, fitted["val"], shift), len(ready.split.val)
    shares = settings.shares if balanced else None
    after = folded(
        model, found.value, shift, reason=found.reason, interval=_interval(found), n_rows=n_rows or None, shares=shares
    )
    changed = shift is not None or found.value != 1
    log_proba = _log_proba(ready, after) if changed else fitted
    metrics = _scores(ready, log_proba)
    held = {name: values for name, values in fitted.items() if name != "train"}
    told = after.metadata["calibration"] | {
        "mean_proba": _mean_proba(ready, fitted["train"], log_proba["train"]) if balanced else None,
        "before": _measured(_scores(ready, held)) if changed else None,
        "after": _measured({name: metrics[name] for name in held}) if changed else None,
    }
    return Calibrated(after, log_proba, fitted, metrics | {"calibration": told})


def _interval(found: Temperature) -> list[float | None] | None:
    """The ends of a temperature's interval, as JSON can hold them: null for infinity."""
    if found.low is None or found.high is None:
        return None
    return [found.low, found.high if math.isfinite(found.high) else None]


def _log_proba(ready: Material, model: SoftmaxModel) -> dict[str, np.ndarray]:
    """The log-probabilities of every part."""
    return {
        name: model.predict_log_proba(ready.features(model.preparation, rows)) for name, rows in ready.parts.items()
    }


def _temperature(ready: Material, log_proba: np.ndarray, shift: np.ndarray | None) -> Temperature:
    """The temperature of the validation rows; log-probabilities are logits less a number for each row."""
    rows = ready.split.val
    moved = log_proba if shift is None else log_proba + shift
    return fit_temperature(moved, ready.targets(rows), ready.of(ready.dataset.weights, rows), ROW)


def _scores(ready: Material, log_proba: dict[str, np.ndarray]) -> dict[str, Any]:
    """The metrics of some parts, beside what guessing by the training rows would have scored."""
    return {
        name: evaluate(
            values,
            ready.codes[rows],
            ready.classes,
            np.arange(len(ready.classes)),
            sample_weight=ready.of(ready.dataset.weights, rows),
            train_weight=ready.masses,
            distribution=ready.of(ready.dataset.distribution, rows),
        )
        for name, values in log_proba.items()
        for rows in [ready.parts[name]]
    }


def _measured(reports: dict[str, Any]) -> dict[str, Any]:
    """Of each report, what speaks of the probabilities."""
    return {part: {name: report[name] for name in MEASURES} for part, report in reports.items()}


def _mean_proba(ready: Material, before: np.ndarray, after: np.ndarray) -> list[dict[str, Any]]:
    """For each class its share of the training rows, and the mean probability that the model gives it on them."""
    weight = ready.of(ready.dataset.weights, ready.split.train)
    means = [class_mass(np.exp(values), len(ready.classes), weight) for values in (before, after)]
    columns = [(values / values.sum()).tolist() for values in (ready.masses, *means)]
    names = ("class", "share", "before", "after")
    return [dict(zip(names, line, strict=True)) for line in zip(ready.classes, *columns, strict=True)]

"""Record: what was asked of a training, what it gave, and the files that it leaves in its run folder."""

from __future__ import annotations

import dataclasses
import platform
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from softreg import __version__
from softreg.data.dataset import Dataset
from softreg.data.split import Split
from softreg.export.as_csv import coefficients
from softreg.model import SoftmaxModel
from softreg.objective import sklearn_c
from softreg.runs import Run
from softreg.selection import Path as L2Path
from softreg.settings import (
    TrainingSettings,
    columns_text,
    idle,
    method_of,
)
from softreg.training import Fit
from softreg.workflows.answers import Mistake, answers, write_table
from softreg.workflows.draw import draw_into_run
from softreg.workflows.request import TrainRequest

__all__ = ["SCHEMA", "TrainResult", "config_of", "objective_of", "record"]

SCHEMA = 1
LIBRARIES = ("numpy", "scipy", "scikit-learn", "polars", "matplotlib", "click")


@dataclass(frozen=True)
class TrainResult:
    """What there is to tell of a training; ``separated`` names classes whose weights, unpenalised, have no end."""

    run: Run
    dataset: Dataset
    split: Split
    model: SoftmaxModel
    fit: Fit
    settings: TrainingSettings
    metrics: dict[str, Any]
    class_counts: dict[str, int]
    mistake: Mistake | None = None
    separated: tuple[str, ...] = ()
    path: L2Path | None = None
    missing: str = "auto"
    notes: tuple[str, ...] = ()


def record(told: TrainResult, request: TrainRequest, test_log_proba: np.ndarray | None) -> None:
    """Write every file of the run but config.toml, with which it begins; metrics.json, which ends it, comes last."""
    run, model = told.run, told.model
    run.write_json("environment.json", _environment(request, told.dataset))
    model.save(run.path / "model.npz")
    run.write_history(told.fit.history)
    write_table(coefficients(model), run.path / "coefficients.csv")
    rows = told.split.test
    if test_log_proba is not None and told.dataset.labels is not None:
        named = {name: values[rows] for name, values in told.dataset.ids.items()}
        numbers = {"row": told.dataset.rows[rows]} | named | {"target": told.dataset.labels[rows]}
        write_table(answers(test_log_proba, model.classes, first=numbers), run.path / "predictions.csv")
    draw_into_run(run, told.fit.history, told.metrics)
    run.tidy()
    run.write_json("metrics.json", told.metrics)


def objective_of(result: Fit, settings: TrainingSettings, n_classes: int) -> dict[str, Any]:
    """Return what metrics.json tells of the training objective."""
    step, certificate = result.step_size, result.certificate
    # what gd would need is told from the weights, which must be the best ones
    best = result.converged and result.state.epoch == result.history[-1]["epoch"]
    return {
        "final": result.objective,
        "cross_entropy": result.cross_entropy,
        "penalty": result.objective - result.cross_entropy,
        "converged": result.converged,
        "diverged": result.diverged,
        "stopped_because": result.stopped_because,
        "iterations": len(result.history) - 1,
        "kept_epoch": result.state.epoch,
        "optimizer": method_of(settings),
        "learning_rate": step.learning_rate if step else None,
        "curvature_bound": step.curvature if step else None,
        "gap_lower": certificate.gap_lower if certificate else None,
        "gap_upper": certificate.gap_upper if certificate else None,
        "gap_reason": certificate.reason if certificate else "",
        "gd_steps": result.gd_steps if best else None,
        "l2": settings.l2,
        "sklearn_C": sklearn_c(settings.l2, n_classes, result.total_weight),
    }


def config_of(request: TrainRequest, dataset: Dataset) -> dict[str, Any]:
    """Return every setting that has an effect; ``None`` (auto) is left out, so that a replay chooses again."""
    config: dict[str, Any] = {"data": request.data, "init_from": request.init_from}
    for settings in (request.source, request.split, request.training, request.selection, request.calibration):
        config |= dataclasses.asdict(settings)
    if config.pop("l2_auto"):
        config["l2"] = "auto"
    else:
        del config["folds"]
    config["target_distribution"] = columns_text(request.source.target_distribution) or None
    silent = set(idle(request.training))
    if request.training.class_weight != "balanced":
        silent.add("shares")
    if dataset.part is not None:
        silent.add("test_size")
    kept = {name: value for name, value in config.items() if value not in (None, ()) and name not in silent}
    return kept | {"record": {"softreg": __version__, "data_sha256": dataset.origin["sha256"]}}


def _environment(request: TrainRequest, dataset: Dataset) -> dict[str, Any]:
    return {
        "softreg": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: metadata.version(name) for name in LIBRARIES},
        "seed": request.training.seed,
        "data": request.data,
        "data_sha256": dataset.origin["sha256"],
        "replayable": dataset.origin["replayable"],
    }

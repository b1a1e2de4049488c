"""Train: from the name of some data to a run folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from softreg import __version__, data, runs
from softreg.checks.separable import separated
from softreg.data.leaks import leave_out, telling
from softreg.design import Scaling
from softreg.errors import listed
from softreg.model import SoftmaxModel
from softreg.preparation import Preparation
from softreg.selection import Path as L2Path
from softreg.selection import cross_validate
from softreg.settings import TrainingSettings, needs_validation
from softreg.training import Fit, Row, StepSize, fit
from softreg.workflows.answers import surest_mistake
from softreg.workflows.calibrating import calibrated, refuse_calibration
from softreg.workflows.material import Material, material
from softreg.workflows.penalty import penalised
from softreg.workflows.record import SCHEMA, TrainResult, objective_of, record
from softreg.workflows.request import TrainRequest, refuse_idle, refuse_sizes

__all__ = ["train"]


def train(
    request: TrainRequest,
    *,
    announce: Callable[[StepSize | None], None] | None = None,
    observe: Callable[[Row], str | None] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> TrainResult:
    """Load, split, prepare, choose l2, fit, calibrate, measure, and write a run folder.

    Nothing is written before the fit has ended; a diverged fit is written too, with its best weights. ``progress`` is
    told of a selection: what is being done, and how much of how much is.
    """
    refuse_idle(request)
    runs.check(request.out, request.overwrite)
    dataset = data.load(request.data, request.source, request.split)
    refuse_sizes(request, dataset)
    needs_val = needs_validation(request.training.early_stopping, request.calibration.calibrate)
    ready = material(dataset, request.source, request.split, needs_val=needs_val)
    refuse_calibration(ready, request.calibration)
    dataset = ready.dataset  # less the rows of weight 0: the parts count its rows
    settings, path = penalised(ready, request, progress)
    parts, rows = ready.parts, ready.split.train
    watched = [name for name in ("val", "test") if name in parts and (name == "val" or dataset.part is not None)]
    preparation = ready.preparation(rows)
    problem = ready.problem(preparation, rows, {name: parts[name] for name in watched})
    result = fit(problem, settings, proved=True, announce=announce, observe=observe)
    model = _model(ready, preparation, problem.X, result, settings)
    done = calibrated(ready, model, request.calibration, balanced=settings.class_weight == "balanced")
    metrics: dict[str, Any] = {"schema": SCHEMA, "objective": objective_of(result, settings, len(ready.classes))}
    metrics |= done.metrics
    metrics |= _selected(ready, request, settings, path, progress)
    run = runs.create(request.out, Path(dataset.name).stem or "run", request.overwrite)
    told = TrainResult(run, dataset, ready.split, done.model, result, settings, metrics, _counts(ready), path=path)
    folded = tuple(metrics.get("cross_validation", {}).get("notes", ()))
    notes = _leaks(ready) + (path.notes if path else ()) + folded
    told = replace(told, missing=ready.source.missing, notes=tuple(dict.fromkeys(notes)))
    if not settings.l2 and ready.hard:
        apart = separated(done.fitted["train"], ready.codes[rows], fit_intercept=settings.fit_intercept)
        told = replace(told, separated=tuple(ready.classes[k] for k in apart))
    held = "test" if "test" in parts else "val" if "val" in parts else None
    if held:
        wrong = surest_mistake(done.log_proba[held], ready.codes[parts[held]], dataset, parts[held])
        told = replace(told, mistake=wrong)
    record(told, request, done.log_proba.get("test"))
    return told


def _selected(
    ready: Material,
    request: TrainRequest,
    settings: TrainingSettings,
    path: L2Path | None,
    progress: Callable[[str, int, int], None] | None,
) -> dict[str, Any]:
    """What metrics.json tells of the choice of l2, and of a cross-validation."""
    found: dict[str, Any] = {"l2_path": path.to_json()} if path else {}
    if request.selection.cv:
        tell = (lambda done, total: progress("cross-validation", done, total)) if progress else None
        found["cross_validation"] = cross_validate(
            ready.fold,
            ready.codes,
            ready.split.train,
            settings,
            folds=request.selection.cv,
            inner=request.selection.folds if path else None,
            groups=ready.dataset.groups,
            classes=ready.classes,
            seed=request.selection.seed,
            observe=tell,
        ).to_json()
    return found


def _leaks(ready: Material) -> tuple[str, ...]:
    """A note on columns that alone tell the class."""
    dataset, rows = ready.dataset, ready.split.train
    if not dataset.roles or not ready.hard:
        return ()
    found = telling(np.asarray(dataset.X)[rows], ready.codes[rows], dataset.columns, dataset.levels)
    if not found:
        return ()
    which = f"the column {found[0]} alone tells" if len(found) == 1 else f"{listed(found)} each alone tell"
    return (f"{which} the class of nearly every row. {leave_out(found)}",)


def _counts(ready: Material) -> dict[str, int]:
    """Rows of each class, of all parts."""
    counts = np.bincount(ready.codes, minlength=len(ready.classes))
    return dict(zip(ready.classes, counts.tolist(), strict=True))


def _model(ready: Material, preparation: Preparation, X: Any, result: Fit, settings: TrainingSettings) -> SoftmaxModel:
    """The raw weights, with what the other commands need to know of the training."""
    dataset = ready.dataset
    plain = result.scale == "standard" and settings.fit_intercept  # else what training divided by is not centred
    moments = result.scaling if plain else Scaling.of(X, "standard", ready.of(ready.dataset.weights, ready.split.train))
    about = {
        "softreg": __version__,
        "data": dataset.name,
        "data_sha256": dataset.origin["sha256"],
        "l2": settings.l2,
        "scale": result.scale,
        "image_shape": dataset.image_shape,
        "class_counts": dict(zip(ready.classes, ready.masses.tolist(), strict=True)),
        "id": list(dataset.ids),
        "target_distribution": list(ready.source.target_distribution),
        "weight_col": ready.source.weight_col,
    }
    features = {"mean": result.scaling.mean, "scale": result.scaling.scale}
    features |= {"average": moments.mean, "deviation": moments.scale}
    return SoftmaxModel(
        result.weights,
        result.intercept,
        ready.classes,
        preparation.features,
        dataset.target,
        about,
        features,
        preparation,
    )

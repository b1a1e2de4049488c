"""Trained: from material and settings to a run that is fitted, calibrated, measured and recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from softreg import __version__
from softreg.checks.separable import separated
from softreg.data.leaks import leave_out, telling
from softreg.design import Scaling
from softreg.errors import listed
from softreg.model import SoftmaxModel
from softreg.preparation import Preparation
from softreg.runs import Run, settled
from softreg.selection import Path as L2Path
from softreg.selection import cross_validate
from softreg.settings import TrainingSettings
from softreg.training import Checkpoint, Fit, Problem, Row, StepSize, fit
from softreg.training.problem import scale_of
from softreg.workflows.answers import surest_mistake
from softreg.workflows.calibrating import Calibrated, calibrated
from softreg.workflows.keeping import Keeper
from softreg.workflows.kinship import refuse_other
from softreg.workflows.material import Material
from softreg.workflows.record import SCHEMA, TrainResult, objective_of, record
from softreg.workflows.request import TrainRequest

__all__ = ["Training", "Watch", "trained"]


@dataclass(frozen=True)
class Watch:
    """Who is told of a training while it goes on.

    ``announce`` is told the step size before the first step, ``observe`` every row of the history (a sentence that it
    returns ends training), ``fitted`` that the fit has ended and is kept where much follows it, and ``progress`` of a
    selection: what is being done, and how much of how much is.
    """

    announce: Callable[[StepSize | None], None] | None = None
    observe: Callable[[Row], str | None] | None = None
    progress: Callable[[str, int, int], None] | None = None
    fitted: Callable[[], None] | None = None


@dataclass(frozen=True)
class Training:
    """What is trained: the material, what was asked, and the settings with the l2 of the path, if there is one."""

    ready: Material
    request: TrainRequest
    settings: TrainingSettings
    path: L2Path | None


def trained(
    what: Training,
    begun: Callable[[], Run],
    watch: Watch,
    *,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    earlier: Checkpoint | None = None,
) -> TrainResult:
    """Fit, calibrate, measure and write, in the run that ``begun`` makes or finds.

    ``start`` is the first (weights, intercept); with ``earlier``, training goes on from there. Raises
    :class:`StoppedError` where Ctrl-C comes for the second time before all is written: the epochs are kept.
    """
    ready, settings = what.ready, what.settings
    rows = ready.split.train
    preparation = ready.preparation(rows)
    problem = ready.problem(preparation, rows, {name: ready.parts[name] for name in _watched(ready)})
    if earlier is not None:
        refuse_other(earlier, problem, settings)
    model_at = partial(_model, ready, preparation, problem, settings)
    about = {"l2": settings.l2, "l2_path": what.path.to_json() if what.path else None}
    keeper = Keeper(
        begun, lambda now: model_at(scaling=now.scaling, theta=now.state.theta), about, what.request.checkpoint_every
    )
    with keeper:
        result = fit(
            problem,
            settings,
            start=start,
            resume=earlier,
            proved=True,
            announce=watch.announce,
            observe=watch.observe,
            keep=keeper.take,
        )
        if what.request.selection.cv and watch.fitted:
            keeper.write()
            watch.fitted()
        model = model_at(scaling=result.scaling, theta=result.state.theta)
        done = calibrated(ready, model, what.request.calibration, balanced=settings.class_weight == "balanced")
        told = _told(what, keeper.run, result, done, watch)
        resumable = not (result.converged or result.diverged)
        if resumable:
            keeper.write()  # before metrics.json, which says that the run is complete
        record(told, what.request, done.log_proba.get("test"))
        if not resumable:
            keeper.drop()
    run = settled(told.run)
    run.remember()
    return replace(told, run=run)


def _watched(ready: Material) -> list[str]:
    """The held-out parts that are measured after every epoch."""
    of_its_own = ready.dataset.part is not None
    return [name for name in ("val", "test") if name in ready.parts and (name == "val" or of_its_own)]


def _told(what: Training, run: Run, result: Fit, done: Calibrated, watch: Watch) -> TrainResult:
    """What there is to tell of a training, its metrics among it."""
    ready, settings, path = what.ready, what.settings, what.path
    dataset, parts = ready.dataset, ready.parts
    metrics: dict[str, Any] = {"schema": SCHEMA, "objective": objective_of(result, settings, len(ready.classes))}
    metrics |= done.metrics
    metrics |= _selected(ready, what.request, settings, path, watch.progress)
    told = TrainResult(run, dataset, ready.split, done.model, result, settings, metrics, _counts(ready), path=path)
    folded = tuple(metrics.get("cross_validation", {}).get("notes", ()))
    notes = _leaks(ready) + (path.notes if path else ()) + folded
    told = replace(told, missing=ready.source.missing, notes=tuple(dict.fromkeys(notes)))
    if not settings.l2 and ready.hard:
        codes = ready.codes[ready.split.train]
        apart = separated(done.fitted["train"], codes, fit_intercept=settings.fit_intercept)
        told = replace(told, separated=tuple(ready.classes[k] for k in apart))
    held = "test" if "test" in parts else "val" if "val" in parts else None
    if held:
        wrong = surest_mistake(done.log_proba[held], ready.codes[parts[held]], dataset, parts[held])
        told = replace(told, mistake=wrong)
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


def _model(
    ready: Material,
    preparation: Preparation,
    problem: Problem,
    settings: TrainingSettings,
    *,
    scaling: Scaling,
    theta: np.ndarray,
) -> SoftmaxModel:
    """The raw weights, with what the other commands need to know of the training."""
    dataset, scale = ready.dataset, scale_of(settings, problem.X, problem.pixels)
    plain = scale == "standard" and settings.fit_intercept  # else what training divided by is not centred
    moments = scaling if plain else Scaling.of(problem.X, "standard", problem.sample_weight)
    weights, intercept = scaling.fold(theta)
    about = {
        "softreg": __version__,
        "data": dataset.name,
        "data_sha256": dataset.origin["sha256"],
        "l2": settings.l2,
        "scale": scale,
        "image_shape": dataset.image_shape,
        "class_counts": dict(zip(ready.classes, ready.masses.tolist(), strict=True)),
        "id": list(dataset.ids),
        "target_distribution": list(ready.source.target_distribution),
        "weight_col": ready.source.weight_col,
    }
    features = {"mean": scaling.mean, "scale": scaling.scale}
    features |= {"average": moments.mean, "deviation": moments.scale}
    return SoftmaxModel(
        weights,
        intercept,
        ready.classes,
        preparation.features,
        dataset.target,
        about,
        features,
        preparation,
    )

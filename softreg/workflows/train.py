"""Train: from the name of some data to a run folder."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from softreg import __version__, data, runs
from softreg.data.dataset import Dataset
from softreg.data.labels import classes_of, encode
from softreg.data.split import Split, split_rows
from softreg.design import Scaling
from softreg.errors import UsageError
from softreg.metrics import evaluate
from softreg.model import SoftmaxModel
from softreg.objective import sklearn_c
from softreg.runs import Run
from softreg.settings import SourceSettings, SplitSettings, TrainingSettings, idle, method_of
from softreg.training import Fit, Problem, Row, StepSize, fit
from softreg.workflows.answers import Mistake, answers, surest_mistake, write_table
from softreg.workflows.draw import draw_into_run
from softreg.workflows.separable import separated

__all__ = ["TrainRequest", "TrainResult", "train"]

SCHEMA = 1
LIBRARIES = ("numpy", "scipy", "scikit-learn", "polars", "matplotlib", "click")


@dataclass(frozen=True)
class TrainRequest:
    """What the user asked for; ``given`` names the settings that were asked for by name, not by default."""

    data: str
    training: TrainingSettings
    source: SourceSettings
    split: SplitSettings
    out: Path | None = None
    overwrite: bool = False
    given: frozenset[str] = frozenset()


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
    notes: tuple[str, ...] = field(default=())


def train(
    request: TrainRequest,
    *,
    announce: Callable[[StepSize | None], None] | None = None,
    observe: Callable[[Row], str | None] | None = None,
) -> TrainResult:
    """Load, split, fit, measure, and write a run folder.

    Nothing is written before the fit has ended; a diverged fit is written too, with its best weights.
    """
    _refuse_idle(request)
    runs.check(request.out, request.overwrite)
    dataset = data.load(request.data, request.source, request.split)
    _refuse_sizes(request, dataset)
    assert dataset.labels is not None  # load() gives labelled rows
    classes = classes_of(dataset.labels)
    codes = encode(dataset.labels, classes)
    split = split_rows(dataset, codes, request.split, needs_val=request.training.early_stopping)
    parts = {name: rows for name in ("train", "val", "test") if len(rows := getattr(split, name))}
    watched = [name for name in ("val", "test") if name in parts and (name == "val" or dataset.part is not None)]
    X = {name: _rows(dataset.X, rows) for name, rows in parts.items()}
    problem = Problem(
        X["train"],
        codes[split.train],
        classes,
        held_out={name: (X[name], codes[parts[name]]) for name in watched},
        pixels=dataset.pixels,
    )
    result = fit(problem, request.training, proved=True, announce=announce, observe=observe)
    model = _model(dataset, X["train"], result, request.training, _counts(codes[split.train], classes))
    log_proba = {name: model.predict_log_proba(X[name]) for name in parts}
    scores = {name: evaluate(log_proba[name], codes[rows], classes, codes[split.train]) for name, rows in parts.items()}
    metrics = {"schema": SCHEMA, "objective": _objective(result, request.training, len(classes))} | scores
    run = runs.create(request.out, Path(dataset.name).stem or "run", request.overwrite)
    told = TrainResult(run, dataset, split, model, result, request.training, metrics, _counts(codes, classes))
    if not request.training.l2:
        apart = separated(log_proba["train"], codes[split.train], fit_intercept=request.training.fit_intercept)
        told = dataclasses.replace(told, separated=tuple(classes[k] for k in apart))
    held = "test" if "test" in parts else "val" if "val" in parts else None
    if held:
        told = dataclasses.replace(
            told, mistake=surest_mistake(log_proba[held], codes[parts[held]], dataset, parts[held])
        )
    _write(told, request, log_proba.get("test"))
    return told


def _refuse_idle(request: TrainRequest) -> None:
    for name, reason in idle(request.training).items():
        if name in request.given:
            raise UsageError(f"--{name.replace('_', '-')} has no effect {reason}.", "Leave it out.")
    overruled = {"split_col": "--split-col", "test": "--test"}
    for name, option in overruled.items():
        if "test_size" in request.given and getattr(request.split, name) is not None:
            raise UsageError(f"--test-size has no effect with {option}, which names the test rows.", "Leave it out.")
    if "group_col" in request.given and request.split.split_col is not None:
        raise UsageError("--group-col has no effect with --split-col, which names the sides.", "Leave one out.")


def _refuse_sizes(request: TrainRequest, dataset: Dataset) -> None:
    if dataset.part is not None and "test_size" in request.given and "test" in dataset.part:
        raise UsageError(
            f"--test-size has no effect on {dataset.name}, which keeps its own test rows.", "Leave it out."
        )
    if dataset.part is not None and "val_size" in request.given and "val" in dataset.part:
        raise UsageError(
            f"--val-size has no effect on {dataset.name}, which names its validation rows.", "Leave it out."
        )


def _counts(codes: np.ndarray, classes: tuple[str, ...]) -> dict[str, int]:
    """Rows of each class."""
    return dict(zip(classes, np.bincount(codes, minlength=len(classes)).tolist(), strict=True))


def _rows(X: Any, rows: np.ndarray) -> Any:
    """Rows of X: a view where they are contiguous, a copy otherwise."""
    first, last = int(rows[0]), int(rows[-1])
    return X[first : last + 1] if last - first + 1 == len(rows) else X[rows]


def _model(
    dataset: Dataset, X: Any, result: Fit, settings: TrainingSettings, class_counts: dict[str, int]
) -> SoftmaxModel:
    """The raw weights, with what the other commands need to know of the training."""
    deviation = result.scaling.scale if result.scale == "standard" else Scaling.of(X, "standard").scale
    about = {
        "softreg": __version__,
        "data": dataset.name,
        "data_sha256": dataset.origin["sha256"],
        "l2": settings.l2,
        "scale": result.scale,
        "image_shape": dataset.image_shape,
        "class_counts": class_counts,
    }
    features = {"mean": result.scaling.mean, "scale": result.scaling.scale, "deviation": deviation}
    return SoftmaxModel(
        result.weights, result.intercept, tuple(class_counts), dataset.columns, dataset.target, about, features
    )


def _objective(result: Fit, settings: TrainingSettings, n_classes: int) -> dict[str, Any]:
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


def _write(told: TrainResult, request: TrainRequest, test_log_proba: np.ndarray | None) -> None:
    """Write every file of the run; metrics.json, without which a run is unfinished, comes last."""
    run, model = told.run, told.model
    run.write_toml(_config(request, told.dataset))
    run.write_json("environment.json", _environment(request, told.dataset))
    model.save(run.path / "model.npz")
    run.write_history(told.fit.history)
    write_table(coefficients(model), run.path / "coefficients.csv")
    rows = told.split.test
    if test_log_proba is not None and told.dataset.labels is not None:
        numbers = {"row": told.dataset.rows[rows], "target": told.dataset.labels[rows]}
        write_table(answers(test_log_proba, model.classes, first=numbers), run.path / "predictions.csv")
    draw_into_run(run, told.fit.history, told.metrics)
    run.write_json("metrics.json", told.metrics)
    run.remember()


def coefficients(model: SoftmaxModel) -> dict[str, Any]:
    """The weights as columns: feature, class, weight in raw units, weight per standard deviation of the feature."""
    n_features, n_classes = model.weights.shape
    standardised = model.weights * model.features["deviation"][:, None]
    nothing = np.full(n_classes, np.nan)
    return {
        "feature": np.repeat([*model.columns, "(intercept)"], n_classes),
        "class": np.tile(model.classes, n_features + 1),
        "weight": np.concatenate([model.weights.ravel(), model.intercept]),
        "weight_standardised": np.concatenate([standardised.ravel(), nothing]),
    }


def _config(request: TrainRequest, dataset: Dataset) -> dict[str, Any]:
    """Every setting that has an effect; ``None`` (auto) is left out, so that a replay chooses again."""
    config: dict[str, Any] = {"data": request.data}
    for settings in (request.source, request.split, request.training):
        config |= dataclasses.asdict(settings)
    silent = set(idle(request.training))
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

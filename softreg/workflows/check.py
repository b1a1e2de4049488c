"""Check: whether to believe a model, asked of its data, of itself, and of the machinery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from softreg import data, runs
from softreg.calibration import unfolded
from softreg.checks.agreement import certificate_holds, exact_fit, same_as_sklearn, same_from_file
from softreg.checks.classes import balance
from softreg.checks.collinearity import collinearity
from softreg.checks.duplicates import duplicates
from softreg.checks.finding import FAIL, PASS, Finding, worst
from softreg.checks.gradients import gradient_by_differences
from softreg.checks.guessing import beats_guessing, beats_shares
from softreg.checks.identities import log_k_at_zero, no_overflow, rows_sum_to_one, shift_invariance
from softreg.checks.leaking import leaking
from softreg.checks.rows import enough_rows
from softreg.checks.sample import Sample, sample_of
from softreg.checks.scale import scale
from softreg.checks.separation import separation
from softreg.checks.subject import Subject
from softreg.checks.trained import best_weights, same_scores
from softreg.data.dataset import Dataset
from softreg.data.kinds import kind_of
from softreg.data.split import Split
from softreg.errors import DataError
from softreg.model import SoftmaxModel
from softreg.runs import find
from softreg.settings import TrainingSettings
from softreg.training import fit
from softreg.training.problem import scale_of
from softreg.workflows.material import Material, material
from softreg.workflows.penalty import penalised
from softreg.workflows.recall import material_of, refuse_other_data, training_of
from softreg.workflows.request import TrainRequest, refuse_idle, refuse_sizes

__all__ = ["Checked", "check", "check_run", "names_run"]

TIME_LIMIT = 60.0
"""Seconds that the model of a data set may be trained for."""

OF_DATA = (
    scale,
    collinearity,
    separation,
    leaking,
    balance,
    duplicates,
    enough_rows,
    beats_guessing,
    beats_shares,
)
OF_MACHINERY = (
    log_k_at_zero,
    gradient_by_differences,
    shift_invariance,
    no_overflow,
    rows_sum_to_one,
    exact_fit,
    same_as_sklearn,
    certificate_holds,
    same_from_file,
)

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Checked:
    """What the checks found of the data, of the run's model (none without a run), and of the machinery."""

    dataset: Dataset
    split: Split
    settings: TrainingSettings
    n_classes: int
    n_features: int
    data: tuple[Finding, ...]
    model: tuple[Finding, ...]
    machinery: tuple[Finding, ...]
    sample: Sample
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The worst verdict of all."""
        return worst((*self.data, *self.model, *self.machinery))

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the checks that failed."""
        return tuple(each.name for each in (*self.data, *self.model, *self.machinery) if each.verdict == FAIL)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "data": self.dataset.name,
            "verdict": self.verdict,
            "n_rows": {name: len(rows) for name, rows in vars(self.split).items()},
            "checks": [finding.to_json() for finding in self.data],
            "model": [finding.to_json() for finding in self.model],
            "machinery": {
                "passed": sum(finding.verdict == PASS for finding in self.machinery),
                "of": len(self.machinery),
                "checks": [finding.to_json() for finding in self.machinery],
            },
        }


def names_run(word: str) -> bool:
    """Return whether a word names a run rather than data: ``last``, a run folder, or the name of one under runs/."""
    path = Path(word)
    if word == "last" or (path / "config.toml").is_file() or path.name == "model.npz":
        return True
    if path.exists():
        return False
    try:
        kind_of(word)
    except DataError:
        return (runs.ROOT / word).is_dir() or path.parts[:1] == runs.ROOT.parts
    return False


def check(request: TrainRequest, tell: Tell | None = None) -> Checked:
    """Check some data, and a model of their training rows that is trained as asked, and not kept."""
    refuse_idle(request)
    dataset = data.load(request.data, request.source, request.split, fill_home=request.fill_home)
    refuse_sizes(request, dataset)
    ready = material(dataset, request.source, request.split, needs_val=False)
    rows, (settings, _) = ready.split.train, penalised(ready, request, tell)
    preparation = ready.preparation(rows)
    problem = ready.problem(preparation, rows, {})
    others = {name: ready.features(preparation, part) for name, part in ready.parts.items() if name != "train"}
    result = fit(problem, replace(settings, time_limit=TIME_LIMIT))
    model = SoftmaxModel(result.weights, result.intercept, ready.classes, preparation.features, preparation=preparation)
    subject = _subject(ready, model, settings, {"train": problem.X} | others)
    notes = (f"training ended badly: {result.stopped_because}.",) if result.diverged else ()
    return replace(_checked(subject, (), tell), notes=(*ready.dataset.notes, *notes))


def check_run(word: str, tell: Tell | None = None) -> Checked:
    """Check a run: its data, read again with its own settings, and its model."""
    run = find(word)
    model, metrics, ready = run.model(), run.metrics(), material_of(run)
    refuse_other_data(run, model, ready)
    if not {"mean", "scale"} <= model.features.keys():
        raise DataError(f"The model in {run.path} does not know how its features were scaled.", "Train the run again.")
    X = {name: ready.features(model.preparation, rows) for name, rows in ready.parts.items()}
    subject = _subject(ready, model, training_of(run), X)
    return _checked(subject, (same_scores(subject, metrics), best_weights(subject, unfolded(model))), tell)


def _subject(ready: Material, model: SoftmaxModel, settings: TrainingSettings, X: dict[str, Any]) -> Subject:
    return Subject(
        dataset=ready.dataset,
        split=ready.split,
        classes=ready.classes,
        preparation=model.preparation,
        X=X,
        targets={name: ready.targets(rows) for name, rows in ready.parts.items()},
        weights={name: ready.of(ready.dataset.weights, rows) for name, rows in ready.parts.items()},
        log_proba={name: model.predict_log_proba(features) for name, features in X.items()},
        settings=settings,
        scale=scale_of(settings, X["train"], ready.dataset.pixels),
    )


def _checked(subject: Subject, model: tuple[Finding, ...], tell: Tell | None) -> Checked:
    count = len(OF_DATA) + len(OF_MACHINERY)
    found = []
    for done, ask in enumerate(OF_DATA):
        if tell:
            tell("checking", done, count)
        found.append(ask(subject))
    sample, tried = sample_of(subject), []
    for done, attempt in enumerate(OF_MACHINERY):
        if tell:
            tell("checking", len(OF_DATA) + done, count)
        tried.append(_tried(attempt, sample))
    return Checked(
        dataset=subject.dataset,
        split=subject.split,
        settings=subject.settings,
        n_classes=len(subject.classes),
        n_features=len(subject.preparation.features),
        data=tuple(found),
        model=model,
        machinery=tuple(tried),
        sample=sample,
    )


def _tried(attempt: Callable[[Sample], Finding], sample: Sample) -> Finding:
    """What an attempt found; where it ended in an error, the machinery has failed, whatever the error."""
    try:
        with np.errstate(all="ignore"):
            return attempt(sample)
    except MemoryError:
        raise  # no fault of the machinery
    except Exception as error:
        return Finding(attempt.__name__.replace("_", " "), FAIL, f"ended in {type(error).__name__}: {error}")

"""Resume: an unfinished run, taken up where its checkpoint left it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypedDict

import numpy as np

from softreg import checkpoint, runs
from softreg.errors import ModelFileError, UsageError
from softreg.forms import Amount, misfit
from softreg.recorded import L2Path as L2PathTold
from softreg.runs import NEW, Run, completed, find, writing_in
from softreg.selection import Path as L2Path
from softreg.settings import CalibrationSettings, SelectionSettings, SourceSettings, SplitSettings, TrainingSettings
from softreg.training import Row, StepSize
from softreg.workflows.recall import material_of, settings_in
from softreg.workflows.record import TrainResult, config_of
from softreg.workflows.request import TrainRequest
from softreg.workflows.trained import Training, Watch, trained

__all__ = ["CHANGEABLE", "resume"]

CHANGEABLE = ("epochs", "time_limit", "threads")
"""What of a training may be another when it goes on: how long, and on how many threads."""


class About(TypedDict):
    """What a training's checkpoints tell of it."""

    l2: Amount
    l2_path: L2PathTold | None


def resume(
    word: str,
    asked: Mapping[str, Any],
    *,
    checkpoint_every: int | None = None,
    announce: Callable[[StepSize | None], None] | None = None,
    observe: Callable[[Row], str | None] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    fitted: Callable[[], None] | None = None,
) -> TrainResult:
    """Go on with a run, in its own folder: the result is that of a training which was never interrupted, to the bit.

    Of a run and one that is to take its place, it is the later that goes on. ``asked`` are the settings that were asked
    for by name. Raises :class:`UsageError` where one of them is not what the run was begun with, or there is nothing to
    go on from, and :class:`DataError` where the data has changed.
    """
    found = find(word)
    if found.path.name == NEW:
        raise UsageError(
            f"{found.path} is not complete yet, and has no name of its own.", "Name the folder that it is in."
        )
    with writing_in(found):
        run = completed(found).resumable
        if run is None:
            raise _nothing_to_resume(found)
        found.refuse_links()
        run.refuse_links()
        config, kept = run.config(), _kept(run)
        _refuse_changes(run, config, asked)
        request = _request(run, config | {name: asked[name] for name in CHANGEABLE if name in asked}, checkpoint_every)
        if "epochs" in asked and request.training.schedule == "cosine" and asked["epochs"] != config.get("epochs"):
            raise UsageError("--epochs cannot change on the cosine schedule, which is made of it.", "Leave it out.")
        ready = material_of(run)
        settings = replace(request.training, l2=kept.about["l2"])

        def begun() -> Run:
            place = runs.begun(run) if run.complete else run
            place.write_toml(config_of(request, ready.dataset))
            return place

        what = Training(ready, request, settings, _path(kept.about["l2_path"]))
        return trained(what, begun, Watch(announce, observe, progress, fitted), earlier=kept.checkpoint)


def _kept(run: Run) -> checkpoint.Kept:
    kept = checkpoint.load(run.checkpoint)
    if misfit(kept.about, About):
        what = f"The checkpoint {run.checkpoint} is none of a training with softreg train."
        raise ModelFileError(what, "Train again.")
    return kept


def _nothing_to_resume(run: Run) -> UsageError:
    if run.complete:
        what = f"The training of {run.path} came to its end: there is nothing to go on with."
        return UsageError(what, f"Begin a new one at its weights: --init-from {run.path}.")
    what = f"The run {run.path} did not finish, and it was stopped before its first checkpoint."
    return UsageError(what, "Train it again, with --overwrite.")


def _refuse_changes(run: Run, config: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse what would make another training of it."""
    for name, value in asked.items():
        before = config.get(name, "auto")
        if name not in CHANGEABLE and value != before and value not in ((), None):
            raise UsageError(
                f"--{name.replace('_', '-')} {value} cannot be had on --resume: {run.path} was begun with {before}.",
                "Leave it out, or begin a new run with --init-from.",
            )


def _request(run: Run, config: Mapping[str, Any], checkpoint_every: int | None) -> TrainRequest:
    """The request that a run's configuration repeats."""
    auto = config.get("l2") == "auto"
    config = {name: value for name, value in config.items() if not (auto and name == "l2")}
    kinds = (TrainingSettings, SourceSettings, SplitSettings, CalibrationSettings)
    training, source, split, calibration = (settings_in(kind, config) for kind in kinds)
    selection = replace(settings_in(SelectionSettings, config), l2_auto=auto)
    return TrainRequest(
        data=config["data"],
        training=training,
        source=source,
        split=split,
        selection=selection,
        calibration=calibration,
        out=run.path,
        checkpoint_every=checkpoint_every,
        init_from=config.get("init_from"),
    )


def _path(told: Mapping[str, Any] | None) -> L2Path | None:
    """The path on which l2 was chosen, as metrics.json holds it."""
    if told is None:
        return None
    l2, cross_entropy, accuracy, weight = (
        np.array(told[name]) for name in ("l2", "cross_entropy", "accuracy", "fold_weight")
    )
    return L2Path(l2, cross_entropy, accuracy, weight, tuple(told["notes"]))

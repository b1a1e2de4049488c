"""Recall: a run's settings and its data, read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from softreg import data
from softreg.errors import DataError, listed
from softreg.model import SoftmaxModel
from softreg.runs import Run
from softreg.settings import SourceSettings, SplitSettings, TrainingSettings, columns_in, needs_validation
from softreg.workflows.material import Material, material

__all__ = ["material_of", "refuse_other_data", "settings_in", "training_of"]


def material_of(run: Run) -> Material:
    """Return the run's data, read again and divided as it was; :class:`DataError` where it is not what it was."""
    config = run.config()
    source, split = settings_in(SourceSettings, config), settings_in(SplitSettings, config)
    if config["data"] == "-":
        raise DataError(f"The run {run.path} was trained on standard input, which is gone.", "Train it on a file.")
    try:
        dataset = data.load(config["data"], source, split)
    except DataError as error:
        raise DataError(f"The data of the run {run.path} cannot be read again: {error.what}", error.advice) from error
    if dataset.origin["sha256"] != config.get("record", {}).get("data_sha256"):
        raise DataError(f"{config['data']} has changed since the run {run.path}.", "Train it again.")
    needs_val = needs_validation(bool(config.get("early_stopping")), config.get("calibrate", "none"))
    return material(dataset, source, split, needs_val=needs_val)


def refuse_other_data(run: Run, model: SoftmaxModel, ready: Material) -> None:
    """Refuse a run whose model does not make its classes of its own data's columns."""
    if model.inputs != ready.dataset.columns or model.classes != ready.classes:
        raise DataError(
            f"The model in {run.path} makes {listed(model.classes)} of {listed(model.inputs)}, and the run's data hold "
            f"{listed(ready.classes)} and {listed(ready.dataset.columns)}: it is not the model of that run.",
            "Train the run again, or find out who changed its files.",
        )


def training_of(run: Run) -> TrainingSettings:
    """Return the settings of the run's training, with the l2 that was chosen where it was."""
    config = run.config()
    if config.get("l2") == "auto":
        config["l2"] = run.metrics()["objective"]["l2"]
    return settings_in(TrainingSettings, config)  # type: ignore[no-any-return]


def settings_in(kind: type, config: Mapping[str, Any]) -> Any:
    """Return the settings of a kind that a configuration names."""
    names = {field.name for field in fields(kind)}
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items() if key in names}
    if isinstance(columns := given.get("target_distribution"), str):
        given["target_distribution"] = columns_in(columns)
    return kind(**given)

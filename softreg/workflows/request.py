"""Request: what a user asked of a training, and what of it has no effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from softreg.data.dataset import Dataset
from softreg.errors import UsageError
from softreg.settings import (
    CalibrationSettings,
    SelectionSettings,
    SourceSettings,
    SplitSettings,
    TrainingSettings,
    idle,
)

__all__ = ["TrainRequest", "refuse_idle", "refuse_sizes"]


@dataclass(frozen=True)
class TrainRequest:
    """What the user asked for; ``given`` names the settings that were asked for by name, not by default.

    ``checkpoint_every`` is a number of epochs, None by the clock; ``init_from`` names the run or model whose weights
    are the first ones. ``fill_home``: the user named the source's data home himself, see :func:`softreg.data.load`.
    """

    data: str
    training: TrainingSettings
    source: SourceSettings
    split: SplitSettings
    selection: SelectionSettings = field(default_factory=SelectionSettings)
    calibration: CalibrationSettings = field(default_factory=CalibrationSettings)
    out: Path | None = None
    overwrite: bool = False
    checkpoint_every: int | None = None
    init_from: str | None = None
    given: frozenset[str] = frozenset()
    fill_home: bool = False


def refuse_idle(request: TrainRequest) -> None:
    """Refuse options that were given and have no effect beside the others."""
    for name, reason in idle(request.training).items():
        if name in request.given:
            raise UsageError(f"--{name.replace('_', '-')} has no effect {reason}.", "Leave it out.")
    if "folds" in request.given and not request.selection.l2_auto:
        raise UsageError("--folds has no effect without --l2 auto.", "Leave it out, or type --cv for scores by folds.")
    if "shares" in request.given and request.training.class_weight != "balanced":
        raise UsageError("--shares has no effect without --class-weight balanced.", "Leave it out.")
    overruled = {"split_col": "--split-col", "test": "--test"}
    for name, option in overruled.items():
        if "test_size" in request.given and getattr(request.split, name) is not None:
            raise UsageError(f"--test-size has no effect with {option}, which names the test rows.", "Leave it out.")
    if "group_col" in request.given and request.split.split_col is not None:
        raise UsageError("--group-col has no effect with --split-col, which names the sides.", "Leave one out.")


def refuse_sizes(request: TrainRequest, dataset: Dataset) -> None:
    """Refuse shares of rows that were given for a dataset which names its own."""
    if dataset.part is not None and "test_size" in request.given and "test" in dataset.part:
        raise UsageError(
            f"--test-size has no effect on {dataset.name}, which keeps its own test rows.", "Leave it out."
        )
    if dataset.part is not None and "val_size" in request.given and "val" in dataset.part:
        raise UsageError(
            f"--val-size has no effect on {dataset.name}, which names its validation rows.", "Leave it out."
        )

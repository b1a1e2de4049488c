"""Penalty: the l2 that is asked for, or chosen by cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from softreg.selection import Path, choose_l2
from softreg.settings import TrainingSettings
from softreg.workflows.material import Material
from softreg.workflows.request import TrainRequest

__all__ = ["penalised"]


def penalised(
    ready: Material, request: TrainRequest, progress: Callable[[str, int, int], None] | None = None
) -> tuple[TrainingSettings, Path | None]:
    """Return the settings with the l2 to train with, and the path on which it was chosen, where it was to be."""
    if not request.selection.l2_auto:
        return request.training, None
    tell = (lambda done, total: progress("choosing l2", done, total)) if progress else None
    path = choose_l2(
        ready.fold,
        ready.codes,
        ready.split.train,
        request.training,
        folds=request.selection.folds,
        groups=ready.dataset.groups,
        classes=ready.classes,
        seed=request.selection.seed,
        observe=tell,
    )
    return replace(request.training, l2=float(path.l2[path.chosen])), path

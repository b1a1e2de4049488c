"""Kinship: whether a checkpoint is of the very training that is to go on from it."""

from __future__ import annotations

import numpy as np

from softreg.design import DesignMatrix
from softreg.errors import ModelFileError
from softreg.optimizers import make
from softreg.settings import TrainingSettings, method_of
from softreg.training import Checkpoint, Problem, State
from softreg.training.problem import weighted_rows

__all__ = ["refuse_other"]

_MEASURES = ("cross_entropy", "accuracy")


def refuse_other(kept: Checkpoint, problem: Problem, settings: TrainingSettings) -> None:
    """Refuse a checkpoint whose arrays or rows are not those of this problem and method.

    The data and the settings are compared before, by what the run's files say of them; here is looked at what the
    checkpoint itself holds. Raises :class:`ModelFileError`.
    """
    X, _, _ = weighted_rows(problem, settings)
    means, scales, n_classes = kept.scaling.mean, kept.scaling.scale, len(problem.classes)
    right = all(values.shape == (X.shape[1],) and bool(np.isfinite(values).all()) for values in (means, scales))
    if not (right and (scales > 0).all()):
        raise _other("its scaling is of other features")
    method, design = method_of(settings), DesignMatrix(X, kept.scaling, settings.fit_intercept)
    if (kept.step_size is None) != (method == "cg"):
        raise _other("its method is another")
    theta = np.zeros((design.n_parameters, n_classes))
    for state in (kept.state, kept.best):
        if state.theta.shape != theta.shape or (state.sharpened and state.sharpened[1].shape != theta.shape):
            raise _other("its weights are of other features or classes")
        if {name: values.shape for name, values in state.memory.items()} not in _memories(method, settings, theta):
            raise _other("what its method remembers is another's")
        if not _are_logits(state, design, n_classes):
            raise _other("its logits are of other rows")
    names = {f"{part}_{measure}" for part in ("train", *problem.held_out) for measure in _MEASURES}
    if kept.history[0].keys() != names | {"epoch", "seconds", "objective", "grad_norm", "step", "measured"}:
        raise _other("its history is of other parts of the rows")


def _memories(method: str, settings: TrainingSettings, theta: np.ndarray) -> list[dict[str, tuple[int, ...]]]:
    """What a method may remember: the shapes of its arrays by their names."""
    if method == "cg":  # nothing after a restart
        return [{}, {"gradient": theta.shape, "direction": theta.shape, "inner": (), "step": ()}]
    return [{name: values.shape for name, values in make(method, settings.momentum).init(theta).items()}]


def _are_logits(state: State, design: DesignMatrix, n_classes: int) -> bool:
    """Whether the logits that a state keeps, if it does, are in the parts of these rows."""
    shapes = [(n_classes, part.stop - part.start) for part in design.parts()]
    kept = state.logits
    return kept is None or [(part.shape, part.dtype) for part in kept] == [(shape, design.dtype) for shape in shapes]


def _other(why: str) -> ModelFileError:
    return ModelFileError(f"The checkpoint is not one of this training: {why}.", "Train again.")

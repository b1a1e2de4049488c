"""The file of a checkpoint: a descent between two epochs, as a sealed ``.npz`` like a model's (:mod:`softreg.archive`).

================  ==========================================================================================
member            content
================  ==========================================================================================
metadata          JSON in UTF-8: ``checkpoint`` (the format, 1), the history, the step size, of each state the
                  epoch and the state of the random numbers, and what the run wants to know again (``about``)
model             the model of the moment, as the bytes of its own file
scaling_mean      float64 (n_features,); scaling_scale likewise
state_theta       the parameters in scaled coordinates, and beside them what the method remembers
                  (``state_memory_NAME``), the kept logits (``state_logits_0`` ...) and ``state_sharpened``
best_theta ...    the same of the best state, where that is another one
================  ==========================================================================================

Every float is stored in full, so that a descent goes on with the same bits.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import numpy as np

from softreg import archive, files
from softreg.design import Scaling
from softreg.errors import DataError, ModelFileError, reason
from softreg.forms import Count, from_json, misfit
from softreg.model import SoftmaxModel
from softreg.recorded import Row
from softreg.training import Checkpoint, State, StepSize

__all__ = ["FORMAT", "Kept", "load", "save"]

FORMAT = 1
"""Version of the file's format; a reader refuses another."""


class _State(TypedDict):
    """What of a state is no array."""

    epoch: Count
    random: dict[str, Any]
    memory: list[str]
    logits: Count | None
    sharpened: Count | None


class _Told(TypedDict):
    """The metadata."""

    checkpoint: Literal[1]
    about: dict[str, Any]
    history: Annotated[list[Row], bool]
    step_size: StepSize | None
    states: dict[str, _State]


@dataclasses.dataclass(frozen=True)
class Kept:
    """What a file holds: the ``checkpoint``, the ``model`` of that moment, and what the run noted ``about`` it."""

    checkpoint: Checkpoint
    model: SoftmaxModel
    about: Mapping[str, Any]


def save(kept: Kept, path: Path) -> None:
    """Write a checkpoint, whole or not at all, in place of an earlier one."""
    checkpoint = kept.checkpoint
    states = {"state": checkpoint.state}
    if checkpoint.best is not checkpoint.state:
        states["best"] = checkpoint.best
    step = checkpoint.step_size
    told = {
        "checkpoint": FORMAT,
        "about": kept.about,
        # subtle: the descent goes on writing to its history; an interruption may find it a row ahead of the state
        "history": [row for row in checkpoint.history if row["epoch"] <= checkpoint.state.epoch],
        "step_size": None if step is None else dataclasses.asdict(step),
        "states": {name: _described(state) for name, state in states.items()},
    }
    arrays = {
        "metadata": np.frombuffer(json.dumps(told, ensure_ascii=False).encode("utf-8"), np.uint8),
        "model": np.frombuffer(archive.to_bytes(vars(kept.model)), np.uint8),
        "scaling_mean": checkpoint.scaling.mean,
        "scaling_scale": checkpoint.scaling.scale,
    }
    for name, state in states.items():
        arrays |= {f"{name}_{part}": values for part, values in _arrays(state).items()}
    files.write_bytes(path, archive.packed(arrays))


def load(path: Path) -> Kept:
    """Read a checkpoint.

    Raises :class:`DataError` where there is none that can be read, and :class:`ModelFileError` for one that is damaged,
    or of another format.
    """
    try:
        content = files.content(path)
    except FileNotFoundError:
        raise DataError(f"There is no checkpoint {path}.", "Train again.") from None
    except OSError as error:
        raise DataError(f"The checkpoint {path} cannot be read: {reason(error)}.", "Try again.") from error
    try:
        return _read(content, path)
    except (MemoryError, DataError):
        raise
    except Exception as error:  # a damaged file fails in more ways than zipfile, json and numpy promise
        raise ModelFileError(f"The checkpoint {path} is damaged, or none of softreg.", "Train again.") from error


def _read(content: bytes, path: Path) -> Kept:
    arrays, sealed = archive.unpacked(content)
    # a row of a descent that has lost its way holds infinity, which Python writes as such
    told = from_json(arrays["metadata"].tobytes(), finite=False)
    if not sealed or misfit(told, _Told):
        raise ValueError("the seal is missing, or the format is another")
    states = {name: _state(about, arrays, name) for name, about in told["states"].items()}
    step = told["step_size"]
    checkpoint = Checkpoint(
        scaling=Scaling(_double(arrays["scaling_mean"]), _double(arrays["scaling_scale"])),
        step_size=None if step is None else StepSize(**step),
        state=states["state"],
        best=states.get("best", states["state"]),
        history=told["history"],
    )
    if not _is_whole(checkpoint):
        raise ValueError("the history is not that of the states")
    model = SoftmaxModel(**archive.from_bytes(arrays["model"].tobytes(), path))
    return Kept(checkpoint, model, told["about"])


def _is_whole(checkpoint: Checkpoint) -> bool:
    """Whether the history has a row for every epoch up to the state, the best one too, and all rows tell the same."""
    rows = checkpoint.history
    right = len(rows) == checkpoint.state.epoch + 1 and all(row["epoch"] == at for at, row in enumerate(rows))
    right = right and all(row.keys() == rows[0].keys() for row in rows)
    return right and checkpoint.best.epoch <= checkpoint.state.epoch


def _described(state: State) -> _State:
    """What of a state is no array."""
    return {
        "epoch": state.epoch,
        "random": dict(state.random),
        "memory": list(state.memory),
        "logits": None if state.logits is None else len(state.logits),
        "sharpened": None if state.sharpened is None else state.sharpened[0],
    }


def _arrays(state: State) -> dict[str, np.ndarray]:
    """The arrays of a state."""
    arrays = {"theta": state.theta}
    arrays |= {f"memory_{name}": np.asarray(values) for name, values in state.memory.items()}
    arrays |= {f"logits_{place}": part for place, part in enumerate(state.logits or ())}
    if state.sharpened is not None:
        arrays["sharpened"] = state.sharpened[1]
    return arrays


def _state(about: Mapping[str, Any], arrays: Mapping[str, np.ndarray], name: str) -> State:
    """The state of which :func:`_described` and :func:`_arrays` told."""
    parts = None if about["logits"] is None else range(about["logits"])
    np.random.default_rng().bit_generator.state = about["random"]  # refuses what is no state
    return State(
        about["epoch"],
        _double(arrays[f"{name}_theta"]),
        {key: _double(arrays[f"{name}_memory_{key}"]) for key in about["memory"]},
        about["random"],
        None if parts is None else [arrays[f"{name}_logits_{place}"] for place in parts],
        None if about["sharpened"] is None else (about["sharpened"], _double(arrays[f"{name}_sharpened"])),
    )


def _double(values: np.ndarray) -> np.ndarray:
    if values.dtype != np.float64:
        raise ValueError("these are not numbers in double precision")
    return values

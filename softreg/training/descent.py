"""The descent: a generator of pairs (row, state), which knows nothing of stopping, printing or saving."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from softreg.design import Scaling
from softreg.geometry import Whitening
from softreg.objective import Engine, Evaluation, Logits
from softreg.optimizers import Memory, Optimizer
from softreg.settings import TrainingSettings, takes_batches

__all__ = ["Checkpoint", "Method", "Row", "State", "StepSize", "batch_size_of", "decay", "descend"]

Row = dict[str, Any]
"""One line of the history: epoch, seconds, objective, train_cross_entropy, train_accuracy, NAME_cross_entropy and
NAME_accuracy for each held-out part, grad_norm (Euclidean, of the whole gradient), step (the learning rate of the last
step), measured (``exact``, or ``running mean``). ``None`` where there is nothing to tell."""


@dataclass(frozen=True)
class State:
    """Everything that resuming needs, after a whole number of epochs.

    ``logits`` are those that a descent along lines keeps; ``sharpened`` is the (epoch, theta) at which its
    preconditioner was made last.
    """

    epoch: int
    theta: np.ndarray
    memory: Memory
    random: Mapping[str, Any]
    logits: Logits | None = None
    sharpened: tuple[int, np.ndarray] | None = None


@dataclass(frozen=True)
class Checkpoint:
    """A descent between two epochs: going on from here makes the same bits as never having stopped.

    ``best`` is the best state so far by the rule that keeps one, ``history`` the rows up to ``state``. Its arrays are
    shared with the descent, which never writes to them again.
    """

    scaling: Scaling
    step_size: StepSize | None
    state: State
    best: State
    history: list[Row]


@dataclass(frozen=True)
class Method:
    """An optimizer, and how it is driven."""

    optimizer: Optimizer
    learning_rate: float
    batch_size: int
    schedule: str
    epochs: int
    whitening: Whitening | None = None

    def rate(self, epoch: float) -> float:
        """Return the learning rate after so many epochs."""
        return self.learning_rate * decay(self.schedule, epoch, self.epochs)


@dataclass(frozen=True)
class StepSize:
    """The learning rate, and what theory says of it: ``limit`` is where its guarantee ends (None: it names none)."""

    learning_rate: float
    safe: float
    limit: float | None
    curvature: float

    @property
    def times_limit(self) -> float:
        """Learning rate over the guaranteed limit; above 1 nothing is guaranteed. 0 where theory names no limit."""
        return self.learning_rate / self.limit if self.limit else 0.0


def descend(
    objective: Engine, method: Method, state: State, held_out: Mapping[str, Engine]
) -> Iterator[tuple[Row, State]]:
    """Yield (row, state) at the start and after every epoch, for ever; whoever reads decides when to stop.

    A full-batch epoch is one step, and its row is exact: J, cross-entropy, accuracy and gradient norm at that theta. A
    mini-batch epoch visits every row once in random order, and its row carries the running mean over the batches,
    measured before each step, while theta moved: labelled so, and without a gradient norm. Row 0 is exact for both.
    """
    began = time.perf_counter()
    evaluation = objective.evaluate(state.theta)
    row = measured(evaluation) | {"step": None}
    while True:
        moment = {"epoch": state.epoch, "seconds": time.perf_counter() - began}
        yield moment | row | held_out_measures(held_out, state.theta), state
        if method.batch_size == objective.n_samples:
            rate = method.rate(state.epoch)
            gradient = evaluation.gradient if method.whitening is None else method.whitening.solve(evaluation.gradient)
            step, memory = method.optimizer.update(gradient, state.memory, rate)
            state = State(state.epoch + 1, state.theta + step, memory, state.random)
            evaluation = objective.evaluate(state.theta)
            row = measured(evaluation) | {"step": rate}
        else:
            state, row = _sweep(objective, method, state)


def _sweep(objective: Engine, method: Method, state: State) -> tuple[State, Row]:
    """One epoch of mini-batches: every row once, in random order."""
    rng = np.random.default_rng()
    rng.bit_generator.state = state.random
    theta, memory, n_samples = state.theta, state.memory, objective.n_samples
    order = rng.permutation(n_samples)
    value = cross_entropy = accuracy = rate = 0.0
    for first in range(0, n_samples, method.batch_size):
        rows = order[first : first + method.batch_size]
        evaluation = objective.evaluate(theta, rows)
        rate = method.rate(state.epoch + first / n_samples)
        step, memory = method.optimizer.update(evaluation.gradient, memory, rate)
        theta = theta + step
        share = len(rows) / n_samples
        value += share * evaluation.objective
        cross_entropy += share * evaluation.cross_entropy
        accuracy += share * evaluation.accuracy
    row: Row = {"objective": value, "train_cross_entropy": cross_entropy, "train_accuracy": accuracy}
    row |= {"grad_norm": None, "measured": "running mean", "step": rate}
    return State(state.epoch + 1, theta, memory, rng.bit_generator.state), row


def measured(evaluation: Evaluation) -> Row:
    return {
        "objective": evaluation.objective,
        "train_cross_entropy": evaluation.cross_entropy,
        "train_accuracy": evaluation.accuracy,
        "grad_norm": float(np.linalg.norm(evaluation.gradient)),
        "measured": "exact",
    }


def held_out_measures(held_out: Mapping[str, Engine], theta: np.ndarray) -> Row:
    row: Row = {}
    for name, part in held_out.items():
        row[f"{name}_cross_entropy"], row[f"{name}_accuracy"] = part.measure(theta)
    return row


def batch_size_of(settings: TrainingSettings, n_samples: int) -> int:
    """Return the rows a step: those asked for, else all; for sgd and adam at most 256, and ten steps an epoch."""
    if not takes_batches(settings):
        return n_samples
    return min(settings.batch_size or min(256, max(1, n_samples // 10)), n_samples)


def decay(schedule: str, epoch: float, epochs: int) -> float:
    """Return the factor on the learning rate after so many epochs, of so many in all.

    ``inverse``: 1 / (1 + epoch/10), whose sum diverges while that of its squares does not, as Robbins & Monro (1951,
    doi:10.1214/aoms/1177729586) ask. ``cosine``: (1 + cos(pi epoch / epochs)) / 2 (Loshchilov & Hutter 2017,
    https://arxiv.org/abs/1608.03983).

    >>> decay("inverse", 10, 100), decay("cosine", 100, 100), decay("constant", 50, 100)
    (0.5, 0.0, 1.0)
    """
    if schedule == "inverse":
        return 1 / (1 + epoch / 10)
    if schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * min(1.0, epoch / epochs)))
    return 1.0

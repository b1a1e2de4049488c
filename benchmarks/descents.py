"""An epoch of mini-batch SGD, in batches of 256 without validation, as Dive into Deep Learning trains it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from benchmarks.harness import Absent, Effort, Ratio, at_least, at_most, interleaved
from benchmarks.workload import N_CLASSES, Images, images
from softreg.objective import Objective
from softreg.optimizers import make
from softreg.training.descent import Method, State, descend
from softreg.workers import Workers

__all__ = ["against_numpy", "against_torch"]

BATCH_SIZE = 256
LEARNING_RATE = 0.1


def against_torch(effort: Effort) -> Iterator[Ratio | Absent]:
    data = images(effort)
    what = f"SGD epoch, {data.about}: time of a PyTorch loop / ours"
    if find_spec("torch") is None:
        yield Absent(what, "torch is not installed")
        return
    pairs = _timed(data, _torch(data), effort)
    yield Ratio(what, tuple(theirs / ours for ours, theirs in pairs), at_least(1.7))


def against_numpy(effort: Effort) -> Iterator[Ratio]:
    data = images(effort)
    pairs = _timed(data, _numpy(data), effort)
    what = f"SGD epoch, {data.about}: our time / a minimal NumPy loop"
    yield Ratio(what, tuple(ours / theirs for ours, theirs in pairs), at_most(1.1))


def _timed(data: Images, theirs: Iterator[object], effort: Effort) -> list[tuple[float, float]]:
    """Time epochs of softreg against theirs: an epoch is a step of an iterator."""
    objective = data.objective(Workers(1))  # as fit does for mini-batches
    return interleaved(_ours(objective).__next__, theirs.__next__, effort.times(9), within=objective.design.workers)


def _ours(objective: Objective) -> Iterator[object]:
    """softreg's own descent, which also measures loss and accuracy."""
    optimizer, theta = make("sgd", momentum=0), np.zeros(objective.shape)
    start = State(0, theta, optimizer.init(theta), np.random.default_rng(0).bit_generator.state)
    method = Method(optimizer, LEARNING_RATE, BATCH_SIZE, "constant", epochs=1)
    epochs = descend(objective, method, start, held_out={})
    next(epochs)  # row 0 of the history, before any step
    return epochs


def _numpy(data: Images) -> Iterator[None]:
    """The least that an epoch needs; it measures nothing."""
    X, y, rng = data.X, data.y, np.random.default_rng(0)
    W, b = np.zeros((X.shape[1], N_CLASSES), np.float32), np.zeros(N_CLASSES, np.float32)
    while True:
        order = rng.permutation(len(X))
        for first in range(0, len(X), BATCH_SIZE):
            rows = order[first : first + BATCH_SIZE]
            Z = X[rows]
            logits = Z @ W + b
            R = np.exp(logits - logits.max(axis=1, keepdims=True))
            R /= R.sum(axis=1, keepdims=True)
            R[np.arange(len(rows)), y[rows]] -= 1
            R *= np.float32(LEARNING_RATE / len(rows))
            W -= Z.T @ R
            b -= R.sum(axis=0)
        yield


def _torch(data: Images) -> Iterator[None]:
    """The loop of the tutorials, with tensors in place of a DataLoader, which would be slower; it measures nothing."""
    import torch

    torch.manual_seed(0)
    X, y = torch.from_numpy(data.X), torch.from_numpy(data.y)
    model = torch.nn.Linear(X.shape[1], N_CLASSES)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    while True:
        order = torch.randperm(len(X))
        for first in range(0, len(X), BATCH_SIZE):
            rows = order[first : first + BATCH_SIZE]
            loss = torch.nn.functional.cross_entropy(model(X[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        yield

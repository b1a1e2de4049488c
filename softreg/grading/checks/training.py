"""Training: how near to the optimum it comes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from softreg.functional import cross_entropy
from softreg.grading.calls import Given
from softreg.grading.checks.check import Check, Outcome, Piece, found_by_role
from softreg.grading.conventions import factor, joined, strength
from softreg.grading.question import Question, ask, draw_labels
from softreg.grading.reading import Reading
from softreg.grading.spec import Spec
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

__all__ = ["TRAINING"]

EPOCHS = 300
L2 = 0.1
SAMPLES, LEVELS, STRANGE = 60, 3, 15
RADIUS = 1.5
"""Of the circle on which the centres of three classes lie, in deviations of a class: near enough to overlap."""


@dataclass(frozen=True)
class Goal:
    """What training makes small, in the mean cross-entropy's unit, at zero weights and at best."""

    at_zero: float
    best: float


def _trainings(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """Three classes of two standardised features, with labels that no line can separate, and a small step.

    A fifth of the step that is safe for all rows at once leaves mini-batches near the optimum, too, and brings full
    gradient descent there in time, with a penalty or without.
    """
    if not spec.function("train"):
        return
    angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(LEVELS) / LEVELS
    centres = RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    y = draw_labels(rng, SAMPLES, LEVELS)
    X = centres[y] + rng.normal(size=centres[y].shape)
    strange = rng.choice(SAMPLES, STRANGE, replace=False)
    y[strange] = (y[strange] + np.resize([1, 2], STRANGE)) % LEVELS
    y[:LEVELS] = np.arange(LEVELS)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    extended = np.hstack([X, np.ones((SAMPLES, 1))])
    step = float(0.2 / (0.5 * np.linalg.norm(extended, 2) ** 2 / SAMPLES + L2))
    times = SAMPLES if spec.reduction == "sum" else 1
    given: dict[str, Given] = {"X": X, "y": y, "n_classes": LEVELS, "epochs": EPOCHS}
    given |= {"l2": L2 * times / (2 * factor(spec)), "learning_rate": step / times}
    yield ask("training", "train", given)


def objective(spec: Spec, question: Question, weights: np.ndarray, bias: np.ndarray) -> float:
    """Return what the homework's training makes small, divided by n where it is a sum."""
    function = spec.function("train")
    assert function is not None
    with np.errstate(all="ignore"):
        losses = cross_entropy(question.array("X") @ weights + bias, question.array("y"))
        penalised = joined(weights, bias, function.bias_inside)["W"]
        penalty = factor(spec) * strength(function, question) * (penalised**2).sum()
        times = len(losses) if spec.reduction == "sum" else 1
        return float(losses.mean() + penalty / times)


@lru_cache(maxsize=16)
def _goal(spec: Spec, question: Question) -> Goal:
    """The best objective, by softreg's own training."""
    function = spec.function("train")
    assert function is not None
    inside, times = function.bias_inside, SAMPLES if spec.reduction == "sum" else 1
    l2 = 2 * factor(spec) * strength(function, question) / times
    X = question.array("X")
    if inside:
        X = np.hstack([X, np.ones((SAMPLES, 1))])
    settings = TrainingSettings(l2=l2, scale="none", fit_intercept=not inside, tol=1e-9, threads=1, dtype="float64")
    problem = Problem(X, question.array("y"), tuple(map(str, range(LEVELS))))
    found = fit(problem, settings)
    return Goal(math.log(LEVELS), found.objective)


def _trained(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, lambda reading: _arrived(spec, reading))


def _arrived(spec: Spec, reading: Reading) -> Piece:
    """How much of the fall from log K to the best objective was had: 98 parts of 100 count as all of it.

    Mini-batches with a fixed step end near the optimum and not in it; full gradient descent misses it by 1e-6.
    """
    parts = {word: reading.part(word) for word in reading.words}
    weights, bias = parts.get("W"), parts.get("b")
    if weights is not None and "b" not in parts:
        weights, bias = weights[:-1], weights[-1]
    if weights is None or bias is None:
        return Piece(0.0, f"{reading.name} returned parameters of the wrong shape.")
    goal, reached = _goal(spec, reading.question), objective(spec, reading.question, weights, bias)
    if not math.isfinite(reached):
        return Piece(0.0, f"{reading.name} returned parameters whose loss is not finite.")
    had = (goal.at_zero - reached) / (goal.at_zero - goal.best)
    share = 1.0 if had >= 0.98 else 0.75 if had >= 0.9 else 0.5 if had >= 0.5 else 0.25 if had >= 0.1 else 0.0
    said = f"After {EPOCHS} epochs the loss with its penalty is {reached:.4f}; it begins at log {LEVELS} = "
    return Piece(share, f"{said}{goal.at_zero:.4f}, and the best is {goal.best:.4f}.")


TRAINING = Check(
    3.0,
    ("train",),
    _trainings,
    _trained,
    "Print the loss after each epoch. Where does it begin, does it fall, and where does it end?",
    "It begins at log K at zero weights; W -= learning_rate * grad_W, and the same for b, with the gradient of the "
    "whole objective. See softreg/training/descent.py.",
)

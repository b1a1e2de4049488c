"""Use: the labels that are predicted, the batches of an epoch, and the training that reaches the optimum."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from softreg.errors import plural
from softreg.functional import cross_entropy
from softreg.grading.batch import Batches, batches_of
from softreg.grading.calls import Given
from softreg.grading.checks.check import Check, Outcome, Piece, found_by_role, outcome, worth
from softreg.grading.conventions import bias_inside, factor, joined, strength
from softreg.grading.question import Question, ask, draw_labels, draw_model
from softreg.grading.reading import Reading
from softreg.grading.spec import Spec
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

__all__ = ["BATCHES", "LABELS", "TRAINING"]


def _labels(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    if spec.function("predict"):
        yield ask("labels", "predict", draw_model(rng))
        yield ask("labels", "predict", draw_model(rng), "again")


def _labelled(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return found_by_role(readings, _predicted)


def _predicted(reading: Reading) -> Piece:
    came, wanted = reading.part("y"), reading.expected["y"]
    if came is None:
        return Piece(0.0, f"{reading.name} does not return one label for each of {len(wanted)} rows.")
    right = int((came == wanted).sum())
    said = f"{right} of {len(wanted)} labels of {reading.name} are those of the largest logit."
    return Piece(float(right == len(wanted)), said)


LABELS = Check(
    1.0,
    ("predict",),
    _labels,
    _labelled,
    "Which class has the largest logit, and what is the first class called?",
    "(X @ W + b).argmax(axis=1): the largest logit is the largest probability, and classes are counted from 0. See "
    "softreg/model.py, predict.",
)

BATCH = 4


def _epochs(spec: Spec, rng: np.random.Generator) -> Iterable[Question]:
    """Rows of which the last batch gets fewer, and rows of which it does not."""
    if spec.function("batches"):
        for n_samples, name in ((23, ""), (20, "even")):
            X, y = rng.normal(size=(n_samples, 3)), draw_labels(rng, n_samples)
            given: dict[str, Given] = {"X": X, "y": y, "batch_size": BATCH, "rng": f"seed {int(rng.integers(1000))}"}
            yield ask("batches", "batches", given, name)


def _batched(spec: Spec, readings: Sequence[Reading]) -> Outcome:
    return outcome(piece for reading in readings for piece in _epoch(reading))


def _epoch(reading: Reading) -> Iterable[Piece]:
    """Four things of one epoch: each row once, its label beside it, sizes as asked, and an order of its own."""
    batches = None if reading.problem else batches_of(reading.question, reading.answer)
    if batches is None:
        yield Piece(0.0, reading.problem or f"{reading.name} did not give pairs of rows of X and as many labels.")
        return
    name, n_samples = reading.name, len(batches.seen)
    once = int((batches.seen == 1).sum())
    yield worth(once == n_samples, f"All {n_samples} rows come once.", f"{once} of {n_samples} rows come exactly once.")
    kept = int(batches.paired.sum())
    said = f"{kept} of {plural(len(batches.paired), 'row')} from {name} come with their own label."
    # subtle: twice, since rows without their labels teach nothing
    yield from [worth(kept == len(batches.paired) > 0, said, said)] * 2
    sizes = f"the batches of {name} have {_listed(batches.sizes)} rows"
    said = f"For {n_samples} rows and a batch size of {BATCH}, {sizes}."
    yield worth(_sized(batches), said, said)
    if "rng" in reading.question.given and _takes_rng(reading):
        said = f"The rows of {name} come in the order in which they were given."
        yield worth(not batches.in_order, "The rows come in another order.", said)


def _takes_rng(reading: Reading) -> bool:
    function = reading.spec.function("batches")
    return function is not None and "rng" in function.takes


def _listed(sizes: Sequence[int]) -> str:
    shown = ", ".join(map(str, sizes[:8]))
    return f"{shown}, ..." if len(sizes) > 8 else shown


def _sized(batches: Batches) -> bool:
    whole, rest = divmod(len(batches.seen), BATCH)
    return sorted(batches.sizes, reverse=True) == [BATCH] * whole + [rest] * bool(rest)


BATCHES = Check(
    2.0,
    ("batches",),
    _epochs,
    _batched,
    "Collect what one epoch gives: is every row there, once, and with its own label?",
    "order = rng.permutation(n); for start in range(0, n, batch_size): rows = order[start:start + batch_size], then "
    "X[rows] and y[rows]. See softreg/training/descent.py.",
)

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
        penalised = joined(weights, bias, bias_inside(function))["W"]
        penalty = factor(spec) * strength(function, question) * (penalised**2).sum()
        times = len(losses) if spec.reduction == "sum" else 1
        return float(losses.mean() + penalty / times)


def _goal(spec: Spec, question: Question) -> Goal:
    """The best objective, by softreg's own training."""
    function = spec.function("train")
    assert function is not None
    inside, times = bias_inside(function), SAMPLES if spec.reduction == "sum" else 1
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

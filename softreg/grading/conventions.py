"""Conventions: a question in the course's words, and the right answer as the course would have it said.

    loss = reduce_i CE(logits_i, y_i) + penalty,   logits = X W + b,   penalty = (l2/2) ||W||^2 or l2 ||W||^2

``reduce`` is the mean or the sum. A reduction of ``none`` speaks of the cross-entropy alone, which then gives one
number for each row; loss and gradient are of the mean. Where the bias is the last row of W it is penalised like the
rest of W, as courses that put it there do. A function that takes no l2 has no penalty. Right answers are computed by
:mod:`softreg.functional`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from softreg.functional import cross_entropy, residual, softmax
from softreg.grading.calls import Call, Given
from softreg.grading.question import Question
from softreg.grading.spec import Function, Spec

__all__ = [
    "bias_inside",
    "expected",
    "factor",
    "joined",
    "logits_of",
    "loss",
    "shapes",
    "strength",
    "takes_proba",
    "told",
]


def takes_proba(spec: Spec) -> bool:
    """Whether the course's cross-entropy takes probabilities, so that very small ones are lost before it sees them."""
    function = spec.function("cross_entropy")
    return function is not None and "proba" in function.takes


def bias_inside(function: Function) -> bool:
    """Whether this function's bias is the last row of W, and its X has a last column of ones."""
    words = function.returns if function.role == "train" else function.takes
    return "W" in words and "b" not in words


def factor(spec: Spec) -> float:
    """Return what l2 ||W||^2 is multiplied with: 1/2, or 1."""
    return 0.5 if spec.penalty == "l2/2" else 1.0


def joined(weights: np.ndarray, bias: np.ndarray, inside: bool) -> dict[str, np.ndarray]:
    """Return W and b, or both in one: ``{"W": ...}`` with the bias as its last row."""
    return {"W": np.vstack([weights, bias])} if inside else {"W": weights, "b": bias}


def told(spec: Spec, question: Question) -> Call:
    """Return the call that asks a question in the course's convention and order of arguments."""
    function = spec.function(question.role)
    assert function is not None  # only what the homework asks for is asked
    given: dict[str, Given] = dict(question.given)
    if "proba" in function.takes:
        given["proba"] = softmax(question.array("logits"))
    if bias_inside(function):
        X = question.array("X")
        given["X"] = np.hstack([X, np.ones((len(X), 1), dtype=X.dtype)])
        if "W" in given:
            given["W"] = np.vstack([question.array("W"), question.array("b")])
    return Call(question.key, question.role, {word: given[word] for word in function.takes})


def logits_of(question: Question) -> np.ndarray:
    """Return the logits that a question gives, or X W + b, in float64."""
    if "logits" in question.given:
        return question.array("logits").astype(np.float64)
    return np.asarray(question.array("X").astype(np.float64) @ question.array("W") + question.array("b"))


def strength(function: Function, question: Question) -> float:
    """Return the l2 that a function is told: 0 where it takes none."""
    return question.number("l2") if "l2" in function.takes else 0.0


def expected(spec: Spec, question: Question) -> Mapping[str, np.ndarray]:
    """Return the right answer, a part for each word of what the function returns.

    ``batches`` and ``train`` have many right answers: theirs is empty.
    """
    function = spec.function(question.role)
    assert function is not None
    if question.role in {"batches", "train"}:
        return {}
    if question.role == "softmax":
        return {"proba": softmax(logits_of(question))}
    if question.role == "predict":
        return {"y": logits_of(question).argmax(axis=1)}
    if question.role == "cross_entropy":
        return {"loss": _reduced(cross_entropy(logits_of(question), question.array("y")), spec.reduction)}
    parts = {"loss": loss(spec, function, question)}
    if question.role == "gradient":
        parts |= _gradient(spec, function, question)
    return {word: parts[word] for word in function.returns}


def shapes(spec: Spec, question: Question) -> Mapping[str, tuple[int, ...]]:
    """Return the shapes of the right answer's parts; none for batches, whose number is the student's choice."""
    function = spec.function(question.role)
    assert function is not None
    if question.role != "train":
        return {word: part.shape for word, part in expected(spec, question).items()}
    n_features, n_classes = question.array("X").shape[1], int(question.number("n_classes"))
    parts = joined(np.zeros((n_features, n_classes)), np.zeros(n_classes), bias_inside(function))
    return {word: parts[word].shape for word in function.returns}


def _reduced(losses: np.ndarray, reduction: str) -> np.ndarray:
    return np.asarray({"mean": losses.mean(), "sum": losses.sum()}.get(reduction, losses))


def loss(spec: Spec, function: Function, question: Question) -> np.ndarray:
    """Return the loss of a model as this function ought to count it: its penalty and its place of the bias."""
    losses = cross_entropy(logits_of(question), question.array("y"))
    reduced = losses.sum() if spec.reduction == "sum" else losses.mean()
    weights = joined(question.array("W"), question.array("b"), bias_inside(function))["W"]
    return np.asarray(reduced + factor(spec) * strength(function, question) * (weights**2).sum())


def _gradient(spec: Spec, function: Function, question: Question) -> dict[str, np.ndarray]:
    X, inside = question.array("X").astype(np.float64), bias_inside(function)
    R = residual(logits_of(question), question.array("y"))
    R /= 1 if spec.reduction == "sum" else len(R)
    weights = joined(question.array("W"), question.array("b"), inside)["W"]
    parts = joined(X.T @ R, R.sum(axis=0), inside)
    parts["W"] = parts["W"] + 2 * factor(spec) * strength(function, question) * weights
    return {f"grad_{word}": part for word, part in parts.items()}

"""Way: softmax regression as it might have been written, one choice for each thing that is known to go wrong.

``Way()`` is the right one. A hypothesis is a way that differs from it, computed on the same inputs as the submission's
answers: overflow overflows here too. Nothing here is for use; see :mod:`softreg.functional` for how it is done.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from softreg.functional import softmax
from softreg.grading.conventions import bias_inside, factor, joined, strength, takes_proba
from softreg.grading.question import Question
from softreg.grading.spec import Spec

__all__ = ["Way", "answered", "gradient"]


@dataclass(frozen=True)
class Way:
    """The choices, each with the right one as its default.

    ``axis``: over which softmax sums, None for all. ``plain``: without an exponential. ``shift``: what is
    subtracted before the exponential (row, none, all, mean, column). ``twice``: softmax of a softmax. ``raw``:
    logits taken as probabilities. ``whole``: written into an array of integers. ``log``: stable, or of a softmax.
    ``epsilon`` is added in the logarithm, ``clip`` the least probability, ``base`` the logarithm's. ``labels``: the
    first one. ``pairs``: which loss of an n x n array (label, outer). ``reduction``: the spec's where it is empty.
    ``sign``; ``uphill``: the whole gradient's. ``penalty``: times the right one; ``norm``: of the norm, not its
    square; ``per_row``: divided by n; ``bias``: penalised the other way. ``one_hot``: subtracted from p.
    ``classes``: the bias's gradient is summed over them (each, all). ``transposed``. ``intercept``: added.
    ``integers``: how uint8 features go wrong (negated, partly, int8). ``pick``: what predict takes (argmax, argmin,
    max, column).
    """

    axis: int | None = 1
    plain: bool = False
    shift: str = "row"
    twice: bool = False
    raw: bool = False
    whole: bool = False
    log: str = "stable"
    epsilon: float = 0.0
    clip: float = 0.0
    base: float = math.e
    labels: int = 0
    pairs: str = ""
    reduction: str = ""
    sign: int = 1
    uphill: bool = False
    penalty: float = 1.0
    norm: bool = False
    per_row: bool = False
    bias: bool = False
    one_hot: bool = True
    classes: str = ""
    transposed: bool = False
    intercept: bool = True
    integers: str = ""
    pick: str = "argmax"


def answered(way: Way, spec: Spec, question: Question) -> dict[str, np.ndarray]:
    """Return what a submission that goes this way answers, by the words that its function returns."""
    function = spec.function(question.role)
    assert function is not None
    with np.errstate(all="ignore"):
        if question.role == "softmax":
            return {"proba": _whole(way, question, _proba(way, question.array("logits").astype(np.float64)))}
        if question.role == "predict":
            return {"y": _picked(way, _logits(way, question))}
        if question.role == "cross_entropy":
            losses = _losses(way, question, takes_proba(spec))
            return {"loss": _reduced(way, spec.reduction, losses, question.array("logits").shape[1])}
        parts: dict[str, np.ndarray] = {}
        if "loss" in function.returns:
            parts["loss"] = _loss(way, spec, question)
        if question.role == "gradient":
            parts |= gradient(way, spec, question)
    return {word: parts[word] for word in function.returns if word in parts}


def _logits(way: Way, question: Question) -> np.ndarray:
    if "logits" in question.given:
        return question.array("logits").astype(np.float64)
    X = question.array("X")
    X = (X.astype(np.int8) if way.integers == "int8" and X.dtype == np.uint8 else X).astype(np.float64)
    return np.asarray(X @ question.array("W") + (question.array("b") if way.intercept else 0.0))


def _shift(way: Way, logits: np.ndarray) -> np.ndarray:
    if way.shift == "all":
        return np.asarray(logits - logits.max())
    if way.shift == "mean":
        return np.asarray(logits - logits.mean(axis=1, keepdims=True))
    if way.shift == "none":
        return logits
    return np.asarray(logits - logits.max(axis=0 if way.shift == "column" else 1, keepdims=True))


def _proba(way: Way, logits: np.ndarray) -> np.ndarray:
    for _ in range(2 if way.twice else 1):
        powers = logits if way.plain else np.exp(_shift(way, logits))
        logits = powers / powers.sum(axis=way.axis, keepdims=True)
    return np.asarray(logits)


def _whole(way: Way, question: Question, proba: np.ndarray) -> np.ndarray:
    return np.trunc(proba) if way.whole and question.array("logits").dtype.kind in "iu" else proba


def _picked(way: Way, logits: np.ndarray) -> np.ndarray:
    # the softmax of a row has its order, however badly it was computed; that of a column has not
    proba = _proba(way, logits) if way.axis == 0 or way.plain else logits
    if way.pick == "max":
        return np.asarray(_proba(way, logits).max(axis=1))
    axis = 0 if way.pick == "column" else 1
    best = proba.argmin(axis=axis) if way.pick == "argmin" else proba.argmax(axis=axis)
    return np.asarray(best + way.labels)


def _log_proba(way: Way, logits: np.ndarray) -> np.ndarray:
    """The logarithm of each probability, in nats."""
    if way.raw:
        return np.log(logits + way.epsilon)
    if way.twice:
        logits = _proba(Way(axis=way.axis, shift=way.shift), logits)
    if way.log == "stable" and not (way.epsilon or way.clip or way.plain):
        shifted = _shift(way, logits)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=way.axis, keepdims=True)))
    return _log(way, _proba(Way(axis=way.axis, plain=way.plain, shift=way.shift), logits))


def _log(way: Way, proba: np.ndarray) -> np.ndarray:
    if way.clip:
        proba = np.clip(proba, way.clip, 1 - way.clip)
    return np.asarray(np.log(proba + way.epsilon))


def _losses(way: Way, question: Question, from_proba: bool) -> np.ndarray:
    """Each row's loss (n_samples,), or (n_samples, n_samples) where two arrays of one number a row met at an angle."""
    logits, y = _logits(way, question), question.array("y") - way.labels
    rows = np.arange(len(y))
    log_proba = _log_proba(way, logits)
    if from_proba:
        proba = softmax(logits)
        log_proba = np.log(softmax(proba)) if way.twice else _log(way, proba)
    sign = -way.sign / math.log(way.base)
    if way.pairs == "label":
        return np.asarray(sign * log_proba[rows[None, :], y[:, None]])
    if way.pairs == "outer":
        shifted = logits - logits.max(axis=1, keepdims=True)
        return np.asarray(-sign * (np.log(np.exp(shifted).sum(axis=1, keepdims=True)) - shifted[rows, y]))
    return np.asarray(sign * log_proba[rows, y])


def _reduced(way: Way, reduction: str, losses: np.ndarray, n_classes: int) -> np.ndarray:
    reduction = way.reduction or reduction
    if reduction == "n K":
        return np.asarray(losses.mean() / n_classes)
    return np.asarray({"mean": losses.mean(), "sum": losses.sum()}.get(reduction, losses))


def _penalised(way: Way, spec: Spec, question: Question) -> dict[str, np.ndarray]:
    """W and b, each as far as the penalty counts it: 0 where it does not."""
    function = spec.function(question.role)
    assert function is not None
    counts = bias_inside(function) != way.bias
    return {"W": question.array("W"), "b": question.array("b") * counts}


def _amount(way: Way, spec: Spec, question: Question) -> float:
    function = spec.function(question.role)
    assert function is not None
    amount = way.penalty * factor(spec) * strength(function, question)
    return amount / len(question.array("y")) if way.per_row else amount


def _loss(way: Way, spec: Spec, question: Question) -> np.ndarray:
    reduction = "mean" if spec.reduction == "none" else spec.reduction
    squares = sum(float((part**2).sum()) for part in _penalised(way, spec, question).values())
    penalty = _amount(way, spec, question) * (math.sqrt(squares) if way.norm else squares)
    n_classes = question.array("W").shape[1]
    return np.asarray(_reduced(way, reduction, _losses(way, question, False), n_classes) + penalty)


def _residual(way: Way, spec: Spec, question: Question) -> tuple[np.ndarray, np.ndarray]:
    """What p and the one-hot labels each add to the residual, divided as the reduction has it."""
    proba = _proba(way, _logits(way, question))
    if way.whole:
        proba = np.trunc(proba)
    y = question.array("y") - way.labels
    target = np.zeros_like(proba)
    if way.pairs:
        target[:, y] = 1
    elif way.one_hot:
        target[np.arange(len(y)), y] = 1
    # a gradient is one for all rows: where the loss is one for each, it is that of their mean
    right = "sum" if spec.reduction == "sum" else "mean"
    reduction = way.reduction if way.reduction in {"sum", "mean", "n K"} else right
    n_samples, n_classes = proba.shape
    count = {"mean": n_samples, "n K": n_samples * n_classes}.get(reduction, 1)
    scale = way.sign / (count * math.log(way.base))
    return proba * scale, target * scale


def _products(way: Way, question: Question, proba: np.ndarray, target: np.ndarray, inside: bool) -> np.ndarray:
    """X^T R (n_features + 1, n_classes), the bias's gradient as its last row."""
    given = question.array("X")
    given = np.hstack([given, np.ones((len(given), 1), dtype=given.dtype)])
    # subtle: -X of unsigned integers is 256 - X, and that is the mistake; a bias that stands apart escapes it
    negated = (-given).astype(np.float64)
    if not inside:
        negated[:, -1] = -1.0
    X = (given.astype(np.int8) if way.integers == "int8" and given.dtype == np.uint8 else given).astype(np.float64)
    if way.integers == "negated":
        return np.asarray(negated.T @ (target - proba))
    if way.integers == "partly":
        return np.asarray(X.T @ proba + negated.T @ target)
    return np.asarray(X.T @ (proba - target))


def gradient(way: Way, spec: Spec, question: Question) -> dict[str, np.ndarray]:
    """Return the gradient, grad_W and grad_b or both in one, of a model's question."""
    function = spec.function(question.role)
    assert function is not None
    inside, (proba, target) = bias_inside(function), _residual(way, spec, question)
    product = _products(way, question, proba, target, inside)
    counted, amount = _penalised(way, spec, question), 2 * _amount(way, spec, question)
    if way.norm:
        amount /= 2 * math.sqrt(sum(float((part**2).sum()) for part in counted.values())) or 1.0
    weights, bias = product[:-1] + amount * counted["W"], product[-1] + amount * counted["b"]
    if way.classes and not inside:
        sums = (proba - target).sum(axis=1)
        bias = sums if way.classes == "each" else np.asarray(sums.sum())
    return _given_back(way, joined(weights, bias, inside))


def _given_back(way: Way, parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    direction = -1 if way.uphill else 1
    if way.transposed:
        parts["W"] = parts["W"].T
    return {f"grad_{word}": direction * part for word, part in parts.items()}

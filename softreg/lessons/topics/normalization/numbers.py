"""Every number that the lesson on plain normalization tells."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.functional import plain_normalization, plain_residual, residual, softmax
from softreg.geometry import curvature_bound
from softreg.lessons.given import Given, Rows
from softreg.lessons.topics.normalization.descents import Descent, Sample, descended, scores_by_step, start
from softreg.lessons.topics.normalization.rules import EPSILON, RULES, Rule

__all__ = ["SCORES", "numbers_of", "on_scores", "rivals", "trained"]

SCORES = np.array([1.0, 2.0, -3.5])
STEPS = 100
"""Of the two descents from W = 0, b = 1."""
TOLD = (0, 1, 2, 10, STEPS)
"""The steps that are told, beside those at which something happens for the first time."""
SMALLER = 0.1
"""A second try of plain normalization takes this part of the step."""
RIVAL_STEPS = 600
STARTS = 6
NEAR = 0.01
"""Losses that differ by less, in nats, are told as the same."""
PAIRS = 2000
"""Random pairs of scores between which convexity is looked at."""
SPREAD = 3.0
"""Standard deviation of those scores."""


def numbers_of(scores: np.ndarray, rows: Rows, given: Given) -> dict[str, Any]:
    """Return all of them: of the learner's scores, of the two trainings, of the rivals."""
    Xb = np.hstack([rows.standardised, np.ones((len(rows.y), 1))])
    sample = Sample(Xb, rows.y, rows.n_classes)
    return {"data": rows.name} | on_scores(scores) | trained(sample) | rivals(sample, given.generator())


def on_scores(scores: np.ndarray) -> dict[str, Any]:
    """Return plain normalization beside softmax on a few scores, and both gradients near a score of 0."""
    told = {"pair": [1, 2], "stretched": [10, 20], "shifted": [11, 12], "negative": [-1, -2, -3], "zero": [0, 0, 0]}
    near_zero = np.array([1.0, 0.1, 0.01, 0.001])
    numbers: dict[str, Any] = {"z": scores, "p": softmax(scores), "sum_z": scores.sum(), "near_zero": near_zero}
    with np.errstate(all="ignore"):  # 0/0 is one of the things to be shown
        numbers["plain"] = plain_normalization(scores)
        for name, one in told.items():
            numbers[f"plain_{name}"] = plain_normalization(np.array(one, dtype=np.float64))
            numbers[f"softmax_{name}"] = softmax(np.array(one, dtype=np.float64))
    pairs, first = np.column_stack([near_zero, np.ones(4)]), np.zeros(4, dtype=np.intp)
    return numbers | {
        "plain_p": plain_normalization(pairs)[:, 0],
        "plain_gradient": plain_residual(pairs, first)[:, 0],
        "softmax_gradient": residual(pairs, first)[:, 0],
        "quiz": plain_residual(np.array([[2.0, 6.0]]), np.array([0]))[0, 0],
        "quiz_p": plain_normalization(np.array([2.0, 6.0]))[0],
        "log_2": math.log(2),
        "inverse_log_2": 1 / math.log(2),
        "friend": softmax(math.log(2) * np.array([1.0, 2.0])),
    }


def trained(sample: Sample) -> dict[str, Any]:
    """Return the losses and the probabilities of the same classifier, trained with softmax and plain."""
    y, step = sample.y, _step_size(sample.Xb[:, :-1])
    places = np.arange(len(y))
    soft = softmax(scores_by_step(sample, residual, step, STEPS))
    with np.errstate(all="ignore"):
        plain = plain_normalization(scores_by_step(sample, plain_residual, step, STEPS))
        smaller = plain_normalization(scores_by_step(sample, plain_residual, SMALLER * step, STEPS))
        losses = {"softmax": -np.log(soft[:, places, y]), "plain": -np.log(plain[:, places, y])}
    # subtle: -log of a ratio of two negative scores is a number, and plain normalization is given it; of p <= 0 none is
    lost = ~np.isfinite(losses["plain"])
    last = int(np.argmax(lost.any(axis=1))) - 1 if lost.any() else STEPS
    first = _first_outside(plain)
    seen = last + 1 if lost.any() else STEPS
    return {
        "step_size": step,
        "steps": STEPS,
        "smaller": SMALLER,
        "n_rows": len(y),
        "n_classes": sample.n_classes,
        "log_k": math.log(sample.n_classes),
        "softmax_loss": losses["softmax"].mean(axis=1),
        "plain_loss": np.where(lost.any(axis=1), np.nan, losses["plain"].mean(axis=1)),
        "plain_low": plain.min(axis=(1, 2)),
        "plain_high": plain.max(axis=(1, 2)),
        "lost": lost.sum(axis=1),
        "last": last,
        "first_lost": seen if lost.any() else None,
        "first_outside": first,
        "smaller_outside": _first_outside(smaller),
        "least_row_loss": float(np.min(losses["plain"][last])),
        "told": np.array(sorted({*TOLD, last, seen} | ({first} if first is not None else set()))),
        "seen": seen,
        "plain_true": plain[seen, places, y],
        "softmax_true": soft[seen, places, y],
    }


def rivals(sample: Sample, generator: np.random.Generator) -> dict[str, Any]:
    """Return for each rule where several starts end: the losses, and how far apart their probabilities are."""
    shape = (STARTS - 1, *start(sample).shape)
    starts = np.concatenate([start(sample)[None], generator.normal(size=shape)])
    ends = [descended(rule, sample, starts, RIVAL_STEPS) for rule in RULES]
    reached = np.array([end.losses[-1] for end in ends])
    pair = SPREAD * generator.normal(size=(2, PAIRS, sample.n_classes))
    return {
        "rules": [rule.name for rule in RULES],
        "starts": STARTS,
        "rival_steps": RIVAL_STEPS,
        "epsilon": EPSILON,
        "near": NEAR,
        "pairs": PAIRS,
        "reached": reached,
        "lowest": reached.min(axis=1),
        "highest": reached.max(axis=1),
        "apart": np.array([_apart(rule, sample.Xb, end) for rule, end in zip(RULES, ends, strict=True)]),
        "bent": np.array([_bent(rule, *pair) for rule in RULES]),
    }


def _step_size(X: np.ndarray) -> float:
    """A step with which the loss of softmax falls every time; the lesson on descent tells of it."""
    design = DesignMatrix(X, Scaling.of(X, "none"))
    curvature, _ = curvature_bound(design, np.ones(len(X)), 0.0, np.random.default_rng(0))
    return 1 / curvature


def _first_outside(p: np.ndarray) -> int | None:
    """The first step after which a "probability" lies outside of 0 and 1."""
    outside = ((p < 0) | (p > 1)).any(axis=(1, 2))
    return int(np.argmax(outside)) if outside.any() else None


def _apart(rule: Rule, Xb: np.ndarray, end: Descent) -> float:
    """The largest difference between two starts' probabilities of one class of one row."""
    p = rule.proba(Xb @ end.theta)
    return float(np.ptp(p, axis=0).max())


def _bent(rule: Rule, one: np.ndarray, other: np.ndarray) -> int:
    """Between how many pairs of scores the loss of the first class breaks the promise of a convex function."""
    first = np.zeros(len(one), dtype=np.intp)
    with np.errstate(all="ignore"):
        middle, *ends = (rule.loss_and_residual(z, first)[0] for z in ((one + other) / 2, one, other))
    return int((middle > (ends[0] + ends[1]) / 2 + 1e-9).sum())

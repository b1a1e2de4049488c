"""The lesson's own descents: short, because the losses of the rivals have no place in :mod:`softreg.objective`.

theta (n_features + 1, n_classes) stacks W and b; several starts are stacked in front.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from softreg.lessons.topics.normalization.rules import Rule

__all__ = ["Descent", "Sample", "descended", "evaluated", "scores_by_step", "start"]

Residual = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Sample:
    """Rows: ``Xb`` (n_samples, n_features + 1) with a last column of ones, ``y`` (n_samples,) class indices."""

    Xb: np.ndarray
    y: np.ndarray
    n_classes: int


def start(sample: Sample) -> np.ndarray:
    """Return W = 0, b = 1: every score is 1, and every p is 1/K, by plain normalization and by softmax alike."""
    theta = np.zeros((sample.Xb.shape[1], sample.n_classes))
    theta[-1] = 1.0
    return theta


def scores_by_step(sample: Sample, residual: Residual, step: float, steps: int) -> np.ndarray:
    """Return the scores (steps + 1, n_samples, n_classes) on the way of gradient descent from W = 0, b = 1.

    ``residual(z, y)`` is the gradient of each row's loss in its scores; the rest is the same for every loss.
    """
    Xb, y, theta, scores = sample.Xb, sample.y, start(sample), []
    with np.errstate(all="ignore"):  # a score of 0, and what comes of it, is what this descent is to show
        for _ in range(steps + 1):
            scores.append(Xb @ theta)
            theta = theta - step * Xb.T @ residual(scores[-1], y) / len(y)
    return np.array(scores)


@dataclass(frozen=True)
class Descent:
    """Where the starts ended: ``theta`` (n_starts, n_features + 1, n_classes), and ``losses`` (steps + 1, n_starts)."""

    theta: np.ndarray
    losses: np.ndarray


def evaluated(rule: Rule, sample: Sample, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean loss (n_starts,) and its gradient, shaped as theta, at every start."""
    z = sample.Xb @ theta
    every = np.tile(sample.y, len(theta))
    loss, residual = rule.loss_and_residual(z.reshape(every.size, -1), every)
    return loss.reshape(len(theta), -1).mean(axis=1), sample.Xb.T @ residual.reshape(z.shape) / len(sample.y)


def descended(rule: Rule, sample: Sample, theta: np.ndarray, steps: int) -> Descent:
    """Descend from every start at once; each has a step of its own, so that no rule is hurt by another one's.

    A step is taken where the loss falls by a quarter of what the slope promises, and is longer by half the next time;
    elsewhere it is halved (Nocedal & Wright, *Numerical Optimization* (2006), section 3.1).
    """
    with np.errstate(all="ignore"):  # a trial step may go where a loss is infinite; it is not taken
        loss, gradient = evaluated(rule, sample, theta)
        theta, step, losses = theta.copy(), np.ones(len(theta)), [loss]
        for _ in range(steps):
            trial = theta - step[:, None, None] * gradient
            trial_loss, trial_gradient = evaluated(rule, sample, trial)
            slope = np.square(gradient).sum(axis=(1, 2))
            fell = (trial_loss <= loss - step * slope / 4) & np.isfinite(trial_gradient).all(axis=(1, 2))
            loss, step = np.where(fell, trial_loss, loss), np.where(fell, 1.5 * step, step / 2)
            theta[fell], gradient[fell] = trial[fell], trial_gradient[fell]
            losses.append(loss)
    return Descent(theta, np.array(losses))

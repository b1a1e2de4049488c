"""Guessing: whether the features tell anything of the class, on rows that the model has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from softreg.checks.finding import FAIL, PASS, SKIP, WARN, Finding
from softreg.checks.subject import Subject
from softreg.checks.thresholds import SURE
from softreg.functional import expected
from softreg.metrics import (
    accuracy,
    accuracy_interval,
    class_share_cross_entropy,
    commonest_class_accuracy,
    cross_entropy,
    effective_rows,
)

__all__ = ["Held", "beats_guessing", "beats_shares", "held_out"]

LABELS, FEATURES = "labels", "no features"
WHY_LABELS = "With shuffled labels no model is better than guessing."
WHY_FEATURES = "What knows only the shares of the classes must be beaten."
NONE_HELD = "not applicable: no rows are held out"
HOLD_OUT = "Give --test-size above 0."


@dataclass(frozen=True)
class Held:
    """Scores on the rows of ``part``: ours and of guessing, the interval of our accuracy, and the gain over the shares.

    ``gain`` is by how much the class shares' cross-entropy is above ours, row by row on average, ``error`` its standard
    error.
    """

    part: str
    accuracy: float
    low: float
    high: float
    guessing: float
    cross_entropy: float
    class_shares: float
    gain: float
    error: float

    @property
    def right(self) -> bool:
        """Whether guessing lies below the interval of the accuracy."""
        return self.guessing < self.low

    @property
    def likely(self) -> bool:
        """Whether the gain is more than chance."""
        return self.gain > SURE * self.error


def held_out(subject: Subject) -> Held | None:
    """Return what the model and guessing score on the held-out rows; None where there are none."""
    part = subject.held
    if part is None:
        return None
    targets, weight, log_proba = subject.targets[part], subject.weights[part], subject.log_proba[part]
    trained = {"train_weight": subject.masses, "sample_weight": weight}
    classes, predicted = np.arange(len(subject.classes)), log_proba.argmax(axis=1)
    gains = expected(log_proba - np.log(subject.masses / subject.masses.sum()), targets)
    share = np.full(len(gains), 1 / len(gains)) if weight is None else weight / weight.sum()
    gain, rows = float(share @ gains), len(gains) if weight is None else effective_rows(weight)
    low, high = accuracy_interval(targets, predicted, weight)
    return Held(
        part=part,
        accuracy=accuracy(targets, predicted, weight),
        low=low,
        high=high,
        guessing=commonest_class_accuracy(classes, targets, **trained),
        cross_entropy=cross_entropy(log_proba, targets, weight),
        class_shares=class_share_cross_entropy(classes, targets, len(classes), **trained),
        gain=gain,
        error=math.sqrt(float(share @ (gains - gain) ** 2) / rows),
    )


def beats_guessing(subject: Subject) -> Finding:
    """Look whether the share of the commonest class lies in the interval of the held-out accuracy."""
    held = held_out(subject)
    if held is None:
        return Finding(LABELS, SKIP, NONE_HELD, WHY_LABELS, HOLD_OUT)
    found = (
        f"{held.part} accuracy {held.accuracy:.3f}, 95% {held.low:.3f}-{held.high:.3f}; guessing {held.guessing:.3f}"
    )
    numbers = {name: getattr(held, name) for name in ("part", "accuracy", "low", "high", "guessing")}
    if held.right:
        return Finding(LABELS, PASS, found, WHY_LABELS, numbers=numbers)
    if held.likely:
        return Finding(LABELS, PASS, f"{found}, but the probabilities tell more", WHY_LABELS, numbers=numbers)
    advice = "Were rows and labels joined wrongly? Is what the columns tell too crooked for a linear model?"
    return Finding(LABELS, FAIL, found, WHY_LABELS, advice, numbers)


def beats_shares(subject: Subject) -> Finding:
    """Compare the held-out cross-entropy with that of the training rows' class shares."""
    held = held_out(subject)
    if held is None:
        return Finding(FEATURES, SKIP, NONE_HELD, WHY_FEATURES, HOLD_OUT)
    found = f"{held.part} cross-entropy {held.cross_entropy:.3f}, without features {held.class_shares:.3f}"
    numbers = {name: getattr(held, name) for name in ("part", "cross_entropy", "class_shares", "gain", "error")}
    if held.likely or (held.right and held.gain > 0):
        return Finding(FEATURES, PASS, found, WHY_FEATURES, numbers=numbers)
    if held.right:
        advice = "It is right more often than guessing, but too sure when wrong: let --l2 auto choose the penalty."
        return Finding(FEATURES, WARN, found, WHY_FEATURES, advice, numbers)
    if held.gain > 0:
        advice = "The gain is within chance: more test rows would tell."
        return Finding(FEATURES, WARN, found, WHY_FEATURES, advice, numbers)
    advice = "Look at the labels and the columns; --l2 auto shows whether any penalty helps."
    return Finding(FEATURES, FAIL, found, WHY_FEATURES, advice, numbers)

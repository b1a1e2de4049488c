"""Guessing: whether the features tell anything of the class, on rows that the model has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from softreg.checks.finding import FAIL, PASS, SKIP, WARN, Finding
from softreg.checks.subject import Subject
from softreg.checks.thresholds import UPPER, WORTH
from softreg.functional import expected
from softreg.metrics import (
    accuracy,
    accuracy_interval,
    class_share_cross_entropy,
    commonest_class_accuracy,
    cross_entropy,
    effective_rows,
    sign_test,
)

__all__ = ["Held", "beats_guessing", "beats_shares", "held_out"]

LABELS, FEATURES = "labels", "no features"
WHY_LABELS = "With shuffled labels no model is better than guessing."
WHY_FEATURES = "What knows only the shares of the classes must be beaten."
NONE_HELD = "not applicable: no rows are held out"
ALPHA = 0.05
HOLD_OUT = "Give --test-size above 0."
MORE_ROWS = "These rows are too few to tell: hold out more with --test-size, or collect more."


@dataclass(frozen=True)
class Held:
    """Scores on the rows of ``part``: ours and of guessing, the interval of our accuracy, and the gain over the shares.

    ``p_value`` is that of the sign test of the rows which one of both alone has right, None for soft labels. ``gain``
    is by how much the class shares' cross-entropy is above ours, row by row on average, and ``half`` half of its 95%
    interval, by Student's t; infinite for a single row.
    """

    part: str
    accuracy: float
    low: float
    high: float
    guessing: float
    p_value: float | None
    cross_entropy: float
    class_shares: float
    gain: float
    half: float

    @property
    def right(self) -> bool:
        """Whether guessing lies below the interval of the accuracy; on the same rows, a sign test must agree."""
        return self.guessing < self.low and (self.p_value is None or self.p_value < ALPHA)

    @property
    def likely(self) -> bool:
        """Whether the gain is more than chance."""
        return self.gain > self.half

    @property
    def open(self) -> bool:
        """Whether a gain worth having lies in the interval, so that more rows may show it."""
        return self.gain + self.half > WORTH * self.class_shares


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
        p_value=_sign(targets, predicted, int(subject.masses.argmax())) if targets.ndim == 1 else None,
        cross_entropy=cross_entropy(log_proba, targets, weight),
        class_shares=class_share_cross_entropy(classes, targets, len(classes), **trained),
        gain=gain,
        half=_half(float(share @ (gains - gain) ** 2), rows),
    )


def _sign(codes: np.ndarray, predicted: np.ndarray, guess: int) -> float:
    """The sign test of the rows that the model alone, or guessing alone, has right."""
    won, lost = (predicted == codes) & (codes != guess), (predicted != codes) & (codes == guess)
    return sign_test(int(won.sum()), int(lost.sum()))


def _half(variance: float, rows: float) -> float:
    """Half the 95% interval of a mean of ``rows`` values whose mean squared distance from it is ``variance``."""
    return float(student.ppf(UPPER, rows - 1)) * math.sqrt(variance / (rows - 1)) if rows > 1 else math.inf


def beats_guessing(subject: Subject) -> Finding:
    """Look whether the share of the commonest class lies in the interval of the held-out accuracy."""
    held = held_out(subject)
    if held is None:
        return Finding(LABELS, SKIP, NONE_HELD, WHY_LABELS, HOLD_OUT)
    found = (
        f"{held.part} accuracy {held.accuracy:.3f}, 95% {held.low:.3f}-{held.high:.3f}; guessing {held.guessing:.3f}"
    )
    numbers = {name: getattr(held, name) for name in ("part", "accuracy", "low", "high", "guessing", "p_value")}
    if held.right:
        return Finding(LABELS, PASS, found, WHY_LABELS, numbers=numbers)
    if held.likely:
        return Finding(LABELS, PASS, f"{found}, but the probabilities tell more", WHY_LABELS, numbers=numbers)
    if held.open:
        return Finding(LABELS, WARN, f"{found}: within chance", WHY_LABELS, MORE_ROWS, numbers)
    advice = "Were rows and labels joined wrongly? Is what the columns tell too crooked for a linear model?"
    return Finding(LABELS, FAIL, found, WHY_LABELS, advice, numbers)


def beats_shares(subject: Subject) -> Finding:
    """Compare the held-out cross-entropy with that of the training rows' class shares."""
    held = held_out(subject)
    if held is None:
        return Finding(FEATURES, SKIP, NONE_HELD, WHY_FEATURES, HOLD_OUT)
    found = f"{held.part} cross-entropy {held.cross_entropy:.3f}, without features {held.class_shares:.3f}"
    numbers = {name: getattr(held, name) for name in ("part", "cross_entropy", "class_shares", "gain", "half")}
    if held.likely or (held.right and held.gain > 0):
        return Finding(FEATURES, PASS, found, WHY_FEATURES, numbers=numbers)
    if held.right:
        advice = "It is right more often than guessing, but too sure when wrong: let --l2 auto choose the penalty."
        return Finding(FEATURES, WARN, found, WHY_FEATURES, advice, numbers)
    if held.open:
        return Finding(FEATURES, WARN, f"{found}: within chance", WHY_FEATURES, MORE_ROWS, numbers)
    advice = "Look at the labels and the columns; --l2 auto shows whether any penalty helps."
    return Finding(FEATURES, FAIL, found, WHY_FEATURES, advice, numbers)

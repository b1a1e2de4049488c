"""Question: one call in our own convention, before it is said in a course's words; and how its inputs are drawn.

Numbers of rows, features and classes are different primes, so that no shape can stand for another by chance; logits
spread over several units, labels are not balanced, and the first and the last class both occur.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from softreg.grading.calls import Given

__all__ = ["CLASSES", "Question", "ask", "draw_labels", "draw_logits", "draw_model", "draw_rows", "penalised"]

CLASSES = 5
ROWS = (11, 13, 17)
FEATURES = (3, 7)


@dataclass(frozen=True)
class Question:
    """What one call asks, by the words of :data:`softreg.grading.spec.ROLES`; ``key`` names the call."""

    key: str
    role: str
    given: Mapping[str, Given]

    def array(self, word: str) -> np.ndarray:
        """Return an argument that is an array, as it was given; y with the labels' own type, others too."""
        return np.asarray(self.given[word])

    def number(self, word: str) -> float:
        """Return an argument that is a number."""
        return float(self.given[word])


def ask(check: str, role: str, given: Mapping[str, Given], name: str = "") -> Question:
    """Return the question of a check to the function that plays a role; ``name`` tells several apart.

    >>> ask("overflow", "softmax", {}, "far apart").key
    'overflow softmax far apart'
    """
    return Question(" ".join(filter(None, (check, role, name))), role, given)


def draw_labels(rng: np.random.Generator, n_samples: int, n_classes: int = CLASSES) -> np.ndarray:
    """Draw class indices (n_samples,), the rarer the higher; the first row is of the last class, the second of 0."""
    share = np.arange(n_classes, 0, -1.0)
    labels = rng.choice(n_classes, n_samples, p=share / share.sum())
    labels[:2] = n_classes - 1, 0
    return np.asarray(labels)


def draw_logits(rng: np.random.Generator, spread: float = 3.0) -> dict[str, Given]:
    """Draw logits (n_samples, n_classes) and labels."""
    n_samples = int(rng.choice(ROWS))
    return {"logits": rng.normal(0.5, spread, (n_samples, CLASSES)), "y": draw_labels(rng, n_samples)}


def draw_rows(rng: np.random.Generator) -> dict[str, Given]:
    """Draw rows X (n_samples, n_features) and labels."""
    n_samples, n_features = int(rng.choice(ROWS)), int(rng.choice(FEATURES))
    return {"X": rng.normal(0.3, 1.0, (n_samples, n_features)), "y": draw_labels(rng, n_samples)}


def draw_model(rng: np.random.Generator) -> dict[str, Given]:
    """Draw rows, labels, weights, an intercept that matters, and a penalty that is neither 1/2 nor 1."""
    rows = draw_rows(rng)
    n_features = np.asarray(rows["X"]).shape[1]
    weights = rng.normal(0.0, 0.8, (n_features, CLASSES))
    return {**rows, "W": weights, "b": rng.normal(0.4, 1.0, CLASSES), "l2": round(float(rng.uniform(0.15, 0.4)), 3)}


def penalised(question: Question, value: float = 0.0) -> dict[str, Given]:
    """Return the question's arguments with another l2."""
    return {**question.given, "l2": value}

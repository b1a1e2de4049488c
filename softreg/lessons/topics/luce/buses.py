"""A car, a bus, and the same bus in another colour: utilities fitted to counted choices."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.functional import softmax
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

__all__ = ["ALTERNATIVES", "buses"]

ALTERNATIVES = ("car", "red bus", "blue bus")
BEFORE = np.array([200, 100])
AFTER = np.array([200, 50, 50])
COLOURS = 4


def buses() -> dict[str, Any]:
    """Return the shares before there is a blue bus, with the red bus's utility copied, and fitted again."""
    before, after = _utilities(BEFORE), _utilities(AFTER)
    copied = np.append(before, before[1])
    return {
        "choices": BEFORE,
        "choices_after": AFTER,
        "n_travellers": int(BEFORE.sum()),
        "utility": before,
        "share": softmax(before),
        "copied_share": softmax(copied),
        "refitted": after,
        "refitted_share": softmax(after),
        "fall": float(before[1] - after[1]),
        "log_2": float(np.log(2)),
        "colours": COLOURS,
        "colours_share": float(softmax(np.append(before[0], np.repeat(before[1], COLOURS)))[0]),
    }


def _utilities(counts: np.ndarray) -> np.ndarray:
    """Fit an intercept for each alternative to the counts; the first one's is taken as 0."""
    alternatives = np.arange(counts.size)
    problem = Problem(np.zeros((counts.size, 1)), alternatives, ALTERNATIVES[: counts.size], counts.astype(float))
    fitted = fit(problem, TrainingSettings(tol=1e-12)).intercept
    return np.asarray(fitted - fitted[0])

"""Three clouds of points whose probabilities are known exactly: what calibrated means, and how few rows hide it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softreg.functional import log_softmax, softmax
from softreg.metrics import band, cross_entropy, ece_if_calibrated, expected_calibration_error, reliability_table

__all__ = ["NAMES", "known_truth"]

N_POINTS = 20_000
RADIUS = 1.3
STRETCH = 3.0
FACTORS = (1 / STRETCH, 1.0, STRETCH)
NAMES = ("shrunk", "truth", "stretched")
NEAR_HALF = (0.45, 0.55)
BINS = 15
FEW = 30
DRAWS = 200


def known_truth(generator: np.random.Generator) -> dict[str, Any]:
    """Return what the true probabilities, and the same logits stretched and shrunk, show on many points and on few.

    The classes are equally common, and class k is spread around its centre m_k as a normal distribution of variance 1,
    so that Bayes' rule gives the logits m_k . x - |m_k|^2 / 2.
    """
    angles = np.arange(3) * 2 * math.pi / 3
    centres = RADIUS * np.column_stack([np.cos(angles), np.sin(angles)])
    y = generator.integers(len(centres), size=N_POINTS)
    X = centres[y] + generator.normal(size=(N_POINTS, 2))
    logits = X @ centres.T - (centres**2).sum(axis=1) / 2
    reports = [_report(factor * logits, y, generator) for factor in FACTORS]
    return {
        "n_points": N_POINTS,
        "n_clouds": len(centres),
        "stretch": STRETCH,
        "near_half": np.array(NEAR_HALF),
        **{f"curve_{name}": each.pop("curve") for name, each in zip(NAMES, reports, strict=True)},
        **{f"truth_{name}": [each[name] for each in reports] for name in reports[0]},
        **_few(logits, y, generator),
    }


def _report(logits: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    """How often the answers are right where the model says about one half, and everywhere."""
    proba = softmax(logits)
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == y
    near = (confidence > NEAR_HALF[0]) & (confidence < NEAR_HALF[1])
    table = reliability_table(proba, y, BINS, rng=generator)
    return {
        "n_near": int(near.sum()),
        "said": float(confidence[near].mean()),
        "came": float(right[near].mean()),
        "allowed": np.array(band(confidence[near], np.ones(near.sum()), generator)),
        "accuracy": float(right.mean()),
        "gap": expected_calibration_error(proba, y, BINS),
        "chance": ece_if_calibrated(proba, BINS, rng=generator),
        "loss": cross_entropy(log_softmax(logits), y),
        "curve": np.array([(row["confidence"], row["accuracy"]) for row in table if row["n_rows"] >= FEW]),
    }


def _few(logits: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    """The gap on a few points at a time: of the truth, and of logits that are stretched."""
    gaps = np.empty((DRAWS, 2))
    for draw in range(DRAWS):
        rows = generator.choice(len(y), FEW, replace=False)
        for place, factor in enumerate((1.0, STRETCH)):
            gaps[draw, place] = expected_calibration_error(softmax(factor * logits[rows]), y[rows], BINS)
    return {
        "n_few": FEW,
        "n_draws": DRAWS,
        "few_gap": float(gaps[:, 0].mean()),
        "few_gap_stretched": float(gaps[:, 1].mean()),
        "few_fooled": int((gaps[:, 0] >= gaps[:, 1]).sum()),
    }

"""The descents of the lesson: every one from zero weights, without anything but the cross-entropy to make small."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.errors import UsageError
from softreg.geometry import curvature_bound
from softreg.lessons.given import Rows
from softreg.objective import Objective
from softreg.settings import TrainingSettings
from softreg.training import Fit, Problem, fit
from softreg.training.descent import batch_size_of

__all__ = ["METHODS", "batches", "lengths", "lucky_and_wild", "methods", "numbers_of", "run"]

METHODS = ("gd", "momentum", "nesterov", "adam", "sgd", "cg")
PASSES = 100
EARLY = 10
BATCH_PASSES = 10
BATCHES = (1, 8, 64)
NEAR = 0.01
"""A method has arrived when its cross-entropy is within this of the lowest that any of them reached."""

FLAT = 1e-9
"""A gradient of this length is a rounding."""

TIMID, SAFE = 0.01, 1.0
LADDER = (2.5, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0)
"""Multiples of 1/L above the limit of 2 that are tried for a lucky and a wild one."""


def numbers_of(rows: Rows, seed: int) -> dict[str, Any]:
    """Return every number that the lesson tells."""
    L = _curvature(rows.X, rows.y, rows.n_classes)
    first = _first_step(rows, L)
    twice = _curvature(np.tile(rows.X, (2, 1)), np.tile(rows.y, 2), rows.n_classes)
    return {
        "data": rows.name,
        "columns": ", ".join(rows.columns[:2]) + (", ..." if len(rows.columns) > 2 else ""),
        "n_rows": len(rows.y),
        "n_columns": rows.X.shape[1],
        "n_classes": rows.n_classes,
        "log_k": math.log(rows.n_classes),
        "L": L,
        "inverse_L": 1 / L,
        "limit": 2 / L,
        "L_twice": twice,
        "start_share": 2 / rows.n_classes,
        "passes": PASSES,
        "early": EARLY,
        "kept": TrainingSettings().momentum,
        "near": NEAR,
        **first,
        **lengths(rows, L, seed),
        **methods(rows, seed),
        **batches(rows, seed),
        "quiz": (1 - 0.4 * 4) ** 2,
        "quiz_factor": 1 - 0.4 * 4,
        "quiz_limit": 2 / 4,
    }


def run(rows: Rows, seed: int, passes: int, **chosen: Any) -> tuple[np.ndarray, Fit]:
    """Return the cross-entropy of all rows after every pass (passes + 1,), and the fit.

    A descent that has ended earlier stays where it is.
    """
    settings = TrainingSettings(l2=0.0, tol=0.0, epochs=passes, scale="standard", seed=seed, threads=1, **chosen)
    # measured anew after each pass: of batches the history tells a running mean
    everything = Problem(rows.X, rows.y, rows.classes, held_out={"all": (rows.X, rows.y)})
    found = fit(everything, settings)
    losses = [row["all_cross_entropy"] for row in found.history]
    return np.array(losses + [losses[-1]] * (passes + 1 - len(losses))), found


def lengths(rows: Rows, L: float, seed: int) -> dict[str, Any]:
    """Return gradient descent with four step sizes: timid, safe, and above the limit a lucky and a wild one."""
    tried = {}
    for times in (TIMID, SAFE, *LADDER):
        tried[times], _ = run(rows, seed, PASSES, optimizer="gd", learning_rate=times / L)
        if tried[times][PASSES // 2 :].max() > tried[times][0]:
            break  # wild: longer ones are not tried
    lucky, wild = lucky_and_wild(tried)
    kinds = {"timid": TIMID, "safe": SAFE, "lucky": lucky, "wild": wild}
    found = {kind: times for kind, times in kinds.items() if times is not None}
    curves = np.array([tried[times] for times in found.values()])
    return {
        "kinds": list(found),
        "times": np.array(list(found.values())),
        "rates": np.array(list(found.values())) / L,
        "curves": curves,
        "highest": curves.max(axis=1),
        "rises": (np.diff(curves, axis=1) > 1e-12).sum(axis=1),
        "ladder_top": LADDER[-1],
    }


def lucky_and_wild(tried: dict[float, np.ndarray]) -> tuple[float | None, float | None]:
    """Return two multiples of 1/L above 2, by what the descents with them did.

    Lucky: it never rose, and ended below the safe step; of several the lowest. Wild: in the second half of its steps it
    still stood above where it began; where none did so, the first that ever stood there. None where there is none.
    """
    above = {times: losses for times, losses in tried.items() if times > 2}
    fell = {times: losses[-1] for times, losses in above.items() if (np.diff(losses) <= 1e-12).all()}
    better = {times: last for times, last in fell.items() if last < tried[SAFE][-1]}
    lucky = min(better, key=lambda times: better[times]) if better else None
    thrown = [times for times, losses in above.items() if losses.max() > losses[0] * (1 + 1e-9)]
    lasting = [times for times in thrown if above[times][PASSES // 2 :].max() > above[times][0]]
    return lucky, next(iter([*lasting, *thrown]), None)


def methods(rows: Rows, seed: int) -> dict[str, Any]:
    """Return the cross-entropy by pass of every method, each with its own safe step."""
    curves, rates = [], []
    for name in METHODS:
        # subtle: cg in the coordinates as they are, as the others; the lesson on geometry changes them
        losses, found = run(rows, seed, PASSES, optimizer=name, **({"precondition": "none"} if name == "cg" else {}))
        curves.append(losses)
        rates.append(found.step_size.learning_rate if found.step_size else math.nan)
    all_curves = np.array(curves)
    lowest = all_curves.min()
    near = all_curves <= lowest + NEAR
    sizes = {name: batch_size_of(TrainingSettings(optimizer=name), len(rows.y)) for name in METHODS}
    return {
        "methods": list(METHODS),
        "method_curves": all_curves,
        "method_rates": np.array(rates),
        "batch": sizes["sgd"],
        "steps_a_pass": np.array([-(-len(rows.y) // size) for size in sizes.values()]),
        "lowest": lowest,
        "arrived": [int(np.argmax(one)) if one.any() else None for one in near],
    }


def batches(rows: Rows, seed: int) -> dict[str, Any]:
    """Return stochastic gradient descent by the size of its batches, and how rough their gradients are."""
    n_samples = len(rows.y)
    sizes = [*(size for size in BATCHES if size < n_samples), n_samples]
    runs = [run(rows, seed, BATCH_PASSES, optimizer="sgd", batch_size=size) for size in sizes]
    objective = _objective(rows.X, rows.y, rows.n_classes)
    order = np.random.default_rng(seed).permutation(n_samples)
    theta = np.zeros(objective.shape)
    full = objective.evaluate(theta).gradient
    rough, bias = [], 0.0
    for size in sizes:
        parts = [order[first : first + size] for first in range(0, n_samples, size)]
        gradients = np.array([objective.evaluate(theta, part).gradient for part in parts])
        share = np.array([part.size for part in parts]) / n_samples
        errors = np.square(gradients - full).sum(axis=(1, 2))
        rough.append(math.sqrt(float(share @ errors)) / float(np.linalg.norm(full)))
        bias = max(bias, float(np.abs(np.tensordot(share, gradients, axes=1) - full).max()))
    return {
        "sizes": np.array(sizes),
        "batch_passes": BATCH_PASSES,
        "batch_curves": np.array([losses for losses, _ in runs]),
        "batch_rates": np.array([found.step_size.learning_rate for _, found in runs if found.step_size]),
        "batch_steps": np.array([-(-n_samples // size) for size in sizes]),
        "rough": np.array(rough),
        "bias": bias,
        "best_size": sizes[int(np.argmin([losses[-1] for losses, _ in runs]))],
    }


def _first_step(rows: Rows, L: float) -> dict[str, Any]:
    """What the step 1/L is sure to gain from zero weights, and what it gains."""
    objective = _objective(rows.X, rows.y, rows.n_classes)
    start = objective.evaluate(np.zeros(objective.shape))
    if np.linalg.norm(start.gradient) < FLAT:
        raise UsageError(
            f"On {rows.name} the gradient is 0 at zero weights: there is no way down to be shown.",
            "Take data whose columns tell something of the classes, such as iris.",
        )
    after = objective.evaluate(-start.gradient / L)
    return {
        "promised": float(np.square(start.gradient).sum()) / (2 * L),
        "gained": start.cross_entropy - after.cross_entropy,
    }


def _objective(X: np.ndarray, y: np.ndarray, n_classes: int) -> Objective:
    return Objective(DesignMatrix(X, Scaling.of(X, "standard")), y, n_classes=n_classes)


def _curvature(X: np.ndarray, y: np.ndarray, n_classes: int) -> float:
    """L, the bound on the curvature of the mean cross-entropy."""
    objective = _objective(X, y, n_classes)
    return curvature_bound(objective.design, objective.sample_weight, 0.0, np.random.default_rng(0))[0]

"""The descent along lines: conjugate directions, preconditioned, with an exact step on the kept logits.

Yields the same (row, state) pairs as :mod:`softreg.training.descent`; an epoch is one step: one product with X backward
(the gradient), one forward (the logits of the direction), and the solves with the preconditioner.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from softreg.geometry import Whitening, make_whitening, sharpening_cost
from softreg.objective import Engine, Line, Objective
from softreg.optimizers.conjugate import Conjugate
from softreg.training.descent import Row, State, held_out_measures, measured

__all__ = ["descend_along_lines", "even"]

REFRESH = 50
"""Kept logits drift by a rounding a step; after so many steps they are computed anew. By count, so that it repeats."""


def descend_along_lines(
    objective: Objective, precondition: str, seed: int, state: State, held_out: Mapping[str, Engine]
) -> Iterator[tuple[Row, State]]:
    """Yield (row, state) at the start and after every step, for ever.

    The preconditioner is that of zero weights first. After as many steps as a sharper one costs, and then at every
    doubling, it is made anew from the probabilities of the moment, by class.
    """
    began = time.perf_counter()
    first_sharpening = max(1, round(sharpening_cost(objective.design, objective.n_classes)))
    logits = state.logits or objective.design.forward(state.theta)
    whitening = _whitening(objective, precondition, seed, state)
    evaluation = objective.evaluate_logits(logits, state.theta)
    rounding = float(np.finfo(objective.design.dtype).eps) ** 0.75
    row = measured(evaluation) | {"step": None}
    while True:
        moment = {"epoch": state.epoch, "seconds": time.perf_counter() - began}
        yield moment | row | held_out_measures(held_out, state.theta), state
        if precondition != "none" and _is_doubling(state.epoch, first_sharpening):
            state = replace(state, memory={}, sharpened=(state.epoch, state.theta))
            whitening = _whitening(objective, precondition, seed, state)
        gradient = even(evaluation.gradient)
        direction, memory = Conjugate().update(gradient, even(whitening.solve(gradient)), state.memory)
        line = Line(objective, logits, state.theta, direction)
        step = line.exact_step(float(np.vdot(gradient, direction)), start=float(state.memory.get("step", 1.0)))
        memory["step"] = np.asarray(step)  # where the next line is searched first
        logits, theta = line.at(step)
        if (state.epoch + 1) % REFRESH == 0:
            logits = objective.design.forward(theta)
        before, evaluation = evaluation.objective, objective.evaluate_logits(logits, theta)
        if evaluation.objective > before + rounding * max(1.0, before):
            # subtle: J is convex, so the line's slopes were roundings; stay, and start again from the gradient alone
            step, memory, theta = 0.0, {}, state.theta
            logits = objective.design.forward(theta)
            evaluation = objective.evaluate_logits(logits, theta)
        state = replace(state, epoch=state.epoch + 1, theta=theta, memory=memory, logits=logits)
        row = measured(evaluation) | {"step": step}


def even(theta: np.ndarray) -> np.ndarray:
    """Return theta with the mean over the classes taken out of each row.

    The same vector added to every class changes no probability, and at the optimum the classes' weights sum to zero.
    subtle: exact gradients sum to zero too, but a rounding in that flat direction would grow with every long step.
    """
    return np.asarray(theta - theta.mean(axis=1, keepdims=True))


def _is_doubling(epoch: int, first: int) -> bool:
    """Whether the epoch is ``first`` times a power of two."""
    times, rest = divmod(epoch, first)
    return rest == 0 and times > 0 and times & (times - 1) == 0


def _whitening(objective: Objective, precondition: str, seed: int, state: State) -> Whitening:
    """The preconditioner of a state: that of W = 0, or the one sharpened last, from the same rows again."""
    K = objective.n_classes
    epoch, proba = 0, np.full(K, 1 / K)
    if state.sharpened is not None:
        epoch, theta = state.sharpened
        # subtle: from theta, not from the kept logits, so that a resumed descent makes the same bits
        proba = objective.proba(objective.design.forward(theta))
    rng = np.random.default_rng((seed, epoch))
    return make_whitening(precondition, objective.design, objective.sample_weight, objective.l2, proba=proba, rng=rng)

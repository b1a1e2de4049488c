"""fit(): learns the scaling, chooses the step, reads the descent until a rule says stop, folds the scaling away."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from softreg.design import DesignMatrix, Scaling
from softreg.geometry import (
    Whitening,
    curvature_bound,
    expected_smoothness,
    gradient_descent_steps,
    make_whitening,
    precondition_of,
)
from softreg.objective import Objective
from softreg.optimizers import Memory, Optimizer, make
from softreg.settings import TrainingSettings, method_of, takes_batches, tol_of
from softreg.training.certificate import Certificate, certify
from softreg.training.descent import Checkpoint, Method, Row, State, StepSize, batch_size_of, descend
from softreg.training.line_descent import descend_along_lines, even
from softreg.training.problem import Problem, cast, scale_of, weighted_rows
from softreg.training.stopping import Stopping
from softreg.workers import Workers

__all__ = ["NEAR", "Fit", "fit"]

NEAR = 1e-4
"""How near to the best objective gradient descent is asked to come, where its steps are told."""

Start = tuple[np.ndarray, np.ndarray]
"""The weights and the intercept to begin from, raw."""

Observer = Callable[[Row], str | None]
"""Is shown every row of the history as it comes; a sentence that it returns ends training."""

Descent = Iterator[tuple[Row, State]]
Hold = Callable[[State, State, list[Row]], None]
"""Is shown the state and the best state after every epoch, with the history up to it."""

FAR = 10
"""A proved gap of so many ``tol`` is no convergence, whatever the stopping rule says."""


@dataclass(frozen=True)
class Fit:
    """What training gives: ``weights`` (n_features, n_classes) and ``intercept`` (n_classes,) act on raw features.

    ``state.theta`` is the same model in the coordinates of ``scaling`` (its kind is ``scale``), where the penalty
    lives. ``objective`` and ``cross_entropy`` are exact, at the state that was kept. ``gd_steps`` is about how many
    steps gradient descent would need to come within :data:`NEAR` of the best objective.
    """

    weights: np.ndarray
    intercept: np.ndarray
    scaling: Scaling
    scale: str
    history: list[Row]
    state: State
    step_size: StepSize | None
    total_weight: float
    objective: float
    cross_entropy: float
    converged: bool
    diverged: bool
    stopped_because: str
    certificate: Certificate | None = None
    gd_steps: int | None = None


def fit(
    problem: Problem,
    settings: TrainingSettings,
    *,
    start: Start | None = None,
    resume: Fit | Checkpoint | None = None,
    proved: bool = False,
    announce: Callable[[StepSize | None], None] | None = None,
    observe: Observer | None = None,
    keep: Callable[[Checkpoint], None] | None = None,
) -> Fit:
    """Fit softmax regression to a problem.

    ``start`` is the (weights, intercept) to begin from, zeros otherwise; ``resume`` an earlier fit to go on from, with
    its scaling, step size and state, until ``settings.epochs`` in all; of a checkpoint the history and what the rules
    for stopping remember are taken up, too. ``proved`` asks for a certificate of how far the result is from the best.
    ``announce`` is told the step size before the first step (None for cg). ``observe`` is shown every row of the
    history as it comes; a sentence that it returns ends training. ``keep`` is given a checkpoint after every epoch,
    which costs no more than a reference. Raises
    :class:`DataError` for a class without weight. Divergence is not raised: the best weights are returned, and
    ``diverged`` says so.

    Three of four rows say "yes" and the feature tells nothing: the best model is the class shares, log(3) apart.

    >>> X, y = np.zeros((4, 1)), np.array([0, 1, 1, 1])
    >>> result = fit(Problem(X, y, ("no", "yes")), TrainingSettings(tol=1e-8))
    >>> round(result.history[0]["objective"], 4), result.converged  # log 2
    (0.6931, True)
    >>> round(float(np.exp(result.intercept[1] - result.intercept[0])), 4)
    3.0
    """
    X, targets, weight = weighted_rows(problem, settings)
    kind = scale_of(settings, X, problem.pixels)
    scaling = (
        resume.scaling if resume else Scaling.of(X, kind, weight, pixels=problem.pixels, centre=settings.fit_intercept)
    )
    # divergence is told by the stopping rules, in words; threads inherit what is ignored here
    with np.errstate(over="ignore", invalid="ignore"), Workers(settings.threads) as workers:

        def objective_on(X: Any, targets: np.ndarray, weight: np.ndarray | None, l2: float) -> Objective:
            design = DesignMatrix(X, scaling, settings.fit_intercept, workers)
            return Objective(design, targets, weight, n_classes=len(problem.classes), l2=l2)

        objective = objective_on(X, targets, weight, settings.l2)
        held_out = {
            name: objective_on(cast(held_X, X.dtype), held_targets, problem.held_out_weight.get(name), 0.0)
            for name, (held_X, held_targets) in problem.held_out.items()
        }
        rows, step_size = _descent(objective, settings, held_out, start, resume)
        if announce:
            announce(step_size)
        stopping = Stopping(settings, _convexity(objective))

        def hold(state: State, best: State, history: list[Row]) -> None:
            if keep:
                keep(Checkpoint(scaling, step_size, state, best, history))

        history = _read(rows, stopping, resume, observe, hold)
        result = _result(objective, stopping, history, step_size, kind)
        return _proved(objective, settings, result) if proved else result


def _proved(objective: Objective, settings: TrainingSettings, result: Fit) -> Fit:
    """The fit with its certificate and, for conjugate gradients, the steps that gradient descent would have needed."""
    certificate, steps = certify(objective, result.state.theta), None
    result = replace(result, certificate=certificate)
    if method_of(settings) != "cg":
        return result
    lower, upper = certificate.gap_lower, certificate.gap_upper
    if result.converged and lower is not None and lower > FAR * tol_of(settings):
        because = f"{result.stopped_because}, yet the least possible is at least {lower:.2g} lower"
        return replace(result, converged=False, stopped_because=because)
    if upper is not None and upper <= NEAR:
        theta, weight = result.state.theta, objective.sample_weight
        proba = objective.proba(result.state.logits or objective.design.forward(theta))
        mass = (weight * proba * (1 - proba)).mean(axis=1)
        steps = gradient_descent_steps(objective.design, weight, objective.l2, theta=theta, mass=mass, gap=NEAR)
    return replace(result, gd_steps=steps)


def _descent(
    objective: Objective,
    settings: TrainingSettings,
    held_out: Mapping[str, Objective],
    start: Start | None,
    resume: Fit | Checkpoint | None,
) -> tuple[Descent, StepSize | None]:
    """The descent of the settings' method, from its first state or a resumed one, and the step where it is fixed."""
    name = method_of(settings)
    if name == "cg":
        state = resume.state if resume else _first(objective, {}, settings, start)
        if not resume:
            state = replace(state, theta=even(state.theta))
        kind = precondition_of(settings.precondition, objective.design, objective.n_classes)
        return descend_along_lines(objective, kind, settings.seed, state, held_out), None
    optimizer = make(name, settings.momentum)
    whitening = _fixed_whitening(objective, settings)
    step_size = resume.step_size if resume else _step_size(objective, optimizer, settings, whitening)
    assert step_size is not None  # a method with a fixed step resumes one
    batch = batch_size_of(settings, objective.n_samples)
    method = Method(optimizer, step_size.learning_rate, batch, settings.schedule, settings.epochs, whitening)
    state = resume.state if resume else _first(objective, optimizer.init(np.zeros(objective.shape)), settings, start)
    return descend(objective, method, state, held_out), step_size


def _fixed_whitening(objective: Objective, settings: TrainingSettings) -> Whitening | None:
    """The preconditioner of W = 0 for a textbook method, where one is asked for."""
    if settings.precondition in {"auto", "none"} or takes_batches(settings):
        return None
    flat, rng = np.full(objective.n_classes, 1 / objective.n_classes), np.random.default_rng((settings.seed, 0))
    weight = objective.sample_weight
    return make_whitening(settings.precondition, objective.design, weight, objective.l2, proba=flat, rng=rng)


def _convexity(objective: Objective) -> float:
    """About the least curvature of J: l2 for the weights, the rarest class's share for the intercept."""
    if not objective.design.fit_intercept:
        return objective.l2
    share = np.sum([objective.target_mass(rows) for rows in objective.design.parts()], axis=0) / objective.n_samples
    return min(objective.l2, float(share.min()))


def _read(
    rows: Descent, stopping: Stopping, resume: Fit | Checkpoint | None, observe: Observer | None, hold: Hold
) -> list[Row]:
    """Read a descent until a rule, or the observer, says stop; return its history, with that of an earlier part."""
    history: list[Row] = []
    if isinstance(resume, Checkpoint):
        history += resume.history
        if stopping.recall(history, resume.best, resume.state):
            return history
        next(rows)  # the last row once more
    elapsed = history[-1]["seconds"] if history else 0.0
    for row, state in rows:
        row["seconds"] += elapsed
        history.append(row)
        reason, over = observe(row) if observe else None, stopping.judge(row, state)
        hold(state, stopping.best, history)
        if reason and not over:
            over = stopping.stop(reason)
        if over:
            break
    return history


def _first(objective: Objective, memory: Memory, settings: TrainingSettings, start: Start | None) -> State:
    """The state before any step: zeros, or the given raw weights in the scaled coordinates."""
    scaling = objective.design.scaling
    theta = np.zeros(objective.shape) if start is None else scaling.unfold(*start)[: objective.shape[0]]
    random = np.random.default_rng(settings.seed).bit_generator.state
    return State(0, theta, memory, random)


def _result(
    objective: Objective, stopping: Stopping, history: list[Row], step_size: StepSize | None, scale: str
) -> Fit:
    """The kept state as a Fit, with exact values; an end above the start (or above log K) is a divergence too."""
    value, cross_entropy = _exact(objective, stopping)
    ceiling = max(history[0]["objective"], math.log(objective.n_classes))
    if not value <= ceiling * (1 + 1e-6):
        stopping.diverged, stopping.converged = True, False
        stopping.because = f"the objective ended at {value:.4g}, above where it began ({history[0]['objective']:.4g})"
        stopping.keep_best()
        value, cross_entropy = _exact(objective, stopping)
    theta = stopping.kept.theta
    weights, intercept = objective.design.scaling.fold(theta)
    return Fit(
        weights=weights,
        intercept=intercept,
        scaling=objective.design.scaling,
        scale=scale,
        history=history,
        state=stopping.kept,
        step_size=step_size,
        total_weight=objective.total_weight,
        objective=value,
        cross_entropy=cross_entropy,
        converged=stopping.converged,
        diverged=stopping.diverged,
        stopped_because=stopping.because,
    )


def _exact(objective: Objective, stopping: Stopping) -> tuple[float, float]:
    """Objective and cross-entropy at the kept state: from its row where that is exact, else measured now."""
    row, theta = stopping.kept_row, stopping.kept.theta
    if row["measured"] == "exact":
        return row["objective"], row["train_cross_entropy"]
    cross_entropy, _ = objective.measure(theta)
    return cross_entropy + objective.penalty(theta), cross_entropy


def _step_size(
    objective: Objective, optimizer: Optimizer, settings: TrainingSettings, whitening: Whitening | None
) -> StepSize:
    """The learning rate asked for, or the method's safe one; on mini-batches half of that at their own smoothness.

    Half, because Gower et al. (2019, theorem 3.1) ask for a step of at most 1/(2 L_B) with noisy gradients.
    """
    rng = np.random.default_rng(settings.seed)
    L, L_max = curvature_bound(objective.design, objective.sample_weight, settings.l2, rng, whitening)
    L = L or 1.0  # all-zero features and no penalty: every step is safe
    batch = batch_size_of(settings, objective.n_samples)
    safe = optimizer.safe_learning_rate(L)
    if batch < objective.n_samples and optimizer.guaranteed_below(L) is not None:
        # Nesterov's 1/L assumes exact gradients; on noisy ones its memory adds up like the heavy ball's
        noisy = make("momentum", settings.momentum) if settings.optimizer == "nesterov" else optimizer
        safe = noisy.safe_learning_rate(2 * expected_smoothness(L, max(L, L_max), objective.n_samples, batch))
    return StepSize(settings.learning_rate or safe, safe, optimizer.guaranteed_below(L), L)

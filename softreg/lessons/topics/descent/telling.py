"""The lesson on descent, in words."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.lessons.given import Given, Rows
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.descent import draw_descent
from softreg.lessons.topics.descent.runs import METHODS, numbers_of
from softreg.plots.text import chart

__all__ = ["teach"]

MOST_ROWS, MOST_FEATURES = 500, 30
"""Of what the learner brings: the lesson descends some thirty times, in seconds."""


def teach(given: Given) -> Lesson:
    """Teach gradient descent, its step size, its relatives and its batches."""
    rows = _rows(given)
    numbers = numbers_of(rows, given.seed)
    return Lesson(
        numbers=numbers,
        body=(*_on_curvature(), *_on_lengths(numbers), *_on_methods(numbers), *_on_batches(numbers)),
        notice=(
            "Below 2/L a fall is guaranteed. Above, it is not guaranteed, which does not say that it fails: L is the "
            "most that the curvature can be. At zero weights it is 2/K = {start_share:.2f} of L, and where the model "
            "is sure of its rows it is near 0.",
            "All methods use the same gradient, the residual times the columns. They differ in the step that they make "
            "of it.",
            "A batch buys many rough steps for the price of one exact step. Near the end they may wander, "
            "unless the learning rate falls.",
        ),
        exercises=_exercises(numbers),
        code=(
            "softreg.training.fitting:fit",
            "softreg.training.descent:descend",
            "softreg.geometry.curvature:curvature_bound",
            "softreg.optimizers.momentum:Momentum.update",
        ),
        references=(
            "Boehning (1992), doi:10.1007/BF00048682: the bound 1/2.",
            "Nesterov, Lectures on Convex Optimization (2018), section 2.1.5: the step 1/L.",
            "Polyak (1964), doi:10.1016/0041-5553(64)90137-5: momentum.",
            "Kingma & Ba (2015), arXiv:1412.6980: Adam.",
            "Nocedal & Wright, Numerical Optimization (2006), chapter 5: conjugate gradients.",
        ),
        draw=lambda: draw_descent(numbers),
        caption="Gradient descent with step sizes on both sides of the limit 2/L; six methods from one start; batches "
        "of several sizes.",
        notes=rows.notes,
    )


def _rows(given: Given) -> Rows:
    """The learner's rows, or two columns of Iris whose classes overlap, so that a step can be too long for good."""
    rows = given.rows_or("iris") if given.rows is not None else given.rows_or("iris").with_columns(0, 1)
    rows = rows.with_features(MOST_FEATURES).thinned(MOST_ROWS, given.generator())
    return rows.with_classes(np.unique(rows.y).size)  # a class of which no row is left cannot be trained


def _on_curvature() -> tuple[Part, ...]:
    return (
        Text(
            "No formula gives the best weights. But the gradient g tells which way is down, so one goes that way in "
            "steps. The length of a step is the learning rate a times the length of g:"
        ),
        Formula("theta <- theta - a g,    theta = (W, b)"),
        Text(
            "How long may it be? As long as the slope can be trusted, which is a matter of curvature. The second "
            "derivative of a row's loss in its logits is the covariance of the label under p, whose eigenvalues are "
            "never above 1/2. The logits are X theta; so, by the chain rule, the curvature of the mean cross-entropy J "
            "is nowhere above"
        ),
        Formula(
            "L = 1/2 of the largest eigenvalue of X^T X / n    (X with a column of ones)\n\n"
            "J(theta - a g) <= J(theta) - a (1 - a L / 2) |g|^2"
        ),
        Text(
            "So a fall is *guaranteed* for every a below 2/L, and the bound is lowest at a = 1/L: a fall of |g|^2/(2L) "
            "or more. Here ({data}: {n_rows} rows, {n_columns} columns, {columns}, each at mean 0 and standard "
            "deviation 1) L = {L:.3f} and 1/L = {inverse_L:.3f}. From zero weights, where J = log {n_classes} = "
            "{log_k:.3f}, that step is sure to gain {promised:.3f}. It gains {gained:.3f}."
        ),
    )


def _on_lengths(numbers: dict[str, Any]) -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{kinds[{k}]}}",
            f"{{times[{k}]:g}}/L",
            f"{{rates[{k}]:.3g}}",
            f"{{curves[{k}][{numbers['early']}]:.4f}}",
            f"{{curves[{k}][{numbers['passes']}]:.4f}}",
            f"{{highest[{k}]:.3f}}",
            f"{{rises[{k}]}}",
            "*guaranteed*" if times < 2 else "*not guaranteed*",
        )
        for k, times in enumerate(numbers["times"])
    )
    curves = {
        kind: list(enumerate(curve.tolist())) for kind, curve in zip(numbers["kinds"], numbers["curves"], strict=True)
    }
    return (
        Text("Gradient descent with steps on both sides of the limit, {passes} of each:"),
        Table(("step", "a", "", "J after {early}", "{passes}", "highest", "rises", "fall"), rows),
        Sketch(chart(curves, height=11, log_y=True, across="step", up="J, logarithmic")),
        Text(" ".join(_on_long_steps(numbers))),
    )


def _on_long_steps(numbers: dict[str, Any]) -> list[str]:
    """What the steps above the limit did, found by looking."""
    kinds, curves = numbers["kinds"], numbers["curves"]
    told = []
    if "lucky" in kinds:
        told.append(
            f"Above 2/L the step {{times[{kinds.index('lucky')}]:g}}/L was lucky: it fell every time, and lower than "
            "the safe one."
        )
    else:
        told.append("Above 2/L none of the tried steps was lucky: none fell every time and lower than the safe one.")
    if "wild" not in kinds:
        return [*told, "And none was wild: up to {ladder_top:g}/L none ever stood above where it began."]
    k = kinds.index("wild")
    curve = curves[k]
    opening = f"The step {{times[{k}]:g}}/L was wild: it was thrown up to {{highest[{k}]:.3f}}, above where it began"
    if curve[len(curve) // 2 :].max() > curve[0]:
        return [*told, f"{opening}, and in the second half of its steps it was there again."]
    lower = curve[-1] < curves[kinds.index("safe")][-1]
    return [
        *told,
        f"{opening}, and came back down, to {{curves[{k}][{numbers['passes']}]:.2g}}, "
        + ("below the safe step even. " if lower else "which is above the safe step still. ")
        + "Nothing had promised that, either.",
    ]


def _on_methods(numbers: dict[str, Any]) -> tuple[Part, ...]:
    last = numbers["passes"]
    rows = tuple(
        (
            f"{{methods[{k}]}}",
            f"{{method_rates[{k}]:.3g}}" if np.isfinite(numbers["method_rates"][k]) else "its own",
            f"{{steps_a_pass[{k}]}}",
            *(f"{{method_curves[{k}][{place}]:.4f}}" for place in (1, numbers["early"], last)),
            f"{{arrived[{k}]}}" if numbers["arrived"][k] is not None else "later",
        )
        for k in range(len(METHODS))
    )
    return (
        Text("The same gradient can be used better. From the same start:"),
        Formula(
            "gd        theta <- theta - a g\n"
            "momentum  v <- {kept:g} v - a g;  theta <- theta + v      a ball that rolls\n"
            "nesterov  momentum, with g taken where v is about to lead\n"
            "adam      each weight its own step: mean of g over root of the mean of g^2\n"
            "sgd       gd, with the gradient of a batch: some of the rows\n"
            "cg        conjugate directions, which do not undo each other; a is the best"
        ),
        Text(
            "Each takes the learning rate that is safe for it (adam, for which theory names none, a usual one). To be "
            "fair, count passes over the data, not steps: a pass is called an epoch. sgd and adam take {batch} rows a "
            "step here."
        ),
        Table(("method", "learning rate", "steps/epoch", "J after 1", "{early}", "{passes}", "arrived"), rows),
        Text(
            '"arrived" is the first epoch within {near:g} of the lowest J that any of them reached, {lowest:.4f}; '
            '"later" is after {passes}. ' + _first_of(numbers)
        ),
    )


def _first_of(numbers: dict[str, Any]) -> str:
    """Who arrived first."""
    known = {name: epoch for name, epoch in zip(METHODS, numbers["arrived"], strict=True) if epoch is not None}
    first = min(known.values())
    names = [name for name, epoch in known.items() if epoch == first]
    return f"First on these rows: {' and '.join(names)}. On others the order may be another."


def _on_batches(numbers: dict[str, Any]) -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{sizes[{k}]}}",
            f"{{batch_steps[{k}]}}",
            f"{{batch_rates[{k}]:.3g}}",
            f"{{rough[{k}]:.2f}}",
            f"{{batch_curves[{k}][1]:.4f}}",
            f"{{batch_curves[{k}][{numbers['batch_passes']}]:.4f}}",
        )
        for k in range(len(numbers["sizes"]))
    )
    return (
        Text(
            "And the size of a batch? The mean of the batches' gradients is the gradient of all rows (to {bias:.0e}), "
            'so a batch is right on average. "error" is how far a single one is off at the start, as a part of the '
            "gradient's length:"
        ),
        Table(
            ("rows a batch", "steps/epoch", "learning rate", "error", "J after 1 epoch", "{batch_passes}"), rows, left=0
        ),
        Text(
            "Smaller batches make more steps of an epoch; each is rougher, and has to be shorter. Lowest after "
            "{batch_passes} epochs here: batches of {best_size}."
        ),
    )


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    return (
        Exercise(
            "J(w) = 2 w^2 has the curvature 4 everywhere. Gradient descent starts at w = 1 with the learning rate 0.4. "
            "Where is w after two steps?",
            numbers["quiz"],
            "Each step multiplies w by 1 - [0.4 * 4] = {quiz_factor:.1f}: it jumps across the valley, and still falls, "
            "as [0.4] is below 2/L = {quiz_limit:g}. Two steps give {quiz:.2f}.",
        ),
        Exercise(
            "Every row of the data is copied, so that each is there twice. What happens to the safe step 1/L?",
            _SAME,
            "J is a mean over the rows, and so is X^T X / n: L was {L:.4f} and is {L_twice:.4f}. The step of a sum "
            "would have to be halved.",
            choices=("it is halved", _SAME, "it is doubled"),
        ),
    )


_SAME = "nothing"

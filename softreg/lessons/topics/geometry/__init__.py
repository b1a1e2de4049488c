"""Lesson: the curvature of the objective, its condition number, and the coordinates in which it is round."""

from __future__ import annotations

import math
from typing import Any

from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.geometry import Panel, draw_geometry
from softreg.lessons.topics.geometry.measured import measured, rows_for
from softreg.lessons.topics.geometry.valley import Valley, valley_of
from softreg.plots.text import chart

__all__ = ["teach"]

TOO_NARROW = 3000
"""The condition number of a valley whose sides would be drawn as one line."""


def teach(given: Given) -> Lesson:
    """Teach the shape of the valley on the rows of a data set."""
    rows = rows_for(given)
    valley = valley_of(rows)
    numbers = measured(rows, valley)
    return Lesson(
        numbers=numbers,
        body=(*_bowl(), *_at_zero(), *_whitening(), *_two_weights(valley), *_units(numbers)),
        notice=(
            "Slow descent is a property of the coordinates, not of the question: the same model, written in other "
            "units, is found in {gd_told[1]} steps or in {gd_told[0]}.",
            "Standardising mends the units of the columns. It does not mend columns that go together; whitening mends "
            "both.",
            "A condition number of 1 at W = 0 does not mean one step: p changes on the way, and the curvature with it.",
        ),
        exercises=_exercises(numbers),
        code=(
            "softreg.geometry.curvature:curvature_bound",
            "softreg.geometry.whitening:make_whitening",
            "softreg.optimizers.conjugate:Conjugate",
        ),
        references=(
            "Boyd & Vandenberghe, Convex Optimization (2004), section 9.3 (the condition number) and 9.5.1 (a step "
            "that no change of coordinates changes).",
            "Nocedal & Wright, Numerical Optimization (2006), section 3.3.",
            "LeCun, Bottou, Orr & Müller (1998), Efficient BackProp, doi:10.1007/3-540-49430-8_2: centre, scale and "
            "decorrelate the inputs.",
        ),
        draw=lambda: draw_geometry(_panels(valley, numbers), valley.gap, valley.best),
        caption="The same objective over two weights in three coordinates, and the steps of gradient descent from 0. "
        "Each ring is twice as high above the lowest point as the one inside it.",
        notes=valley.rows.notes,
    )


def _bowl() -> tuple[Part, ...]:
    return (
        Text(
            "Seen closely, any smooth objective is a bowl. Let u_1, u_2, ... be the eigenvectors of its second "
            "derivatives, and h_1, h_2, ... the eigenvalues: the curvature along each."
        ),
        Formula(
            "J(w + s u_j) = J(w) + s g_j + s^2 h_j / 2 + ...\n"
            "a step of 1/L, L at least h_max, leaves the share 1 - h_j / L\n"
            "of the way to the bottom along u_j"
        ),
        Text(
            "With L = h_max nothing is left along the most curved direction, at once. Along the flattest it takes "
            "about h_max / h_min steps to come nearer by a factor e. That ratio is the condition number: 1 is a round "
            "bowl, a large one is a narrow valley, down which gradient descent creeps."
        ),
    )


def _at_zero() -> tuple[Part, ...]:
    rows = tuple(
        (
            name,
            f"{{most_curved[{place}]:.3g}}",
            f"{{least_curved[{place}]:.3g}}",
            f"{{condition[{place}]:,.0f}}",
            f"{{gd_told[{place}]}}",
        )
        for place, name in enumerate(("raw units", "standardised", "whitened"))
    )
    return (
        Text(
            "At W = 0 the curvature is known before anything is fitted. Every p is 1/K there, and for weights that sum "
            "to 0 over the classes the second derivatives of the cross-entropy are, for each class,"
        ),
        Formula("G / K        G = Xb^T Xb / n,   Xb = X with a last column of ones"),
        Text(
            "No class of any row is in it: the valley is made by the columns, by their sizes and by how they go "
            "together. {data}: {n_samples} rows, {n_features} columns, {n_classes} classes. Gradient descent with "
            "the safe step, without a penalty, until the cross-entropy has gone {way:.0%} of the way from "
            "log K = {start:.3f} to {reached:.3f} (what the best weights at l2 = {goal_l2:.2g} reach):"
        ),
        Table(("coordinates", "h_max", "h_min", "condition number", "steps"), rows),
    )


def _whitening() -> tuple[Part, ...]:
    return (
        Text("The last line changes the coordinates so that the bowl at W = 0 is round. This is whitening:"),
        Formula(
            "G / K = C C^T,   v = C^T w      in v, the curvature at W = 0 is 1 everywhere\n"
            "a gradient step in v   is   w <- w - t (G / K)^-1 dJ/dw   in w"
        ),
        Text(
            "Each step solves a system of equations with as many unknowns as a class has weights; its matrix stays, "
            "and is factored once. From W = 0, with t = 1, the step is Newton's."
        ),
    )


def _two_weights(valley: Valley) -> tuple[Part, ...]:
    curves = {name: list(enumerate(each.gaps.tolist())) for name, each in valley.descents.items()}
    shortest = min(len(each.gaps) for each in valley.descents.values())
    shown = {name: [point for point in curve if point[0] <= 12 * shortest] for name, curve in curves.items()}
    picture = chart(shown, width=60, height=8, log_y=True, across="step", up="J less the least J")
    return (
        Text(
            "To see it, two weights: {valley_class} against the others, by {valley_columns[0]} and "
            "{valley_columns[1]} (correlation {correlation:.2f}), each centred, without intercept, "
            "l2 = {valley_l2:.2g}. The condition number is {valley_condition[raw units]:.1f} in raw units, "
            "{valley_condition[standardised]:.1f} standardised, {valley_condition[whitened]:.1f} whitened. To come "
            "within {near} of the least J, in the same order, the steps needed are {valley_told[raw units]}, "
            "{valley_told[standardised]}, {valley_told[whitened]}:"
        ),
        Sketch(picture),
    )


def _units(numbers: dict[str, Any]) -> tuple[Part, ...]:
    way = "the same way" if numbers["cg_apart"] < 1e-6 else "nearly the same way"
    return (
        Text(
            "Why do units matter? Write one column in a unit that is ten times smaller, as mm for cm. Its numbers are "
            "ten times as large, and a tenth of the weight gives the same logits:"
        ),
        Formula(
            "x' = 10 x,   w' = w / 10       the same model\n"
            "dJ/dw' = 10 dJ/dw              gd moves w' 10 times as far: a tenth was due\n"
            "G' = D G D                     D diagonal, 10 for this column, else 1\n"
            "G'^-1 dJ/dw' = D^-1 G^-1 dJ/dw      whitened, it is a tenth"
        ),
        Text("Measured, from the standardised columns, with {column} in a unit ten times smaller:"),
        Table(
            ("the column", "condition number", "gd steps", "cg steps, whitened"),
            (
                ("standardised", "{unit_condition[0]:,.0f}", "{unit_gd_told[0]}", "{unit_cg_told[0]}"),
                ("times {tenfold:.0f}", "{unit_condition[1]:,.0f}", "{unit_gd_told[1]}", "{unit_cg_told[1]}"),
            ),
        ),
        Text(
            "Gradient descent walks down another valley. Conjugate gradients with whitening (cg, what softreg train "
            f"takes by itself) go {way} in both: after {{compared}} steps no probability differs by more than "
            "{cg_apart:.0e}."
        ),
    )


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    raw, standard = (math.inf if steps is None else steps for steps in (numbers["raw_cg"], numbers["standard_cg"]))
    answer = "as many steps" if raw == standard else "more steps" if standard > raw else "fewer steps"
    return (
        Exercise(
            "Two standardised columns have the correlation 0.9, so that Xb^T Xb / n is [1, 0.9; 0.9, 1] without the "
            "column of ones. What is its condition number?",
            float(numbers["asked_condition"]),
            "Along [1, 1] the eigenvalue is {asked_curvature[1]:.1f}, along [1, -1] it is {asked_curvature[0]:.1f}; "
            "their ratio is {asked_condition:.0f}, though both columns have the same unit.",
            tolerance=0.5,
        ),
        Exercise(
            "You give {data} to cg with whitening, once in raw units and once standardised, without a penalty. To "
            "reach the same cross-entropy, standardising needs ...",
            answer,
            "Standardising changes the units and shifts the columns, and the intercept takes the shift: it is a change "
            "of coordinates, which whitening undoes. Measured: {raw_cg_told} in raw units, {standard_cg_told} "
            "standardised.",
            choices=("fewer steps", "as many steps", "more steps"),
        ),
    )


def _panels(valley: Valley, numbers: dict[str, Any]) -> list[Panel]:
    first, second = valley.rows.columns
    names = {
        "raw units": (f"weight of {first}", f"weight of {second}"),
        "standardised": (f"weight of standardised {first}", f"weight of standardised {second}"),
        "whitened": ("first coordinate of C^T w", "second coordinate of C^T w"),
    }
    return [
        Panel(
            f"{name}: condition number {each.condition:.3g}\nsteps: {numbers['valley_told'][name]}",
            each.coordinates,
            each.path,
            *names[name],
            narrow=each.condition > TOO_NARROW,
        )
        for name, each in valley.descents.items()
    ]

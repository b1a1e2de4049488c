"""Lesson: with two classes, softmax regression is logistic regression."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import expit

from softreg.errors import UsageError
from softreg.functional import softmax
from softreg.lessons.given import Given, Rows
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.logistic import draw_logistic
from softreg.plots.style import label
from softreg.plots.text import chart
from softreg.settings import TrainingSettings

__all__ = ["teach"]

COST = 0.001
"""The price of large weights, in both programs: small, and enough to give separable classes a finite fit."""

MOST_FEATURES, MOST_ROWS = 4, 5000
STEPS = np.arange(-3, 4)
LIKELY = 0.99


def teach(given: Given) -> Lesson:
    """Teach the two-class case."""
    rows = given.rows_or("breast_cancer").with_classes(2).with_features(MOST_FEATURES)
    rows = rows.thinned(MOST_ROWS, given.generator())
    numbers = _curve(rows.with_features(1)) | _both_programs(rows) | _sigmoid()
    return Lesson(
        numbers=numbers,
        body=_body(numbers),
        notice=(
            "With two classes only one number matters: the difference of the logits, the log-odds. One of the two "
            "columns of W says nothing that the other does not.",
            "The weight says how much the log-odds change with one unit of x, everywhere. How much the probability "
            "changes depends on where one stands: at most a quarter of the weight, and next to nothing far out.",
            "Two programs can be compared by w_1 - w_0 only, and only where their costs are the same: mind the 2 in C.",
        ),
        exercises=_exercises(numbers),
        code=("softreg.functional:softmax", "softreg.training.fitting:fit"),
        references=(
            "Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), section 4.4.",
            "Gelman & Hill, Data Analysis Using Regression and Multilevel/Hierarchical Models (2007), section 5.2 "
            "(divide the weight by four).",
            "J. Berkson (1944), Application of the logistic function to bio-assay, "
            "doi:10.1080/01621459.1944.10500699 (the word logit).",
            "scikit-learn, user guide of linear models, Logistic regression (the objective with C).",
        ),
        draw=lambda: draw_logistic(numbers, label(numbers["column"], 40), label(rows.classes[1])),
        notes=rows.notes,
        caption="Left: the fitted probability on the rows, and equal steps in x. Right: the slope of the sigmoid, and "
        "where it bends most.",
    )


def _curve(rows: Rows) -> dict[str, Any]:
    """Softmax regression on one column, and equal steps along it."""
    model = rows.fit(TrainingSettings(l2=COST))
    w, b = model.weights[0], model.intercept
    slope, start = float(w[1] - w[0]), float(b[1] - b[0])
    if slope == 0:
        raise UsageError(
            f"No column of {rows.name} tells its classes apart: there is no curve to look at.",
            "Take other data, such as wine, or leave --data out.",
        )
    logits = rows.X @ model.weights + b
    step = _round_step(1.5 / abs(slope))
    # subtle: a multiple of the step, so that the table has round values of x
    x = step * (np.round(-start / slope / step) + STEPS)
    p = softmax(x[:, None] * w + b)[:, 1]
    return {
        "column": rows.columns[0],
        "first": rows.classes[0],
        "second": rows.classes[1],
        "data": rows.name,
        "n_samples": len(rows.y),
        "column_values": rows.X[:, 0],
        "is_second": rows.y,
        "w0": float(w[0]),
        "w1": float(w[1]),
        "slope": slope,
        "start": start,
        "middle": -start / slope,
        "steepest": slope / 4,
        "softmax_less_sigmoid": float(np.abs(softmax(logits)[:, 1] - expit(logits[:, 1] - logits[:, 0])).max()),
        "step": step,
        "x": x,
        "difference": slope * x + start,
        "difference_step": slope * step,
        "odds_factor": math.exp(slope * step),
        "p": p,
        "p_steps": np.diff(p),
        "largest_p_step": float(np.abs(np.diff(p)).max()),
        "smallest_p_step": float(np.abs(np.diff(p)).min()),
    }


def _round_step(wanted: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return float(min((1.0, 2.0, 5.0, 10.0), key=lambda digit: abs(math.log(digit * power / wanted))) * power)


def _both_programs(rows: Rows) -> dict[str, Any]:
    """Fit the same standardised columns here and with scikit-learn, with the factor 2 in C and without."""
    from sklearn.linear_model import LogisticRegression

    Z, n_samples = rows.standardised, len(rows.y)
    ours = Rows(rows.name, Z, rows.y, rows.columns, rows.classes).fit(
        TrainingSettings(l2=COST, scale="none", tol=1e-12)
    )
    w = ours.weights
    theirs, unequal = (
        LogisticRegression(C=C, tol=1e-10, max_iter=10_000).fit(Z, rows.y).coef_[0]
        for C in (2 / (n_samples * COST), 1 / (n_samples * COST))
    )
    return {
        "cost": COST,
        "columns": [label(name, 24) for name in rows.columns],
        "all_w0": w[:, 0],
        "all_w1": w[:, 1],
        "all_w": w[:, 1] - w[:, 0],
        "mirror": float(np.abs(w.sum(axis=1)).max()),
        "sklearn_w": theirs,
        "apart": float(np.abs(w[:, 1] - w[:, 0] - theirs).max()),
        "C": 2 / (n_samples * COST),
        "half_C": 1 / (n_samples * COST),
        "sklearn_w_half_C": unequal,
        "apart_half_C": float(np.abs(w[:, 1] - w[:, 0] - unequal).max()),
    }


def _sigmoid() -> dict[str, Any]:
    """Where the sigmoid is steep, and where it bends: the second derivative p (1 - p) (1 - 2 p) is extreme."""
    bend = math.log(2 + math.sqrt(3))
    p = float(expit(bend))
    slope = LIKELY * (1 - LIKELY)
    return {
        "steepest_slope": float(expit(0.0)) * (1 - float(expit(0.0))),
        "bend": bend,
        "bend_p": np.array([1 - p, p]),
        "likely": LIKELY,
        "likely_slope": slope,
        "slope_ratio": 0.25 / slope,
        "nine_tenths": 0.9,
        "log_odds_nine_tenths": math.log(0.9 / (1 - 0.9)),
        "odds_nine_tenths": 0.9 / (1 - 0.9),
    }


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    return (
        Exercise(
            "The two logits are equal. How far must z_1 rise above z_0 for p_1 to be {nine_tenths:.1f}?",
            numbers["log_odds_nine_tenths"],
            "The difference of the logits is the logarithm of the odds, and the odds are "
            "{nine_tenths:.1f} / (1 - {nine_tenths:.1f}) = {odds_nine_tenths:.0f}: log {odds_nine_tenths:.0f} = "
            "{log_odds_nine_tenths:.3f}.",
        ),
        Exercise(
            "One row has p_1 = 0.5, another p_1 = {likely:.2f}. The logits of both change by the same small amount. "
            "By how many times as much does the first's probability change as the second's?",
            numbers["slope_ratio"],
            "The slope is p (1 - p): {steepest_slope:.2f} for the first, {likely_slope:.4f} for the second, "
            "{slope_ratio:.2f} times less.",
            tolerance=0.3,
        ),
    )


def _body(numbers: dict[str, Any]) -> tuple[Part, ...]:
    return (
        Text("Call the classes 0 and 1. Divide above and below by exp(z_1), and softmax has one input left:"),
        Formula(
            "p_1 = exp(z_1) / (exp(z_0) + exp(z_1))\n"
            "    = 1 / (1 + exp(-(z_1 - z_0)))\n"
            "    = sigmoid(z_1 - z_0),      z_1 - z_0 = log(p_1 / (1 - p_1))"
        ),
        Text(
            "The difference is the logarithm of the odds, for which Berkson made the word logit in [1944]. With z_0 "
            "and z_1 linear in x it is w x + b, where w = w_1 - w_0 and b = b_1 - b_0: that is logistic regression. On "
            "the {n_samples} rows of {data}, softmax of the two logits and the sigmoid of their difference are at most "
            "{softmax_less_sigmoid:.1g} apart."
        ),
        Text("How steep is it? Differentiate once, and once more, with t = z_1 - z_0:"),
        Formula("dp/dt   = exp(-t) / (1 + exp(-t))^2 = p (1 - p)\nd2p/dt2 = p (1 - p) (1 - 2 p)"),
        Text(
            "The slope is greatest where p is one half: {steepest_slope:.2f}, at t = 0. There it does not bend at all. "
            "The sharp bends lie to both sides, at t = -{bend:.3f} and {bend:.3f}, where p is {bend_p:.3f}; beyond "
            "them the curve goes flat."
        ),
        Text(
            'Now take the column that tells "{first}" from "{second}" best, "{column}". Trained on it alone to give '
            'the probability of "{second}", the weights are w_0 = {w0:.4g} and w_1 = {w1:.4g}, mirror images, so w = '
            "{slope:.4g}. The boundary lies at x = {middle:.4g}, and nowhere does p change faster than there, by a "
            "quarter of w, {steepest:.4g}, for a unit of x. Go in steps of {step:.4g}:"
        ),
        _steps(),
        Text(
            "Each step adds the same {difference_step:.3f} to z_1 - z_0, and multiplies the odds by {odds_factor:.3g}. "
            "The probability changes by {largest_p_step:.3f} in one step, and by {smallest_p_step:.3f} in another: "
            "equal steps in x are not equal steps in probability."
        ),
        _picture(numbers),
        Text(
            "Does scikit-learn's LogisticRegression, which has one weight vector v for two classes, find the same? "
            "Both programs add to the loss a small cost of large weights (why: a later lesson). Here it is a/2 times "
            "the sum of all squared weights, on top of the mean loss. Only v = w_1 - w_0 matters to the loss, and for "
            "a given v the cost is least where the two columns are mirror images:"
        ),
        Formula(
            "w_1 = v/2 = -w_0      |w_0|^2 + |w_1|^2 = |v|^2 / 2\n"
            "here           mean loss  +  (a/2) |v|^2 / 2\n"
            "scikit-learn   C * sum of the losses  +  |v|^2 / 2\n"
            "  over n C     mean loss  +  |v|^2 / (2 n C)\n"
            "equal where    a/4 = 1 / (2 n C),   so   C = 2 / (n a)"
        ),
        Text("With a = {cost} that is C = {C:.4g}. Both, on the same standardised columns:"),
        _programs(len(numbers["columns"])),
        Text(
            "They agree to {apart:.1g}, and w_0 + w_1 is {mirror:.1g}. Without the factor 2, C = {half_C:.4g}, "
            "they would be {apart_half_C:.3f} apart. Three classes and more have a column each in both programs, and "
            "C = 1 / (n a)."
        ),
    )


def _steps() -> Table:
    cells = [
        (*(f"{{{name}[{place}]:{form}}}" for name, form in (("x", ".4g"), ("difference", ".3f"), ("p", ".4f"))), step)
        for place, step in enumerate(["", *(f"{{p_steps[{before}]:+.4f}}" for before in range(len(STEPS) - 1))])
    ]
    return Table(("x", "z_1 - z_0", "p_1", "step in p_1"), tuple(cells), left=0)


def _programs(n_features: int) -> Table:
    cells = [
        (f"{{columns[{j}]}}", *(f"{{{name}[{j}]:.5f}}" for name in ("all_w0", "all_w1", "all_w", "sklearn_w")))
        for j in range(n_features)
    ]
    return Table(("column", "w_0", "w_1", "w_1 - w_0", "scikit-learn"), tuple(cells))


def _picture(numbers: dict[str, Any]) -> Sketch:
    """The curve over the table's steps, and the steps on it."""
    x = numbers["x"]
    fine = np.linspace(x[0], x[-1], 64)
    p = expit(numbers["slope"] * fine + numbers["start"])
    steps = list(zip(x.tolist(), numbers["p"].tolist(), strict=True))
    curve = list(zip(fine.tolist(), p.tolist(), strict=True))
    return Sketch(chart({"equal steps in x": steps, "p_1": curve}, height=8, across="x", up="p_1"))

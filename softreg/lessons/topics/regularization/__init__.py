"""Lesson: many weights give the same probabilities; a price on large ones chooses, and always ends."""

from __future__ import annotations

from typing import Any

from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.regularization import draw_regularization
from softreg.lessons.topics.regularization.measured import TOLD, measured, rows_for, separable_part
from softreg.plots.text import chart

__all__ = ["teach"]


def teach(given: Given) -> Lesson:
    """Teach the penalty on the rows of a data set."""
    rows = rows_for(given)
    pair = separable_part(rows)
    numbers = measured(rows, pair, given.generator())
    return Lesson(
        numbers=numbers,
        body=(*_many(), *_one(), *_path(numbers), *_apart()),
        notice=(
            "The data speak of differences between the classes' weights. The penalty makes the choice that they leave "
            "open: weights that sum to 0 over the classes.",
            "A larger l2 never gives a lower training cross-entropy and never a larger norm, on any data.",
            "Where classes lie apart and nothing is paid, the weights tell when you stopped, not what is best.",
            "The price depends on the unit of a column: in mm instead of cm its weights are a tenth as large, and pay "
            "a hundredth. So columns are brought to one standard deviation first.",
        ),
        exercises=_exercises(numbers),
        code=(
            "softreg.objective.objective:Objective.penalty",
            "softreg.training.fitting:fit",
            "softreg.selection.grid:l2_grid",
        ),
        references=(
            "Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), section 18.3.2 and exercise "
            "18.3: the sum over the classes.",
            "Albert & Anderson (1984), doi:10.1093/biomet/71.1.1: when the best weights exist.",
            "Soudry et al. (2018), Journal of Machine Learning Research 19(70): how the norm grows.",
        ),
        draw=lambda: draw_regularization(numbers, rows.classes),
        caption="The best weights against l2; what they cost; and the length of the weights, step by step, where one "
        "class lies apart.",
        notes=(*rows.notes, *(pair.notes if pair.name != rows.name else ())),
    )


def _many() -> tuple[Part, ...]:
    rows = (
        ("as fitted", "{shift_norms[0]:.1f}", "0", "0", "{shift_cross_entropy[0]:.6f}"),
        (
            "+ v",
            "{shift_norms[1]:.1f}",
            "{shift_logit_moves[1]:.2f}",
            "{shift_moves[1]:.0e}",
            "{shift_cross_entropy[1]:.6f}",
        ),
    )
    return (
        Text(
            "Fit softmax regression to {data} ({n_samples} rows, {n_features} columns, each at mean 0 and standard "
            "deviation 1; {n_classes} classes). Now add one vector v to the weights of every class:"
        ),
        Formula("x^T (w_k + v) = x^T w_k + x^T v      one number for all the logits of a row"),
        Text("Softmax does not see it. With a random v:"),
        Table(("weights", "||W||^2", "logits move", "p moves", "cross-entropy"), rows),
        Text(
            "||W||^2 is the sum of the squares of all {n_weights} weights; only {n_free} of these can be told from the "
            "data. The model is over-parameterised: in each column, one weight is free. Gradient descent cannot "
            "choose either. For each row the residual sums to 0 over the classes, and so does the gradient:"
        ),
        Formula(
            "sum_k (p_k - y_k) = 1 - 1 = 0    =>    sum_k dL/dw_k = X^T 0 = 0\n"
            "So sum_k w_k stays for ever what it was at the start"
        ),
    )


def _one() -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{start_sums[{place}]:.3f}}",
            f"{{free_sums[{place}]:.3f}}",
            f"{{priced_sums[{place}]:.0e}}",
            f"{{priced_objectives[{place}]:.6f}}",
        )
        for place in range(3)
    )
    return (
        Text("So put a price on large weights. The penalty is added to the mean cross-entropy; l2 is the price:"),
        Formula(
            "J(W, b) = cross-entropy + (l2 / 2) ||W||^2\n"
            "dJ/dW   = X^T (P - Y) / n + l2 W\n"
            "at the optimum this is 0; summed over k:   0 + l2 sum_k w_k = 0\n"
            "=>   sum_k w_k = 0"
        ),
        Text(
            "The intercepts pay nothing. J is now strictly convex in W: there is one best W, and every start leads to "
            "it. Three random starts, the sum over the classes that is farthest from 0, and where it ends:"
        ),
        Table(("sum at the start", "at the end, l2 = 0", "l2 = {start_l2:.2g}", "J, l2 = {start_l2:.2g}"), rows, 0),
        Text(
            "Without the penalty, after {start_steps} steps, the three ends differ by up to {free_apart:.2f} in a "
            "weight; with it, by {priced_apart:.0e}."
        ),
    )


def _path(numbers: dict[str, Any]) -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{l2[{place}]:.2g}}",
            f"{{path_norms[{place}]:.4g}}",
            f"{{path_cross_entropy[{place}]:.4f}}",
            f"{{path_penalty[{place}]:.4f}}",
            f"{{path_largest[{place}]:.3f}}",
        )
        for place in TOLD
    )
    l2 = numbers["l2"].tolist()
    picture = chart(
        {
            "cross-entropy": list(zip(l2, numbers["path_cross_entropy"].tolist(), strict=True)),
            "largest p, mean over rows": list(zip(l2, numbers["path_largest"].tolist(), strict=True)),
        },
        width=60,
        height=7,
        log_x=True,
        across="l2",
    )
    return (
        Text("How high a price? Fit again for each l2, and measure on the rows that were fitted:"),
        Table(("l2", "||W||^2", "cross-entropy", "penalty", "mean of largest p"), rows, 0),
        Sketch(picture),
        Text(
            "A high price leaves only the free intercepts: every row gets the shares of the classes, of which the "
            "largest is {largest_share:.3f}, at a cross-entropy of {shares_cross_entropy:.4f}. Between the ends "
            "nothing turns back. Let C be the cross-entropy and N = ||W||^2 at the optimum for l2, and C', N' those "
            "for a higher l2'. Each is best for its own price:"
        ),
        Formula(
            "C + l2 N / 2 <= C' + l2 N' / 2   and   C' + l2' N' / 2 <= C + l2' N / 2\n"
            "added:   (l2' - l2) (N' - N) <= 0   =>   N' <= N, and by the first, C' >= C"
        ),
    )


def _apart() -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{steps[{place}]}}",
            f"{{free_cross_entropy[{place}]:.5f}}",
            f"{{free_norms[{place}]:.3f}}",
            f"{{priced_cross_entropy[{place}]:.5f}}",
            f"{{priced_norms[{place}]:.3f}}",
        )
        for place in range(4)
    )
    return (
        Text(
            "One thing more depends on the price. In {apart_data} a straight boundary divides {apart_class} from all "
            "other rows: there are weights that give every row's true class the larger logit. Stretch them, and the "
            "intercepts, by c > 1, and every lead grows. From ||W|| = 1, with c = {stretch}, the cross-entropy is "
            "{stretched_cross_entropy:.1e}. On paper it comes as near to 0 as you like and never reaches it: without "
            "a penalty there are no best weights. Gradient descent from W = 0, {apart_class} against the others:"
        ),
        Table(
            ("steps", "l2 = 0: cross-entropy", "||W||", "l2 = {apart_l2:.2g}: cross-entropy", "||W||"),
            rows,
            0,
        ),
        Text(
            "With l2 = 0 the norm goes on growing, like the logarithm of the number of steps, and the cross-entropy "
            "goes to 0. With a penalty there is somewhere to arrive."
        ),
    )


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    stays = numbers["twice_moves"] < 1e-3
    return (
        Exercise(
            "For one column, three classes have the weights [3, 5, -2]. You may add the same number to all three, and "
            "want the penalty as low as it can be. What does the first weight become?",
            float(numbers["asked_least"][0]),
            "Their mean, {asked_mean:.0f}, is taken from each: {asked_least:.0f} sum to 0, and the sum of the squares "
            "falls from {asked_norm:.0f} to {asked_least_norm:.0f}, with the same probabilities.",
        ),
        Exercise(
            "Every row of the table is written down twice, and the model fitted again with the same l2. The best "
            "weights ...",
            "stay" if stays else "grow",
            "The cross-entropy in J is a mean over the rows, and a mean does not see copies. Measured, with "
            "l2 = {start_l2:.2g}: no weight moves by more than {twice_moves:.0e}. Were it a sum, twice the rows would "
            "halve the price.",
            choices=("grow", "stay", "shrink"),
        ),
    )

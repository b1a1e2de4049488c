"""Lesson: rows that the model never saw, how much they can tell, and how they are used up."""

from __future__ import annotations

from typing import Any

from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.generalization import draw_generalization
from softreg.lessons.topics.generalization.measured import halves_for, measured
from softreg.plots.text import chart

__all__ = ["teach"]


def teach(given: Given) -> Lesson:
    """Teach what held-out rows tell, on the rows of a data set."""
    generator = given.generator()
    train, held = halves_for(given, generator)
    numbers = measured(train, held, generator)
    return Lesson(
        numbers=numbers,
        body=(*_gap(numbers), *_intervals(), *_reuse(), *_noise(), *_priced(numbers)),
        notice=(
            "A score on training rows speaks of the past. Only rows that had no part in any choice speak of new ones.",
            "Four times the test rows about halve the interval. It tells the luck of the test rows, and of this one "
            "model; not the luck of the training rows, nor what happens where new rows come from elsewhere.",
            "Each look at the test set that decides something makes its score a little too good: look at it once.",
            "With as many columns as rows a perfect training accuracy says nothing at all.",
        ),
        exercises=_exercises(numbers),
        code=(
            "softreg.metrics.scores:wilson_interval",
            "softreg.selection.path:choose_l2",
            "softreg.selection.cross_validation:cross_validate",
        ),
        references=(
            "Hastie, Tibshirani & Friedman, The Elements of Statistical Learning (2009), sections 7.2 and 7.10.",
            "Wilson (1927), doi:10.1080/01621459.1927.10502953: the interval.",
            "Boucheron, Lugosi & Massart, Concentration Inequalities (2013), sections 2.5 and 2.6: the largest of "
            "m noisy numbers.",
            "Dwork et al. (2015), doi:10.1126/science.aaa9375: what becomes of a holdout that is used again.",
        ),
        draw=lambda: draw_generalization(numbers),
        caption="Accuracy as columns of noise are added; cross-entropy against l2, with as many columns of noise as "
        "rows; the intervals of many test sets; the best of many random models, on the test set that chose it "
        "and on fresh rows.",
        notes=train.notes,
    )


def _gap(numbers: dict[str, Any]) -> tuple[Part, ...]:
    seen = (
        "On the rows that it was fitted to, it is better by {gap:.3f} nats a row."
        if numbers["gap"] > 0
        else "Here luck gave the held-out rows the easier cases; on average it is the other way round."
    )
    return (
        Text(
            "{data}, {n_features} columns, {n_classes} classes. The model is fitted to {n_train} rows, the training "
            "rows. The other {n_held} are held out: it never sees them (l2 = {plain_l2:.2g})."
        ),
        Table(
            ("rows", "number", "accuracy", "cross-entropy"),
            (
                ("training", "{n_train}", "{train_accuracy:.4f}", "{train_cross_entropy:.4f}"),
                ("held out", "{n_held}", "{held_accuracy:.4f}", "{held_cross_entropy:.4f}"),
            ),
        ),
        Text(
            f"{seen} Of all weights, those were chosen that suit these rows best, the accidents of these rows "
            "included. To learn accidents is called overfitting. No training score can show it; held-out rows can."
        ),
    )


def _intervals() -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{sizes[{place}]}}",
            f"{{interval[{place}]:.3f}}",
            f"{{width[{place}]:.3f}}",
            f"{{holds[{place}]:.1%}}",
        )
        for place in range(4)
    )
    return (
        Text(
            "How surely do they show it? Pretend that the held-out rows are all the rows in the world: then the "
            "accuracy is known, a = {truth:.4f}. Draw test sets of n rows from them. The number right is that of n "
            "tosses of a coin that falls right with probability a:"
        ),
        Formula(
            "accuracy on n rows:   a, give or take sqrt(a (1 - a) / n)\n"
            "the interval of 95 %: about 2 x 1.96 sqrt(a (1 - a) / n) wide"
        ),
        Text(
            "Wilson's interval is a better one near 0 and 1. What it is at the most likely number right, its width, "
            "and the share of {draws} test sets of each size whose own interval holds a ({level:.0%} is promised):"
        ),
        Table(("test rows", "interval", "width", "holds a"), rows, 0),
    )


def _reuse() -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{tried[{place}]}}",
            f"{{on_test[{place}]:.3f}}",
            f"{{on_fresh[{place}]:.3f}}",
            f"{{optimism[{place}]:+.3f}}",
        )
        for place in range(4)
    )
    return (
        Text(
            "The promise holds for a model that was there before its test set. Now make {tried[3]} models out of "
            "nothing, with random weights, and keep the one that is best on a test set of {n_test} rows. Then measure "
            "it on the {n_fresh} rows that are left (means over {repeats} test sets):"
        ),
        Table(("models tried", "best on the test set", "on fresh rows", "optimism"), rows, 0),
        Formula("the largest of m scores on n rows:   E[score - truth] <= sqrt(log m / (2 n))"),
        Text(
            "For {tried[3]} models and {n_test} rows that is {most_optimism[3]:.3f} at most. The more is tried, the "
            "less the best score means."
        ),
    )


def _noise() -> tuple[Part, ...]:
    rows = tuple(
        (
            f"{{added[{place}]}}",
            f"{{noise_train_accuracy[{place}]:.3f}}",
            f"{{noise_held_accuracy[{place}]:.3f}}",
            f"{{noise_train_cross_entropy[{place}]:.3f}}",
            f"{{noise_held_cross_entropy[{place}]:.3f}}",
        )
        for place in range(4)
    )
    return (
        Text("To fit is to try weights, too, and there may be very many. Add columns of pure noise, and fit again:"),
        Table(("noise columns", "training accuracy", "held out", "training cross-entropy", "held out"), rows, 0),
        Text(
            "With as many columns as rows there are weights that get every training row right, whatever the classes "
            "are:"
        ),
        Formula(
            "if Xb (X with a column of ones) has n rows and rank n,\n"
            "Xb W = Z can be solved for any logits Z that you like"
        ),
    )


def _priced(numbers: dict[str, Any]) -> tuple[Part, ...]:
    l2 = numbers["l2"].tolist()
    picture = chart(
        {
            "training": list(zip(l2, numbers["path_train_cross_entropy"].tolist(), strict=True)),
            "held out": list(zip(l2, numbers["path_held_cross_entropy"].tolist(), strict=True)),
        },
        width=60,
        height=7,
        log_x=True,
        across="l2",
        up="cross-entropy",
    )
    return (
        Text(
            "A price on large weights keeps them from following every accident. With {added[2]} columns of noise, for "
            "several l2:"
        ),
        Sketch(picture),
        Text(
            "Too small a price lets it overfit; too large a one leaves it nothing but the shares of the classes. To "
            "take the lowest held-out point would be to reuse the held-out rows. So cut the training rows into {folds} "
            "folds, fit without each in turn, and measure on it: cross-validation. (softreg train --l2 auto does it, "
            "and leans to the larger l2.) It takes l2 = {chosen_l2:.2g}, with a held-out cross-entropy of "
            "{chosen_held_cross_entropy:.3f} in place of {noise_held_cross_entropy[2]:.3f} (the least on this path is "
            "{least_held_cross_entropy:.3f}), and an accuracy of {chosen_held_accuracy:.3f} in place of "
            "{noise_held_accuracy[2]:.3f}. The penalty shortens all weights alike; it cannot know which columns are "
            "noise."
        ),
    )


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    return (
        Exercise(
            "A model is right on about nine rows in ten. How many test rows are needed to know its accuracy to within "
            "plus or minus 0.01, with 95 % confidence? (The normal quantile is 1.96.)",
            float(numbers["asked_rows"]),
            "{quantile:.2f} sqrt(a (1 - a) / n) = {asked_half} gives n = a (1 - a) ({quantile:.2f} / "
            "{asked_half})^2 = {asked_rows:.0f}, with a = {asked_accuracy}. Wilson's interval is then plus or minus "
            "{asked_wilson:.3f}.",
            tolerance=60,
        ),
        Exercise(
            "You fit with twenty values of l2, keep the one with the best accuracy on the test set, and report that "
            "accuracy. On average it is ...",
            "too high",
            "The test set chose the winner, for its luck as well as for its worth. Above, the best of {tried[1]} "
            "models scored {optimism[1]:+.3f} more on the rows that chose it than on fresh ones. Twenty fits that "
            "resemble each other differ less by luck, so there is less to gain; it is never less than nothing.",
            choices=("too low", "right", "too high"),
        ),
    )

"""Lesson: softmax as a model of choice, what striking an alternative does, and the red bus and the blue bus.

``striking`` and ``buses`` compute; here it is told.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.luce import draw_luce
from softreg.lessons.topics.luce.buses import ALTERNATIVES, buses
from softreg.lessons.topics.luce.striking import of_model, of_scores
from softreg.plots.text import bars

__all__ = ["teach"]

SCORES = np.array([1.5, 0.5, 0.0])
MOST_CLASSES, MOST_FEATURES, MOST_ROWS = 4, 4, 2000


def teach(given: Given) -> Lesson:
    """Teach Luce's rule."""
    rows = given.rows_or("digits").with_classes(MOST_CLASSES).with_features(MOST_FEATURES)
    rows = rows.thinned(MOST_ROWS, given.generator())
    numbers = of_scores(SCORES if given.scores is None else given.scores) | of_model(rows) | buses() | _quiz()
    return Lesson(
        numbers=numbers,
        body=_body(numbers),
        notice=(
            "Luce's rule, and so softmax, holds the odds of two alternatives fixed whatever else is on the list. That "
            "is a claim about the world, and it may be false.",
            "The paradox of the buses lies in copying a utility, not in fitting one: fitted to choices from the new "
            "list, the utilities give the shares that were seen.",
            "A model that computes utilities from properties alone copies without asking: same properties, same "
            "utility.",
        ),
        exercises=_exercises(numbers),
        code=("softreg.functional:log_softmax", "softreg.training.fitting:fit"),
        references=(
            "R. D. Luce, Individual Choice Behavior (1959), chapter 1; R. D. Luce (2008), Luce's choice axiom, "
            "Scholarpedia 3(12), doi:10.4249/scholarpedia.8077.",
            "L. Boltzmann (1868), Studien ueber das Gleichgewicht der lebendigen Kraft zwischen bewegten materiellen "
            "Punkten, Wiener Berichte 58; J. W. Gibbs, Elementary Principles in Statistical Mechanics (1902), "
            "chapter 4.",
            "J. S. Bridle (1990), Probabilistic interpretation of feedforward classification network outputs, "
            "doi:10.1007/978-3-642-76153-9_28.",
            "G. Debreu (1960), review of Luce's book, American Economic Review 50, 186-188; K. Train, Discrete Choice "
            "Methods with Simulation (2009), chapter 3.",
            "D. McFadden (1974), Conditional logit analysis of qualitative choice behavior, in Zarembka (ed.), "
            "Frontiers in Econometrics; J. Hausman, D. McFadden (1984), Specification tests for the multinomial logit "
            "model, doi:10.2307/1910997.",
        ),
        draw=lambda: draw_luce(numbers, ALTERNATIVES),
        notes=rows.notes,
        caption="Left: the log-odds of two classes, before and after a third is struck. Right: the shares of the car "
        "and the buses.",
    )


def _quiz() -> dict[str, Any]:
    known = np.array([0.5, 0.3, 0.2])
    return {"quiz": known, "quiz_left": 1 - known[0], "quiz_rest": known[1] / (1 - known[0])}


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    return (
        Exercise(
            "Three alternatives have the probabilities 0.5, 0.3 and 0.2. The first is struck. What does Luce's rule "
            "give the second?",
            numbers["quiz_rest"],
            "The others keep their odds and share what is left: {quiz[1]:.1f} / {quiz_left:.1f} = {quiz_rest:.2f}.",
        ),
        Exercise(
            "The bus had a share of {share[1]:.3f}, the car {share[0]:.3f}. Now it is painted in {colours} colours, "
            "and each colour gets the utility of the one bus. What share does softmax leave to the car?",
            numbers["colours_share"],
            "The car is twice as strong as a bus: 2 / (2 + {colours}) = {colours_share:.3f}. Paint has taken half of "
            "its drivers.",
        ),
    )


def _body(numbers: dict[str, Any]) -> tuple[Part, ...]:
    return (
        Text(
            "Luce [1959] asked how people choose from a list S. His axiom: the odds of two alternatives do not depend "
            "on what else is on the list. Where no choice is certain it follows that each has a positive strength v:"
        ),
        Formula("P(i from S) = v_i / (sum of v_j over the j in S)\nsoftmax:      v_i = exp(z_i)"),
        Text(
            "That is plain normalization, of strengths, which are positive; softmax is the rule with v = exp(z). Only "
            "ratios count, so let the largest v be 1. Strike alternative {struck}, the strongest:"
        ),
        _rule(numbers),
        *_pair(numbers),
        Text(
            "Who invented softmax? Texts disagree, and each has a part of it. Boltzmann [1868] gave the molecules of a "
            "gas probabilities proportional to exp(-energy / temperature), and Gibbs [1902] the states of whole "
            "systems: the form. Luce has the axiom and the rule, on strengths, without an exponential. McFadden [1974] "
            "set v = exp(utility), the utility linear in an alternative's properties, and fitted it by maximum "
            "likelihood. Bridle [1990] put it behind a network, as the logistic function for many classes, and gave "
            "the name softmax."
        ),
        Text(
            "Now a trained model: {data}, {n_samples} rows, {n_classes} classes. In one row their probabilities are "
            '{row_p:.3f}. Strike "{classes[0]}" and renormalize, {row_rest:.3f}: the log-odds of "{classes[1]}" '
            'against "{classes[2]}" are'
        ),
        Formula("before  {row_log_odds:.15f}\nafter   {row_log_odds_rest:.15f}"),
        Text(
            "On all rows, whichever class is struck, log-odds taken from log p "
            + (
                "change by {most_rounding:.1g} at most, which is rounding"
                if numbers["most_rounding"]
                else "do not change"
            )
            + ". In exact arithmetic they cannot: log p_i - log p_j = z_i - z_j, and striking a class leaves the "
            "other logits as they are."
        ),
        Text(
            "Train again instead, without the rows of the struck class. Nothing holds the weights now: the residuals "
            "of those rows no longer pull at them. Medians over rows and pairs of classes, of the log-odds and of how "
            "far they moved; the mean change of a probability; and the rows that now have another answer:"
        ),
        _refitted(numbers),
        Text(
            "They do move. If the model were true (the rule, and logits linear in the columns), it would be by chance "
            "alone, and by the penalty, to which it is left how large the log-odds of separable classes are. So the "
            "size of the move is a test of the rule (Hausman & McFadden [1984])."
        ),
        Text(
            "Where it fails: of {n_travellers} travellers [{choices[0]}] take the car and [{choices[1]}] the red bus. "
            "Then every second bus is painted blue, and nobody minds the colour. Give the blue bus the red one's "
            "utility, and the rule takes passengers from the car. Fit again to what the travellers then choose, "
            "[{choices_after:d}]:"
        ),
        _utilities(),
        Sketch(
            bars(
                {
                    f"{when}: {name}": float(share)
                    for when, shares in (
                        ("copied", numbers["copied_share"]),
                        ("fitted", numbers["refitted_share"]),
                    )
                    for name, share in zip(ALTERNATIVES, shares, strict=True)
                },
                most=1.0,
            )
        ),
        Text(
            "Copied, the car falls from {share[0]:.3f} to {copied_share[0]:.3f}: paint has made drivers take the bus, "
            "which is absurd. Fitted again, it keeps {refitted_share[0]:.3f}, and each bus has a utility lower by "
            "{fall:.3f}, which is log 2 (gradient 0 for each intercept: the shares come out as counted). Debreu "
            "[1960], reviewing Luce's book, told it of records, two of them of one symphony; economists now tell it of "
            "the red bus and the blue bus."
        ),
    )


def _rule(numbers: dict[str, Any]) -> Table:
    cells = [
        (
            f"{{alternative[{k}]}}",
            f"{{z[{k}]:.4g}}",
            f"{{v[{k}]:.4g}}",
            f"{{p[{k}]:.4f}}",
            "struck" if k + 1 == numbers["struck"] else f"{{p_rest[{k}]:.4f}}",
        )
        for k in range(len(numbers["z"]))
    ]
    return Table(("alternative", "z", "v", "P", "P without it"), tuple(cells))


def _pair(numbers: dict[str, Any]) -> tuple[Part, ...]:
    if "pair" not in numbers:
        return ()
    return (
        Text(
            "The log-odds of alternatives {pair[0]} and {pair[1]} were {pair_log_odds:.6g} and are "
            "{pair_log_odds_rest:.6g}."
        ),
    )


def _refitted(numbers: dict[str, Any]) -> Table:
    cells = [
        (
            f"{{classes[{k}]}}",
            f"{{size[{k}]:.3f}}",
            f"{{rounding[{k}]:.1g}}",
            f"{{moved[{k}]:.3f}}",
            f"{{p_moved[{k}]:.4f}}",
            f"{{changed[{k}]}}",
        )
        for k in range(len(numbers["classes"]))
    ]
    head = ("struck", "log-odds", "renormalized", "refitted", "change of p", "rows")
    return Table(head, tuple(cells))


def _utilities() -> Table:
    cells = [
        (
            name,
            f"{{utility[{k}]:.3f}}" if k < 2 else "",
            f"{{share[{k}]:.3f}}" if k < 2 else "",
            f"{{utility[{min(k, 1)}]:.3f}}",
            f"{{copied_share[{k}]:.3f}}",
            f"{{refitted[{k}]:.3f}}",
            f"{{refitted_share[{k}]:.3f}}",
        )
        for k, name in enumerate(ALTERNATIVES)
    ]
    return Table(("", "utility", "share", "copied", "share", "fitted", "share"), tuple(cells))

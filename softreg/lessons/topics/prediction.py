"""Lesson: argmax, and when it is not the decision: prices of mistakes, and refusing to answer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softreg.functional import softmax
from softreg.lessons.given import Given, rows_of
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.pictures.prediction import draw_prediction
from softreg.metrics import Coverage, coverage_curve
from softreg.plots.text import chart

__all__ = ["expected_costs", "prices", "teach"]

SCORES = np.array([1.0, 2.0, -1.0])
KNOWN = np.array([0.1, 0.8, 0.1])
REFUSAL = 0.2
"""Price of asking a person, where a mistake costs 1."""
DEAREST = 1e6
DEAR = 10.0
"""Price of a deleted mail, in an exercise."""
THRESHOLDS = np.array([0.0, 0.5, 0.8, 0.9, 0.95, 0.99])
MOST_COLUMNS = 5
MOST_CLASSES = 20


def teach(given: Given) -> Lesson:
    """Teach what to say, given probabilities."""
    scores = SCORES if given.scores is None else given.scores
    digits, labels = _held_out(given.seed)
    curve = coverage_curve(softmax(digits), labels)
    numbers = _of_scores(scores, given.generator()) | _of_rows(digits, labels, curve)
    return Lesson(
        numbers=numbers,
        body=(*_answers(numbers), *_costs(numbers), *_refusing(numbers, curve)),
        notice=(
            "The probabilities are the model's, the prices are yours: when a price changes, the decision may, and no "
            "model is trained anew.",
            "People count categories from 1, NumPy counts indices from 0: category 2 is index 1. softreg answers with "
            "the label itself, and of equally likely classes says the first.",
            "A threshold can be trusted as far as the probabilities can: whether nine in ten of the rows with p = "
            "{nine:.1f} are right is measured in a later lesson.",
        ),
        exercises=_exercises(numbers),
        code=("softreg.model:SoftmaxModel.predict", "softreg.metrics.coverage:coverage_curve"),
        references=(
            "Bishop, Pattern Recognition and Machine Learning (2006), sections 1.5.1 to 1.5.3: mistakes, expected "
            "loss, the reject option.",
            "C. K. Chow (1970), On optimum recognition error and reject tradeoff, IEEE Transactions on Information "
            "Theory 16, doi:10.1109/TIT.1970.1054406.",
        ),
        draw=lambda: draw_prediction(numbers["p"], numbers["expected"], curve, THRESHOLDS),
        caption="The likeliest class, the cheapest one, and on held-out rows how right the answers are when the rows "
        "below a threshold are refused.",
        notes=_notes(numbers),
    )


def prices(n_classes: int, grave: int, price: float) -> np.ndarray:
    """Return C (n_classes, n_classes): what it costs to say class a (row) where k (column) is true.

    0 where a = k, ``price`` where the class ``grave`` is missed, 1 for any other mistake.
    """
    cost = np.ones((n_classes, n_classes))
    cost[:, grave] = price
    np.fill_diagonal(cost, 0.0)
    return cost


def expected_costs(cost: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """Return sum_k C_ak p_k for each answer a: what it costs on average.

    >>> expected_costs(prices(2, grave=1, price=10.0), np.array([0.8, 0.2]))
    array([2. , 0.8])
    """
    return np.asarray(cost @ proba)


def _held_out(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels of the half of the digits that the model never saw."""
    rows, others = rows_of("digits").halves(0.5, np.random.default_rng(seed))
    model = rows.fit()
    return others.X @ model.weights + model.intercept, others.y


def _of_scores(scores: np.ndarray, generator: np.random.Generator) -> dict[str, Any]:
    p = softmax(scores)
    # subtle: where all are equally likely, the grave class is the last, so that it is not the one that is said
    grave, said = scores.size - 1 - int(np.argmin(scores[::-1])), int(np.argmax(scores))
    with np.errstate(over="ignore"):
        turn = float(np.exp(scores[said] - scores[grave]))
    price = 10.0 ** max(1, math.ceil(math.log10(min(turn, DEAREST))))
    expected = expected_costs(prices(scores.size, grave, price), p)
    drawn = generator.normal(size=(1000, scores.size))
    return {
        "known": KNOWN,
        "category": int(KNOWN.argmax()) + 1,
        "index": int(KNOWN.argmax()),
        "class": np.arange(1, scores.size + 1),
        "z": scores,
        "p": p,
        "by_z": said + 1,
        "by_p": int(p.argmax()) + 1,
        "n_largest": int((scores == scores.max()).sum()),
        "p_max": p.max(),
        "n_drawn": len(drawn),
        "n_agree": int((softmax(drawn).argmax(axis=1) == drawn.argmax(axis=1)).sum()),
        "grave": grave + 1,
        "p_grave": p[grave],
        "price": price,
        "turn": turn,
        "cost": prices(scores.size, grave, price),
        "mistake": 1 - p,
        "expected": expected,
        "cheapest": int(expected.argmin()) + 1,
        "least": expected.min(),
        "cost_of_likeliest": expected[said],
        "refusal": REFUSAL,
        "threshold": 1 - REFUSAL,
        "doubt": 1 - p.max(),
        "nine": 0.9,
    }


def _of_rows(logits: np.ndarray, labels: np.ndarray, curve: Coverage) -> dict[str, Any]:
    last = [int((curve.threshold >= t).sum()) - 1 for t in THRESHOLDS]
    answered, right = curve.coverage[last], curve.accuracy[last]
    sure = softmax(logits).max(axis=1)
    surer = softmax(2 * logits).max(axis=1)
    return {
        "n_held_out": len(labels),
        "t": THRESHOLDS,
        "answered": 100 * answered,
        "right": 100 * right,
        "row_cost": answered * (1 - right) + REFUSAL * (1 - answered),
        "at_price": int(np.flatnonzero(np.isclose(THRESHOLDS, 1 - REFUSAL))[0]),
        "dear": DEAR,
        "quiz": DEAR / (DEAR + 1),
        "n_refused": int((sure < 0.9).sum()),
        "n_refused_doubled": int((surer < 0.9).sum()),
        "n_same_class": int((softmax(2 * logits).argmax(axis=1) == logits.argmax(axis=1)).sum()),
    }


def _notes(numbers: dict[str, Any]) -> tuple[str, ...]:
    if numbers["by_z"] == numbers["by_p"]:
        return ()
    return ("the largest two logits are so near that their probabilities are equal once a computer has rounded them.",)


def _answers(numbers: dict[str, Any]) -> tuple[Part, ...]:
    alone = "The largest of" if numbers["n_largest"] == 1 else "The first of the largest of"
    return (
        Text(
            "A model gives three categories the probabilities {known:.1f}. The likeliest is category {category}, as "
            "people count; np.argmax([{known:.1f}]) says {index}, since indices begin at 0. The index of the largest "
            "is called argmax. To find it one needs no probabilities:"
        ),
        Formula(
            "p_j > p_k  <=>  exp(z_j) / sum > exp(z_k) / sum    divide by the same sum\n"
            "           <=>  exp(z_j) > exp(z_k)                exp rises everywhere\n"
            "           <=>  z_j > z_k"
        ),
        Text(
            f"{alone} the logits [{{z:.4g}}] is that of class {{by_z}}, and so it is of their probabilities, "
            "{p:.4f}. Of {n_drawn} rows of logits drawn at random, argmax is the same before and after softmax in "
            "{n_agree}."
        ),
    )


def _costs(numbers: dict[str, Any]) -> tuple[Part, ...]:
    turned = numbers["cheapest"] != numbers["by_z"]
    decision = (
        "To say class {by_z}, the likeliest, costs {cost_of_likeliest:.4g} on average. To say class {cheapest}, which "
        "has a probability of only {p_grave:.4g}, costs {least:.4g}: argmax is not the decision."
        if turned
        else "The cheapest is still class {cheapest}, the likeliest, at {least:.4g} on average."
    )
    turn = (
        "The decision turns where missing class {grave} costs more than p_{by_z} / p_{grave} = "
        "exp(z_{by_z} - z_{grave}) = {turn:.4g}."
        if math.isfinite(numbers["turn"])
        else "It would turn where missing class {grave} costs more than exp(z_{by_z} - z_{grave}), a number too large "
        "for a computer."
    )
    return (
        Text(
            "Should one say the likeliest class? If every mistake costs 1, saying class a costs on average the "
            "probability of all others, 1 - p_a: yes. But let class {grave} be a poisonous mushroom: to miss it costs "
            "{price:.0f}, any other mistake 1. What an answer costs on average is"
        ),
        Formula("cost of a = C_a1 p_1 + ... + C_aK p_K    C_ak: price of a if k is true"),
        _price_table(len(numbers["p"])),
        Text(f"{decision} {turn}"),
    )


def _price_table(n_classes: int) -> Table:
    """The prices and the average of each answer; of many classes the averages alone."""
    if n_classes <= MOST_COLUMNS:
        classes = range(n_classes)
        head = ("say", *(f"if {{class[{k}]}}" for k in classes), "all cost 1", "poison")
        rows = (
            (f"{{class[{a}]}}", *(f"{{cost[{a}][{k}]:.0f}}" for k in classes), *_averages(a)) for a in range(n_classes)
        )
        return Table(head, (*rows, ("p", *(f"{{p[{k}]:.4f}}" for k in classes), "", "")))
    shown = range(min(n_classes, MOST_CLASSES))
    rest = (("...", "", "", ""),) * (n_classes > MOST_CLASSES)
    rows = ((f"{{class[{a}]}}", f"{{p[{a}]:.4f}}", *_averages(a)) for a in shown)
    return Table(("say", "p", "all cost 1", "poison"), (*rows, *rest))


def _averages(a: int) -> tuple[str, str]:
    return f"{{mistake[{a}]:.4f}}", f"{{expected[{a}]:.4g}}"


def _refusing(numbers: dict[str, Any], curve: Coverage) -> tuple[Part, ...]:
    asked = numbers["doubt"] > numbers["refusal"]
    costs, place = numbers["row_cost"], numbers["at_price"]
    saved = (
        f"Refusing below {{threshold:.1f}} costs {{row_cost[{place}]:.4f}} a row, answering everything "
        "{row_cost[0]:.4f}: the refusals pay."
        if costs[place] < costs[0]
        else f"Refusing below {{threshold:.1f}} costs {{row_cost[{place}]:.4f}} a row, answering everything "
        "{row_cost[0]:.4f}: here they do not pay."
    )
    rows = tuple(
        (f"{{t[{k}]:.2f}}", f"{{answered[{k}]:.1f}}%", f"{{right[{k}]:.2f}}%", f"{{row_cost[{k}]:.4f}}")
        for k in range(len(THRESHOLDS))
    )
    points = [(100 * float(c), 100 * float(a)) for c, a in zip(curve.coverage, curve.accuracy, strict=True)]
    return (
        Text(
            "There is another answer: none. Where a mistake costs 1 and asking a person {refusal:.1f}, ask as soon as "
            "the best answer is expected to cost more, 1 - max p > {refusal:.1f}: below a threshold of {threshold:.1f} "
            "for max p. The scores above have 1 - max p = {doubt:.4g}: "
            + ("ask." if asked else "answer.")
            + " And on real rows, {n_held_out} handwritten digits that the model has never seen:"
        ),
        Table(("threshold", "answered", "of these right", "cost a row"), rows, left=0),
        Sketch(
            chart({"": [point for point in points if point[0] >= 60]}, height=8, across="% answered", up="% right"),
            "Each point is a threshold; to the right everything is answered.",
        ),
        Text(f"The share that is answered is called coverage. {saved}"),
    )


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    fewer = numbers["n_refused_doubled"] <= numbers["n_refused"]
    choices = ("the same classes, fewer refusals", "the same classes, more refusals", "other classes")
    return (
        Exercise(
            "To delete a real mail costs {dear:.0f}, to keep a junk mail costs 1. Above which probability of junk is "
            "deleting cheaper?",
            numbers["quiz"],
            "Deleting costs {dear:.0f} (1 - p) on average, keeping p: they are equal at p = {quiz:.3f}. Argmax "
            "would delete from one half on.",
        ),
        Exercise(
            "Every logit of the held-out digits is doubled. What becomes of the answers, with a threshold of 0.9?",
            choices[0] if fewer else choices[1],
            "The order of the logits stays, so argmax is the same in {n_same_class} of {n_held_out} rows. The largest "
            "probability grows: {n_refused} rows were refused, now {n_refused_doubled} are, though the model knows "
            "nothing more.",
            choices=choices,
        ),
    )

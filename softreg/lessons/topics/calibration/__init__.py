"""Lesson: when a probability of one half comes true half the time, why training nearly gives it, and one number more.

``clouds`` computes on points whose probabilities are known, ``trained`` on models of the learner's rows; here it
is told.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.lessons.given import Given
from softreg.lessons.lesson import Exercise, Formula, Lesson, Part, Sketch, Table, Text
from softreg.lessons.topics.calibration.clouds import NAMES, known_truth
from softreg.lessons.topics.calibration.trained import L2S, Judged, parts_of, share_of_classes, trained
from softreg.plots.reliability import draw_reliability
from softreg.plots.text import chart

__all__ = ["teach"]

MOST_ROWS, MOST_FEATURES, MOST_CLASSES = 3000, 100, 20


def teach(given: Given) -> Lesson:
    """Teach calibration."""
    generator = given.generator()
    rows = given.rows_or("digits").with_classes(MOST_CLASSES).with_features(MOST_FEATURES)
    rows = rows.thinned(MOST_ROWS, generator)
    train, mend, judge = parts_of(rows, generator)
    models = [trained(train, mend, judge, l2, generator) for l2 in L2S]
    shares = np.bincount(train.y, minlength=train.n_classes) / len(train.y)
    numbers = known_truth(generator) | _numbers(models, shares)
    numbers |= {"data": rows.name, "n_train": len(train.y), "n_mend": len(mend.y), "n_judge": len(judge.y)}
    numbers |= {f"shares_{name}": value for name, value in share_of_classes(train, judge, generator).items()}
    return Lesson(
        numbers=numbers,
        body=_body(numbers),
        notice=(
            "Calibrated is not accurate, and accurate is not calibrated: the first is about what the probabilities "
            "mean, the second about how often the answer is right. Cross-entropy sees both.",
            "A gap means nothing without the gap that chance alone would show on as many rows.",
            "Rows that trained the model, or fitted its temperature, cannot judge it.",
        ),
        exercises=_exercises(numbers),
        code=(
            "softreg.calibration.temperature:fit_temperature",
            "softreg.metrics.calibration_error:reliability_table",
            "softreg.metrics.chance:band",
        ),
        references=(
            "C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017), On calibration of modern neural networks, "
            "arXiv:1706.04599 (the gap, section 2; the temperature, section 4.2).",
            "M. H. DeGroot, S. E. Fienberg (1983), The comparison and evaluation of forecasters, doi:10.2307/2987588.",
            "J. Broecker, L. A. Smith (2007), Increasing the reliability of reliability diagrams, "
            "doi:10.1175/WAF993.1 (what chance allows).",
            "Bishop, Pattern Recognition and Machine Learning (2006), section 4.2.1 (the logits of the clouds).",
        ),
        draw=lambda: draw_reliability({model.told: model.before for model in models}, rows.n_classes, "judging rows"),
        notes=(*rows.notes, *_without_temperature(models)),
        caption="Reliability diagrams of three models on the rows that judge them, with the number of rows in each bin "
        "and the band in which chance would leave a calibrated model.",
    )


def _numbers(models: list[Judged], shares: np.ndarray) -> dict[str, Any]:
    """The three models before and after their temperatures, and their mean probabilities beside the shares."""
    states = {"before": [model.before for model in models], "after": [model.after for model in models]}
    gained = [model.before["cross_entropy"] - model.after["cross_entropy"] for model in models]
    closer = [model.before["ece"] - model.after["ece"] for model in models]
    return {
        "l2": [model.l2 for model in models],
        "temperature": [model.temperature.value for model in models],
        "share": shares,
        "mean_p": models[1].mean_proba,
        "bias_gradient": max(float(np.abs(model.mean_proba - shares).max()) for model in models),
        "n_models": len(models),
        "n_fell": sum(gain > 0 for gain in gained),
        "n_closer": sum(gain > 0 for gain in closer),
        "n_changed": sum(model.n_changed for model in models),
        "best_loss": min(model.before["cross_entropy"] for model in models),
        "best_accuracy": max(model.before["accuracy"] for model in models),
        **{
            f"{state}_{name}": [report[name] for report in reports]
            for state, reports in states.items()
            for name in ("accuracy", "confidence", "ece", "ece_if_calibrated", "cross_entropy", "verdict")
        },
        "quiz_share": 120 / 400,
        "quiz_odds": 9.0,
        "quiz_root": np.sqrt(9.0),
        "quiz_soft": np.sqrt(9.0) / (1 + np.sqrt(9.0)),
    }


def _without_temperature(models: list[Judged]) -> tuple[str, ...]:
    return tuple(
        f"with l2 {model.l2:g} no temperature is the best, and it stays 1: {model.temperature.reason}."
        for model in models
        if model.temperature.reason
    )


def _exercises(numbers: dict[str, Any]) -> tuple[Exercise, ...]:
    return (
        Exercise(
            "Softmax regression is trained to the end on 400 rows, 120 of them of class A. What is the mean of the "
            "probabilities that it gives to class A on these rows?",
            numbers["quiz_share"],
            "The gradient for the intercept of A is the mean probability less the share, and it is 0 at the end: "
            "{quiz_share:.2f}, whatever the features are.",
        ),
        Exercise(
            "A model of two classes says 0.9. What does it say after its logits are divided by the temperature 2?",
            numbers["quiz_soft"],
            "The odds are {quiz_odds:.0f}, the difference of the logits is their logarithm, and half of it has odds "
            "of {quiz_root:.0f}: {quiz_root:.0f} / (1 + {quiz_root:.0f}) = {quiz_soft:.2f}.",
        ),
    )


def _body(numbers: dict[str, Any]) -> tuple[Part, ...]:
    return (
        Text(
            "Start where the truth is known: {n_points} points from {n_clouds} classes, equally common, each normally "
            "distributed around its centre m_k with variance 1. Bayes' rule gives the true probabilities, and they are "
            "a softmax:"
        ),
        Formula(
            "P(k | x) = exp(-|x - m_k|^2 / 2) / sum_j exp(-|x - m_j|^2 / 2)\n"
            "         = softmax(z)_k,     z_k = m_k . x - |m_k|^2 / 2"
        ),
        Text(
            "Take all points whose likeliest class has a probability near one half ({near_half[0]:.2f} to "
            "{near_half[1]:.2f}), and count how often it is right; with the true logits, and with these divided and "
            "multiplied by {stretch:.0f}:"
        ),
        _near_half(numbers),
        Text(
            "Of the points to which the truth gives {truth_said[1]:.3f} on average, {truth_came[1]:.3f} are right, "
            "and chance allows {truth_allowed[1][0]:.3f} to {truth_allowed[1][1]:.3f}: the truth is calibrated. All "
            "three give the same answers, and have the same accuracy, {truth_accuracy[1]:.3f}. Now for every "
            "confidence, which is the probability of the answer. {stretch:.0f} z lies below the diagonal, too sure; "
            "z / {stretch:.0f} above, too unsure:"
        ),
        _picture(numbers),
        Text(
            "This is a reliability diagram. The gap in the table is the mean distance of its bins from the diagonal, "
            "the expected calibration error (ECE). It is never 0 on a finite sample: chance alone would show the truth "
            "a gap of {truth_chance[1]:.3f}."
        ),
        Text("Why should a trained model come near this? At the minimum the gradient for each intercept is 0:"),
        Formula("dL/db_k = mean over the rows of (p_k - y_k) = 0\nso   mean of p_k = share of class k"),
        Text(
            "Three models trained on {n_train} rows of {data} keep this to {bias_gradient:.1g}. But it holds on "
            "average over all rows, and on the training rows. How sure a model is of others depends on l2. Here are "
            "{n_judge} rows that were not trained on; the verdict is whether chance alone can part the accuracy from "
            "the mean confidence:"
        ),
        _models(numbers),
        Text(
            "Every second line divides all logits by one number, the temperature T: the one that makes the "
            "cross-entropy least on {n_mend} other rows. On the judging rows the cross-entropy fell for {n_fell} of "
            "{n_models} models, and the gap for {n_closer}. "
            + ("No answer changed" if not numbers["n_changed"] else "{n_changed} answers changed, by rounding")
            + ": the largest logit stays the largest, so accuracy says nothing about T."
        ),
        Text(
            "Two traps. First, a model that gives every row the class shares is calibrated, with a gap of "
            "{shares_ece:.3f} (chance: {shares_ece_if_calibrated:.3f}), and useless: it tells no row from another, "
            "with an accuracy of {shares_accuracy:.3f} and a cross-entropy of {shares_cross_entropy:.3f}. Second, "
            "{n_few} rows show next to nothing. On {n_few} of the points above the truth itself has a gap of "
            "{few_gap:.3f} on average, and {stretch:.0f} z one of {few_gap_stretched:.3f}; in {few_fooled} of "
            "{n_draws} draws the truth looked no better."
        ),
    )


def _near_half(numbers: dict[str, Any]) -> Table:
    names = ("z / {stretch:.0f}", "z, the truth", "{stretch:.0f} z")
    cells = [
        (
            name,
            f"{{truth_n_near[{k}]}}",
            f"{{truth_said[{k}]:.3f}}",
            f"{{truth_came[{k}]:.3f}}",
            f"{{truth_allowed[{k}][0]:.3f}}-{{truth_allowed[{k}][1]:.3f}}",
            f"{{truth_gap[{k}]:.3f}}",
            f"{{truth_loss[{k}]:.3f}}",
        )
        for k, name in enumerate(names)
    ]
    return Table(("logits", "points", "said", "right", "by chance", "gap", "cross-entropy"), tuple(cells))


def _picture(numbers: dict[str, Any]) -> Sketch:
    stretch = numbers["stretch"]
    told = (f"z / {stretch:.0f}", "z", f"{stretch:.0f} z")
    curves = {text: numbers[f"curve_{name}"].tolist() for text, name in zip(told, NAMES, strict=True)}
    least = min(curve[0][0] for curve in curves.values())
    diagonal = [(sure, sure) for sure in np.linspace(least, 1, 64).tolist()]
    return Sketch(chart(curves | {"as sure as right": diagonal}, height=12, across="confidence", up="accuracy"))


def _models(numbers: dict[str, Any]) -> Table:
    rows = []
    for k in range(len(numbers["l2"])):
        for state, first in (("before", f"{{l2[{k}]:g}}"), ("after", "")):
            told = f"{{temperature[{k}]:.2f}}" if state == "after" else "1"
            columns = (
                ("accuracy", ".3f"),
                ("confidence", ".3f"),
                ("ece", ".3f"),
                ("ece_if_calibrated", ".3f"),
                ("cross_entropy", ".3f"),
                ("verdict", ""),
            )
            rows.append((first, told, *(f"{{{state}_{name}[{k}]:{form}}}" for name, form in columns)))
    return Table(("l2", "T", "accuracy", "confidence", "gap", "chance", "cross-entropy", "verdict"), tuple(rows))

"""Trained: questions to the model of a run, beside those to its data."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.checks.finding import FAIL, PASS, SKIP, WARN, Finding
from softreg.checks.subject import Subject
from softreg.design import DesignMatrix, Scaling
from softreg.metrics import accuracy, cross_entropy
from softreg.model import SoftmaxModel
from softreg.objective import Objective
from softreg.training import Problem
from softreg.training.certificate import certify
from softreg.training.problem import weighted_rows
from softreg.workers import Workers

__all__ = ["best_weights", "same_scores"]

SAME = 1e-9
"""Scores that are computed anew differ by roundings alone."""

PROVED = 1e-2
"""Share of the objective within which the best one must be proved to lie; or a thousandth of a nat."""


def same_scores(subject: Subject, metrics: dict[str, Any]) -> Finding:
    """Compare the scores that the run recorded with those of its model on its data, read again."""
    name, why = "recorded", "A model file that gives other scores than its run recorded is not the model of that run."
    apart: dict[str, float] = {}
    for part, log_proba in subject.log_proba.items():
        targets, weight = subject.targets[part], subject.weights[part]
        scores = {
            "accuracy": accuracy(targets, log_proba.argmax(axis=1), weight),
            "cross_entropy": cross_entropy(log_proba, targets, weight),
        }
        for score, value in scores.items():
            recorded = metrics.get(part, {}).get(score)
            apart[f"{part} {score}"] = np.inf if recorded is None else abs(value - recorded)
    worst = max(apart, key=lambda score: apart[score])
    if apart[worst] <= SAME:
        return Finding(name, PASS, f"{len(apart)} recorded scores are found again", why, numbers=apart)
    found = f"{worst.replace('_', '-')} is {apart[worst]:.2g} away from the recorded one"
    return Finding(name, FAIL, found, why, "Train the run again, or find out who changed its files.", apart)


def best_weights(subject: Subject, model: SoftmaxModel) -> Finding:
    """Prove how far the model's training objective is from the least possible."""
    name, why = "optimum", "Weights that are far from the best ones tell how long was trained, not what the data say."
    settings = subject.settings
    problem = Problem(subject.X["train"], subject.targets["train"], subject.classes, subject.weights["train"])
    X, targets, weight = weighted_rows(problem, settings)
    scaling = Scaling(model.features["mean"], model.features["scale"])
    with Workers(settings.threads) as workers:
        design = DesignMatrix(X, scaling, settings.fit_intercept, workers)
        objective = Objective(design, targets, weight, n_classes=len(subject.classes), l2=settings.l2)
        theta = scaling.unfold(model.weights, model.intercept)[: objective.shape[0]]
        value, told = objective.evaluate(theta).objective, certify(objective, theta)
    numbers = {"objective": value, "gap_lower": told.gap_lower, "gap_upper": told.gap_upper}
    if not settings.l2:
        return Finding(name, SKIP, f"not applicable: {told.reason}", why, numbers=numbers)
    advice = "Train on with more --epochs, or with --optimizer auto."
    if told.gap_upper is None:
        return Finding(name, WARN, f"training objective {value:.4g}: {told.reason}", why, advice, numbers)
    found = f"training objective {value:.4g}, proved within {told.gap_upper:.2g} of the least possible"
    if told.gap_upper <= max(1e-3, PROVED * value):
        return Finding(name, PASS, found, why, numbers=numbers)
    if settings.early_stopping:
        return Finding(name, PASS, f"{found}; it was stopped early on purpose", why, numbers=numbers)
    return Finding(name, WARN, found, why, advice, numbers)

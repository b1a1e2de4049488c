"""Right answers agree with independent oracles, and the hypotheses with the right answers where nothing is wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from classroom import SPECS
from scipy.special import softmax as scipy_softmax
from sklearn.metrics import log_loss

import softreg
from softreg.design import DesignMatrix, Scaling
from softreg.grading.asked import questions
from softreg.grading.checks import CHECKS
from softreg.grading.conventions import expected, told
from softreg.grading.mistakes import EPOCHS, GRADIENT_SUMMED, IN_PLACE, SWAPPED, Way, answered, kinds
from softreg.grading.question import CLASSES
from softreg.objective import Objective

VARIANTS = [
    replace(spec, reduction=reduction, penalty=penalty)
    for spec in SPECS.values()
    for reduction in ("mean", "sum", "none")
    for penalty in ("l2/2", "l2")
]


def asked(spec):
    return [question for group in questions(spec).values() for question in group]


@pytest.mark.parametrize("spec", VARIANTS)
def test_the_right_way_answers_as_softreg_does(spec):
    for question in asked(spec):
        for word, part in expected(spec, question).items():
            np.testing.assert_allclose(answered(Way(), spec, question)[word], part, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("spec", VARIANTS)
def test_the_gradient_is_the_slope_of_the_loss_in_every_convention(spec):
    gradient = spec.function("gradient")
    both = replace(gradient, returns=("loss", *(word for word in gradient.returns if word != "loss")))
    spec = replace(spec, functions=(both,))
    question = next(question for question in asked(spec) if question.key == "agreement gradient")
    parts = expected(spec, question)
    inside = "b" not in gradient.takes
    for word in ("W", "b"):
        value = question.array(word)
        for place in np.ndindex(value.shape):
            nudged = [value.copy(), value.copy()]
            nudged[0][place] += 1e-5
            nudged[1][place] -= 1e-5
            high, low = (
                expected(spec, replace(question, given={**question.given, word: each}))["loss"] for each in nudged
            )
            slope = parts["grad_W"][-1] if inside and word == "b" else parts["grad_W" if inside else f"grad_{word}"]
            assert (high - low) / 2e-5 == pytest.approx(slope[place], rel=1e-4, abs=1e-6)


def test_the_mean_and_half_a_penalty_are_the_projects_own_objective():
    spec = SPECS["plain"]
    for question in asked(spec):
        if question.role not in {"loss", "gradient"} or "integers" in question.key:
            continue
        X, l2 = question.array("X"), question.number("l2")
        J = Objective(DesignMatrix(X, Scaling.of(X, "none")), question.array("y"), n_classes=CLASSES, l2=l2)
        here = J.evaluate(np.vstack([question.array("W"), question.array("b")]))
        right = expected(spec, question)
        if question.role == "loss":
            assert right["loss"] == pytest.approx(here.objective)
        else:
            np.testing.assert_allclose(np.vstack([right["grad_W"], right["grad_b"]]), here.gradient, atol=1e-9)


def test_softmax_and_cross_entropy_agree_with_scipy_and_scikit_learn():
    for question in asked(SPECS["plain"]):
        right = expected(SPECS["plain"], question)
        if question.role == "softmax":
            np.testing.assert_allclose(right["proba"], scipy_softmax(question.array("logits").astype(float), axis=1))
        elif question.key.startswith("agreement cross_entropy"):
            proba = scipy_softmax(question.array("logits"), axis=1)
            assert right["loss"] == pytest.approx(log_loss(question.array("y"), proba, labels=range(CLASSES)))


@pytest.mark.parametrize("homework", SPECS)
def test_a_bias_inside_is_a_last_row_of_weights_and_a_last_column_of_ones(homework):
    spec = SPECS[homework]
    for question in asked(spec):
        call = told(spec, question)
        if "W" in call.arguments:
            logits = call.arguments["X"].astype(float) @ call.arguments["W"] + call.arguments.get("b", 0.0)
            apart = question.array("X").astype(float) @ question.array("W") + question.array("b")
            np.testing.assert_allclose(logits, apart)
        if "proba" in call.arguments:
            assert (call.arguments["proba"] > 1e-37).all()  # float32 can hold them all


def test_shapes_cannot_be_taken_for_each_other_and_labels_reach_both_ends():
    for spec in SPECS.values():
        for question in asked(spec):
            if question.role in {"batches", "train"} or "integers" in question.key:
                continue
            rows = question.array("X" if "X" in question.given else "logits").shape
            assert len({rows[0], CLASSES, *([rows[1], rows[1] + 1] if "X" in question.given else [])}) >= len(rows) + 0
            assert rows[0] != CLASSES
            if "y" in question.given and "sure" not in question.key:
                assert {0, CLASSES - 1} <= set(question.array("y").tolist())


@pytest.mark.parametrize("homework", SPECS)
def test_each_mistake_has_its_words(homework):
    names = [kind.name for kind in kinds(SPECS[homework])]
    assert len(set(names)) == len(names)
    for kind in kinds(SPECS[homework]):
        assert kind.says.endswith(".")
        assert kind.short[-1] in ".?"
        assert "softreg/" in kind.full
        assert "softreg/" not in kind.short
        assert ";" not in kind.name


def test_what_a_hint_names_is_there_to_be_read():
    kinds_of_all = [kind for spec in SPECS.values() for kind in kinds(spec)]
    seen = [*EPOCHS, GRADIENT_SUMMED, IN_PLACE, SWAPPED]
    root = Path(softreg.__file__).parent.parent
    for text in [*(kind.full for kind in (*kinds_of_all, *seen)), *(check.full for check in CHECKS.values())]:
        files = re.findall(r"softreg/[\w/]+\.py", text)
        assert files, text
        source = "".join((root / file).read_text() for file in files)
        named = re.findall(r"(\w+)(?:, and \w+ beside it,)? in softreg/", text) + re.findall(r"\.py, (\w+)\.", text)
        for name in named:
            assert f"def {name}(" in source, (name, text)

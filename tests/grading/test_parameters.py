"""Arguments in another order, or one too few, are told in words."""

from __future__ import annotations

import json

import pytest
from classroom import SOURCES, altered

from softreg.grading.courses import course
from softreg.grading.parameters import misplaced

PLAIN = course("plain")
ASKED = "gradient(X, y, W, b, l2)"


def says(source: str, homework: str = "plain", name: str = "hw1.py") -> list[str]:
    return [each.says for each in misplaced(course(homework), {name: source.encode()})]


@pytest.mark.parametrize("homework", SOURCES)
def test_right_solutions_have_nothing_told(homework: str) -> None:
    assert says(SOURCES[homework], homework) == []


@pytest.mark.parametrize(
    ("taken", "told"),
    [
        ("W, b, X, y, l2", "W, b, X, y, l2"),
        ("X, y, W, b", "X, y, W, b"),
        ("X, y, W, b, l2, more", "X, y, W, b, l2, more"),
        ("", "nothing"),
    ],
)
def test_another_order_or_number_is_told_beside_what_is_asked(taken: str, told: str) -> None:
    source = altered(SOURCES["plain"], (f"def {ASKED}", f"def gradient({taken})"))

    assert says(source) == [f"gradient takes {told}; the homework asks for X, y, W, b, l2."]


@pytest.mark.parametrize(
    "taken", ["features, labels, W, b, reg", "X, y, W, b, l2=0.1", "*given", "X, y, W, b, l2, eps=1"]
)
def test_names_of_ones_own_and_defaults_are_no_mistake(taken: str) -> None:
    assert says(altered(SOURCES["plain"], (f"def {ASKED}", f"def gradient({taken})"))) == []


def test_a_notebook_is_read_cell_by_cell_and_what_is_none_is_let_be() -> None:
    cell = {"cell_type": "code", "source": ["%matplotlib inline\n", "def predict(W, b, X): pass"]}

    assert says(json.dumps({"cells": [cell]}), name="a.ipynb") == [
        "predict takes W, b, X; the homework asks for X, W, b."
    ]
    assert says('"\\d"\ndef predict(X, W, b): pass') == []
    assert says("no notebook", name="a.ipynb") == says("def (") == []

"""Exponentiate, then normalize: what the lesson on softmax claims."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

from softreg.lessons.given import Given
from softreg.lessons.lesson import Table, Text
from softreg.lessons.topics.softmax import teach


def said(*scores: float) -> str:
    lesson = teach(Given(scores=np.array(scores) if scores else None))
    return " ".join(lesson.filled(part.template) for part in lesson.body if isinstance(part, Text))


def test_logits_plus_a_number_that_all_share_give_the_same_probabilities() -> None:
    numbers = teach(Given()).numbers

    np.testing.assert_allclose(numbers["p"], scipy.special.softmax(numbers["z"]))
    np.testing.assert_allclose(numbers["back"], scipy.special.softmax(numbers["log_known"] + 3))
    assert "up to a number that all share" in said()


@pytest.mark.parametrize(
    ("scores", "written"), [((1000.0, 2.0), "too large"), ((-1000.0, -1002.0), "too small"), ((1.0, 2.0), "")]
)
def test_probabilities_that_the_table_cannot_explain_are_explained(scores: tuple[float, ...], written: str) -> None:
    """Where the sum of the exponentials is infinite or 0, no share of it is the p beside it."""
    text = said(*scores)

    assert written in text
    assert ("subtracts the largest" in text) == bool(written)


def test_exponentials_and_probabilities_are_summed_and_logits_are_not() -> None:
    lesson = teach(Given())
    (table,) = (part for part in lesson.body if isinstance(part, Table))

    assert [bool(cell) for cell in table.rows[-1]] == [True, False, True, True]

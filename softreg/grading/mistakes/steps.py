"""Steps: where gradient descent ends that goes along a wrong gradient."""

from __future__ import annotations

import numpy as np

from softreg.grading.conventions import bias_inside, joined
from softreg.grading.mistakes.way import Way, gradient
from softreg.grading.question import Question
from softreg.grading.spec import Spec

__all__ = ["descended", "turns"]


def turns(way: Way, spec: Spec, question: Question) -> bool:
    """Whether the gradient of this way is another than the right one, at weights that are neither zero nor alike.

    Shapes that no step can be taken along do not count: such a training raises an error.
    """
    n_features, n_classes = question.array("X").shape[1], int(question.number("n_classes"))
    weights, bias = np.cos(np.arange(n_features * n_classes)).reshape(n_features, -1), np.sin(np.arange(n_classes))
    here = Question(question.key, question.role, {**question.given, "W": weights, "b": bias})
    with np.errstate(all="ignore"):
        right, other = gradient(Way(), spec, here), gradient(way, spec, here)
    if any(other[word].shape != right[word].shape for word in right):
        return False
    return not all(np.allclose(other[word], right[word]) for word in right)


def descended(way: Way, spec: Spec, question: Question) -> dict[str, np.ndarray]:
    """Return W and b after gradient descent from zero over all rows at once, along a gradient that goes this way."""
    n_features, n_classes = question.array("X").shape[1], int(question.number("n_classes"))
    weights, bias = np.zeros((n_features, n_classes)), np.zeros(n_classes)
    function = spec.function(question.role)
    assert function is not None
    inside, step = bias_inside(function), question.number("learning_rate")
    with np.errstate(all="ignore"):
        for _ in range(int(question.number("epochs"))):
            now = Question(question.key, question.role, {**question.given, "W": weights, "b": bias})
            parts = gradient(way, spec, now)
            slope = parts["grad_W"]
            weights = weights - step * slope[:n_features]
            bias = bias - step * (slope[-1] if inside else parts["grad_b"])
    return joined(weights, bias, inside)

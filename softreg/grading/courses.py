"""Courses: three conventions in which softmax regression is asked for, each a homework to begin with."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace

from softreg.grading.asked import points_of, questions
from softreg.grading.signature import function_of
from softreg.grading.spec import Spec
from softreg.settings import COURSES

__all__ = ["course", "nearest_course"]

_SIGNATURES: Mapping[str, Mapping[str, str]] = {
    "plain": {
        "softmax": "softmax(logits) -> proba",
        "cross_entropy": "cross_entropy(logits, y) -> loss",
        "loss": "loss(X, y, W, b, l2) -> loss",
        "gradient": "gradient(X, y, W, b, l2) -> grad_W, grad_b",
        "predict": "predict(X, W, b) -> y",
        "batches": "batches(X, y, batch_size, rng) -> pairs",
        "train": "train(X, y, n_classes, l2, learning_rate, epochs) -> W, b",
    },
    "d2l": {
        "softmax": "softmax(X=logits) -> y_hat=proba",
        "cross_entropy": "cross_entropy(y_hat=proba, y) -> loss",
        "gradient": "gradient(X, y, W, b) -> grad_W, grad_b",
        "predict": "predict(X, W, b) -> y",
        "batches": "data_iter(batch_size, features=X, labels=y, rng) -> batches=pairs",
        "train": "train(X, y, num_classes=n_classes, lr=learning_rate, num_epochs=epochs) -> W, b",
    },
    "cs231n": {
        "gradient": "softmax_loss_vectorized(W, X, y, reg=l2) -> loss, dW=grad_W",
        "predict": "predict(W, X) -> y_pred=y",
        "train": "train(X, y, num_classes=n_classes, learning_rate, reg=l2, num_iters=epochs) -> W",
    },
}
_TITLES = {
    "plain": "Softmax regression",
    "d2l": "Softmax regression from scratch, as in Dive into Deep Learning",
    "cs231n": "Softmax classifier, as in CS231n",
}


def course(name: str) -> Spec:
    """Return the homework of a convention.

    ``plain`` is softreg's own. ``d2l``: the cross-entropy takes probabilities and is not reduced (Zhang et al., *Dive
    into Deep Learning*, section 4.4). ``cs231n``: W first, the bias its last row, and the penalty reg times the sum of
    squares, without 1/2, as in the course's assignment 1 of recent years.

    >>> course("cs231n").bias_inside, course("d2l").reduction
    (True, 'none')
    """
    functions = tuple(function_of(role, text) for role, text in _SIGNATURES[name].items())
    spec = Spec(
        _TITLES[name],
        functions,
        reduction="none" if name == "d2l" else "mean",
        penalty="l2" if name == "cs231n" else "l2/2",
    )
    return replace(spec, points={check: points_of(spec, check) for check in questions(spec)})


def nearest_course(statements: Iterable[ast.stmt]) -> str:
    """Return the convention most of whose functions are defined, with as many arguments; the first of equals.

    >>> nearest_course(ast.parse("def softmax_loss_vectorized(W, X, y, reg): ...").body)
    'cs231n'
    """
    found = {node.name: len(node.args.args) for node in statements if isinstance(node, ast.FunctionDef)}

    def fit(name: str) -> tuple[int, int]:
        functions = [each for each in course(name).functions if each.name in found]
        return sum(found[each.name] == len(each.takes) for each in functions), len(functions)

    return max(COURSES, key=fit)

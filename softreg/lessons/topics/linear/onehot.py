"""Linear scores taken for probabilities: least squares on one-hot labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.functional import softmax
from softreg.lessons.given import Rows
from softreg.lessons.lesson import Formula, Part, Table, Text
from softreg.metrics import accuracy
from softreg.training import Fit

__all__ = ["fitted", "onehot_numbers", "onehot_parts"]


def fitted(train: Rows, X: np.ndarray) -> np.ndarray:
    """Return ``[1 X] B`` (n_samples, n_classes), B by least squares on the one-hot labels of the training rows.

    >>> rows = Rows("", np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 1]), ("x",), ("a", "b"))
    >>> fitted(rows, np.array([[0.0], [4.0]])).round(3)
    array([[ 0.833,  0.167],
           [-1.167,  2.167]])
    """
    # subtle: centred, so that a constant column becomes 0 and cannot share the work of the intercept
    middle = train.X.mean(axis=0)
    A, Y = _with_ones(train.X - middle), np.eye(train.n_classes)[train.y]
    B = np.linalg.lstsq(A, Y, rcond=None)[0]
    return np.asarray(_with_ones(X - middle) @ B)


def _with_ones(X: np.ndarray) -> np.ndarray:
    return np.hstack([np.ones((len(X), 1)), X])


def onehot_numbers(train: Rows, new: Rows, model: Fit) -> dict[str, Any]:
    """Compute what least squares and softmax give on rows that they were fitted to, and on new ones."""
    found: dict[str, Any] = {"n_train": len(train.y), "n_new": len(new.y)}
    for part, rows in (("train", train), ("new", new)):
        proba = softmax(rows.X @ model.weights + model.intercept)
        for way, values in (("squares", fitted(train, rows.X)), ("softmax", proba)):
            found |= {
                f"{way}_least_{part}": values.min(),
                f"{way}_most_{part}": values.max(),
                f"{way}_outside_{part}": int(((values < 0) | (values > 1)).sum()),
                f"{way}_values_{part}": values.size,
                f"{way}_sum_{part}": np.abs(values.sum(axis=1) - 1).max(),
                f"{way}_right_{part}": accuracy(rows.y, values.argmax(axis=1)),
            }
    return found


def onehot_parts(numbers: dict[str, Any]) -> tuple[Part, ...]:
    """Tell it."""
    lines = {
        "smallest": "least_{part}:.3f",
        "largest": "most_{part}:.3f",
        "outside [0, 1]": "outside_{part}",
        "|sum - 1|, at most": "sum_{part}:.0e",
        "accuracy": "right_{part}:.3f",
    }
    table = tuple(
        (
            name,
            *(f"{{{way}_{what.format(part=part)}}}" for way in ("squares", "softmax") for part in ("train", "new")),
        )
        for name, what in lines.items()
    )
    out = numbers["squares_outside_train"] and numbers["squares_outside_new"]
    told = (
        "Of the values {squares_outside_train} of {squares_values_train} lie outside [0, 1] on the training rows, and "
        "{squares_outside_new} of {squares_values_new} on new ones: no probabilities, though each row sums to 1."
        if out
        else "On these rows few or none leave [0, 1]; but a linear function that is not constant does so somewhere."
    )
    return (
        Text(
            "Must there be a softmax? Write each label as a row with 1 for its class and 0 elsewhere, one-hot, and "
            "choose B to bring A B as near as possible to these rows Y, A being the features and a column of ones: "
            "least squares. The rows of A B do sum to 1, on the training rows and on any others:"
        ),
        Formula(
            "A B = P Y               P projects onto the columns of A\n"
            "A B 1 = P Y 1 = P 1     1: all ones; each row of Y sums to 1\n"
            "      = 1               1 is itself a column of A\n"
            "B 1 = e_1               A's columns independent, the ones first: A e_1 = 1\n"
            "[1 x] B 1 = 1           so for every new row x as well"
        ),
        Table(("", "least squares: seen", "new rows", "softmax: seen", "new rows"), table),
        Text(told),
    )

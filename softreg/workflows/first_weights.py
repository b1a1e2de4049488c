"""First weights: those of an earlier model, from which a new training begins."""

from __future__ import annotations

import numpy as np

from softreg.errors import DataError, listed
from softreg.runs import model_of
from softreg.workflows.material import Material

__all__ = ["first_weights"]


def first_weights(word: str, ready: Material) -> tuple[np.ndarray, np.ndarray]:
    """Return W (n_features, n_classes) and b (n_classes,) of a run or model, in the order of this training.

    Raises :class:`DataError` where its features or classes are not those of the material.
    """
    model, _ = model_of(word)
    features = ready.preparation(ready.split.train).features
    for noun, theirs, ours in (("feature", model.columns, features), ("class", model.classes, ready.classes)):
        if set(theirs) != set(ours):
            lacking, extra = (
                [name for name in ours if name not in theirs],
                [name for name in theirs if name not in ours],
            )
            told = [f"{how} {listed(names)}" for how, names in (("lacks", lacking), ("adds", extra)) if names]
            plural = "classes" if noun == "class" else f"{noun}s"
            raise DataError(
                f"{word} is a model of other {plural}: it {' and '.join(told)}.",
                "Begin from a model of the same data, or leave --init-from out.",
            )
    rows = [model.columns.index(name) for name in features]
    columns = [model.classes.index(name) for name in ready.classes]
    return model.weights[np.ix_(rows, columns)], model.intercept[columns]

"""Folding: what calibration does to the logits, as the model's own weights and intercepts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from softreg.model import SoftmaxModel

__all__ = ["folded", "unfolded"]

KEY = "calibration"


def folded(
    model: SoftmaxModel, temperature: float = 1.0, shift: np.ndarray | None = None, **about: Any
) -> SoftmaxModel:
    """Return the model whose logits are (logits + shift) / temperature, with a record of it in its metadata.

    W / T and (b + shift) / T: predicting, evaluating, exporting and explaining cannot forget what lies in the weights.
    ``about`` is more for the record, as JSON can hold it. The coordinates of ``features``, and what the metadata say of
    training, are those of the model before.

    >>> model = SoftmaxModel(np.array([[-1.0, 1.0]]), np.zeros(2), ("no", "yes"), ("x",))
    >>> softer = folded(model, 2.0, np.array([0.5, -0.5]))
    >>> softer.logits(np.array([[3.0]])), softer.metadata["calibration"]["temperature"]
    (array([[-1.25,  1.25]]), 2.0)
    >>> unfolded(softer).logits(np.array([[3.0]]))
    array([[-3.,  3.]])
    """
    moved = np.zeros(len(model.classes)) if shift is None else shift
    record = {"temperature": temperature, "shift": None if shift is None else shift.tolist()} | about
    return replace(
        model,
        weights=model.weights / temperature,
        intercept=(model.intercept + moved) / temperature,
        metadata=model.metadata | {KEY: record},
    )


def unfolded(model: SoftmaxModel) -> SoftmaxModel:
    """Return the model before :func:`folded`, to rounding; the model itself where nothing was folded."""
    record: Mapping[str, Any] | None = model.metadata.get(KEY)
    if record is None:
        return model
    temperature, shift = record["temperature"], record["shift"]
    return replace(
        model,
        weights=model.weights * temperature,
        intercept=model.intercept * temperature - (0.0 if shift is None else np.array(shift)),
        metadata={key: value for key, value in model.metadata.items() if key != KEY},
    )

"""A model's weights as a table: feature, class, weight, weight_standardised; the intercepts come last."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.model import SoftmaxModel

__all__ = ["coefficients", "standardised", "to_csv"]


def coefficients(model: SoftmaxModel) -> dict[str, Any]:
    """Return the weights as columns: feature, class, weight in raw units, weight per standard deviation.

    The last is NaN for the intercepts, and for a model that does not know the deviations of its features.

    >>> model = SoftmaxModel(np.array([[-1.0, 1.0]]), np.zeros(2), ("no", "yes"), ("x",))
    >>> coefficients(model)["feature"]
    ['x', 'x', '(intercept)', '(intercept)']
    """
    n_features, n_classes = model.weights.shape
    weights = standardised(model)
    beside = np.full(model.weights.shape, np.nan) if weights is None else weights
    return {
        # lists: an array of texts gives each of them the room of the longest
        "feature": [name for name in (*model.columns, "(intercept)") for _ in range(n_classes)],
        "class": [*model.classes] * (n_features + 1),
        "weight": np.concatenate([model.weights.ravel(), model.intercept]),
        "weight_standardised": np.concatenate([beside.ravel(), np.full(n_classes, np.nan)]),
    }


def standardised(model: SoftmaxModel) -> np.ndarray | None:
    """Return W for one standard deviation of each feature (n_features, n_classes); None where that is not known."""
    if "deviation" not in model.features:
        return None
    with np.errstate(over="ignore"):
        return np.asarray(model.weights * model.features["deviation"][:, None])


def to_csv(model: SoftmaxModel) -> bytes:
    """Return :func:`coefficients` as CSV in UTF-8; a cell without a number is empty."""
    import polars as pl

    frame = pl.DataFrame({name: pl.Series(values) for name, values in coefficients(model).items()})
    return frame.fill_nan(None).write_csv().encode()

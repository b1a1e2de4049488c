"""A model's weights as a table: feature, class, weight, weight_standardised; the intercepts come last."""

from __future__ import annotations

import numpy as np

from softreg.model import SoftmaxModel

__all__ = ["coefficients", "to_csv"]


def coefficients(model: SoftmaxModel) -> dict[str, np.ndarray]:
    """Return the weights as columns: feature, class, weight in raw units, weight per standard deviation.

    The last is NaN for the intercepts, and for a model that does not know the deviations of its features.

    >>> model = SoftmaxModel(np.array([[-1.0, 1.0]]), np.zeros(2), ("no", "yes"), ("x",))
    >>> coefficients(model)["feature"].tolist()
    ['x', 'x', '(intercept)', '(intercept)']
    """
    n_features, n_classes = model.weights.shape
    deviation = model.features.get("deviation", np.full(n_features, np.nan))
    standardised = model.weights * deviation[:, None]
    return {
        "feature": np.repeat([*model.columns, "(intercept)"], n_classes),
        "class": np.tile(model.classes, n_features + 1),
        "weight": np.concatenate([model.weights.ravel(), model.intercept]),
        "weight_standardised": np.concatenate([standardised.ravel(), np.full(n_classes, np.nan)]),
    }


def to_csv(model: SoftmaxModel) -> bytes:
    """Return :func:`coefficients` as CSV in UTF-8; a cell without a number is empty."""
    import polars as pl

    frame = pl.DataFrame({name: pl.Series(values) for name, values in coefficients(model).items()})
    return frame.fill_nan(None).write_csv().encode()

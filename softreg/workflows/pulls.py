"""Pulls: the features with the largest weights, in units that can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from softreg.export.as_csv import standardised
from softreg.model import SoftmaxModel

__all__ = ["Pull", "pulls"]


@dataclass(frozen=True)
class Pull:
    """The features that pull most ``to`` a class, or away from it: names and weights, the strongest first."""

    to: str
    strongest: tuple[tuple[str, float], ...]


def pulls(model: SoftmaxModel, most: int = 3) -> list[Pull]:
    """Return the strongest features of every class, in logits per standard deviation of the feature.

    Of two classes only the second is told, in log-odds against the first: W[:, 1] - W[:, 0]. Features without weight
    are left out; empty where the model does not know the deviations of its features.

    >>> model = SoftmaxModel(np.array([[-1.0, 1.0]]), np.zeros(2), ("no", "yes"), ("x",),
    ...                      features={"deviation": np.array([0.5])})
    >>> pulls(model)
    [Pull(to='yes', strongest=(('x', 1.0),))]
    """
    weights = standardised(model)
    if weights is None:
        return []
    if len(model.classes) == 2:
        with np.errstate(over="ignore", invalid="ignore"):
            return [_strongest(model, model.classes[1], weights[:, 1] - weights[:, 0], most)]
    return [_strongest(model, name, weights[:, place], most) for place, name in enumerate(model.classes)]


def _strongest(model: SoftmaxModel, to: str, weights: np.ndarray, most: int) -> Pull:
    order = [place for place in np.argsort(-np.abs(weights), kind="stable")[:most].tolist() if weights[place]]
    return Pull(to, tuple((model.columns[place], float(weights[place])) for place in order))

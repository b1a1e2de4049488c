"""Changes: the smallest change of a row after which a linear model gives another answer.

**Conventions.** ``logits`` (n_classes,) are those of the row, ``weights`` (n_features, n_classes). The answer is the
first class of the greatest logit, called A here; k stands for its rivals. ``gap_k = z_A - z_k`` is never negative. A
feature that is not ``movable`` (n_features,) stays as it is: a category cannot be half another one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Boundary", "Flips", "level_logits", "nearest_boundary", "single_flips"]


@dataclass(frozen=True)
class Boundary:
    """The nearest point at which a ``rival`` is as likely as the answer: ``distance`` away, by this ``change``.

    ``distance`` is in deviations of the features, ``change`` (n_features,) in the features' own units.
    """

    rival: int
    distance: float
    change: np.ndarray


@dataclass(frozen=True)
class Flips:
    """The ``change`` (n_features,) of each feature alone that leads to another answer, and the ``rival`` beyond it.

    Where no change of the feature does, ``change`` is infinite and ``rival`` is -1.
    """

    change: np.ndarray
    rival: np.ndarray


def nearest_boundary(
    logits: np.ndarray, weights: np.ndarray, deviation: np.ndarray, movable: np.ndarray
) -> Boundary | None:
    """Find the smallest change of the movable features together that puts the row on the decision boundary.

        distance_k = gap_k / ||s (w_A - w_k)||,   change_j = -gap_k s_j^2 (w_jA - w_jk) / ||s (w_A - w_k)||^2

    with s_j the deviation of feature j: the Euclidean distance, in deviations, to the hyperplane on which A and k are
    equally likely. The least over *all* rivals counts. That is not always the runner-up, who may have almost A's
    weights, so that no move favours it; and at the nearest hyperplane no third class is above the two, for it would
    have been met before. ``None`` where no move leads to another answer.

    Shapes: ``deviation`` (n_features,), above 0; ``movable`` (n_features,) of bool.

    >>> W, s, all_of_them = np.array([[3.0, 0.0], [4.0, 0.0]]), np.ones(2), np.array([True, True])
    >>> near = nearest_boundary(np.array([10.0, 0.0]), W, s, all_of_them)
    >>> near.distance, near.change.tolist()  # 10 / ||(3, 4)||
    (2.0, [-1.2, -1.6])

    Source: T. Hastie, R. Tibshirani, J. Friedman (2009), "The Elements of Statistical Learning", section 4.5.
    """
    answer = int(logits.argmax())
    gap = logits[answer] - logits
    reach = deviation * movable
    slopes = reach[:, None] * (weights[:, [answer]] - weights)
    norm = np.linalg.norm(slopes, axis=0)
    distance = np.full(len(gap), np.inf)
    np.divide(gap, norm, out=distance, where=norm > 0)
    distance[gap == 0] = 0.0
    distance[answer] = np.inf
    rival = int(distance.argmin())
    if not np.isfinite(distance[rival]):
        return None
    direction = slopes[:, rival] / norm[rival] if norm[rival] else np.zeros(len(reach))
    return Boundary(rival, float(distance[rival]), -distance[rival] * direction * reach)


def single_flips(logits: np.ndarray, weights: np.ndarray, movable: np.ndarray) -> Flips:
    """Find for each movable feature the smallest change of it alone that leads to another answer.

        change_j = gap_k / (w_jk - w_jA),   for the rival k for which its size is least

    Along one feature every logit is a straight line, and A is the greatest on an interval around the row; it ends where
    the first rival crosses A, on one side or the other. Whoever crosses first is the answer beyond, whichever class one
    had in mind; of several that cross at one point, the steepest. At the end of the interval itself there is a tie.

    >>> flips = single_flips(np.array([2.0, 1.0, 0.0]), np.array([[0.0, 1.0, 5.0]]), np.array([True]))
    >>> flips.change.tolist(), flips.rival.tolist()  # the last class overtakes before the runner-up does
    ([0.4], [2])
    """
    answer = int(logits.argmax())
    gap = logits[answer] - logits
    rise = weights - weights[:, [answer]]
    rise[~movable] = 0
    size = np.full(rise.shape, np.inf)
    np.divide(np.broadcast_to(gap, rise.shape), np.abs(rise), out=size, where=rise != 0)
    first = size == size.min(axis=1, keepdims=True)
    rival = np.where(first, np.abs(rise), -1.0).argmax(axis=1)
    at = np.arange(len(rise))
    found = np.isfinite(size[at, rival])
    change = np.where(found, np.copysign(size[at, rival], rise[at, rival]), np.inf)
    return Flips(change, np.where(found, rival, -1))


def level_logits(logits: np.ndarray, now: np.ndarray, others: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the logits (n_levels, n_classes) that the row would have with other levels of one category.

    Shapes: ``now`` (width,) the category's features in this row, ``others`` (n_levels, width) those of the levels,
    ``weights`` (width, n_classes).

    >>> level_logits(np.array([1.0, 0.0]), np.array([1.0, 0.0]), np.eye(2), np.array([[1.0, 0.0], [0.0, 1.0]]))
    array([[1., 0.],
           [0., 1.]])
    """
    return np.asarray(logits + (others - now) @ weights)

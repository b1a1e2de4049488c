"""Folds: which rows judge a model that was fitted to the others."""

from __future__ import annotations

import numpy as np

from softreg.errors import DataError, UsageError

__all__ = ["fold_rows"]

Pairs = list[tuple[np.ndarray, np.ndarray]]


def fold_rows(
    codes: np.ndarray,
    rows: np.ndarray,
    folds: int,
    *,
    groups: np.ndarray | None = None,
    seed: int = 0,
) -> tuple[Pairs, tuple[str, ...]]:
    """Return pairs (training rows, held-out rows), both ascending, and notes for the user.

    Each row is held out once. The folds are stratified by class (soft labels: by the likeliest class), shuffled by the
    seed, and keep groups together. There are fewer of them than were asked for where a class has fewer rows, or fewer
    groups, so that it is learned in each. Raises :class:`DataError` where not even two folds are possible.

    >>> pairs, notes = fold_rows(np.array([0, 0, 0, 1, 1, 1]), np.arange(6), 5)
    >>> len(pairs), [len(held) for _, held in pairs], notes
    (3, [2, 2, 2], ('3 folds in place of 5: a class has 3 training rows.',))
    """
    if folds < 2:
        raise UsageError(f"{folds} folds are too few to hold rows out.", "Give 2 or more.")
    labels = (codes.argmax(axis=1) if codes.ndim == 2 else codes)[rows]
    of_group = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
    rarest = _rarest(labels, of_group)
    for count in range(min(folds, rarest), 1, -1):
        pairs = _pairs(labels, of_group, count, seed)
        if all(len(np.unique(labels[train])) == len(np.unique(labels)) for train, _ in pairs):
            notes = () if count == folds else (_fewer(count, folds, rarest, grouped=groups is not None),)
            return [(rows[train], rows[held]) for train, held in pairs], notes
    many = "the training rows of a class are all of one group" if groups is not None else "a class has 1 training row"
    raise DataError(
        f"No folds can be made: {many}, and a class must be among the rows that are fitted in every fold.",
        "Give --l2 a number and leave --cv out, or remove that class.",
    )


def _rarest(labels: np.ndarray, of_group: np.ndarray | None) -> int:
    """Rows of the rarest class; with groups, how many of them the class is in."""
    if of_group is None:
        return int(np.unique(labels, return_counts=True)[1].min())
    return min(len(np.unique(of_group[labels == label])) for label in np.unique(labels))


def _pairs(labels: np.ndarray, of_group: np.ndarray | None, count: int, seed: int) -> Pairs:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if of_group is None:
        return list(StratifiedKFold(count, shuffle=True, random_state=seed).split(labels, labels))
    return list(StratifiedGroupKFold(count, shuffle=True, random_state=seed).split(labels, labels, of_group))


def _fewer(count: int, folds: int, rarest: int, *, grouped: bool) -> str:
    if count < rarest:
        return f"{count} folds in place of {folds}: more would leave a class out of the rows that are fitted."
    return f"{count} folds in place of {folds}: a class has {rarest} {'groups' if grouped else 'training rows'}."

"""Folds: which rows judge a model that was fitted to the others."""

from __future__ import annotations

from collections.abc import Sequence

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
    classes: Sequence[str] | None = None,
) -> tuple[Pairs, tuple[str, ...]]:
    """Return pairs (training rows, held-out rows), both ascending, and notes for the user.

    Each row is held out once. The folds are stratified by class (soft labels: by the likeliest class), shuffled by the
    seed, and keep groups together. There are fewer of them than were asked for where a class has fewer rows, or fewer
    groups, so that it is learned in each. ``classes`` are their names, for the messages. Raises :class:`DataError`
    where not even two folds are possible.

    >>> pairs, notes = fold_rows(np.array([0, 0, 0, 1, 1, 1]), np.arange(6), 5, classes=("no", "yes"))
    >>> len(pairs), [len(held) for _, held in pairs], notes
    (3, [2, 2, 2], ('3 folds in place of 5: class "no" has 3 training rows.',))
    """
    if folds < 2:
        raise UsageError(f"{folds} folds are too few to hold rows out.", "Give 2 or more.")
    labels = (codes.argmax(axis=1) if codes.ndim == 2 else codes)[rows]
    of_group = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
    rare, most = _rarest(labels, of_group)
    name = f'class "{rare if classes is None else classes[rare]}"'
    for count in range(min(folds, most), 1, -1):
        pairs = _pairs(labels, of_group, count, seed)
        if all(len(np.unique(labels[train])) == len(np.unique(labels)) for train, _ in pairs):
            notes = () if count == folds else (_fewer(count, folds, name, most, grouped=groups is not None),)
            return [(rows[train], rows[held]) for train, held in pairs], notes
    why = "has 1 training row" if groups is None else "has too few groups of training rows"
    raise DataError(
        f"The training rows cannot be cut into folds: {name} {why}, and in every fold some must be left to learn from.",
        "Give --l2 a number and leave --cv out, or remove that class.",
    )


def _rarest(labels: np.ndarray, of_group: np.ndarray | None) -> tuple[int, int]:
    """The rarest class and how many rows it has; with groups, how many of them it is in."""
    counts = {
        int(label): len(np.unique(of_group[labels == label])) if of_group is not None else int((labels == label).sum())
        for label in np.unique(labels)
    }
    rare = min(counts, key=lambda label: counts[label])
    return rare, counts[rare]


def _pairs(labels: np.ndarray, of_group: np.ndarray | None, count: int, seed: int) -> Pairs:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if of_group is None:
        return list(StratifiedKFold(count, shuffle=True, random_state=seed).split(labels, labels))
    # subtle: its own shuffle=True undoes the stratification in scikit-learn 1.6; new numbers for the groups do not
    shuffled = np.random.default_rng(seed).permutation(of_group.max() + 1)[of_group]
    return list(StratifiedGroupKFold(count).split(labels, labels, shuffled))


def _fewer(count: int, folds: int, name: str, most: int, *, grouped: bool) -> str:
    if count < most:
        return f"{count} folds in place of {folds}: more would leave no rows of a class to learn from."
    return f"{count} folds in place of {folds}: {name} has {most} {'groups' if grouped else 'training rows'}."

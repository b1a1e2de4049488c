"""Which rows train, validate and test."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from softreg.errors import DataError, UsageError

if TYPE_CHECKING:
    from softreg.data.dataset import Dataset
    from softreg.settings import SplitSettings

__all__ = ["Split", "split_rows"]

_TRIES = 20  # group splits to choose from: whole groups seldom give the wished share at once


@dataclass(frozen=True)
class Split:
    """Ascending row indices, int64, of each part; empty where there is none."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class _Cut:
    """One cut of rows in two: the options that it comes from are for the messages."""

    share: float  # of all rows of the dataset
    option: str  # "--test-size"
    seed: int


def split_rows(dataset: Dataset, codes: np.ndarray, settings: SplitSettings, *, needs_val: bool = False) -> Split:
    """Divide the rows of a dataset, stratified by class and seeded.

    ``codes`` are the class indices, shape (n_samples,). The dataset's own ``part`` wins over ``test_size``.
    ``val_size`` is, like ``test_size``, a share of *all* rows; None is 0, or 0.1 where validation rows are needed.
    With groups, all rows of a group are on one side; of twenty random splits, the one that is nearest to the wished
    share of each class is taken.

    Raises
    ------
    DataError
        A class is too rare to be on every side, or has no training row.
    """
    _check(settings, divided=dataset.part is not None)
    everything = np.arange(dataset.n_samples, dtype=np.int64)
    nothing = everything[:0]
    val_size = settings.val_size if settings.val_size is not None else 0.1 * needs_val
    shares = {"--test-size": settings.test_size, "--val-size": val_size}
    if dataset.part is not None:
        train, val, test = (everything[dataset.part == part] for part in ("train", "val", "test"))
        if not len(train):
            raise DataError(f"{dataset.name} has no training rows.", 'Mark some rows as "train".')
        del shares["--test-size"]  # it has no effect
    else:
        _refuse_rare(dataset, codes, _cutting(shares))
        train, test = _cut(dataset, codes, everything, _Cut(settings.test_size, "--test-size", settings.seed))
        val = nothing
    if val_size and not len(val):
        train, val = _cut(dataset, codes, train, _Cut(val_size, "--val-size", settings.seed))
    marked = nothing if dataset.part is None else np.flatnonzero(dataset.part != "train")
    _refuse_untrained(dataset, codes, train, marked, _cutting(shares))
    return Split(train, val, test)


def _cutting(shares: dict[str, float]) -> list[str]:
    """What to type so that no rows are cut off: an option with 0 for each that does."""
    return [f"{option} 0" for option, share in shares.items() if share]


def _check(settings: SplitSettings, *, divided: bool) -> None:
    """Raise UsageError for shares that cannot be; of rows that come ``divided`` no test rows are cut off."""
    sizes = {"--test-size": settings.test_size, "--val-size": settings.val_size or 0.0}
    for option, size in sizes.items():
        if not 0 <= size < 1:
            raise UsageError(f"{option} {size} is not a share of the rows.", "Give 0 or more, and less than 1.")
    if not divided and sum(sizes.values()) >= 1:
        raise UsageError(f"--test-size and --val-size sum to {sum(sizes.values()):g}.", "Leave rows to train on.")


def _cut(dataset: Dataset, codes: np.ndarray, rows: np.ndarray, cut: _Cut) -> tuple[np.ndarray, np.ndarray]:
    """Divide ``rows``: those that stay, and those cut off, both ascending."""
    if not cut.share:
        return rows, rows[:0]
    wanted = math.ceil(cut.share * dataset.n_samples - 1e-9)
    if wanted >= len(rows):
        raise DataError(f"{cut.option} {cut.share:g} leaves no row to train on.", "Give a smaller share.")
    divide = _by_class if dataset.groups is None else _by_group
    stay, off = divide(dataset, codes, rows, replace(cut, share=wanted / len(rows)))
    return np.sort(stay), np.sort(off)


def _by_class(dataset: Dataset, codes: np.ndarray, rows: np.ndarray, cut: _Cut) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.model_selection import train_test_split

    wanted = round(cut.share * len(rows))
    present, counts = np.unique(codes[rows], return_counts=True)
    if counts.min() < 2:
        rare = _label(dataset, codes, int(present[counts.argmin()]))
        raise DataError(
            f'Class "{rare}" has 1 row left, too few to divide for {cut.option}.',
            f"Type {cut.option} 0, or remove that class.",
        )
    if min(wanted, len(rows) - wanted) < len(present):
        raise DataError(
            f"{cut.option} would put {wanted} of {len(rows)} rows aside: too few on a side for {len(present)} classes.",
            f"Type {cut.option} 0, or another share.",
        )
    stay, off = train_test_split(rows, test_size=wanted, stratify=codes[rows], random_state=cut.seed)
    return cast("np.ndarray", stay), cast("np.ndarray", off)


def _by_group(dataset: Dataset, codes: np.ndarray, rows: np.ndarray, cut: _Cut) -> tuple[np.ndarray, np.ndarray]:
    """The best of twenty divisions between groups: nearest to the wished number of rows of each class."""
    from sklearn.model_selection import GroupShuffleSplit

    groups = cast("np.ndarray", dataset.groups)[rows]
    _, groups = np.unique(groups, return_inverse=True)
    if groups.max() < 1:
        raise DataError(f"All rows are of one group: nothing to put aside for {cut.option}.", f"Type {cut.option} 0.")
    here = codes[rows]
    n_classes = int(codes.max()) + 1
    wished = cut.share * np.bincount(here, minlength=n_classes)
    # scikit-learn takes a share of the groups, at least one on either side.
    count = min(max(round(cut.share * (groups.max() + 1)), 1), int(groups.max()))
    shuffle = GroupShuffleSplit(n_splits=_TRIES, test_size=count, random_state=cut.seed)

    def distance(sides: tuple[np.ndarray, np.ndarray]) -> tuple[bool, float]:
        stay, off = (np.bincount(here[side], minlength=n_classes) for side in sides)
        return bool(((stay == 0) & (off > 0)).any()), float(np.abs(off - wished).sum())

    stay, off = min(shuffle.split(rows, groups=groups), key=distance)
    return rows[stay], rows[off]


def _refuse_rare(dataset: Dataset, codes: np.ndarray, cutting: list[str]) -> None:
    sides = 1 + len(cutting)
    present, counts = np.unique(codes, return_counts=True)
    if counts.min() < sides:
        rare = _label(dataset, codes, int(present[counts.argmin()]))
        rows = "1 row" if counts.min() == 1 else f"{counts.min()} rows"
        raise DataError(
            f'Class "{rare}" has {rows}: too rare to be on each of the {sides} sides of the split.',
            f"Type {(' or ' if counts.min() > 1 else ' and ').join(cutting)}, or remove that class.",
        )


def _refuse_untrained(
    dataset: Dataset, codes: np.ndarray, train: np.ndarray, marked: np.ndarray, cutting: list[str]
) -> None:
    """Raise DataError for a class without a training row: its rows are ``marked`` as others, or were put aside here."""
    lost = np.setdiff1d(codes, codes[train])
    if len(lost):
        what = f'No training row is of class "{_label(dataset, codes, int(lost[0]))}"'
        if (codes[marked] == lost[0]).any():
            raise DataError(f"{what}.", "Move rows of it to the training part, or remove it.")
        zero = f"Type {' and '.join(cutting)}, or"
        if dataset.groups is not None:
            raise DataError(f"{what} (whole groups are put aside).", f"{zero} another --seed.")
        raise DataError(f"{what} (all are put aside).", f"{zero} a smaller share.")


def _label(dataset: Dataset, codes: np.ndarray, code: int) -> str:
    return str(cast("np.ndarray", dataset.labels)[np.flatnonzero(codes == code)[0]])

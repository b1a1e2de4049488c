"""From the columns of a table to a Dataset: the label, the features, the split, the groups."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Protocol

import numpy as np

from softreg.data.dataset import Dataset
from softreg.data.labels import refuse_quantity
from softreg.data.matching import dropped_note, extras_note, places_of, refuse_unknown
from softreg.errors import DataError, UsageError, listed
from softreg.settings import TARGET_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from softreg.settings import SourceSettings, SplitSettings

__all__ = ["table_for_model", "table_for_training"]

PARTS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
"""What a split column may hold, in any case of letters."""


class Table(Protocol):
    """What :mod:`softreg.data.tables` gives."""

    name: str
    sha256: str
    columns: tuple[str, ...]
    notes: tuple[str, ...]

    def read(self, numbers: Sequence[str], texts: Sequence[str]) -> tuple[pl.DataFrame, np.ndarray]:
        """Return the columns and the row numbers."""


def table_for_training(table: Table, source: SourceSettings, split: SplitSettings) -> Dataset:
    """Return the rows of a table that have a label; every other column, less those set aside, is a feature.

    Raises
    ------
    DataError
        A column is missing; no label column can be told; a feature holds text.
    """
    target, notes = _target(table, source.target)
    aside = {"--target": target, "--split-col": split.split_col, "--group-col": split.group_col}
    for option, column in aside.items():
        _known(table, option, column)
    for column in source.exclude:
        _known(table, "--exclude", column)
        _refuse_both(column, aside)
    texts = list(dict.fromkeys(column for column in aside.values() if column))
    features = [column for column in table.columns if column not in texts and column not in source.exclude]
    if not features:
        raise DataError(f"{table.name} has no column left for the features.", f"Its columns: {listed(table.columns)}.")
    frame, rows = table.read(features, texts)
    labels = _texts(frame, target)
    frame, rows, labels, dropped = _labelled(frame, rows, labels, target)
    refuse_quantity(labels, target)
    return Dataset(
        name=table.name,
        X=_design(frame, features, rows, table.name, training=True),
        labels=labels,
        columns=tuple(features),
        rows=rows,
        target=target,
        part=_parts(_texts(frame, split.split_col), rows, split.split_col) if split.split_col else None,
        groups=_groups(_texts(frame, split.group_col), rows, split.group_col) if split.group_col else None,
        notes=(*table.notes, *notes, *dropped),
    )


def table_for_model(table: Table, columns: Sequence[str], target: str) -> Dataset:
    """Return all rows of a table with the features of a model, in its order; labels where there is a target column."""
    note = extras_note([name for name in table.columns if name != target], columns)
    places_of(columns, table.columns, table.name)
    texts = [target] if target in table.columns and target not in columns else []
    frame, rows = table.read(list(columns), texts)
    X = _design(frame, columns, rows, table.name, training=False)
    labels = _texts(frame, target) if texts else None
    return Dataset(table.name, X, labels, tuple(columns), rows, target=target, notes=(*table.notes, *note))


def _design(frame: pl.DataFrame, features: Sequence[str], rows: np.ndarray, name: str, *, training: bool) -> np.ndarray:
    """The features as a matrix of float64 in row order, NaN where empty; text in one of them is an error."""
    from softreg.data.tables import numbered

    frame = numbered(frame, features)
    texts = [column for column in features if str(frame.schema[column]) == "String"]
    if texts:
        _refuse_text(frame, texts, rows, name, training=training)
    return np.ascontiguousarray(frame.select(features).to_numpy())


def _refuse_text(frame: pl.DataFrame, texts: Sequence[str], rows: np.ndarray, name: str, *, training: bool) -> None:
    import polars as pl

    from softreg.data.tables import stripped

    text = stripped(frame[texts[0]])
    bad = (text.cast(pl.Float64, strict=False).is_null() & text.is_not_null()).to_numpy()
    place = int(np.flatnonzero(bad)[0])
    options = " ".join(f"--exclude {shlex.quote(column)}" for column in texts)
    raise DataError(
        f'{name}: column "{texts[0]}", row {rows[place]}: "{frame[texts[0]][place]}" is not a number.',
        f"Mend it, or leave out what holds text: {options}" if training else "Mend it: the model needs this column.",
    )


def _target(table: Table, named: str | None) -> tuple[str, tuple[str, ...]]:
    """The label's column: the one that is named, or one that is called as such columns are; and a note in doubt."""
    if named is not None:
        return named, ()
    lowered = {column.lower(): column for column in table.columns}
    found = [lowered[name] for name in TARGET_NAMES if name in lowered]
    if len(found) > 1:
        return found[0], (f'The label is "{found[0]}"; {listed(found[1:])} counts as a feature (--target says which).',)
    if found:
        return found[0], ()
    from softreg.data.tables import numbered

    frame = numbered(table.read(table.columns, ())[0], table.columns)
    kinds = {column: "text" if str(frame.schema[column]) == "String" else "number" for column in table.columns}
    told = [f"{column} ({kinds[column]}, {frame[column].n_unique()} distinct)" for column in table.columns]
    raise DataError(
        f"{table.name}: which column holds the label? None is called {', '.join(TARGET_NAMES[:-1])} or "
        f"{TARGET_NAMES[-1]}.",
        f"Name one with --target: {listed(told, most=30)}.",
    )


def _known(table: Table, option: str, column: str | None) -> None:
    if column is not None and column not in table.columns:
        refuse_unknown(table.name, option, column, table.columns)


def _refuse_both(column: str, aside: dict[str, str | None]) -> None:
    for option, other in aside.items():
        if other == column:
            raise UsageError(
                f'"{column}" is excluded and needed ({option}).', f"Leave out --exclude {shlex.quote(column)}."
            )


def _texts(frame: pl.DataFrame, column: str) -> np.ndarray:
    return np.array(frame[column].fill_null("").to_list(), dtype=np.str_)


def _labelled(
    frame: pl.DataFrame, rows: np.ndarray, labels: np.ndarray, target: str
) -> tuple[pl.DataFrame, np.ndarray, np.ndarray, tuple[str, ...]]:
    """Only the rows with a label, and a note that counts the others."""
    kept = np.char.strip(labels) != ""
    if kept.all():
        return frame, rows, labels, ()
    if not kept.any():
        raise DataError(f'No row has a label: column "{target}" is empty.', "Name another one with --target.")
    return frame.filter(kept), rows[kept], labels[kept], (dropped_note(int((~kept).sum())),)


def _groups(values: np.ndarray, rows: np.ndarray, column: str) -> np.ndarray:
    """The values of a group column; a row without one could be of any group."""
    empty = np.flatnonzero(values == "")
    if len(empty):
        raise DataError(f'Column "{column}", row {rows[empty[0]]}: the group is missing.', "Fill it in.")
    return values


def _parts(values: np.ndarray, rows: np.ndarray, column: str) -> np.ndarray:
    """The values of a split column as train, val or test."""
    known = [PARTS.get(value.strip().lower()) for value in values.tolist()]
    if None in known:
        place = known.index(None)
        raise DataError(f'Column "{column}", row {rows[place]}: "{values[place]}" is no part.', "Use train, val, test.")
    return np.array(known, dtype=np.str_)

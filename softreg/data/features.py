"""From the columns of a table to a Dataset: the label, the raw matrix, the split, the groups, the weights."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from softreg.data.dataset import Dataset
from softreg.data.labels import alike_note, refuse_long, refuse_quantity, text_array
from softreg.data.matching import dropped_note, extras_note, places_of, refuse_unknown, selected
from softreg.errors import DataError, UsageError, listed
from softreg.preparation import Preparation
from softreg.settings import TARGET_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from softreg.settings import SourceSettings, SplitSettings

__all__ = ["Table", "table_for_model", "table_for_training"]

PARTS = {"train": "train", "val": "val", "validation": "val", "test": "test"}
"""What a split column may hold, in any case of letters."""

NUMBERS_BESIDE = ("--target-distribution", "--weight-col")
"""Options that name columns of numbers which are no features."""


class Table(Protocol):
    """What :mod:`softreg.data.tables` gives."""

    name: str
    sha256: str
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    decimal_comma: bool

    def read(self, numbers: Sequence[str], texts: Sequence[str]) -> tuple[pl.DataFrame, np.ndarray]:
        """Return the columns and the row numbers."""

    def beyond_double(self, frame: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
        """Return the columns whose whole numbers lose digits."""


def table_for_training(table: Table, source: SourceSettings, split: SplitSettings) -> Dataset:
    """Return the rows of a table that have a label; every other column for which :mod:`roles` finds a use is a feature.

    Raises
    ------
    DataError
        A column is missing; no label column can be told; no feature is left.
    """
    from softreg.data.targets import SOFT
    from softreg.data.words import numbers_of

    target, notes = (SOFT, ()) if source.target_distribution else _target(table, source.target)
    aside = _aside(table, source, split, target)
    candidates = [name for name in selected(table.columns, source, table.name) if name not in aside]
    _refuse_both(source, aside)
    counts = [name for name, option in aside.items() if option in NUMBERS_BESIDE]
    texts = [name for name in aside if name not in counts] + [name for name in candidates if name in source.categorical]
    numbers = [*(name for name in candidates if name not in texts), *counts]
    frame, rows = table.read(numbers, texts)
    frame, rows, dropped = _labelled(frame, rows, target)
    if not source.target_distribution:
        refuse_quantity(_texts(frame, target), target)
    frame, lost = numbers_of(frame, numbers, rows, source.numeric, decimal_comma=table.decimal_comma)
    notes += lost
    dataset = replace(_features(frame, rows, candidates, source, table.name), target=target)
    rounded = table.beyond_double(frame, [name for name in dataset.columns if name not in dataset.levels])
    if rounded:
        notes += (f"Whole numbers beyond 2^53 are rounded: {listed(rounded)}.",)
    dataset = _divided(_beside(dataset, frame, source), frame, split).noting(*table.notes, *notes, *dropped)
    assert dataset.labels is not None  # the target is a column of the table
    if not source.target_distribution:
        dataset = dataset.noting(*alike_note(tuple(sorted(set(dataset.labels.tolist())))))
    return dataset


def table_for_model(table: Table, preparation: Preparation, target: str, source: SourceSettings) -> Dataset:
    """Return all rows of a table as the raw matrix of a model's columns, in its order; labels where there are any.

    Of the columns that ``source`` names for weights, soft labels and the rows' names, those that are there are read.
    """
    from softreg.data.coding import raw_matrix
    from softreg.data.values import numbered

    names = preparation.names
    wanted = [target, *source.target_distribution, *source.id, *([source.weight_col] if source.weight_col else [])]
    texts = [name for name in dict.fromkeys(wanted) if name in table.columns and name not in names]
    note = extras_note([name for name in table.columns if name not in texts], names)
    places_of(names, table.columns, table.name)
    categories = preparation.levels
    beside = _present(source, texts)
    counts = [*beside.target_distribution, *([beside.weight_col] if beside.weight_col else [])]
    numbers = [name for name in names if name not in categories] + counts
    frame, rows = table.read(numbers, [*categories, *(name for name in texts if name not in counts)])
    frame = numbered(frame, numbers, decimal_comma=table.decimal_comma)
    raw = raw_matrix(_model_columns(frame, preparation, rows, table), categories)
    dataset = Dataset(table.name, raw, None, names, rows, target=target, levels=categories, notes=(*table.notes, *note))
    return _beside(dataset, frame, beside)


def _features(
    frame: pl.DataFrame, rows: np.ndarray, candidates: Sequence[str], source: SourceSettings, name: str
) -> Dataset:
    """The raw matrix of the columns that are of use, and what became of the others."""
    from softreg.data.coding import levels_of, raw_matrix
    from softreg.data.roles import names_rows, role_of

    judged = [role_of(frame[column], source) for column in candidates]
    if not any(role.used for role, _ in judged):  # a column that counts the rows is better than none
        numbers = tuple(name for name in candidates if frame[name].dtype.is_numeric() and not names_rows(name))
        judged = [role_of(frame[column], replace(source, features=numbers)) for column in candidates]
    used = [values for role, values in judged if role.used]
    roles = tuple(role for role, _ in judged)
    if not used:
        why = listed([f"{role.name} ({role.told})" for role in roles if role.told])
        raise DataError(
            f"{name} has no column left for the features" + (f": {why}." if why else "."),
            "Name what to use with --numeric, --categorical or --features.",
        )
    levels = {role.name: levels_of(values) for role, values in judged if role.role == "category"}
    columns = tuple(values.name for values in used)
    return Dataset(name, raw_matrix(used, levels), None, columns, rows, levels=levels, roles=roles)


def _model_columns(frame: pl.DataFrame, preparation: Preparation, rows: np.ndarray, table: Table) -> list[pl.Series]:
    """The columns as a model takes them; text where it takes a number is an error."""
    from softreg.data.values import as_categories, no_numbers

    columns, categories, schema = [], preparation.levels, frame.schema
    for name in preparation.names:
        if name in categories:
            columns.append(as_categories(frame[name]))
        elif str(schema[name]) == "String":
            place = int(np.flatnonzero(no_numbers(frame[name], decimal_comma=table.decimal_comma).to_numpy())[0])
            raise DataError(
                f'{table.name}: column "{name}", row {rows[place]}: "{frame[name][place]}" is not a number.',
                "Mend it: the model needs this column.",
            )
        elif not schema[name].is_numeric():
            told = f'{table.name}: column "{name}" holds {schema[name]}, not numbers.'
            raise DataError(told, "The model needs numbers there.")
        else:
            columns.append(frame[name].fill_nan(None))
    return columns


def _beside(dataset: Dataset, frame: pl.DataFrame, source: SourceSettings) -> Dataset:
    """The dataset with what stands beside the features: labels, weights, names of the rows."""
    from softreg.data.targets import soft_labels, weights_of

    beside: dict[str, Any] = {"ids": {name: _texts(frame, name) for name in source.id}}
    notes: tuple[str, ...] = ()
    if source.target_distribution:
        soft = soft_labels(frame, source.target_distribution, dataset.rows)
        beside |= {"labels": soft.labels, "distribution": soft.q, "classes": soft.classes}
        notes = soft.notes
    elif dataset.target in frame.columns and dataset.target not in dataset.columns:
        beside["labels"] = _texts(frame, dataset.target)
    if source.weight_col:
        beside["weights"] = weights_of(frame, source.weight_col, dataset.rows)
    return replace(dataset, **beside).noting(*notes)


def _divided(dataset: Dataset, frame: pl.DataFrame, split: SplitSettings) -> Dataset:
    """The dataset with the parts and the groups that its columns tell."""
    rows, part, groups = dataset.rows, None, None
    if split.split_col:
        part = _parts(_texts(frame, split.split_col), rows, split.split_col)
    if split.group_col:
        groups = _groups(_texts(frame, split.group_col), rows, split.group_col)
    return replace(dataset, part=part, groups=groups)


def _present(source: SourceSettings, columns: Sequence[str]) -> SourceSettings:
    """The settings, less the columns that are not there; soft labels need all of theirs."""
    distribution = source.target_distribution if set(source.target_distribution) <= set(columns) else ()
    return replace(
        source,
        id=tuple(name for name in source.id if name in columns),
        weight_col=source.weight_col if source.weight_col in columns else None,
        target_distribution=distribution,
    )


def _target(table: Table, named: str | None) -> tuple[str, tuple[str, ...]]:
    """The label's column: the one that is named, or one that is called as such columns are; and a note in doubt."""
    if named is not None:
        return named, ()
    lowered = {column.lower(): column for column in table.columns}
    found = [lowered[name] for name in TARGET_NAMES if name in lowered]
    if len(found) > 1:
        count = "counts as a feature" if len(found) == 2 else "count as features"
        return found[0], (f'The label is "{found[0]}"; {listed(found[1:])} {count} (--target says which).',)
    if found:
        return found[0], ()
    from softreg.data.values import numbered

    frame = numbered(table.read(table.columns, ())[0], table.columns, decimal_comma=table.decimal_comma)
    kinds = {column: "text" if str(frame.schema[column]) == "String" else "number" for column in table.columns}
    told = [f"{column} ({kinds[column]}, {frame[column].n_unique()} distinct)" for column in table.columns]
    raise DataError(
        f"{table.name}: which column holds the label? None is called {', '.join(TARGET_NAMES[:-1])} or "
        f"{TARGET_NAMES[-1]}.",
        f"Name one with --target: {listed(told, most=30)}.",
    )


def _aside(table: Table, source: SourceSettings, split: SplitSettings, target: str) -> dict[str, str]:
    """The columns that are no features, each with the option that names it; DataError where one is not there."""
    named = [(name, "--target-distribution") for name in source.target_distribution] or [(target, "--target")]
    named += [(name, "--id") for name in source.id]
    options = {"--split-col": split.split_col, "--group-col": split.group_col, "--weight-col": source.weight_col}
    named += [(name, option) for option, name in options.items() if name is not None]
    named_types = [(name, "--numeric") for name in source.numeric] + [
        (name, "--categorical") for name in source.categorical
    ]
    for name, option in named + named_types:
        if name not in table.columns:
            refuse_unknown(table.name, option, name, table.columns)
    return _once(named)


def _once(named: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The options by the columns that they name; UsageError where two name one column, unless they are id and group."""
    options: dict[str, str] = {}
    for name, option in named:
        if options.get(name, option) != option and {options[name], option} != {"--id", "--group-col"}:
            raise UsageError(f'"{name}" is named by {options[name]} and by {option}.', "One column has one purpose.")
        options[name] = option
    return options


def _refuse_both(source: SourceSettings, aside: dict[str, str]) -> None:
    for option in ("exclude", "features", "numeric", "categorical"):
        for column in getattr(source, option):
            if column in aside:
                raise UsageError(
                    f'"{column}" is named by --{option} and by {aside[column]}.',
                    f"Leave out --{option} {shlex.quote(column)}.",
                )
    both = set(source.numeric) & set(source.categorical)
    if both:
        raise UsageError(f'"{min(both)}" cannot be --numeric and --categorical.', "Leave one of them out.")


def _texts(frame: pl.DataFrame, column: str) -> np.ndarray:
    texts = frame[column].fill_null("")
    longest = texts.str.len_chars().max()
    refuse_long(longest if isinstance(longest, int) else 0, len(texts), column)  # before Python has each of them
    return text_array(texts.to_list(), column)


def _labelled(frame: pl.DataFrame, rows: np.ndarray, target: str) -> tuple[pl.DataFrame, np.ndarray, tuple[str, ...]]:
    """Only the rows with a label, and a note that counts the others."""
    if target not in frame.columns:
        return frame, rows, ()
    kept = np.char.strip(_texts(frame, target)) != ""
    if kept.all():
        return frame, rows, ()
    if not kept.any():
        raise DataError(f'No row has a label: column "{target}" is empty.', "Name another one with --target.")
    return frame.filter(kept), rows[kept], (dropped_note(int((~kept).sum())),)


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

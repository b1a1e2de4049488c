"""Where data comes from: any source, named or in files, as a dataset for training or for a model."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from softreg.data.kinds import kind_of
from softreg.data.labels import refuse_quantity
from softreg.data.matching import choose, labelled, match, refuse_unusable, renamed, selected
from softreg.errors import DataError, UsageError, listed, plural, reason
from softreg.preparation import Category, Number, Preparation
from softreg.settings import SYNTHETIC, SourceSettings, SplitSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import scipy.sparse as sp

    from softreg.data.dataset import Dataset
    from softreg.data.parquet import ParquetTable
    from softreg.data.tables import CsvTable

__all__ = ["load", "load_inputs"]

_NO_SPLIT = SplitSettings()
_OF_TABLES = ("id", "numeric", "categorical", "weight_col", "target_distribution", "separator", "encoding")


def load(spec: str, source: SourceSettings, split: SplitSettings = _NO_SPLIT, *, fill_home: bool = False) -> Dataset:
    """Return the labelled rows of a source, for training and evaluation.

    Rows without a label are dropped, and a note counts them. The split and the group column become ``part`` and
    ``groups``. The rows of ``split.test`` are appended with part ``test``; all others are then ``train`` (or the
    source's own ``val``), and test rows of the source's own are left out, with a note.

    A data home that ``source`` names is only read from, as a configuration may have named it; with ``fill_home``, which
    says that the user did, what is not there is downloaded and kept in it.

    Raises
    ------
    DataError
        The source cannot be found, downloaded or read, or holds what softmax regression cannot use.
    UsageError
        A setting has no effect on this source.
    """
    kind = kind_of(spec)
    _refuse_idle(spec, kind, source, split)
    if kind == "table":
        from softreg.data.features import table_for_training

        table = _table(spec, source)
        dataset = table_for_training(table, source, split)
        dataset = replace(dataset, origin={"sha256": table.sha256, "replayable": spec != "-"})
    else:
        dataset, _ = _read(spec, kind, source, None, fill_home=fill_home)
        dataset = labelled(dataset)
        dataset = choose(dataset, selected(dataset.columns, source, dataset.name))
        refuse_quantity(cast("np.ndarray", dataset.labels), dataset.target, alone=not spec.startswith("openml:"))
    dataset = replace(dataset, origin={**dataset.origin, "data": spec})
    dataset = dataset if split.test is None else _with_test(dataset, split.test, source, fill_home)
    return _without_missing(dataset, source.missing)


def _without_missing(dataset: Dataset, missing: str) -> Dataset:
    """The dataset, less the rows with a missing value where they are to be dropped; an unusable value is an error."""
    if missing == "drop" and isinstance(dataset.X, np.ndarray):
        kept = np.asarray(~np.isnan(dataset.X).any(axis=1))
        if not kept.any():
            raise DataError(f"{dataset.name}: every row has a missing value.", "Type --missing auto, or drop fewer.")
        if not kept.all():
            count = int((~kept).sum())
            told = f"Left out, because a value is missing: {plural(count, 'row')}."
            dataset = dataset.take(kept).noting(told)
    filled = 0.0 if missing in {"auto", "mean", "median"} and not dataset.sparse else None
    numbers = Preparation(tuple(Number(name, filled) for name in dataset.columns))  # codes of categories are, too
    refuse_unusable(dataset, numbers, "Fill in or remove such rows, or leave the column out: --exclude COL.")
    return dataset


def load_inputs(
    spec: str, preparation: Preparation, target: str, source: SourceSettings, *, fill_home: bool = False
) -> Dataset:
    """Return the rows of a source as the raw matrix of a trained model's columns, in the model's order.

    Features are found by name; others are ignored with a note. Where the source has no names (npz without ``columns``,
    svmlight, IDX), their number must be the model's. Labels are taken where there are any (``""`` for a row without
    one), and are not needed: no row is dropped. Of IDX data this is the test part. Values that are missing or infinite
    are the business of whoever asks. ``fill_home`` is that of :func:`load`.

    Raises
    ------
    DataError
        Columns are missing, or the number of features is wrong; or as in :func:`load`.
    """
    kind = kind_of(spec)
    if kind == "table":
        from softreg.data.features import table_for_model

        table = _table(spec, source)
        dataset = table_for_model(table, preparation, target, source)
        dataset = replace(dataset, origin={"sha256": table.sha256, "replayable": spec != "-"})
    else:
        columns = preparation.names
        dataset, named = _read(spec, kind, source, columns, fill_home=fill_home)
        dataset = match(dataset, columns) if named else renamed(dataset, columns)
    return replace(dataset, origin={**dataset.origin, "data": spec})


def _unreadable(spec: str, error: OSError) -> DataError:
    return DataError(f"{spec} cannot be read: {reason(error)}.", "Check the path and its permissions.")


def _table(spec: str, source: SourceSettings) -> CsvTable | ParquetTable:
    path = Path(spec).expanduser()
    try:
        # subtle: read before polars is imported, whose handler of Ctrl-C would let a waiting read wait on
        content = sys.stdin.buffer.read() if spec == "-" else b""
        from softreg.data import tables

        if spec == "-":
            return tables.CsvTable(content, "stdin", source.separator, source.encoding)
        if path.suffix.lower() == ".parquet":
            from softreg.data import parquet

            return parquet.ParquetTable(path)
        return tables.CsvTable(path.read_bytes(), path.name, source.separator, source.encoding)
    except OSError as error:
        raise _unreadable(spec, error) from error


def _read(
    spec: str, kind: str, source: SourceSettings, expected: Sequence[str] | None, *, fill_home: bool
) -> tuple[Dataset, bool]:
    """Read a source that is no table; and whether its columns have names. ``expected``: the columns of a model."""
    from softreg.data import arrays, bundled, cache, downloads, idx, synthetic

    parts = ("train", "test") if expected is None else ("test",)
    path = Path(spec).expanduser()
    home = partial(cache.home_of, source.data_home, fill=fill_home)
    readers: dict[str, Callable[[], tuple[Dataset, bool]]] = {
        "bundled": lambda: (bundled.bundled(spec), True),
        "synthetic": lambda: (synthetic.synthetic(spec, source), True),
        "download": lambda: (downloads.downloaded(spec, home(), source.target), True),
        "idx": lambda: (downloads.idx_named(spec, home(), parts), False),
        "folder": lambda: (idx.idx_folder(path, path.resolve().name, parts), False),
        "npz": lambda: arrays.npz(path, expected),
        "svmlight": lambda: (arrays.svmlight(path, expected), False),
    }
    try:
        return readers[kind]()
    except OSError as error:
        raise _unreadable(spec, error) from error


def _refuse_idle(spec: str, kind: str, source: SourceSettings, split: SplitSettings) -> None:
    """Raise UsageError for a setting that has no effect on this source."""
    if kind != "synthetic":
        for option in ("samples", "noise", "centers"):
            if getattr(source, option) is not None:
                raise UsageError(f"--{option} has no effect on {spec}.", f"It shapes {listed(SYNTHETIC)}.")
    if kind != "table" and source.target is not None and not spec.startswith("openml:"):
        raise UsageError(f"--target has no effect on {spec}: its labels are known.", "Leave it out.")
    named: dict[str, object] = {}
    if kind != "table":
        named = {"--split-col": split.split_col, "--group-col": split.group_col}
        named |= {f"--{name.replace('_', '-')}": getattr(source, name) for name in _OF_TABLES}
    elif spec.lower().endswith(".parquet"):
        named = {"--separator": source.separator, "--encoding": source.encoding}
    if idle := next((option for option, value in named.items() if value), None):
        raise UsageError(f"{idle} has no effect on {spec}.", "It is for tables, such as a CSV.")
    if source.target_distribution and source.target is not None:
        raise UsageError("--target and --target-distribution both say what is learned.", "Leave one out.")
    if split.test is not None and split.split_col is not None:
        raise UsageError("--test and --split-col both say which rows are the test.", "Leave one out.")
    if split.test == "-" and spec == "-":
        raise UsageError("stdin cannot be the data and the test.", "Give one of them as a file.")


def _with_test(dataset: Dataset, spec: str, source: SourceSettings, fill_home: bool) -> Dataset:
    """The dataset with the labelled rows of another source behind it, as its test part."""
    test = labelled(load_inputs(spec, _as_it_is(dataset), dataset.target, source, fill_home=fill_home))
    for option, name in (("--weight-col", "weights"), ("--target-distribution", "distribution")):
        if getattr(dataset, name) is not None and getattr(test, name) is None:
            raise DataError(f"{spec} lacks what {option} names.", "The test file needs the same columns.")
    own = dataset
    if dataset.part is not None:
        own = dataset.take(dataset.part != "test").noting(
            f"The test rows are those of {spec}, not {dataset.name}'s own."
        )
    labels = np.concatenate([cast("np.ndarray", own.labels), cast("np.ndarray", test.labels)])
    part = np.full(len(labels), "train", dtype="<U5")
    part[: own.n_samples] = "train" if own.part is None else own.part
    part[own.n_samples :] = "test"
    return replace(
        own,
        X=_stacked(own, test),
        labels=labels,
        rows=np.concatenate([own.rows, test.rows]),
        part=part,
        groups=None if own.groups is None else np.concatenate([own.groups, np.full(test.n_samples, "")]),
        weights=None if own.weights is None else np.concatenate([own.weights, test.weights]),
        distribution=None if own.distribution is None else np.concatenate([own.distribution, test.distribution]),
        ids={
            name: np.concatenate([values, test.ids.get(name, np.full(test.n_samples, ""))])
            for name, values in own.ids.items()
        },
        notes=(*own.notes, *(f"{spec}: {note}" for note in test.notes)),
        origin={**own.origin, "test": test.origin, "replayable": "-" not in {own.origin["data"], spec}},
    )


def _as_it_is(dataset: Dataset) -> Preparation:
    """The columns of a dataset as a preparation that knows their categories, and takes every value as it is."""
    return Preparation(
        tuple(
            Category(name, dataset.levels[name]) if name in dataset.levels else Number(name) for name in dataset.columns
        )
    )


def _stacked(own: Dataset, test: Dataset) -> np.ndarray | sp.csr_array:
    """The features of both, one above the other, in the form and precision of the first."""
    if isinstance(own.X, np.ndarray):
        below = test.X if isinstance(test.X, np.ndarray) else test.X.toarray()
        return np.concatenate([own.X, below.astype(own.X.dtype, copy=False)])
    import scipy.sparse as sp

    return sp.csr_array(sp.vstack([own.X, sp.csr_array(test.X)], format="csr"))

"""What was downloaded and parsed once, kept as ``.npz``: plain arrays, and the rest as JSON. Nothing is pickled."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypedDict, cast

import numpy as np

from softreg import files
from softreg.data.dataset import Dataset
from softreg.data.labels import encode, text_array
from softreg.errors import DataError, reason
from softreg.forms import from_json, misfit
from softreg.npz import arrays_in

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Home", "cached", "home_of"]

_FORMAT = 1  # a file of another format is fetched again
_META = ("name", "columns", "target", "pixels", "image_shape", "notes", "origin")


class _Origin(TypedDict):
    data: str
    sha256: str
    replayable: bool


class Kept(TypedDict):
    """What is told of the arrays."""

    format: Literal[1]
    name: str
    columns: list[str]
    target: str
    pixels: bool
    image_shape: tuple[int, int] | None
    notes: list[str]
    origin: _Origin
    classes: Annotated[list[str], bool]


@dataclass(frozen=True)
class Home:
    """The folder in which data sets are looked for: ``named`` in the settings, or the default one.

    Only where it is ``fillable`` is what is not there downloaded, and kept in it: a configuration may name a folder to
    read from, and none to write to.
    """

    folder: Path
    named: bool
    fillable: bool


def home_of(data_home: str | None, *, fill: bool) -> Home:
    """Return the home that the settings name, which is filled only if ``fill``.

    Else it is ``$XDG_CACHE_HOME/softreg``, or ``~/.cache/softreg``, which is the user's own.
    """
    if data_home is not None:
        return Home(Path(data_home).expanduser(), named=True, fillable=fill)
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Home(Path(base).expanduser() / "softreg", named=False, fillable=True)


def cached(home: Home, name: str, fetch: Callable[[], Dataset]) -> Dataset:
    """The dataset kept in ``home``, or else a fetched one, which is then kept; a damaged file is fetched again.

    Raises :class:`DataError` where nothing may be put there.
    """
    path = home.folder / f"{name}.npz"
    with contextlib.suppress(Exception):  # a damaged file fails in more ways than zipfile, json and numpy promise
        return _restored(path)
    if not home.fillable:
        kept = f"{'usable ' if path.exists() else ''}{path.name}"
        raise DataError(
            f"There is no {kept} in {path.parent}, which a configuration names: nothing is put there unasked.",
            f"Type --data-home {shlex.quote(str(path.parent))} to have it downloaded.",
        )
    dataset = fetch()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep(dataset, path)
    except OSError as error:
        return dataset.noting(f"Could not be cached in {path.parent}: {reason(error)}.")
    return dataset


def _keep(dataset: Dataset, path: Path) -> None:
    """Write a dataset; pixels are whole numbers up to 255 and take a byte each."""
    X, labels = dataset.X, cast("np.ndarray", dataset.labels)
    classes = sorted(set(labels.tolist()))
    arrays: dict[str, Any] = {"codes": encode(labels, classes), "rows": dataset.rows}
    if isinstance(X, np.ndarray):
        arrays["X"] = X.astype(np.uint8) if dataset.pixels else X
    else:
        arrays |= {"data": X.data, "indices": X.indices, "indptr": X.indptr, "shape": np.array(X.shape)}
    if dataset.part is not None:
        arrays["part"] = dataset.part
    meta = {key: getattr(dataset, key) for key in _META}
    text = json.dumps(meta | {"classes": classes, "format": _FORMAT}).encode()
    with files.writing(path) as file:
        np.savez(file, meta=np.frombuffer(text, dtype=np.uint8), **arrays)


def _restored(path: Path) -> Dataset:
    """The dataset in a file; errors of any kind for what :func:`_keep` has not written."""
    with path.open("rb") as file:
        arrays, _ = arrays_in(file, stored=True)
    meta = from_json(arrays["meta"].tobytes())
    if misfit(meta, Kept):
        raise ValueError("another format")
    told: dict[str, Any] = {key: tuple(meta[key]) if isinstance(meta[key], list) else meta[key] for key in _META}
    X, rows, part = _features(arrays, meta["pixels"]), arrays["rows"], arrays.get("part")
    labels = text_array([meta["classes"][code] for code in arrays["codes"].tolist()], meta["target"])
    n_samples, n_features = X.shape
    if X.dtype not in {np.dtype(np.float32), np.dtype(np.float64)}:
        raise ValueError("no numbers of a kind that is kept")
    if {labels.shape, rows.shape, (n_samples,) if part is None else part.shape} != {(n_samples,)}:
        raise ValueError("the rows are not as many everywhere")
    if rows.dtype.kind != "i" or (part is not None and not set(part.tolist()) <= {"train", "val", "test"}):
        raise ValueError("rows or parts of another kind")
    if len(told["columns"]) != n_features or math.prod(told["image_shape"] or [n_features]) != n_features:
        raise ValueError("the columns are not as many as their names")
    return Dataset(X=X, labels=labels, rows=rows, part=part, **told)


def _features(arrays: dict[str, Any], pixels: bool) -> Any:
    if "X" in arrays:
        X = arrays["X"].astype(np.float32) if pixels else arrays["X"]
        if X.ndim != 2:
            raise ValueError("no matrix")
        return X
    import scipy.sparse as sp

    X = sp.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=tuple(arrays["shape"].tolist()))
    X.check_format(full_check=True)
    return X

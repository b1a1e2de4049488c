"""What was downloaded and parsed once, kept as ``.npz``: plain arrays, and the rest as JSON. Nothing is pickled."""

from __future__ import annotations

import contextlib
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from softreg import files
from softreg.data.dataset import Dataset
from softreg.data.labels import encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["cached"]

_FORMAT = 1  # a file of another format is fetched again
_META = ("name", "columns", "target", "pixels", "image_shape", "notes", "origin")


def cached(path: Path, fetch: Callable[[], Dataset]) -> Dataset:
    """The dataset kept at ``path``, or else a fetched one, which is then kept; a damaged file is fetched again."""
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return _restored(path)
    dataset = fetch()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep(dataset, path)
    except OSError as error:
        return dataset.noting(f"Could not be cached in {path.parent}: {error}.")
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
    with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
        arrays = {key: kept[key] for key in kept.files}
    meta = json.loads(arrays["meta"].tobytes())
    if meta.pop("format") != _FORMAT:
        raise ValueError("another format")
    classes = np.array(meta.pop("classes"), dtype=np.str_)
    meta |= {key: tuple(meta[key]) for key in ("columns", "notes", "image_shape") if meta[key] is not None}
    labels = classes[arrays["codes"]]
    return Dataset(
        X=_features(arrays, meta["pixels"]), labels=labels, rows=arrays["rows"], part=arrays.get("part"), **meta
    )


def _features(arrays: dict[str, Any], pixels: bool) -> Any:
    if "X" in arrays:
        return arrays["X"].astype(np.float32) if pixels else arrays["X"]
    import scipy.sparse as sp

    return sp.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=tuple(arrays["shape"]))

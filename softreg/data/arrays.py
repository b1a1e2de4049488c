"""Files that hold arrays: ``.npz`` with X and y, and svmlight (sparse)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from softreg import files
from softreg.data.dataset import Dataset
from softreg.data.dialect import unzipped
from softreg.data.labels import as_text
from softreg.data.matching import refuse_width
from softreg.errors import DataError, listed, plural, reason
from softreg.npz import PickledError, arrays_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["npz", "svmlight"]

_KEYS = ("X", "y", "columns", "feature_names")
_BARE = b"\x93NUMPY"
_PIXELS = 3  # dimensions of X: rows, height, width

MOST_FEATURES, VALUES_EACH = 2**20, 100
"""A svmlight file has a million features at most, or a hundred for each of its values if that is more: every feature
has a name and a weight for each class, whether it occurs or not."""


def npz(path: Path, expected: Sequence[str] | None = None) -> tuple[Dataset, bool]:
    """Read X, y and, where there are any, ``columns`` (or ``feature_names``); return also whether columns have names.

    X is (n_samples, n_features), or (n_samples, height, width) for images; unsigned bytes are pixels. ``y`` may be
    missing where ``expected`` holds the columns of a model: without names, the number of features must then be theirs.
    Nothing is ever unpickled.
    """
    arrays, held_names = _arrays(path)
    if "X" not in arrays:
        held = listed(sorted(held_names)) or "nothing"
        raise DataError(f"{path} has no array X; it holds {held}.", "Save it with numpy.savez(FILE, X=X, y=y).")
    X, image_shape = _matrix(arrays["X"], path)
    names = arrays.get("columns", arrays.get("feature_names"))
    if names is not None and names.shape != (X.shape[1],):
        told = plural(names.size, "column name") if names.ndim == 1 else f"column names in {names.ndim} dimensions"
        raise DataError(f"{path}: {told} for {plural(X.shape[1], 'feature')}.", "Save one name for each.")
    if names is None and expected is not None:
        refuse_width(X.shape[1], expected, str(path))
    if names is not None:
        columns = tuple(as_text(names).tolist())
    else:
        columns = tuple(expected or (f"x{number}" for number in range(1, X.shape[1] + 1)))
    dataset = Dataset(
        name=path.name,
        X=X,
        labels=_labels(arrays, len(X), path, needed=expected is None),
        columns=columns,
        rows=np.arange(1, len(X) + 1),
        pixels=arrays["X"].dtype == np.uint8,
        image_shape=image_shape,
        origin={"data": str(path), "sha256": files.sha256(path), "replayable": True},
    )
    return dataset, names is not None


def svmlight(path: Path, expected: Sequence[str] | None = None) -> Dataset:
    """Read a svmlight/libsvm file: X is CSR, labels are the numbers in front, whole ones without ``.0``.

    The format counts features from 1, some writers from 0. Without ``expected`` (the columns of a model), a feature 0
    decides; the columns are then called x0, x1, ... and tell later files how to be read.
    """
    import scipy.sparse as sp

    from_zero = expected is None or expected[0] == "x0"
    raw, y = _parsed(path, from_zero)
    if not raw.shape[0] or not raw.nnz:
        raise DataError(f"{path} holds no data.", "A line is: LABEL INDEX:VALUE INDEX:VALUE ...")
    indices, width = raw.indices, raw.shape[1]
    if expected is None and indices.min() > 0:
        from_zero, indices, width = False, indices - 1, width - 1
    if width > max(MOST_FEATURES, VALUES_EACH * raw.nnz):
        largest = width - 1 if from_zero else width
        raise DataError(
            f"{path}: the largest index is {largest}, of {plural(raw.nnz, 'value')}: so many features cannot be.",
            "A line is: LABEL INDEX:VALUE INDEX:VALUE ... with indices from 1 on.",
        )
    if expected is not None and width > len(expected):
        refuse_width(width, expected, str(path))
    first = 0 if from_zero else 1
    columns = tuple(expected or (f"x{number}" for number in range(first, width + first)))
    X = sp.csr_array((raw.data, indices, raw.indptr), shape=(raw.shape[0], len(columns)))
    origin = {"data": str(path), "sha256": files.sha256(path), "replayable": True}
    return Dataset(path.name, X, as_text(y), columns, np.arange(1, raw.shape[0] + 1), origin=origin)


def _parsed(path: Path, from_zero: bool) -> tuple[Any, np.ndarray]:
    """X, with features counted as they are in the file, and the numbers in front."""
    from sklearn.datasets import load_svmlight_file

    try:
        # subtle: given the path, it would unzip without a bound
        text = io.BytesIO(unzipped(path.read_bytes(), str(path)))
        raw, y = load_svmlight_file(text, zero_based=from_zero)
    except DataError:
        raise
    except (ValueError, OSError, OverflowError) as error:
        raise DataError(
            f"{path} is not a readable svmlight file: {reason(error)}.",
            "A line is: LABEL INDEX:VALUE INDEX:VALUE ... with ascending indices.",
        ) from error
    return raw, y


def _arrays(path: Path) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays among ``_KEYS``, and the names of all."""
    try:
        with path.open("rb") as file:
            if file.read(len(_BARE)) == _BARE:
                raise DataError(f"{path} holds one bare array.", "Save it with numpy.savez(FILE, X=X, y=y).")
            return arrays_in(file, _KEYS)
    except (DataError, MemoryError):
        raise
    except PickledError as error:
        raise DataError(
            f"{path} holds pickled Python objects, which softreg never opens.",
            "Save plain arrays: X of numbers, y of numbers or of text (dtype=str).",
        ) from error
    except Exception as error:  # a damaged file fails in more ways than zipfile and numpy promise
        raise DataError(f"{path} is not a readable .npz file: {reason(error)}.", "Save or copy it again.") from error


def _matrix(X: np.ndarray, path: Path) -> tuple[np.ndarray, tuple[int, int] | None]:
    """X as a matrix of floats, and the shape of its images: float32 stays, bytes become float32, the rest float64."""
    if X.dtype.kind not in "biuf":
        raise DataError(f"{path}: X holds {X.dtype}, not numbers.", "Save X as an array of numbers.")
    if X.ndim not in {2, _PIXELS} or 0 in X.shape:
        shape = " x ".join(map(str, X.shape)) or "a single number"
        raise DataError(f"{path}: X is {shape}, not rows x features.", "Save X with at least one row and one column.")
    image_shape = (int(X.shape[1]), int(X.shape[2])) if X.ndim == _PIXELS else None
    single = X.dtype == np.uint8 or (X.dtype.kind == "f" and X.dtype.itemsize <= 4)
    return np.ascontiguousarray(X.reshape(len(X), -1), dtype=np.float32 if single else np.float64), image_shape


def _labels(arrays: Mapping[str, Any], n_samples: int, path: Path, *, needed: bool) -> np.ndarray | None:
    if "y" not in arrays:
        if needed:
            raise DataError(f"{path} has no array y, the labels.", "Save it with numpy.savez(FILE, X=X, y=y).")
        return None
    y: np.ndarray = arrays["y"]
    y = y.ravel() if y.ndim == 2 and 1 in y.shape else y
    if y.shape != (n_samples,) or y.dtype.kind not in "biufUS":
        shape = " x ".join(map(str, y.shape)) or "a single value"
        raise DataError(
            f"{path}: y is {shape} of {y.dtype}, but X has {n_samples} rows.",
            "Save one label for each row: a number or a text.",
        )
    return as_text(y)

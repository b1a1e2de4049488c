"""The file of a model: an uncompressed, sealed ``.npz`` (a zip of ``.npy`` arrays). NumPy only.

=============  ========  =======================  ======================================================
member         dtype     shape                    content
=============  ========  =======================  ======================================================
metadata       uint8     (n_bytes,)               JSON in UTF-8: ``format`` (2), ``classes``, ``columns``,
                                                  ``target``, ``preparation`` (null where the features are the
                                                  columns of a table as they are), and what training tells of itself
weights        float64   (n_features, n_classes)  W, acting on features in their own units
intercept      float64   (n_classes,)             b
feature_NAME   float64   (n_features,)            what training knew: mean, scale, average, deviation
=============  ========  =======================  ======================================================

**The seal** is the zip's comment, at the very end of the file: ``softreg sha256 `` and the SHA-256, in hexadecimal, of
every byte before these 64 digits. A zip has a checksum for the content of each member and none for its own structure;
the seal covers both, so that a flipped bit, a cut, or bytes before or behind are found wherever they are. Format 1 had
no seal and no preparation.

**Nothing is allocated on the word of a file**: members are stored, not deflated, and the sizes that headers claim must
be those of the bytes that are there. docs/model-file.md tells how to read the file without softreg.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from softreg.errors import DataError, ModelFileError, SoftregError, reason
from softreg.files import refuse_stream
from softreg.forms import from_json, misfit
from softreg.npz import arrays_in
from softreg.preparation import Preparation
from softreg.recorded import Described

__all__ = [
    "FORMAT",
    "assembled",
    "described",
    "from_bytes",
    "load",
    "packed",
    "reading",
    "refuse_newer",
    "to_bytes",
    "unpacked",
]

FORMAT = 2
"""Version of the file's format; a reader refuses a newer one."""

_OWN = ("format", "classes", "columns", "target", "preparation")

MARK = b"softreg sha256 "
DIGITS = 64
ZIP = b"PK\x03\x04"


def to_bytes(parts: Mapping[str, Any]) -> bytes:
    """Return the file of a model whose fields are ``parts``; the same model is the same bytes."""
    text = json.dumps(described(parts), ensure_ascii=False, allow_nan=False).encode("utf-8")
    arrays = {"weights": parts["weights"], "intercept": parts["intercept"]}
    arrays |= {f"feature_{name}": values for name, values in parts["features"].items()}
    arrays = {name: values.astype("<f8") for name, values in arrays.items()}
    return packed({"metadata": np.frombuffer(text, np.uint8)} | arrays)


def from_bytes(content: bytes, name: object) -> dict[str, Any]:
    """Return the fields of the model whose file these bytes are; ``name`` is the file's, for errors."""
    with reading(name):
        arrays, sealed = unpacked(content)
        about: dict[str, Any] = from_json(arrays["metadata"].tobytes())
        parts = assembled(about, arrays, name)
        if about["format"] != 1 and not sealed:
            raise ValueError("the seal is missing")
    return parts


def load(path: Path) -> dict[str, Any]:
    """Read a model's file, and return the fields of the model; errors as for :func:`reading`."""
    with reading(path), _opened(path) as file:
        start = file.read(len(ZIP))
        if path.suffix == ".onnx":
            raise ModelFileError(f"{path} is a model for ONNX runtimes.", "Name the run that it was exported from.")
        if start != ZIP:  # a large file of another kind is not read to its end
            raise ValueError("this is no zip")
        content = start + file.read()
    return from_bytes(content, path)


def _opened(path: Path) -> IO[bytes]:
    refuse_stream(path)
    return path.open("rb")


def described(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Return all fields of a model but its arrays, as JSON can hold them."""
    plain = parts["preparation"] == Preparation.plain(parts["columns"])
    own = {"format": FORMAT, "classes": parts["classes"], "columns": parts["columns"], "target": parts["target"]}
    own["preparation"] = None if plain else parts["preparation"].to_json()
    result: dict[str, Any] = own | parts["metadata"] | own
    return result


def assembled(about: Mapping[str, Any], arrays: Mapping[str, np.ndarray], name: object) -> dict[str, Any]:
    """Return the fields of the model of which :func:`described` told, and whose arrays are these, named as in the file.

    Raises :class:`ModelFileError` for a newer format, and errors of any kind for parts that do not fit together.
    """
    refuse_newer(about["format"], name)
    if place := misfit(about, Described):
        raise ValueError(f"{place} is missing, or of another kind")
    metadata = {key: value for key, value in about.items() if key not in _OWN}
    columns, steps = tuple(about["columns"]), about.get("preparation")
    parts = {
        "weights": arrays["weights"],
        "intercept": arrays["intercept"],
        "classes": tuple(about["classes"]),
        "columns": columns,
        "target": about["target"],
        "metadata": metadata,
        "features": {key.removeprefix("feature_"): arrays[key] for key in arrays if key.startswith("feature_")},
        "preparation": Preparation.plain(columns) if steps is None else Preparation.from_json(steps),
    }
    if not (_fit(**parts) and _are_of(metadata, parts["classes"], parts["preparation"])):
        raise ValueError("the parts do not fit together")
    return parts


def refuse_newer(version: int, name: object) -> None:
    """Refuse a format that this softreg does not know yet."""
    if version > FORMAT:
        raise ModelFileError(
            f"The model file {name} has format {version}; this softreg reads up to {FORMAT}.",
            "Install a newer softreg.",
        )


@contextlib.contextmanager
def reading(path: object) -> Iterator[None]:
    """Say in our words what goes wrong in reading a model's file.

    Raises :class:`DataError` where there is no such file, or none that can be read, and :class:`ModelFileError` for
    everything else: a damaged file fails in more ways than zipfile, json and numpy promise.
    """
    try:
        yield
    except (SoftregError, MemoryError):
        raise
    except FileNotFoundError:
        raise DataError(f"There is no model file {path}.", "Name a run folder, or a model.npz in one.") from None
    except OSError as error:
        raise DataError(f"The model file {path} cannot be read: {reason(error)}.", "Name another.") from error
    except Exception as error:
        raise ModelFileError(
            f"The model file {path} is damaged, or not a softreg model.", "Train the model again."
        ) from error


def _fit(
    *,
    weights: np.ndarray,
    intercept: np.ndarray,
    features: dict[str, np.ndarray],
    classes: tuple[str, ...],
    columns: tuple[str, ...],
    preparation: Preparation,
    **_: Any,
) -> bool:
    """Whether names are told apart, shapes those that the names ask for, and numbers finite."""
    shape = (len(columns), len(classes))
    right = len(set(classes)) == shape[1] > 1 and preparation.features == columns
    right = right and len(set(preparation.names)) == len(preparation.names)
    right = right and all(len(set(known)) == len(known) for known in preparation.levels.values())
    right = right and weights.shape == shape and intercept.shape == shape[1:]
    right = right and all(values.shape == shape[:1] for values in features.values())
    numbers = [weights, intercept, *features.values()]
    right = right and all(array.dtype == np.float64 and bool(np.isfinite(array).all()) for array in numbers)
    lowest = {"scale": np.nextafter(0, 1), "deviation": 0.0}
    return right and all((features[name] >= low).all() for name, low in lowest.items() if name in features)


def _are_of(facts: Mapping[str, Any], classes: tuple[str, ...], preparation: Preparation) -> bool:
    """Whether what is told of the training speaks of these classes and columns."""
    counts, shape, told = facts.get("class_counts"), facts.get("image_shape"), facts.get("calibration", {})
    right = counts is None or (set(classes) <= set(counts) and sum(counts.values()) > 0)
    right = right and (shape is None or (preparation.is_plain and math.prod(shape) == len(preparation.names)))
    return right and len(told.get("shift") or classes) == len(classes)


def packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return arrays as the bytes of a sealed ``.npz``; the same arrays are the same bytes."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    # a zip ends with its comment, behind two bytes with the comment's length: zero, as NumPy writes it
    content = buffer.getvalue()[:-2] + (len(MARK) + DIGITS).to_bytes(2, "little") + MARK
    return content + _digest(content)


def unpacked(content: bytes) -> tuple[dict[str, np.ndarray], bool]:
    """Return the arrays of an ``.npz``, and whether a seal vouches for them; errors of any kind for what is none."""
    sealed = content[-DIGITS - len(MARK) : -DIGITS] == MARK
    if sealed and content[-DIGITS:] != _digest(content[:-DIGITS]):
        raise ValueError("the checksum is not that of the content")
    arrays, _ = arrays_in(io.BytesIO(content), stored=True)
    return arrays, sealed


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()

"""SoftmaxModel: a trained classifier as data, and its file. NumPy only.

**The file** is an uncompressed ``.npz`` (a zip of ``.npy`` arrays), read with ``allow_pickle=False``:

=============  ========  =======================  ======================================================
member         dtype     shape                    content
=============  ========  =======================  ======================================================
weights        float64   (n_features, n_classes)  W, acting on raw features
intercept      float64   (n_classes,)             b
feature_NAME   float64   (n_features,)            what training knew of each feature: mean, scale, deviation
metadata       uint8     (n_bytes,)               JSON in UTF-8: ``format`` (1), ``classes``, ``columns``,
                                                  ``target``, and what training tells of itself
=============  ========  =======================  ======================================================
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from softreg.errors import DataError, ModelFileError
from softreg.files import write_bytes
from softreg.functional import log_softmax

__all__ = ["FORMAT", "SoftmaxModel"]

FORMAT = 1
"""Version of the file's format; a reader refuses a newer one."""

BLOCK_ROWS = 4096


@dataclass(frozen=True)
class SoftmaxModel:
    """W (n_features, n_classes) and b (n_classes,) on raw features, with the names of classes and columns.

    ``features`` holds arrays (n_features,): the ``mean`` and ``scale`` of the coordinates in which the weights were
    penalised, and the ``deviation`` of each feature over the training rows.

    >>> model = SoftmaxModel(np.array([[-1.0, 1.0]]), np.zeros(2), ("no", "yes"), ("x",))
    >>> model.predict(np.array([[-2.0], [3.0]])).tolist()
    ['no', 'yes']
    >>> model.predict_proba(np.array([[0.5]])).round(4)
    array([[0.2689, 0.7311]])
    """

    weights: np.ndarray
    intercept: np.ndarray
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    target: str = "label"
    metadata: dict[str, Any] = field(default_factory=dict)
    features: dict[str, np.ndarray] = field(default_factory=dict)

    def logits(self, X: Any) -> np.ndarray:
        """Return X W + b (n_samples, n_classes) in float64, whatever X's precision.

        Raises :class:`DataError` for a wrong number of features.
        """
        if X.shape[1] != len(self.weights):
            raise DataError(
                f"The model takes {len(self.weights)} features, and the input has {X.shape[1]}.",
                "Give the columns that the model was trained on.",
            )
        logits = np.empty((X.shape[0], self.weights.shape[1]))
        for first in range(0, X.shape[0], BLOCK_ROWS):
            rows = slice(first, first + BLOCK_ROWS)
            logits[rows] = X[rows].astype(np.float64) @ self.weights + self.intercept
        return logits

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the log-probabilities (n_samples, n_classes)."""
        return log_softmax(self.logits(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities (n_samples, n_classes)."""
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class's label for each row; a tie goes to the first class."""
        return np.asarray(np.asarray(self.classes)[self.logits(X).argmax(axis=1)])

    def save(self, path: Path) -> None:
        """Write the model's file, whole or not at all."""
        metadata = {"format": FORMAT, "classes": self.classes, "columns": self.columns, "target": self.target}
        text = json.dumps(metadata | self.metadata, ensure_ascii=False, allow_nan=False)
        buffer = io.BytesIO()
        members = {"weights": self.weights, "intercept": self.intercept}
        members |= {f"feature_{name}": values for name, values in self.features.items()}
        arrays = {name: values.astype(np.float64) for name, values in members.items()}
        np.savez(buffer, metadata=np.frombuffer(text.encode("utf-8"), np.uint8), **arrays)  # type: ignore[arg-type]
        write_bytes(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> SoftmaxModel:
        """Read a model's file.

        Raises :class:`DataError` where there is no such file, and :class:`ModelFileError` for a file that is damaged,
        holds a pickle, or is of a newer format.
        """
        try:
            # opened here, since np.load would leave a damaged file open
            with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                weights, intercept = file["weights"], file["intercept"]
                metadata = json.loads(file["metadata"].tobytes())
                names = [name for name in file.files if name.startswith("feature_")]
                features = {name.removeprefix("feature_"): file[name] for name in names}
            version, classes, columns = metadata.pop("format"), metadata.pop("classes"), metadata.pop("columns")
            classes, columns = tuple(classes), tuple(columns)
            target, newer = metadata.pop("target"), version > FORMAT
        except FileNotFoundError:
            raise DataError(f"There is no model file {path}.", "Name a run folder, or a model.npz in one.") from None
        except Exception as error:  # a damaged zip fails in more ways than zipfile and numpy promise
            raise ModelFileError(
                f"The model file {path} is damaged, or not a softreg model.", "Train the model again."
            ) from error
        if newer:
            raise ModelFileError(
                f"The model file {path} has format {version}; this softreg reads up to {FORMAT}.",
                "Install a newer softreg.",
            )
        model = cls(weights, intercept, classes, columns, target, metadata, features)
        model._check(path)
        return model

    def _check(self, path: Path) -> None:
        shape = (len(self.columns), len(self.classes))
        right = self.weights.shape == shape and self.intercept.shape == shape[1:] and len(self.classes) > 1
        right = right and all(values.shape == shape[:1] for values in self.features.values())
        arrays = [self.weights, self.intercept, *self.features.values()]
        if not (right and all(array.dtype == np.float64 and np.isfinite(array).all() for array in arrays)):
            raise ModelFileError(f"The model file {path} is damaged: its parts do not fit.", "Train the model again.")

"""A model as JSON: a line for each feature, readable in an editor and by any language, and loadable again.

The numbers come back to the bit: JSON holds the shortest decimal fraction that is read as the same double. ``sha256``
vouches for the rest of the document. It is optional, so that somebody who changes a weight on purpose deletes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from softreg.archive import assembled, described, reading, refuse_newer
from softreg.errors import ModelFileError
from softreg.forms import from_json as document_of
from softreg.model import SoftmaxModel
from softreg.terminal import escaped

__all__ = ["dumps", "from_json", "load", "to_json"]

KIND = "softreg model"
OWN = ("format", "target", "classes", "columns", "preparation")


def to_json(model: SoftmaxModel) -> dict[str, Any]:
    """Return the model as JSON can hold it.

    >>> model = SoftmaxModel(np.array([[-1.0, 1.0]]), np.zeros(2), ("no", "yes"), ("x",))
    >>> document = to_json(model)
    >>> document["classes"], document["features"], document["intercept"]
    (['no', 'yes'], [{'name': 'x', 'weights': [-1.0, 1.0]}], [0.0, 0.0])
    """
    about = described(vars(model))
    columns = {"name": model.columns, "weights": model.weights.tolist()}
    columns |= {name: values.tolist() for name, values in model.features.items()}
    document = {
        "kind": KIND,
        "format": about["format"],
        "target": model.target,
        "classes": list(model.classes),
        "preparation": about["preparation"],
        "features": [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)],
        "intercept": model.intercept.tolist(),
        # through JSON once, so that a tuple is the list as which it comes back
        "training": json.loads(json.dumps({key: value for key, value in about.items() if key not in OWN})),
    }
    return document | {"sha256": _digest(document)}


def from_json(document: Mapping[str, Any], name: object = "(JSON)") -> SoftmaxModel:
    """Return the model of which :func:`to_json` told.

    Raises :class:`ModelFileError` for a document that is damaged, changed, or of a newer format.
    """
    with reading(name):
        content = dict(document)
        if content.pop("kind") != KIND:
            raise ValueError("this is another kind of document")
        refuse_newer(content["format"], name)
        if "sha256" in content and content["sha256"] != _digest(_without_seal(document)):
            raise ModelFileError(
                f"The model file {name} is not what its sha256 vouches for: it is damaged, or was changed.",
                'If you changed it on purpose, delete "sha256" from it.',
            )
        features, intercept, training = (content.pop(key) for key in ("features", "intercept", "training"))
        content.pop("sha256", None)
        columns = [feature["name"] for feature in features]
        if content.keys() | {"columns"} != set(OWN) or any(each.keys() != features[0].keys() for each in features):
            raise ValueError("the document has other entries than a model")
        arrays = {"weights": _numbers([feature["weights"] for feature in features]), "intercept": _numbers(intercept)}
        kept = [key for key in features[0] if key not in {"name", "weights"}]
        arrays |= {f"feature_{key}": _numbers([feature[key] for feature in features]) for key in kept}
        return SoftmaxModel(**assembled(training | content | {"columns": columns}, arrays, name))


def load(path: Path) -> SoftmaxModel:
    """Read a model from a JSON file; errors as for :meth:`SoftmaxModel.load`."""
    with reading(path):
        document = document_of(Path(path).read_bytes())
    return from_json(document, path)


def dumps(document: Mapping[str, Any]) -> str:
    """Return a document as text, with a line for each column, each feature, and each word of the training."""
    lines = []
    for key, value in document.items():
        if key in {"preparation", "features"} and value:
            text = "[\n    " + ",\n    ".join(map(_line, value)) + "\n  ]"
        elif key == "training" and value:
            text = "{\n    " + ",\n    ".join(f"{_line(name)}: {_line(each)}" for name, each in value.items()) + "\n  }"
        else:
            text = _line(value)
        lines.append(f"  {_line(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: Any) -> str:
    return escaped(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _without_seal(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "sha256"}


def _digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the content, whatever its layout: keys sorted, no spaces, ASCII."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _numbers(values: list[Any]) -> np.ndarray:
    """The values as float64; ValueError for a word among them, which NumPy would read as a number."""
    array = np.array(values)
    if array.dtype.kind not in "if":
        raise ValueError("these are not numbers")
    return array.astype(np.float64)

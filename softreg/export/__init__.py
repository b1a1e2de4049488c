"""Export: a model in a form that others read. No form needs scikit-learn, and only ``as_onnx`` needs ONNX.

``as_json`` is readable and comes back, ``as_csv`` is the table of the weights, ``as_onnx`` a graph for other runtimes.
:func:`load` reads what softreg can read again.
"""

from __future__ import annotations

from pathlib import Path

from softreg.model import SoftmaxModel

__all__ = ["load"]


def load(path: Path) -> SoftmaxModel:
    """Read a model from its own file, or from JSON, which is known by its suffix."""
    if Path(path).suffix.lower() != ".json":
        return SoftmaxModel.load(path)
    from softreg.export import as_json

    return as_json.load(path)

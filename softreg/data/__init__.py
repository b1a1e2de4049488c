"""Data: from a name or a file to a :class:`Dataset`, and from a Dataset to training, validation and test rows.

Reading order: ``dataset`` (what every source becomes), ``sources`` (which room reads what), then a room for each kind:
``bundled``, ``synthetic``, ``downloads`` (with ``cache``), ``idx``, ``arrays``, ``tables`` and ``parquet`` (with
``features``). A model's columns are found by ``matching``; ``labels`` and ``split`` prepare training. Importing this
package imports no NumPy: names are fetched when they are first used (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["Dataset", "load", "load_inputs"]

if TYPE_CHECKING:
    from softreg.data.dataset import Dataset
    from softreg.data.sources import load, load_inputs

_HOME = {
    "Dataset": "softreg.data.dataset",
    "load": "softreg.data.sources",
    "load_inputs": "softreg.data.sources",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'softreg.data' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

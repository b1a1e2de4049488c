"""softreg trains, checks and explains softmax regression.

``import softreg`` is cheap: the names below are imported when they are first used (PEP 562).
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself is slow to import

__version__ = "0.1.0"

__all__ = ["SoftmaxModel", "SoftmaxRegression", "__version__"]

if TYPE_CHECKING:
    from typing import Any

    from softreg.estimator import SoftmaxRegression
    from softreg.model import SoftmaxModel

_HOME = {"SoftmaxModel": "softreg.model", "SoftmaxRegression": "softreg.estimator"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'softreg' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

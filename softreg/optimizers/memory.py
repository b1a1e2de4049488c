"""The types that the methods share."""

from __future__ import annotations

import numpy as np

__all__ = ["Memory", "Step"]

Memory = dict[str, np.ndarray]
"""What a method remembers between steps, by name."""

Step = tuple[np.ndarray, Memory]
"""The step to add to theta, and the memory after it."""

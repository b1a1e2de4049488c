"""Tables without a fault, for faults to be planted in."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest


@pytest.fixture
def clean():
    """A function that draws a table of four honest columns, and labels that they tell with some doubt."""

    def drawn(n: int = 600, seed: int = 0, columns: int = 4) -> pl.DataFrame:
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n, columns)) * rng.uniform(0.5, 3, columns)
        logits = X / X.std(axis=0) @ rng.normal(size=(columns, 3)) * 1.2
        noisy = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
        frame = pl.DataFrame({f"x{j + 1}": X[:, j] for j in range(columns)})
        return frame.with_columns(pl.Series("label", np.array(["ash", "beech", "cedar"])[noisy]))

    return drawn

"""A dataset in memory as a stream: what is no table (arrays, names) is answered as tables are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl

from softreg.data.blocks import Block, Wanted
from softreg.data.dataset import Dataset

__all__ = ["WholeStream"]

ROWS = 4096


class WholeStream:
    """The rows of a dataset with the features of a model, in its order, and the labels that it has."""

    separator = None

    def __init__(self, dataset: Dataset) -> None:
        self.name = dataset.name
        self.columns = self.every = dataset.columns
        self.notes = dataset.notes
        self._dataset = dataset

    def pieces(self) -> Iterator[np.ndarray]:
        """Yield the places of rows."""
        for start in range(0, self._dataset.n_samples, ROWS):
            yield np.arange(start, min(start + ROWS, self._dataset.n_samples))

    def parser(self, wanted: Wanted) -> Callable[[np.ndarray], Block]:
        """Return what takes them out of the dataset."""

        def taken(places: np.ndarray) -> Block:
            part = self._dataset.take(places)
            raw = np.array(part.X, dtype=np.float64, order="F") if isinstance(part.X, np.ndarray) else part.X
            labels = None if part.labels is None else pl.Series(part.labels.tolist(), dtype=pl.String)
            return Block(raw, pl.DataFrame(), labels, np.arange(len(places)), len(places), {})

        return taken

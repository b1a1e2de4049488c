"""Datasets: what can be trained on by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from softreg import data
from softreg.data.catalogue import CATALOGUE, Entry, entry
from softreg.data.dataset import Dataset
from softreg.data.labels import classes_of
from softreg.settings import SourceSettings
from softreg.terminal import Sink

__all__ = ["CATALOGUE", "Description", "Entry", "describe", "entry", "export"]


@dataclass(frozen=True)
class Description:
    """A data set that was loaded, and the rows of each class."""

    dataset: Dataset
    class_counts: dict[str, int]


def describe(spec: str, source: SourceSettings) -> Description:
    """Load a data set by name or path and count its classes."""
    dataset = data.load(spec, source, fill_home=True)
    assert dataset.labels is not None  # load() gives labelled rows
    counts = Counter(dataset.labels.tolist())
    return Description(dataset, {name: counts[name] for name in classes_of(dataset.labels)})


def export(spec: str, source: SourceSettings, to: Path | Sink, *, overwrite: bool = True) -> Dataset:
    """Write a data set as CSV."""
    import io

    from softreg.data.tables import to_csv, write_csv

    dataset = data.load(spec, source, fill_home=True)
    if isinstance(to, Path):
        to_csv(dataset, to, overwrite=overwrite)
    else:
        # subtle: through Python's own write, so that a reader that closed its end is a BrokenPipeError
        text = io.BytesIO()
        write_csv(dataset, text)
        to.write(text.getbuffer())
    return dataset

"""Carry: a trained model to other programs, and what is inside one, for a person. No scikit-learn."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softreg.export import as_csv, as_json, as_onnx
from softreg.model import SoftmaxModel
from softreg.runs import Run, find, model_of
from softreg.workflows.pulls import pulls

__all__ = ["WRITERS", "Contents", "Exported", "contents", "export", "files_of"]


@dataclass(frozen=True)
class Exported:
    """A model in another form; ``name`` is what its file would be called."""

    model: SoftmaxModel
    name: str
    content: bytes


@dataclass(frozen=True)
class Contents:
    """A model, with where it was found; ``metrics`` are those of the run, where there is one that finished."""

    model: SoftmaxModel
    name: str
    path: Path
    n_bytes: int
    written: datetime.datetime
    metrics: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return everything that is told of a model, as JSON can hold it."""
        model = self.model
        return {
            "file": str(self.path),
            "bytes": self.n_bytes,
            "written": self.written.isoformat(timespec="seconds"),
            "target": model.target,
            "classes": list(model.classes),
            "n_features": len(model.columns),
            "inputs": model.preparation.to_json(),
            "training": model.metadata,
            "pulls": {pull.to: dict(pull.strongest) for pull in pulls(model)},
        }


def _as_json(model: SoftmaxModel) -> bytes:
    return as_json.dumps(as_json.to_json(model)).encode("utf-8")


WRITERS: dict[str, tuple[str, Callable[[SoftmaxModel], bytes]]] = {
    "onnx": (".onnx", as_onnx.to_onnx),
    "json": (".json", _as_json),
    "csv": ("-coefficients.csv", as_csv.to_csv),
}
"""Every form, with what the file's name ends in."""


def files_of(word: str) -> tuple[Path, ...]:
    """Return the files that a word names: a model's, or those of a run."""
    path = Path(word)
    return (path,) if path.is_file() else tuple(find(word).path.iterdir())


def export(word: str, form: str) -> Exported:
    """Return the model that a word names in another form: onnx, json or csv."""
    model, run = model_of(word)
    ending, write = WRITERS[form]
    return Exported(model, f"{_name(word, run)}{ending}", write(model))


def contents(word: str) -> Contents:
    """Return what is to be told of the model that a word names."""
    model, run = model_of(word)
    path = run.path / "model.npz" if run else Path(word)
    about = path.stat()
    written = datetime.datetime.fromtimestamp(about.st_mtime, datetime.UTC).astimezone()
    metrics = run.metrics() if run and (run.path / "metrics.json").exists() else {}
    return Contents(model, _name(word, run), path, about.st_size, written, metrics)


def _name(word: str, run: Run | None) -> str:
    return (run.path.resolve().name if run else Path(word).stem) or "model"

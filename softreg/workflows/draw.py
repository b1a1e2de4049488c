"""Draw: a run's files, and where a plot needs them its data, as pictures."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from softreg.data.dataset import Dataset
from softreg.data.labels import encode
from softreg.errors import DataError, UsageError
from softreg.export.as_csv import standardised
from softreg.runs import Run, find, writing_in

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw", "draw_into_run"]

LARGEST = 1e300
"""Weights beyond are drawn as this: a scale of colours has two ends that can be told apart."""


def draw(words: tuple[str, ...], kind: str, out: Path | None, *, overwrite: bool = True) -> Path:
    """Draw one kind of plot and return its file: ``out``, or ``KIND.png`` in the (first) run's folder.

    Only curves take several runs. ``boundary`` and ``mistakes`` read the run's data again, and need it unchanged. Into
    the folder of a run that is being trained nothing is drawn: the picture would be of what is gone by then.
    """
    from softreg.plots.style import save

    found = [find(word) for word in words]
    if kind != "curves" and len(found) > 1:
        raise UsageError(f"--kind {kind} draws one run; {len(found)} were given.", "Only curves overlay several runs.")
    if out is None:
        found[0].refuse_links()
    path = out or found[0].path / f"{kind}.png"
    with contextlib.nullcontext() if out else writing_in(found[0], shared=True):
        figure = _curves(found) if kind == "curves" else _FIGURES[kind](found[0])
        if not path.parent.is_dir():
            raise DataError(f"There is no folder {path.parent} to draw into.", "Make it, or name another file with -o.")
        save(figure, path, overwrite=overwrite or out is None)
    return path


def draw_into_run(run: Run, history: list[dict[str, Any]], metrics: dict[str, Any]) -> None:
    """Draw curves.png and, where there are test rows, confusion.png."""
    from softreg.plots.confusion import draw_confusion
    from softreg.plots.curves import draw_curves
    from softreg.plots.style import save

    classes = metrics["train"]["classes"]
    save(draw_curves({run.home.name: history}, len(classes)), run.path / "curves.png")
    if "test" in metrics:
        save(draw_confusion(metrics["test"]["confusion"], classes), run.path / "confusion.png")


def _curves(found: list[Run]) -> Figure:
    from softreg.plots.curves import draw_curves

    n_classes = max(len(run.model().classes) for run in found)
    return draw_curves({str(run.path): run.history() for run in found}, n_classes)


def _confusion(run: Run) -> Figure:
    from softreg.plots.confusion import draw_confusion

    report = _test_report(run)
    return draw_confusion(report["confusion"], report["classes"])


def _test_report(run: Run) -> dict[str, Any]:
    """The metrics of the test rows."""
    metrics = run.metrics()
    if "test" not in metrics:
        raise DataError(f"The run {run.path} has no test rows.", "Train with --test-size above 0.")
    return dict(metrics["test"])


def _weights(run: Run) -> Figure:
    from softreg.plots.weights import draw_weights

    model = run.model()
    shape = model.metadata.get("image_shape")
    if shape:
        # pixels share one unit: their raw weights are comparable, and dead pixels have no deviation
        return draw_weights(_within(model.weights), model.classes, model.columns, (shape[0], shape[1]))
    weights = standardised(model)
    if weights is None:
        raise DataError(f"The model of {run.path} does not know how far its features stray.", "Train it again.")
    return draw_weights(_within(weights), model.classes, model.columns)


def _within(weights: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(weights, -LARGEST, LARGEST))


def _boundary(run: Run) -> Figure:
    from softreg.plots.boundary import draw_boundary

    model = run.model()
    if len(model.columns) != 2:
        raise DataError(
            f"A boundary is drawn over two features; the run {run.path} has {len(model.columns)}.",
            "Train on two, leaving the others out with --exclude, or draw --kind weights.",
        )
    from softreg.workflows.recall import material_of, refuse_other_data

    ready = material_of(run)
    refuse_other_data(run, model, ready)
    dataset = ready.dataset
    return draw_boundary(
        model.preparation.apply(model.preparation.recoded(np.asarray(dataset.X), dataset.levels)),
        encode(_labels(dataset), model.classes),
        model.classes,
        model.columns,
        model.predict_proba,
    )


def _mistakes(run: Run) -> Figure:
    from softreg.plots.mistakes import Mistakes, draw_mistakes, draw_mistakes_table

    _test_report(run)
    rows = run.predictions()
    wrong = [row for row in rows if row["target"] != row["prediction"]]
    mistakes = Mistakes(
        [row["target"] for row in wrong],
        [row["prediction"] for row in wrong],
        np.array([row["confidence"] for row in wrong]),
        [row["row"] for row in wrong],
        len(rows),
    )
    model = run.model()
    shape = model.metadata.get("image_shape")
    if not shape or not wrong:
        return draw_mistakes_table(mistakes)
    from softreg.workflows.recall import material_of, refuse_other_data

    ready = material_of(run)
    refuse_other_data(run, model, ready)
    dataset = ready.dataset
    places = {int(dataset.rows[place]): place for place in ready.split.test}
    if strange := set(mistakes.rows) - set(places):
        raise DataError(
            f"predictions.csv of {run.path} tells of row {min(strange)}, which is no test row of its data.",
            "Train the run again.",
        )
    images = np.asarray(dataset.X)[[places[row] for row in mistakes.rows]]
    return draw_mistakes(images.reshape(-1, *shape), mistakes)


def _path(run: Run) -> Figure:
    from softreg.plots.path import draw_path

    found = run.metrics().get("l2_path")
    if not found:
        raise DataError(f"The run {run.path} did not choose its l2.", "Train with --l2 auto.")
    return draw_path(found)


def _reliability(run: Run) -> Figure:
    from softreg.plots.reliability import draw_reliability

    part, metrics = _held_out(run, "reliability")
    before = (metrics.get("calibration", {}).get("before") or {}).get(part)
    now = metrics[part]
    panels = {"before calibration": before, "calibrated": now} if before else {"": now}
    return draw_reliability(panels, len(now["classes"]), _PARTS[part])


def _coverage(run: Run) -> Figure:
    from softreg.plots.coverage import draw_coverage

    part, metrics = _held_out(run, "coverage")
    return draw_coverage(metrics[part]["coverage"], _PARTS[part])


def _held_out(run: Run, key: str) -> tuple[str, dict[str, Any]]:
    """The part whose rows the model has not been fitted to, test or else val, and all metrics of the run."""
    metrics = run.metrics()
    part = next((part for part in _PARTS if part in metrics), None)
    if part is None:
        raise DataError(f"The run {run.path} has no test rows.", "Train with --test-size above 0.")
    if key not in metrics[part]:
        raise DataError(f"The metrics of {run.path} are of an older softreg.", "Train it again.")
    return part, metrics


_PARTS = {"test": "test rows", "val": "validation rows"}
_FIGURES = {
    "confusion": _confusion,
    "weights": _weights,
    "boundary": _boundary,
    "mistakes": _mistakes,
    "path": _path,
    "reliability": _reliability,
    "coverage": _coverage,
}


def _labels(dataset: Dataset) -> np.ndarray:
    assert dataset.labels is not None  # load() gives labelled rows
    return dataset.labels

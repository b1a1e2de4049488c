"""Recorded: what the files of a run tell, as forms (:mod:`softreg.forms`) against which they are held when read again.

Only what some command uses again is named; beside it may stand whatever else there is to tell. None is a number that is
infinite or undefined, which JSON cannot hold. The functions read a file's text, and raise ValueError for anything else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal, NotRequired, TypedDict, get_type_hints

from softreg.forms import Amount, Count, Positive, Share, from_json, from_toml, misfit, same_length
from softreg.settings import (
    Bounds,
    CalibrationSettings,
    SelectionSettings,
    SourceSettings,
    SplitSettings,
    TrainingSettings,
)

__all__ = ["Described", "L2Path", "Row", "config_in", "history_in", "metrics_in", "predictions_in"]

Nearly = Annotated[float, lambda value: 0 <= value <= 1 + 1e-9]
"""A share to rounding: sums of weights and of probabilities end a little above 1."""


class Bin(TypedDict):
    """A bin of a reliability table."""

    low: Share
    high: Share
    n_rows: Annotated[int, lambda value: value > 0]
    confidence: Nearly
    accuracy: Nearly
    chance: tuple[Nearly, Nearly] | None


class Reached(TypedDict):
    """The largest coverage at some accuracy."""

    accuracy: Share
    coverage: Nearly
    threshold: Nearly | None


class _Coverage(TypedDict):
    threshold: list[Nearly]
    coverage: list[Nearly]
    accuracy: list[Nearly]
    rows: list[Annotated[float, lambda value: value > 0]]
    reaching: list[Reached]


Coverage = Annotated[_Coverage, same_length("threshold", "coverage", "accuracy", "rows")]


class Measured(TypedDict):
    """What speaks of probabilities alone."""

    cross_entropy: Amount | None
    brier: Amount
    ece: Nearly
    ece_if_calibrated: Nearly | None
    reliability: NotRequired[Annotated[list[Bin], bool]]


class _Report(Measured):
    n_rows: Count
    accuracy: Nearly
    classes: list[str]
    confusion: list[list[Amount]]
    coverage: NotRequired[Coverage]


def _is_square(report: Mapping[str, Any]) -> bool:
    """Whether the confusion matrix has a row and a column for every class, of which there are some."""
    n_classes = len(report["classes"])
    return n_classes > 1 and [len(row) for row in report["confusion"]] == [n_classes] * n_classes


Report = Annotated[_Report, _is_square]
"""The scores of one part, as :func:`softreg.metrics.evaluate` returns them."""


class Calibration(TypedDict):
    """What was done to the probabilities."""

    temperature: Positive
    shift: list[float] | None
    reason: NotRequired[str]
    interval: NotRequired[tuple[Amount, Amount | None] | None]
    n_rows: NotRequired[Count | None]
    shares: NotRequired[Literal["balanced", "true"] | None]


class _Calibrated(Calibration):
    before: NotRequired[dict[str, Measured] | None]


class _L2Path(TypedDict):
    l2: list[Positive]
    cross_entropy: list[list[Amount]]
    accuracy: list[list[Nearly]]
    fold_weight: list[Positive]
    mean: list[Amount]
    standard_error: list[Amount]
    mean_accuracy: list[Nearly]
    best: Count
    chosen: Count
    notes: list[str]


def _is_grid(path: Mapping[str, Any]) -> bool:
    """Whether there is a score for every fold and every l2."""
    width, folds = len(path["l2"]), len(path["fold_weight"])
    grids = [[len(row) for row in path[name]] for name in ("cross_entropy", "accuracy")]
    return folds > 1 and grids == [[width] * folds] * 2 and max(path["best"], path["chosen"]) < width


L2Path = Annotated[_L2Path, same_length("l2", "mean", "standard_error", "mean_accuracy"), _is_grid]


class Objective(TypedDict):
    """What was reached."""

    final: float | None
    iterations: Count
    l2: Amount


class Metrics(TypedDict):
    """metrics.json."""

    objective: Objective
    train: Report
    val: NotRequired[Report]
    test: NotRequired[Report]
    calibration: NotRequired[_Calibrated]
    l2_path: NotRequired[L2Path]


Told = Annotated[Any, lambda value: value is None or (isinstance(value, int | float) and not isinstance(value, bool))]
"""A number, which may be infinite or NaN where a descent has lost its way; None where there is nothing to tell."""


Loss = Annotated[Told, lambda value: value is None or not value < 0]
Right = Annotated[Told, lambda value: value is None or not (value < 0 or value > 1 + 1e-9)]


class Row(TypedDict):
    """A row of history.csv, and of the history in a checkpoint."""

    epoch: Annotated[float, lambda value: 0 <= value < 2**53]
    objective: Annotated[Told, lambda value: value is not None and not value < 0]
    measured: Literal["exact", "running mean"]
    seconds: NotRequired[Amount]
    train_cross_entropy: NotRequired[Annotated[Loss, lambda value: value is not None]]
    train_accuracy: NotRequired[Right]
    grad_norm: NotRequired[Told]
    step: NotRequired[Told]
    val_cross_entropy: NotRequired[Loss]
    val_accuracy: NotRequired[Right]
    test_cross_entropy: NotRequired[Loss]
    test_accuracy: NotRequired[Right]


class Prediction(TypedDict):
    """A row of predictions.csv."""

    row: Count
    target: str
    prediction: str
    confidence: Nearly


class Facts(TypedDict, total=False):
    """What a model knows of its training, beside what it computes with."""

    softreg: str
    data: str
    data_sha256: str
    l2: Amount
    scale: Literal["standard", "unit", "none"]
    image_shape: tuple[Annotated[int, lambda value: value > 0], Annotated[int, lambda value: value > 0]] | None
    class_counts: dict[str, Amount]
    id: list[str]
    target_distribution: list[str]
    weight_col: str | None
    calibration: Calibration
    preparation: list[_NumberStep | _CategoryStep] | None


class _NumberStep(TypedDict):
    kind: Literal["number"]
    name: str
    fill: float | None
    indicator: bool


class _CategoryStep(TypedDict):
    kind: Literal["category"]
    name: str
    levels: list[str]
    rare: list[str]
    missing: Literal["level", "none", "refused"]


class _Names(TypedDict):
    format: int
    classes: list[str]
    columns: list[str]
    target: str


Described = Annotated[_Names, lambda about: not misfit(about, Facts)]
"""What the metadata of a model's file tell (:mod:`softreg.archive`)."""


_SETTINGS = (SourceSettings, SplitSettings, TrainingSettings, SelectionSettings, CalibrationSettings)


def metrics_in(text: str) -> dict[str, Any]:
    """Return what metrics.json tells."""
    content = from_json(text)
    _refuse_misfit(content, Metrics)
    return dict(content)


def history_in(text: str) -> list[dict[str, Any]]:
    """Return the rows of history.csv: numbers as floats, empty cells as None."""
    rows = [{name: _value(cell) for name, cell in row.items()} for row in _rows(text)]
    _refuse_misfit(rows, Annotated[list[Row], bool])
    return rows


def predictions_in(text: str) -> list[Prediction]:
    """Return the rows of predictions.csv, as far as they are used again."""
    rows: list[Any] = [row | {"row": int(row["row"]), "confidence": float(row["confidence"])} for row in _rows(text)]
    _refuse_misfit(rows, list[Prediction])
    return rows


def config_in(text: str) -> dict[str, Any]:
    """Return what config.toml tells, by the name of each setting, with what it was ``record``ed of."""
    content = from_toml(text)
    for name, value in content.items():
        if wrong := _wrong(name, value):
            raise ValueError(f'the key "{name}" {wrong}')
    if "data" not in content:
        raise ValueError('it has no key "data"')
    return content


def _wrong(name: str, value: Any) -> str:
    """What is wrong with a key of a configuration; "" where nothing is."""
    own = {"data": str, "init_from": str, "record": dict[str, str], "target_distribution": str}
    if name in own:
        return "has another kind of value" if misfit(value, own[name]) else ""
    if name == "l2" and value == "auto":
        return ""
    kind = next((each for each in _SETTINGS if name in {field.name for field in fields(each)}), None)
    if kind is None or name == "l2_auto":
        return "is no setting"
    if misfit(value, get_type_hints(kind)[name]):
        return "has another kind of value"
    takes = next(field.metadata["takes"] for field in fields(kind) if field.name == name)
    if isinstance(takes, Bounds):
        return "" if takes.hold(value) else f"is not {takes.words}"
    return f"is none of {', '.join(takes)}" if takes and value not in takes else ""


def _rows(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file, each with a cell for every column."""
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise ValueError(str(error)) from None
    if uneven := next((at for at, row in enumerate(rows, start=1) if None in row or None in row.values()), 0):
        raise ValueError(f"row {uneven} has another number of fields than the header")
    return rows


def _value(cell: str) -> float | str | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return cell


def _refuse_misfit(content: Any, form: Any) -> None:
    if place := misfit(content, form):
        raise ValueError(f"{place} is missing, or of another kind")

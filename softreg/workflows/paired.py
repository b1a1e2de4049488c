"""Paired: several runs on the same rows, and how sure the difference of each from the first is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from softreg.errors import DataError, UsageError, listed
from softreg.metrics import paired_intervals, row_brier, row_cross_entropy, share_right, sign_test
from softreg.metrics.rows import mean
from softreg.model import SoftmaxModel
from softreg.runs import Run
from softreg.settings import SourceSettings
from softreg.workflows.labelled import LabelledRows, labelled_rows

__all__ = ["MEASURES", "Difference", "Paired", "paired"]

MEASURES = ("accuracy", "cross_entropy", "brier")
"""Of the first, more is better; of the others, less."""

ALPHA = 0.05
FEW_ROWS = 20


@dataclass(frozen=True)
class Difference:
    """A score of one run less that of the first run, with a 95% interval.

    ``better`` is "this" or "first" run, "equal" where no row tells them apart, or "unknown". Where there is no
    interval, ``low`` and ``high`` are NaN and ``reason`` says why.
    """

    value: float
    low: float
    high: float
    better: str
    reason: str = ""


@dataclass(frozen=True)
class Rival:
    """A run against the first one: differences by measure.

    ``first_alone`` and ``this_alone`` count the rows that one of them alone has right, and ``p_value`` is the sign test
    of these; all None for soft labels.
    """

    name: str
    differences: dict[str, Difference]
    first_alone: int | None
    this_alone: int | None
    p_value: float | None


@dataclass(frozen=True)
class Paired:
    """Scores of runs on the same rows, a value a run; ``rivals`` are the runs but the first."""

    data: str
    n_rows: int
    scores: dict[str, list[float]]
    rivals: list[Rival]
    unknown_classes: dict[str, int]
    seed: int
    notes: tuple[str, ...]
    weight_col: str | None = None


def paired(runs: Sequence[Run], spec: str, source: SourceSettings, seed: int) -> Paired:
    """Let every run answer the labelled rows of an input, each preparing the columns its own way.

    Raises :class:`DataError` where the input lacks a column that a run needs, where the runs know different classes, or
    where they are measured against different labels; the sentence names the run.
    """
    if spec == "-":
        raise DataError("Every run reads the test rows, and standard input can be read only once.", "Name a file.")
    if len({run.path.resolve() for run in runs}) < len(runs):
        raise UsageError("One run is named twice, and a run is equal to itself.", "Name different runs.")
    models, weight_col, told = _weighed([run.model() for run in runs], source)
    for run, model in zip(runs[1:], models[1:], strict=True):
        _refuse_other_classes(runs[0], models[0], run, model)
    answered = [_answered(run, model, spec, source) for run, model in zip(runs, models, strict=True)]
    first, weight = answered[0], answered[0].dataset.weights
    for run, rows in zip(runs[1:], answered[1:], strict=True):
        _refuse_other_labels(runs[0], first, run, rows)
    scores = [_scores(rows) for rows in answered]
    with np.errstate(invalid="ignore"):  # of infinite cross-entropies
        columns = np.concatenate([other - scores[0] for other in scores[1:]], axis=1)
    with threadpool_limits(limits=1, user_api="blas"):  # the same bits for any number of threads
        values, ends = paired_intervals(columns, weight, rng=np.random.default_rng(seed))
    found = np.column_stack([values, ends]).reshape(len(runs) - 1, len(MEASURES), 3)
    counted = np.ones(len(first.codes), dtype=bool) if weight is None else weight > 0
    return Paired(
        first.dataset.name,
        int(counted.sum()),
        {name: [mean(each[:, at], weight) for each in scores] for at, name in enumerate(MEASURES)},
        [
            _rival(str(run.path), scores[0][counted], each[counted], told, hard=first.distribution is None)
            for run, each, told in zip(runs[1:], scores[1:], found, strict=True)
        ],
        dict(first.strangers.most_common()),
        seed,
        (*told, *_notes(runs, answered, int(counted.sum()))),
        None if weight is None else weight_col,
    )


def _weighed(
    models: list[SoftmaxModel], source: SourceSettings
) -> tuple[list[SoftmaxModel], str | None, tuple[str, ...]]:
    """The models, and the column that weighs the rows: the one asked for, or that of every training.

    Where trainings were weighed differently, all rows weigh the same, whatever the order of the runs, and a note says
    so.
    """
    trained = {model.metadata.get("weight_col") for model in models}
    if source.weight_col or len(trained) == 1:
        return models, source.weight_col or trained.pop(), ()
    plain = [
        replace(model, metadata={key: value for key, value in model.metadata.items() if key != "weight_col"})
        for model in models
    ]
    note = "the runs were not weighed by one column in training; here all rows weigh the same (--weight-col)."
    return plain, None, (note,)


def _answered(run: Run, model: SoftmaxModel, spec: str, source: SourceSettings) -> LabelledRows:
    """What a run says of the rows; an error names the run."""
    try:
        return labelled_rows(model, spec, source)
    except DataError as error:
        raise DataError(f"{run.path}: {error.what}", error.advice) from error


def _scores(rows: LabelledRows) -> np.ndarray:
    """The measures of each row (n_samples, n_measures)."""
    targets, log_proba = rows.targets, rows.log_proba
    right = share_right(targets, log_proba.argmax(axis=1))
    return np.column_stack([right, row_cross_entropy(log_proba, targets), row_brier(np.exp(log_proba), targets)])


def _rival(name: str, first: np.ndarray, this: np.ndarray, found: np.ndarray, *, hard: bool) -> Rival:
    """What the scores of the rows (n_samples, n_measures) and the intervals (n_measures, 3) say of a run."""
    won, lost = (int((a[:, 0] > b[:, 0]).sum()) for a, b in ((this, first), (first, this)))
    p_value = sign_test(won, lost) if hard else None
    agrees = p_value is not None and p_value < ALPHA and (won > lost) == (found[0, 0] > 0)  # rows may weigh differently
    differences = {}
    for place, measure in enumerate(MEASURES):
        value, low, high = found[place].tolist()
        reason = _reason(first[:, place], this[:, place])
        better = "unknown" if reason else _better(value, low, high, up=measure == "accuracy")
        if better in {"this", "first"} and (len(first) < FEW_ROWS or (measure == "accuracy" and hard and not agrees)):
            better = "unknown"  # a bootstrap of few rows on which they differ is too sure
        differences[measure] = Difference(value, low, high, better, reason)
    return Rival(name, differences, *((lost, won, p_value) if hard else (None, None, None)))


def _reason(first: np.ndarray, this: np.ndarray) -> str:
    """Why there is no interval, where there is none."""
    if not (np.isfinite(first).all() and np.isfinite(this).all()):
        return "a true class was given probability 0"
    return "one row tells nothing of others" if len(first) == 1 else ""


def _better(value: float, low: float, high: float, *, up: bool) -> str:
    if low == high == value == 0:
        return "equal"
    if low <= 0 <= high:
        return "unknown"
    return "this" if (value > 0) == up else "first"


def _refuse_other_classes(first: Run, known: SoftmaxModel, run: Run, model: SoftmaxModel) -> None:
    if set(model.classes) != set(known.classes):
        raise DataError(
            f"{first.path} knows the classes {listed(known.classes)}, and {run.path} {listed(model.classes)}: "
            "probabilities over different classes cannot be compared.",
            "Compare runs that were trained on the same classes.",
        )


def _refuse_other_labels(first: Run, rows: LabelledRows, run: Run, others: LabelledRows) -> None:
    """Refuse runs that are measured against different truths."""
    soft = [each.distribution is not None for each in (rows, others)]
    labels = [each.dataset.labels for each in (rows, others)]
    if soft[0] != soft[1] or not np.array_equal(*labels):  # type: ignore[arg-type]
        raise DataError(
            f'{first.path} predicts "{rows.dataset.target}" and {run.path} "{others.dataset.target}", whose values '
            f"differ in {rows.dataset.name}.",
            "Compare runs that predict the same column.",
        )


def _notes(runs: Sequence[Run], answered: Sequence[LabelledRows], n_rows: int) -> tuple[str, ...]:
    """What each run has to note, once if all say it; and a word on few rows."""
    notes: dict[str, list[str]] = {}
    for run, rows in zip(runs, answered, strict=True):
        for text in dict.fromkeys(rows.notes):
            notes.setdefault(text, []).append(str(run.path))
    told = [text if len(who) == len(runs) else f"{', '.join(who)}: {text}" for text, who in notes.items()]
    if 1 < n_rows < FEW_ROWS:
        told.append(f"of {n_rows} rows, intervals by the bootstrap are too narrow: take them for a hint.")
    return tuple(told)

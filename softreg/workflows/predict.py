"""Predict and evaluate: a trained model on new rows. No scikit-learn, so that it starts fast."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from softreg import data
from softreg.data.labels import encode
from softreg.data.matching import extras_note, places_of, refuse_unknown, refuse_unusable
from softreg.data.sources import kind_of
from softreg.data.stream import NAMELESS, Stream, opened
from softreg.errors import DataError, UsageError, did_you_mean, listed
from softreg.model import SoftmaxModel
from softreg.runs import model_of
from softreg.settings import SourceSettings
from softreg.workers import available_cores
from softreg.workflows.answers import Style, refuse_suffix
from softreg.workflows.pipeline import in_order

if TYPE_CHECKING:
    from softreg.data.dataset import Dataset
    from softreg.workflows.answering import Tally

__all__ = ["Evaluation", "Predictions", "evaluate", "predict"]

MOST_THREADS = 4
"""Each holds a block of the table: more would be faster, and take more memory."""

MEND = "Fill in or mend such rows: the model needs this column."


@dataclass(frozen=True)
class Predictions:
    """What there is to tell of answers that have been written."""

    n_rows: int
    notes: tuple[str, ...]
    scored: int
    accuracy: float | None
    rejected: int


@dataclass(frozen=True)
class Evaluation:
    """Metrics on labelled rows."""

    model: SoftmaxModel
    name: str
    metrics: dict[str, Any]
    notes: tuple[str, ...]


def predict(
    model_word: str, spec: str, source: SourceSettings, style: Style | None = None, *, output: str = "-"
) -> Predictions:
    """Answer every row of an input, in order, and write a table of it; where it carries labels, score them on the side.

    Tables are read, answered and written a block at a time. A file appears when all is done, or not at all; on standard
    output (``-``) there may be answers before an error.

    Raises
    ------
    DataError
        The input cannot be read, lacks columns, or has a row that cannot be answered where ``style`` does not allow it.
    UsageError
        Something that was asked for has no effect on this input, or cannot be written.
    """
    style = style or Style()
    refuse_suffix(output)
    model, _ = model_of(model_word)
    _refuse_style(style, model)
    with _stream(spec, model, source, style) as stream:
        kept = _kept(stream, style, model)
        tally = _write_answers(stream, model, style, kept, output)
    others = [name for name in stream.columns if name != model.target and name not in kept]
    notes = (*stream.notes, *extras_note(others, model.inputs), *_counts(tally))
    accuracy = tally.right / tally.scored if tally.scored else None
    return Predictions(tally.n_rows, notes, tally.scored, accuracy, tally.rejected)


def _write_answers(stream: Stream, model: SoftmaxModel, style: Style, kept: tuple[str, ...], output: str) -> Tally:
    """Read, answer and write, block by block, and return the counts."""
    from softreg.data.blocks import Wanted
    from softreg.data.writers import separator_of, written_to
    from softreg.workflows.answering import Answerer, Tally, Told

    # where all columns are kept, and between the same separators, whole lines are
    plain = not any("\n" in label for label in (*model.classes, style.reject_label))
    lines = style.keep_all and plain and stream.separator is not None and stream.separator == separator_of(output)
    answerer, tally, passed = Answerer(model, style, () if lines else kept), Tally(), 0
    names = [*kept, *answerer.names] if lines else answerer.names
    _refuse_twice(names, kept, stream.name)
    places_of(model.inputs, stream.columns, stream.name)
    label = model.target if model.target in stream.columns and model.target not in model.inputs else None
    parse = stream.parser(Wanted(model.inputs, model.preparation.levels, () if lines else kept, label, lines))
    # the threads are ours: BLAS's own would fight with them for the same cores
    with threadpool_limits(limits=1, user_api="blas"), written_to(output, [_shown(name) for name in names]) as writer:

        def work(piece: Any) -> tuple[Any, Told]:
            block = parse(piece)
            frame, told = answerer(block)
            return writer.rendered(frame, block.lines), told

        n_threads = min(MOST_THREADS, available_cores())
        with contextlib.closing(in_order(work, stream.pieces(), n_threads)) as blocks:
            for rendered, told in blocks:
                if told.fault and style.on_error == "fail":
                    place, fault = told.fault
                    what = f"{stream.name}, row {passed + place + 1}: {fault.reason}."
                    raise DataError(what, f"{fault.advice} To answer the other rows, type --on-error blank.")
                if told.tally.n_rows:
                    writer.write(rendered)
                tally.add(told.tally)
                passed += told.n_records
        if not tally.n_rows:
            raise DataError(f"{stream.name} has a header and no rows.", "Give at least one row.")
    return tally


@contextlib.contextmanager
def _stream(spec: str, model: SoftmaxModel, source: SourceSettings, style: Style) -> Iterator[Stream]:
    """The input as a stream; what is no table is read whole."""
    if kind_of(spec) == "table":
        with opened(spec, source) as stream:
            yield stream
        return
    idle = {"--keep-all": style.keep_all, "--keep": style.keep, "--separator": source.separator}
    for option, value in (idle | {"--encoding": source.encoding}).items():
        if value:
            raise UsageError(f"{option} has no effect on {spec}, which is no table.", "Leave it out.")
    from softreg.data.whole import WholeStream

    dataset = data.load_inputs(spec, model.preparation, model.target, source)
    if style.on_error == "fail" or dataset.sparse:
        refuse_unusable(dataset, model.preparation, MEND)
    yield WholeStream(dataset)


def _refuse_style(style: Style, model: SoftmaxModel) -> None:
    """Refuse what this model cannot do."""
    known = listed(model.classes)
    if style.top_k > len(model.classes):
        raise UsageError(
            f"--top-k {style.top_k}: the model has {len(model.classes)} classes, {known}.", "Ask for fewer."
        )
    if style.threshold is not None and style.reject_label in model.classes:
        raise UsageError(f'--reject-label "{style.reject_label}" is a class of the model: {known}.', "Name another.")


def _kept(stream: Stream, style: Style, model: SoftmaxModel) -> tuple[str, ...]:
    """The columns of the input that come before the answers: the model's ids, then those that were asked for."""
    if style.keep_all:
        return stream.every
    kept = [name for name in model.metadata.get("id", []) if name in stream.columns]
    for pattern in style.keep:
        meant = [name for name in stream.columns if fnmatchcase(name, pattern)]
        if pattern not in stream.columns and not meant:
            refuse_unknown(stream.name, "--keep", pattern, stream.columns)
        kept += [pattern] if pattern in stream.columns else meant
    return tuple(dict.fromkeys(kept))


def _shown(name: str) -> str:
    return "" if name.startswith(NAMELESS) else name


def _refuse_twice(names: list[str], kept: tuple[str, ...], name: str) -> None:
    """Refuse to write two columns of one name."""
    twice = next((column for column, count in Counter(names).items() if count > 1), None)
    if twice in kept:
        advice = "Rename it in the input, or name the columns to keep with --keep."
        raise DataError(f'{name} has a column "{twice}", and so have the answers.', advice)
    if twice is not None:
        raise UsageError(f'--proba and --top-k would both write a column "{twice}".', "Leave one of them out.")


def _otherwise(filled: Mapping[str, int], unseen: Mapping[str, int]) -> list[str]:
    """Notes on values that are not as training knew them, by column."""
    notes = []
    if filled:
        notes.append(f"Missing values were filled in as in training: {_counted(filled)}.")
    if unseen:
        notes.append(f"Values that training had not count as none of the known ones: {_counted(unseen)}.")
    return notes


def _counts(tally: Tally) -> tuple[str, ...]:
    """Notes on rows that are not as training knew them."""
    notes = _otherwise(tally.filled, tally.unseen)
    if tally.blank:
        notes.append(f"{_rows(tally.blank)} could not be answered; the column reason tells why.")
    if tally.strange:
        notes.append(_strangers(tally.strange, tally.strangers))
    return tuple(notes)


def _strangers(count: int, strangers: Mapping[str, int]) -> str:
    """A note on labels that the model does not know."""
    have = "has a class" if count == 1 else "have a class"
    return f"{_rows(count)} {have} that the model does not know: {_counted(strangers)}."


def _counted(counts: Mapping[str, int]) -> str:
    return listed(f"{name} ({count})" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"


def evaluate(model_word: str, spec: str, source: SourceSettings) -> Evaluation:
    """Measure a model on labelled rows; the yardsticks guess by the class counts of its own training rows.

    Rows of a class that the model does not know are counted apart, as ``unknown_classes``. ``source.weight_col`` weighs
    the rows, and ``source.target_distribution`` names soft labels. Raises :class:`DataError` where the input has no
    label that the model knows.
    """
    from softreg.metrics import evaluate as measure

    model, _ = model_of(model_word)
    source = replace(
        source, target_distribution=source.target_distribution or tuple(model.metadata.get("target_distribution", ()))
    )
    dataset = data.load_inputs(spec, model.preparation, model.target, source)
    if dataset.labels is None:
        raise DataError(
            f'{dataset.name} has no column "{model.target}" to evaluate against. '
            + did_you_mean(model.target, dataset.columns),
            "Type softreg predict for rows without labels.",
        )
    if source.weight_col and dataset.weights is None:
        refuse_unknown(dataset.name, "--weight-col", source.weight_col, dataset.columns)
    codes = encode(dataset.labels, model.classes)
    known, empty = codes >= 0, np.char.strip(dataset.labels) == ""
    strangers = Counter(dataset.labels[~known & ~empty].tolist())
    if not known.any():
        why = _strangers(strangers.total(), strangers) if strangers else "It is empty."
        raise DataError(f'No row of {dataset.name} has a known label in "{model.target}".', why)
    labelled = dataset.take(known)
    refuse_unusable(labelled, model.preparation, MEND)
    log_proba = model.predict_log_proba(model.preparation.apply(labelled.X))
    masses = np.array([model.metadata["class_counts"][name] for name in model.classes], dtype=np.float64)
    metrics = measure(
        log_proba,
        codes[known],
        model.classes,
        np.arange(len(masses)),
        sample_weight=labelled.weights,
        train_weight=masses,
        distribution=_soft_labels(labelled, model.classes),
    )
    notes = _evaluation_notes(dataset, model, int(empty.sum()))
    if isinstance(labelled.X, np.ndarray):
        notes = (*notes, *_otherwise(model.preparation.filled(labelled.X), model.preparation.unseen(labelled.X)))
    if strangers:
        metrics["unknown_classes"] = dict(strangers.most_common())
        notes = (*notes, f"{_strangers(strangers.total(), strangers)[:-1]}. The other rows were measured.")
    return Evaluation(model, dataset.name, metrics, notes)


def _soft_labels(dataset: Dataset, classes: tuple[str, ...]) -> np.ndarray | None:
    """The soft labels of a dataset in the order of a model's classes, where it has any."""
    if dataset.distribution is None:
        return None
    if set(dataset.classes) != set(classes):
        what = f"--target-distribution names {listed(dataset.classes)}, and the model knows {listed(classes)}."
        raise DataError(what, "Name a column for every class of the model.")
    return np.asarray(dataset.distribution[:, [dataset.classes.index(name) for name in classes]])


def _evaluation_notes(dataset: Dataset, model: SoftmaxModel, empty: int) -> tuple[str, ...]:
    notes = dataset.notes
    if model.metadata.get("data_sha256") == dataset.origin["sha256"]:
        notes = (*notes, "these are the very data that the model was trained on; on new rows it will do worse.")
    if empty:
        notes = (*notes, f"{_rows(empty)} without a label {'was' if empty == 1 else 'were'} left out.")
    return notes

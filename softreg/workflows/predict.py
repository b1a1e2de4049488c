"""Predict: a trained model's answers to new rows. No scikit-learn, so that it starts fast."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from softreg import data
from softreg.data.kinds import kind_of
from softreg.data.matching import extras_note, places_of, refuse_unknown, refuse_unusable
from softreg.data.stream import NAMELESS, Stream, opened
from softreg.errors import DataError, UsageError, listed, plural
from softreg.model import SoftmaxModel
from softreg.runs import model_of
from softreg.settings import SourceSettings
from softreg.workers import available_cores
from softreg.workflows.answers import Style, refuse_suffix
from softreg.workflows.labelled import MEND
from softreg.workflows.notes import otherwise, strangers_told
from softreg.workflows.pipeline import in_order

if TYPE_CHECKING:
    from softreg.workflows.answering import Tally

__all__ = ["Predictions", "predict", "streamed"]

MOST_THREADS = 4
"""Each holds a block of the table: more would be faster, and take more memory."""


@dataclass(frozen=True)
class Predictions:
    """What there is to tell of answers that have been written."""

    n_rows: int
    notes: tuple[str, ...]
    scored: int
    accuracy: float | None
    rejected: int


def predict(
    model_word: str,
    spec: str,
    source: SourceSettings,
    style: Style | None = None,
    *,
    output: str = "-",
    overwrite: bool = True,
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
    with streamed(spec, model, source, style) as stream:
        kept = _kept(stream, style, model)
        tally = _write_answers(stream, model, style, kept, output, overwrite=overwrite)
    others = [name for name in stream.columns if name != model.target and name not in kept]
    notes = (*stream.notes, *extras_note(others, model.inputs), *_counts(tally))
    accuracy = tally.right / tally.scored if tally.scored else None
    return Predictions(tally.n_rows, notes, tally.scored, accuracy, tally.rejected)


def _write_answers(
    stream: Stream, model: SoftmaxModel, style: Style, kept: tuple[str, ...], output: str, *, overwrite: bool
) -> Tally:
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
    to = written_to(output, [_shown(name) for name in names], overwrite=overwrite)
    # the threads are ours: BLAS's own would fight with them for the same cores
    with threadpool_limits(limits=1, user_api="blas"), to as writer:

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
def streamed(spec: str, model: SoftmaxModel, source: SourceSettings, style: Style) -> Iterator[Stream]:
    """Open an input as a stream of rows for a model; what is no table is read whole."""
    if kind_of(spec) == "table":
        with opened(spec, source) as stream:
            yield stream
        return
    idle = {"--keep-all": style.keep_all, "--keep": style.keep, "--separator": source.separator}
    for option, value in (idle | {"--encoding": source.encoding}).items():
        if value:
            raise UsageError(f"{option} has no effect on {spec}, which is no table.", "Leave it out.")
    from softreg.data.whole import WholeStream

    dataset = data.load_inputs(spec, model.preparation, model.target, source, fill_home=True)
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


def _counts(tally: Tally) -> tuple[str, ...]:
    """Notes on rows that are not as training knew them."""
    notes = otherwise(tally.filled, tally.unseen)
    if tally.blank:
        notes.append(f"{plural(tally.blank, 'row')} could not be answered; the column reason tells why.")
    if tally.strange:
        notes.append(strangers_told(tally.strange, tally.strangers))
    return tuple(notes)

"""Explain: one row of an input, from its features to the answer, and what would change it. No scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from softreg.data.blocks import Block, Wanted
from softreg.data.dataset import Dataset
from softreg.data.matching import places_of, refuse_unusable
from softreg.data.stream import Stream
from softreg.data.targets import soft_labels
from softreg.errors import DataError, UsageError, did_you_mean, listed, plural
from softreg.explanation import Given, contributions, given_columns, level_flips, nearest_boundary, single_flips
from softreg.model import SoftmaxModel
from softreg.runs import model_of
from softreg.settings import SourceSettings
from softreg.workflows.answering import BEYOND
from softreg.workflows.answers import Style
from softreg.workflows.explained import Explained, Flip
from softreg.workflows.predict import streamed

__all__ = ["draw_explained", "explain"]

MEND = "Fill it in or mend it: the model needs this column."


def explain(
    model_word: str,
    spec: str,
    row: int,
    source: SourceSettings,
    *,
    why: str | None = None,
    why_not: str | None = None,
) -> Explained:
    """Explain the answer to one row of an input, counted from 1; a table is read no further than there.

    The question is "why A and not B": ``why``, by default the answer, and ``why_not``, by default the likeliest other.

    Raises
    ------
    DataError
        The input cannot be read, lacks columns, has no such row, or the row cannot be answered.
    UsageError
        There is no such class, or both are the same.
    """
    model, _ = model_of(model_word)
    with streamed(spec, model, source, Style(on_error="blank")) as stream:
        block, place = _found(stream, model, row)
        name = stream.name
    raw = block.raw[[place]]
    raw = raw if isinstance(raw, np.ndarray) else raw.toarray()
    refuse_unusable(Dataset(name, raw, None, model.inputs, np.array([row])), model.preparation, MEND)
    x = np.asarray(model.preparation.apply(raw)[0], dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        logits, reference = model.logits(x[None])[0], _reference(model)
    if not np.isfinite(logits).all():
        raise DataError(f"{name}, row {row}: {BEYOND.reason}.", BEYOND.advice)
    given = given_columns(model.preparation, raw[0], {text.name: text[place] for text in block.texts})
    label, truth = _truth(block, place, model, row)
    movable = _movable(given)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a change may be out of reach
        told = contributions(x, model.weights, model.intercept, reference)
        return Explained(
            model,
            name,
            row,
            x,
            reference,
            logits,
            told,
            given,
            told.by_column([len(one.features) for one in given]),
            label,
            truth,
            _question(logits, model.classes, why, why_not),
            nearest_boundary(logits, model.weights, _deviation(model), movable),
            (*_number_flips(model, logits, given, movable), *_level_flips(model, raw[0], logits, given)),
            "deviation" in model.features,
        )


def _found(stream: Stream, model: SoftmaxModel, row: int) -> tuple[Block, int]:
    """The block that holds a row, and the row's place in it."""
    places_of(model.inputs, stream.columns, stream.name)
    label = model.target if model.target in stream.columns and model.target not in model.inputs else None
    soft = tuple(model.metadata.get("target_distribution", ()))
    kept = soft if set(soft) <= set(stream.columns) else ()
    parse, passed = stream.parser(Wanted(model.inputs, model.preparation.levels, kept, label)), 0
    for piece in stream.pieces():
        block = parse(piece)
        at = np.flatnonzero(block.places == row - 1 - passed)
        if len(at):
            place = int(at[0])
            if place in block.faults:
                fault = block.faults[place]
                raise DataError(f"{stream.name}, row {row}: {fault.reason}.", fault.advice)
            return block, place
        passed += block.n_records
        if passed >= row:
            raise DataError(f"{stream.name}, row {row}: the line is blank.", "Name another row.")
    advice = f"Name one from 1 to {passed} with --row." if passed else "Give at least one row."
    raise DataError(f"{stream.name} has {plural(passed, 'row')}, and no row {row}.", advice)


def _reference(model: SoftmaxModel) -> np.ndarray:
    """The row that contributions start from: the averages of training, or zeros where they are not known."""
    zeros = np.zeros(len(model.weights))
    if model.metadata.get("scale") == "standard":
        return np.asarray(model.features.get("average", model.features.get("mean", zeros)))
    return np.asarray(model.features.get("average", zeros))


def _deviation(model: SoftmaxModel) -> np.ndarray:
    return np.asarray(model.features.get("deviation", np.ones(len(model.weights))))


def _movable(given: tuple[Given, ...]) -> np.ndarray:
    """Which features can be moved: numbers that are given, but not their indicators, nor levels."""
    return np.array([one.kind == "number" and place == 0 for one in given for place in range(len(one.features))])


def _question(logits: np.ndarray, classes: tuple[str, ...], why: str | None, why_not: str | None) -> tuple[int, int]:
    """The classes of "why A and not B"."""
    first = int(logits.argmax()) if why is None else _class_of(why, "--why", classes)
    if why_not is None:
        others = logits.copy()
        others[first] = -np.inf
        return first, int(others.argmax())
    second = _class_of(why_not, "--why-not", classes)
    if first == second:
        said = f'"{classes[first]}" is what the model says' if why is None else "--why and --why-not are the same class"
        raise UsageError(f"{said}: there is nothing to compare.", "Name another class with --why or --why-not.")
    return first, second


def _class_of(name: str, option: str, classes: tuple[str, ...]) -> int:
    if name not in classes:
        advice = did_you_mean(name, classes) or f"Its classes: {listed(classes, most=20)}."
        raise UsageError(f'The model knows no class "{name}" ({option}).', advice)
    return classes.index(name)


def _truth(block: Block, place: int, model: SoftmaxModel, row: int) -> tuple[str | None, np.ndarray | None]:
    """The label as it is written, and the true distribution over the model's classes where that is known."""
    columns = tuple(model.metadata.get("target_distribution", ()))
    if columns and set(columns) <= set(block.texts.columns):
        soft = soft_labels(block.texts[[place]], columns, np.array([row]))
        if set(soft.classes) != set(model.classes):
            return None, None
        return str(soft.labels[0]), soft.q[0, [soft.classes.index(name) for name in model.classes]]
    label = None if block.labels is None else block.labels[place]
    if not (label or "").strip():
        return None, None
    return label, np.eye(len(model.classes))[model.classes.index(label)] if label in model.classes else None


def _number_flips(model: SoftmaxModel, logits: np.ndarray, given: tuple[Given, ...], movable: np.ndarray) -> list[Flip]:
    """The numbers that alone can change the answer, the nearest first."""
    flips, deviation = single_flips(logits, model.weights, movable), _deviation(model)
    owners = [one for one in given for _ in one.features]
    far = flips.change / deviation
    order = [place for place in np.argsort(np.abs(far), kind="stable").tolist() if flips.rival[place] >= 0]
    found = []
    for place in order:
        value = float(owners[place].value or 0.0)
        to, rival = value + float(flips.change[place]), int(flips.rival[place])
        found.append(Flip(owners[place].name, value, to, float(far[place]), rival))
    return found


def _level_flips(model: SoftmaxModel, raw: np.ndarray, logits: np.ndarray, given: tuple[Given, ...]) -> list[Flip]:
    """The levels that alone change the answer."""
    start = {one.name: one.value for one in given}
    found = level_flips(model.preparation, raw, logits, model.weights)
    return [Flip(flip.column, start[flip.column], flip.level, None, flip.becomes) for flip in found]


def draw_explained(told: Explained, top: int, path: Path, *, overwrite: bool = True) -> None:
    """Draw the row's contributions into a file: pixels as images, the ``top`` columns and the rest as a staircase."""
    from softreg.plots import contributions as plots
    from softreg.plots.style import save

    if not path.parent.is_dir():
        raise DataError(f"There is no folder {path.parent} to draw into.", "Make it, or name another file with -o.")
    first, second = (told.model.classes[code] for code in told.question)
    row, shape = f"row {told.row} of {told.name}", told.model.metadata.get("image_shape")
    if shape:
        parts = told.told.parts[:, list(told.question)].reshape(*shape, 2)
        figure = plots.draw_contribution_images(told.x.reshape(shape), parts, (first, second), row)
    else:
        names, values = told.steps(top)
        steps = plots.Staircase(first, second, told.start_name, row, names, values, told.start_odds)
        figure = plots.draw_contributions(steps)
    save(figure, path, overwrite=overwrite)

"""``softreg show``: what is inside a model, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from softreg.cli.command import Command
from softreg.cli.words import (
    HOLD,
    SCALED,
    WIDTH,
    calibration_words,
    compact,
    number,
    plural,
    printable,
    row,
    say,
    short,
    table,
    typed,
)

if TYPE_CHECKING:
    from softreg.model import SoftmaxModel
    from softreg.preparation import Category, Number
    from softreg.workflows.carry import Contents
    from softreg.workflows.pulls import Pull

__all__ = ["show"]

MOST_COLUMNS = 20
MOST_CLASSES = 12
MOST_PULLS = 10


@click.command(cls=Command)
@click.argument("model", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(model: str, as_json: bool) -> None:
    """Show what is inside a model.

    RUN is last, a run folder, or a model file. Told are its classes, columns, training and strongest weights.

    \b
    softreg show last
    softreg show runs/iris-1/model.npz --json
    """
    from softreg.workflows.carry import contents

    found = contents(model)
    if as_json:
        from softreg.runs import dumps

        say(dumps(found.to_json()), nl=False)
        return
    say("\n".join([*_about(found), *_columns(found.model), *_pulls(found.model, model)]))
    say(row("next", typed("predict", model, "new.csv")))


def _about(found: Contents) -> list[str]:
    """Size, classes, training and file, a paragraph each."""
    model, facts = found.model, found.model.metadata
    counts = facts.get("class_counts", {})
    classes = [
        f"{short(name, 20)}{HOLD}({counts[name]:g})" if name in counts else short(name, 20) for name in model.classes
    ]
    rest = f" and {len(classes) - MOST_CLASSES} more" if len(classes) > MOST_CLASSES else ""
    sizes = (len(model.inputs), "column"), (len(model.columns), "feature"), (len(model.classes), "class")
    lines = [
        row(short(found.name, 24), ", ".join(_many(*each) for each in sizes)),
        row(short(model.target, 24), ", ".join(classes[:MOST_CLASSES]) + rest),
    ]
    if "data" in facts:
        n_rows = f", {plural(round(sum(counts.values())), 'row')}" if counts else ""
        lines.append(row("trained", f"on {facts['data']}{n_rows}, by softreg{HOLD}{facts.get('softreg', '?')}"))
    if "l2" in facts:
        scaled = SCALED.get(facts.get("scale", ""), "")
        lines.append(row("fit", f"l2{HOLD}{compact(facts['l2'])}" + (f", features {scaled}" if scaled else "")))
    if told := _calibration(facts.get("calibration", {})):
        lines.append(row("calibrated", told))
    if held := found.metrics.get("test"):
        told = f"accuracy {number(held['accuracy'])}, cross-entropy {number(held['cross_entropy'])}"
        lines.append(row("test", f"{told} on {plural(held['n_rows'], 'row')}"))
    lines.append(row("file", f"{found.path}, {size(found.n_bytes)}, written {found.written:%Y-%m-%d %H:%M}"))
    return lines


def _calibration(record: dict[str, Any]) -> str:
    """What was done to the probabilities, or would have to be."""
    if record.get("shares") == "balanced":
        even = "to balanced class weights: the probabilities speak of classes that are equally common"
        return "; ".join(filter(None, [even, calibration_words(record)]))
    return calibration_words(record)


def size(n_bytes: int) -> str:
    """Return a size as people say it.

    >>> size(900), size(2_340), size(5_000_000)
    ('900\xa0bytes', '2.3\xa0kB', '5.0\xa0MB')
    """
    if n_bytes < 1000:
        return plural(n_bytes, "byte")
    return f"{n_bytes / 1e3:.1f}{HOLD}kB" if n_bytes < 1e6 else f"{n_bytes / 1e6:.1f}{HOLD}MB"


def _many(count: int, noun: str) -> str:
    return f"{count}{HOLD}classes" if noun == "class" else plural(count, noun)


def _columns(model: SoftmaxModel) -> list[str]:
    """A line for each column of a table: its kind, what stands for a missing value, and its values."""
    from softreg.preparation import Number

    ready, shape = model.preparation, model.metadata.get("image_shape")
    if shape:
        return [row("columns", f"pixels of images, {shape[0]} by {shape[1]}: {ready.names[0]} to {ready.names[-1]}")]
    lines = [["column", "kind", "if missing", ""]]
    for column in ready.columns[:MOST_COLUMNS]:
        told = _number(column) if isinstance(column, Number) else _category(column)
        lines.append([short(column.name, 24), *told])
    more = len(ready.columns) - MOST_COLUMNS
    rest = [f"and {more} more"] if more > 0 else []
    return [short(line, WIDTH) for line in table(lines, left=4).splitlines()] + rest


def _number(column: Number) -> list[str]:
    filled = "refused" if column.fill is None else f"{column.fill:.4g}"
    return ["number", filled, "and a feature that says so" if column.indicator else ""]


def _category(column: Category) -> list[str]:
    missing = {"level": "a value", "none": "no value", "refused": "refused"}[column.missing]
    rare = [f"rare: {_levels(column.rare)}"] if column.rare else []
    return ["category", missing, "; ".join([_levels(column.levels), *rare])]


def _levels(levels: tuple[str, ...]) -> str:
    """The levels in a line; one that could be taken for two is quoted."""
    return ", ".join(f'"{level}"' if set(",;") & set(level) else level for level in levels)


def _pulls(model: SoftmaxModel, word: str) -> list[str]:
    """The strongest features of each class, where they are few enough to be read."""
    from softreg.workflows.pulls import pulls

    if model.metadata.get("image_shape") or len(model.classes) > MOST_PULLS:
        return [row("weights", f"{typed('export', word, '--format', 'csv')} writes all of them")]
    told = pulls(model)
    if not told:
        return []
    unit = "log-odds" if len(model.classes) == 2 else "logit"
    margin = max(len(short(pull.to, 14)) for pull in told) + len("pulls to ") + 2
    lines = [f"{'pulls to ' + short(pull.to, 14):<{margin}}{_strongest(pull, WIDTH - margin)}" for pull in told]
    return [*lines, f"{'':<{margin}}({unit} per standard deviation)"]


def _strongest(pull: Pull, room: int) -> str:
    """As many of the features as there is room for, at least one."""
    told = [f"{short(name, room - 8)} {weight:+.2f}" for name, weight in pull.strongest]
    while len(told) > 1 and len("   ".join(told)) > room:
        told.pop()
    return printable("   ".join(told))

"""``softreg compare``: runs side by side, and on the same rows."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import click

from softreg.cli.command import Command
from softreg.cli.options import SEED, gathered, setting
from softreg.cli.words import WIDTH, compact, note, number, plural, printable, row, say, short, table, typed
from softreg.errors import UsageError
from softreg.settings import SourceSettings, SplitSettings, TrainingSettings

if TYPE_CHECKING:
    from softreg.workflows.paired import Difference, Paired, Rival

__all__ = ["compare"]

AUTO = {
    field.name
    for settings in (TrainingSettings, SplitSettings, SourceSettings)
    for field in fields(settings)
    if field.default is None and "auto is" in field.metadata["help"]
}
MARGIN = 15


@click.command(cls=Command, short_help="Put runs side by side; on the same rows, with an interval.")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--test", metavar="INPUT", help="Labelled rows, a file or a name, on which all runs are measured.")
@click.option("--seed", type=SEED, help="Seed of the bootstrap of --test.  [default: 0]")
@setting(SourceSettings, "weight_col", metavar="COL", basic=True)
@setting(SourceSettings, "separator", metavar="CHAR")
@setting(SourceSettings, "encoding", metavar="NAME")
@setting(SourceSettings, "data_home", metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print no notes.")
def compare(
    runs: tuple[str, ...], *, test: str | None, seed: int | None, as_json: bool, quiet: bool, **values: Any
) -> None:
    """Put runs side by side: the settings in which they differ, and what they reached.

    With --test, all runs answer the same rows, and a paired bootstrap tells how sure each difference from the first run
    is: an interval that 0 lies in is no difference that can be told.

    \b
    softreg compare runs/iris-1 runs/iris-2
    softreg compare runs/iris-1 runs/iris-2 --test test.csv
    """
    if len(runs) < 2:
        raise UsageError("One run has nothing to be compared with.", "Name two runs or more.")
    _refuse_idle(test, {"seed": seed} | values)
    from softreg.runs import dumps
    from softreg.workflows.compare import compare as workflow

    result = workflow(runs, test, gathered(SourceSettings, values), seed or 0)
    for text in result.test.notes if result.test else ():
        note(text, quiet)
    if as_json:
        say(dumps(asdict(result)), nl=False)
        return
    width = max(8, (WIDTH - 22) // len(runs) - 2)
    names = [_tail(name, width) for name in result.names]
    lines = [["", *names]]
    lines += [[key, *(short(_setting(key, value), width) for value in values)] for key, values in result.config.items()]
    measured = result.test.scores if result.test else result.metrics
    lines += [[_spelled(key), *(_cell(value) for value in values)] for key, values in measured.items()]
    say(table(lines))
    if result.test:
        say("\n".join(_differences(result.test, result.names[0])))
    say(row("next", typed("plot", *runs)))


def _refuse_idle(test: str | None, values: dict[str, Any]) -> None:
    idle = [name for name, value in values.items() if value is not None and test is None]
    if idle:
        raise UsageError(f"--{idle[0].replace('_', '-')} has no effect without --test.", "Add --test INPUT.")


def _setting(key: str, value: Any) -> Any:
    """A setting for the table: one that a run does not name was chosen by itself, or had no effect there."""
    return value if value is not None else "auto" if key in AUTO else "-"


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, int) else "infinite" if value == float("inf") else number(value, 4)


def _tail(name: str, width: int) -> str:
    """The end of a path, which tells runs apart."""
    return name if len(name) <= width else "…" + name[-(width - 1) :]


def _spelled(key: str) -> str:
    """A measure as it is read: of the test rows alone, as it is called."""
    return {"cross_entropy": "cross-entropy", "brier": "Brier score"}.get(key, key)


def _differences(test: Paired, first: str) -> list[str]:
    """A sentence for each run and measure."""
    weighed = f", weighed by {short(test.weight_col, 20)}" if test.weight_col else ""
    lines = [row("rows", f"{plural(test.n_rows, 'row')} of {short(test.data, 30)}, the same for all runs{weighed}")]
    for rival in test.rivals:
        names = _tail(rival.name, 24), _tail(first, 24)
        if len(test.rivals) > 1:
            lines.append(printable(f"{names[0]} against {names[1]}"))
        lines += [_sentence(measure, told, names, test.n_rows) for measure, told in rival.differences.items()]
        lines += _alone(rival, names)
    return lines


def _sentence(measure: str, told: Difference, names: tuple[str, str], n_rows: int) -> str:
    this, first = names
    size, ends = number(abs(told.value), 4), sorted((abs(told.low), abs(told.high)))
    if told.reason:
        said = f"no interval: {told.reason}"
    elif told.better == "equal":
        said = f"equal in every one of these {plural(n_rows, 'row')}"
    elif told.better == "unknown":
        interval = f"{told.low:+.4f} to {told.high:+.4f}"
        few = "" if told.low <= 0 <= told.high else ", but on too few rows that tell them apart"
        said = f"no difference can be told from these {plural(n_rows, 'row')}"
        said += f"; {this} less {first}: {told.value:+.4f} ({interval}){few}"
    else:
        better = this if told.better == "this" else first
        said = f"{better} is better by {size} ({number(ends[0], 4)} to {number(ends[1], 4)}), on rows like these"
    return row(_spelled(measure), said, MARGIN)


def _alone(rival: Rival, names: tuple[str, str]) -> list[str]:
    """How many rows one of two alone has right."""
    if rival.this_alone is None or rival.first_alone is None:
        return []
    told = f"{names[1]} in {plural(rival.first_alone, 'row')}, {names[0]} in {rival.this_alone}"
    chance = "" if rival.p_value is None or rival.p_value >= 1 else f" (sign test: p = {compact(rival.p_value)})"
    return [row("alone right", told + chance, MARGIN)]

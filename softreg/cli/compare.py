"""``softreg compare``: runs side by side."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import click

from softreg.cli.command import Command
from softreg.cli.words import WIDTH, number, row, short, table
from softreg.errors import UsageError
from softreg.settings import SourceSettings, SplitSettings, TrainingSettings

__all__ = ["compare"]

AUTO = {
    field.name
    for settings in (TrainingSettings, SplitSettings, SourceSettings)
    for field in fields(settings)
    if field.default is None and "auto is" in field.metadata["help"]
}


@click.command(cls=Command, short_help="Put runs side by side.")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def compare(runs: tuple[str, ...], as_json: bool) -> None:
    """Put runs side by side: the settings in which they differ, and what they reached.

    \b
    softreg compare runs/iris-1 runs/iris-2
    """
    if len(runs) < 2:
        raise UsageError("One run has nothing to be compared with.", "Name two runs or more.")
    from softreg.runs import dumps
    from softreg.workflows.compare import compare as workflow

    result = workflow(runs)
    if as_json:
        click.echo(dumps(asdict(result)), nl=False)
        return
    width = max(8, (WIDTH - 22) // len(runs) - 2)
    lines = [["", *(_tail(name, width) for name in result.names)]]
    lines += [[key, *(short(_setting(key, value), width) for value in values)] for key, values in result.config.items()]
    lines += [[key, *(_cell(value) for value in values)] for key, values in result.metrics.items()]
    click.echo(table(lines))
    click.echo(row("next", f"softreg plot {' '.join(runs)}"))


def _setting(key: str, value: Any) -> Any:
    """A setting for the table: one that a run does not name was chosen by itself, or had no effect there."""
    return value if value is not None else "auto" if key in AUTO else "-"


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, int) else number(value, 4)


def _tail(name: str, width: int) -> str:
    """The end of a path, which tells runs apart."""
    return name if len(name) <= width else "…" + name[-(width - 1) :]

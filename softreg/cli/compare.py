"""``softreg compare``: runs side by side."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from softreg.cli.command import Command
from softreg.cli.words import WIDTH, row, short, table
from softreg.errors import UsageError

__all__ = ["compare"]


@click.command(cls=Command)
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
    lines += [
        [key, *(short("auto" if value is None else value, width) for value in values)]
        for key, values in result.config.items()
    ]
    lines += [[key, *(_cell(value) for value in values)] for key, values in result.metrics.items()]
    click.echo(table(lines))
    click.echo(row("next", f"softreg plot {' '.join(runs)}"))


def _cell(value: Any) -> str:
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.4f}"


def _tail(name: str, width: int) -> str:
    """The end of a path, which tells runs apart."""
    return name if len(name) <= width else "…" + name[-(width - 1) :]

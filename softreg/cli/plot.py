"""``softreg plot``: pictures of runs."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from softreg.cli.command import Command
from softreg.cli.options import refuse_existing
from softreg.cli.words import row, say
from softreg.settings import PLOT_KINDS

__all__ = ["plot"]

NEXT = {
    "curves": "softreg plot {run} --kind weights",
    "confusion": "softreg plot {run} --kind mistakes",
    "mistakes": "softreg plot {run} --kind weights",
    "weights": "softreg predict {run} new.csv",
    "boundary": "softreg plot {run} --kind weights",
    "path": "softreg predict {run} new.csv",
    "reliability": "softreg plot {run} --kind coverage",
    "coverage": "softreg predict {run} new.csv --threshold 0.9",
}


@click.command(cls=Command)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(PLOT_KINDS), default="curves", show_default=True, help="What to draw.")
@click.option("-o", "--output", metavar="FILE", help=".png, .svg or .pdf; else KIND.png in the run (of several: here).")
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def plot(runs: tuple[str, ...], kind: str, output: str | None, overwrite: bool, quiet: bool) -> None:
    """Draw a RUN: last, or a run folder. Several runs overlay their curves.

    \b
    softreg plot last
    softreg plot runs/iris-1 runs/iris-2 -o curves.svg
    softreg plot last --kind weights
    """
    if len(runs) > 1 and not output:
        output = f"{kind}.png"  # in the folder of one of them it would take the place of its own
    refuse_existing(output or "-", overwrite)
    from softreg.workflows.draw import draw

    path = draw(runs, kind, Path(output) if output else None, overwrite=overwrite)
    if not quiet:
        say(row("saved", str(path)))
        say(row("next", NEXT[kind].format(run=shlex.quote(runs[0]))))

"""``softreg predict``: a model's answers to new rows, as CSV."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from softreg.cli.command import Command
from softreg.cli.words import note, plural, row
from softreg.errors import DataError, UsageError
from softreg.settings import SourceSettings

__all__ = ["predict", "refuse_existing"]


@click.command(cls=Command)
@click.argument("model", metavar="RUN")
@click.argument("data", metavar="INPUT")
@click.option("-o", "--output", default="-", metavar="FILE", help="CSV file to write; else stdout.")
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@click.option("--proba", is_flag=True, help="Add a column p_CLASS for every class.")
@click.option("--data-home", metavar="DIR", help="Folder in which named data sets are looked for.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but the CSV and errors.")
def predict(model: str, data: str, *, output: str, overwrite: bool, proba: bool, data_home: str, quiet: bool) -> None:
    """Predict the class of every row of INPUT with RUN.

    RUN is last, a run folder, or a model file. INPUT is a file or a name, as for train, or - for CSV on stdin; its
    columns are matched by name. Out come prediction and confidence, a line for each row, in order.

    \b
    softreg predict last datasets/new_flowers.csv
    softreg predict runs/iris-1 new.csv --proba -o answers.csv
    """
    refuse_existing(output, overwrite)
    from softreg.workflows.answers import write_table
    from softreg.workflows.predict import predict as workflow

    result = workflow(model, data, SourceSettings(data_home=data_home), every_class=proba)
    for text in result.notes:
        note(text, quiet)
    write_table(result.columns, sys.stdout.buffer if output == "-" else Path(output))
    if quiet:
        return
    if result.accuracy is not None:
        told = f"{result.accuracy:.3f} of {plural(result.scored, 'row')} with a label were right"
        click.echo(row("scored", told), err=True)
    if output != "-":
        click.echo(row("saved", f"{output}  ({plural(result.n_rows, 'row')})"), err=True)
    click.echo(row("next", f"softreg evaluate {model} LABELLED.csv"), err=True)


def refuse_existing(path: str, overwrite: bool) -> None:
    """Refuse to lose a file that exists."""
    if path == "-" and overwrite:
        raise UsageError("--overwrite has no effect without -o FILE.", "Leave it out.")
    if path != "-" and Path(path).exists() and not overwrite:
        raise UsageError(f"The file {path} exists.", "Name another, or add --overwrite.")
    if path != "-" and not Path(path).parent.is_dir():
        raise DataError(f"There is no folder {Path(path).parent} to write to.", "Make it, or name another file.")

"""``softreg datasets``: what can be trained on by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from softreg.cli.command import Command, Group
from softreg.cli.options import refuse_existing
from softreg.cli.words import HOLD, note, plural, printable, row, say, table, typed
from softreg.settings import SourceSettings
from softreg.terminal import standard_output

__all__ = ["datasets"]


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
def datasets(ctx: click.Context) -> None:
    """List the data sets that have a name; show or export one.

    \b
    softreg datasets
    softreg datasets show wine
    softreg datasets export digits -o digits.csv
    """
    if ctx.invoked_subcommand is None:
        from softreg.workflows.datasets import CATALOGUE

        lines = [["name", "rows", "features", "classes"]]
        lines += [[one.name, str(one.rows), str(one.features), str(one.classes)] for one in CATALOGUE]
        # what fits: the first words of each description; show gives the rest
        texts = [
            "",
            *(re.split("[,;]| from ", one.description)[0] + ("" if one.offline else " *") for one in CATALOGUE),
        ]
        for line, text in zip(table(lines).splitlines(), texts, strict=True):
            say(f"{line}  {text}".rstrip())
        say("* is downloaded, or found as files on this machine")
        say(row("also", "openml:NAME[@VERSION], and files: .csv .tsv .parquet .npz .svmlight, IDX folders"))
        say(row("next", "softreg train iris      softreg datasets show wine"))


@datasets.command("show", cls=Command)
@click.argument("data", metavar="NAME")
@click.option("--target", metavar="COL", help="Column that holds the label.")
@click.option("--data-home", metavar="DIR", help="Folder in which data sets are looked for and cached.")
def show(data: str, **values: Any) -> None:
    """Show the size, classes and columns of a data set or file.

    \b
    softreg datasets show wine
    """
    from softreg.workflows.datasets import describe, entry

    found = describe(data, SourceSettings(**values))
    dataset = found.dataset
    for text in dataset.notes:
        note(text, False)
    kind = "sparse" if dataset.sparse else "pixels" if dataset.pixels else "dense"
    say(row(dataset.name, f"{plural(dataset.n_samples, 'row')}, {plural(dataset.n_features, 'feature')}, {kind}"))
    counts = ", ".join(f"{name}{HOLD}({count})" for name, count in found.class_counts.items())
    say(row(dataset.target, counts))
    if known := entry(data):
        say(row("what", f"{known.description} ({known.source})"))
    X: Any = dataset.X
    if not dataset.sparse and dataset.n_features <= 40:
        lines = [["column", "lowest", "mean", "highest"]]
        for place, name in enumerate(dataset.columns):
            column = X[:, place]
            lines.append([name, *(f"{value:.4g}" for value in (column.min(), column.mean(), column.max()))])
        say(printable(table(lines)))
    say(row("next", typed("train", data)))


@datasets.command("export", cls=Command)
@click.argument("data", metavar="NAME")
@click.option("-o", "--output", default="-", metavar="FILE", help="CSV file to write; else stdout.")
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@click.option("--data-home", metavar="DIR", help="Folder in which data sets are looked for and cached.")
def export(data: str, output: str, overwrite: bool, data_home: str | None) -> None:
    """Write a data set as a CSV table.

    \b
    softreg datasets export iris -o iris.csv
    """
    refuse_existing(output, overwrite, data)
    from softreg.workflows.datasets import export as workflow

    to = standard_output() if output == "-" else Path(output)
    dataset = workflow(data, SourceSettings(data_home=data_home), to, overwrite=overwrite)
    if output != "-":
        say(row("saved", f"{output}  ({plural(dataset.n_samples, 'row')})"))
        say(row("next", typed("train", output, "--target", dataset.target)))

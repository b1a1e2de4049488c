"""``softreg evaluate``: a model's metrics on labelled rows."""

from __future__ import annotations

import click

from softreg.cli.command import Command
from softreg.cli.words import note
from softreg.settings import SourceSettings

__all__ = ["evaluate"]


@click.command(cls=Command)
@click.argument("model", metavar="RUN")
@click.argument("data", metavar="INPUT")
@click.option("--data-home", metavar="DIR", help="Folder in which named data sets are looked for.")
@click.option("--json", "as_json", is_flag=True, help="Print the metrics as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print no notes.")
def evaluate(model: str, data: str, data_home: str | None, as_json: bool, quiet: bool) -> None:
    """Measure RUN on the labelled rows of INPUT.

    \b
    softreg evaluate last test.csv
    softreg evaluate runs/penguins-1 datasets/penguins.csv --json
    """
    from softreg.cli.summary import evaluation_summary
    from softreg.runs import dumps
    from softreg.workflows.predict import evaluate as workflow

    result = workflow(model, data, SourceSettings(data_home=data_home))
    for text in result.notes:
        note(text, quiet)
    click.echo(dumps(result.metrics) if as_json else evaluation_summary(result, model), nl=not as_json)

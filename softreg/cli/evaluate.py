"""``softreg evaluate``: a model's metrics on labelled rows."""

from __future__ import annotations

from typing import Any

import click

from softreg.cli.command import Command
from softreg.cli.options import Columns, gathered, setting
from softreg.cli.words import note, say
from softreg.settings import SourceSettings

__all__ = ["evaluate"]


@click.command(cls=Command)
@click.argument("model", metavar="RUN")
@click.argument("data", metavar="INPUT")
@setting(SourceSettings, "weight_col", metavar="COL", basic=True)
@setting(SourceSettings, "target_distribution", type=Columns(), metavar="COL,COL,...")
@setting(SourceSettings, "separator", metavar="CHAR")
@setting(SourceSettings, "encoding", metavar="NAME")
@setting(SourceSettings, "data_home", metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="Print the metrics as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print no notes.")
def evaluate(model: str, data: str, *, as_json: bool, quiet: bool, **values: Any) -> None:
    """Measure RUN on the labelled rows of INPUT.

    \b
    softreg evaluate last test.csv
    softreg evaluate runs/penguins-1 datasets/penguins.csv --json
    """
    from softreg.cli.summary import evaluation_summary
    from softreg.runs import dumps
    from softreg.workflows.evaluate import evaluate as workflow

    result = workflow(model, data, gathered(SourceSettings, values))
    for text in result.notes:
        note(text, quiet)
    say(dumps(result.metrics) if as_json else evaluation_summary(result, model), nl=not as_json)

"""``softreg explain``: one row, from its features to the answer, and what would change it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from softreg.cli.command import Command
from softreg.cli.options import Number, gathered, refuse_existing, setting
from softreg.cli.words import note, row, say, typed
from softreg.settings import SourceSettings

__all__ = ["explain"]


@click.command(cls=Command, short_help="Take the answer to one row apart.")
@click.argument("model", metavar="RUN")
@click.argument("data", metavar="INPUT")
@click.option("--row", "number", type=Number(int, 1), default=1, show_default=True, help="Which row, counted from 1.")
@click.option("--why", metavar="CLASS", help="Why this class ...  [default: the one that RUN says]")
@click.option("--why-not", metavar="CLASS", help="... and not this one.  [default: the likeliest other]")
@click.option("--top", type=Number(int, 1), default=8, show_default=True, help="Columns to show; the rest is summed.")
@click.option("-o", "--output", metavar="FILE", help="Draw it as well: a .png, .svg or .pdf.")
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print everything, at full precision, as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print no notes.")
@setting(SourceSettings, "separator", metavar="CHAR")
@setting(SourceSettings, "encoding", metavar="NAME")
@setting(SourceSettings, "data_home", metavar="DIR")
def explain(model: str, data: str, *, number: int, top: int, as_json: bool, quiet: bool, **values: Any) -> None:
    """Take the answer to one row of INPUT apart.

    RUN is last, a run folder, or a model file; INPUT a file or a name, as for predict, or - for CSV on stdin. Told are
    what each column adds to each class's logit, the logits, exponentials and probabilities, the loss where the row has
    a label, why one class and not another, and the smallest change that gives another answer.

    \b
    softreg explain last iris --row 71
    softreg explain last new.csv --row 2 -o why.png --overwrite
    softreg explain last iris --row 71 --why virginica --why-not setosa
    """
    output, overwrite = values.pop("output"), values.pop("overwrite")
    refuse_existing(output or "-", overwrite)
    from softreg.cli.explanation import explanation
    from softreg.runs import dumps
    from softreg.workflows.explain import draw_explained
    from softreg.workflows.explain import explain as workflow

    question = {name: values.pop(name) for name in ("why", "why_not")}
    told = workflow(model, data, number, gathered(SourceSettings, values), **question)
    if output:
        draw_explained(told, top, Path(output), overwrite=overwrite)
    if told.label is not None and told.truth is None:
        note(f'the row is labelled "{told.label}", a class that the model does not know: no loss.', quiet)
    if as_json:
        say(dumps(told.to_json()), nl=False)
        return
    say("\n".join(explanation(told, top)))
    if output:
        say(row("saved", output))
    say(row("next", _next(model, data, number, drawn=bool(output))))


def _next(model: str, data: str, number: int, *, drawn: bool) -> str:
    if data == "-":
        return typed("show", model)
    more = () if drawn else ("-o", "why.png")
    return typed("explain", model, data, "--row", str(number + drawn), *more)

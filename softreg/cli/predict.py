"""``softreg predict``: a model's answers to new rows, as a table."""

from __future__ import annotations

from typing import Any

import click

from softreg.cli.command import Command, Option
from softreg.cli.options import Decorator, Number, gathered, refuse_existing, setting, shared
from softreg.cli.words import note, plural, row, say, typed
from softreg.errors import UsageError
from softreg.settings import SourceSettings

__all__ = ["predict"]

ON_ERROR = ("fail", "blank")
UNKNOWN = ("ignore", "error")


def _option(*flags: str, section: str, basic: bool = True, **more: Any) -> Decorator:
    return click.option(*flags, cls=Option, section=section, basic=basic, **more)


answer_options = shared(
    _option("--proba", section="Answers", is_flag=True, help="Add a column p_CLASS for every class."),
    _option("--top-k", section="Answers", type=Number(int, 1), metavar="K", help="Add top_1, p_1, ... top_K, p_K."),
    _option(
        "--threshold",
        section="Answers",
        type=click.FloatRange(0, 1, min_open=True),
        metavar="P",
        help="Predict no class where confidence is below P.",
    ),
    _option(
        "--reject-label",
        section="Answers",
        basic=False,
        metavar="TEXT",
        help="What is predicted where it is.  [default: reject]",
    ),
)
column_options = shared(
    _option(
        "--keep",
        section="Columns",
        multiple=True,
        metavar="COL",
        help="Repeat a column, or those of a pattern; may be given again.",
    ),
    _option("--keep-all", section="Columns", is_flag=True, help="Repeat all columns, as they are written."),
)
bad_row_options = shared(
    _option(
        "--on-error",
        section="Bad rows",
        type=click.Choice(ON_ERROR),
        default="fail",
        show_default=True,
        help="fail: an error; blank: no answer there, and a reason.",
    ),
    _option(
        "--unknown",
        section="Bad rows",
        basic=False,
        type=click.Choice(UNKNOWN),
        default="ignore",
        show_default=True,
        help="A value of a category that training had not: it is none of the known ones, or makes the row bad.",
    ),
)
input_options = shared(
    setting(SourceSettings, "separator", section="Input", metavar="CHAR"),
    setting(SourceSettings, "encoding", section="Input", metavar="NAME"),
    setting(SourceSettings, "data_home", section="Input", metavar="DIR"),
)


@click.command(cls=Command)
@click.argument("model", metavar="RUN")
@click.argument("data", metavar="INPUT")
@_option(
    "-o",
    "--output",
    section="Output",
    default="-",
    metavar="FILE",
    help="A .csv, .tsv or .parquet to write; else CSV to stdout.",
)
@_option("--overwrite", section="Output", is_flag=True, help="Replace FILE if it exists.")
@answer_options
@column_options
@bad_row_options
@input_options
@_option("--quiet", "-q", section="Output", is_flag=True, help="Print nothing but the table and errors.")
def predict(model: str, data: str, *, output: str, overwrite: bool, quiet: bool, **values: Any) -> None:
    """Predict the class of every row of INPUT with RUN.

    RUN is last, a run folder, or a model file. INPUT is a file or a name, as for train, or - for CSV on stdin; its
    columns are matched by name. Out come prediction and confidence, a line for each row, in order, while
    INPUT is still being read.

    \b
    softreg predict last datasets/new_flowers.csv
    softreg predict last new.csv --keep-all -o answers.parquet
    cat new.csv | softreg predict last - --on-error blank | head
    """
    refuse_existing(output, overwrite, data)
    style = _style(values)
    from softreg.workflows.answers import Style
    from softreg.workflows.predict import predict as workflow

    result = workflow(model, data, gathered(SourceSettings, values), Style(**style), output=output, overwrite=overwrite)
    for text in result.notes:
        note(text, quiet)
    if quiet:
        return
    if result.accuracy is not None:
        told = f"{result.accuracy:.3f} of {plural(result.scored, 'row')} with a label were right"
        say(row("scored", told), err=True)
    if values["threshold"] is not None:
        told = f"{plural(result.rejected, 'row')} with a confidence below {values['threshold']:g}"
        say(row("rejected", told), err=True)
    if output != "-":
        say(row("saved", f"{output}  ({plural(result.n_rows, 'row')})"), err=True)
    say(row("next", typed("evaluate", model, "LABELLED.csv")), err=True)


def _style(values: dict[str, Any]) -> dict[str, Any]:
    """The options of the answers by the names of the workflow's own settings."""
    if values["keep"] and values["keep_all"]:
        raise UsageError("--keep has no effect with --keep-all.", "Leave one of them out.")
    if values["reject_label"] is not None and values["threshold"] is None:
        raise UsageError("--reject-label has no effect without --threshold.", "Add --threshold P, or leave it out.")
    style = {name: values[name] for name in ("threshold", "keep", "keep_all", "on_error", "unknown")}
    style |= {"every_class": values["proba"], "top_k": values["top_k"] or 0}
    return style if values["reject_label"] is None else style | {"reject_label": values["reject_label"]}

"""``softreg export``: a model for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from softreg.cli.command import Command
from softreg.cli.options import refuse_existing
from softreg.cli.words import plural, printable, row, say, short, typed
from softreg.errors import UsageError
from softreg.terminal import standard_output

if TYPE_CHECKING:
    from softreg.workflows.carry import Exported

__all__ = ["FORMS", "export"]

FORMS = ("onnx", "json", "csv")


@click.command(cls=Command)
@click.argument("model", metavar="RUN")
@click.option("--format", "form", type=click.Choice(FORMS), help="Form; else what the name of FILE ends in.")
@click.option("-o", "--output", metavar="FILE", help="File to write, - for stdout; else named after the run, here.")
@click.option("--overwrite", is_flag=True, help="Replace FILE if it exists.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def export(model: str, *, form: str | None, output: str | None, overwrite: bool, quiet: bool) -> None:
    """Write the model of RUN in a form that others read.

    RUN is last, a run folder, or a model file. onnx runs in other languages, with the preparation of the columns
    inside; json is readable, and softreg reads it again; csv is the table of the weights.

    \b
    softreg export last --format onnx
    softreg export runs/iris-1 -o iris.json
    softreg export last --format csv -o - | head
    """
    form = _form(form, output)
    from softreg.files import write_bytes
    from softreg.workflows.carry import export as workflow
    from softreg.workflows.carry import files_of

    if output is not None:
        refuse_existing(output, overwrite, *files_of(model))
    made = workflow(model, form)
    if output == "-":
        standard_output().write(made.content)
        return
    if output is None:
        refuse_existing(made.name, overwrite)
    path = Path(output or made.name)
    write_bytes(path, made.content, overwrite=overwrite)
    if quiet:
        return
    say(row("saved", str(path)))
    if form == "onnx":
        say(_signature(made))
    loadable = form == "json" and path.suffix.lower() == ".json"
    say(row("next", typed("predict", str(path), "new.csv") if loadable else typed("show", model)))


def _form(form: str | None, output: str | None) -> str:
    """The form that was asked for, by name or by the file's ending."""
    ending = Path(output or "").suffix.lower().removeprefix(".")
    if form is None and ending not in FORMS:
        raise UsageError("It is not said in which form.", f"Add --format {', '.join(FORMS[:-1])} or {FORMS[-1]}.")
    if form is not None and ending in FORMS and ending != form:
        raise UsageError(f"--format {form} does not fit the name {output}.", "Leave --format out, or rename the file.")
    if output == "-" and form == "onnx":
        raise UsageError("ONNX is no text for stdout.", "Name a file with -o.")
    return form or ending


def _signature(made: Exported) -> str:
    """What the graph asks for and answers, in the words of its runtimes."""
    ready, n_classes = made.model.preparation, len(made.model.classes)
    if ready.is_plain:
        asks = f"features: double (n, {len(ready.names)})"
    else:
        told = [f"{short(name, 24)}: {'string' if name in ready.levels else 'double'}" for name in ready.names[:4]]
        rest = f" and {plural(len(ready.names) - 4, 'other')}" if len(ready.names) > 4 else ""
        asks = f"{', '.join(told)}{rest}; each (n, 1)"
    says = f"label: string (n); probabilities: double (n, {n_classes})"
    return "\n".join([row("inputs", printable(asks)), row("outputs", says)])

"""``softreg check``: whether to believe data, a model, and softreg itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from softreg.cli.command import Command, Option
from softreg.cli.data_options import data_options, given, split_options
from softreg.cli.options import L2, gathered, setting
from softreg.cli.words import HOLD, WIDTH, compact, note, plural, row, short, sizes, table, tell, typed
from softreg.errors import CheckFailedError, UsageError, listed
from softreg.settings import (
    SelectionSettings,
    SourceSettings,
    SplitSettings,
    TrainingSettings,
    columns_text,
)

if TYPE_CHECKING:
    from softreg.checks.finding import Finding
    from softreg.workflows.check import Checked
    from softreg.workflows.request import TrainRequest

__all__ = ["check"]

MARGIN = 20
MOST_LINES = 20
OF_CALL = {"data", "as_json", "quiet", "verbose", "strict", "threads"}
"""What may be said of a run, too; the rest its own configuration says."""


@click.command(
    cls=Command,
    short_help="Check data, a model, and softreg itself.",
    epilog="PASS: all is well. SKIP: not applicable. WARN: look at it. FAIL: believe nothing before it is mended.",
)
@click.argument("data", metavar="DATA|RUN")
@data_options
@split_options
@setting(TrainingSettings, "l2", section="Model", basic=True, type=L2)
@setting(TrainingSettings, "scale", section="Model", basic=True)
@setting(TrainingSettings, "fit_intercept", "--intercept/--no-intercept", section="Model")
@setting(TrainingSettings, "threads", section="Run")
@setting(TrainingSettings, "seed", section="Run", basic=True)
@click.option("--verbose", "-v", cls=Option, section="Run", is_flag=True, help="Show every number, and the machinery.")
@click.option("--strict", cls=Option, section="Run", is_flag=True, help="Exit with 7 if a check fails.")
@click.option("--json", "as_json", cls=Option, section="Run", is_flag=True, help="Print the findings as JSON.")
@click.option("--quiet", "-q", cls=Option, section="Run", is_flag=True, help="Print nothing but errors.")
@click.pass_context
def check(
    ctx: click.Context, /, data: str, *, verbose: bool, strict: bool, as_json: bool, quiet: bool, **values: Any
) -> None:
    """Check whether to believe a model of DATA, or a RUN.

    Your data, a model of them, and softreg's own machinery on some of your rows.

    \b
    softreg check iris
    softreg check datasets/penguins_full.csv --target species
    softreg check last --strict
    """
    from softreg.cli.progress import Progress
    from softreg.runs import dumps
    from softreg.workflows.check import check as workflow
    from softreg.workflows.check import check_run, names_run

    of_run = names_run(data)
    if of_run and (idle := sorted(given(ctx) - OF_CALL)):
        flag = f"--{idle[0].replace('_', '-')}"
        raise UsageError(f"{flag} has no effect on a run, which has its own configuration.", "Leave it out.")
    with Progress(0, quiet or as_json) as progress:
        result = check_run(data, progress.count) if of_run else workflow(_request(ctx, data, values), progress.count)
    for text in result.notes:
        note(text, quiet)
    if as_json:
        tell(dumps(result.to_json()), nl=False)
    elif not quiet:
        tell("\n".join([*_summary(result, verbose), row("next", _next(ctx, data, of_run=of_run))]))
    if strict and result.failed:
        raise CheckFailedError(
            f"{plural(len(result.failed), 'check')} failed: {listed(result.failed)}.",
            f"Type {typed('check', data, *_given_words(ctx))} to read what to do."
            if quiet or as_json
            else "What to do stands beside each of them.",
        )


def _request(ctx: click.Context, data: str, values: dict[str, Any]) -> TrainRequest:
    from softreg.workflows.request import TrainRequest

    l2_auto = values["l2"] is None
    values = values | {"l2_auto": l2_auto, "l2": TrainingSettings.l2 if l2_auto else values["l2"]}
    return TrainRequest(
        data=data,
        training=gathered(TrainingSettings, values),
        source=gathered(SourceSettings, values),
        split=gathered(SplitSettings, values),
        selection=gathered(SelectionSettings, values),
        given=given(ctx),
        fill_home=True,
    )


def _summary(result: Checked, verbose: bool) -> list[str]:
    about = f"{plural(result.n_features, 'feature')}, {result.n_classes}{HOLD}classes, l2{HOLD}"
    lines = [row(short(result.dataset.name, 24), f"{sizes(result.split)}; {about}{compact(result.settings.l2)}")]
    for title, findings in (("your data", result.data), ("your model", result.model)):
        if findings:
            lines += ["", title]
            for finding in findings:
                lines += _told(finding, verbose)
    return lines + _machinery(result, verbose)


def _told(finding: Finding, verbose: bool) -> list[str]:
    """Verdict, name and number; below, why it matters and what to do."""
    lines = [row(f"{finding.verdict}  {finding.name}", finding.found, MARGIN)]
    lines += [row("", text, MARGIN) for text in (finding.why, finding.advice) if text]
    return lines + (_table(finding) if verbose else [])


def _machinery(result: Checked, verbose: bool) -> list[str]:
    """One line where all is well; else, or if asked for, a line for each."""
    passed = sum(finding.verdict == "PASS" for finding in result.machinery)
    rows, columns = result.sample.X.shape
    told = f"{passed} of {len(result.machinery)} on {plural(rows, 'row')} and {plural(columns, 'feature')} of yours"
    verdict = "PASS" if passed == len(result.machinery) else "FAIL"
    lines = ["", "the machinery", row(f"{verdict}  softreg", told + ("" if verbose else " (-v: all)"), MARGIN)]
    for finding in result.machinery:
        if verbose or finding.verdict != "PASS":
            lines.append(row(finding.verdict, f"{finding.name}: {finding.found}", MARGIN))
            lines += [row("", finding.why, MARGIN)] if finding.why else []
            lines += _table(finding)
    return lines


def _table(finding: Finding) -> list[str]:
    lines = table(finding.table).splitlines() if finding.table else []
    rest = [f"and {len(lines) - MOST_LINES} more: --json has all"] if len(lines) > MOST_LINES else []
    return [" " * MARGIN + short(line, WIDTH - MARGIN) for line in [*lines[:MOST_LINES], *rest]]


def _next(ctx: click.Context, data: str, *, of_run: bool) -> str:
    return typed("plot", data) if of_run else typed("train", data, *_given_words(ctx))


def _given_words(ctx: click.Context) -> list[str]:
    """The options that say which data and which model, as they were given."""
    words = []
    for param in ctx.command.params:
        if param.name in given(ctx) - OF_CALL:
            value = ctx.params[param.name]
            flag = param.opts[0] if value is not False else param.secondary_opts[0]
            if isinstance(value, bool):
                words.append(flag)
            elif param.name == "target_distribution":
                words += [flag, columns_text(value)]
            else:
                values = value if isinstance(value, tuple) else ("auto" if value is None else value,)
                words += [word for each in values for word in (flag, str(each))]
    return words

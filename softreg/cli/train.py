"""``softreg train``: from data to a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from softreg.cli.command import Command, Option
from softreg.cli.config import from_file
from softreg.cli.data_options import data_options, given, split_options
from softreg.cli.options import L2, Number, gathered, setting, shared
from softreg.cli.words import note, say, short, tell, wrapped
from softreg.errors import DivergedError, NotConvergedError, StoppedError, UsageError, listed
from softreg.settings import CalibrationSettings, SelectionSettings, SourceSettings, SplitSettings, TrainingSettings

if TYPE_CHECKING:
    from softreg.cli.interrupt import Interruption
    from softreg.workflows.record import TrainResult
    from softreg.workflows.request import TrainRequest

__all__ = ["train"]

OF_CALL = {"resume", "checkpoint_every", "require_convergence", "overwrite", "as_json", "quiet"}
"""What belongs to one call, and not to the training that it goes on with."""

descent_options = shared(
    setting(TrainingSettings, "optimizer", section="Descent", basic=True),
    setting(TrainingSettings, "precondition", section="Descent"),
    setting(TrainingSettings, "learning_rate", section="Descent", basic=True),
    setting(TrainingSettings, "epochs", section="Descent", basic=True),
    setting(TrainingSettings, "batch_size", section="Descent"),
    setting(TrainingSettings, "tol", section="Descent"),
    setting(TrainingSettings, "time_limit", section="Descent"),
    setting(TrainingSettings, "momentum", section="Descent"),
    setting(TrainingSettings, "schedule", section="Descent"),
    setting(TrainingSettings, "early_stopping", "--early-stopping/--no-early-stopping", section="Descent"),
    setting(TrainingSettings, "patience", section="Descent"),
)
model_options = shared(
    setting(TrainingSettings, "l2", section="Model", basic=True, type=L2),
    setting(SelectionSettings, "folds", section="Model"),
    setting(SelectionSettings, "cv", section="Model"),
    setting(TrainingSettings, "scale", section="Model"),
    setting(TrainingSettings, "fit_intercept", "--intercept/--no-intercept", section="Model"),
    setting(TrainingSettings, "class_weight", section="Model"),
    setting(CalibrationSettings, "shares", section="Model"),
    setting(CalibrationSettings, "calibrate", section="Model", basic=True),
    setting(TrainingSettings, "dtype", section="Model"),
)


@click.command(
    cls=Command,
    short_help="Train on a data set or a file.",
    epilog="A table's label is found by itself where its column is called target, label, class, y or species.",
)
@click.argument("data", required=False)
@data_options
@split_options
@descent_options
@model_options
@setting(TrainingSettings, "threads", section="Run")
@setting(TrainingSettings, "seed", section="Run", basic=True)
@click.option(
    "--config",
    cls=Option,
    section="Run",
    metavar="FILE",
    is_eager=True,
    callback=from_file,
    help="TOML file of options; flags and SOFTREG_TRAIN_... beat it.",
)
@click.option(
    "--require-convergence", cls=Option, section="Run", basic=False, is_flag=True, help="Exit with 5 unless converged."
)
@click.option("--resume", cls=Option, section="Run", metavar="RUN", help="Go on with RUN, in its folder.")
@click.option(
    "--init-from", cls=Option, section="Run", basic=False, metavar="RUN", help="Begin a new run at the weights of RUN."
)
@click.option(
    "--checkpoint-every",
    cls=Option,
    section="Run",
    basic=False,
    type=Number(int, 1),
    help="Epochs between checkpoints; else every 30 seconds. The result is the same.",
)
@click.option("--out", cls=Option, section="Run", metavar="DIR", help="Run folder; else runs/NAME-N.")
@click.option("--overwrite", cls=Option, section="Run", basic=False, is_flag=True, help="Replace the run in --out.")
@click.option("--json", "as_json", cls=Option, section="Run", is_flag=True, help="Print the metrics as JSON.")
@click.option("--quiet", "-q", cls=Option, section="Run", is_flag=True, help="Print nothing but errors.")
@click.pass_context
def train(ctx: click.Context, /, data: str | None, **values: Any) -> None:
    """Train on DATA: a name (softreg datasets lists them), a file or -.

    \b
    softreg train iris
    softreg train datasets/penguins.csv --target species --l2 0.001
    softreg train --config configs/digits.toml
    """
    quiet = values["quiet"] or values["as_json"]
    _refuse_idle(ctx, data, values)
    from softreg.cli.progress import Progress
    from softreg.cli.summary import training_summary
    from softreg.runs import dumps

    interruption: Interruption = ctx.obj
    with Progress(values["epochs"], quiet) as progress:

        def _observe(row: dict[str, Any]) -> str | None:
            progress.show(row)
            return interruption.reason

        def _begin(step: Any) -> None:
            interruption.listen()
            _announce(step, values["quiet"])

        watch = {"announce": _begin, "observe": _observe, "progress": progress.count, "fitted": interruption.obey}
        try:
            result = _trained(ctx, data, values, watch)
        except StoppedError as error:
            error.exit_code = interruption.code or error.exit_code
            raise
    for text in _notes(result, ctx.meta.get("softreg.record", {})):
        note(text, values["quiet"])
    if values["as_json"]:
        tell(dumps({"run": str(result.run.path)} | result.metrics), nl=False)
    elif not quiet:
        tell(training_summary(result))
    # an interrupted training has its own exit code
    _judge(result, values["require_convergence"] and not interruption.code)
    if interruption.code:
        told = f"softreg: {interruption.reason}; what was reached is in {result.run.path}."
        more = f" Go on with {result.run.resuming}." if result.run.checkpoint.exists() else ""
        say(wrapped(told + more), err=True)
        ctx.exit(interruption.code)


def _refuse_idle(ctx: click.Context, data: str | None, values: dict[str, Any]) -> None:
    """Refuse what cannot be, or has no effect."""
    if values["overwrite"] and not values["out"]:
        raise UsageError("--overwrite has no effect without --out.", "Leave it out: a new folder loses nothing.")
    if values["resume"]:
        for name in ("out", "init_from", "config"):
            if values[name]:
                flag = f"--{name.replace('_', '-')}"
                raise UsageError(f"{flag} has no effect beside --resume.", "A run goes on in its own folder.")
    elif not data:
        raise UsageError("Nothing to train on: DATA is missing.", "Try softreg train iris, or softreg datasets.")


def _trained(ctx: click.Context, data: str | None, values: dict[str, Any], watch: dict[str, Any]) -> TrainResult:
    """Train anew, or go on with a run."""
    if values["resume"]:
        from softreg.workflows.resume import resume

        asked = {name: ctx.params[name] for name in given(ctx) - OF_CALL}
        if "l2" in asked and asked["l2"] is None:
            asked["l2"] = "auto"
        return resume(values["resume"], asked, checkpoint_every=values["checkpoint_every"], **watch)
    from softreg.workflows.train import train as workflow

    return workflow(_request(ctx, data or "", values), **watch)


def _request(ctx: click.Context, data: str, values: dict[str, Any]) -> TrainRequest:
    from softreg.workflows.request import TrainRequest

    l2_auto = values["l2"] is None
    values = values | {"l2_auto": l2_auto, "l2": TrainingSettings.l2 if l2_auto else values["l2"]}
    in_file = click.core.ParameterSource.DEFAULT_MAP
    return TrainRequest(
        data=data,
        training=gathered(TrainingSettings, values),
        source=gathered(SourceSettings, values),
        split=gathered(SplitSettings, values),
        selection=gathered(SelectionSettings, values),
        calibration=gathered(CalibrationSettings, values),
        out=Path(values["out"]) if values["out"] else None,
        overwrite=values["overwrite"],
        checkpoint_every=values["checkpoint_every"],
        init_from=values["init_from"],
        given=given(ctx),
        fill_home=ctx.get_parameter_source("data_home") is not in_file,
    )


def _judge(result: Any, require_convergence: bool) -> None:
    """Raise what the exit code must tell: divergence, or convergence that was required and not reached."""
    fit = result.fit
    if fit.diverged:
        raise DivergedError(
            f"Training diverged: {fit.stopped_because}. The best weights, of epoch {fit.state.epoch}, were kept in "
            f"{result.run.path}.",
            _cure(result),
        )
    if require_convergence and not fit.converged:
        raise NotConvergedError(
            f"Training has not converged: {fit.stopped_because}. What was reached is in {result.run.path}.",
            "Raise --epochs or --time-limit, or --tol.",
        )


def _announce(step: Any, quiet: bool) -> None:
    """Say of a step above its guarantee, before it is taken, what theory says of it."""
    if step is not None and step.times_limit > 1:
        note(
            f"the learning rate {step.learning_rate:g} is {step.times_limit:.3g} times {step.limit:.3g}, above which "
            "nothing guarantees that the method does not diverge. It may work all the same.",
            quiet,
        )


def _notes(result: Any, record: dict[str, Any]) -> list[str]:
    notes = [*result.dataset.notes, *result.notes]
    if record and record.get("data_sha256") != result.dataset.origin["sha256"]:
        notes.append("the data is not what it was when this configuration was recorded (its SHA-256 differs).")
    if not result.dataset.origin["replayable"]:
        notes.append("the data came from standard input: this run cannot be repeated from its configuration.")
    if result.separated:
        notes.append(
            f"with --l2 0 the training rows of {listed(result.separated, most=3)} are told apart without a mistake: "
            "their weights have no best value and can grow for ever, so where they stop is chance. Give --l2 above 0."
        )
    if "cross_validation" in result.metrics and result.metrics.get("calibration", {}).get("before"):
        notes.append("the cross-validation measured the fits as they were before calibration.")
    return notes + _balanced(result)


def _balanced(result: Any) -> list[str]:
    """What balanced class weights did to the probabilities, where it was not taken back."""
    told = result.metrics.get("calibration", {})
    if told.get("shares") != "balanced":
        return []
    most = max(told["mean_proba"], key=lambda row: row["after"] / row["share"])
    return [
        "with --class-weight balanced the probabilities speak of data in which every class is equally common: "
        f"{short(most['class'], 24)} gets {most['after']:.3f} on average and has a share of {most['share']:.3f}. "
        "--shares true corrects that."
    ]


def _cure(result: Any) -> str:
    """What to type after a divergence."""
    if result.fit.step_size:
        return f"A safe step is --learning-rate {result.fit.step_size.safe:.3g}."
    return "Give --l2 above 0." if not result.settings.l2 else "Raise --l2, or try --precondition diagonal."

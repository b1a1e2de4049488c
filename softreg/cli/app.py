"""The command group, and the one place in which errors become words and exit codes."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Any

import click

from softreg import __version__
from softreg.cli.check import check
from softreg.cli.command import Group
from softreg.cli.compare import compare
from softreg.cli.datasets import datasets
from softreg.cli.evaluate import evaluate
from softreg.cli.explain import explain
from softreg.cli.export import export
from softreg.cli.grade import grade
from softreg.cli.interrupt import Interruption
from softreg.cli.learn import learn
from softreg.cli.plot import plot
from softreg.cli.predict import predict
from softreg.cli.show import show
from softreg.cli.streams import silence
from softreg.cli.train import train
from softreg.cli.words import say, told, wrapped
from softreg.errors import SoftregError, UsageError, did_you_mean, system_number
from softreg.memory import limit

__all__ = ["run", "softreg"]

SECTIONS = {
    "Do": ("train", "predict", "evaluate", "plot"),
    "Believe": ("check", "explain", "compare"),
    "Learn": ("learn", "grade"),
    "Carry": ("export", "show", "datasets"),
}


NO_NAMES = {errno.ENAMETOOLONG, errno.ELOOP}
"""What the system says of names that no file can have: bad input, whoever gave it."""

ADVICE = (
    dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT),
        "Make room there, and type the same again (over a begun run: --overwrite).",
    )
    | dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "Name a place that you may write to.")
    | dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "See whether it is still there.")
    | {errno.EINVAL: "Name a file.", errno.EISDIR: "Name a file, and no folder."}
    | {errno.EIO: "Type the same again; where it fails again, the disk may be failing."}
    | {errno.EFBIG: "Raise the limit of a file's size (ulimit -f)."}
    | {errno.EMFILE: "Raise the limit of open files (ulimit -n)."}
)
"""What to type next, by what the system refuses."""


@click.group(
    cls=Group,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SOFTREG"},
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.version_option(__version__, "-V", "--version", message="softreg %(version)s")
@click.pass_context
def softreg(ctx: click.Context) -> None:
    """Train, check and explain softmax regression.

    \b
    softreg train iris
    softreg plot last
    softreg predict last datasets/new_flowers.csv
    """
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())


for command in (train, predict, evaluate, plot, check, explain, compare, learn, grade, export, show, datasets):
    softreg.add_command(command)


def run(args: list[str] | None = None) -> int:
    """Run the command line and return its exit code; no traceback reaches a user."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without block characters shows "?"
    interruption = Interruption()
    try:
        with interruption:
            args = sys.argv[1:] if args is None else args
            _refuse_encoding(args)
            code = _invoke(args, interruption)
            sys.stdout.flush()
    except BrokenPipeError:
        silence()  # the reader has seen enough
        return 0
    except KeyboardInterrupt as error:
        return _ended(getattr(error, "number", signal.SIGINT))
    except SystemExit:
        raise
    except BaseException as error:  # of all kinds: a library's own panic is no Exception
        # subtle: an error holds on to all that was there where it was raised, and memory is what is missing
        failed = MemoryError() if isinstance(error, MemoryError) else error
        if interruption.ending and not isinstance(error, SoftregError):
            return _ended(interruption.ending)  # a library in C put an error of its own in the place of the signal's
    else:
        return code if isinstance(code, int) else 0
    code = _told(failed)
    _flush()
    return code


def _ended(number: int) -> int:
    """Say which signal ended the command, and return the exit code."""
    say(f"\nsoftreg: {'interrupted' if number == signal.SIGINT else 'terminated'}.", err=True)
    return 128 + number


def _refuse_encoding(args: list[str]) -> None:
    """Refuse a word that is not UTF-8, as names in old archives are: it could be written into no file of a run."""
    for word in args:
        try:
            word.encode()
        except UnicodeEncodeError:
            raise UsageError(f'"{word}" is not UTF-8.', "Give the file or folder another name.") from None


def _flush() -> None:
    """Write what was told before an error; where it cannot be written, nobody is told once more as Python ends."""
    try:
        sys.stdout.flush()
    except OSError:
        silence()


def _invoke(args: list[str], interruption: Interruption) -> Any:
    """What click's own ``main`` does, less its handling of errors: of a closed pipe it would make exit code 1."""
    if "_SOFTREG_COMPLETE" in os.environ:
        softreg.main(args, prog_name="softreg")  # answers the shell, and exits
    try:
        with softreg.make_context("softreg", list(args), obj=interruption) as ctx:
            return softreg.invoke(ctx)
    except click.exceptions.Exit as end:
        return end.exit_code


def _told(error: BaseException) -> int:
    """Say what went wrong, on stderr, and return the exit code."""
    if isinstance(error, SoftregError):
        _say(error.what, error.advice)
        return error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "softreg"
        _say(_sentence(error), f"Type {command} --help to see what is possible.")
        return 2
    if isinstance(error, MemoryError) or _tells_of_memory(error):
        given = f" This process may take {most >> 20} MiB (ulimit -v)." if (most := limit()) else ""
        what = f"There is not enough memory for this.{given}"
        _say(what, "Use fewer rows or columns, or train with --dtype float32.")
        return 1
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        what = "No further thread could be started: there are too many processes, or there is too little memory."
        _say(what, "End some, or raise ulimit -u and ulimit -v; train --threads 1 starts none.")
        return 1
    if isinstance(error, OSError):
        number = system_number(error)
        what = os.strerror(number) if number and not error.errno else error.strerror or str(error)
        _say(f"{what}{f': {error.filename}' if error.filename else ''}.", ADVICE.get(number, ""))
        return 3 if error.errno in NO_NAMES else 1
    if os.environ.get("SOFTREG_DEBUG"):
        raise error
    _say(
        f"Unexpected error, a fault of softreg: {type(error).__name__}: {error}",
        "Set SOFTREG_DEBUG=1 for the traceback, and please report it.",
    )
    return 1


def _tells_of_memory(error: BaseException) -> bool:
    """Whether it is an error of a library that got no memory, in words of its own."""
    told = f"{error}"
    return isinstance(error, ImportError) and ("failed to map segment" in told or "Cannot allocate memory" in told)


def _sentence(error: click.ClickException) -> str:
    """The error in a sentence: with the nearest option, or the place that a bad value came from."""
    context, param = getattr(error, "ctx", None), getattr(error, "param", None)
    if isinstance(error, click.NoSuchOption) and context:
        options = [name for known in context.command.get_params(context) for name in known.opts if name[:2] == "--"]
        return f"There is no option {error.option_name}. {did_you_mean(error.option_name, options)}".strip()
    if not (isinstance(error, click.BadParameter) and context and param and param.name):
        return error.format_message()
    source = context.get_parameter_source(param.name)
    if source is click.core.ParameterSource.DEFAULT_MAP:
        return f'In {context.params.get("config")}, key "{param.name}": {error.message}'
    if source is click.core.ParameterSource.ENVIRONMENT:
        variable = f"{context.auto_envvar_prefix}_{param.name}".upper()
        return f"In the environment variable {variable}: {error.message}"
    return error.format_message()


def _say(what: str, advice: str = "") -> None:
    say(wrapped(f"softreg: {told(what)}"), err=True)
    if advice:
        say(wrapped(told(advice)), err=True)

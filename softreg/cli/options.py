"""Options made from the settings: one definition gives the default and the help of flag, environment and TOML key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import click

from softreg.cli.command import Option
from softreg.errors import DataError, UsageError
from softreg.settings import COUNTABLE, Bounds, columns_in

__all__ = [
    "L2",
    "SEED",
    "Columns",
    "Number",
    "gathered",
    "refuse_existing",
    "setting",
    "shared",
]

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

LONGEST = 40
"""Letters of what was given that an error repeats."""


class Number(click.ParamType):  # type: ignore[type-arg]
    """A number within bounds; or ``auto``, which becomes None."""

    def __init__(self, kind: type[int] | type[float], bounds: Bounds | int, *, auto: bool = False) -> None:
        self.kind = kind
        self.bounds = bounds if isinstance(bounds, Bounds) else Bounds(bounds, below=COUNTABLE)
        self.auto = auto
        self.name = ("auto|" if auto else "") + ("integer" if kind is int else "number")

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return the name that the help shows."""
        return ("auto|" if self.auto else "") + ("INT" if self.kind is int else "FLOAT")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Turn text into the number, or fail with what was given and what is possible."""
        if value is None or (self.auto and str(value) == "auto"):
            return None
        try:
            number = self.kind(value)
        except (ValueError, OverflowError):
            number = None
        if number is None or not self.bounds.hold(number):
            whole = "a whole number" if self.kind is int else "a number"
            given = str(value)[:LONGEST]
            self.fail(f'"{given}" is not {whole} {self.bounds.words}{", or auto" if self.auto else ""}.', param, ctx)
        return number


class Columns(click.ParamType):  # type: ignore[type-arg]
    """Names of columns with commas between them, as a tuple; a name that holds a comma stands in quotation marks."""

    name = "columns"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Turn text into the names."""
        return value if isinstance(value, tuple) else columns_in(value)


L2 = Number(float, Bounds(0), auto=True)
"""The penalty, which a cross-validation may choose."""


SEED = Number(int, Bounds(0, below=2**32))


def setting(
    settings: type, name: str, *flags: str, section: str = "Options", basic: bool = False, **more: Any
) -> Decorator:
    """Return the option of one field of a settings class: default, help and what it takes are the field's own."""
    field = next(field for field in fields(settings) if field.name == name)
    default = None if field.default is MISSING else field.default
    more = _type_of(field) | more
    if default is None and isinstance(more.get("type"), Number):
        default = "auto"
    flags = flags or (f"--{name.replace('_', '-')}",)
    default = default if default != () or more.get("multiple") else None
    shown = default not in (None, ()) and not isinstance(default, bool)
    return click.option(
        *flags,
        name,
        cls=Option,
        section=section,
        basic=basic,
        default=default,
        help=field.metadata["help"],
        show_default=shown,
        **more,
    )


def _type_of(field: Field[Any]) -> dict[str, Any]:
    """The type of a field's option, where its settings say more of it than that it is text or a flag."""
    takes, kind = field.metadata["takes"], str(field.type)
    if isinstance(takes, Bounds):
        return {"type": Number(int if "int" in kind else float, takes, auto="None" in kind)}
    return {"type": click.Choice(takes)} if takes else {}


def gathered(settings: type, values: dict[str, Any]) -> Any:
    """Return the settings object made of the option values that belong to it."""
    defaults = {field.name: field.default for field in fields(settings)}
    # click gives None for an empty tuple
    given = {name: () if value is None and defaults.get(name) == () else value for name, value in values.items()}
    return settings(**{name: value for name, value in given.items() if name in defaults})


def shared(*decorators: Decorator) -> Decorator:
    """Return one decorator that applies several, the first one topmost in the help."""

    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def refuse_existing(path: str, overwrite: bool, *inputs: str | Path) -> None:
    """Refuse to lose a file that exists, or, also with ``overwrite``, one that is an input; and what is no file."""
    if path == "-" and overwrite:
        raise UsageError("--overwrite has no effect without -o FILE.", "Leave it out.")
    if path != "-" and Path(path).exists():
        if not Path(path).is_file():
            raise UsageError(f"{path} exists, and is no file.", "Name a file, or - for standard output.")
        if not overwrite:
            raise UsageError(f"The file {path} exists.", "Name another, or add --overwrite.")
        if any(Path(each).exists() and Path(each).samefile(path) for each in inputs):
            raise UsageError(f"{path} is the input itself, and would be lost.", "Name another file.")
    if path != "-" and not Path(path).parent.is_dir():
        raise DataError(f"There is no folder {Path(path).parent} to write to.", "Make it, or name another file.")

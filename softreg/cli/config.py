"""``--config FILE``: a TOML file fills the defaults of the options, whose definitions check it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from softreg.errors import DataError, UsageError, did_you_mean, listed, reason
from softreg.forms import from_toml

__all__ = ["from_file", "read"]

NOT_KEYS = {
    "config": "--config",
    "resume": "--resume",
    "checkpoint_every": "--checkpoint-every",
    "out": "--out",
    "overwrite": "--overwrite",
    "as_json": "--json",
    "quiet": "--quiet",
}
"""Options that belong to one call, not to a training that is repeated."""


def from_file(ctx: click.Context, param: click.Parameter, path: str | None) -> str | None:
    """Click callback of ``--config``: read the file into the context's default map."""
    if path is not None and not ctx.resilient_parsing:
        several = {known.name: getattr(known, "multiple", False) for known in ctx.command.params if known.name}
        values, record = read(Path(path), several)
        ctx.default_map = {**(ctx.default_map or {}), **values}
        ctx.meta["softreg.record"] = record
    return path


def read(path: Path, options: dict[str, bool]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (values by option name, the run's record); ``options`` says of each whether it may be given again.

    Every scalar becomes the text that a shell would have given, so that click's own types judge it: 2.7 is no batch
    size and true is no number. Raises :class:`DataError` for a file that cannot be read, :class:`UsageError` for an
    unknown key.
    """
    try:
        content = from_toml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"There is no configuration file {path}.", "Look in configs/, or in a run folder.") from None
    except (ValueError, OSError) as error:  # no TOML, no UTF-8, an integer of too many digits
        what = f"The configuration {path} cannot be read: {reason(error)}."
        raise DataError(what, "It must be a TOML file.") from None
    record = content.pop("record", {})
    known = sorted(set(options) - set(NOT_KEYS) - {"help_all"})
    values: dict[str, Any] = {}
    for key, value in content.items():
        name = key.replace("-", "_")
        if flag := NOT_KEYS.get(name, NOT_KEYS.get(f"as_{name}")):
            raise UsageError(f'The configuration {path} has the key "{key}".', f"It is no setting: type {flag}.")
        if name not in known:
            raise UsageError(
                f'The configuration {path} has an unknown key "{key}".',
                did_you_mean(name, known) or f"Keys are {listed(known, most=99)}.",
            )
        if options[name]:
            values[name] = [_text(path, key, item) for item in (value if isinstance(value, list) else [value])]
        else:
            values[name] = _text(path, key, value)
    return values, record if isinstance(record, dict) else {}


def _text(path: Path, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(f'In {path}, the key "{key}" is neither text nor a number.', "Give one value.")

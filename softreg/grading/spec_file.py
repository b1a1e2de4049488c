"""The file of a homework: TOML to Spec and back, strictly, since a misspelt key would change every grade of a class."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from softreg.errors import DataError, did_you_mean, listed, reason
from softreg.forms import from_toml
from softreg.grading.asked import questions
from softreg.grading.checks import CHECKS
from softreg.grading.signature import function_of, text_of
from softreg.grading.spec import MOST_POINTS, ROLES, Function, Limits, Spec

__all__ = ["read", "text"]

CHOICES = {"reduction": ("mean", "sum", "none"), "penalty": ("l2/2", "l2"), "hints": ("none", "short", "full")}
_LISTS = ("hidden", "forbid")
_TABLES = ("functions", "points", "limits")
_KEYS = ("title", *CHOICES, "seed", *_LISTS, *_TABLES)


def read(path: Path) -> Spec:
    """Read the file of a homework. Raises ``DataError`` that names the file and the key."""
    try:
        content = from_toml(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DataError(
            f"There is no homework {path}.", "Type softreg grade --template plain -o DIR for one to begin with."
        ) from None
    except (ValueError, OSError) as error:  # no TOML, no UTF-8, an integer of too many digits
        raise DataError(f"The homework {path} cannot be read: {reason(error)}.", "It must be a TOML file.") from None
    try:
        return _spec(content, path.stem)
    except DataError as error:
        raise DataError(f"In {path}: {error.what}", error.advice) from None


def text(spec: Spec) -> str:
    """Return a homework as a TOML file, with a word on what each key means."""
    lines = [
        f"title = {_quoted(spec.title)}",
        f'reduction = "{spec.reduction}"  # of cross_entropy: mean, sum or none',
        f'penalty = "{spec.penalty}"  # l2/2 or l2, times the sum of squares of W',
        f'hints = "{spec.hints}"  # none, short or full: what the student is told of a mistake',
        f"seed = {spec.seed}  # draws the inputs: take one of your own, and keep this file to yourself",
        f"hidden = {_quoted(spec.hidden)}  # checks of which no numbers are told, and none before the deadline",
        f"forbid = {_quoted(spec.forbid)}  # packages whose import fails; softreg, scipy ... are always reported",
        "",
        '# role = "name(own_name=word, ...) -> word, ..."; the order is the order of the arguments.',
        "[functions]",
        *(f"{function.role} = {_quoted(text_of(function))}" for function in spec.functions),
        "",
        "# What each check is worth; 0 leaves it out.",
        "[points]",
        *(f"{_key(name)} = {_plain(points)}" for name, points in spec.points.items()),
        "",
        "# Of one submission: seconds (a call may take a quarter), MiB of memory, MiB of a file written.",
        "[limits]",
        *(f"{name} = {_plain(value)}" for name, value in asdict(spec.limits).items()),
    ]
    return "\n".join(lines) + "\n"


def _spec(content: Mapping[str, Any], stem: str) -> Spec:
    _refuse_unknown(content, _KEYS, "the file")
    functions = _functions(_table(content, "functions"))
    spec = Spec(
        title=_typed(content, "title", str, stem),
        functions=functions,
        points=_points(_table(content, "points")),
        hidden=_names(content, "hidden", CHECKS),
        forbid=_forbidden(content),
        seed=_seed(content),
        limits=_limits(_table(content, "limits")),
        **{key: _choice(content, key) for key in CHOICES},
    )
    if not questions(spec):
        raise DataError("no check is worth a point.", "Give one of [points] more than 0, or take [points] away.")
    return spec


def _functions(table: Mapping[str, Any]) -> tuple[Function, ...]:
    _refuse_unknown(table, ROLES, "[functions]")
    if not table:
        raise DataError("the table [functions] is missing or empty.", f"Name at least one of {listed(ROLES)}.")
    found = []
    for role, signature in table.items():
        if not isinstance(signature, str):
            raise DataError(
                f'the key "functions.{role}" is no text.', f'Write it like {role} = "{role}(X, y) -> loss".'
            )
        try:
            found.append(function_of(role, signature))
        except DataError as error:
            raise DataError(f'the key "functions.{role}": {error.what}', error.advice) from None
    names = [function.name for function in found]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise DataError(f'two functions are called "{repeated[0]}".', "Give each role a function of its own.")
    # in the roles' own order, so that the order of a file does not change what is asked
    return tuple(sorted(found, key=lambda function: list(ROLES).index(function.role)))


def _points(table: Mapping[str, Any]) -> dict[str, float]:
    _refuse_unknown(table, CHECKS, "[points]")
    return {name: _number(f"points.{name}", value, 0.0, MOST_POINTS) for name, value in table.items()}


def _limits(table: Mapping[str, Any]) -> Limits:
    # more than the system counts in would stop every submission
    bounds = {"seconds": (1.0, 3600.0), "memory": (256.0, 2.0**20), "files": (1.0, 2.0**20)}
    _refuse_unknown(table, [field.name for field in fields(Limits)], "[limits]")
    found: dict[str, Any] = {}
    for name, value in table.items():
        number = _number(f"limits.{name}", value, *bounds[name])
        found[name] = number if name == "seconds" else int(number)
    return Limits(**found)


def _seed(content: Mapping[str, Any]) -> int:
    seed: int = _typed(content, "seed", int, 0)
    if seed < 0:
        raise DataError(f'the key "seed" is {seed}.', "It must be 0 or more.")
    return seed


def _number(key: str, value: Any, low: float, high: float) -> float:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not low <= number <= high:
        raise DataError(
            f'the key "{key}" is {_shown(value)}.', f"It must be a number, {low:g} or more and {high:.0f} or less."
        )
    return float(value)


def _choice(content: Mapping[str, Any], key: str) -> str:
    value = content.get(key, next(field.default for field in fields(Spec) if field.name == key))
    if value not in CHOICES[key]:
        near = did_you_mean(str(value), CHOICES[key])
        raise DataError(f'the key "{key}" is {_shown(value)}.', near or f"It may be {listed(CHOICES[key])}.")
    return str(value)


def _names(content: Mapping[str, Any], key: str, known: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    names = content.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f'the key "{key}" is no list of names.', f'Write it like {key} = ["one", "another"].')
    if known is not None:
        _refuse_unknown(dict.fromkeys(names), known, f'the list "{key}"')
    return tuple(names)


def _forbidden(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Packages that are first imported by a submission: what the grader imported before it would be let through."""
    names = _names(content, "forbid")
    for name in names:
        if not name.isidentifier():
            package = name.partition(".")[0]
            near = f'Forbid "{package}".' if package.isidentifier() else 'Write it like forbid = ["scipy"].'
            raise DataError(f'the list "forbid" has "{name}", which is no package as a whole.', near)
        if name == "numpy" or name in sys.stdlib_module_names:
            raise DataError(f'the list "forbid" has "{name}", which the grader itself imports.', "Leave it out.")
    return names


def _typed(content: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    value = content.get(key, default)
    if not isinstance(value, kind) or isinstance(value, bool):
        wanted = {str: "text in quotation marks", int: "a whole number"}[kind]
        raise DataError(f'the key "{key}" is {_shown(value)}.', f"It must be {wanted}.")
    return value


def _table(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = content.get(key, {})
    if not isinstance(table, dict):
        raise DataError(f'the key "{key}" is no table.', f"Write a line [{key}], and its keys below.")
    return table


def _refuse_unknown(given: Mapping[str, Any], known: Sequence[str] | Mapping[str, Any], where: str) -> None:
    for key in given:
        if key not in known:
            near = did_you_mean(key, known) or f"It knows {listed(known, most=99)}."
            raise DataError(f'{where} does not know "{key}".', near)


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{str(value).lower() if isinstance(value, bool) else value}"


def _quoted(value: str | Sequence[str]) -> str:
    # JSON has an escape for every character that TOML wants escaped, but for one
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(number: float) -> str:
    """A number as people write it, with all its digits."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _quoted(name)

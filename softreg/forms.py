"""Forms: what a document that others may have written must look like, before anything is done with it.

A form is a type: one of JSON's own kinds, ``list[...]``, ``tuple[...]`` (a list of that length), ``dict[str, ...]``, a
union, a ``Literal``, a ``TypedDict`` (other keys may stand beside its own), a dataclass (other keys may not), or one of
these ``Annotated`` with functions that tell whether a value meets one condition more. Numbers are finite, whole numbers
fit into 64 bits, and texts can be written as UTF-8.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import tomllib
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    NoReturn,
    NotRequired,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

__all__ = ["Amount", "Count", "Positive", "Share", "from_json", "from_toml", "misfit", "same_length"]

Form: TypeAlias = Any

_LARGEST = sys.float_info.max

DEEPEST = 50
"""Lists within lists: what softreg writes has a tenth of that, and what walks through a document calls itself."""

Amount = Annotated[float, lambda value: value >= 0]
Positive = Annotated[float, lambda value: value > 0]
Share = Annotated[float, lambda value: 0 <= value <= 1]
Count = Annotated[int, lambda value: value >= 0]


def from_json(text: str | bytes, *, finite: bool = True) -> Any:
    """Return what a JSON text holds; if not ``finite``, it may say NaN and Infinity, as Python writes them.

    Raises ValueError for what is none, and for what is nested too deeply.

    >>> from_json('{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    """
    return _flat(lambda: json.loads(text, parse_constant=_refused if finite else float))


def from_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text holds; errors as for :func:`from_json`.

    >>> from_toml("a = [1, 2.5]")
    {'a': [1, 2.5]}
    """
    content: dict[str, Any] = _flat(lambda: tomllib.loads(text))
    return content


def misfit(value: Any, form: Form, place: str = "") -> str:
    """Return the first place at which a value is not as its form says, as it is called in a sentence; "" if it fits.

    >>> misfit({"loss": [0.5, True]}, dict[str, list[float]])
    'loss[1]'
    >>> misfit([1, "a"], tuple[int, str]), misfit(None, float | None), misfit({}, Literal["a"])
    ('', '', 'the whole')
    """
    return next(_misfits(value, form, place), "")


def same_length(*names: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return the condition that the lists of these names are of one length, and not empty."""

    def met(told: Mapping[str, Any]) -> bool:
        lengths = {len(told[name]) for name in names}
        return len(lengths) == 1 and 0 not in lengths

    return met


def _misfits(value: Any, form: Form, place: str) -> Iterator[str]:
    """The places at which a value is not as its form says."""
    origin: Any = get_origin(form)
    here = place or "the whole"
    if origin is Annotated:
        inner, *conditions = get_args(form)
        found = next(_misfits(value, inner, place), "") or ("" if all(each(value) for each in conditions) else here)
        yield from [found] * bool(found)
    elif origin in {Union, types.UnionType}:
        if all(misfit(value, each, place) for each in get_args(form)):
            yield here
    elif origin is Literal:
        if not isinstance(value, str | int | None) or value not in get_args(form):
            yield here
    elif origin in {list, tuple}:
        yield from _of_list(value, get_args(form), origin, place) if isinstance(value, list | tuple) else [here]
    elif origin is dict or is_typeddict(form) or dataclasses.is_dataclass(form):
        yield from _of_object(value, form, place) if isinstance(value, dict) else [here]
    elif not _plain(value, form):
        yield here


def _of_list(value: Sequence[Any], kinds: tuple[Form, ...], origin: type, place: str) -> Iterator[str]:
    if origin is list or kinds[1:] == (...,):
        kinds = kinds[:1] * len(value)
    if len(kinds) != len(value):
        yield place or "the whole"
    else:
        for at, (each, kind) in enumerate(zip(value, kinds, strict=True)):
            yield from _misfits(each, kind, f"{place}[{at}]")


def _of_object(value: dict[str, Any], form: Form, place: str) -> Iterator[str]:
    kinds, needed, others = _keys(form)
    inner = f"{place}." if place else ""
    yield from (f"{inner}{key}" for key in sorted(needed - value.keys()))
    for key, each in value.items():
        if not _plain(key, str):
            yield place or "the whole"
        yield from _misfits(each, kinds.get(key, others), f"{inner}{key}")


@cache
def _keys(form: Form) -> tuple[dict[str, Form], frozenset[str], Form]:
    """The kinds of an object's keys, those that must be there, and the kind of all others."""
    if not isinstance(form, type):  # dict[str, ...]
        return {}, frozenset(), get_args(form)[1]
    hints = get_type_hints(form, include_extras=True)
    if is_typeddict(form):
        # subtle: where annotations are text, Python 3.11 does not see NotRequired in them, and calls all keys required
        optional = {key for key, kind in hints.items() if get_origin(kind) is NotRequired}
        kinds = {key: get_args(kind)[0] if key in optional else kind for key, kind in hints.items()}
        return kinds, frozenset(hints) - optional if getattr(form, "__total__", True) else frozenset(), Any
    missing = dataclasses.MISSING
    fields = [each for each in dataclasses.fields(form) if each.default is missing and each.default_factory is missing]
    return hints, frozenset(each.name for each in fields), NoReturn


def _plain(value: Any, kind: Form) -> bool:
    """Whether a value is of one of JSON's own kinds."""
    if kind is Any:
        return True
    if kind in {None, types.NoneType}:
        return value is None
    if kind is str:
        return isinstance(value, str) and (value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value))
    if isinstance(value, bool) or kind is bool:
        return kind is bool and isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and abs(value) < 2**63
    return kind is float and isinstance(value, int | float) and abs(value) <= _LARGEST and math.isfinite(value)


def _flat(parse: Callable[[], Any]) -> Any:
    """What a parser returns, unless it is nested too deeply, for the parser itself or for those who read on."""
    try:
        content = parse()
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [content]
    for _ in range(DEEPEST):
        level = [
            each
            for outer in level
            for each in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
        ]
        if not level:
            return content
    raise ValueError("it is nested too deeply")


def _refused(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")

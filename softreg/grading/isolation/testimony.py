"""Testimony: what a process says in a header, as values of known kinds.

The submission lives in the process that answers, and can find the key of the pipe: whatever the header says is its own
word, and must be a word that the grader can use.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from softreg.grading.isolation.ended import EndedError

__all__ = ["ERRORS", "Loaded", "Said", "as_loaded", "as_said"]

ERRORS = ("", "kind", "memory", "exit", "missing", "raised")
"""What a process may say that went wrong in a call; the other words are the grader's own."""

LONGEST = 400
MOST = 1000


@dataclass(frozen=True)
class Loaded:
    """What was found in the files: see ``inside.loading.load``; ``held`` back and ``imported`` while they were run."""

    files: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    no_function: Mapping[str, str] = field(default_factory=dict)
    code: bool = False
    several: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """What came of a call: see ``inside.asking.ask``; ``changed`` are places of arguments."""

    error: str = ""
    told: str = ""
    changed: tuple[int, ...] = ()
    warned: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()


def as_loaded(header: Mapping[str, Any], files: Collection[str], wanted: Collection[str]) -> Loaded:
    """Return what a process says of files that it was given and functions that are wanted.

    Raises ``EndedError`` where a word is missing, of another kind, or speaks of a file or function that is not there.
    """
    kinds = header.get("no_function")
    if not isinstance(kinds, dict) or not all(isinstance(kind, str) for kind in kinds.values()):
        raise _no_word("no_function")
    return Loaded(
        files=_among(header, "files", files),
        found=_among(header, "found", wanted),
        no_function={name: kinds[name][:LONGEST] for name in wanted if name in kinds},
        code=header.get("code") is True,
        **{key: _texts(header, key) for key in ("several", "wrong", "raised", "imports", "held", "imported")},
    )


def as_said(header: Mapping[str, Any], n_arguments: int) -> Said:
    """Return what a process says of a call with so many arguments. Raises ``EndedError`` as :func:`as_loaded`.

    >>> as_said({"changed": [0], "warned": [], "held": [], "imported": []}, 1).changed
    (0,)
    """
    error, told, changed = header.get("error", ""), header.get("told", ""), header.get("changed")
    if error not in ERRORS or not isinstance(told, str):
        raise _no_word("error")
    if not isinstance(changed, list) or not all(type(place) is int and 0 <= place < n_arguments for place in changed):
        raise _no_word("changed")
    texts = {key: _texts(header, key) for key in ("warned", "held", "imported")}
    return Said(error, told[:LONGEST], tuple(dict.fromkeys(changed)), **texts)


def _texts(header: Mapping[str, Any], key: str) -> tuple[str, ...]:
    texts = header.get(key)
    if not isinstance(texts, list) or len(texts) > MOST or not all(isinstance(text, str) for text in texts):
        raise _no_word(key)
    return tuple(text[:LONGEST] for text in texts)


def _among(header: Mapping[str, Any], key: str, known: Collection[str]) -> tuple[str, ...]:
    """Names that are known, each once; cut names would be others."""
    names = header.get(key)
    if not isinstance(names, list) or not all(isinstance(name, str) and name in known for name in names):
        raise _no_word(key)
    return tuple(dict.fromkeys(names))


def _no_word(key: str) -> EndedError:
    return EndedError("lost", f'it wrote into the grader\'s own pipe ("{key}" is no answer)')

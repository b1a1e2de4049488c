"""What can go wrong, in words that a user can act on.

Every error says what was wrong, what was given, and what to type next. One base class carries the exit code; the
command line converts it in one place, so that no traceback reaches a user. Exit codes are part of the interface:

====  =======================================================================
code  meaning
====  =======================================================================
0     done (a closed pipe too)
1     unexpected: a fault of softreg itself
2     usage: an option that does not exist, or has no effect here
3     bad or missing input data
4     training diverged (the best weights were kept)
5     not converged, and ``--require-convergence`` was given
6     model file damaged, or written by a newer softreg
7     a check failed under ``--strict``
130   interrupted (Ctrl-C), 143 terminated, 129 hung up (the terminal is gone)
====  =======================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = [
    "CheckFailedError",
    "DataError",
    "DivergedError",
    "ModelFileError",
    "NotConvergedError",
    "SoftregError",
    "StoppedError",
    "UsageError",
    "did_you_mean",
    "listed",
    "plural",
    "reason",
    "system_number",
]


class SoftregError(Exception):
    """Base of all errors that softreg raises on purpose.

    ``what`` is one sentence: what was wrong and what was given. ``advice`` is what to type next; it may be empty.
    """

    exit_code = 1

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(f"{what} {advice}".strip())
        self.what = what
        self.advice = advice


class UsageError(SoftregError, ValueError):
    """Options that do not exist, are out of range, or have no effect together."""

    exit_code = 2


class DataError(SoftregError, ValueError):
    """Input data that is missing, unreadable, or not what softmax regression can use."""

    exit_code = 3


class DivergedError(SoftregError):
    """The objective became infinite, or ended above where it began. The run folder holds the best weights."""

    exit_code = 4


class NotConvergedError(SoftregError):
    """Training stopped before it converged, and convergence was required."""

    exit_code = 5


class ModelFileError(SoftregError):
    """A model file that is damaged, of a newer format, or holds a pickle."""

    exit_code = 6


class CheckFailedError(SoftregError):
    """A check failed, and ``--strict`` was given."""

    exit_code = 7


class StoppedError(SoftregError):
    """Training was stopped in the midst of an epoch; what it had reached before is kept."""

    exit_code = 130


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``'Did you mean "species"?'`` for the nearest known word, or the empty string where none is near.

    >>> did_you_mean("speceis", ["petal_length", "species"])
    'Did you mean "species"?'
    >>> did_you_mean("zzz", ["petal_length", "species"])
    ''
    """
    import difflib

    lowered = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return f'Did you mean "{lowered[near[0]]}"?' if near else ""


def listed(names: Iterable[str], most: int = 8) -> str:
    """Join names for a sentence, cutting a long list.

    >>> listed(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    shown = list(names)
    rest = len(shown) - most
    return ", ".join(shown) if rest <= 0 else f"{', '.join(shown[:most])} and {rest} more"


def plural(count: int, noun: str) -> str:
    """Return ``'1 row'`` or ``'2 rows'``.

    >>> plural(1, "row"), plural(0, "row")
    ('1 row', '0 rows')
    """
    return f"{count} {noun}{'' if count == 1 else 's'}"


def reason(error: BaseException) -> str:
    """Return what an error says, for a sentence: of one of the system neither its number nor its path.

    >>> reason(OSError(5, "Input/output error", "a.csv")), reason(ValueError("no zip."))
    ('Input/output error', 'no zip')
    >>> reason(EOFError()), reason(KeyError("no target"))
    ('it ends too early', 'no target')
    """
    words = error.args[0] if isinstance(error, KeyError) and error.args else error  # which would quote them
    said = str(getattr(error, "strerror", None) or words).rstrip(".")
    return said or ("it ends too early" if isinstance(error, EOFError) else type(error).__name__)


def system_number(error: BaseException) -> int:
    """Return the system's number of an error, as in ``errno``, which polars tells in words alone; 0 for no such error.

    >>> system_number(OSError(28, "No space left on device")), system_number(OSError("File too large (os error 27)"))
    (28, 27)
    """
    told = re.search(r"(?:\(os error |\[Errno )(\d+)[)\]]", str(error))
    return getattr(error, "errno", None) or (int(told[1]) if told else 0)

"""Finding: what a check has to say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["FAIL", "PASS", "SKIP", "WARN", "Finding", "readable", "worst"]

PASS, SKIP, WARN, FAIL = "PASS", "SKIP", "WARN", "FAIL"
"""All is well; not applicable, with the reason; look at it; believe nothing before it is mended."""


@dataclass(frozen=True)
class Finding:
    """One check's answer.

    ``found`` says what was measured, with the numbers; ``why`` why it matters, and ``advice`` what to do, each in a
    sentence. ``numbers`` are the same for a program, ``table`` lines of cells for whoever wants to see all of it.
    """

    name: str
    verdict: str
    found: str
    why: str = ""
    advice: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)
    table: tuple[tuple[str, ...], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def readable(number: float) -> str:
    """Return a number to two or three digits, without an exponent where people would not write one.

    >>> readable(2.648), readable(2693.2), readable(1.5e7)
    ('2.6', '2693', '1.5e+07')
    """
    return f"{number:.0f}" if 100 <= number < 1e6 else f"{number:.2g}"


def worst(findings: Iterable[Finding]) -> str:
    """Return the worst verdict; a check that was not applicable is no bad news.

    >>> worst([Finding("a", PASS, ""), Finding("b", WARN, ""), Finding("c", SKIP, "")])
    'WARN'
    """
    order = (PASS, SKIP, WARN, FAIL)
    found = max((order.index(finding.verdict) for finding in findings), default=0)
    return PASS if order[found] == SKIP else order[found]

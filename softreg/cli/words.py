"""Small things about text on a terminal."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from softreg import errors, terminal
from softreg.cli.streams import silence

if TYPE_CHECKING:
    from softreg.data.split import Split

__all__ = [
    "SCALED",
    "WIDTH",
    "calibration_words",
    "compact",
    "counted",
    "note",
    "number",
    "plural",
    "printable",
    "row",
    "say",
    "short",
    "sizes",
    "table",
    "tell",
    "told",
    "typed",
    "wrapped",
]

WIDTH = 80
MARGIN = 10
SCALED = {"standard": "standardised", "unit": "scaled to [0, 1]", "none": "not scaled"}
LONGEST = 1500
HOLD = "\N{NO-BREAK SPACE}"
"""A space at which no line is broken: between a number and what it counts."""


def printable(text: object) -> str:
    """Return text without control characters, so that no data can steer the terminal."""
    return terminal.printable(text, kept=f"\n{HOLD}")


def told(text: str) -> str:
    """Return a sentence for stderr, printable, and no longer than a screen: it may quote names of any length."""
    plain = printable(text)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]} ..."


def say(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print text on stdout or stderr: the one way in which words reach a terminal, without control characters."""
    click.echo(printable(text), err=err, nl=nl)


def tell(text: str, *, nl: bool = True) -> None:
    """Print text on stdout; that its reader has seen enough is no reason not to go on."""
    try:
        say(text, nl=nl)
    except BrokenPipeError:
        silence()


def wrapped(text: str, indent: str = "") -> str:
    """Wrap text at 80 columns; further lines are indented. A long word (a path) is never broken."""
    lines = text.split("\n")
    wrap = textwrap.TextWrapper(WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrap.fill(line) for line in lines).replace(HOLD, " ")


def short(name: object, width: int) -> str:
    """Cut a name to a width, with an ellipsis.

    >>> short("Iris-versicolor", 8)
    'Iris-ve…'
    """
    text = printable(name).replace("\n", " ")
    return text if len(text) <= width else text[: width - 1] + "…"


def row(label: str, text: str, margin: int = MARGIN) -> str:
    """Return one paragraph of a summary: a label in the margin, the text beside it."""
    return wrapped(f"{label:<{margin - 2}}  {printable(text)}", " " * margin)


def typed(*words: str) -> str:
    """Return a softreg command as it is to be typed.

    >>> typed("train", "my data.csv")
    "softreg train 'my data.csv'"
    """
    return f"softreg {shlex.join(words)}"


def number(value: float | None, digits: int = 3) -> str:
    """Return a number for a table; a dash for None.

    >>> number(0.12345), number(None), number(2.5e204)
    ('0.123', '-', '2.5e+204')
    """
    return "-" if value is None else f"{value:.{digits}f}" if abs(value) < 1e6 else f"{value:.{digits}g}"


def compact(value: float) -> str:
    """Return a small number as people write it.

    >>> compact(1e-4), compact(0.00123), compact(0.5), compact(2.0)
    ('1e-4', '0.00123', '0.5', '2')
    """
    if value and abs(value) < 1e-3:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"{value:.3g}"


def counted(number: int) -> str:
    """Return a large number to one digit, as people say it.

    >>> counted(1874), counted(4_213_000)
    ('2000', '4\xa0million')
    """
    rounded = float(f"{number:.1g}")
    return f"{rounded / 1e6:.0f}{HOLD}million" if rounded >= 1e6 else f"{rounded:.0f}"


def plural(count: int, noun: str) -> str:
    """Return ``'1 row'`` or ``'2 rows'``, held together.

    >>> wrapped(plural(1, "row")), wrapped(plural(60000, "row"))
    ('1 row', '60000 rows')
    """
    return errors.plural(count, noun).replace(" ", HOLD, 1)


def sizes(split: Split) -> str:
    """Return how many rows each part has, of those that have some."""
    parts = {"train": split.train, "validation": split.val, "test": split.test}
    return ", ".join(f"{len(rows)}{HOLD}{name}" for name, rows in parts.items() if len(rows))


def table(rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Align rows of cells in columns: the first ``left`` ones to the left, numbers to the right."""
    cells = [[printable(cell) for cell in line] for line in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(cells[0]))]
    lines = []
    for line in cells:
        aligned = [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)


def calibration_words(told: Mapping[str, Any]) -> str:
    """Return what was done to the probabilities of a model, from the record of it; empty where nothing was.

    >>> wrapped(calibration_words({"temperature": 1.318, "reason": "", "n_rows": 12, "shares": None}))
    'temperature 1.32, fitted on 12 validation rows'
    >>> print(wrapped(calibration_words({"temperature": 1.318, "n_rows": 12, "interval": [0.8, None]})))
    temperature 1.32 (95% 0.8-any), fitted on 12 validation rows; too few to tell it
    from 1
    """
    words = []
    if told.get("shares") == "true":
        words.append("probabilities shifted back from balanced class weights to the shares of the training rows")
    if told.get("reason"):
        words.append(f"no temperature, for {told['reason']}; it stays 1")
    elif told.get("n_rows"):
        low, high = told.get("interval") or (None, None)
        ends = f" (95%{HOLD}{compact(low)}-{'any' if high is None else compact(high)})" if low else ""
        rows = plural(told["n_rows"], "validation row")
        words.append(f"temperature{HOLD}{compact(told['temperature'])}{ends}, fitted on {rows}")
        if low and low <= 1 and (high is None or high >= 1):
            words.append("too few to tell it from 1")
    return "; ".join(words)


def note(text: str, quiet: bool) -> None:
    """Tell something beside the result, on stderr."""
    if not quiet:
        say(wrapped(f"note: {told(text)}", "      "), err=True)

"""What ``explain`` prints: two tables, from features to logits and from logits to probabilities, and the changes."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

import numpy as np

from softreg.cli.words import HOLD, WIDTH, compact, number, row, short, table, wrapped
from softreg.errors import plural

if TYPE_CHECKING:
    from softreg.workflows.explained import Explained, Flip

__all__ = ["beyond", "explanation"]

MOST_ACROSS = 4
"""Classes beside each other in the table of contributions."""

MOST_DOWN = 10
"""Classes below each other in the table of probabilities; the rest is summed."""

MOST_FLIPS = 4
LONGEST = 12
"""Of a class's name, over a column."""


def explanation(told: Explained, top: int) -> list[str]:
    """Return the lines for a person."""
    return [
        _head(told),
        *_features(told, top),
        *_classes(told),
        *_loss(told),
        _why(told),
        *_boundary(told),
        *_flips(told),
        row("note", "this is how the model comes to its answer, which need not be how the world does"),
    ]


def _head(told: Explained) -> str:
    classes, sure = told.model.classes, math.exp(told.log_proba[told.answer])
    truth = "" if told.label is None else f"; is {short(told.label, 24)}"
    says = f"row {told.row}: says {short(classes[told.answer], 24)}, probability{HOLD}{_share(sure)}{truth}"
    return row(short(told.name, 24), says)


def _features(told: Explained, top: int) -> list[str]:
    """Columns down, some classes across: what each column adds to each logit; the last column is A less B."""
    across = _across(told)
    names = [short(told.model.classes[code], LONGEST) for code in across]
    shown, rest = told.ranked(top)
    lines = [[f"from {told.start_name}", *_signed(told, told.told.start, across)]]
    lines += [[told.given[place].text, *_signed(told, told.parts[place], across)] for place in shown]
    if rest:
        lines.append([plural(len(rest), "other"), *_signed(told, told.parts[rest].sum(axis=0), across)])
    lines.append(["logit", *_signed(told, told.told.logits, across)])
    head = ["", *names, "first - second"]
    room = WIDTH - sum(2 + max(len(line[at]) for line in [head, *lines]) for at in range(1, len(head)))
    cut = [[short(line[0], room), *line[1:]] for line in [head, *lines]]
    hidden = len(told.model.classes) - len(across)
    left = f"; {hidden} classes are left out" if hidden else ""
    told_below = f"(logits less their mean over all classes, which softmax does not see{left})"
    return [table(cut), wrapped(told_below)]


def _across(told: Explained) -> list[int]:
    """The classes of the question, then the likeliest others."""
    order = np.argsort(-told.log_proba, kind="stable").tolist()
    return list(dict.fromkeys([*told.question, *order]))[: MOST_ACROSS if len(order) > 3 else 3]


def _signed(told: Explained, values: np.ndarray, across: list[int]) -> list[str]:
    first, second = told.question
    return [_plus(float(values[code])) for code in across] + [_plus(float(values[first] - values[second]))]


def _classes(told: Explained) -> list[str]:
    """Classes down, the likeliest first: logit, exponential, probability, and the residual where the label is known."""
    proba, logits = np.exp(told.log_proba), told.told.logits
    powers, order = np.exp(logits - logits.max()), np.argsort(-told.log_proba, kind="stable")
    shown, rest = order[:MOST_DOWN], order[MOST_DOWN:]
    head = ["", "logit", "e^(logit - top)", "probability"] + ["p - y"] * (told.truth is not None)
    lines = []
    for code in shown:
        cells = [_plus(float(logits[code])), _share(float(powers[code])), _share(float(proba[code]))]
        lines.append([short(told.model.classes[code], 30), *cells])
    if len(rest):
        lines.append(
            [plural(len(rest), "other"), "", _share(float(powers[rest].sum())), _share(float(proba[rest].sum()))]
        )
    lines.append(["sum", "", number(float(powers.sum())), number(1.0)])
    if told.truth is not None:
        residual = proba - told.truth
        sums = [residual[code] for code in shown] + [residual[rest].sum()] * bool(len(rest)) + [0.0]
        for line, value in zip(lines, sums, strict=True):
            line.append(_plus(float(value)))
    return [table([head, *lines])]


def _loss(told: Explained) -> list[str]:
    """The cross-entropy of this row."""
    if told.loss is None or told.truth is None:
        return []
    even = f"; guessing evenly costs log{HOLD}{len(told.truth)} = {math.log(len(told.truth)):.3f}"
    if told.truth.max() < 1:
        return [row("loss", f"cross-entropy {number(told.loss)} with the row's shares{even}")]
    proba = _factor(_share(math.exp(told.log_proba[int(told.truth.argmax())])))
    loss = compact(told.loss) if told.loss < 0.0005 else number(told.loss)
    return [row("loss", f"cross-entropy -log{HOLD}{proba} = {loss}{even}")]


def _why(told: Explained) -> str:
    """The question in a sentence."""
    first, second = (short(told.model.classes[code], 24) for code in told.question)
    proba = [_factor(_share(math.exp(told.log_proba[code]))) for code in told.question]
    sums = f"{_plus(told.start_odds)} from {told.start_name} {_plus(told.difference.sum())} from the columns"
    odds = f"log({proba[0]}{HOLD}/{HOLD}{proba[1]}) = {_plus(told.odds)}"
    return row("why", f"{first} and not {second}: log odds {odds} = {sums}")


def _boundary(told: Explained) -> list[str]:
    """The way to the nearest decision boundary."""
    near = told.boundary
    if near is None:
        return [row("nearest", "no change of its numbers gives another answer")]
    rival = short(told.model.classes[near.rival], 24)
    if near.distance == 0:
        return [row("nearest", f"{rival} is exactly as likely; the tie goes to the first class")]
    unit = "standard deviations" if told.standardised else "of the features' own units"
    text = f"{rival}, beyond {compact(near.distance)}{HOLD}{unit}"
    moved = list(told.moved().items())
    if told.model.metadata.get("image_shape"):
        return [row("nearest", f"{text}, all pixels together")]
    ways = [f"{short(name, 24)} {start:.6g}{HOLD}->{HOLD}{beyond(start, to)}" for name, (start, to) in moved[:3]]
    rest = f" and {plural(len(moved) - 3, 'other')}" if len(moved) > 3 else ""
    return [row("nearest", f"{text}: {', '.join(ways)}{rest}")]


def _flips(told: Explained) -> list[str]:
    """The columns that alone would change the answer, the nearest first."""
    flips, limits = _possible(told)
    if not flips:
        return [row("one alone", f"no change of one column{limits} gives another answer")]
    numbers = [flip for flip in flips if flip.deviations is not None][:MOST_FLIPS]
    levels = [flip for flip in flips if flip.deviations is None][:MOST_FLIPS]
    unit = "deviations" if told.standardised else "units"
    head = ["one alone", "from", "to", unit, "says"]
    lines = [[short(flip.column, 28), *_flip(flip), told.model.classes[flip.becomes]] for flip in numbers + levels]
    aligned = table([[line[0], line[1], line[2], line[3], ""] for line in [head, *lines]]).splitlines()
    width = max(map(len, aligned))
    says = [head[-1], *(line[-1] for line in lines)]
    told_lines = [f"{line:<{width}}  {short(word, 20)}" for line, word in zip(aligned, says, strict=True)]
    rest = len(flips) - len(lines)
    return [*told_lines, *([f"and {rest} more, farther away"] if rest else [])]


def _possible(told: Explained) -> tuple[list[Flip], str]:
    """The flips; of pixels whose range training knew, those within it, and words for the range."""
    about, features = told.model.metadata, told.model.features
    if not (about.get("image_shape") and about.get("scale") == "unit" and {"mean", "scale"} <= features.keys()):
        return list(told.flips), ""
    low, high = float(features["mean"].min()), float((features["mean"] + features["scale"]).max())
    within = [flip for flip in told.flips if low <= float(flip.to) <= high]
    return within, f", from {low:g} to {high:g},"


def _flip(flip: Flip) -> list[str]:
    if flip.deviations is None:
        return [short("missing" if flip.start is None else flip.start, 14), short(flip.to, 14), ""]
    start, to = float(flip.start or 0.0), float(flip.to)
    return [f"{start:.6g}", beyond(start, to), f"{flip.deviations:+.3g}"]


def beyond(start: float, to: float) -> str:
    """Return a number just beyond ``to``, as short as a tenth of the way allows: what to type to be over there.

    >>> beyond(1.8, 1.8432), beyond(1.8, 1.7561), beyond(3750.0, 4123.4)
    ('1.844', '1.756', '4124')
    """
    way = to - start
    if way == 0 or not math.isfinite(to) or abs(to) >= 1e15:
        return f"{to:.6g}"
    places = max(0, 1 - math.floor(math.log10(abs(way))))
    unit = Decimal(1).scaleb(-places)
    rounded = Decimal(to).quantize(unit, ROUND_CEILING if way > 0 else ROUND_FLOOR)
    if float(rounded) == to:
        rounded += unit if way > 0 else -unit
    return str(rounded)


def _plus(value: float) -> str:
    """A number with its sign, as short as it can be told from 0."""
    if 0 < abs(value) < 0.0005:
        return f"{'+' if value > 0 else '-'}{compact(abs(value))}"
    return f"{value:+.3f}" if abs(value) < 1e6 else f"{value:+.3g}"


def _factor(share: str) -> str:
    """A share as it stands in a formula."""
    return f"({share})" if " " in share else share


def _share(value: float) -> str:
    """A share of 1, told from 0 and from 1.

    >>> _share(0.5164), _share(0.00297), _share(2.34e-5), _share(0.99974), _share(1.0)
    ('0.516', '0.00297', '2.3e-5', '1 - 2.6e-4', '1.000')
    """
    if 0.9995 < value < 1:
        return f"1 - {compact(1 - value)}"
    return f"{value:.3f}" if value >= 0.1 or value == 0 else compact(value)

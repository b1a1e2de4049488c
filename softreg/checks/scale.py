"""Scale: whether one feature's unit drowns the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from softreg.checks.finding import FAIL, PASS, SKIP, WARN, Finding, readable
from softreg.checks.subject import Subject
from softreg.checks.thresholds import FAR_OFF, SAME_UNIT, SPREAD_FAIL, SPREAD_WARN, UNITS_APART
from softreg.preparation import Number

__all__ = ["scale"]

NAME = "scale"
WHY = "Penalty and speed depend on the unit of an unscaled column."


def scale(subject: Subject) -> Finding:
    """Compare the largest deviation of a number over the training rows with the smallest."""
    if subject.dataset.pixels:
        return Finding(NAME, SKIP, "not applicable: pixels share one unit", WHY)
    if subject.sparse:
        return _of_sparse(subject)
    places = [place for place in _numbers(subject) if subject.deviation[place] > 0]
    if len(places) < 2:
        return Finding(NAME, SKIP, "not applicable: fewer than two columns of numbers that vary", WHY)
    return _of_numbers(subject, places)


def _of_numbers(subject: Subject, places: list[int]) -> Finding:
    """The deviations of some features, and how far they lie from zero."""
    deviation, names = subject.deviation[places], subject.preparation.features
    low, high = names[places[int(deviation.argmin())]], names[places[int(deviation.argmax())]]
    ratio = float(deviation.max()) / float(deviation.min())
    numbers: dict[str, Any] = {"smallest": float(deviation.min()), "largest": float(deviation.max()), "ratio": ratio}
    numbers |= {"smallest_of": low, "largest_of": high}
    told = f"deviations {deviation.min():.3g} to {deviation.max():.3g}: ratio {readable(ratio)}"
    named = f"deviations {deviation.min():.3g} ({low}) to {deviation.max():.3g} ({high}): ratio {readable(ratio)}"
    if subject.scale == "none" and ratio >= SPREAD_WARN:
        advice = "Use --scale standard, which measures every column in its own deviations."
        return Finding(NAME, FAIL if ratio >= SPREAD_FAIL else WARN, f"{named}, not scaled", WHY, advice, numbers)
    if ratio >= UNITS_APART:
        advice = f"Look at {high}: is a code, or a 99999999 for a missing value, among its numbers?"
        return Finding(NAME, WARN, f"{named}; honest units seldom differ so much", WHY, advice, numbers)
    off = np.abs(subject.scaling.mean[places]) / deviation
    if off.max() >= FAR_OFF:
        column = names[places[int(off.argmax())]]
        found = f"{column} lies {off.max():.1e} of its deviations away from 0, where numbers are rounded"
        return Finding(NAME, WARN, found, WHY, f"Take a constant off {column}, such as its least value.", numbers)
    mended = ", not scaled" if subject.scale == "none" else ", divided out by scaling"
    return Finding(NAME, PASS, told + mended, WHY, numbers=numbers)


def _numbers(subject: Subject) -> list[int]:
    """Places of the features that are numbers as they were read, and not levels or signs of missing values."""
    places, first = [], 0
    for column in subject.preparation.columns:
        if isinstance(column, Number):
            places.append(first)
        first += len(column.features)
    return places


def _of_sparse(subject: Subject) -> Finding:
    """Of sparse columns the largest values: how much they deviate is a matter of how rare they are."""
    if subject.scale != "none":
        return Finding(NAME, PASS, "sparse features, divided by their own scale", WHY)
    X = subject.X["train"]
    largest = np.maximum(X.max(axis=0).toarray(), -X.min(axis=0).toarray()).ravel().astype(np.float64)
    largest = largest[largest > 0]
    if len(largest) < 2:
        return Finding(NAME, SKIP, "not applicable: fewer than two columns hold anything", WHY)
    ratio = float(largest.max() / largest.min())
    told = f"largest values of the columns from {largest.min():.3g} to {largest.max():.3g}, not scaled"
    verdict = WARN if ratio >= SAME_UNIT else PASS
    advice = "" if verdict == PASS else "Use --scale standard, or shares or tf-idf in place of counts."
    return Finding(NAME, verdict, told, WHY, advice, {"ratio": ratio})

"""Classes: whether each is common enough to be learned, and none so common that guessing is good."""

from __future__ import annotations

import numpy as np

from softreg.checks.finding import FAIL, PASS, WARN, Finding
from softreg.checks.subject import Subject
from softreg.checks.thresholds import COMMONEST_FAIL, COMMONEST_WARN, RARE_CLASS
from softreg.errors import plural

__all__ = ["balance"]

NAME = "balance"
WHY = "Accuracy must be read against always guessing one class."


def balance(subject: Subject) -> Finding:
    """Look at the classes' shares of the training rows, or of what they weigh."""
    share = subject.masses / subject.masses.sum()
    counts = np.bincount(subject.codes("train"), minlength=len(share))
    most, least = int(share.argmax()), int(share.argmin())
    rarest = f"rarest {subject.classes[least]}, {share[least]:.1%}, {plural(int(counts[least]), 'training row')}"
    found = f"commonest {subject.classes[most]}, {share[most]:.1%}; {rarest}"
    if share[most] == share[least]:
        found = f"{len(share)} classes of {share[most]:.1%} each, {plural(int(counts[least]), 'training row')}"
    numbers = {"shares": dict(zip(subject.classes, share.tolist(), strict=True)), "rarest_rows": int(counts[least])}
    table = tuple((name, f"{part:.2%}") for name, part in zip(subject.classes, share, strict=True))
    if share[most] >= COMMONEST_WARN:
        verdict = FAIL if share[most] >= COMMONEST_FAIL else WARN
        advice = "Judge by cross-entropy and by what is found of each class, not by accuracy; collect rare classes."
        return Finding(NAME, verdict, found, WHY, advice, numbers, table)
    # subtle: of soft labels a class may have a share of every row and be the likeliest of none
    if subject.hard and counts[least] < RARE_CLASS:
        advice = f"Collect rows of {subject.classes[least]}, or join it with another class."
        return Finding(NAME, WARN, found, WHY, advice, numbers, table)
    return Finding(NAME, PASS, found, WHY, numbers=numbers, table=table)

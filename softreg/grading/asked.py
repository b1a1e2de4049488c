"""Asked: all the questions that a submission is put.

The inputs of each check have a generator of their own, so that leaving one out changes no other. Public checks draw
from a seed that everyone may know, and get the same inputs at the student's desk and at the teacher's; hidden ones draw
from the spec's own seed, of which a public question tells nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from softreg.grading.calls import Call
from softreg.grading.checks import CHECKS
from softreg.grading.conventions import told
from softreg.grading.question import Question
from softreg.grading.spec import Spec

__all__ = ["calls", "points_of", "questions"]

PUBLIC = 20
HIDDEN = 6


def points_of(spec: Spec, check: str) -> float:
    """Return what a check is worth in a homework: the spec's points, or the check's own."""
    return float(spec.points.get(check, CHECKS[check].points))


def questions(spec: Spec, public_only: bool = False) -> Mapping[str, tuple[Question, ...]]:
    """Return the questions of each check that counts in this homework, in the order of the checks."""
    asked = {}
    for name, check in CHECKS.items():
        hidden = name in spec.hidden
        if points_of(spec, name) <= 0 or (hidden and public_only):
            continue
        # subtle: not Python's hash, which differs from one process to the next
        own = zlib.crc32(name.encode())
        rng = np.random.default_rng((HIDDEN, own, spec.seed % 2**64) if hidden else (PUBLIC, own))
        drawn = tuple(check.ask(spec, rng))
        if drawn:
            asked[name] = drawn
    return asked


def calls(spec: Spec, public_only: bool = False) -> tuple[Call, ...]:
    """Return all calls of a submission, in the course's convention; for a student those of the public checks alone."""
    asked = questions(spec, public_only)
    return tuple(told(spec, question) for group in asked.values() for question in group)

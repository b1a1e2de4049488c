"""Secrecy: which notes on a submission its student may read, where some checks are hidden.

A submission is given the inputs of hidden checks, and could carry them out by what is told of how it ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from softreg.grading.asked import questions
from softreg.grading.calls import Answer
from softreg.grading.spec import Spec

__all__ = ["public_notes"]

_HOW = re.compile(r",? (?:with code -?\d+|by (?:SIG\w+|signal \d+))")
_ENDED = {"time", "memory", "exit", "lost"}


def public_notes(spec: Spec, answers: Mapping[str, Answer], notes: Sequence[str]) -> tuple[str, ...]:
    """Return the notes for a student: without exit codes and signals, and without ends that hidden checks alone saw."""
    if not spec.hidden:
        return tuple(notes)
    shown = questions(spec, public_only=True)
    ended = {
        question.role
        for group in shown.values()
        for question in group
        if question.key in answers and answers[question.key].error in _ENDED
    }
    secret = tuple(f"{function.name}: " for function in spec.functions if function.role not in ended)
    return tuple(_HOW.sub("", note) for note in notes if not note.startswith(secret or ("\0",)))

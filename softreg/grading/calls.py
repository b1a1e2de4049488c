"""Calls and answers: what a submission is asked, and what came back. Nothing else passes between the two processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["Answer", "Call", "Given"]

Given = np.ndarray | float | int | str
"""What an argument may be: an array, a number, or for ``rng`` the text ``"seed 7"``, made a Generator on the spot."""


@dataclass(frozen=True)
class Call:
    """One question: call the function that plays ``role`` with these arguments, in the order and words of the spec.

    ``key`` is unique among the calls of a submission, and starts with the name of the check that asks.
    """

    key: str
    role: str
    arguments: Mapping[str, Given]


@dataclass(frozen=True)
class Answer:
    """What came back from one call: arrays in the order in which the function returned them, or ``error``.

    ``batches`` gives its pairs one after the other: X of the first batch, y of the first batch, X of the second, ...
    ``error`` is empty, or says what happened: ``"missing"``, ``"time"``, ``"memory"``, ``"exit"``, ``"lost"`` (the
    process ended, or an earlier call took it down), ``"kind"`` (the answer is no array, number or tuple of them), or
    ``"raised"``; ``told`` says more, for a person. ``changed`` names the arguments that the function altered in place;
    ``warned`` holds the texts of NumPy's warnings.
    """

    values: tuple[np.ndarray, ...] = ()
    error: str = ""
    told: str = ""
    changed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()

"""Mistakes: what is known to go wrong, computed on the same inputs, so that answers can be recognised."""

from softreg.grading.mistakes.gradients import GRADIENTS, PREDICTIONS
from softreg.grading.mistakes.habits import EPOCHS, IN_PLACE, SWAPPED, seen_in, swapped
from softreg.grading.mistakes.kind import Kind
from softreg.grading.mistakes.losses import GRADIENT_SUMMED, LOSSES, PENALTIES, bias_penalty, reductions
from softreg.grading.mistakes.softmaxes import SOFTMAXES
from softreg.grading.mistakes.steps import descended, turns
from softreg.grading.mistakes.way import Way, answered
from softreg.grading.spec import Spec

__all__ = [
    "EPOCHS",
    "GRADIENT_SUMMED",
    "IN_PLACE",
    "SWAPPED",
    "Kind",
    "Way",
    "answered",
    "descended",
    "kinds",
    "seen_in",
    "swapped",
    "turns",
]


def kinds(spec: Spec) -> tuple[Kind, ...]:
    """Return the mistakes that are recognised by their numbers in a homework of this convention."""
    penalties = (bias_penalty(spec.bias_inside), *PENALTIES)
    return (*SOFTMAXES, *reductions(spec), *LOSSES, *penalties, *GRADIENTS, *PREDICTIONS)

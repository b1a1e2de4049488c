"""Checks: what is asked of a submission, what it earns, and what is said of it. One file for each family."""

from collections.abc import Mapping

from softreg.grading.checks.check import Check, Outcome, Piece
from softreg.grading.checks.forms import INPUTS, INTEGERS, SHAPES
from softreg.grading.checks.losses import AGREEMENT, PENALTY, REDUCTION
from softreg.grading.checks.probabilities import OVERFLOW, ROW_SUMS, SHIFT
from softreg.grading.checks.slopes import BIAS_GRADIENT, FINITE_DIFFERENCES
from softreg.grading.checks.use import BATCHES, LABELS, TRAINING

__all__ = ["CHECKS", "Check", "Outcome", "Piece"]

CHECKS: Mapping[str, Check] = {
    "shapes": SHAPES,
    "row-sums": ROW_SUMS,
    "shift-invariance": SHIFT,
    "overflow": OVERFLOW,
    "integers": INTEGERS,
    "agreement": AGREEMENT,
    "reduction": REDUCTION,
    "penalty": PENALTY,
    "bias-gradient": BIAS_GRADIENT,
    "finite-differences": FINITE_DIFFERENCES,
    "inputs": INPUTS,
    "labels": LABELS,
    "batches": BATCHES,
    "training": TRAINING,
}
"""All checks by name, in the order in which they are told; a spec's points go by these names."""

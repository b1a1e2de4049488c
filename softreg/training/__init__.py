"""Training: the one entry, :func:`fit`; the loop in its middle, :func:`descend`; and the rules that end it."""

from softreg.training.descent import Checkpoint, Row, State, StepSize, descend
from softreg.training.fitting import NEAR, Fit, fit
from softreg.training.problem import Problem

__all__ = ["NEAR", "Checkpoint", "Fit", "Problem", "Row", "State", "StepSize", "descend", "fit"]

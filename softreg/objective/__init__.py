"""The objective: J and its gradient, and J along a line."""

from softreg.objective.line import Line
from softreg.objective.objective import Engine, Evaluation, Logits, Objective, sklearn_c

__all__ = ["Engine", "Evaluation", "Line", "Logits", "Objective", "sklearn_c"]

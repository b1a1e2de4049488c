"""Explanation: one row of a linear model, from its features to its logits, and what would change the answer.

``contributions`` takes the logits apart, feature by feature; ``changes`` finds the smallest change of a row that leads
to another answer, in closed form; ``given`` goes back from features to the columns of a table. All take arrays and look
at the model, not at the world: whether a feature *causes* anything is not for them to say.
"""

from __future__ import annotations

from softreg.explanation.changes import Boundary, Flips, level_logits, nearest_boundary, single_flips
from softreg.explanation.contributions import Contributions, contributions
from softreg.explanation.given import Given, LevelFlip, given_columns, level_flips

__all__ = [
    "Boundary",
    "Contributions",
    "Flips",
    "Given",
    "LevelFlip",
    "contributions",
    "given_columns",
    "level_flips",
    "level_logits",
    "nearest_boundary",
    "single_flips",
]

"""Calibration: probabilities that mean what they say, folded into the model's own weights.

``temperature`` fits one number by which all logits are divided, on rows that training has not seen; ``shares`` takes
back what ``--class-weight balanced`` did to the probabilities; ``folding`` puts both into W and b, so that whatever
reads the model reads the calibrated one, and takes them out again.
"""

from __future__ import annotations

from softreg.calibration.folding import folded, unfolded
from softreg.calibration.shares import shift_of_shares
from softreg.calibration.temperature import Temperature, fit_temperature

__all__ = ["Temperature", "fit_temperature", "folded", "shift_of_shares", "unfolded"]

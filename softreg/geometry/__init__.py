"""Geometry: how curved the objective is, the coordinates in which it is round, and how far off the best a model is."""

from softreg.geometry.conditioning import gradient_descent_steps
from softreg.geometry.curvature import curvature_bound, expected_smoothness, gram, largest_eigenvalue, row_squares
from softreg.geometry.whitening import Whitening, make_whitening, precondition_of, sharpening_cost

__all__ = [
    "Whitening",
    "curvature_bound",
    "expected_smoothness",
    "gradient_descent_steps",
    "gram",
    "largest_eigenvalue",
    "make_whitening",
    "precondition_of",
    "row_squares",
    "sharpening_cost",
]

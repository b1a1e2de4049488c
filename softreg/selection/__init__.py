"""Selection: how much penalty, and how good a model is on rows that it has not seen, both by cross-validation.

Read in this order: ``folds`` (which rows judge which), ``grid`` (the values of l2), ``path`` (each value in each fold,
and the rule that chooses), ``cross_validation`` (all metrics, fold by fold).

**Conventions.** ``codes`` are the class indices (n_samples,) of all rows of the data, or distributions over the classes
(n_samples, n_classes); ``rows`` the indices of those that are cut into folds; ``groups`` (n_samples,) whose rows stay
together. ``problem_of(train, held)`` gives the :class:`~softreg.training.Problem` of training rows and held-out rows,
``held_out["val"]``: whatever it learns, levels and means for missing values, it learns from the first alone.
"""

from softreg.selection.cross_validation import CrossValidation, cross_validate
from softreg.selection.folds import fold_rows
from softreg.selection.grid import l2_grid
from softreg.selection.path import Path, ProblemOf, choose_l2, one_standard_error

__all__ = [
    "CrossValidation",
    "Path",
    "ProblemOf",
    "choose_l2",
    "cross_validate",
    "fold_rows",
    "l2_grid",
    "one_standard_error",
]

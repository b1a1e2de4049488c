"""Every limit of the checks, in one place, each with its reason.

A limit is where a person should look, not where nature jumps. They are set so that honest tables pass: the small sets
of the textbooks (iris, wine, digits, penguins) were the measure of "do not cry wolf".
"""

from __future__ import annotations

__all__ = [
    "CLOSE_RIVAL",
    "COMMONEST_FAIL",
    "COMMONEST_WARN",
    "COPIES_FAIL",
    "COPIES_WARN",
    "FAR_OFF",
    "FEWEST_COPIES",
    "INFLATION_WARN",
    "LONE_RULE",
    "RARE_CLASS",
    "ROWS_A_PARAMETER",
    "SAME_UNIT",
    "SINGULAR",
    "SPREAD_FAIL",
    "SPREAD_WARN",
    "UNITS_APART",
    "UPPER",
    "WORTH",
]

SPREAD_WARN, SPREAD_FAIL = 1e2, 1e4
"""Largest over smallest deviation of features that are *not* standardised. The curvature goes with the square: at 100
gradient descent needs ten thousand times the steps, and the penalty weighs one column ten thousand times the other
(Hastie, Tibshirani & Friedman 2009, section 3.4.1: ridge is not equivariant under scaling of the inputs)."""

UNITS_APART = 1e6
"""The same ratio where the features are standardised, which mends it: beyond, honest units hardly differ, and a code or
a sentinel such as 99999999 may have been read as a number. (breast_cancer, all in order, has 2e5.)"""

SAME_UNIT = 1e3
"""Largest over smallest of the columns' largest values, for sparse features that are not scaled."""

FAR_OFF = 1e8
"""Mean of a column over its deviation beyond which rounding shows: of the sixteen digits of float64 so many are the
mean's, and only the others tell rows apart."""

INFLATION_WARN = 100.0
"""Variance inflation 1 / (1 - R^2) of a feature on all others. The customary 10 is exceeded by iris, and condemns
nothing by itself (O'Brien 2007, doi:10.1007/s11135-006-9018-6); at 100 a weight's standard error is ten times what it
would be alone, and its sign is chance."""

SINGULAR = 1e-10
"""An eigenvalue of the correlation matrix below this is zero but for rounding: a column is a combination of others."""

LONE_RULE = 0.1
"""Share of the mistakes of always guessing that the best rule on one column may leave before it is called too good
(rules on one column: Holte 1993, doi:10.1023/A:1022631118932)."""

CLOSE_RIVAL = 3.0
"""... unless another column leaves at most so many times as many mistakes: petals of iris are as good as each other,
but an answer that leaked has no rival."""

COMMONEST_WARN, COMMONEST_FAIL = 0.9, 0.99
"""Share of the commonest class from which accuracy says little, and nothing: guessing reaches it."""

RARE_CLASS = 10
"""Training rows of the rarest class below which its probability is hardly learned (ten events a variable: Peduzzi et
al. 1996, doi:10.1016/S0895-4356(96)00236-3, and that for a single variable)."""

COPIES_WARN, COPIES_FAIL, FEWEST_COPIES = 0.01, 0.25, 3
"""Shares of held-out rows that stand in the training rows too: from the first (and three rows at least) the held-out
scores are flattered in the second digit; from the second they are of rows known by heart."""

ROWS_A_PARAMETER = 2.0
"""Rows a free parameter. A plane with d + 1 parameters divides up to 2 (d + 1) rows in general position as any labels
ask with a chance of one half or more (Cover 1965, doi:10.1109/PGEC.1965.264137)."""

UPPER = 0.975
"""Quantile of the upper end of a 95 % interval."""

WORTH = 0.05
"""Share of the class shares' cross-entropy by which features must lower it to be worth having. Where the interval of
the gain reaches that far, the held-out rows are too few to say that the features tell nothing."""

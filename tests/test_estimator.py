"""SoftmaxRegression keeps scikit-learn's contract, and adds soft labels."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from softreg import SoftmaxRegression


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([SoftmaxRegression(), SoftmaxRegression(optimizer="nesterov", scale="standard")])
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)

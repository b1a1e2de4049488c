"""The path of l2 and searches over parameters: what LogisticRegressionCV and GridSearchCV find, with their scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from problems import overlapping, tight
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score

from softreg import SoftmaxRegression
from softreg.selection import Path, choose_l2, fold_rows
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

GRID = np.geomspace(1, 1e-4, 5)


def problems(X, y: np.ndarray, weight: np.ndarray) -> Callable[[np.ndarray, np.ndarray], Problem]:
    classes = tuple(range(int(y.max()) + 1))

    def problem_of(train: np.ndarray, held: np.ndarray) -> Problem:
        return Problem(X[train], y[train], classes, weight[train], {"val": (X[held], y[held])}, {"val": weight[held]})

    return problem_of


def path_of(X, y: np.ndarray, weight: np.ndarray | None = None, **more: object) -> Path:
    weight = np.ones(len(y)) if weight is None else weight
    return choose_l2(problems(X, y, weight), y, np.arange(len(y)), TrainingSettings(scale="none"), grid=GRID, **more)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("folds", [2, 5])
def test_a_path_has_a_score_for_every_fold_and_every_l2(n_classes: int, folds: int) -> None:
    path = path_of(*overlapping(n_classes), folds=folds)

    assert path.cross_entropy.shape == path.accuracy.shape == (folds, len(GRID))
    assert path.mean.shape == path.standard_error.shape == path.mean_accuracy.shape == path.l2.shape == GRID.shape
    np.testing.assert_array_equal(path.l2, GRID)
    np.testing.assert_allclose(path.weight.sum(), 120)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_the_path_scores_and_finds_what_a_grid_search_does(n_classes: int, make) -> None:
    X, y = overlapping(n_classes)
    path = path_of(make(X), y, folds=4, seed=2)
    pairs, _ = fold_rows(y, np.arange(len(y)), 4, seed=2)
    search = GridSearchCV(tight(), {"l2": GRID}, cv=pairs, scoring="neg_log_loss").fit(make(X), y)

    np.testing.assert_allclose(path.mean, -search.cv_results_["mean_test_score"], atol=1e-3)
    assert path.l2[path.best] == search.best_params_["l2"]
    assert path.l2[path.chosen] >= search.best_params_["l2"]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_weighted_rows_are_repeated_rows_in_every_fold(n_classes: int) -> None:
    """Three groups, of which each is a fold, so that the repeated rows of one are held out together."""
    X, y = overlapping(n_classes)
    groups, times = np.repeat([0, 1, 2], 40), np.random.default_rng(1).integers(1, 5, 120)
    weighted = path_of(X, y, times.astype(float), folds=3, groups=groups)
    repeated = path_of(np.repeat(X, times, axis=0), np.repeat(y, times), folds=3, groups=np.repeat(groups, times))

    ours, theirs = np.argsort(weighted.weight), np.argsort(repeated.weight)
    np.testing.assert_allclose(weighted.weight[ours], repeated.weight[theirs])
    np.testing.assert_allclose(weighted.cross_entropy[ours], repeated.cross_entropy[theirs], atol=1e-3)
    np.testing.assert_allclose(weighted.mean, repeated.mean, atol=1e-3)
    plain = path_of(X, y, folds=3, groups=groups)
    assert np.abs(plain.mean - weighted.mean).max() > 1e-3


def test_the_model_of_the_chosen_l2_is_a_plain_fit() -> None:
    X, y = overlapping()
    path = path_of(X, y)
    l2 = float(path.l2[path.chosen])
    refit = fit(Problem(X, y, (0, 1, 2)), TrainingSettings(scale="none", l2=l2, tol=1e-14))

    np.testing.assert_allclose(refit.weights.T, tight(l2=l2).fit(X, y).coef_, atol=1e-8)


# Searches of scikit-learn over the estimator


@pytest.mark.parametrize(
    "scoring",
    ["accuracy", "precision_macro", "recall_weighted", "f1_macro", "neg_log_loss", "neg_brier_score", "roc_auc_ovr"],
)
def test_every_score_of_a_cross_validation_is_that_of_a_fit_by_hand(scoring: str) -> None:
    X, y = overlapping(2 if scoring == "neg_brier_score" else 3)
    folds = StratifiedKFold(3)
    scores = cross_val_score(tight(), X, y, cv=folds, scoring=scoring)
    by_hand = [
        get_scorer(scoring)(tight().fit(X[train], y[train]), X[held], y[held]) for train, held in folds.split(X, y)
    ]

    np.testing.assert_allclose(scores, by_hand, rtol=1e-12)


def test_a_search_asks_the_scorer_it_is_given_and_takes_its_word() -> None:
    asked = []

    def scorer(model: SoftmaxRegression, X: np.ndarray, y: np.ndarray) -> float:
        asked.append(model.l2)
        return -abs(model.l2 - 0.1)

    search = GridSearchCV(SoftmaxRegression(), {"l2": [1.0, 0.1, 0.01]}, cv=2, scoring=scorer).fit(*overlapping())

    assert search.best_params_ == {"l2": 0.1}
    assert sorted(asked) == [0.01, 0.01, 0.1, 0.1, 1.0, 1.0]

"""Choosing l2 and cross-validation: the same numbers as doing it by hand, one fit after another."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import accuracy_score, log_loss
from sklearn.preprocessing import StandardScaler

from softreg.errors import DataError, UsageError
from softreg.objective import sklearn_c
from softreg.selection import (
    CrossValidation,
    Path,
    choose_l2,
    cross_validate,
    fold_rows,
    l2_grid,
)
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

PLAIN = TrainingSettings(scale="none")


def problems(X, targets, weight=None) -> Callable[[np.ndarray, np.ndarray], Problem]:
    """The problem of every fold, as a workflow gives it."""
    n_classes = targets.shape[1] if targets.ndim == 2 else int(targets.max()) + 1

    def problem_of(train: np.ndarray, held: np.ndarray) -> Problem:
        return Problem(
            X[train],
            targets[train],
            tuple(range(n_classes)),
            None if weight is None else weight[train],
            held_out={"val": (X[held], targets[held])},
            held_out_weight={} if weight is None else {"val": weight[held]},
        )

    return problem_of


def wine() -> tuple[np.ndarray, np.ndarray]:
    X, y = datasets.load_wine(return_X_y=True)
    return X, y


def proba_of(result, X) -> np.ndarray:
    logits = X @ result.weights + result.intercept
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def by_hand(problem_of, pairs, grid, settings, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Cross-entropy and accuracy (folds, m) by scikit-learn's metrics, of cold fits to tight tolerance."""
    losses, hits = [], []
    for train, held in pairs:
        problem = problem_of(train, held)
        X, y = problem.held_out["val"]
        weight = problem.held_out_weight.get("val")
        cold = [fit(replace(problem, held_out={}), replace(settings, l2=l2, tol=1e-11, epochs=5000)) for l2 in grid]
        proba = [proba_of(result, X) for result in cold]
        losses.append([log_loss(y, p, sample_weight=weight, labels=range(n_classes)) for p in proba])
        hits.append([accuracy_score(y, p.argmax(axis=1), sample_weight=weight) for p in proba])
    return np.array(losses), np.array(hits)


# the folds


@given(st.integers(2, 6), st.integers(0, 100), st.lists(st.integers(2, 12), min_size=2, max_size=5))
def test_every_row_is_held_out_once_and_every_class_is_learned_in_each_fold(folds, seed, counts) -> None:
    codes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    rows = np.flatnonzero(np.arange(len(codes)) >= 0) + 7
    everywhere = np.concatenate([np.zeros(7, dtype=int), codes])

    pairs, notes = fold_rows(everywhere, rows, folds, seed=seed)

    np.testing.assert_array_equal(np.sort(np.concatenate([held for _, held in pairs])), rows)
    for train, held in pairs:
        np.testing.assert_array_equal(np.sort(np.concatenate([train, held])), rows)
        assert set(everywhere[train]) == set(codes)
    assert len(pairs) == min(folds, *counts)
    assert bool(notes) == (len(pairs) < folds)


def test_folds_hold_each_class_in_its_share() -> None:
    codes = np.repeat([0, 1, 2], [50, 30, 20])

    for _, held in fold_rows(codes, np.arange(100), 5)[0]:
        np.testing.assert_array_equal(np.bincount(codes[held]), [10, 6, 4])


def test_the_seed_decides_the_folds() -> None:
    codes = np.repeat([0, 1], 20)

    def held(seed: int) -> list[list[int]]:
        return [held.tolist() for _, held in fold_rows(codes, np.arange(40), 4, seed=seed)[0]]

    assert held(1) == held(1)
    assert held(1) != held(2)


@given(st.integers(0, 50))
def test_groups_stay_together(seed) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 15, 90).astype(str)
    codes = rng.integers(0, 2, 90)

    for train, held in fold_rows(codes, np.arange(90), 5, groups=groups, seed=seed)[0]:
        assert not set(groups[train]) & set(groups[held])
        assert set(codes[train]) == {0, 1}


def test_a_class_in_one_group_alone_cannot_be_judged() -> None:
    codes, groups = np.array([0, 0, 0, 0, 1, 1]), np.array(["a", "b", "c", "d", "e", "e"])

    with pytest.raises(DataError, match="too few groups"):
        fold_rows(codes, np.arange(6), 3, groups=groups)


def test_a_class_in_two_groups_is_judged_in_two_folds_or_refused_never_left_out() -> None:
    codes = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    groups = np.array(["a", "b", "c", "d", "e", "e", "f", "f"])

    pairs, notes = fold_rows(codes, np.arange(8), 5, groups=groups)

    assert len(pairs) == 2
    assert all(set(codes[train]) == {0, 1} for train, _ in pairs)
    assert "2 groups" in notes[0]


def test_a_class_of_one_row_is_refused_and_one_fold_is_no_cross_validation() -> None:
    with pytest.raises(DataError, match='class "rare" has 1 training row'):
        fold_rows(np.array([0, 0, 0, 1]), np.arange(4), 2, classes=("common", "rare"))
    with pytest.raises(UsageError, match="too few"):
        fold_rows(np.array([0, 0, 1, 1]), np.arange(4), 1)


def test_soft_labels_are_stratified_by_the_likeliest_class() -> None:
    Q = np.repeat([[0.9, 0.1], [0.4, 0.6]], 10, axis=0)

    for _, held in fold_rows(Q, np.arange(20), 5)[0]:
        np.testing.assert_array_equal(np.bincount(Q[held].argmax(axis=1)), [2, 2])


# the grid


def test_at_the_largest_l2_the_model_is_nearly_the_class_shares_and_the_smallest_hardly_penalises() -> None:
    X, y = wine()
    problem = Problem(X, y, (0, 1, 2))
    grid = l2_grid(problem, TrainingSettings())
    entropy = -sum(share * np.log(share) for share in np.bincount(y) / len(y))

    def cross_entropy(l2: float) -> float:
        return fit(problem, TrainingSettings(l2=l2, tol=1e-9)).objective

    assert 0.98 * entropy < cross_entropy(grid[0]) < entropy
    assert cross_entropy(grid[-1]) < 0.01 * entropy


def test_the_grid_falls_by_even_factors_and_its_values_are_short() -> None:
    X, y = wine()
    grid = l2_grid(Problem(X, y, (0, 1, 2)), TrainingSettings())

    assert len(grid) == 20
    np.testing.assert_allclose(grid[1:] / grid[:-1], (grid[-1] / grid[0]) ** (1 / 19), rtol=0.1)
    assert all(float(f"{value:.2g}") == value for value in grid)


@given(st.sampled_from([1e-3, 1.0, 1e4]), st.sampled_from([0.01, 1.0, 100.0]), st.booleans())
def test_the_grid_follows_the_features_unit_and_not_the_weights(unit, scale, intercept) -> None:
    X, y = datasets.load_iris(return_X_y=True)
    settings = replace(PLAIN, fit_intercept=intercept)
    names = (0, 1, 2)

    plain = l2_grid(Problem(X, y, names, np.ones(150)), settings)
    other = l2_grid(Problem(unit * X, y, names, np.full(150, scale)), settings)

    np.testing.assert_allclose(other, unit**2 * plain, rtol=0.1)


def test_sparse_features_have_the_same_grid() -> None:
    X, y = wine()

    np.testing.assert_array_equal(
        l2_grid(Problem(sp.csr_array(X), y, (0, 1, 2)), PLAIN), l2_grid(Problem(X, y, (0, 1, 2)), PLAIN)
    )


def test_features_that_tell_nothing_still_have_a_path_and_the_largest_l2_is_chosen() -> None:
    y = np.tile([0, 1], 10)
    path = choose_l2(problems(np.ones((20, 2)), y), y, np.arange(20), TrainingSettings())

    assert path.chosen == path.best == 0
    np.testing.assert_allclose(path.cross_entropy, np.log(2))
    assert "largest that was tried" in path.notes[0]


# the path


def of_losses(path: Path, losses: np.ndarray) -> Path:
    """The same path with other cross-entropies."""
    return replace(path, cross_entropy=losses)


@pytest.mark.parametrize("scale", ["standard", "none"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_path_is_that_of_independent_fits(scale: str, weighted: bool) -> None:
    X, y = wine()
    X = X if scale == "standard" else StandardScaler().fit_transform(X)
    weight = np.random.default_rng(0).uniform(0.2, 3, len(y)) if weighted else None
    problem_of, rows, settings = problems(X, y, weight), np.arange(len(y)), TrainingSettings(scale=scale)

    path = choose_l2(problem_of, y, rows, settings, folds=4, seed=3)

    losses, hits = by_hand(problem_of, fold_rows(y, rows, 4, seed=3)[0], path.l2, settings, 3)
    exact = of_losses(path, losses)
    assert (np.abs(path.cross_entropy - losses) / exact.standard_error).max() < 0.1
    assert (np.abs(path.mean - exact.mean) / exact.standard_error).max() < 0.05
    assert abs(path.chosen - exact.chosen) <= 1  # where two values are about one standard error from the least
    np.testing.assert_allclose(path.accuracy, hits, atol=0.03)


def test_asked_to_be_exact_the_path_is_that_of_independent_fits_to_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("softreg.selection.path.GAIN", 1e-13)
    X, y = wine()
    problem_of, rows, settings = problems(X, y), np.arange(len(y)), TrainingSettings(dtype="float64")

    path = choose_l2(problem_of, y, rows, settings, folds=3)

    losses, hits = by_hand(problem_of, fold_rows(y, rows, 3)[0], path.l2, settings, 3)
    np.testing.assert_allclose(path.cross_entropy, losses, atol=1e-5)
    np.testing.assert_array_equal(path.accuracy, hits)
    assert path.chosen == of_losses(path, losses).chosen


def test_walking_changes_nothing_but_the_time() -> None:
    """Each value alone is a fit from zero; on the path it starts where the value before has ended."""
    X, y = datasets.load_digits(return_X_y=True)
    X, y = X[:600] / 16, y[:600]
    problem_of, rows = problems(X, y), np.arange(600)
    path = choose_l2(problem_of, y, rows, PLAIN, folds=3)

    alone = np.hstack([choose_l2(problem_of, y, rows, PLAIN, folds=3, grid=[l2]).cross_entropy for l2 in path.l2[::4]])

    assert (np.abs(path.cross_entropy[:, ::4] - alone) / path.standard_error[::4]).max() < 0.1


def test_the_scores_are_those_of_scikit_learn_on_the_same_folds_and_grid() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    X, rows, grid = StandardScaler().fit_transform(X), np.arange(150), np.geomspace(1, 1e-4, 6)
    path = choose_l2(problems(X, y), y, rows, PLAIN, grid=grid)

    for fold, (train, held) in enumerate(fold_rows(y, rows, 5)[0]):
        for k, l2 in enumerate(grid):
            model = LogisticRegression(C=sklearn_c(l2, 3, len(train)), tol=1e-10, max_iter=10_000, solver="newton-cg")
            proba = model.fit(X[train], y[train]).predict_proba(X[held])
            assert path.cross_entropy[fold, k] == pytest.approx(log_loss(y[held], proba), abs=1e-3)
            assert path.accuracy[fold, k] == pytest.approx(accuracy_score(y[held], proba.argmax(axis=1)), abs=0.04)


@pytest.mark.parametrize("load", [datasets.load_iris, datasets.load_breast_cancer])
def test_the_path_is_that_of_logistic_regression_cv(load) -> None:
    X, y = load(return_X_y=True)
    X, rows, grid, n_classes = (
        StandardScaler().fit_transform(X),
        np.arange(len(y)),
        np.geomspace(1, 1e-3, 5),
        len(set(y)),
    )
    path = choose_l2(problems(X, y), y, rows, PLAIN, grid=grid)
    pairs = fold_rows(y, rows, 5)[0]

    for fold, pair in enumerate(pairs):
        C = [sklearn_c(l2, n_classes, len(pair[0])) for l2 in grid]
        model = LogisticRegressionCV(
            Cs=C, cv=[pair], scoring="neg_log_loss", solver="lbfgs", tol=1e-8, max_iter=10_000, refit=False
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            model.fit(X, y)
        scores = next(iter(model.scores_.values())) if isinstance(model.scores_, dict) else model.scores_
        np.testing.assert_allclose(path.cross_entropy[fold], -np.ravel(scores), atol=1e-3)


def test_soft_labels_that_are_hard_give_the_same_path() -> None:
    X, y = wine()
    rows = np.arange(len(y))
    Q = np.eye(3)[y]

    hard = choose_l2(problems(X, y), y, rows, TrainingSettings(), folds=3)
    soft = choose_l2(problems(X, Q), Q, rows, TrainingSettings(), folds=3)

    np.testing.assert_allclose(soft.cross_entropy, hard.cross_entropy, atol=1e-9)
    assert soft.chosen == hard.chosen


def test_equal_weights_are_no_weights() -> None:
    X, y = wine()
    rows = np.arange(len(y))

    plain = choose_l2(problems(X, y), y, rows, TrainingSettings(), folds=3)
    weighted = choose_l2(problems(X, y, np.full(len(y), 7.0)), y, rows, TrainingSettings(), folds=3)

    np.testing.assert_allclose(weighted.cross_entropy, plain.cross_entropy, atol=1e-9)
    np.testing.assert_allclose(weighted.standard_error, plain.standard_error, atol=1e-9)


def test_balanced_classes_judge_as_they_train() -> None:
    X, y = datasets.load_breast_cancer(return_X_y=True)
    rows, settings = np.arange(len(y)), TrainingSettings(class_weight="balanced", l2=0.01)
    path = choose_l2(problems(X, y), y, rows, settings, grid=[0.01])

    for fold, (train, held) in enumerate(fold_rows(y, rows, 5)[0]):
        proba = proba_of(fit(Problem(X[train], y[train], (0, 1)), replace(settings, tol=1e-10)), X[held])
        counts = np.bincount(y[held])
        expected = log_loss(y[held], proba, sample_weight=1 / counts[y[held]])
        assert path.cross_entropy[fold, 0] == pytest.approx(expected, abs=1e-3)


def test_the_method_and_its_limits_do_not_change_the_choice() -> None:
    X, y = wine()
    rows = np.arange(len(y))
    hasty = TrainingSettings(optimizer="sgd", epochs=1, early_stopping=True, tol=10.0, time_limit=1e-6, l2=123.0)

    one, other = (choose_l2(problems(X, y), y, rows, each) for each in (TrainingSettings(), hasty))

    np.testing.assert_array_equal(one.cross_entropy, other.cross_entropy)


def test_sparse_rows_have_a_path_too() -> None:
    X, y = datasets.load_digits(return_X_y=True)
    X, y, rows = X[:300] / 16, y[:300], np.arange(300)
    grid = np.geomspace(0.1, 1e-3, 4)

    dense = choose_l2(problems(X, y), y, rows, PLAIN, grid=grid, folds=3)
    sparse = choose_l2(problems(sp.csr_array(X), y), y, rows, PLAIN, grid=grid, folds=3)

    np.testing.assert_allclose(sparse.cross_entropy, dense.cross_entropy, atol=2e-3)


def test_columns_of_any_unit_and_far_off_zero_have_the_same_path() -> None:
    X, y = wine()
    rows, grid = np.arange(len(y)), [0.1, 0.001]
    odd = X * np.logspace(-6, 6, X.shape[1]) + 1e6 * X.std(axis=0) * np.logspace(-6, 6, X.shape[1])

    one, other = (choose_l2(problems(each, y), y, rows, TrainingSettings(), grid=grid) for each in (X, odd))

    np.testing.assert_allclose(one.cross_entropy, other.cross_entropy, atol=1e-4)


def test_a_held_out_value_beyond_all_measure_is_judged_and_not_infinite() -> None:
    X, y = wine()
    X[0, 0] = 1e200

    def without_it(train: np.ndarray, held: np.ndarray) -> Problem:
        return problems(X, y)(train[train > 0], held)

    path = choose_l2(without_it, y, np.arange(len(y)), TrainingSettings(), grid=[0.1, 0.01])

    assert np.isfinite(path.cross_entropy).all()


def test_a_fold_learns_its_scaling_without_the_held_out_rows() -> None:
    """A wild value in the held-out rows of one fold leaves the fits of that fold alone."""
    X, y = datasets.load_iris(return_X_y=True)
    rows = np.arange(150)
    _, held = fold_rows(y, rows, 5)[0][0]
    wild = X.copy()
    wild[held[0]] = 1e6

    def problem_of(train: np.ndarray, judged: np.ndarray) -> Problem:
        tame = judged[judged != held[0]]
        return Problem(wild[train], y[train], (0, 1, 2), held_out={"val": (wild[tame], y[tame])})

    def tame_problem_of(train: np.ndarray, judged: np.ndarray) -> Problem:
        tame = judged[judged != held[0]]
        return Problem(X[train], y[train], (0, 1, 2), held_out={"val": (X[tame], y[tame])})

    grid = [0.1, 0.01]
    with_it = choose_l2(problem_of, y, rows, TrainingSettings(), grid=grid)
    without = choose_l2(tame_problem_of, y, rows, TrainingSettings(), grid=grid)

    np.testing.assert_array_equal(with_it.cross_entropy[0], without.cross_entropy[0])
    assert (with_it.cross_entropy[1:] != without.cross_entropy[1:]).all()


def test_progress_counts_every_fit_to_the_last() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    told: list[tuple[int, int]] = []

    choose_l2(
        problems(X, y),
        y,
        np.arange(150),
        TrainingSettings(),
        folds=3,
        grid=[1, 0.1],
        observe=lambda *at: told.append(at),
    )

    assert told == [(k, 6) for k in range(1, 7)]


def test_a_path_of_nothing_or_of_no_penalty_is_refused() -> None:
    X, y = datasets.load_iris(return_X_y=True)

    for grid in ([], [0.1, 0.0], [-1.0]):
        with pytest.raises(UsageError, match="positive"):
            choose_l2(problems(X, y), y, np.arange(150), TrainingSettings(), grid=grid)


# the rule


def made_up(mean: list[float], error: float, *, folds: int = 3) -> Path:
    """A path with these means whose folds differ so that each has this standard error."""
    swing = np.array([-1.0, 1.0] + [0.0] * (folds - 2)) * error * np.sqrt((folds - 1) * folds / 2)
    losses = np.asarray(mean) + swing[:, None]
    return Path(np.geomspace(1, 0.1, len(mean)), losses, np.ones_like(losses), np.ones(folds))


@pytest.mark.parametrize(
    ("mean", "error", "best", "chosen"),
    [
        ([0.9, 0.5, 0.3, 0.4], 0.01, 2, 2),
        ([0.9, 0.35, 0.3, 0.4], 0.06, 2, 1),
        ([0.32, 0.9, 0.3, 0.4], 0.06, 2, 0),
        ([0.3, 0.3, 0.3, 0.3], 0.0, 0, 0),
        ([0.3, 0.4, 0.5, 0.6], 1.0, 0, 0),
    ],
)
def test_chosen_is_the_largest_l2_within_one_standard_error_of_the_best(mean, error, best, chosen) -> None:
    path = made_up(mean, error)

    np.testing.assert_allclose(path.mean, mean)
    np.testing.assert_allclose(path.standard_error, error, atol=1e-12)
    assert (path.best, path.chosen) == (best, chosen)


@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=12), st.floats(0, 1))
def test_the_chosen_is_never_less_penalised_than_the_best_and_never_worse_than_its_error(mean, error) -> None:
    path = made_up(mean, error)

    assert path.chosen <= path.best
    assert path.mean[path.chosen] <= path.mean[path.best] + path.standard_error[path.best]
    assert all(path.mean[: path.chosen] > path.mean[path.best] + path.standard_error[path.best])


def test_folds_of_unequal_weight_count_by_their_rows() -> None:
    losses = np.array([[0.2], [0.8]])

    path = Path(np.array([1.0]), losses, losses, np.array([3.0, 1.0]))

    assert path.mean[0] == pytest.approx(0.35)
    assert path.standard_error[0] == pytest.approx(np.sqrt((3 * 0.15**2 + 0.45**2) / 4))


def test_a_path_goes_into_json_as_it_is() -> None:
    path = made_up([0.9, 0.35, 0.3, 0.4], 0.06)

    content = json.loads(json.dumps(path.to_json(), allow_nan=False))

    assert content["l2"][content["chosen"]] == path.l2[1]
    np.testing.assert_array_equal(content["cross_entropy"], path.cross_entropy)
    np.testing.assert_array_equal(content["mean"], path.mean)


def test_a_best_at_the_end_of_the_grid_is_said() -> None:
    X, y = wine()

    def notes(grid: list[float]) -> str:
        return " ".join(choose_l2(problems(X, y), y, np.arange(len(y)), TrainingSettings(), grid=grid).notes)

    assert "smallest that was tried" in notes([10, 5])
    assert "largest that was tried" in notes([1e-2, 1e-7])
    assert notes([10, 1e-2, 1e-7]) == ""


# cross-validation


def test_the_scores_of_each_fold_are_those_of_a_fit_to_the_others() -> None:
    X, y = datasets.load_breast_cancer(return_X_y=True)
    rows, settings = np.arange(len(y)), TrainingSettings(l2=0.01)

    found = cross_validate(problems(X, y), y, rows, settings, folds=4, seed=5)

    for fold, (train, held) in enumerate(fold_rows(y, rows, 4, seed=5)[0]):
        proba = proba_of(fit(Problem(X[train], y[train], (0, 1)), settings), X[held])
        assert found.scores["accuracy"][fold] == accuracy_score(y[held], proba.argmax(axis=1))
        assert found.scores["cross_entropy"][fold] == pytest.approx(log_loss(y[held], proba))
        assert found.scores["brier"][fold] == pytest.approx(((proba - np.eye(2)[y[held]]) ** 2).sum(axis=1).mean())
        assert found.n_rows[fold] == len(held)


def test_mean_and_spread_are_those_of_the_folds() -> None:
    found = CrossValidation({"accuracy": (0.6, 0.9, 0.9)}, (1.0,) * 3, (5,) * 3)

    content = json.loads(json.dumps(found.to_json(), allow_nan=False))

    assert content["mean"]["accuracy"] == pytest.approx(0.8)
    assert content["spread"]["accuracy"] == pytest.approx(np.sqrt(0.03))
    assert content["by_fold"]["accuracy"] == [0.6, 0.9, 0.9]


def test_l2_is_chosen_anew_in_every_fold_from_the_other_folds_alone() -> None:
    X, y = wine()
    rows, settings = np.arange(len(y)), TrainingSettings()
    seen: list[set[int]] = []

    def problem_of(train: np.ndarray, held: np.ndarray) -> Problem:
        seen.append({*train.tolist(), *held.tolist()})
        return problems(X, y)(train, held)

    found = cross_validate(problem_of, y, rows, settings, folds=3, inner=2)

    for fold, (train, held) in enumerate(fold_rows(y, rows, 3)[0]):
        path = choose_l2(problems(X, y), y, train, settings, folds=2)
        assert found.l2[fold] == path.l2[path.chosen]
        *choosing, final = seen[3 * fold : 3 * fold + 3]
        assert all(not used & set(held.tolist()) for used in choosing)
        assert final == set(rows.tolist())


def test_early_stopping_never_looks_at_the_fold_that_judges() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    rows, calls = np.arange(150), []

    def problem_of(train: np.ndarray, held: np.ndarray) -> Problem:
        calls.append((set(train.tolist()), set(held.tolist())))
        return problems(X, y)(train, held)

    cross_validate(problem_of, y, rows, TrainingSettings(early_stopping=True, patience=2), folds=3)

    for fold, (_, held) in enumerate(fold_rows(y, rows, 3)[0]):
        (fitted, judged), (fitted_again, stopping) = calls[2 * fold : 2 * fold + 2]
        assert fitted == fitted_again
        assert judged == set(held.tolist())
        assert not stopping & (judged | fitted)


def test_fits_that_do_not_converge_are_counted() -> None:
    X, y = datasets.load_iris(return_X_y=True)

    found = cross_validate(problems(X, y), y, np.arange(150), TrainingSettings(optimizer="gd", epochs=2), folds=3)

    assert found.notes == ("3 of 3 fits of the cross-validation ended before they converged.",)


def test_cross_validation_tells_its_progress() -> None:
    X, y = datasets.load_iris(return_X_y=True)
    told: list[tuple[int, int]] = []

    cross_validate(problems(X, y), y, np.arange(150), TrainingSettings(), folds=3, observe=lambda *at: told.append(at))

    assert told == [(1, 3), (2, 3), (3, 3)]

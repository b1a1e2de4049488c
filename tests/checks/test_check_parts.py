"""What the checks measure, each against somebody else's measure."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog
from scipy.stats import binomtest, sem
from scipy.stats import t as student
from sklearn.linear_model import LinearRegression

from softreg.checks.collinearity import collinearity, correlation
from softreg.checks.duplicates import expected_copies, fingerprints
from softreg.checks.guessing import beats_guessing, beats_shares, held_out
from softreg.checks.leaking import rule_on
from softreg.checks.separation import ordered_by, settled
from softreg.checks.subject import Subject
from softreg.data.dataset import Dataset
from softreg.data.split import Split
from softreg.functional import log_softmax
from softreg.preparation import Preparation
from softreg.settings import TrainingSettings


def subject_of(X, targets, n_train, classes=3, logits=None, weights=None, **more) -> Subject:
    """The first ``n_train`` rows train, the others test; the model says what ``logits`` say."""
    n, d = X.shape
    parts = {"train": np.arange(n_train), "test": np.arange(n_train, n)}
    names = tuple(f"x{j + 1}" for j in range(d))
    codes = targets if targets.ndim == 1 else targets.argmax(axis=1)
    dataset = Dataset("made", X, codes.astype(str), names, np.arange(1, n + 1), weights=weights)
    logits = np.zeros((n, classes)) if logits is None else logits
    return Subject(
        dataset=dataset,
        split=Split(parts["train"], parts["train"][:0], parts["test"]),
        classes=tuple(f"c{k}" for k in range(classes)),
        preparation=Preparation.plain(names),
        X={name: X[rows] for name, rows in parts.items()},
        targets={name: targets[rows] for name, rows in parts.items()},
        weights={name: None if weights is None else weights[rows] for name, rows in parts.items()},
        log_proba={name: log_softmax(logits[rows]) for name, rows in parts.items()},
        settings=TrainingSettings(**more),
        scale="standard",
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_inflation_is_that_of_a_regression_on_the_other_columns(weighted):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(200, 5)) @ rng.normal(size=(5, 5)) * [1, 10, 1e-6, 1e150, 3] + [0, 5, 0, 0, 1e3]
    weight = rng.uniform(0.1, 3, 200) if weighted else None
    told = correlation(Z, weight)
    for j in range(5):
        others = np.delete(Z, j, axis=1) / np.delete(np.abs(Z).max(axis=0), j)
        own = Z[:, j] / np.abs(Z[:, j]).max()
        r2 = LinearRegression().fit(others, own, weight).score(others, own, weight)
        assert told.inflation[j] == pytest.approx(1 / (1 - r2), rel=1e-6)
    if not weighted:
        assert told.condition == pytest.approx(np.linalg.cond((Z - Z.mean(axis=0)) / Z.std(axis=0)), rel=1e-6)
    assert not told.copies


def test_only_the_columns_of_an_exact_dependency_are_named():
    rng = np.random.default_rng(1)
    Z = rng.normal(size=(100, 4))
    Z = np.column_stack([Z, Z[:, 0] + 2 * Z[:, 1] + 7, 1e6 * Z[:, 2] - 3])
    told = correlation(Z)
    assert told.copies == ((2, 5),)
    assert np.isinf(told.inflation).tolist() == [True, True, True, False, True, True]
    assert np.isinf(told.condition)


def _divides(X: np.ndarray, sides: np.ndarray) -> bool:
    """Whether a plane has the two sides strictly apart: the hard-margin programme is feasible."""
    signed = np.where(sides, 1.0, -1.0)[:, None] * np.column_stack([X, np.ones(len(X))])
    end = linprog(np.zeros(signed.shape[1]), -signed, -np.ones(len(X)), bounds=(None, None))
    return end.status == 0


def test_of_two_classes_all_is_settled_exactly_where_a_plane_divides_them():
    rng, met = np.random.default_rng(2), set()
    for _ in range(60):
        n, d = int(rng.integers(4, 14)), int(rng.integers(1, 5))
        X, codes = rng.normal(size=(n, d)), np.arange(n) % 2
        divided = _divides(X, codes == 1)
        found = settled(np.column_stack([X, np.ones(n)]), codes, 2)
        assert bool(found.all()) is divided
        met.add(divided)
        if not divided:  # in general position there is nothing in between
            assert not found[np.arange(n), 1 - codes].any()
    assert met == {True, False}


def test_what_one_linear_model_says_is_settled_whole():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(80, 3))
    codes = (X @ np.array([[1, -1, 0, 0], [0, 0, 1, -1], [0.0, 0.1, 0.2, 0.3]])).argmax(axis=1)
    Z = np.column_stack([X, np.ones(80)])
    assert settled(Z, codes, 4).all()
    # a row of each class in the midst of another one
    inside = np.array([X[codes == k].mean(axis=0) for k in (1, 2, 3, 0)])
    mixed = np.vstack([Z, np.column_stack([inside, np.ones(4)])])
    assert settled(mixed, np.append(codes, np.arange(4)), 4)[:, :].sum() == 84  # a row's own class, and no more


def test_a_class_that_touches_another_is_settled_in_part():
    x, codes = np.array([0.0, 1.0, 1.0, 2.0]), np.array([0, 0, 1, 1])
    found = settled(np.column_stack([x, np.ones(4)]), codes, 2)
    assert found[np.arange(4), 1 - codes].tolist() == [True, False, False, True]
    assert ordered_by(x, codes, 2) == [0]
    assert ordered_by(x[::-1], codes, 2) == [1]


def test_without_an_intercept_a_plane_must_pass_through_the_origin():
    x, codes = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
    assert settled(np.column_stack([x, np.ones(4)]), codes, 2).all()
    assert settled(x[:, None], codes, 2).sum() == 4


def test_a_column_orders_classes_only_where_the_programme_says_so():
    rng = np.random.default_rng(4)
    for _ in range(60):
        n = int(rng.integers(6, 12))
        x, codes = rng.integers(0, 6, n).astype(float), np.append([0, 1, 2], rng.integers(0, 3, n - 3))
        found = settled(np.column_stack([x, np.ones(n)]), codes, 3)
        if ordered_by(x, codes, 3):
            assert found.sum() > n


def test_a_rule_is_right_as_often_as_the_commonest_class_of_each_value():
    rng = np.random.default_rng(5)
    values, codes = rng.integers(0, 4, 400).astype(float), rng.integers(0, 3, 400)
    values[::17] = np.nan
    right = 0
    for value in [*range(4), None]:
        here = np.isnan(values) if value is None else values == value
        right += np.bincount(codes[here]).max()
    assert rule_on(values, codes, values, codes, category=True) == pytest.approx(right / 400)
    assert rule_on(values, codes, values, codes, category=False) == pytest.approx(right / 400)


def test_a_value_that_no_rule_knows_is_the_commonest_class():
    codes = np.array([0, 1, 1, 1])
    assert rule_on(np.array([1.0, 2, 2, 2]), codes, np.array([np.nan]), np.array([1]), category=True) == 1.0


def test_a_level_that_no_rule_knows_is_the_commonest_class_too():
    values, codes = np.repeat([0.0, 2.0], [50, 60]), np.repeat([0, 1], [50, 60])
    for unseen in (-1.0, 1.0, 3.0):
        assert rule_on(values, codes, np.array([unseen]), np.array([1]), category=True) == 1.0
        assert rule_on(values, codes, np.array([unseen]), np.array([0]), category=True) == 0.0


def test_columns_that_do_not_vary_among_the_drawn_rows_are_not_judged(monkeypatch):
    monkeypatch.setattr("softreg.checks.collinearity.MOST_ROWS", 50)
    X = np.zeros((4000, 3))
    X[0, 0] = X[1, 1] = X[2, 2] = 1.0
    found = collinearity(subject_of(X, np.arange(4000) % 3, 3000))
    assert found.verdict == "SKIP"
    assert "drawn rows" in found.found


@pytest.mark.parametrize(("n_test", "a", "b"), [(20, 0.0, 1.0), (30, -1.5, 1.0), (60, -2.0, 1.0), (100, -2.0, 0.8)])
def test_the_best_possible_model_hardly_ever_fails_on_few_rows(n_test, a, b):
    """The true probabilities are told apart from guessing, or the rows are too few to tell: they are not at fault."""
    failed = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=400 + n_test)
        y = (rng.random(len(x)) < 1 / (1 + np.exp(-a - b * x))).astype(int)
        logits = np.column_stack([np.zeros(len(x)), a + b * x])
        subject = subject_of(x[:, None], y, 400, classes=2, logits=logits)
        failed += "FAIL" in {beats_guessing(subject).verdict, beats_shares(subject).verdict}
    assert failed <= 10


def test_one_held_out_row_tells_nothing():
    x = np.linspace(-1, 1, 41)
    subject = subject_of(x[:, None], (x > 0).astype(int), 40, classes=2, logits=np.column_stack([-x, x]))
    assert held_out(subject).half == np.inf
    assert [ask(subject).verdict for ask in (beats_guessing, beats_shares)] == ["WARN", "WARN"]


def test_equal_rows_have_one_fingerprint_dense_or_sparse():
    X = np.array([[0.0, 1.0, 0.0], [-0.0, 1.0, 0.0], [0.0, np.nan, 0.0], [1.0, 0.0, 0.0]])
    assert len(set(fingerprints(X, np.arange(4)))) == 3
    messy = sp.csr_array((np.array([1.0, 0.0, 0.5, 0.5]), np.array([1, 2, 1, 1]), np.array([0, 2, 4])), shape=(2, 3))
    one, other = fingerprints(messy, np.arange(2))
    assert one == other


def test_copies_by_chance_are_those_that_independent_columns_give():
    rng = np.random.default_rng(6)
    met, told = [], []
    for _ in range(40):
        X = np.column_stack([rng.choice(5, 300, p=[0.4, 0.3, 0.15, 0.1, 0.05]), rng.integers(0, 30, (300, 1))]).astype(
            float
        )
        subject = subject_of(X, rng.integers(0, 3, 300), 200)
        train = set(map(tuple, X[:200].tolist()))
        met.append(sum(row in train for row in map(tuple, X[200:].tolist())))
        told.append(expected_copies(subject, "test"))
    assert np.mean(told) == pytest.approx(np.mean(met), rel=0.1)


@pytest.mark.parametrize("soft", [False, True])
def test_the_interval_and_the_gain_are_those_of_textbooks(soft):
    rng = np.random.default_rng(7)
    n, X = 300, rng.normal(size=(300, 2))
    logits = X @ rng.normal(size=(2, 3)) * 2
    codes = np.array([rng.choice(3, p=row) for row in np.exp(log_softmax(logits))])
    held = held_out(subject_of(X, np.eye(3)[codes] if soft else codes, 200, logits=logits))
    right = int((logits.argmax(axis=1) == codes)[200:].sum())
    interval = binomtest(right, 100).proportion_ci(method="wilson")
    assert (held.low, held.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    shares = np.bincount(codes[:200]) / 200
    gains = log_softmax(logits)[np.arange(n), codes] - np.log(shares[codes])
    assert held.gain == pytest.approx(gains[200:].mean())
    assert held.gain == pytest.approx(held.class_shares - held.cross_entropy)
    low, high = student.interval(0.95, 99, gains[200:].mean(), sem(gains[200:]))
    assert (held.gain - held.half, held.gain + held.half) == pytest.approx((low, high))
    assert held.guessing == pytest.approx((codes[200:] == shares.argmax()).mean())

"""Contributions and smallest changes of one row, against brute force and an optimiser that knows no closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, minimize

from softreg import SoftmaxModel
from softreg.explanation import (
    contributions,
    given_columns,
    level_flips,
    level_logits,
    nearest_boundary,
    single_flips,
)
from softreg.functional import softmax
from softreg.preparation import UNSEEN, Category, Number, Preparation

SEEDS = st.integers(0, 2**32 - 1)
MIXED = Preparation(
    (
        Number("age", fill=30.0, indicator=True),
        Category("port", ("C", "Q", "S"), rare=("X", "Y"), missing="level"),
        Number("fare", fill=10.0),
        Category("sex", ("f", "m")),
    )
)


def problem(seed: int, n_features: int = 5, n_classes: int = 4):
    """A row and a model: weights of very different sizes, deviations too."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((n_features, n_classes)) * 10.0 ** rng.uniform(-2, 2, (n_features, 1))
    b, x = rng.standard_normal(n_classes), rng.standard_normal(n_features) * 3
    return W, b, x, 10.0 ** rng.uniform(-2, 2, n_features)


def model_of(W, b):
    return SoftmaxModel(W, b, tuple(map(str, range(len(b)))), tuple(f"x{j}" for j in range(len(W))))


@given(SEEDS, st.sampled_from([2, 3, 10]), st.integers(1, 30))
def test_contributions_sum_to_the_logits_of_the_model(seed, n_classes, n_features):
    W, b, x, reference = problem(seed, n_features, n_classes)
    told = contributions(x, W, b, reference)
    logits = model_of(W, b).logits(x[None])[0]
    size = np.abs(b).max() + (np.abs(x) + np.abs(reference)) @ np.abs(W).max(axis=1)
    np.testing.assert_allclose(told.shift + told.start + told.parts.sum(axis=0), logits, rtol=0, atol=1e-13 * size)
    np.testing.assert_allclose(told.logits, logits - logits.mean(), rtol=0, atol=1e-13 * size)


@given(SEEDS)
def test_a_shift_of_a_features_weights_is_no_contribution(seed):
    W, b, x, reference = problem(seed)
    shift = np.random.default_rng(seed).standard_normal((5, 1))
    plain, shifted = (contributions(x, weights, b, reference) for weights in (W, W + shift))
    np.testing.assert_allclose(shifted.parts, plain.parts, atol=1e-9 * np.abs(W).max() * 30)
    np.testing.assert_allclose(plain.parts.sum(axis=1), 0, atol=1e-9 * np.abs(W).max() * 30)
    assert np.allclose(softmax(plain.logits), softmax(x @ W + b))


def test_the_reference_row_contributes_nothing_and_is_the_start():
    W, b, x, _ = problem(0)
    told = contributions(x, W, b, x)
    assert not told.parts.any()
    np.testing.assert_allclose(softmax(told.start), softmax(x @ W + b))


def test_a_column_has_what_its_features_have_together_and_none_has_nothing():
    W, b, x, reference = problem(1, n_features=5)
    told = contributions(x, W, b, reference)
    by_column = told.by_column([2, 0, 3])
    np.testing.assert_allclose(by_column, [told.parts[:2].sum(axis=0), np.zeros(4), told.parts[2:].sum(axis=0)])
    np.testing.assert_array_equal(told.by_column([1] * 5), told.parts)


@given(SEEDS, st.sampled_from([2, 3, 10]))
def test_the_nearest_boundary_is_on_the_boundary_and_a_hair_decides(seed, n_classes):
    W, b, x, deviation = problem(seed, 4, n_classes)
    logits, movable = x @ W + b, np.random.default_rng(seed).random(4) < 0.8
    near = nearest_boundary(logits, W, deviation, movable)
    assume(near is not None and near.distance > 1e-6)
    assert not near.change[~movable].any()
    np.testing.assert_allclose(np.linalg.norm(near.change / deviation), near.distance)
    at = (x + near.change) @ W + b
    size = np.abs(at).max() + (np.abs(x) + np.abs(near.change)) @ np.abs(W).max(axis=1)
    assert abs(at.max() - at[near.rival]) <= 1e-9 * size
    assert abs(at[logits.argmax()] - at[near.rival]) <= 1e-9 * size
    less, more = ((x + share * near.change) @ W + b for share in (1 - 1e-6, 1 + 1e-6))
    assert less.argmax() == logits.argmax()
    assert more.argmax() == near.rival


@pytest.mark.parametrize("seed", range(12))
def test_no_other_change_reaches_another_answer_sooner(seed):
    """scipy's SLSQP, from several starts, over the polyhedron of each rival."""
    rng = np.random.default_rng(seed)
    W, b, x, deviation = (
        rng.standard_normal((3, 4)),
        rng.standard_normal(4),
        rng.standard_normal(3),
        rng.uniform(1, 3, 3),
    )
    logits = x @ W + b
    near = nearest_boundary(logits, W, deviation, np.ones(3, dtype=bool))
    answer, least = int(logits.argmax()), []
    for rival in set(range(4)) - {answer}:
        gain = deviation[:, None] * (W[:, [rival]] - np.delete(W, rival, axis=1))
        needed = np.delete(logits, rival) - logits[rival]
        found = minimize(
            lambda u: u @ u, 5 * gain.mean(axis=1), jac=lambda u: 2 * u, method="SLSQP",
            constraints=LinearConstraint(gain.T, needed, np.inf), options={"maxiter": 500},
        )  # fmt: skip
        if (gain.T @ found.x >= needed - 1e-6).all():
            least.append(np.sqrt(found.fun))
    assert near.distance == pytest.approx(min(least), rel=1e-4)


def test_the_runner_up_need_not_be_the_nearest():
    # the second class is nearly as likely and has nearly the first one's weights
    W = np.array([[1.0, 0.999, -3.0]])
    near = nearest_boundary(np.array([1.0, 0.9, 0.0]), W, np.ones(1), np.array([True]))
    assert near.rival == 2
    assert near.distance == pytest.approx(0.25)


def test_where_nothing_moves_there_is_no_way():
    W = np.array([[1.0, 0.0]])
    assert nearest_boundary(np.array([1.0, 0.0]), W, np.ones(1), np.array([False])) is None
    assert nearest_boundary(np.array([1.0, 0.0]), np.zeros((1, 2)), np.ones(1), np.array([True])) is None
    flips = single_flips(np.array([1.0, 0.0]), W, np.array([False]))
    assert (flips.change.tolist(), flips.rival.tolist()) == ([np.inf], [-1])


def test_a_tie_is_at_no_distance():
    for W in (np.array([[1.0, 0.0]]), np.zeros((1, 2))):
        near = nearest_boundary(np.array([2.0, 2.0]), W, np.ones(1), np.array([True]))
        assert (near.rival, near.distance, near.change.tolist()) == (1, 0.0, [0.0])
    flips = single_flips(np.array([2.0, 2.0]), np.array([[1.0, 0.0]]), np.array([True]))
    assert (flips.change.tolist(), flips.rival.tolist()) == ([0.0], [1])


def test_a_column_that_never_varied_has_no_weight_and_is_not_moved():
    W, deviation = np.array([[1.0, -1.0], [0.0, 0.0]]), np.ones(2)
    logits = np.array([3.0, 0.0])
    assert nearest_boundary(logits, W, deviation, np.ones(2, dtype=bool)).change[1] == 0
    assert single_flips(logits, W, np.ones(2, dtype=bool)).rival.tolist() == [1, -1]


@given(SEEDS, st.sampled_from([2, 3, 10]))
def test_the_smallest_change_of_one_feature_is_found(seed, n_classes):
    """Brute force: a fine walk along each feature, both ways, up to just before the change: the answer stays."""
    W, b, x, _ = problem(seed, 3, n_classes)
    logits = x @ W + b
    flips = single_flips(logits, W, np.ones(3, dtype=bool))
    for j, (change, rival) in enumerate(zip(flips.change, flips.rival, strict=True)):
        assume(1e-6 < abs(change) < 1e12)
        reach = abs(change) * (1 - 1e-6)
        walk = logits + np.linspace(-reach, reach, 2001)[:, None] * W[j]
        assert (walk.argmax(axis=1) == logits.argmax()).all()
        assert (logits + change * (1 + 1e-6) * W[j]).argmax() == rival
        at = logits + change * W[j]
        assert at.max() - at[logits.argmax()] <= 1e-9 * np.abs(at).max()


def test_of_two_that_cross_at_one_point_the_steeper_wins():
    flips = single_flips(np.array([4.0, 2.0, 0.0]), np.array([[0.0, 1.0, 2.0]]), np.array([True]))
    assert (flips.change.tolist(), flips.rival.tolist()) == ([2.0], [2])


def test_a_third_class_that_takes_over_on_the_way_is_told():
    # towards class 1, class 2 is met first
    flips = single_flips(np.array([2.0, 1.9, 1.0]), np.array([[0.0, 0.1, 2.0]]), np.array([True]))
    assert flips.rival.tolist() == [2]


def test_where_the_answer_gains_both_ways_no_change_of_the_feature_flips_it():
    flips = single_flips(np.array([1.0, 0.0]), np.array([[0.5, 0.5], [0.0, 1.0]]), np.ones(2, dtype=bool))
    assert flips.rival.tolist() == [-1, 1]


def raw_row(**values):
    known = MIXED.levels
    cells = {"age": np.nan, "port": np.nan, "fare": np.nan, "sex": np.nan} | values
    return np.array([float(known[k].index(v)) if isinstance(v, str) else v for k, v in cells.items()])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("port", ["C", "X", UNSEEN, np.nan])
def test_levels_that_flip_are_those_that_flip_a_model_that_is_asked_anew(seed, port):
    rng = np.random.default_rng(seed)
    W, b = rng.standard_normal((len(MIXED.features), 3)), rng.standard_normal(3)
    model = SoftmaxModel(W, b, ("a", "b", "c"), MIXED.features, preparation=MIXED)
    raw = raw_row(age=20.0, port=port, fare=np.nan, sex="f")

    def says(row):
        return model.predict(MIXED.apply(row[None]))[0]

    found = {(flip.column, flip.level): model.classes[flip.becomes] for flip in level_flips(
        MIXED, raw, model.logits(MIXED.apply(raw[None]))[0], W
    )}  # fmt: skip
    wanted = {}
    for place, column in enumerate(MIXED.columns):
        for code, level in enumerate(getattr(column, "known", ())[:4]):
            other = raw.copy()
            other[place] = code
            if says(other) != says(raw):
                wanted[column.name, level] = says(other)
    assert found == wanted


def test_a_level_in_its_own_place_changes_no_bit():
    logits, W = np.array([0.1, 0.7, 0.2]), np.random.default_rng(0).standard_normal((2, 3))
    now = np.array([1.0, 0.0])
    np.testing.assert_array_equal(level_logits(logits, now, now[None], W)[0], logits)


def test_columns_are_told_as_they_were_given():
    cases = {
        "age = 22.5": raw_row(age=22.5),
        "age missing -> 30": raw_row(),
        "fare missing -> 10": raw_row(),
        "port missing": raw_row(),
        "port = Q": raw_row(port="Q"),
        "port = Y (rare)": raw_row(port="Y"),
        "port = Atlantis (not known)": raw_row(port=UNSEEN),
        "sex = f": raw_row(sex="f"),
    }
    for text, raw in cases.items():
        assert text in [one.text for one in given_columns(MIXED, raw, {"port": "Atlantis"})]
    assert [name for one in given_columns(MIXED, raw_row(), {}) for name in one.features] == list(MIXED.features)

"""The paired bootstrap, against scipy's, against normal theory, and for how often its intervals are right."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy import stats

from softreg.errors import DataError
from softreg.metrics import (
    brier,
    cross_entropy,
    paired_intervals,
    row_brier,
    row_cross_entropy,
    sign_test,
)
from softreg.metrics.paired import MOST_UNITS


def intervals(differences, weight=None, seed=0, **more):
    return paired_intervals(np.asarray(differences), weight, rng=np.random.default_rng(seed), **more)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_scipys_paired_bca_interval(seed):
    rng = np.random.default_rng(seed)
    ours, theirs = rng.gamma(0.5, size=(2, 80))
    _, ends = intervals((ours - theirs)[:, None], draws=40_000)
    wanted = stats.bootstrap(
        (ours, theirs), lambda a, b, axis: (a - b).mean(axis=axis), paired=True, vectorized=True, axis=-1,
        n_resamples=40_000, method="BCa", random_state=np.random.default_rng(seed + 100),
    ).confidence_interval  # fmt: skip
    width = wanted.high - wanted.low
    assert ends[0] == pytest.approx([wanted.low, wanted.high], abs=0.03 * width)


def test_weighted_rows_are_scipys_ratio_of_sums():
    rng = np.random.default_rng(5)
    differences, weight = rng.exponential(size=60) - 0.8, rng.uniform(0.2, 5, 60)

    def ratio(d, s, axis):
        return (s * d).sum(axis=axis) / s.sum(axis=axis)

    means, ends = intervals(differences[:, None], weight, draws=40_000)
    wanted = stats.bootstrap(
        (differences, weight), ratio, paired=True, vectorized=True, axis=-1, n_resamples=40_000, method="BCa",
        random_state=np.random.default_rng(6),
    ).confidence_interval  # fmt: skip
    assert means[0] == pytest.approx(np.average(differences, weights=weight))
    assert ends[0] == pytest.approx([wanted.low, wanted.high], abs=0.03 * (wanted.high - wanted.low))


@pytest.mark.parametrize("n", [400, MOST_UNITS + 1, 40_000])
def test_of_many_rows_it_is_the_normal_interval(n):
    """Of an accuracy, this is the interval that goes with McNemar's test; grouped rows must give it too."""
    rng = np.random.default_rng(n)
    for differences in (rng.standard_normal(n) + 0.1, rng.choice([-1.0, 0.0, 1.0], n, p=[0.1, 0.7, 0.2])):
        means, ends = intervals(differences[:, None])
        half = 1.96 * differences.std() / np.sqrt(n)
        assert ends[0] == pytest.approx([means[0] - half, means[0] + half], abs=0.08 * half)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng, held, trials = np.random.default_rng(0), np.zeros(2), 400
    for trial in range(trials):
        # what two models of 80% and 75% accuracy do on the same 120 rows; and a skewed loss
        differences = np.column_stack(
            [rng.choice([-1.0, 0.0, 1.0], 120, p=[0.1, 0.75, 0.15]), rng.exponential(size=120)]
        )
        _, ends = intervals(differences, seed=trial, draws=1000)
        held += (ends[:, 0] <= [0.05, 1.0]) & (ends[:, 1] >= [0.05, 1.0])
    # 95% less what so few rows cost, with three standard errors of so many trials
    assert (held / trials > 0.91).all()
    assert (held / trials < 0.985).all()


def test_equal_models_differ_by_exactly_nothing():
    means, ends = intervals(np.zeros((50, 3)))
    assert not means.any()
    assert not ends.any()


def test_columns_share_the_draws_and_do_not_disturb_each_other():
    rng = np.random.default_rng(1)
    both = rng.standard_normal((70, 2))
    _, together = intervals(both)
    for column in (0, 1):
        np.testing.assert_allclose(intervals(both[:, [column]])[1][0], together[column], atol=1e-12)
    _, twice = intervals(np.column_stack([both, np.zeros(70), np.full(70, np.inf)]))
    np.testing.assert_allclose(twice[:2], together, atol=1e-12)
    assert np.isnan(twice[3]).all()


def test_the_same_seed_gives_the_same_interval_and_another_nearly_so():
    differences = np.random.default_rng(2).standard_normal((200, 1))
    np.testing.assert_array_equal(intervals(differences)[1], intervals(differences)[1])
    other = intervals(differences, seed=1)[1]
    assert (other != intervals(differences)[1]).any()
    np.testing.assert_allclose(other, intervals(differences)[1], atol=0.02)


def test_swapping_the_models_mirrors_the_interval():
    differences = np.random.default_rng(3).exponential(size=(90, 1))
    (one,), (mirrored,) = intervals(differences)[1], intervals(-differences)[1]
    assert one == pytest.approx(-mirrored[::-1], abs=1e-9)


def test_equal_weights_of_any_size_change_nothing_and_rows_of_none_are_not_there():
    differences = np.random.default_rng(4).standard_normal((60, 1))
    plain = intervals(differences)[1]
    np.testing.assert_allclose(intervals(differences, np.full(60, 7e5))[1], plain, rtol=1e-9)
    more = np.vstack([differences, np.full((5, 1), np.inf)])
    np.testing.assert_allclose(intervals(more, np.repeat([2.0, 0.0], [60, 5]))[1], plain, rtol=1e-9)


def test_one_row_tells_no_interval_and_none_is_refused():
    means, ends = intervals([[0.5]])
    assert means.tolist() == [0.5]
    assert np.isnan(ends).all()
    with pytest.raises(DataError, match="no rows"):
        intervals(np.empty((0, 1)))


def test_two_rows_have_their_own_values_for_ends_at_most():
    _, ends = intervals([[0.0], [1.0]])
    assert 0 <= ends[0, 0] <= ends[0, 1] <= 1


def test_infinite_scores_have_no_interval():
    means, ends = intervals(np.array([[np.inf, np.nan], [0.0, 1.0], [1.0, 1.0]]))
    assert means[0] == np.inf
    assert np.isnan(means[1])
    assert np.isnan(ends).all()


def test_memory_is_bounded_for_many_rows():
    differences = np.random.default_rng(0).standard_normal((200_000, 3))
    tracemalloc.start()
    intervals(differences, draws=300)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


@pytest.mark.parametrize(("won", "lost"), [(0, 0), (4, 0), (0, 7), (5, 5), (30, 12), (700, 640), (40_000, 40_400)])
def test_the_sign_test_is_scipys(won, lost):
    wanted = stats.binomtest(won, won + lost).pvalue if won + lost else 1.0
    assert sign_test(won, lost) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("soft", [False, True])
def test_scores_by_row_have_the_scores_for_means(soft):
    rng = np.random.default_rng(0)
    proba, weight = rng.dirichlet(np.ones(3), 40), rng.uniform(0, 2, 40)
    targets = rng.dirichlet(np.ones(3), 40) if soft else rng.integers(3, size=40)
    for by_row, score, of in ((row_cross_entropy, cross_entropy, np.log(proba)), (row_brier, brier, proba)):
        assert np.average(by_row(of, targets), weights=weight) == pytest.approx(score(of, targets, weight))
        assert by_row(of, targets).mean() == pytest.approx(score(of, targets))

"""fit(): where it starts, what it tells, when it stops, and that going on is the same as never having stopped."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.design import DesignMatrix
from softreg.errors import DataError
from softreg.functional import cross_entropy, log_softmax
from softreg.objective import Objective
from softreg.settings import FIRST_ORDER, SCHEDULES, TrainingSettings
from softreg.training import Fit, Problem, fit
from softreg.training.descent import batch_size_of, decay

OPTIMIZERS = ("cg", *FIRST_ORDER)


def blobs(n_samples: int = 120, n_classes: int = 3, n_features: int = 4, seed: int = 0, spread: float = 1.5):
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % n_classes
    return 2 * rng.standard_normal((n_classes, n_features))[y] + spread * rng.standard_normal(
        (n_samples, n_features)
    ), y


def names(n_classes: int) -> tuple[str, ...]:
    return tuple("abcdefghij"[:n_classes])


def problem(n_classes: int = 3, **more) -> Problem:
    X, y = blobs(n_classes=n_classes)
    return Problem(**({"X": X, "targets": y, "classes": names(n_classes)} | more))


def settings_for(optimizer: str = "gd", **more) -> TrainingSettings:
    return TrainingSettings(**({"optimizer": optimizer, "epochs": 30, "tol": 0.0} | more))


def untimed(history: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in history]


def same(ours: Fit, theirs: Fit) -> None:
    np.testing.assert_array_equal(ours.state.theta, theirs.state.theta)
    np.testing.assert_array_equal(ours.weights, theirs.weights)
    np.testing.assert_array_equal(ours.intercept, theirs.intercept)
    assert untimed(ours.history) == untimed(theirs.history)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_history_starts_at_the_logarithm_of_the_number_of_classes(optimizer: str, n_classes: int, dtype: str) -> None:
    result = fit(problem(n_classes), settings_for(optimizer, epochs=2, l2=0.5, dtype=dtype))
    first = result.history[0]

    assert first["epoch"] == 0
    assert first["objective"] == pytest.approx(math.log(n_classes), rel=1e-7)
    assert first["train_cross_entropy"] == first["objective"]
    assert first["step"] is None
    assert first["measured"] == "exact"


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_history_has_a_row_for_every_epoch_and_one_before(optimizer: str) -> None:
    result = fit(problem(), settings_for(optimizer))

    assert [row["epoch"] for row in result.history] == list(range(31))
    assert all(a["seconds"] <= b["seconds"] for a, b in zip(result.history, result.history[1:], strict=False))
    assert len({tuple(row) for row in result.history}) == 1  # the same columns in the same order
    assert result.stopped_because == "30 epochs are over"
    assert not result.converged
    assert not result.diverged


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("kind", ["standard", "unit", "none"])
def test_every_method_learns_separated_classes(optimizer: str, kind: str) -> None:
    X, y = blobs(spread=0.3)
    result = fit(
        Problem(X, y, names(3)),
        settings_for(optimizer, epochs=100, learning_rate=0.02 if optimizer == "adam" else None, scale=kind),
    )

    assert ((X @ result.weights + result.intercept).argmax(axis=1) == y).mean() > 0.97
    assert result.objective < 0.5 * math.log(3)


def test_full_batch_rows_are_exact_and_say_so() -> None:
    given_problem = problem(sample_weight=np.linspace(0.5, 2, 120))
    theta_after = fit(given_problem, settings_for(epochs=4, l2=0.1))
    row = theta_after.history[-1]
    logits = given_problem.X @ theta_after.weights + theta_after.intercept
    s = given_problem.sample_weight / given_problem.sample_weight.sum()

    assert row["measured"] == "exact"
    assert row["train_cross_entropy"] == pytest.approx(s @ cross_entropy(logits, given_problem.targets), rel=1e-10)
    assert row["train_accuracy"] == pytest.approx(s @ (logits.argmax(axis=1) == given_problem.targets), rel=1e-12)
    penalty = 0.05 * (theta_after.state.theta[:-1] ** 2).sum()
    assert row["objective"] == pytest.approx(row["train_cross_entropy"] + penalty, rel=1e-12)
    assert row["step"] == theta_after.step_size.learning_rate
    assert (theta_after.objective, theta_after.cross_entropy) == (row["objective"], row["train_cross_entropy"])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_mini_batch_rows_are_running_means_and_have_no_gradient_norm(optimizer: str) -> None:
    result = fit(problem(), settings_for(optimizer, batch_size=16))

    assert [row["measured"] for row in result.history] == ["exact"] + ["running mean"] * 30
    assert result.history[0]["grad_norm"] > 0
    assert all(row["grad_norm"] is None for row in result.history[1:])


def test_a_running_mean_is_the_mean_over_the_epochs_batches() -> None:
    # a step too small to move theta leaves the mean over the batches equal to the full objective
    start = np.random.default_rng(1).standard_normal((4, 3)), np.zeros(3)
    config = settings_for("sgd", batch_size=32, learning_rate=1e-14, epochs=1, l2=0.1)
    before, after = fit(problem(), config, start=start).history

    assert after["objective"] == pytest.approx(before["objective"], rel=1e-12)
    assert after["train_accuracy"] == pytest.approx(before["train_accuracy"], rel=1e-12)


def test_objective_of_a_mini_batch_fit_is_measured_at_the_weights_it_returns() -> None:
    given_problem = problem()
    result = fit(given_problem, settings_for("sgd", batch_size=16, scale="none"))
    logits = given_problem.X @ result.weights + result.intercept

    assert result.cross_entropy == pytest.approx(cross_entropy(logits, given_problem.targets).mean(), rel=1e-10)
    assert result.objective == pytest.approx(result.cross_entropy + 0.5e-4 * (result.weights**2).sum(), rel=1e-10)


def test_stochastic_gradient_descent_on_all_rows_is_gradient_descent() -> None:
    same(fit(problem(), settings_for("sgd", batch_size=120)), fit(problem(), settings_for("gd")))
    same(fit(problem(), settings_for("sgd", batch_size=10**9)), fit(problem(), settings_for("gd")))


@pytest.mark.parametrize("optimizer", ["gd", "nesterov", "momentum"])
@pytest.mark.parametrize("kind", ["standard", "unit", "none"])
def test_the_automatic_step_of_gradient_descent_never_raises_the_objective(optimizer: str, kind: str) -> None:
    X, y = blobs(spread=3)
    values = [row["objective"] for row in fit(Problem(X, y, names(3)), settings_for(optimizer, scale=kind)).history]

    assert values[-1] < values[0]
    if optimizer == "gd":
        assert (np.diff(values) <= 0).all()


@pytest.mark.parametrize("batch_size", [2, 8, 40])
@pytest.mark.parametrize("seed", range(3))
def test_the_automatic_step_is_sound_on_mini_batches(batch_size: int, seed: int) -> None:
    X, y = blobs(spread=4, seed=seed)
    for optimizer in ("sgd", "momentum", "nesterov", "adam"):
        result = fit(Problem(X, y, names(3)), settings_for(optimizer, batch_size=batch_size, seed=seed))
        assert not result.diverged
        assert result.objective < math.log(3)


# Stopping


def test_stops_where_the_gradient_vanishes() -> None:
    result = fit(problem(), settings_for("nesterov", epochs=5000, tol=1e-3, l2=0.1))

    assert result.converged
    assert result.history[-1]["grad_norm"] <= 1e-3 < result.history[-2]["grad_norm"]
    assert "gradient" in result.stopped_because


def test_stops_where_a_mini_batch_method_gains_no_more() -> None:
    result = fit(problem(), settings_for("sgd", epochs=500, tol=1e-2, patience=4))
    values = [row["objective"] for row in result.history[1:]]

    assert result.converged
    assert len(values) < 500
    assert min(values[-4:]) > min(values[:-4]) - 1e-2
    assert "4 epochs" in result.stopped_because


def test_stops_at_the_number_of_epochs_asked_for() -> None:
    result = fit(problem(), settings_for(epochs=7))

    assert len(result.history) == 8
    assert result.stopped_because == "7 epochs are over"


def test_a_start_at_the_optimum_needs_no_step() -> None:
    X, y = np.ones((10, 1)), np.arange(10) % 2
    result = fit(Problem(X, y, ("a", "b")), settings_for("sgd", tol=1e-6))

    assert result.converged
    assert len(result.history) == 1


@pytest.mark.parametrize("optimizer", ["gd", "sgd", "adam"])
def test_early_stopping_keeps_the_lowest_validation_cross_entropy(optimizer: str) -> None:
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((60, 40)), rng.integers(2, size=60)  # nothing to learn, so validation soon rises
    held = rng.standard_normal((60, 40)), rng.integers(2, size=60)
    result = fit(
        Problem(X, y, ("a", "b"), held_out={"val": held}),
        settings_for(optimizer, epochs=400, early_stopping=True, patience=5, l2=0.0),
    )
    values = [row["val_cross_entropy"] for row in result.history]
    best = int(np.argmin(values))

    assert result.converged
    assert len(values) - 1 == best + 5  # five epochs without a new low, and no more
    assert result.state.epoch == best
    kept = cross_entropy(held[0] @ result.weights + result.intercept, held[1]).mean()
    assert kept == pytest.approx(min(values), rel=1e-10)


def test_held_out_parts_are_measured_every_epoch_and_teach_nothing() -> None:
    X, y = blobs()
    more = blobs(seed=9)
    alone = fit(Problem(X, y, names(3)), settings_for())
    watched = fit(Problem(X, y, names(3), held_out={"val": more, "test": (X, y)}), settings_for())

    np.testing.assert_array_equal(alone.weights, watched.weights)
    logits = more[0] @ watched.weights + watched.intercept
    assert watched.history[-1]["val_cross_entropy"] == pytest.approx(cross_entropy(logits, more[1]).mean(), rel=1e-10)
    assert watched.history[-1]["val_accuracy"] == pytest.approx((logits.argmax(axis=1) == more[1]).mean())
    for row in watched.history:
        assert row["test_cross_entropy"] == pytest.approx(row["train_cross_entropy"], rel=1e-12)


@pytest.mark.parametrize("rate", [1e3, 1e200])
@pytest.mark.parametrize("optimizer", ["gd", "sgd", "momentum", "nesterov", "adam"])
def test_divergence_is_told_and_the_best_weights_are_kept(optimizer: str, rate: float) -> None:
    X, y = blobs(spread=4)
    result = fit(Problem(X, y, names(3)), settings_for(optimizer, learning_rate=rate, l2=1.0))

    assert result.diverged
    assert not result.converged
    assert np.isfinite(result.weights).all()
    assert result.objective <= math.log(3) * (1 + 1e-12)
    assert "objective" in result.stopped_because


def test_a_step_above_the_limit_is_announced_before_training() -> None:
    told = []
    result = fit(problem(), settings_for(learning_rate=50.0), announce=told.append)

    assert told == [result.step_size]
    assert told[0].times_limit == pytest.approx(50.0 * told[0].curvature / 2)
    assert told[0].safe == pytest.approx(1 / told[0].curvature)


@pytest.mark.parametrize("seed", range(5))
def test_float32_noise_at_the_optimum_is_no_divergence(seed: int) -> None:
    X = np.random.default_rng(seed).standard_normal((300, 3)).astype(np.float32)
    result = fit(Problem(np.vstack([X, X]), np.repeat([0, 1], 300), ("a", "b")), settings_for(epochs=60))

    assert not result.diverged


def test_whoever_observes_sees_every_row_and_may_stop() -> None:
    rows = []

    def observe(row: dict) -> str | None:
        rows.append(row)
        return "interrupted" if row["epoch"] == 5 else None

    result = fit(problem(), settings_for(), observe=observe)

    assert rows == result.history
    assert result.state.epoch == 5
    assert result.stopped_because == "interrupted"
    assert not result.converged


# The same again, and going on


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [None, 16])
def test_the_same_seed_gives_the_same_bytes(optimizer: str, batch_size: int | None) -> None:
    same(*(fit(problem(), settings_for(optimizer, batch_size=batch_size, seed=3)) for _ in range(2)))


def test_another_seed_gives_other_batches() -> None:
    ours, theirs = (fit(problem(), settings_for("sgd", seed=seed)) for seed in (0, 1))

    assert (ours.weights != theirs.weights).any()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("schedule", ["constant", "inverse"])
@pytest.mark.parametrize("stop", [0, 1, 12])
def test_resuming_is_the_same_as_never_having_stopped(
    optimizer: str, batch_size: int | None, schedule: str, stop: int
) -> None:
    config = settings_for(optimizer, batch_size=batch_size, schedule=schedule, patience=30)
    at_once = fit(problem(), config)
    early = fit(problem(), config, observe=lambda row: "stop" if row["epoch"] == stop else None)
    resumed = fit(problem(), config, resume=early)

    np.testing.assert_array_equal(resumed.state.theta, at_once.state.theta)
    np.testing.assert_array_equal(resumed.weights, at_once.weights)
    assert untimed(early.history + resumed.history[1:]) == untimed(at_once.history)
    assert resumed.history[0]["epoch"] == stop
    assert resumed.state.random == at_once.state.random
    for key, value in at_once.state.memory.items():
        np.testing.assert_array_equal(resumed.state.memory[key], value)


def test_cosine_goes_on_where_it_was_when_the_epochs_in_all_are_the_same() -> None:
    config = settings_for("sgd", schedule="cosine")
    early = fit(problem(), config, observe=lambda row: "stop" if row["epoch"] == 10 else None)

    np.testing.assert_array_equal(fit(problem(), config, resume=early).weights, fit(problem(), config).weights)


def test_resuming_keeps_scaling_and_step_whatever_the_new_rows_are() -> None:
    early = fit(problem(), settings_for(epochs=5))
    X, y = blobs(seed=5)
    resumed = fit(Problem(100 * X, y, names(3)), settings_for(epochs=6), resume=early)

    assert resumed.scaling is early.scaling
    assert resumed.step_size is early.step_size


@pytest.mark.parametrize("kind", ["standard", "unit", "none"])
@pytest.mark.parametrize("intercept", [True, False])
def test_a_start_from_raw_weights_begins_at_that_very_model(kind: str, intercept: bool) -> None:
    config = settings_for(scale=kind, fit_intercept=intercept)
    early = fit(problem(), config)
    again = fit(problem(), config, start=(early.weights, early.intercept))

    assert again.history[0]["objective"] == pytest.approx(early.objective, rel=1e-12)


# Weights


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["standard", "unit", "none"]), st.sampled_from(["none", "balanced"]))
def test_integer_weights_are_repeated_rows(seed: int, kind: str, class_weight: str) -> None:
    X, y = blobs(seed=seed)
    times = np.random.default_rng(seed).integers(0, 4, len(y))
    config = settings_for(scale=kind, class_weight=class_weight, epochs=50)
    ours = fit(Problem(X, y, names(3), sample_weight=times), config)
    again = np.repeat(np.arange(len(y)), times)
    theirs = fit(Problem(X[again], y[again], names(3)), config)

    np.testing.assert_allclose(ours.weights, theirs.weights, rtol=1e-8, atol=1e-10)
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-11)
    assert ours.total_weight == pytest.approx(theirs.total_weight)


@pytest.mark.parametrize("optimizer", ["gd", "sgd"])
@pytest.mark.parametrize("sparse", [False, True])
def test_rows_of_no_weight_are_not_there(optimizer: str, sparse: bool) -> None:
    X, y = blobs()
    X = sp.csr_array(X) if sparse else X
    weight = np.where(np.arange(120) % 4, 1.5, 0.0)
    ours = fit(Problem(X, y, names(3), sample_weight=weight), settings_for(optimizer))
    kept = weight > 0

    same(ours, fit(Problem(X[kept], y[kept], names(3), sample_weight=weight[kept]), settings_for(optimizer)))


@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_class_weights_are_those_weights_given_by_hand(weighted: bool) -> None:
    X, y = blobs()
    keep = (y != 1) | (np.arange(120) % 2 == 0)
    X, y = X[keep], y[keep]
    s = np.linspace(0.5, 2, len(y)) if weighted else np.ones(len(y))
    by_hand = s * s.sum() / (3 * np.array([s[y == k].sum() for k in range(3)]))[y]
    ours = fit(Problem(X, y, names(3), sample_weight=s), settings_for(class_weight="balanced"))
    theirs = fit(Problem(X, y, names(3), sample_weight=by_hand), settings_for())

    np.testing.assert_allclose(ours.weights, theirs.weights, rtol=1e-10)
    one_hot = fit(Problem(X, np.eye(3)[y], names(3), sample_weight=s), settings_for(class_weight="balanced"))
    np.testing.assert_allclose(one_hot.weights, ours.weights, rtol=1e-10)


def test_balanced_means_that_every_class_counts_alike() -> None:
    # with nothing to tell the classes apart, a balanced model gives each the same probability
    y = np.repeat([0, 1, 2], [70, 20, 10])
    config = settings_for("nesterov", epochs=2000, class_weight="balanced")
    result = fit(Problem(np.ones((100, 1)), y, names(3)), config)

    np.testing.assert_allclose(log_softmax(result.intercept), -math.log(3), atol=1e-8)


def test_a_class_without_weight_is_named() -> None:
    X, y = blobs()
    with pytest.raises(DataError, match='"b"'):
        fit(Problem(X, y, names(3), sample_weight=np.where(y == 1, 0.0, 1.0)), settings_for())
    with pytest.raises(DataError, match='"d"'):
        fit(Problem(X, y, names(4)), settings_for())
    Q = np.eye(4)[y]
    with pytest.raises(DataError, match='"d"'):
        fit(Problem(X, Q, names(4)), settings_for())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_one_hot_soft_labels_are_hard_labels(optimizer: str) -> None:
    X, y = blobs()
    ours = fit(Problem(X, np.eye(3)[y], names(3)), settings_for(optimizer))

    np.testing.assert_allclose(ours.weights, fit(Problem(X, y, names(3)), settings_for(optimizer)).weights, rtol=1e-9)


# Scaling and precision


@pytest.mark.parametrize("kind", ["standard", "unit", "none"])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_model_returned_is_the_model_trained(kind: str, intercept: bool, sparse: bool, dtype: type) -> None:
    X, y = blobs()
    X = (X + 20).astype(dtype)
    X = sp.csr_array(X) if sparse else X
    result = fit(Problem(X, y, names(3)), settings_for(scale=kind, fit_intercept=intercept))
    trained = np.hstack(DesignMatrix(X, result.scaling, intercept).forward(result.state.theta)).T

    np.testing.assert_allclose(
        X.astype(float) @ result.weights + result.intercept, trained, atol=1e-12 if dtype == np.float64 else 2e-4
    )
    assert intercept or not result.intercept.any()


@pytest.mark.parametrize("kind", ["standard", "unit"])
def test_scaled_training_does_not_depend_on_the_features_units(kind: str) -> None:
    X, y = blobs()
    units = np.array([1e-8, 1e-3, 1e3, 1e8])
    ours, theirs = (fit(Problem(A, y, names(3)), settings_for(scale=kind)) for A in (X * units, X))

    np.testing.assert_allclose(ours.weights * units[:, None], theirs.weights, rtol=1e-8)
    np.testing.assert_allclose(ours.intercept, theirs.intercept, rtol=1e-8)


def test_features_near_the_largest_number_are_scaled_without_overflow() -> None:
    X, y = blobs()
    result = fit(Problem(X * 1e200, y, names(3)), settings_for(scale="standard"))

    np.testing.assert_allclose(result.weights * 1e200, fit(Problem(X, y, names(3)), settings_for()).weights, rtol=1e-8)


@pytest.mark.parametrize("optimizer", ["gd", "adam"])
def test_far_off_centre_float32_features_give_the_model_of_float64(optimizer: str) -> None:
    X, y = blobs()
    X = (X + 1e4).astype(np.float32)
    config = settings_for(optimizer, scale="standard", epochs=100)
    ours = fit(Problem(X, y, names(3)), config)
    theirs = fit(Problem(X.astype(np.float64), y, names(3)), config)

    np.testing.assert_allclose(ours.scaling.scale, theirs.scaling.scale, rtol=1e-7)
    logits = [X.astype(float) @ result.weights + result.intercept for result in (ours, theirs)]
    np.testing.assert_allclose(*logits, atol=1e-2)
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-5)


def test_dtype_decides_the_precision_of_the_products() -> None:
    X, y = blobs()
    wide, narrow = (fit(Problem(X, y, names(3)), settings_for(dtype=dtype)) for dtype in ("float64", "float32"))

    assert wide.state.theta.dtype == narrow.state.theta.dtype == np.float64
    assert (wide.weights != narrow.weights).any()
    np.testing.assert_allclose(wide.weights, narrow.weights, atol=1e-5)
    as_float32 = fit(Problem(X.astype(np.float32), y, names(3)), settings_for(dtype="auto"))
    np.testing.assert_array_equal(as_float32.weights, narrow.weights)


def test_automatic_scale_is_by_kind_of_data() -> None:
    X, y = blobs()
    kinds = {
        "standard": Problem(X, y, names(3)),
        "unit": Problem(X, y, names(3), pixels=True),
        "none": Problem(sp.csr_array(X), y, names(3)),
    }
    for kind, given_problem in kinds.items():
        same(fit(given_problem, settings_for(scale="auto")), fit(given_problem, settings_for(scale=kind)))


def test_memory_layout_of_x_changes_no_result() -> None:
    X, y = blobs()
    for optimizer in ("gd", "sgd"):
        ours = fit(Problem(np.asfortranarray(X), y, names(3)), settings_for(optimizer))
        theirs = fit(Problem(X, y, names(3)), settings_for(optimizer))
        np.testing.assert_allclose(ours.weights, theirs.weights, rtol=1e-9)


def test_x_is_neither_changed_nor_kept() -> None:
    X, y = blobs()
    before = X.copy()
    fit(Problem(X, y, names(3)), settings_for("sgd", scale="standard"))

    np.testing.assert_array_equal(X, before)


# Schedules and batch sizes


def test_schedules_fall_from_one_and_stay_positive_until_the_end() -> None:
    for schedule in SCHEDULES:
        rates = [decay(schedule, epoch, 50) for epoch in range(50)]
        assert rates[0] == 1
        assert (np.diff(rates) <= 0).all()
        assert min(rates) > 0


def test_cosine_ends_at_zero_and_is_half_way_in_the_middle() -> None:
    assert decay("cosine", 25, 50) == pytest.approx(0.5)
    assert decay("cosine", 50, 50) == 0
    assert decay("cosine", 80, 50) == 0


def test_inverse_falls_as_robbins_and_monro_ask() -> None:
    epochs = np.arange(10**6)
    rates = 1 / (1 + epochs / 10)
    assert decay("inverse", 990, 1) == pytest.approx(0.01)
    assert rates.sum() > 100
    assert (rates**2).sum() < 12


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_steps_told_in_the_history_follow_the_schedule(schedule: str) -> None:
    result = fit(problem(), settings_for(schedule=schedule, learning_rate=0.2, epochs=10))

    for row in result.history[1:]:
        assert row["step"] == pytest.approx(0.2 * decay(schedule, row["epoch"] - 1, 10))


def test_the_schedule_moves_within_an_epoch_of_mini_batches() -> None:
    result = fit(problem(), settings_for("sgd", schedule="inverse", learning_rate=0.2, batch_size=30, epochs=3))

    for row in result.history[1:]:
        assert row["step"] == pytest.approx(0.2 * decay("inverse", row["epoch"] - 1 + 90 / 120, 3))


def test_batch_size_is_what_was_asked_or_suits_the_method() -> None:
    assert batch_size_of(settings_for("gd"), 10_000) == 10_000
    assert batch_size_of(settings_for("sgd"), 10_000) == 256
    assert batch_size_of(settings_for("adam"), 120) == 12
    assert batch_size_of(settings_for("sgd"), 3) == 1
    assert batch_size_of(settings_for("nesterov", batch_size=64), 10_000) == 64
    assert batch_size_of(settings_for("sgd", batch_size=500), 120) == 120


def test_total_weight_and_objective_describe_the_weighted_problem() -> None:
    X, y = blobs()
    weight = np.linspace(0, 3, 120)
    result = fit(Problem(X, y, names(3), sample_weight=weight), replace(settings_for(), l2=0.2))
    design = DesignMatrix(X, result.scaling)
    J = Objective(design, y, weight, n_classes=3, l2=0.2)

    assert result.total_weight == pytest.approx(weight.sum())
    assert result.objective == pytest.approx(J.evaluate(result.state.theta).objective, rel=1e-12)


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_weights_that_are_negative_or_no_numbers_are_refused(bad):
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    with pytest.raises(DataError, match="weight of row 2 is"):
        fit(Problem(X, y, ("a", "b"), np.array([1.0, bad, 1.0, 1.0])), TrainingSettings())


@pytest.mark.parametrize("weight", [0.0, 1e308])
@pytest.mark.parametrize("partial", [False, True])
def test_weights_that_add_up_to_nothing_or_to_infinity_are_refused(weight, partial):
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    with pytest.raises(DataError, match="weights sum to"):
        fit(Problem(X, y, ("a", "b"), np.full(4, weight), partial=partial), TrainingSettings(optimizer="sgd"))


def test_a_start_that_is_not_finite_is_told_as_divergence():
    X, y = np.eye(4), np.array([0, 1, 0, 1])
    start = np.full((4, 2), 1e300), np.zeros(2)
    result = fit(Problem(X, y, ("a", "b")), TrainingSettings(optimizer="gd"), start=start)
    assert result.diverged
    assert "finite" in result.stopped_because


@pytest.mark.parametrize("l2", [1e-4, 1.0, 10.0, 1e3, 1e4])
def test_what_is_called_converged_is_near_the_least_objective_whatever_the_penalty(l2: float) -> None:
    rng = np.random.default_rng(0)
    y = rng.choice(6, size=600, p=[0.5, 0.3, 0.1, 0.05, 0.03, 0.02])
    X = rng.standard_normal((600, 4)) + 0.5 * y[:, None]
    result = fit(Problem(X, y, tuple("abcdef")), TrainingSettings(l2=l2), proved=True)

    assert result.converged
    assert result.certificate is not None
    assert result.certificate.gap_lower is not None
    assert result.certificate.gap_lower <= 1e-5


def test_a_proved_gap_is_no_convergence() -> None:
    rng = np.random.default_rng(0)
    X = (1e6 + rng.standard_normal((300, 4)) + 0.5 * np.arange(4)).astype(np.float32)
    y = (X[:, 0] - 1e6 + rng.standard_normal(300) > 0).astype(int)
    result = fit(Problem(X, y, ("a", "b")), TrainingSettings(scale="none"), proved=True)
    gap = result.certificate.gap_lower if result.certificate else None

    assert not (result.converged and gap is not None and gap > 1e-4)

"""When a fit ends, where it begins, what goes on from it: max_iter, tol, warm starts, early stopping, partial_fit."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from problems import overlapping, tight
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from softreg import SoftmaxRegression
from softreg.errors import SoftregError
from softreg.settings import FIRST_ORDER

unconverged = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
BATCHES = pytest.mark.parametrize("optimizer", ["sgd", "adam"])


# The end


@pytest.mark.parametrize("optimizer", ["cg", *FIRST_ORDER])
@pytest.mark.parametrize("max_iter", [1, 2, 4])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_epochs_are_counted_up_to_max_iter_and_the_warning_says_so(
    optimizer: str, max_iter: int, n_classes: int
) -> None:
    X, y = overlapping(n_classes)
    model = SoftmaxRegression(optimizer=optimizer, max_iter=max_iter, tol=0, random_state=0)
    with pytest.warns(ConvergenceWarning, match=rf"{max_iter} epochs? (is|are) over.*raise max_iter"):
        model.fit(X, y)

    assert model.n_iter_ == max_iter
    assert isinstance(model.n_iter_, int)


@pytest.mark.parametrize("optimizer", ["cg", "gd", "momentum", "nesterov"])
def test_a_looser_tolerance_ends_sooner(optimizer: str) -> None:
    X, y = overlapping()
    counts = [
        SoftmaxRegression(optimizer=optimizer, l2=0.1, tol=tol, max_iter=20_000).fit(X, y).n_iter_
        for tol in (1e-1, 1e-3, 1e-6)
    ]

    assert counts == sorted(set(counts))


@pytest.mark.parametrize("tol", [1e-3, 1e-5, 1e-7])
def test_a_converged_fit_is_within_about_its_tolerance_of_the_optimum(tol: float) -> None:
    X, y = overlapping()
    best = tight(l2=0.01).fit(X, y).loss_curve_[-1]
    model = SoftmaxRegression(l2=0.01, tol=tol).fit(X, y)

    assert best - 1e-13 <= model.loss_curve_[-1] <= best + tol


def test_before_any_step_there_is_row_zero_and_no_epochs_are_refused() -> None:
    X, y = overlapping(3)
    model = SoftmaxRegression().fit(X, y)
    first = model.history_[0]

    assert (first["epoch"], first["step"]) == (0, None)
    assert model.loss_curve_[0] == pytest.approx(np.log(3), rel=1e-14)
    with pytest.raises(SoftregError, match="max_iter"):
        SoftmaxRegression(max_iter=0).fit(X, y)


@unconverged
@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov", "cg"])
def test_a_prefix_of_a_fit_is_a_shorter_fit(optimizer: str) -> None:
    X, y = overlapping()
    long = SoftmaxRegression(optimizer=optimizer, max_iter=8, tol=0).fit(X, y)
    for epochs in (1, 3, 5):
        short = SoftmaxRegression(optimizer=optimizer, max_iter=epochs, tol=0).fit(X, y)
        assert short.loss_curve_ == long.loss_curve_[: epochs + 1]


@pytest.mark.parametrize(
    "wrong",
    [
        *({"max_iter": value} for value in (2.5, 0.5, True, float("inf"), None, "3")),
        *({"batch_size": value} for value in (2.5, 0.5, True, float("inf"), None)),
        *({"n_iter_no_change": value} for value in (2.5, True, float("inf"), None)),
        *({"l2": value} for value in (True, float("inf"), None, "x")),
        *({"learning_rate": value} for value in (True, float("inf"), None, [0.1])),
        *({"tol": value} for value in (True, float("inf"), None)),
        *({"momentum": value} for value in ("x", None, float("nan"), True)),
        *({"validation_fraction": value} for value in (0.0, 1.0, 20, None, "x", float("nan"))),
        *({"fit_intercept": value} for value in ("no", None, 2)),
        *({"early_stopping": value} for value in ("no", None, 0.5)),
        *({"warm_start": value} for value in ("no", None, [])),
        *({"optimizer": value} for value in (None, 1, ["gd"])),
    ],
    ids=str,
)
def test_a_parameter_of_the_wrong_kind_is_refused_by_name(wrong: dict) -> None:
    with pytest.raises(SoftregError, match=next(iter(wrong))):
        SoftmaxRegression(**({"optimizer": "adam"} | wrong)).fit(*overlapping())


def test_numbers_of_numpy_are_numbers() -> None:
    X, y = overlapping()
    given = {"l2": np.float32(0.125), "max_iter": np.int64(1000), "tol": np.float64(1e-6), "fit_intercept": np.True_}
    plain = {"l2": 0.125, "max_iter": 1000, "tol": 1e-6, "fit_intercept": True}

    np.testing.assert_array_equal(
        SoftmaxRegression(**given).fit(X, y).coef_, SoftmaxRegression(**plain).fit(X, y).coef_
    )
    assert SoftmaxRegression(max_iter=1e3).fit(X, y).n_iter_ < 1000


# The beginning


@unconverged
@pytest.mark.parametrize("optimizer", ["cg", *FIRST_ORDER])
@pytest.mark.parametrize("intercept", [True, False])
def test_one_more_epoch_hardly_moves_a_warm_fit_and_begins_a_cold_one_anew(optimizer: str, intercept: bool) -> None:
    X, y = load_iris(return_X_y=True)
    parameters = {"optimizer": optimizer, "fit_intercept": intercept, "max_iter": 300, "random_state": 0}
    apart = {}
    for warm in (True, False):
        model = SoftmaxRegression(warm_start=warm, scale="standard", **parameters).fit(X, y)
        fitted = model.coef_
        apart[warm] = np.abs(model.set_params(max_iter=1).fit(X, y).coef_ - fitted).sum()

    assert apart[True] < 0.1 * apart[False]


def test_fitting_again_and_again_ends_where_one_fit_does() -> None:
    X, y = overlapping(2)
    warm, cold = tight(warm_start=True), tight().fit(X, y)
    for _ in range(5):
        warm.fit(X, y)

    assert log_loss(y, warm.predict_proba(X)) == pytest.approx(log_loss(y, cold.predict_proba(X)), rel=1e-8)


def test_a_path_is_walked_by_warm_starts_in_fewer_steps_to_the_same_models() -> None:
    X, y = overlapping()
    warm, warm_steps, cold_steps = tight(warm_start=True, tol=1e-9), 0, 0
    for l2 in np.geomspace(1, 0.5, 12):
        cold = tight(l2=l2, tol=1e-9).fit(X, y)
        warm.set_params(l2=l2).fit(X, y)
        warm_steps, cold_steps = warm_steps + warm.n_iter_, cold_steps + cold.n_iter_
        np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-3)

    assert warm_steps < cold_steps


def test_a_warm_start_with_other_classes_or_features_begins_at_zero() -> None:
    X, y = overlapping(3)
    for rows, labels in ((X[:, :2], y), (X[y < 2], y[y < 2]), (X, np.array(["a", "b", "c"])[y])):
        warm = SoftmaxRegression(warm_start=True).fit(X, y).fit(rows, labels)
        assert warm.loss_curve_[0] == pytest.approx(np.log(len(np.unique(labels))))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_warm_start_begins_at_what_is_written_into_the_coefficients(n_classes: int) -> None:
    X, y = overlapping(n_classes)
    model = SoftmaxRegression(warm_start=True, l2=0.0, scale="standard").fit(X, y)
    model.coef_ = np.full_like(model.coef_, 0.5) * np.arange(1, len(model.coef_) + 1)[:, None]
    model.intercept_ = np.zeros_like(model.intercept_)
    told = log_loss(y, model.predict_proba(X))
    assert model.fit(X, y).loss_curve_[0] == pytest.approx(told, rel=1e-10)

    model.coef_[:] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        model.fit(X, y)


@unconverged
@BATCHES
def test_the_seed_alone_decides_on_the_batches(optimizer: str) -> None:
    X, y = overlapping()
    fits = [SoftmaxRegression(optimizer=optimizer, max_iter=1, random_state=seed).fit(X, y) for seed in (3, 3, 4)]

    np.testing.assert_array_equal(fits[0].coef_, fits[1].coef_)
    assert (fits[0].coef_ != fits[2].coef_).any()


def test_an_estimator_may_be_fitted_to_another_problem_and_forgets_the_first() -> None:
    X, y = overlapping(3)
    again = tight().fit(X, y).fit(X[:, :2], np.array(["ham", "spam"])[y % 2])
    fresh = tight().fit(X[:, :2], np.array(["ham", "spam"])[y % 2])

    np.testing.assert_array_equal(again.coef_, fresh.coef_)
    assert again.n_features_in_ == 2


# Early stopping


@pytest.mark.parametrize("optimizer", ["cg", "sgd", "adam"])
def test_early_stopping_ends_before_max_iter(optimizer: str) -> None:
    X, y = overlapping(3, n_samples=300)
    model = SoftmaxRegression(optimizer=optimizer, early_stopping=True, l2=0.0, random_state=0).fit(X, y)

    assert model.n_iter_ < model.max_iter


@unconverged
@pytest.mark.parametrize("optimizer", ["gd", "sgd", "cg"])
@pytest.mark.parametrize("fraction", [0.1, 0.4])
def test_rows_that_are_watched_are_not_learned_from(optimizer: str, fraction: float) -> None:
    """Whatever the watched rows hold, the epochs are the same; the training rows are those without weight elsewhere."""
    X, y = overlapping(3, n_samples=100)
    parameters = {"optimizer": optimizer, "max_iter": 6, "tol": 0, "random_state": 0, "batch_size": "auto"}
    watching = {"early_stopping": True, "validation_fraction": fraction, "n_iter_no_change": 100}
    model = SoftmaxRegression(**parameters, **watching).fit(X, y)
    held = np.array([row["val_cross_entropy"] for row in model.history_])
    moved = X.copy()
    moved[_watched(y, fraction)] *= 3
    other = SoftmaxRegression(**parameters, **watching).fit(moved, y)

    assert model.loss_curve_ == other.loss_curve_
    assert (held != [row["val_cross_entropy"] for row in other.history_]).any()


def _watched(y: np.ndarray, fraction: float) -> np.ndarray:
    """The rows that seed 0 holds out."""
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state

    seed = check_random_state(0).randint(2**31 - 1)
    return train_test_split(np.arange(len(y)), test_size=fraction, random_state=seed, stratify=y)[1]


@BATCHES
def test_more_patience_never_ends_sooner(optimizer: str) -> None:
    X, y = load_breast_cancer(return_X_y=True)
    for early_stopping in (True, False):
        counts = [
            SoftmaxRegression(
                optimizer=optimizer, scale="standard", early_stopping=early_stopping, n_iter_no_change=patience,
                max_iter=5000, random_state=0, tol=1e-3,
            ).fit(X, y).n_iter_
            for patience in (2, 3, 10)
        ]  # fmt: skip
        assert counts == sorted(counts)


@pytest.mark.parametrize(
    ("rows", "fraction"),
    [(range(48, 53), 0.1), (range(150), 0.99), (range(150), 0.001), (range(101), 0.1)],
    ids=["five rows", "nearly all", "hardly any", "a class of one"],
)
def test_rows_too_few_to_be_held_out_are_told_in_the_parameters_own_words(rows: range, fraction: float) -> None:
    X, y = load_iris(return_X_y=True)
    model = SoftmaxRegression(early_stopping=True, validation_fraction=fraction)
    with pytest.raises(SoftregError, match=f"validation_fraction={fraction:g} of {len(rows)} rows.*row on both sides"):
        model.fit(X[rows], y[rows])


# Parts of a stream


@BATCHES
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_part_at_a_time_gives_coefficients_of_the_same_shape(optimizer: str, n_classes: int) -> None:
    X, y = overlapping(n_classes)
    model = SoftmaxRegression(optimizer=optimizer, random_state=0)
    rows = 1 if n_classes == 2 else n_classes
    for part in (slice(0, 40), slice(40, None)):
        model.partial_fit(X[part], y[part], classes=np.arange(n_classes))
        assert model.coef_.shape == (rows, X.shape[1])
        assert model.intercept_.shape == (rows,)
        assert model.decision_function(X).shape == ((len(y),) if n_classes == 2 else (len(y), n_classes))


@unconverged
@BATCHES
@pytest.mark.parametrize("schedule", ["constant", "inverse", "cosine"])
def test_parts_that_are_the_whole_are_epochs_of_a_fit(optimizer: str, schedule: str) -> None:
    X, y = overlapping()
    parameters = {"optimizer": optimizer, "schedule": schedule, "random_state": 0, "scale": "standard", "tol": 0}
    parts = SoftmaxRegression(max_iter=5, **parameters)
    for _ in range(5):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    whole = SoftmaxRegression(max_iter=5, **parameters).fit(X, y)

    np.testing.assert_array_equal(parts.coef_, whole.coef_)
    assert parts.loss_curve_ == whole.loss_curve_
    assert parts.n_iter_ == whole.n_iter_


@unconverged
@BATCHES
@pytest.mark.parametrize("make", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_a_stream_goes_on_after_a_fit_by_the_same_method(optimizer: str, make) -> None:
    X, y = overlapping()
    model = SoftmaxRegression(optimizer=optimizer, max_iter=3, tol=0, random_state=0).fit(make(X), y)
    whole = SoftmaxRegression(optimizer=optimizer, max_iter=4, tol=0, random_state=0).fit(make(X), y)
    model.partial_fit(make(X), y)

    np.testing.assert_array_equal(model.coef_, whole.coef_)
    assert [row["epoch"] for row in model.history_] == [0, 1, 2, 3, 4]


@unconverged
@pytest.mark.parametrize("before", ["cg", "gd", "nesterov", "adam", "sgd"])
@BATCHES
def test_a_stream_goes_on_from_the_weights_of_any_method(before: str, optimizer: str) -> None:
    X, y = overlapping()
    model = SoftmaxRegression(optimizer=before, max_iter=30, random_state=0, l2=0.1).fit(X, y)
    reached, epochs = model.loss_curve_[-1], model.n_iter_
    model.set_params(optimizer=optimizer).partial_fit(X, y)

    assert model.loss_curve_[-1] == pytest.approx(reached, rel=0.1)
    assert model.n_iter_ == epochs + 1
    assert [row["epoch"] for row in model.history_] == list(range(epochs + 2))


@unconverged
@pytest.mark.parametrize(
    "changed", [{"learning_rate": 1e-12}, {"fit_intercept": False}, {"scale": "standard"}, {"l2": 3.0}], ids=str
)
@BATCHES
def test_a_parameter_that_is_changed_between_parts_counts(changed: dict, optimizer: str) -> None:
    X, y = overlapping()
    model = SoftmaxRegression(optimizer=optimizer, random_state=0, l2=0.1)
    for _ in range(20):
        model.partial_fit(X, y, classes=[0, 1, 2])
    same = clone(model)
    before = model.coef_.copy()
    model.set_params(**changed).partial_fit(X, y)

    if "learning_rate" in changed:
        np.testing.assert_allclose(model.coef_, before, atol=1e-8)
    else:
        for _ in range(21):
            same.partial_fit(X, y, classes=[0, 1, 2])
        assert (model.coef_ != same.coef_).any()
    if "fit_intercept" in changed:
        np.testing.assert_array_equal(model.intercept_, 0)


@BATCHES
def test_parts_may_lack_classes_that_have_weights(optimizer: str) -> None:
    X, y = overlapping()
    model = SoftmaxRegression(optimizer=optimizer, class_weight={2: 2.0}, random_state=0)
    model.partial_fit(X[y < 2], y[y < 2], classes=[0, 1, 2]).partial_fit(X, y)

    assert model.predict_proba(X).shape == (len(y), 3)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [({"early_stopping": True}, "early_stopping has no effect"), ({"class_weight": "balanced"}, '"balanced"')],
    ids=["early stopping", "balanced"],
)
def test_what_needs_all_rows_is_refused_of_a_part(parameters: dict, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        SoftmaxRegression(optimizer="sgd", **parameters).partial_fit(*overlapping(), classes=[0, 1, 2])


@BATCHES
def test_a_step_far_too_large_is_told_in_a_part_too(optimizer: str) -> None:
    X, y = overlapping()
    model = SoftmaxRegression(optimizer=optimizer, learning_rate=1e6, l2=0.1, random_state=0)
    with pytest.warns(ConvergenceWarning, match="safe learning_rate"):
        model.partial_fit(X, y, classes=[0, 1, 2])
    assert np.isfinite(model.coef_).all()

"""SoftmaxRegression keeps scikit-learn's contract, and adds soft labels."""

from __future__ import annotations

import pickle
from dataclasses import asdict

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from softreg import SoftmaxRegression
from softreg.errors import SoftregError
from softreg.functional import softmax
from softreg.settings import TrainingSettings

IRIS = load_iris(return_X_y=True)
unconverged = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def quick(**more) -> SoftmaxRegression:
    return SoftmaxRegression(**({"optimizer": "nesterov", "scale": "standard", "max_iter": 3000} | more))


def test_defaults_are_those_of_the_settings() -> None:
    known = asdict(TrainingSettings())
    other_names = {"max_iter": "epochs", "n_iter_no_change": "patience"}
    own = {"validation_fraction": 0.1, "warm_start": False, "random_state": None, "class_weight": None, "scale": "none"}
    parameters = SoftmaxRegression().get_params()

    for name, value in parameters.items():
        if name in own:
            assert value == own[name], name
        else:
            default = known[other_names.get(name, name)]
            assert value == ("auto" if default is None else default), name
    assert set(known) - {other_names.get(n, n) for n in parameters} == {"seed", "dtype", "threads", "time_limit"}


def test_shapes_for_three_classes_and_for_two() -> None:
    X, y = IRIS
    three, two = quick().fit(X, y), quick().fit(X[:100], y[:100])

    assert (three.coef_.shape, three.intercept_.shape) == ((3, 4), (3,))
    assert (two.coef_.shape, two.intercept_.shape) == ((1, 4), (1,))
    assert three.decision_function(X).shape == (150, 3)
    assert two.decision_function(X).shape == (150,)
    assert two.predict_proba(X).shape == (150, 2)


def test_probabilities_are_the_softmax_of_the_decision_function() -> None:
    X, y = IRIS
    three, two = quick().fit(X, y), quick().fit(X[:100], y[:100])
    margin = two.decision_function(X)

    np.testing.assert_allclose(three.predict_proba(X), softmax(three.decision_function(X)), rtol=1e-10)
    np.testing.assert_allclose(two.predict_proba(X)[:, 1], 1 / (1 + np.exp(-margin)), rtol=1e-10)
    np.testing.assert_allclose(np.exp(three.predict_log_proba(X)), three.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(two.predict(X), two.classes_[two.predict_proba(X).argmax(axis=1)])


@unconverged
@pytest.mark.parametrize("optimizer", ["gd", "sgd", "adam"])
def test_loss_curve_has_a_value_for_every_epoch_and_starts_at_log_k(optimizer: str) -> None:
    X, y = IRIS
    model = SoftmaxRegression(optimizer=optimizer, max_iter=20, tol=0, random_state=0).fit(X, y)

    assert model.n_iter_ == 20
    assert len(model.loss_curve_) == model.n_iter_ + 1 == len(model.history_)
    assert model.loss_curve_[0] == pytest.approx(np.log(3), rel=1e-14)
    assert model.loss_curve_ == [row["objective"] for row in model.history_]


def test_labels_come_back_as_they_were_given() -> None:
    X, y = IRIS
    for labels in (np.array(["01", "1", "x"])[y], y - 1, y.astype(bool), np.array(["b", "a", "c"], dtype=object)[y]):
        model = quick().fit(X, labels)
        np.testing.assert_array_equal(model.classes_, np.unique(labels))
        assert set(model.predict(X)) <= set(labels)
        assert model.score(X, labels) > 0.9


# Soft labels


def test_one_hot_distributions_are_labels() -> None:
    X, y = IRIS
    soft, hard = quick().fit_distribution(X, np.eye(3)[y]), quick().fit(X, y)

    np.testing.assert_allclose(soft.coef_, hard.coef_, rtol=1e-8)
    np.testing.assert_array_equal(soft.classes_, [0, 1, 2])
    named = quick().fit_distribution(X, np.eye(3)[y], classes=["a", "b", "c"])
    assert set(named.predict(X)) == {"a", "b", "c"}


def test_a_distribution_is_its_row_repeated_for_every_class_with_that_weight() -> None:
    X, _ = IRIS
    Q = np.random.default_rng(0).dirichlet(np.ones(3), len(X))
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X))
    soft = quick(l2=0.01, tol=1e-8).fit_distribution(X, Q, sample_weight=weight)
    hard = quick(l2=0.01, tol=1e-8).fit(
        np.repeat(X, 3, axis=0), np.tile([0, 1, 2], len(X)), (weight[:, None] * Q).ravel()
    )

    np.testing.assert_allclose(soft.predict_proba(X), hard.predict_proba(X), atol=1e-7)
    assert soft.loss_curve_[-1] == pytest.approx(hard.loss_curve_[-1], rel=1e-10)


def test_without_features_the_best_model_is_the_mean_distribution() -> None:
    Q = np.random.default_rng(2).dirichlet([1, 2, 3], 50)
    model = quick(tol=1e-10).fit_distribution(np.zeros((50, 1)), Q)

    np.testing.assert_allclose(model.predict_proba([[0.0]])[0], Q.mean(axis=0), rtol=1e-7)


@pytest.mark.parametrize(
    "row", [[0.5, 0.6, 0.1], [1.2, -0.2, 0.0], [np.nan, 0.5, 0.5], [0.0, 0.0, 0.0], [np.inf, 0.0, 0.0]]
)
def test_a_row_that_is_no_distribution_is_named(row: list[float]) -> None:
    X, y = IRIS
    Q = np.eye(3)[y]
    Q[6] = row
    with pytest.raises(ValueError, match="Row 7 of Q"):
        quick().fit_distribution(X, Q)


def test_distributions_of_the_wrong_shape_are_refused() -> None:
    X, y = IRIS
    for Q in (np.eye(3)[y][:-1], y / 2.0, np.ones((150, 1))):
        with pytest.raises(ValueError, match="shape"):
            quick().fit_distribution(X, Q)
    for classes in (["a", "b"], ["a", "a", "b"]):
        with pytest.raises(ValueError, match="3 different names"):
            quick().fit_distribution(X, np.eye(3)[y], classes=classes)


def test_fit_goes_on_refusing_quantities() -> None:
    X, y = IRIS
    for target in (y + 0.5 * X[:, 0], np.eye(3)[y]):
        with pytest.raises(ValueError, match=r"[Uu]nknown label type|1d array"):
            quick().fit(X, target)


# partial_fit


def test_partial_fit_is_there_for_mini_batch_methods_alone() -> None:
    for optimizer in ("sgd", "adam"):
        assert hasattr(SoftmaxRegression(optimizer=optimizer), "partial_fit")
    for optimizer in ("auto", "cg", "gd", "momentum", "nesterov"):
        assert not hasattr(SoftmaxRegression(optimizer=optimizer), "partial_fit")


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("scale", ["standard", "none"])
def test_many_calls_of_partial_fit_learn_iris(optimizer: str, scale: str) -> None:
    X, y = IRIS
    X = StandardScaler().fit_transform(X) if scale == "none" else X
    model = SoftmaxRegression(optimizer=optimizer, scale=scale, random_state=0)
    order = np.random.default_rng(0).permutation(150)
    for _ in range(60):
        for rows in (order[:75], order[75:]):
            model.partial_fit(X[rows], y[rows], classes=[0, 1, 2])

    assert model.score(X, y) > 0.94
    assert model.n_iter_ == 120
    assert len(model.loss_curve_) == 121


def test_partial_fit_waits_for_classes_that_have_not_come_yet() -> None:
    X, y = IRIS
    model = SoftmaxRegression(optimizer="sgd", scale="standard", random_state=0)
    model.partial_fit(X[:100], y[:100], classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (150, 3)
    for _ in range(40):
        model.partial_fit(X[50:], y[50:])

    assert 2 in model.predict(X)


def test_partial_fit_refuses_classes_that_were_not_announced() -> None:
    X, y = IRIS
    with pytest.raises(ValueError, match="lacks classes"):
        SoftmaxRegression(optimizer="sgd").partial_fit(X, y)
    model = SoftmaxRegression(optimizer="sgd").partial_fit(X[:100], y[:100], classes=[0, 1])
    with pytest.raises(ValueError, match="2"):
        model.partial_fit(X, y)
    with pytest.raises(ValueError, match="not those of the first call"):
        model.partial_fit(X, y, classes=[0, 1, 2])


# Precision, storage, weights


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_float32_stays_float32(sparse: bool, n_classes: int) -> None:
    X, y = IRIS
    keep = y < n_classes
    A = X[keep].astype(np.float32)
    A = sp.csr_matrix(A) if sparse else A
    model = quick(scale="auto", l2=0.01, tol=1e-2).fit(A, y[keep])

    assert model.coef_.dtype == model.intercept_.dtype == np.float32
    for values in (model.predict_proba(A), model.predict_log_proba(A), model.decision_function(A)):
        assert values.dtype == np.float32
    assert quick().fit(X, y).predict_proba(X).dtype == np.float64


@unconverged
def test_sparse_and_dense_input_give_the_same_model() -> None:
    X, y = IRIS
    X = np.where(X > 2, X, 0)
    dense, *others = (
        SoftmaxRegression(optimizer="nesterov", max_iter=50).fit(A, y)
        for A in (X, sp.csr_array(X), sp.csc_matrix(X), sp.coo_array(X))
    )

    for model in others:
        np.testing.assert_allclose(model.coef_, dense.coef_, rtol=1e-9)
        np.testing.assert_allclose(model.predict_proba(sp.csr_array(X)), dense.predict_proba(X), rtol=1e-9)


def test_a_class_left_without_weight_is_refused_by_name() -> None:
    X, y = IRIS
    labels = np.array(["setosa", "versicolor", "virginica"])[y]
    with pytest.raises(ValueError, match="versicolor"):
        quick().fit(X, labels, sample_weight=(y != 1).astype(float))
    with pytest.raises(ValueError, match="virginica"):
        quick(class_weight={"virginica": 0.0}).fit(X, labels)


def test_one_class_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="one class"):
        quick().fit(IRIS[0], np.zeros(150))


def test_without_intercept_the_origin_is_undecided() -> None:
    X, y = IRIS
    for scale in ("none", "standard", "unit"):
        model = quick(fit_intercept=False, scale=scale, tol=1e-2).fit(X, y)
        np.testing.assert_array_equal(model.intercept_, 0)
        np.testing.assert_allclose(model.predict_proba(np.zeros((1, 4))), 1 / 3, rtol=1e-12)
        assert model.score(X, y) > 0.9


@pytest.mark.parametrize(
    "wrong",
    [
        {"optimizer": "lbfgs"},
        {"precondition": "jacobi"},
        {"scale": "robust"},
        {"schedule": "step"},
        {"class_weight": "equal"},
        {"learning_rate": 0.0},
        {"learning_rate": "fast"},
        {"learning_rate": float("nan")},
        {"batch_size": 0},
        {"batch_size": "all"},
        {"max_iter": 0},
        {"max_iter": "auto"},
        {"n_iter_no_change": -1},
        {"l2": -1e-3},
        {"tol": float("nan")},
        {"momentum": 1.0},
        {"momentum": -0.1},
    ],
    ids=str,
)
def test_parameters_that_mean_nothing_are_refused_by_name(wrong: dict) -> None:
    with pytest.raises(SoftregError, match=next(iter(wrong))):
        SoftmaxRegression(**wrong).fit(*IRIS)


# Life with scikit-learn


def test_too_few_iterations_are_told_by_a_warning() -> None:
    with pytest.warns(ConvergenceWarning, match="raise max_iter"):
        SoftmaxRegression(max_iter=2).fit(*IRIS)


def test_divergence_is_told_by_a_warning_that_names_a_safe_step() -> None:
    with pytest.warns(ConvergenceWarning, match="safe learning_rate"):
        model = SoftmaxRegression(optimizer="gd", learning_rate=1e6, max_iter=50, l2=0.1).fit(*IRIS)

    assert np.isfinite(model.coef_).all()


@unconverged
def test_warm_start_goes_on_where_the_last_fit_ended() -> None:
    X, y = IRIS
    warm = SoftmaxRegression(optimizer="gd", scale="standard", max_iter=30, warm_start=True).fit(X, y)
    first = warm.loss_curve_[-1]
    warm.fit(X, y)
    at_once = SoftmaxRegression(optimizer="gd", scale="standard", max_iter=60).fit(X, y)

    assert warm.loss_curve_[0] == pytest.approx(first, rel=1e-12)
    np.testing.assert_allclose(warm.coef_, at_once.coef_, rtol=1e-9)
    cold = clone(warm).set_params(warm_start=False).fit(X, y).fit(X, y)
    assert cold.loss_curve_[0] == pytest.approx(np.log(3))


@unconverged
def test_early_stopping_holds_rows_out_and_watches_them() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    model = SoftmaxRegression(
        optimizer="gd",
        scale="standard",
        l2=0.0,
        early_stopping=True,
        validation_fraction=0.3,
        n_iter_no_change=3,
        random_state=0,
    ).fit(X, y)
    watched = [row["val_cross_entropy"] for row in model.history_]

    assert len(watched) == model.n_iter_ + 1
    assert model.score(X, y) > 0.9
    if model.n_iter_ < model.max_iter:
        assert int(np.argmin(watched)) == model.n_iter_ - 3


@unconverged
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_random_state_repeats_a_fit(optimizer: str) -> None:
    models = [SoftmaxRegression(optimizer=optimizer, max_iter=5, random_state=s).fit(*IRIS) for s in (1, 1, 2)]

    np.testing.assert_array_equal(models[0].coef_, models[1].coef_)
    assert (models[0].coef_ != models[2].coef_).any()


def test_pipelines_searches_and_cross_validation_work() -> None:
    X, y = IRIS
    pipeline = make_pipeline(StandardScaler(), SoftmaxRegression(optimizer="nesterov", l2=0.01))
    search = GridSearchCV(pipeline, {"softmaxregression__l2": [0.3, 0.01]}, cv=3).fit(X, y)

    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9
    assert search.best_score_ > 0.9
    assert search.best_estimator_[-1].l2 == search.best_params_["softmaxregression__l2"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_pickled_estimator_predicts_the_same(dtype: type) -> None:
    X, y = IRIS[0].astype(dtype), IRIS[1]
    model = quick(l2=0.01).fit(X, y)
    again = pickle.loads(pickle.dumps(model))

    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.get_params() == model.get_params()


def test_an_estimator_that_was_not_fitted_says_so() -> None:
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(SoftmaxRegression(), method)(IRIS[0])


def test_a_tie_goes_to_the_first_class() -> None:
    for n_classes in (2, 3):
        y = np.arange(12) % n_classes
        model = SoftmaxRegression().fit(np.zeros((12, 1)), y)
        np.testing.assert_array_equal(model.predict(np.zeros((3, 1))), 0)


def test_rows_of_no_weight_choose_nothing_in_early_stopping():
    X, y = load_iris(return_X_y=True)
    wrong = np.arange(150) % 5 == 0
    labels = np.where(wrong, (y + 1) % 3, y)
    with_them = SoftmaxRegression(early_stopping=True, random_state=0).fit(
        X, labels, sample_weight=(~wrong).astype(float)
    )
    without = SoftmaxRegression(early_stopping=True, random_state=0).fit(X[~wrong], y[~wrong])
    np.testing.assert_array_equal(with_them.coef_, without.coef_)


def test_predictions_far_off_centre_do_not_cancel():
    X, y = load_iris(return_X_y=True)
    far = (X + 1e4).astype(np.float32)
    model = SoftmaxRegression(scale="standard", l2=1e-3).fit(far, y)
    fitted = -model.predict_log_proba(far)[np.arange(150), y].mean()
    assert fitted == pytest.approx(model.history_[-1]["train_cross_entropy"], rel=1e-5)


def test_cosine_learns_over_many_calls_of_partial_fit():
    X, y = load_iris(return_X_y=True)
    model = SoftmaxRegression(optimizer="sgd", schedule="cosine", scale="standard", max_iter=50, random_state=0)
    for _ in range(50):
        model.partial_fit(X, y, classes=[0, 1, 2])
    assert model.loss_curve_[-1] < 0.2
    assert len(model.loss_curve_) == 51

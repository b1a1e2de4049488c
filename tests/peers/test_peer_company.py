"""In company: metadata routing, meta-estimators, processes and threads, scikit-learn's own checks of an estimator."""

from __future__ import annotations

import os
import subprocess
import sys

import joblib
import numpy as np
import pytest
from problems import overlapping, tight
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from softreg import SoftmaxRegression

WEIGHT = np.random.default_rng(0).uniform(0.5, 4, 120)

EQUIVALENCE = ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data")


def expected_to_fail(estimator: SoftmaxRegression) -> dict[str, str]:
    """What scikit-learn expects of its own stochastic gradient descent, too."""
    checks = EQUIVALENCE if estimator.optimizer == "sgd" else ()
    return dict.fromkeys(checks, "a batch of repeated rows is not the batch of their weights")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(
    [
        SoftmaxRegression(),
        SoftmaxRegression(optimizer="nesterov", scale="standard"),
        SoftmaxRegression(optimizer="sgd", max_iter=30),
    ],
    expected_failed_checks=expected_to_fail,
)
def test_scikit_learns_own_checks_pass(estimator, check) -> None:
    check(estimator)


def test_the_checks_that_ask_for_another_environment_pass_there() -> None:
    """SciPy reads SCIPY_ARRAY_API when it is imported; without it these checks are skipped."""
    code = (
        "from sklearn.utils.estimator_checks import estimator_checks_generator\n"
        "from softreg import SoftmaxRegression\n"
        "for estimator, check in estimator_checks_generator(SoftmaxRegression()):\n"
        "    if 'array_api' in str(check):\n"
        "        check(estimator)\n"
    )
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"SCIPY_ARRAY_API": "1"}, check=True)


def test_it_is_known_as_a_classifier_of_dense_and_sparse_rows_into_any_number_of_classes() -> None:
    tags = get_tags(SoftmaxRegression())

    assert tags.estimator_type == "classifier"
    assert tags.input_tags.sparse
    assert not tags.input_tags.allow_nan
    assert tags.classifier_tags.multi_class
    assert not tags.classifier_tags.multi_label
    assert tags.target_tags.required


def test_the_score_is_the_accuracy_weighted_where_weights_are_given() -> None:
    X, y = overlapping()
    model = tight().fit(X, y)

    assert model.score(X, y) == accuracy_score(y, model.predict(X))
    assert model.score(X, y, WEIGHT) == accuracy_score(y, model.predict(X), sample_weight=WEIGHT)


# Weights that travel


def test_weights_reach_fits_and_scores_where_they_are_asked_for() -> None:
    X, y = overlapping()
    with config_context(enable_metadata_routing=True):
        model = tight().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        weighted = cross_val_score(model, X, y, params={"sample_weight": WEIGHT})
        scorer = get_scorer("neg_log_loss").set_score_request(sample_weight=True)
        losses = cross_validate(model, X, y, params={"sample_weight": WEIGHT}, scoring=scorer)["test_score"]
        search = GridSearchCV(model, {"l2": [1.0, 0.01]}).fit(X, y, sample_weight=WEIGHT)
        ignored = tight().set_fit_request(sample_weight=False).set_score_request(sample_weight=False)
        plain = cross_val_score(ignored, X, y, params={})

    assert (weighted != plain).any()
    assert (losses < 0).all()
    np.testing.assert_allclose(
        search.best_estimator_.coef_, tight(**search.best_params_).fit(X, y, WEIGHT).coef_, atol=1e-9
    )


def test_weights_that_nobody_asked_for_are_an_error_and_not_lost() -> None:
    X, y = overlapping()
    with config_context(enable_metadata_routing=True):
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            cross_val_score(tight(), X, y, params={"sample_weight": WEIGHT})
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=True), tight())
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            pipeline.fit(X, y, sample_weight=WEIGHT)


def test_without_routing_weights_are_passed_by_name_and_other_names_refused() -> None:
    X, y = overlapping()
    pipeline = make_pipeline(StandardScaler(), tight()).fit(X, y, softmaxregression__sample_weight=WEIGHT)
    Z = StandardScaler().fit_transform(X)

    np.testing.assert_allclose(pipeline[-1].coef_, tight().fit(Z, y, WEIGHT).coef_, atol=1e-9)
    for method in ("fit", "score"):
        with pytest.raises(TypeError, match="extra"):
            getattr(tight(), method)(X, y, extra=1.0)


def test_requests_of_every_method_that_takes_more_than_rows_can_be_set() -> None:
    with config_context(enable_metadata_routing=True):
        model = SoftmaxRegression(optimizer="sgd")
        model.set_partial_fit_request(classes=True, sample_weight=True)
        routed = model.get_metadata_routing()

    assert routed.partial_fit.requests == {"classes": True, "sample_weight": True}


# Meta-estimators, processes, threads


@pytest.mark.parametrize(
    "meta",
    [
        OneVsRestClassifier,
        CalibratedClassifierCV,
        lambda model: BaggingClassifier(model, random_state=0),
        lambda model: VotingClassifier([("a", model), ("b", model)], voting="soft"),
        lambda model: StackingClassifier([("a", model)]),
    ],
    ids=["one against rest", "calibrated", "bagging", "voting", "stacking"],
)
def test_it_may_be_a_part_of_others(meta) -> None:
    X, y = overlapping()
    named = np.array(["bar", "baz", "foo"])[y]

    assert meta(tight()).fit(X, named).score(X, named) > 0.7


def test_its_coefficients_select_features() -> None:
    X, y = overlapping()
    sizes = (tight().fit(X, y).coef_ ** 2).sum(axis=0)
    least = np.arange(4) != sizes.argmin()

    np.testing.assert_array_equal(RFE(tight(), n_features_to_select=3).fit(X, y).support_, least)
    assert SelectFromModel(tight()).fit(X, y).get_support()[sizes.argmax()]


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_fits_side_by_side_are_fits_one_after_another(backend: str) -> None:
    X, y = overlapping(4, n_samples=300)
    search = GridSearchCV(
        SoftmaxRegression(early_stopping=True, random_state=0), {"l2": [0.1, 0.001]}, scoring="neg_log_loss"
    )
    with joblib.parallel_config(backend=backend):
        two = clone(search).set_params(n_jobs=2).fit(X, y)

    one = search.fit(X, y)
    np.testing.assert_array_equal(two.cv_results_["mean_test_score"], one.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(two.predict_proba(X), one.predict_proba(X))

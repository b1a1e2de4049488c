"""The machinery's checks pass on rows of any kind, and each fails where its own fault is planted."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from softreg.checks import agreement, gradients, identities
from softreg.checks.sample import Sample
from softreg.design import Scaling
from softreg.functional import cross_entropy_and_residual, softmax
from softreg.objective import Objective
from softreg.training import fit
from softreg.workflows.check import OF_MACHINERY


def drawn(kind: str, seed: int = 0) -> Sample:
    rng = np.random.default_rng(seed)
    K = 2 if kind == "two" else 3
    X = rng.normal(size=(90, 4)) * [1, 100, 1e-4, 3] + [0, 1e4, 0, -2]
    logits = (X - X.mean(axis=0)) / X.std(axis=0) @ rng.normal(size=(4, K))
    codes = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    targets = softmax(logits) if kind == "soft" else codes
    weight = rng.uniform(0.2, 5, 90) if kind == "weighted" else None
    if kind == "wide":
        X = np.hstack([X, rng.normal(size=(90, 120))])
    if kind == "flat":
        X = np.ones((90, 1))
    return Sample(X, targets, weight, K, seed)


KINDS = ("plain", "two", "soft", "weighted", "wide", "flat")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("attempt", OF_MACHINERY, ids=lambda attempt: attempt.__name__)
def test_every_check_of_the_machinery_passes(kind, attempt):
    finding = attempt(drawn(kind))
    assert finding.verdict == "PASS", finding


def _failing(sample: Sample) -> set[str]:
    return {attempt.__name__ for attempt in OF_MACHINERY if attempt(sample).verdict == "FAIL"}


def _residual(change):
    """Cross-entropy and residual with a change to the residual."""

    def wrong(logits, targets, axis=-1):
        losses, residual = cross_entropy_and_residual(logits, targets, axis)
        return losses, change(residual)

    return wrong


@pytest.mark.parametrize("change", [lambda r: 1.001 * r, lambda r: -r, lambda r: r + 1e-3])
def test_a_wrong_gradient_is_found(monkeypatch, change):
    monkeypatch.setattr("softreg.objective.objective.cross_entropy_and_residual", _residual(change))
    assert gradients.gradient_by_differences(drawn("plain")).verdict == "FAIL"


def test_a_penalty_of_the_wrong_sign_is_found(monkeypatch):
    right = Objective.evaluate

    def wrong(self, theta, rows=None):
        told = right(self, theta, rows)
        gradient = told.gradient.copy()
        gradient[:-1] -= 2 * self.l2 * theta[:-1]
        return dataclasses.replace(told, gradient=gradient)

    monkeypatch.setattr(Objective, "evaluate", wrong)
    assert gradients.gradient_by_differences(drawn("plain")).verdict == "FAIL"


def test_one_wrong_coordinate_of_many_is_found(monkeypatch):
    right = Objective.evaluate

    def wrong(self, theta, rows=None):
        told = right(self, theta, rows)
        gradient = told.gradient.copy()
        gradient[17, 1] *= 3
        return dataclasses.replace(told, gradient=gradient)

    monkeypatch.setattr(Objective, "evaluate", wrong)
    assert gradients.gradient_by_differences(drawn("wide")).verdict == "FAIL"


def test_a_wrong_loss_is_found_at_zero_weights(monkeypatch):
    def wrong(logits, targets, axis=-1):
        losses, residual = cross_entropy_and_residual(logits, targets, axis)
        return losses + 1e-6, residual

    monkeypatch.setattr("softreg.objective.objective.cross_entropy_and_residual", wrong)
    assert "log_k_at_zero" in _failing(drawn("plain"))


def test_softmax_without_its_shift_is_found(monkeypatch):
    def naive(logits, axis=-1):
        powers = np.exp(logits)
        return powers / powers.sum(axis=axis, keepdims=True)

    monkeypatch.setattr(identities, "softmax", naive)
    monkeypatch.setattr(identities, "log_softmax", lambda logits: np.log(naive(logits)))
    monkeypatch.setattr(identities, "cross_entropy", lambda logits, y: -np.log(naive(logits))[np.arange(len(y)), y])
    with np.errstate(all="ignore"):
        found = {
            attempt.__name__
            for attempt in (identities.no_overflow, identities.rows_sum_to_one)
            if attempt(drawn("plain")).verdict == "FAIL"
        }
    assert found == {"no_overflow", "rows_sum_to_one"}


def test_probabilities_that_depend_on_more_than_differences_are_found(monkeypatch):
    monkeypatch.setattr(identities, "log_softmax", lambda logits: logits - 1e-6 * logits)
    assert identities.shift_invariance(drawn("plain")).verdict == "FAIL"


def test_a_descent_that_ends_too_early_or_elsewhere_is_found(monkeypatch):
    def lazy(problem, settings, **more):
        return fit(problem, dataclasses.replace(settings, l2=settings.l2 + 0.05), **more)

    monkeypatch.setattr(agreement, "fit", lazy)
    assert {"exact_fit", "same_as_sklearn"} <= _failing(drawn("plain"))


@pytest.mark.parametrize("kind", ["plain", "two"])
def test_a_penalty_that_is_not_scikit_learns_is_found(monkeypatch, kind):
    monkeypatch.setattr(agreement, "sklearn_c", lambda l2, K, total: 1.5 / (total * l2))
    assert agreement.same_as_sklearn(drawn(kind)).verdict == "FAIL"


def test_a_certificate_that_promises_too_much_is_found(monkeypatch):
    from softreg.training import fitting

    right = fitting.certify

    def wrong(objective, theta):
        told = right(objective, theta)
        return dataclasses.replace(told, gap_upper=told.gap_upper / 1000)

    monkeypatch.setattr(fitting, "certify", wrong)
    assert agreement.certificate_holds(drawn("plain")).verdict == "FAIL"


def test_a_scaling_that_is_folded_away_wrongly_is_found(monkeypatch):
    monkeypatch.setattr(Scaling, "fold", lambda self, theta: (theta[:-1] / self.scale[:, None], theta[-1]))
    assert agreement.same_from_file(drawn("plain")).verdict == "FAIL"

"""Agreement: what a fit must reach, told by theory, by scikit-learn and by a file that is read again."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.linalg import qr
from scipy.special import logsumexp

from softreg.checks.finding import Finding
from softreg.checks.identities import judged
from softreg.checks.sample import L2, Sample
from softreg.checks.subject import likeliest
from softreg.checks.thresholds import FAR_OFF
from softreg.design import Scaling
from softreg.model import SoftmaxModel
from softreg.objective import sklearn_c
from softreg.settings import TrainingSettings
from softreg.training import Problem, fit

__all__ = ["certificate_holds", "exact_fit", "same_as_sklearn", "same_from_file"]

FITTED = 1e-2
"""Cross-entropy below which rows count as fitted exactly: each is given 0.99 to its own class."""

MOST_ROWS = 12
MOST_PARAMETERS = 1000
SAME = 1e-4
"""Two descents that end within their tolerances give probabilities that differ in the fifth digit."""

FOLDED = 1e-6
"""So much may the folding change a probability; more where a mean is so far off that it takes more digits."""

SETTINGS = TrainingSettings(l2=L2, scale="standard", tol=1e-12, epochs=2000, threads=1, dtype="float64")


def exact_fit(sample: Sample) -> Finding:
    """Any labels of at most d + 1 affinely independent rows are fitted by some weights: CE to 0 with l2 = 0."""
    Xb = np.column_stack([_standardised(sample), np.ones(len(sample.X))])
    triangle, order = qr(Xb.T, mode="r", pivoting=True)
    diagonal = np.abs(np.diag(triangle))
    rows = order[: len(diagonal)][diagonal > 1e-6 * diagonal[0]][:MOST_ROWS]
    codes = np.arange(len(rows)) % sample.n_classes  # whatever their own labels are
    n_classes = int(codes.max()) + 1
    name, why = "exact fit", "Rows fewer than weights can always be fitted: a descent that cannot is at fault."
    if n_classes < 2:
        return judged(name, 0.0, FITTED, "one row only is affinely independent", why)
    problem = Problem(sample.X[rows], codes, sample.classes[:n_classes])
    settings = TrainingSettings(l2=0.0, scale="standard", tol=1e-8, epochs=500, threads=1)
    reached = fit(problem, settings).cross_entropy
    found = f"cross-entropy {reached:.1e} on {len(rows)} independent rows with made-up labels, l2 = 0"
    return judged(name, reached, FITTED, found, why)


def same_as_sklearn(sample: Sample) -> Finding:
    """The probabilities of our optimum and of scikit-learn's LogisticRegression with the same penalty."""
    Z, ours = _standardised(sample), fit(sample.problem, SETTINGS)
    theirs = _independent(sample)
    with_bias = np.column_stack([Z, np.ones(len(Z))])
    error = float(np.abs(_proba(with_bias @ ours.state.theta) - _proba(with_bias @ theirs)).max())
    J, J_star = _value(sample, ours.state.theta), _value(sample, theirs)
    found = f"objective {J:.9f}, scikit-learn {J_star:.9f}; probabilities differ by {error:.1e} at most"
    why = "Two programs that minimise the same objective must end in the same place."
    return judged("scikit-learn", max(error, abs(J - J_star)), SAME, found, why)


def certificate_holds(sample: Sample) -> Finding:
    """What is proved of a fit that was stopped early, against the optimum that scikit-learn found."""
    early = fit(sample.problem, replace(SETTINGS, epochs=2), proved=True)
    gap = _value(sample, early.state.theta) - _value(sample, _independent(sample))
    told, name = early.certificate, "certificate"
    why = "What is proved of the distance to the best objective must hold, or it is no proof."
    lower = told.gap_lower if told and told.gap_lower is not None else 0.0
    upper = told.gap_upper if told and told.gap_upper is not None else np.inf
    found = f"proved {lower:.2e} to {upper:.2e}, true gap {gap:.2e}, after two steps"
    return judged(name, max(lower - gap, gap - upper), 1e-8, found, why)


def same_from_file(sample: Sample) -> Finding:
    """A model that is saved and loaded gives the same bits, and those are the probabilities of the training."""
    result = fit(sample.problem, SETTINGS)
    columns = tuple(f"x{place + 1}" for place in range(sample.X.shape[1]))
    model = SoftmaxModel(result.weights, result.intercept, sample.classes, columns)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        model.save(path)
        loaded = SoftmaxModel.load(path)
    before, after = model.predict_log_proba(sample.X), loaded.predict_log_proba(sample.X)
    off = float((np.abs(result.scaling.mean) / result.scaling.scale).max())
    limit = FOLDED * max(1.0, off / FAR_OFF)
    trained = sample.objective().design.forward(result.state.theta)
    error = float(np.abs(np.exp(after) - _proba(np.concatenate(trained, axis=1).T)).max())
    error = error if np.array_equal(before, after) else np.inf
    found = f"the same bits; scaling folded into the weights changes a probability by {error:.1e} at most"
    why = "What is predicted with must be what was trained."
    return judged("saved and loaded", error, limit, found if np.isfinite(error) else "other numbers came back", why)


def _standardised(sample: Sample) -> np.ndarray:
    scaling = Scaling.of(sample.X, "standard", sample.weight)
    return np.asarray((sample.X - scaling.mean) / scaling.scale)


def _proba(logits: np.ndarray) -> np.ndarray:
    """Softmax by scipy, which knows nothing of ours."""
    return np.asarray(np.exp(logits - logsumexp(logits, axis=1, keepdims=True)))


def _value(sample: Sample, theta: np.ndarray) -> float:
    """J by the textbook's formula and scipy's log-sum-exp, of the standardised rows."""
    logits = np.column_stack([_standardised(sample), np.ones(len(sample.X))]) @ theta
    q = sample.targets if sample.targets.ndim == 2 else np.eye(sample.n_classes)[sample.targets]
    losses = logsumexp(logits, axis=1) - (q * logits).sum(axis=1)
    return float(np.average(losses, weights=sample.weight) + 0.5 * L2 * (theta[:-1] ** 2).sum())


def _independent(sample: Sample) -> np.ndarray:
    """The optimum by scikit-learn, in our shape; of soft labels each row stands once a class, weighted by its share."""
    from sklearn.linear_model import LogisticRegression

    K, Z = sample.n_classes, _standardised(sample)
    weight = np.ones(len(Z)) if sample.weight is None else sample.weight
    codes = likeliest(sample.targets)
    if sample.targets.ndim == 2:
        Z, codes, weight = (
            np.repeat(Z, K, axis=0),
            np.tile(np.arange(K), len(Z)),
            (weight[:, None] * sample.targets).ravel(),
        )
    C = sklearn_c(L2, K, sample.total_weight)
    # Newton factorises a matrix of so many rows, which is fast while there are few
    solver = "newton-cholesky" if (Z.shape[1] + 1) * K <= MOST_PARAMETERS else "lbfgs"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=C, tol=1e-12, max_iter=10_000, solver=solver).fit(Z, codes, sample_weight=weight)
    W, b = model.coef_.T, model.intercept_
    if K == 2:
        W, b = np.column_stack([-W, W]) / 2, np.array([-b[0], b[0]]) / 2
    return np.vstack([W, b])

"""Small problems that the tests of this folder share: classes that overlap, so that every optimum is finite."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from softreg import SoftmaxRegression
from softreg.objective import sklearn_c


def overlapping(
    n_classes: int = 3, n_samples: int = 120, n_features: int = 4, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose class is drawn from a softmax model; every class is there."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_features))
    logits = X @ rng.standard_normal((n_features, n_classes)) + rng.gumbel(size=(n_samples, n_classes))
    y = logits.argmax(axis=1)
    y[:n_classes] = np.arange(n_classes)
    return X, y


def tight(**parameters: object) -> SoftmaxRegression:
    """An estimator that goes on until J is within rounding of the least, and begins alike each time."""
    return SoftmaxRegression(**({"l2": 0.01, "tol": 1e-14, "random_state": 0} | parameters))


def sklearns(
    X: np.ndarray, y: np.ndarray, l2: float, weight: np.ndarray | None = None, **parameters: object
) -> LogisticRegression:
    """scikit-learn's model of the same objective."""
    C = sklearn_c(l2, len(np.unique(y)), len(y) if weight is None else weight.sum())
    chosen = {"solver": "newton-cg", "tol": 1e-10, "max_iter": 20_000} | parameters
    return LogisticRegression(C=C, **chosen).fit(X, y, sample_weight=weight)

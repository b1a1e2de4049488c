"""SoftmaxRegression: the same training behind scikit-learn's interface."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from softreg.errors import DataError, UsageError
from softreg.estimator.parameters import class_weights, settings_of
from softreg.estimator.targets import coded, coded_as, distributions, held_out
from softreg.functional import log_softmax
from softreg.metrics.rows import need_weight
from softreg.model import SoftmaxModel
from softreg.settings import TrainingSettings
from softreg.training import Fit, Problem, Row, fit

__all__ = ["SoftmaxRegression"]

_DEFAULT = TrainingSettings()


def _takes_batches(estimator: SoftmaxRegression) -> bool:
    """partial_fit exists for the mini-batch methods alone."""
    if estimator.optimizer in {"sgd", "adam"}:
        return True
    raise AttributeError(f"partial_fit needs optimizer sgd or adam; this one is {estimator.optimizer!r}.")


class SoftmaxRegression(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Softmax regression: J(W, b) = mean cross-entropy + (l2/2) ||W||^2, minimised by gradient descent.

    Dense or CSR input; float32 stays float32. ``docs/settings.md`` tells every default, which the shell shares.

    Parameters
    ----------
    optimizer : {"auto", "cg", "gd", "sgd", "momentum", "nesterov", "adam"}
        Descent method; "auto" is "cg", preconditioned conjugate gradient descent with an exact step.
    precondition : {"auto", "none", "diagonal", "whiten"}
        Coordinates of the descent, for methods that take all rows; "auto" is "whiten" or "diagonal" for cg.
    learning_rate : float or "auto"
        Step size; "auto" is the safe step of the method.
    l2 : float
        Penalty on the weights, not on the intercepts. Against ``LogisticRegression``: C = 1/(S l2) for three classes
        and more, C = 2/(S l2) for two, S the total sample weight.
    batch_size : int or "auto"
        Rows a step; "auto" is all rows, for sgd and adam at most 256.
    max_iter : int
        Epochs at most.
    tol : float or "auto"
        cg: stop within this of the least objective, by the gradient, or when ten steps together gained less. Other
        methods: stop when the gradient's norm (mini-batch: the gain in ``n_iter_no_change`` epochs) falls below it.
    momentum : float
        Share of the last step that momentum and nesterov keep.
    schedule : {"constant", "inverse", "cosine"}
        How the learning rate falls.
    scale : {"none", "standard", "unit", "auto"}
        Scaling of the features, inside the model; ``coef_`` always acts on raw features.
    fit_intercept : bool
        Fit an intercept for each class.
    class_weight : None, "balanced" or dict
        Weights of the classes, multiplied with ``sample_weight``.
    early_stopping : bool
        Hold out ``validation_fraction`` of the rows, stop after ``n_iter_no_change`` epochs without a new low of their
        cross-entropy, and keep the best weights.
    warm_start : bool
        Start from ``coef_`` and ``intercept_``, where classes and features are those of the last fit.
    random_state : int, RandomState or None
        Seed of the batches and of the held-out rows.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    coef_ : ndarray (n_classes, n_features); for two classes (1, n_features), the second class's less the first's
    intercept_ : ndarray (n_classes,), or (1,); what is written into these two counts in predictions and warm starts
    n_iter_ : int, epochs run
    loss_curve_ : list of n_iter_ + 1 objectives, before any step first
    history_ : list of dict, one row an epoch, as in a run's history.csv

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), ["no", "no", "yes", "yes"]
    >>> model = SoftmaxRegression(l2=0.01).fit(X, y)
    >>> model.predict([[-3.0], [0.5]]).tolist(), model.coef_.shape
    (['no', 'yes'], (1, 1))
    """

    def __init__(
        self,
        *,
        optimizer: str = _DEFAULT.optimizer,
        precondition: str = _DEFAULT.precondition,
        learning_rate: float | str = "auto",
        l2: float = _DEFAULT.l2,
        batch_size: int | str = "auto",
        max_iter: int = _DEFAULT.epochs,
        tol: float | str = "auto",
        momentum: float = _DEFAULT.momentum,
        schedule: str = _DEFAULT.schedule,
        scale: str = "none",
        fit_intercept: bool = _DEFAULT.fit_intercept,
        class_weight: str | dict[Any, float] | None = None,
        early_stopping: bool = _DEFAULT.early_stopping,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = _DEFAULT.patience,
        warm_start: bool = False,
        random_state: Any = None,
    ) -> None:
        self.optimizer = optimizer
        self.precondition = precondition
        self.learning_rate = learning_rate
        self.l2 = l2
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.momentum = momentum
        self.schedule = schedule
        self.scale = scale
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SoftmaxRegression:
        """Fit to labels y (n_samples,). Raises ValueError for one class only, or a class without weight."""
        settings = settings_of(self)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        classes, codes = coded(y)
        return self._fit(X, codes, classes, sample_weight, settings)

    def fit_distribution(self, X: Any, Q: Any, *, classes: Any = None, sample_weight: Any = None) -> SoftmaxRegression:
        """Fit to soft labels: row i of Q (n_samples, n_classes) is the true distribution q in -E_q[log p].

        ``classes`` names the columns of Q (0, 1, ... otherwise). Raises ValueError where a row is no distribution.
        """
        settings = settings_of(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32])
        names, Q = distributions(Q, classes, X.shape[0])
        return self._fit(X, Q, names, sample_weight, settings)

    @available_if(_takes_batches)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> SoftmaxRegression:
        """Go on for one epoch on these rows, with sgd or adam. The first call needs all ``classes``.

        The scaling and the automatic learning rate are those of the first call's rows. Where a parameter has been
        changed since, the descent begins anew from the weights.
        """
        settings = self._settings_for_parts()
        known = getattr(self, "classes_", None)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], reset=known is None)
        classes, codes = coded_as(y, classes, known)
        problem = Problem(X, codes, tuple(classes), self._weights(X, codes, classes, sample_weight), partial=True)
        return self._one_epoch(problem, settings, classes)

    def _settings_for_parts(self) -> TrainingSettings:
        """The settings of partial_fit, which sees neither all rows nor the end."""
        settings = settings_of(self)
        if settings.early_stopping:
            raise UsageError("early_stopping has no effect on partial_fit, which runs one epoch.", "Set it to False.")
        if settings.class_weight == "balanced":
            raise UsageError(
                'class_weight "balanced" counts the classes of all rows, and partial_fit sees a part of them.',
                "Give a dict of weights.",
            )
        return settings

    def _one_epoch(self, problem: Problem, settings: TrainingSettings, classes: np.ndarray) -> SoftmaxRegression:
        """Go on where the last descent ended, or begin anew from the weights where its settings were others."""
        before: list[Row] = getattr(self, "history_", [])
        goes_on = hasattr(self, "_last") and replace(self._last[0], seed=settings.seed) == settings
        resume = self._last[1] if goes_on and not self._written() else None
        target = resume.state.epoch + 1 if resume else 1
        result = fit(
            problem,
            replace(settings, epochs=max(target, settings.epochs), tol=0.0),  # max_iter is the schedule's horizon
            resume=resume,
            start=None if resume else self._start(classes, problem.X.shape[1]),
            observe=lambda row: "one epoch" if row["epoch"] >= target else None,
        )
        if result.diverged:
            self._warn(result)
        self._take(result, classes, problem.X.dtype, settings)
        rows = result.history[1:] if before else result.history
        return self._remember(before + [row | {"epoch": len(before) + place} for place, row in enumerate(rows)])

    def _fit(
        self, X: Any, targets: np.ndarray, classes: np.ndarray, sample_weight: Any, settings: TrainingSettings
    ) -> SoftmaxRegression:
        """The common part of fit and fit_distribution."""
        weight = self._weights(X, targets, classes, sample_weight)
        watched, watched_weight = {}, {}
        if settings.early_stopping:
            kept = weight > 0  # rows of no weight are dropped first, and choose no validation rows
            X, targets, weight = X[kept], targets[kept], weight[kept]
            train, val = held_out(targets, float(self.validation_fraction), settings.seed)
            watched, watched_weight = {"val": (X[val], targets[val])}, {"val": weight[val]}
            X, targets, weight = X[train], targets[train], weight[train]
        start = self._start(classes, X.shape[1]) if self.warm_start else None
        problem = Problem(X, targets, tuple(classes.tolist()), weight, watched, watched_weight)
        result = fit(problem, settings, start=start)
        if result.diverged or not result.converged:
            self._warn(result)
        self._take(result, classes, X.dtype, settings)
        return self._remember(result.history)

    def _warn(self, result: Fit) -> None:
        """Warn, where the user called, of a fit that has not converged."""
        step = result.step_size
        advice = f"a safe learning_rate is {step.safe:.3g}" if result.diverged and step else "raise max_iter"
        message = f"SoftmaxRegression has not converged: {result.stopped_because} ({advice})."
        warnings.warn(message, ConvergenceWarning, stacklevel=4)

    def _start(self, classes: np.ndarray, n_features: int) -> tuple[np.ndarray, np.ndarray] | None:
        """The weights and the intercept to begin from; None where there are none for these classes and features."""
        if not hasattr(self, "classes_") or not np.array_equal(self.classes_, classes):
            return None
        weights, intercept = self._parameters()
        if not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
            raise DataError("The weights to start from, coef_ and intercept_, are not finite.", "Start without them.")
        return (weights, intercept) if len(weights) == n_features else None

    def _remember(self, history: list[Row]) -> SoftmaxRegression:
        """Show a history as scikit-learn's attributes."""
        self.history_ = history
        self.loss_curve_ = [row["objective"] for row in history]
        self.n_iter_ = len(history) - 1
        return self

    def _take(self, result: Fit, classes: np.ndarray, dtype: Any, settings: TrainingSettings) -> None:
        """Keep a fit, and show it as scikit-learn's attributes."""
        # the kept logits, one row for each of the training rows, are no use to a method that takes batches
        result = replace(result, state=replace(result.state, logits=None), history=[])
        self._last, self.classes_ = (settings, result), classes
        coef, intercept = _shown(result)
        self.coef_, self.intercept_ = coef.astype(dtype), intercept.astype(dtype)

    def _written(self) -> bool:
        """Whether coef_ and intercept_ are other than the last fit made them."""
        if not hasattr(self, "_last"):
            return True
        coef, intercept = (part.astype(self.coef_.dtype) for part in _shown(self._last[1]))
        return not (np.array_equal(coef, self.coef_) and np.array_equal(intercept, self.intercept_))

    def _parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """The weights (n_features, n_classes) and the intercept (n_classes,), in float64.

        subtle: coef_ and intercept_ say the same in X's precision; in float32 the fit's own digits count, unless
        somebody has written into them.
        """
        if not self._written():
            return self._last[1].weights, self._last[1].intercept
        coef, intercept = np.asarray(self.coef_, np.float64), np.asarray(self.intercept_, np.float64)
        if len(self.classes_) == 2:
            coef, intercept = np.concatenate([-coef, coef]) / 2, np.concatenate([-intercept, intercept]) / 2
        return coef.T, intercept

    def _weights(self, X: Any, targets: np.ndarray, classes: np.ndarray, sample_weight: Any) -> np.ndarray:
        """Sample weights times those of a class_weight dict; of a distribution, the mean over its classes."""
        weight: np.ndarray = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        of_class = class_weights(self.class_weight, classes)
        weight = weight * (targets @ of_class if targets.ndim == 2 else of_class[targets])
        return need_weight(weight, X.shape[0])

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits (n_samples, n_classes); for two classes their difference (n_samples,)."""
        scores, dtype = self._scores(X)
        told = np.finfo(dtype)
        return np.asarray(scores.clip(told.min, told.max).astype(dtype))

    def _scores(self, X: Any) -> tuple[np.ndarray, Any]:
        """The scores, and X's precision.

        subtle: in float64 whatever X's precision, since raw weights of columns far off centre cancel.
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        scores = SoftmaxModel(*self._parameters(), (), ()).logits(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores, X.dtype

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the log-probabilities (n_samples, n_classes)."""
        scores, dtype = self._scores(X)
        if scores.ndim == 1:
            # the two logits matter only through their difference
            scores = np.column_stack([np.zeros_like(scores), scores])
        below = scores - scores.max(axis=1, keepdims=True)
        # subtle: a score that float32 cannot hold would be infinite, and two of them no number
        return log_softmax(np.maximum(below, np.finfo(dtype).min).astype(dtype))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities (n_samples, n_classes)."""
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row; a tie goes to the first class."""
        scores = self.decision_function(X)
        return np.asarray(self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)])


def _shown(result: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Weights and intercept as scikit-learn shows them: one row for each class, or the second less the first."""
    coef, intercept = result.weights.T, result.intercept
    return (coef, intercept) if len(coef) > 2 else (coef[1:] - coef[:1], intercept[1:] - intercept[:1])

"""SoftmaxRegression: the same training behind scikit-learn's interface."""

from __future__ import annotations

import warnings
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from softreg.errors import DataError, UsageError
from softreg.functional import log_softmax
from softreg.model import SoftmaxModel
from softreg.settings import OPTIMIZERS, PRECONDITIONS, SCALES, SCHEDULES, TrainingSettings
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
        Start from the last fit's weights.
    random_state : int, RandomState or None
        Seed of the batches and of the held-out rows.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    coef_ : ndarray (n_classes, n_features); for two classes (1, n_features), the second class's less the first's
    intercept_ : ndarray (n_classes,), or (1,)
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
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise DataError(f"The labels hold one class only ({classes[0]!r}).", "Give rows of at least two classes.")
        return self._fit(X, codes, classes, sample_weight)

    def fit_distribution(self, X: Any, Q: Any, *, classes: Any = None, sample_weight: Any = None) -> SoftmaxRegression:
        """Fit to soft labels: row i of Q (n_samples, n_classes) is the true distribution q in -E_q[log p].

        ``classes`` names the columns of Q (0, 1, ... otherwise). Raises ValueError where a row is no distribution.
        """
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32])
        Q = np.asarray(Q, dtype=np.float64)
        if Q.ndim != 2 or Q.shape[0] != X.shape[0] or Q.shape[1] < 2:
            raise DataError(f"Q has shape {Q.shape}; {X.shape[0]} rows of at least two classes are needed.")
        wrong = ~((Q >= 0).all(axis=1) & np.isclose(Q.sum(axis=1), 1, rtol=0, atol=1e-6))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise DataError(f"Row {row + 1} of Q is no distribution: {Q[row].tolist()}.", "Divide each row by its sum.")
        names = np.arange(Q.shape[1]) if classes is None else np.asarray(classes)
        if len(names) != Q.shape[1] or len(np.unique(names)) != len(names):
            raise DataError(f"classes must be {Q.shape[1]} different names, one for each column of Q.")
        return self._fit(X, Q, names, sample_weight)

    @available_if(_takes_batches)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> SoftmaxRegression:
        """Go on for one epoch on these rows, with sgd or adam. The first call needs all ``classes``.

        The scaling and the automatic learning rate are those of the first call's rows.
        """
        first = not hasattr(self, "classes_")
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32], reset=first)
        if first and classes is None:
            raise UsageError("The first call of partial_fit needs classes: all the labels that can come.")
        known = self.classes_ if classes is None else np.unique(classes)
        if not first and not np.array_equal(known, self.classes_):
            raise UsageError(f"classes {known.tolist()} are not those of the first call, {self.classes_.tolist()}.")
        unknown = np.setdiff1d(y, known)
        if len(unknown):
            raise DataError(f"The labels hold classes not given at the first call: {unknown.tolist()}.")
        problem = Problem(X, np.searchsorted(known, y), tuple(known), self._weights(X, y, sample_weight), partial=True)
        earlier: Fit | None = None if first else self._last_fit
        target = earlier.state.epoch + 1 if earlier else 1
        settings = self._settings(epochs=max(target, int(self.max_iter)))  # the schedule's horizon
        rows: list[Row] = [] if first else self.history_
        result = fit(
            problem, settings, resume=earlier, observe=lambda row: "one epoch" if row["epoch"] >= target else None
        )
        self._take(result, known, X.dtype)
        return self._remember(rows + result.history[1 if rows else 0 :])

    def _fit(self, X: Any, targets: np.ndarray, classes: np.ndarray, sample_weight: Any) -> SoftmaxRegression:
        """The common part of fit and fit_distribution."""
        hard = targets.ndim == 1
        labels = classes[targets if hard else targets.argmax(axis=1)]
        weight = self._weights(X, labels, sample_weight)
        settings, held_out, held_weight = self._settings(), {}, {}
        if self.early_stopping:
            kept = weight > 0  # rows of no weight are dropped first, and choose no validation rows
            X, targets, labels, weight = X[kept], targets[kept], labels[kept], weight[kept]
            train, val = train_test_split(
                np.arange(X.shape[0]),
                test_size=self.validation_fraction,
                random_state=settings.seed,
                stratify=labels,
            )
            held_out, held_weight = {"val": (X[val], targets[val])}, {"val": weight[val]}
            X, targets, weight = X[train], targets[train], weight[train]
        start = None
        if self.warm_start and hasattr(self, "classes_") and np.array_equal(self.classes_, classes):
            start = self._last_fit.weights, self._last_fit.intercept
        result = fit(Problem(X, targets, tuple(classes.tolist()), weight, held_out, held_weight), settings, start=start)
        if result.diverged or not result.converged:
            step = result.step_size
            advice = f"a safe learning_rate is {step.safe:.3g}" if result.diverged and step else "raise max_iter"
            message = f"SoftmaxRegression has not converged: {result.stopped_because} ({advice})."
            warnings.warn(message, ConvergenceWarning, stacklevel=3)
        self._take(result, classes, X.dtype)
        return self._remember(result.history)

    def _remember(self, history: list[Row]) -> SoftmaxRegression:
        """Show a history as scikit-learn's attributes."""
        self.history_ = history
        self.loss_curve_ = [row["objective"] for row in history]
        self.n_iter_ = len(history) - 1
        return self

    def _take(self, result: Fit, classes: np.ndarray, dtype: Any) -> None:
        """Keep a fit, and show it as scikit-learn's attributes."""
        self._last_fit, self.classes_ = result, classes
        coef, intercept = result.weights.T, result.intercept
        if len(classes) == 2:
            coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
        self.coef_, self.intercept_ = coef.astype(dtype), intercept.astype(dtype)

    def _weights(self, X: Any, y: np.ndarray, sample_weight: Any) -> np.ndarray:
        """Sample weights times those of a class_weight dict ("balanced" is training's own business)."""
        weight: np.ndarray = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        if isinstance(self.class_weight, dict):
            weight = weight * compute_sample_weight(self.class_weight, y)
        return weight

    def _settings(self, epochs: int | None = None) -> TrainingSettings:
        """The parameters as TrainingSettings, checked."""
        for name, known in (
            ("optimizer", OPTIMIZERS),
            ("precondition", PRECONDITIONS),
            ("scale", SCALES),
            ("schedule", SCHEDULES),
        ):
            if getattr(self, name) not in known:
                raise UsageError(f"{name} must be one of {', '.join(known)}; it is {getattr(self, name)!r}.")
        if self.class_weight not in {None, "balanced"} if not isinstance(self.class_weight, dict) else False:
            raise UsageError(f'class_weight must be None, "balanced" or a dict; it is {self.class_weight!r}.')
        if not 0 <= self.momentum < 1:
            raise UsageError(f"momentum must be at least 0 and below 1; it is {self.momentum!r}.")
        batch_size = self._number("batch_size", auto=True)
        return TrainingSettings(
            optimizer=self.optimizer,
            precondition=self.precondition,
            learning_rate=self._number("learning_rate", auto=True),
            batch_size=None if batch_size is None else int(batch_size),
            epochs=epochs or int(self._number("max_iter") or 0),
            tol=self._number("tol", auto=True, zero=True),
            l2=self._number("l2", zero=True) or 0.0,
            momentum=self.momentum,
            schedule=self.schedule,
            early_stopping=self.early_stopping and epochs is None,
            patience=int(self._number("n_iter_no_change") or 0),
            scale=self.scale,
            fit_intercept=self.fit_intercept,
            class_weight="balanced" if self.class_weight == "balanced" else "none",
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
        )

    def _number(self, name: str, *, auto: bool = False, zero: bool = False) -> float | None:
        """A parameter that must be a positive number (or 0, where that makes sense), or "auto", which is None."""
        value = getattr(self, name)
        if auto and isinstance(value, str) and value == "auto":
            return None
        if not isinstance(value, Real) or not (float(value) > 0 or (zero and value == 0)):
            what = "0 or more" if zero else "positive"
            raise UsageError(f"{name} must be {what}{', or auto' if auto else ''}; it is {value!r}.")
        return float(value)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits (n_samples, n_classes); for two classes their difference (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        # subtle: in float64 whatever X's precision, since raw weights of columns far off centre cancel
        model = SoftmaxModel(self._last_fit.weights, self._last_fit.intercept, (), ())
        scores = model.logits(X)
        scores = scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores
        return np.asarray(scores.astype(X.dtype))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the log-probabilities (n_samples, n_classes)."""
        scores = self.decision_function(X)
        if scores.ndim == 1:
            # the two logits matter only through their difference
            scores = np.column_stack([np.zeros_like(scores), scores])
        return log_softmax(scores)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities (n_samples, n_classes)."""
        return np.asarray(np.exp(self.predict_log_proba(X)))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row; a tie goes to the first class."""
        scores = self.decision_function(X)
        return np.asarray(self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)])

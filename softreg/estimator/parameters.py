"""The estimator's parameters: checked when they are used, as scikit-learn wants it, and told as training's settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from softreg.errors import UsageError, listed
from softreg.settings import OPTIMIZERS, PRECONDITIONS, SCALES, SCHEDULES, TrainingSettings

__all__ = ["class_weights", "settings_of"]

_CHOICES = {"optimizer": OPTIMIZERS, "precondition": PRECONDITIONS, "scale": SCALES, "schedule": SCHEDULES}


def settings_of(estimator: Any) -> TrainingSettings:
    """Return an estimator's parameters as TrainingSettings.

    Raises :class:`UsageError` that names the parameter and says what it was. Its random state is asked for a seed.
    """
    given = estimator.get_params(deep=False)
    for name, known in _CHOICES.items():
        if not (isinstance(given[name], str) and given[name] in known):
            raise UsageError(f"{name} must be one of {', '.join(known)}; it is {given[name]!r}.")
    for name in ("fit_intercept", "early_stopping", "warm_start"):
        if not (isinstance(given[name], bool | np.bool_ | int) and given[name] in {True, False}):
            raise UsageError(f"{name} must be True or False; it is {given[name]!r}.")
    weight = given["class_weight"]
    if not (weight is None or isinstance(weight, Mapping) or (isinstance(weight, str) and weight == "balanced")):
        raise UsageError(f'class_weight must be None, "balanced" or a dict; it is {weight!r}.')
    _share(given, "validation_fraction", zero=False)
    batch_size = None if _auto(given, "batch_size") else _count(given, "batch_size", auto=True)
    return TrainingSettings(
        optimizer=given["optimizer"],
        precondition=given["precondition"],
        learning_rate=None if _auto(given, "learning_rate") else _number(given, "learning_rate", auto=True),
        batch_size=batch_size,
        epochs=_count(given, "max_iter"),
        tol=None if _auto(given, "tol") else _number(given, "tol", auto=True, zero=True),
        l2=_number(given, "l2", zero=True),
        momentum=_share(given, "momentum", zero=True),
        schedule=given["schedule"],
        early_stopping=bool(given["early_stopping"]),
        patience=_count(given, "n_iter_no_change"),
        scale=given["scale"],
        fit_intercept=bool(given["fit_intercept"]),
        class_weight="balanced" if isinstance(weight, str) else "none",
        seed=int(check_random_state(given["random_state"]).randint(2**31 - 1)),
    )


def class_weights(given: Any, classes: np.ndarray) -> np.ndarray:
    """Return the weight of each class (n_classes,): 1 where a dict does not name it ("balanced" is training's own).

    >>> class_weights({"b": 3.0}, np.array(["a", "b"])).tolist()
    [1.0, 3.0]
    """
    if not isinstance(given, Mapping):
        return np.ones(len(classes))
    known = classes.tolist()
    unknown = [repr(name) for name in given if name not in known]
    if unknown:
        what = f"class_weight names classes that are not there: {listed(unknown)}."
        raise UsageError(what, f"The labels hold {listed(map(repr, known))}.")
    weights = [given.get(name, 1.0) for name in known]
    wrong = [weight for weight in weights if not (_is_number(weight) and weight >= 0)]
    if wrong:
        raise UsageError(f"A weight in class_weight must be 0 or more; one is {wrong[0]!r}.")
    return np.array(weights, dtype=np.float64)


def _auto(given: dict[str, Any], name: str) -> bool:
    return isinstance(given[name], str) and given[name] == "auto"


def _is_number(value: Any) -> bool:
    """Whether a value is a finite number, and no truth value."""
    return isinstance(value, Real) and value is not True and value is not False and math.isfinite(value)


def _number(given: dict[str, Any], name: str, *, auto: bool = False, zero: bool = False) -> float:
    """A parameter that must be a positive number (or 0, where that makes sense)."""
    value = given[name]
    if not (_is_number(value) and (value > 0 or (zero and value == 0))):
        what = "0 or more" if zero else "positive"
        raise UsageError(f"{name} must be {what}{', or auto' if auto else ''}; it is {value!r}.")
    return float(value)


def _count(given: dict[str, Any], name: str, *, auto: bool = False) -> int:
    """A parameter that must be a whole number, 1 or more."""
    value = given[name]
    if not (_is_number(value) and value >= 1 and value == int(value)):
        raise UsageError(f"{name} must be a whole number, 1 or more{', or auto' if auto else ''}; it is {value!r}.")
    return int(value)


def _share(given: dict[str, Any], name: str, *, zero: bool) -> float:
    """A parameter that must be below 1, and above 0 (or at least 0)."""
    value = given[name]
    if not (_is_number(value) and value < 1 and (value > 0 or (zero and value == 0))):
        what = "at least 0 and below 1" if zero else "above 0 and below 1"
        raise UsageError(f"{name} must be {what}; it is {value!r}.")
    return float(value)

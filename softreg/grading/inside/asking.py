"""Asking: one function is called with fresh arguments, and what it returns is made into arrays."""

from __future__ import annotations

import itertools
import math
import random
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .loading import told

__all__ = ["ask"]

LARGEST = 32 << 20
"""Bytes of an answer, at most."""

MOST_BATCHES = 10_000
_SEED = "seed "
# subtle: taken now, for a submission may write np.random.seed = 42 where it means np.random.seed(42)
_asarray, _errstate, _seed, _default_rng = np.asarray, np.errstate, np.random.seed, np.random.default_rng
_python_seed = random.seed


class KindError(Exception):
    """An answer that is no array, number or tuple of them."""


def ask(
    function: Callable[..., Any], given: Sequence[Any], returns: Sequence[str], labels: Iterable[str]
) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Call a function; return what is to be said of the call, and the arrays that it answered."""
    arguments = [_argument(value) for value in given]
    before = [value.tobytes() if isinstance(value, np.ndarray) else None for value in arguments]
    # whoever draws from NumPy's or Python's common generator draws the same whenever the homework is graded
    _seed(0)
    _python_seed(0)
    said: dict[str, Any] = {}
    arrays: list[np.ndarray] = []
    with warnings.catch_warnings(record=True) as caught, _errstate(all="warn"):
        warnings.simplefilter("always")
        try:
            answer = function(*arguments)
            arrays = _pairs(answer) if tuple(returns) == ("pairs",) else _values(answer, returns)
        except BaseException as error:  # sys.exit() and what the submission thinks of as well
            said = _failed(error, labels)
    said["changed"] = [
        place
        for place, (value, old) in enumerate(zip(arguments, before, strict=True))
        if isinstance(value, np.ndarray) and value.tobytes() != old
    ]
    numeric = [
        " ".join(str(each.message).split())[:160] for each in caught if issubclass(each.category, RuntimeWarning)
    ]
    said["warned"] = list(dict.fromkeys(numeric))[:5]
    return said, arrays


def _argument(value: Any) -> Any:
    """An argument as the function is given it: of ``"seed 7"`` is made a generator."""
    if isinstance(value, str) and value.startswith(_SEED):
        return _default_rng(int(value.removeprefix(_SEED)))
    return value


def _failed(error: BaseException, labels: Iterable[str]) -> dict[str, Any]:
    """The word for what went wrong, and the sentence."""
    kinds: tuple[tuple[type[BaseException], str], ...] = (
        (KindError, "kind"),
        (MemoryError, "memory"),
        (SystemExit, "exit"),
        (NotImplementedError, "missing"),
    )
    kind = next((name for known, name in kinds if isinstance(error, known)), "raised")
    if kind == "kind":
        return {"error": kind, "told": str(error)}
    return {"error": kind, "told": "it is not written yet" if kind == "missing" else told(error, labels)}


def _values(answer: Any, returns: Sequence[str]) -> list[np.ndarray]:
    """The values of an answer: one, or as many as are asked for."""
    names = ", ".join(returns)
    if isinstance(answer, tuple) and len(answer) == 1 == len(returns):
        answer = answer[0]
    if len(returns) == 1:
        if isinstance(answer, tuple):
            raise KindError(f"it returns a tuple of {len(answer)} where one value is asked for: {names}")
        return [_array(answer, returns[0])]
    if not isinstance(answer, tuple | list) or len(answer) != len(returns):
        what = f"{len(answer)} values" if isinstance(answer, tuple | list) else f"one value ({_kind(answer)})"
        raise KindError(f"it returns {what} where {len(returns)} are asked for: {names}")
    return [_array(value, name) for value, name in zip(answer, returns, strict=True)]


def _pairs(answer: Any) -> list[np.ndarray]:
    """The batches of a generator or a list, one after the other."""
    if answer is None:
        raise KindError("it returns None where batches are asked for: is a yield or a return missing?")
    try:
        pairs = list(itertools.islice(iter(answer), MOST_BATCHES + 1))
    except TypeError:
        raise KindError(f"it returns {_kind(answer)}, which gives no batches") from None
    if len(pairs) > MOST_BATCHES:
        raise KindError(f"it gives more than {MOST_BATCHES} batches")
    found: list[np.ndarray] = []
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise KindError("a batch is no pair of X and y")
        found += [_array(pair[0], "X"), _array(pair[1], "y")]
        if sum(array.nbytes for array in found) > LARGEST:
            raise KindError(f"its batches are larger than {LARGEST >> 20} MiB together")
    return found


def _array(value: Any, name: str) -> np.ndarray:
    """A value as an array of numbers, or the reason why it is none."""
    if value is None:
        raise KindError(f"{name} is None: is a return missing?")
    try:
        array = _asarray(value)
    except (ValueError, TypeError) as error:
        raise KindError(f"{name} is {_kind(value)} and no array of numbers: {str(error)[:120]}") from None
    if array.dtype.kind not in "biuf":
        what = f"an array of {array.dtype}" if isinstance(value, np.ndarray) else _kind(value)
        raise KindError(f"{name} is {what} and no array of numbers")
    if array.dtype.itemsize * math.prod(array.shape) > LARGEST:  # an array may claim more than it holds
        raise KindError(f"{name} has the shape {array.shape}: more than {LARGEST >> 20} MiB")
    return array.astype(np.float64) if array.dtype.itemsize > 8 else array


def _kind(value: Any) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in {*'aeiou'} else 'a'} {name}"

"""Workers: parts of a pass over X on threads, with the same bits for any number of them.

What is computed on a thread depends on its part alone, results come back in the order of the parts, and BLAS is kept to
one thread inside: two layers of threads would fight for the same cores, and a product's rounding would depend on them.
NumPy releases Python's lock in the products and the exponentials, where the time goes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import threadpoolctl

__all__ = ["Workers", "available_cores"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _blas() -> Any:
    """The BLAS libraries of this process; looking for them takes longer than a small fit."""
    return threadpoolctl.ThreadpoolController()


class Workers:
    """A pool of threads while it is open; closed, it works in the caller's own thread."""

    def __init__(self, n_threads: int | None = None) -> None:
        self.n_threads = n_threads or available_cores()
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Workers:
        self._limits = _blas().limit(limits=1, user_api="blas")
        # subtle: NumPy's handling of floating-point errors belongs to a thread; ours follow the caller's
        self._pool = ThreadPoolExecutor(self.n_threads, initializer=partial(np.seterr, **np.geterr()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        self._pool = None
        self._limits.restore_original_limits()

    def map(self, function: Callable[[Item], Result], items: list[Item]) -> list[Result]:
        """Return ``[function(item) for item in items]``, computed side by side.

        >>> with Workers(2) as workers:
        ...     workers.map(abs, [-1, 2, -3])
        [1, 2, 3]
        """
        if self._pool is None or self.n_threads == 1 or len(items) == 1:
            return [function(item) for item in items]
        return list(self._pool.map(function, items))

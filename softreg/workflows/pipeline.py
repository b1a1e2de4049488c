"""A pipeline: what comes in a stream, worked on side by side, and handed on in order."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_order"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_TICK = 0.1
"""Seconds after which a thread that waits looks up: only so is Ctrl-C heard, and the end of the others."""


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], n_threads: int
) -> Generator[Result, None, None]:
    """Yield ``function(item)`` for every item, in order, each as soon as it is there.

    The items are drawn on a thread of their own, a few ahead of what is asked for: an item that is long in coming does
    not hold up the results before it. An error of the function or of the items is raised at its place.

    >>> list(in_order(abs, [-1, 2, -3], 2))
    [1, 2, 3]
    """
    ahead: queue.Queue[Future[Result] | None] = queue.Queue(n_threads)
    over = threading.Event()

    def hand(future: Future[Result] | None) -> None:
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                ahead.put(future, timeout=_TICK)
                return

    def draw() -> None:
        try:
            for item in items:
                hand(pool.submit(function, item))
        except BaseException as error:
            failed: Future[Result] = Future()
            failed.set_exception(error)
            hand(failed)
        hand(None)

    pool = ThreadPoolExecutor(n_threads)
    drawing = threading.Thread(target=draw, daemon=True)  # it may wait for input for ever
    drawing.start()
    try:
        while (future := _taken(ahead)) is not None:
            yield future.result()
    finally:
        over.set()
        pool.shutdown(wait=False, cancel_futures=True)
        drawing.join(_TICK)


def _taken(ahead: queue.Queue[Item]) -> Item:
    """The next item of a queue."""
    while True:
        with contextlib.suppress(queue.Empty):
            return ahead.get(timeout=_TICK)

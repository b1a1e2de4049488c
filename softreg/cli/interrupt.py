"""Ctrl-C and SIGTERM: the first one ends training after its epoch, the second one at once; both keep what there is.

Before the first step there is nothing to save, and the first one ends the process.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interruption"]

SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


class Interruption:
    """From ``listen()`` on, remembers the first signal in place of dying of it.

    ``reason`` says which, ``code`` how to exit. Outside the main thread, where Python has no signals, it does nothing.
    """

    reason: str | None = None
    code = 0

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        return self

    def listen(self) -> None:
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._remember) for number in SIGNALS}

    def _remember(self, number: int, _: FrameType | None) -> None:
        self.reason = "interrupted" if number == signal.SIGINT else "terminated"
        self.code = 128 + number
        for other in self._before:
            signal.signal(other, self._end)
        if number == signal.SIGINT:
            # subtle: not through sys.stderr, in the midst of whose writing the signal may have come
            os.write(2, b"\nsoftreg: ending after this epoch; Ctrl-C again ends at once.\n")

    def _end(self, number: int, _: FrameType | None) -> None:
        self.code = 128 + number
        raise KeyboardInterrupt

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

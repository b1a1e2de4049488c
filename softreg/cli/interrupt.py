"""Ctrl-C, SIGTERM and SIGHUP: they end a command at once, but a training after its epoch; a second one ends that, too.

To end at once is an exception, so that temporary files and processes go; a signal that comes meanwhile ends the process
as it would any other. While something is imported the exception waits: libraries in C do not survive it there. A signal
that is ignored (nohup; a job that a shell script runs in the background) stays so.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import weakref
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interrupted", "Interruption"]

SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]


SOON = 0.02
"""Seconds after which a signal is raised that could not be raised when it came."""


class Interrupted(KeyboardInterrupt):
    """A signal ends the command."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Interruption:
    """What signals do while a command runs: raise :class:`Interrupted`; from ``listen()`` on, the first is remembered.

    Then ``reason`` says which it was, and ``code`` how to exit; ``ending`` is the signal that ends the command at once.
    Outside the main thread, where Python has no signals, nothing is done.
    """

    reason: str | None = None
    code = 0
    ending = 0

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._hook: Any = None
        self._raised: Any = None
        self._listening = False

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if (before := signal.getsignal(number)) is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._came)
            self._hook, sys.unraisablehook = sys.unraisablehook, self._unraisable
        return self

    def listen(self) -> None:
        """Remember the first signal in place of ending at once: there is something to save."""
        self._listening = True

    def obey(self) -> None:
        """End at once from now on, and now if a signal came already: what there was to save is saved."""
        self._listening = False
        if self.reason:
            raise Interrupted(self.code - 128)

    def _came(self, number: int, frame: FrameType | None) -> None:
        if not self._listening or self.reason:
            for other in self._before:
                signal.signal(other, signal.SIG_DFL)
            if hasattr(signal, "setitimer"):
                signal.signal(signal.SIGALRM, lambda _, frame: self._raise(number, frame))
            self.code, self.ending = 128 + number, number
            self._raise(number, frame)
            return
        self.reason = "interrupted" if number == signal.SIGINT else "terminated"
        self.code = 128 + number
        if number == signal.SIGINT:
            # subtle: not through sys.stderr, in the midst of whose writing the signal may have come
            with contextlib.suppress(OSError):
                os.write(2, b"\nsoftreg: ending after this epoch; Ctrl-C again ends at once.\n")

    def _raise(self, number: int, frame: FrameType | None) -> None:
        if _importing(frame) and hasattr(signal, "setitimer"):
            _soon()
            return
        interrupted = Interrupted(number)
        # subtle: what is raised while an object is being removed Python passes on to nobody: then it goes too early
        self._raised = weakref.ref(interrupted, _soon)
        try:
            raise interrupted
        finally:
            del interrupted  # or it would hold itself, by this frame in its traceback

    def _unraisable(self, told: Any) -> None:
        """Say nothing of a signal that Python could not pass on: it is raised again."""
        if not isinstance(told.exc_value, Interrupted):
            self._hook(told)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._raised = None  # it has arrived
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._hook:
            sys.unraisablehook = self._hook
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)


def _soon(_: object = None) -> None:
    """Have the signal looked at again."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, SOON)


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False

"""Ctrl-C and SIGTERM: the first one ends training after its epoch, the second one ends the process."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interruption"]


class Interruption:
    """While open, remembers the first signal in place of dying of it; ``reason`` says which, ``code`` how to exit."""

    reason: str | None = None
    code = 0

    def __enter__(self) -> Interruption:
        self._before: dict[int, Any] = {
            number: signal.signal(number, self._remember) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def _remember(self, number: int, _: FrameType | None) -> None:
        self.reason = "interrupted" if number == signal.SIGINT else "terminated"
        self.code = 128 + number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._restore()

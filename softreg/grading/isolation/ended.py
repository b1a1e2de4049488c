"""Ended: why a process gave no answer."""

from __future__ import annotations

__all__ = ["EndedError", "StartError"]


class EndedError(Exception):
    """No answer came: ``kind`` is time, memory, exit or lost; the text says more."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class StartError(Exception):
    """The process could not even be started, which is no fault of a submission's; the text says more."""

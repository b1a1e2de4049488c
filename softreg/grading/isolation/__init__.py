"""Isolation: one process for each submission, with limits, which is asked through a pipe of its own."""

from __future__ import annotations

from softreg.grading.isolation.child import Child
from softreg.grading.isolation.ended import EndedError, StartError

__all__ = ["Child", "EndedError", "StartError"]

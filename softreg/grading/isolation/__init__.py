"""Isolation: one process for each submission, with limits, which is asked through a pipe of its own."""

from __future__ import annotations

from softreg.grading.isolation.child import Child, EndedError

__all__ = ["Child", "EndedError"]

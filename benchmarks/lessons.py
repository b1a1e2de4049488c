"""How long a learner waits for a lesson, from the shell's prompt to the shell's prompt."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator

from benchmarks.harness import Effort, Ratio, at_most
from benchmarks.processes import softreg
from softreg.lessons.course import COURSE

__all__ = ["of_the_slowest"]

SECONDS = 5.0


def of_the_slowest(effort: Effort) -> Iterator[Ratio]:
    """Seconds, not a ratio: every lesson in a process of its own, with its picture, turn by turn."""
    names = [topic.name for topic in COURSE][: 2 if effort.quick else None]
    found: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(effort.times(3)):
            for name in names:
                began = time.perf_counter()
                subprocess.run(softreg("learn", name), cwd=folder, check=True, capture_output=True)
                found[name].append(time.perf_counter() - began)
    slowest = max(found, key=lambda name: statistics.median(found[name]))
    yield Ratio(f"`softreg learn {slowest}`, the slowest lesson: seconds", tuple(found[slowest]), at_most(SECONDS))

"""What ``fit`` needs beside its data: the peak of a process of its own, above what it held just before.

``python -m benchmarks.memory N_SAMPLES SCALE`` is that process, and prints the peak in units of X's own bytes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Absent, Effort, Ratio, at_most

__all__ = ["of_fit"]

ROOT = Path(__file__).parent.parent


def of_fit(effort: Effort) -> Iterator[Ratio | Absent]:
    n_samples = 6_000 if effort.quick else 60_000
    for scale in ("none", "standard"):
        what = f"peak memory of fit, {n_samples} x 784 float32, scale {scale}: above the data / X's bytes"
        if sys.platform == "win32":
            yield Absent(what, "Windows tells no peak through Python")
            continue
        command = [sys.executable, "-m", "benchmarks.memory", str(n_samples), scale]
        peaks = [
            float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
            for _ in range(effort.times(3))
        ]
        yield Ratio(what, tuple(peaks), at_most(0.3))


def measure(n_samples: int, scale: str) -> float:
    """Return the peak of this process during ``fit``, above what it held before, over X's bytes."""
    import numpy as np

    from softreg.settings import TrainingSettings
    from softreg.training import Problem, fit

    rng = np.random.default_rng(0)
    X = np.empty((n_samples, 784), np.float32)
    rng.random(out=X, dtype=np.float32)
    y = rng.integers(10, size=n_samples)
    settings = TrainingSettings(epochs=3, scale=scale)
    before, peak_before = bytes_of("VmRSS"), bytes_of("VmHWM")
    fit(Problem(X, y, tuple(range(10))), settings)
    peak = bytes_of("VmHWM")
    if peak == peak_before:
        raise RuntimeError("The peak lies before fit, and hides what fit needs.")
    return (peak - before) / X.nbytes


def bytes_of(field: str) -> int:
    """Memory of this process by the kernel's name: ``VmRSS``, held now, or ``VmHWM``, the most ever held.

    Where the system does not say, the peak stands for both, since X is filled in place.
    """
    status = Path("/proc/self/status")
    if status.exists():
        # subtle: ru_maxrss would begin with the peak of the process that started this one
        line = next(line for line in status.read_text().splitlines() if line.startswith(field))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    print(measure(int(sys.argv[1]), sys.argv[2]))

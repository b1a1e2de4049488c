"""Every bench by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchmarks import descents, gradients, memory, processes
from benchmarks.harness import Absent, Effort, Ratio

__all__ = ["BENCHES", "Bench"]

Bench = Callable[[Effort], Iterable[Ratio | Absent]]

BENCHES: dict[str, Bench] = {
    "sgd-torch": descents.against_torch,
    "sgd-numpy": descents.against_numpy,
    "gradient": gradients.against_numpy,
    "memory": memory.of_fit,
    "help": processes.of_help,
    "predict": processes.of_predict,
    "train": processes.of_train,
}

"""Every bench by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from benchmarks import descents, gradients, growth, lessons, memory, processes, rivals, selection, streaming
from benchmarks.harness import Absent, Effort, Ratio

__all__ = ["BENCHES", "Bench"]

Bench = Callable[[Effort], Iterable[Ratio | Absent]]

BENCHES: dict[str, Bench] = {
    "sgd-torch": descents.against_torch,
    "sgd-numpy": descents.against_numpy,
    "gradient": gradients.against_numpy,
    "memory": memory.of_fit,
    "small": rivals.small,
    "forest": rivals.forest_cover,
    "text": rivals.words,
    "l2-auto": selection.against_logistic_regression_cv,
    "growth": growth.of_a_step,
    "lbfgs-100": rivals.lbfgs_100,
    "lbfgs-500": rivals.lbfgs_500,
    "help": processes.of_help,
    "predict": processes.of_predict,
    "stream": streaming.of_predict,
    "learn": lessons.of_the_slowest,
    "train": processes.of_train,
}

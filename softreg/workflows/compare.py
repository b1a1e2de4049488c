"""Compare: runs side by side, in what they differ and what they reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from softreg.runs import find
from softreg.settings import SourceSettings
from softreg.workflows.paired import Paired, paired

__all__ = ["Comparison", "compare"]

MEASURES = ("accuracy", "cross_entropy", "brier", "ece")


@dataclass(frozen=True)
class Comparison:
    """A column a run: ``config`` holds only the settings that differ, ``metrics`` what the runs recorded.

    ``test`` is what all of them do on the same rows, where that was asked for.
    """

    names: list[str]
    config: dict[str, list[Any]]
    metrics: dict[str, list[float | None]]
    test: Paired | None = None


def compare(
    words: tuple[str, ...], test: str | None = None, source: SourceSettings | None = None, seed: int = 0
) -> Comparison:
    """Read the runs and put them side by side; with ``test``, the name of some data, let all answer its rows.

    Metrics are of the test rows, else of the validation rows, else of the training rows, and named so.
    """
    found = [find(word) for word in words]
    configs, reports = [run.config() for run in found], [run.metrics() for run in found]
    for config in configs:
        config.pop("record", None)
    keys = dict.fromkeys(key for config in configs for key in config)
    rows = {key: [config.get(key) for config in configs] for key in keys}
    differing = {key: values for key, values in rows.items() if any(value != values[0] for value in values)}
    metrics: dict[str, list[float | None]] = {
        "objective": [report["objective"]["final"] for report in reports],
        "iterations": [report["objective"]["iterations"] for report in reports],
    }
    for part in ("train", "val", "test"):
        if any(part in report for report in reports):
            for measure in MEASURES:
                metrics[f"{part} {measure}"] = [report.get(part, {}).get(measure) for report in reports]
    told = None if test is None else paired(found, test, source or SourceSettings(), seed)
    return Comparison([str(run.path) for run in found], differing, metrics, told)

"""The table, and the machine it speaks of."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from benchmarks.harness import Absent, Ratio

__all__ = ["environment", "report", "table"]

HEAD = ["what", "ratio", "spread", "bar", "met?"]
LIBRARIES = ("numpy", "scikit-learn", "pandas", "torch", "polars", "matplotlib", "click")
BUSY = 0.2
"""Cores kept busy by others above which both sides are disturbed, and threads that wait for each other by far the most.
"""

INTRODUCTION = """\
# Benchmarks

Ratios of two sides that were measured turn by turn in one run: the median over the repeats, and the quartiles as its
spread. How each side is written stands in `benchmarks/`.
"""


def table(rows: Iterable[Ratio | Absent]) -> str:
    """Return the rows as a Markdown table."""
    cells = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def report(rows: Iterable[Ratio | Absent], command: str, load: float | None) -> str:
    """Return the whole page: table, environment, and the command that made it."""
    facts = "\n".join(f"- {name}: {fact}" for name, fact in environment(load).items())
    return f"{INTRODUCTION}\n{table(rows)}\n\n{facts}\n- made by: `{command}`\n"


def environment(load: float | None) -> dict[str, str]:
    """Return what the numbers depend on; ``load`` is how many cores others kept busy."""
    facts = {
        "CPU": f"{_cpu()}, {os.cpu_count()} cores",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "libraries": ", ".join(filter(None, map(_versioned, LIBRARIES))),
        "BLAS": _blas(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    if load is not None:
        verdict = " (a busy machine: quote none of these)" if load > BUSY else ""
        facts["cores kept busy by others"] = f"{load:.2f}{verdict}"
    return facts


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _versioned(library: str) -> str:
    """Name and version, or nothing where it is not installed."""
    try:
        return f"{library} {metadata.version(library)}"
    except metadata.PackageNotFoundError:
        return ""


def _blas() -> str:
    from threadpoolctl import threadpool_info

    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return ", ".join(f"{pool['internal_api']} {pool['version']}, {pool['num_threads']} threads" for pool in pools)

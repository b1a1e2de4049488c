"""Trial: a Parquet file is read by a process of its own first, since a damaged one may end the process that reads it.

polars trusts the lengths that a page claims. Where no memory can be had for one it aborts, which no ``except`` catches:
the user would be told nothing.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from softreg.errors import DataError
from softreg.memory import limit

__all__ = ["outcome", "refuse_deadly"]

_READING = """
import json, sys
import polars as pl
path, columns = json.load(sys.stdin)
for column in columns:  # one at a time: of all together, a group of rows may be larger than the memory
    pl.scan_parquet(path, glob=False).select(pl.col(column).null_count()).collect()
"""
_ENDS = {
    getattr(signal, name)
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGTRAP")
    if hasattr(signal, name)
}
"""What a process dies of that has met something impossible; of another signal, or an error, it is not the file's."""


def outcome(path: Path, columns: Sequence[str]) -> int:
    """Return how a process ends that reads these columns of a Parquet file: its exit code, or a signal below 0.

    ``OSError`` where none can be started.
    """
    # -P: a polars.py in the current folder is not run
    command, asked = [sys.executable, "-P", "-c", _READING], json.dumps([str(path), list(columns)])
    nowhere = subprocess.DEVNULL
    return subprocess.run(command, input=asked.encode(), stdout=nowhere, stderr=nowhere, check=False).returncode


def refuse_deadly(path: Path, columns: Sequence[str]) -> None:
    """Raise DataError for a Parquet file that does not let its reader live; the columns are read once more for that.

    MemoryError where a limit of memory may be what ended it. Where no process can be started, the file is read untried.
    """
    try:
        code = outcome(path, columns)
    except OSError:
        return
    if -code in _ENDS:
        if limit() is not None:
            raise MemoryError
        what = f"{path.name} is not a readable parquet file: polars breaks off in it."
        raise DataError(what, "Save or copy it again.")

"""Trial: a Parquet file is read by a process of its own first, since a damaged one may end the process that reads it.

polars trusts the lengths that a page claims. Where no memory can be had for one it aborts, which no ``except`` catches:
the user would be told nothing.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from softreg.errors import DataError
from softreg.memory import limit

__all__ = ["refuse_deadly"]

_READING = """
import sys
import polars as pl
from polars import selectors as cs
pl.scan_parquet(sys.argv[1], glob=False).select((cs.all() - cs.nested()).null_count()).collect()
"""
_ENDS = {
    getattr(signal, name)
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGTRAP")
    if hasattr(signal, name)
}
"""What a process dies of that has met something impossible; of another signal, or an error, it is not the file's."""


def refuse_deadly(path: Path) -> None:
    """Raise DataError for a Parquet file that does not let its reader live; others cost a third of a second.

    MemoryError where a limit of memory may be what ended it. Where no process can be started, the file is read untried.
    """
    nowhere = subprocess.DEVNULL
    command = [sys.executable, "-P", "-c", _READING, str(path)]  # -P: a polars.py in the current folder is not run
    try:
        code = subprocess.run(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, check=False).returncode
    except OSError:
        return
    if -code in _ENDS:
        if limit() is not None:
            raise MemoryError
        raise DataError(
            f"{path.name} is not a readable parquet file: polars breaks off in it.", "Save or copy it again."
        )

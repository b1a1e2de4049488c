"""Memory that is limited (``ulimit -v``): libraries that start without enough of it abort, or never come back."""

from __future__ import annotations

import os
import signal
import threading

from softreg.errors import SoftregError
from softreg.memory import BLAS_THREADS, limit

__all__ = ["keep_blas_to_one_thread", "refuse_little"]

START, OF_A_CORE = 1600, 16
"""MiB of addresses that NumPy, polars and matplotlib take as they start, most of them only on paper."""


def keep_blas_to_one_thread() -> None:
    """Keep BLAS to one thread, wherever it is called: softreg has its own, with the same bits for any number of them.

    This must come before NumPy is imported.
    """
    os.environ.update(dict.fromkeys(BLAS_THREADS, "1"))


def refuse_little() -> None:
    """Refuse a limit under which the libraries do not start; under any other let them start now."""
    needed, given = START + OF_A_CORE * (os.cpu_count() or 1), limit()
    if given is None:
        return
    if given >> 20 < needed:
        raise SoftregError(
            f"There is not enough memory: this process may take {given >> 20} MiB (ulimit -v), and softreg takes "
            f"{needed} MiB as it starts, most of it only as addresses.",
            f"Type ulimit -v {needed << 10}, or ulimit -v unlimited, before.",
        )
    _start_libraries()


def _start_libraries() -> None:
    """Let BLAS take its buffers and polars its threads, which they cannot do without, before the data take the rest."""
    import io
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np
    import polars as pl

    from softreg.workers import available_cores

    X = np.ones((512, 512))  # long enough for all threads to multiply at a time
    with ThreadPoolExecutor(available_cores()) as pool:
        list(pool.map(X.dot, [X] * available_cores()))
    text = io.BytesIO()
    pl.DataFrame({"a": [1.0, 2.0]}).write_csv(text)
    pl.read_csv(text.getvalue())
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.getsignal(signal.SIGINT))  # polars has put its own in front

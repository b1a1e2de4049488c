"""Memory that is limited (``ulimit -v``), which is known beforehand; any other end of memory is not."""

from __future__ import annotations

from pathlib import Path

__all__ = ["BLAS_THREADS", "limit", "need", "need_of_table"]

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables that say on how many threads BLAS computes; threads that are never used take memory all the same."""

EACH, BESIDE = 64, 2**26
"""Bytes that polars takes for a value of a table, in parts and in one piece, and what its threads reserve beside."""


def limit() -> int | None:
    """Return how many bytes of addresses this process may take; None where there is no limit, or it cannot be known."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    least, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if least == resource.RLIM_INFINITY else least


def need(n_bytes: int) -> None:
    """Raise ``MemoryError`` where the limit does not leave so much: for what a library takes that aborts without it.

    >>> need(1000)
    """
    given = limit()
    if given is not None and n_bytes > given - _taken():
        raise MemoryError


def need_of_table(n_values: int) -> None:
    """Raise ``MemoryError`` where the limit does not leave what polars takes to read or write so many values."""
    need(EACH * n_values + BESIDE)


def _taken() -> int:
    """How many bytes of addresses are taken; 0 where the system does not tell."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()

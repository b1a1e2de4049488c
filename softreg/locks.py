"""Locks that end with the process that holds them, killed or not: none is ever stale, and none leaves a file behind.

What is locked is an open folder or file itself, by ``flock``, which Linux and macOS have. A file that is made to be
locked would do as well, but would stay for ever: to remove it is a race with whoever has just opened it. On NFS the
lock of a folder is known to one machine only; where a file system has no locks, everybody gets one. On Windows, where
no folder can be opened, a file ``.lock`` in it is locked, which the system removes with the last one who has it open.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["LOCK", "free", "held", "in_use", "left_behind", "take"]

LOCK = ".lock"
PATIENCE = 5
"""Times that a lock is asked for, a hundredth of a second apart."""

if sys.platform == "win32":
    import msvcrt

    def take(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool | None:
        """Take the lock of an open file, and return whether it could be had; ``shared`` ones there are none."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _opened(folder: Path) -> int:
        return os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_TEMPORARY)

else:
    import fcntl

    def take(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool | None:
        """Take the lock of an open file, and return whether it could be had; several may have a ``shared`` one.

        None where this file system has no locks.
        """
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
        except OSError as error:
            return False if error.errno in {errno.EAGAIN, errno.EACCES} else None
        return True

    def _opened(folder: Path) -> int:
        return os.open(folder, os.O_RDONLY)


@contextlib.contextmanager
def held(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder while the block lasts. Raises ``BlockingIOError`` where somebody else does.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name, held(Path(name)):
    ...     free(Path(name))
    False
    """
    descriptor = _opened(folder)
    try:
        # subtle: between opening and locking, whoever had it may have removed it
        if not _had(descriptor, shared) or not _still(folder, descriptor):
            raise BlockingIOError(errno.EAGAIN, "held by another process", str(folder))
        yield
    finally:
        os.close(descriptor)


def _had(descriptor: int, shared: bool) -> bool:
    """Whether the lock could be had, or there are no locks; who has it only to look gives it back at once."""
    for _ in range(PATIENCE):
        if take(descriptor, shared=shared) is not False:
            return True
        time.sleep(0.01)
    return False


def free(folder: Path) -> bool:
    """Whether nobody holds a folder as his alone."""
    try:
        with held(folder, shared=True):
            return True
    except BlockingIOError:
        return False


@contextlib.contextmanager
def in_use(descriptor: int) -> Iterator[None]:
    """Lock an open file while the block lasts, even if it is closed before.

    On Windows nothing is done: the file could not be renamed, and one that is open cannot be removed by others.
    """
    lock = None if sys.platform == "win32" else os.dup(descriptor)
    try:
        if lock is not None:
            take(lock, wait=True)
        yield
    finally:
        if lock is not None:
            os.close(lock)


@contextlib.contextmanager
def left_behind(path: Path) -> Iterator[bool]:
    """Whether nobody uses a file or folder; if so, its lock is ours while the block lasts.

    Where that cannot be known, on Windows and where there are no locks, the answer is no.
    """
    if sys.platform == "win32":
        yield False
        return
    # subtle: on NFS a file must be open for writing to be locked, and a folder cannot be opened so
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        yield take(descriptor) is True
    finally:
        os.close(descriptor)


def _still(folder: Path, descriptor: int) -> bool:
    """Whether the path still names what is open."""
    if sys.platform == "win32":
        return True
    with contextlib.suppress(OSError):
        return os.path.samestat(folder.stat(), os.fstat(descriptor))
    return False

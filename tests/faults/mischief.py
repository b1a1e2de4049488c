"""Mischief: what may go wrong under softreg, done to the process that runs it. Each function takes a tally first."""

from __future__ import annotations

import builtins
import io
import mmap
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = [
    "Tally",
    "close",
    "count",
    "deafen",
    "die",
    "forget",
    "full",
    "hang_up",
    "misread",
    "no_threads",
    "refuse",
    "small_files",
    "vanish",
]

ASKING = {"os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Tally:
    """A count that outlives the process."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def one(self) -> int:
        """Count one more, and return how many there were before."""
        before = int.from_bytes(self._memory[:8], "little")
        self._memory[:8] = (before + 1).to_bytes(8, "little")
        return before


def count(tally: Tally) -> None:
    """Count the requests to the disk, and let all of them pass."""
    _watch(lambda: tally.one() and None)


def die(tally: Tally, place: int) -> None:
    """Be killed at a request to the disk, before it is done; of a write half is done."""

    def ask() -> None:
        if tally.one() == place:
            os.kill(os.getpid(), signal.SIGKILL)

    _watch(ask)


def refuse(tally: Tally, place: int, fault: int) -> None:
    """Refuse a request to the disk; of a write half is done."""

    def ask() -> None:
        if tally.one() == place:
            raise OSError(fault, os.strerror(fault))

    _watch(ask)


def misread(tally: Tally, place: int, fault: int) -> None:
    """Refuse to open or to read a file below the working folder; of a read half has been done before."""
    folder = Path.cwd()

    def ask() -> None:
        if tally.one() == place:
            raise OSError(fault, os.strerror(fault))

    class File(io.FileIO):
        def readinto(self, buffer: Any) -> int:
            ask()
            return super().readinto(buffer)

        def read(self, size: int = -1) -> bytes:
            ask()
            return super().read(size)

        def readall(self) -> bytes:
            ask()
            return super().readall()

    before = io.open

    def opened(file: Any, mode: str = "r", buffering: int = -1, *more: Any, **others: Any) -> Any:
        if set("wxa+") & {*mode} or not _below(folder, file):
            return before(file, mode, buffering, *more, **others)
        ask()
        raw = File(file, "r")
        if buffering == 0:
            return raw
        return io.BufferedReader(raw) if "b" in mode else io.TextIOWrapper(io.BufferedReader(raw), *more, **others)

    io.open = builtins.open = opened


def _below(folder: Path, path: Any) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and Path(os.fsdecode(path)).absolute().is_relative_to(folder)


def small_files(tally: Tally, size: int) -> None:
    """Let no file grow beyond so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def forget(tally: Tally, place: int) -> None:
    """Give NumPy no memory for an array that our code makes."""
    import numpy as np

    def refusing(make: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **more: Any) -> Any:
            if sys._getframe(1).f_globals.get("__name__", "").startswith("softreg.") and tally.one() == place:
                raise np._core._exceptions._ArrayMemoryError((10**6, 10**3), np.dtype(float))
            return make(*args, **more)

        return asked

    for name in ("array", "asarray", "empty", "zeros", "ones", "full", "concatenate", "exp", "isfinite"):
        setattr(np, name, refusing(getattr(np, name)))


def no_threads(tally: Tally, place: int) -> None:
    """Let no thread be started, from one of them on."""
    import threading

    name = next(name for name in ("_start_joinable_thread", "_start_new_thread") if hasattr(threading, name))
    before = getattr(threading, name)

    def start(*args: Any, **more: Any) -> Any:
        if tally.one() >= place:
            raise RuntimeError("can't start new thread")
        return before(*args, **more)

    setattr(threading, name, start)


def vanish(tally: Tally, place: int, folder: str) -> None:
    """Remove a folder with all that is in it at a request to the disk."""
    target = Path(folder).absolute()

    def ask() -> None:
        if tally.one() == place:
            shutil.rmtree(target)

    _watch(ask)


def _watch(ask: Callable[[], None]) -> None:
    """Ask before whatever changes a file or a folder below the working folder."""
    folder = Path.cwd()

    def hook(event: str, details: tuple[Any, ...]) -> None:
        if event == "open":
            if _below(folder, details[0]) and (details[2] or 0) & WRITING:
                ask()
        elif event in ASKING and _below(folder, details[0]):
            ask()

    class File(io.FileIO):
        def write(self, content: Any) -> int:
            view = memoryview(content).cast("B")
            done = super().write(view[: len(view) // 2])  # a write may be cut in the midst
            ask()
            return done + super().write(view[done:])

    class Buffered(io.BufferedWriter):
        """What polars does not take for a file whose descriptor it may write to by itself."""

        def __init__(self, descriptor: int, mode: str) -> None:
            super().__init__(File(descriptor, mode))

    def synced(descriptor: int) -> None:
        ask()
        fsync(descriptor)

    fsync, os.fsync = os.fsync, synced
    os.fdopen = Buffered
    sys.addaudithook(hook)


def close(tally: Tally, *numbers: int) -> None:
    """Be started without some of the standard streams."""
    for number in numbers:
        os.close(number)
    names = ("stdin", "stdout", "stderr")
    for number in numbers:
        setattr(sys, names[number], None)  # as Python does as it starts


def full(tally: Tally, *numbers: int) -> None:
    """Write to a disk that is full."""
    for number in numbers:
        os.dup2(os.open("/dev/full", os.O_WRONLY), number)


def hang_up(tally: Tally, size: int) -> None:
    """Let the reader of stdout go when it has read so many bytes."""
    from softreg.cli import streams

    left: int | None = size
    before = streams._Named.write

    def write(self: Any, content: Any) -> int:
        nonlocal left
        view = memoryview(content).cast("B")
        if left is not None and len(view) > left:
            os.write(1, view[:left])
            os.dup2(_broken(), 1)
            left = None
        elif left is not None:
            left -= len(view)
        return before(self, view)

    streams._Named.write = write


def deafen(tally: Tally) -> None:
    """Let nobody read stderr."""
    os.dup2(_broken(), 2)


def _broken() -> int:
    """A pipe to write to that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing

"""Guard: what a submission may not do by accident, held back by an audit hook, and what it imports.

Python tells an audit hook of every file that is opened to be written, every process that is started, every connection;
the hook raises, and once set it cannot be taken away. Held back are processes, signals to others, connections, and
changes to files outside the submission's own folder. Machine code (``ctypes``) goes past it: it guards against
accidents, and is no sandbox for strangers.
"""

from __future__ import annotations

import _posixsubprocess
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["WATCHED", "Guard"]

WATCHED = ("softreg", "scipy", "sklearn", "torch", "tensorflow", "jax", "keras")
"""Packages that do the homework: whoever imports them is reported."""

_PROCESSES = {"os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"}
_TO_OTHERS = {"os.kill", "os.killpg", "resource.prlimit"}
_CONNECTIONS = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
_FIRST = ("os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.chown", "os.utime", "os.setxattr")
_CHANGES = {
    **dict.fromkeys((*_FIRST, "os.removexattr", "shutil.rmtree"), (0,)),
    # what is linked to could be written through the link; a symbolic one is followed when it is opened
    **dict.fromkeys(("os.rename", "os.link", "shutil.move"), (0, 1)),
    "os.symlink": (1,),
    "sqlite3.connect": (0,),  # opens its file itself
}
"""Which details of an event are paths that it changes."""

_SIGNAL = "a signal to another process"

_OF_LINKS = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.symlink", "shutil.rmtree"}
"""Events that change a link itself and not what it leads to."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Guard:
    """What was held back (``held``) and imported (``imported``) since :meth:`stand`; ``forbidden`` imports fail."""

    def __init__(self, folder: str, forbidden: Sequence[str] = ()) -> None:
        self.folder = os.path.realpath(folder)  # no more imports than needed
        self.forbidden = frozenset(forbidden)
        self.held: dict[str, None] = {}
        self.imported: dict[str, None] = {}

    def stand(self) -> None:
        """Begin; there is no end."""
        # subtle: these are heard by no audit hook; multiprocessing starts its processes with the first
        _posixsubprocess.fork_exec = self._start  # type: ignore[assignment]
        signal.pidfd_send_signal = self._signal
        sys.addaudithook(self._hear)

    def _start(self, *_: Any) -> None:
        self._hold("starting a process")

    def _signal(self, *_: Any) -> None:
        self._hold(_SIGNAL)

    def _hear(self, event: str, details: tuple[Any, ...]) -> None:
        if event == "import":
            self._importing(str(details[0]).partition(".")[0])
        elif event == "open":
            self._opening(*details)
        elif event in _PROCESSES:
            self._hold("starting a process")
        elif event in _TO_OTHERS and details[0] not in {0, os.getpid()}:
            self._hold(_SIGNAL)
        elif event in _CONNECTIONS:
            self._hold("a network connection")
        elif event in _CHANGES:
            for place in _CHANGES[event]:
                self._changing(details[place], follow=event not in _OF_LINKS)

    def _importing(self, name: str) -> None:
        if name in WATCHED or name in self.forbidden:
            self.imported[name] = None
        if name in self.forbidden:
            raise ImportError(f"{name} is not allowed in this homework")

    def _opening(self, path: Any, mode: Any, flags: Any) -> None:
        writes = set("wxa+") & set(mode) if isinstance(mode, str) else isinstance(flags, int) and flags & _WRITING
        if writes and path != os.devnull:
            self._changing(path)

    def _changing(self, path: Any, *, follow: bool = True) -> None:
        if isinstance(path, int):
            return
        folder, name = os.path.split(os.fsdecode(path))
        if follow or name in {"", ".", ".."}:
            place = os.path.realpath(os.fsdecode(path))
        else:
            place = f"{os.path.realpath(folder)}{os.sep}{name}"
        if place != self.folder and not place.startswith(self.folder + os.sep):
            self._hold("changing a file outside its own folder")

    def _hold(self, what: str) -> None:
        self.held[what] = None
        raise PermissionError(f"{what} is held back while the submission is graded")

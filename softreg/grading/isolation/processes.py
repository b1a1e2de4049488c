"""Processes of one child: counted while it works, and ended with it, those that left its group too.

A child is the leader of its session and carries a mark in its environment, which what it starts inherits. Where there
is no ``/proc`` (macOS) only its process group is known: what leaves it there lives on.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

__all__ = ["MARK", "are_told", "count", "end", "worked"]

MARK = "GRADED_SUBMISSION"
"""The variable of the environment that holds a child's own word."""

_PROC = Path("/proc")
_ROUNDS = 100


def count(session: int) -> int:
    """Return how many processes and threads a session has; 0 where that cannot be known."""
    return sum(int(fields[17]) for _, fields in _processes() if int(fields[3]) == session)


def are_told() -> bool:
    """Whether the system tells of processes."""
    return _PROC.is_dir()


def worked(process: int) -> float:
    """Return the seconds of a core that a process with all its threads has used; 0 if it is gone."""
    fields = _fields(_PROC / str(process))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def end(leader: int, word: str) -> None:
    """Kill a process, its group, and whatever carries its word; again until nothing of it is left."""
    _kill_group(leader)
    for _ in range(_ROUNDS):
        left = [process for process, fields in _processes() if int(fields[3]) == leader or _marked(process, word)]
        if not left:
            return
        # subtle: stopped before they are killed, or those that are left start others meanwhile
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for process in left:
                with contextlib.suppress(OSError):
                    os.kill(int(process.name), number)


def _kill_group(leader: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)


def _processes() -> Iterator[tuple[Path, list[str]]]:
    """The processes that live with their fields, ours excepted; a zombie is none."""
    if not are_told():
        return
    for process in _PROC.iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            fields = _fields(process)
            if fields[:1] not in ([], ["Z"]):
                yield process, fields


def _fields(process: Path) -> list[str]:
    """State (0), parent, group, session (3), ticks of work (11, 12), threads (17) ...; empty if it is gone."""
    try:
        fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
    return fields if len(fields) > 17 else []


def _marked(process: Path, word: str) -> bool:
    try:
        return f"{MARK}={word}".encode() in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False

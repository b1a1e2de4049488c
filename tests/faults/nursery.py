"""A nursery: one process in which everything is imported, and whose forks run softreg, each with a fault of its own.

So a call costs a tenth of what a process costs, and a fault can be put at every place in turn. A fork has no thread but
its own: nothing here may start one before it forks, neither polars nor a pool.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import mischief

__all__ = ["Left", "Nursery"]

ROOT = Path(__file__).parent.parent.parent
SECONDS = 60.0
"""No call takes longer, whatever its fault: it would hang."""


@dataclass(frozen=True)
class Left:
    """What a call left: its exit code (negative: the signal that killed it; None: it hung), what it wrote to the
    streams, and how often it asked for what the fault is about."""

    code: int | None
    out: bytes
    err: str
    asked: int

    @property
    def told(self) -> str:
        """What it said, in one line."""
        return " ".join(self.err.split())


class Nursery:
    """The process, and what can be asked of it."""

    def __enter__(self) -> Nursery:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOFTREG")}
        environment |= {
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "80",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONWARNINGS": "error,ignore::ResourceWarning",
        }
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), "serve"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def call(
        self,
        folder: Path,
        *words: object,
        fault: tuple[object, ...] = (),
        signals: Sequence[tuple[float, int]] = (),
        pictures: bool = False,
        to_the_end: bool = False,
        **environment: str,
    ) -> Left:
        """Run softreg in a folder with a fault (a function of ``mischief`` and its arguments).

        ``signals`` are sent to it after so many seconds each. Without ``pictures``, a training draws none. With
        ``to_the_end``, Python removes all modules and objects as any other process does, which takes long.
        """
        order = {
            "folder": str(folder),
            "words": [str(word) for word in words],
            "fault": list(fault),
            "signals": list(signals),
            "pictures": pictures,
            "to_the_end": to_the_end,
            "environment": environment,
        }
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(order), file=self._process.stdin, flush=True)
        told = json.loads(self._process.stdout.readline())
        return Left(told["code"], told["out"].encode("latin-1"), told["err"], told["asked"])


def serve() -> None:
    """Fork for every order that comes, wait for the fork, and tell what it left."""
    warm()
    gc.freeze()  # what is looked through is copied
    for line in sys.stdin:
        order = json.loads(line)
        asked = mmap.mmap(-1, 16)
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            conduct(order, asked, out_end, err_end)
        for end in (out_end, err_end):
            os.close(end)
        while not asked[8] and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            time.sleep(0.0005)
        code, texts = waited(child, order["signals"], (out, err))
        told = {"code": code, "out": texts[out].decode("latin-1"), "err": texts[err].decode("utf-8", "replace")}
        print(json.dumps(told | {"asked": int.from_bytes(asked[:8], "little")}), flush=True)
        asked.close()


def waited(
    child: int, signals: Sequence[tuple[float, int]], pipes: Sequence[int]
) -> tuple[int | None, dict[int, bytes]]:
    """Send the signals, wait for the end, and return the exit code and what came through the pipes; kill what hangs."""
    began, due, came = time.monotonic(), sorted(signals), dict.fromkeys(pipes, b"")
    status = None
    while status is None and time.monotonic() - began < SECONDS:
        done, found = os.waitpid(child, os.WNOHANG)
        status = found if done else None
        if due and time.monotonic() - began >= due[0][0] and not done:
            os.kill(child, due.pop(0)[1])
        _read(came, 0.001)
    if status is None:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
    while _read(came, 0):
        pass
    for pipe in pipes:
        os.close(pipe)
    return None if status is None else os.waitstatus_to_exitcode(status), came


def _read(came: dict[int, bytes], seconds: float) -> bool:
    """Take what the pipes hold; return whether there was something."""
    ready, _, _ = select.select([*came], [], [], seconds)
    new = {pipe: os.read(pipe, 1 << 16) for pipe in ready}
    for pipe, content in new.items():
        came[pipe] += content
    return any(new.values())


def conduct(order: Mapping[str, Any], asked: mmap.mmap, out: int, err: int) -> None:
    """Be softreg, from its first line to the end of the process."""
    os.setsid()
    os.chdir(order["folder"])
    os.environ.update(order["environment"])
    null = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((null, out, err)):
        os.dup2(stream, number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not order["pictures"]:
        import softreg.workflows.record

        softreg.workflows.record.draw_into_run = lambda *_: None
    if order["fault"]:
        name, *arguments = order["fault"]
        getattr(mischief, name)(mischief.Tally(asked), *arguments)
    from softreg.cli import main

    asked[8] = 1  # from now on there may be signals
    try:
        main(order["words"])
    except SystemExit as end:
        if order["to_the_end"]:
            raise
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)


def warm() -> None:
    """Import what the commands import, and let no thread begin."""
    import importlib
    import pkgutil

    import softreg

    for module in pkgutil.walk_packages(softreg.__path__, "softreg."):
        if not module.name.endswith("__main__") and ".inside" not in module.name:
            importlib.import_module(module.name)
    from sklearn import datasets

    datasets.load_iris()
    datasets.load_digits()
    from matplotlib.figure import Figure

    Figure().subplots().set_title("warm")
    Figure().savefig(os.devnull, format="png")


if __name__ == "__main__":
    serve()

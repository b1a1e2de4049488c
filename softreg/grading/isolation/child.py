"""Child: the process in which a submission is loaded and asked, seen from outside.

It has a folder of its own (working folder, HOME and TMPDIR), an environment of a few words, no input, and the limits of
the homework. Nothing that it does is believed: what comes through the pipe is checked, what it prints is counted and
thrown away, and it may end, hang or be too slow at any moment.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from softreg.grading.inside.frames import KEY, NO_MEMORY, Frame, FrameError, packed, taken
from softreg.grading.isolation.ended import EndedError, StartError
from softreg.grading.isolation.processes import MARK, are_told, count, end, worked
from softreg.grading.spec import Limits
from softreg.memory import BLAS_THREADS

__all__ = ["Child"]

STARTING = 120.0
"""Seconds in which Python and NumPy must have started: no fault of a submission's."""

MOST_PROCESSES = 64
"""Processes and threads that a submission may have; a limit of the system would not bind root."""

_INSIDE = Path(__file__).parent.parent
_STEP = 0.1
_WATCH_EVERY = 0.25
_BOOT = """
import sys
sys.path[:0] = sys.argv[1:2]
from inside.__main__ import main
del sys.path[0]
sys.path += [path for path in sys.argv[2:3] if path not in sys.path]
words, sys.argv[:] = sys.argv[3:], [""]
main(words)
"""


class Child:
    """A process in ``folder``; what was asked for is answered by :meth:`ask`. Ended, with all of its, on leaving.

    ``stop`` is set by whoever wants all children to end: then :meth:`ask` raises ``EndedError``. ``word`` marks what
    the process starts.
    """

    def __init__(self, folder: Path, limits: Limits, stop: threading.Event | None = None) -> None:
        self.folder, self.limits = folder, limits
        self.stop = stop or threading.Event()
        self.printed = 0
        self._ready = False
        self._key, self.word = secrets.token_bytes(KEY), f"{os.getpid()}-{secrets.token_hex(16)}"
        self._received = bytearray()
        self._worked = 0.0

    def __enter__(self) -> Child:
        asked, self._asked = os.pipe()
        self._answers, answers = os.pipe()
        try:
            self._process = self._started(asked, answers)
        except BaseException as error:
            os.close(self._asked)
            os.close(self._answers)
            if isinstance(error, OSError):
                raise StartError(f"{error.strerror}") from None
            raise
        finally:
            os.close(asked)
            os.close(answers)
        os.set_blocking(self._asked, False)
        try:
            self._exchange(self._key, math.inf, STARTING)
            self._ready = True
        except BaseException as error:
            self._end()
            if isinstance(error, EndedError) and not self.stop.is_set():
                raise StartError(f"{error}") from None
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def worked(self) -> float:
        """Seconds of a core that it has used; where the system does not tell (macOS), seconds that go by."""
        if not are_told():
            return time.monotonic()
        if self._process.returncode is None:  # else its number may be another's by now
            self._worked = max(self._worked, worked(self._process.pid))
        return self._worked

    def ask(
        self, header: Mapping[str, Any], arrays: Sequence[np.ndarray], seconds: float, patience: float = math.inf
    ) -> Frame:
        """Send a frame and return the one that answers it, within so many ``seconds`` of work.

        However little it works, no more than ``patience`` seconds go by. Raises :class:`EndedError` if no answer comes;
        the child is of no use then.
        """
        return self._exchange(packed(self._key, dict(header), arrays), seconds, patience)

    def _started(self, asked: int, answers: int) -> subprocess.Popen[bytes]:
        mebibyte, seconds = 1 << 20, int(self.limits.seconds) + 5  # to start takes some too
        limits = {
            "RLIMIT_CPU": seconds,
            "RLIMIT_AS": self.limits.memory * mebibyte,
            "RLIMIT_FSIZE": self.limits.files * mebibyte,
            "RLIMIT_CORE": 0,
            "RLIMIT_NOFILE": 256,
        }
        numpy_home = str(Path(np.__file__).parent.parent)
        words = [str(_INSIDE), numpy_home, str(asked), str(answers), json.dumps(limits)]
        return subprocess.Popen(
            [sys.executable, "-s", "-P", "-B", "-X", "utf8", "-c", _BOOT, *words],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(asked, answers),
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
        one = dict.fromkeys((*BLAS_THREADS, "OMP_NUM_THREADS"), "1")
        # the order of a set of texts hangs on the hash seed; a picture that is shown would wait to be closed
        fixed = {
            "PYTHONHASHSEED": "0",
            "MALLOC_ARENA_MAX": "2",
            "MPLBACKEND": "Agg",
            "LANG": "C.UTF-8",
            MARK: self.word,
        }
        return kept | one | fixed | {"HOME": folder, "TMPDIR": folder, "MPLCONFIGDIR": str(self.folder / ".matplotlib")}

    def _exchange(self, frame: bytes, seconds: float, patience: float) -> Frame:
        """Write while there is something to write, read until a frame is whole, and count what is printed."""
        watched, rest = time.monotonic(), memoryview(frame)
        limit, most = watched + patience, self.worked + seconds
        output: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        with selectors.DefaultSelector() as pipes:
            pipes.register(self._answers, selectors.EVENT_READ)
            pipes.register(output, selectors.EVENT_READ)
            pipes.register(self._asked, selectors.EVENT_WRITE)
            while True:
                if (now := time.monotonic()) > limit or self.worked > most:
                    raise EndedError("time", "it took too long")
                if now - watched > _WATCH_EVERY:
                    self._watch()
                    watched = now
                ready = {key.fd for key, _ in pipes.select(min(_STEP, limit - now))}
                if self._asked in ready:
                    rest = self._write(rest)
                    if not rest:
                        pipes.unregister(self._asked)
                if output.fileno() in ready:
                    self._drain(output, pipes)
                if self._answers in ready and (whole := self._read()):
                    return whole

    def _write(self, rest: memoryview) -> memoryview:
        try:
            return rest[os.write(self._asked, rest[: 1 << 16]) :]
        except BlockingIOError:
            return rest
        except BrokenPipeError:
            raise self._ended() from None

    def _drain(self, output: IO[bytes], pipes: selectors.BaseSelector) -> None:
        content = os.read(output.fileno(), 1 << 16)
        self.printed += len(content)
        if not content:
            pipes.unregister(output)  # closed by the submission

    def _read(self) -> Frame | None:
        content = os.read(self._answers, 1 << 20)
        if not content:
            raise self._ended()
        self._received += content
        try:
            whole = taken(self._received, self._key)
        except FrameError:
            raise EndedError("lost", "it wrote into the grader's own pipe") from None
        if whole is None:
            return None
        del self._received[: whole[1]]
        return whole[0]

    def _watch(self) -> None:
        """Raise if the submission has too many processes, or if all work is to stop."""
        if self.stop.is_set():
            raise EndedError("lost", "grading was interrupted")
        if self._ready and count(self._process.pid) > MOST_PROCESSES:
            raise EndedError("lost", f"it started more than {MOST_PROCESSES} processes or threads")

    def _ended(self) -> EndedError:
        """What to say of a process whose pipe is closed: how it ended, or that it closed the pipe itself."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return EndedError("lost", "it closed the grader's own pipe")
        if code == NO_MEMORY:
            return EndedError("memory", "it left no memory")
        if code >= 0:
            return EndedError("exit", f"it ended the process, with code {code}")
        name = signal.Signals(-code).name if -code in {*signal.Signals} else f"signal {-code}"
        if name == "SIGXCPU":
            return EndedError("time", "it took too long")
        return EndedError("lost", f"the process was ended by {name}")

    def _end(self) -> None:
        end(self._process.pid, self.word)
        with contextlib.suppress(OSError):
            os.set_blocking(self._process.stdout.fileno(), False)  # type: ignore[union-attr]
            self.printed += len(os.read(self._process.stdout.fileno(), 1 << 16))  # type: ignore[union-attr]
        self._process.wait()
        for descriptor in (self._asked, self._answers):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        if self._process.stdout:
            self._process.stdout.close()

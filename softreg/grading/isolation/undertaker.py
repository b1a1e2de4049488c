"""Undertaker: a process that waits for the grader's end, and does then what a grader that was killed could not do.

It ends the processes of the submission, with all that they started, and removes its folder. Where the grader comes to
its own end it has nothing to do, and is ended itself.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from .folders import remove
from .processes import end

__all__ = ["Undertaker", "main"]

_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from isolation.undertaker import main; main()"


class Undertaker:
    """The process, seen from the grader, while a submission is in ``folder``; of each of its processes it is told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Undertaker:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BOOT, str(Path(__file__).parent.parent), str(self._folder)],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        return self

    def hears_of(self, process: int, word: str) -> None:
        """Tell it of a process, the leader of its session, and the word that marks what it starts."""
        self._told(f"{process} {word}\n")

    def forgets(self, process: int) -> None:
        """Tell it that a process has ended: its number may be another's by now."""
        self._told(f"{process}\n")

    def _told(self, line: str) -> None:
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()  # before the pipe is closed: it has nothing to do
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def main() -> None:
    """Listen until the grader is gone; then end what it told of, and remove the folder."""
    there: dict[str, str] = {}
    for line in sys.stdin:
        process, *word = line.split()
        if word:
            there[process] = word[0]
        else:
            there.pop(process, None)
    for process, word_of_it in there.items():
        end(int(process), word_of_it)
    remove(Path(sys.argv[2]))

"""softreg in a folder of its own, called in this process or as a process."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

__all__ = ["ROOT", "Done", "Shell"]

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Done:
    """What a call left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """softreg, called in ``folder``, as in a terminal of 80 columns without settings of the user's own."""

    folder: Path

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOFTREG", "_SOFTREG"))}
        fixed = {"COLUMNS": "80", "XDG_CACHE_HOME": str(self.folder / ".cache"), "PYTHONIOENCODING": "utf-8"}
        return kept | fixed | more

    def __call__(self, *words: object, stdin: bytes = b"", **environment: str) -> Done:
        """Call softreg in this process: fast, and with the same exit code and streams."""
        from softreg.cli.app import run

        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
        with (
            contextlib.chdir(self.folder),
            mock.patch.dict(os.environ, self.environment(environment), clear=True),
            mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run([str(word) for word in words])
        for stream in (out, err):
            stream.flush()
        return Done(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    def ok(self, *words: object, **more: object) -> Done:
        """Call softreg and expect that all goes well."""
        done = self(*words, **more)
        assert done.code == 0, done.err
        return done

    def popen(self, *words: object, stdin: int | None = None, **environment: str) -> subprocess.Popen[str]:
        """Start softreg as a process."""
        return subprocess.Popen(
            [sys.executable, "-m", "softreg", *map(str, words)],
            cwd=self.folder,
            env=self.environment({"PYTHONPATH": str(ROOT)} | environment),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def interrupted(self, process: subprocess.Popen[str]) -> Done:
        """Send Ctrl-C to a process that waits for input, and return what it left."""
        process.send_signal(signal.SIGINT)
        process.wait(timeout=8)
        assert process.stdin
        assert process.stdout
        assert process.stderr
        done = Done(process.returncode, process.stdout.read(), process.stderr.read())
        process.stdin.close()
        return done

    def process(self, *words: object, **environment: str) -> Done:
        """Run softreg as a process."""
        with self.popen(*words, stdin=subprocess.DEVNULL, **environment) as process:
            out, err = process.communicate(timeout=60)
        return Done(process.returncode, out, err)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file into the folder."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, name: str) -> str:
        """Read a file of the folder."""
        return (self.folder / name).read_text(encoding="utf-8")

"""A shell for the tests: softreg in a folder of its own, called in this process or as a process."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings

from softreg.errors import SoftregError

# in CI the same examples every time; elsewhere new ones, so that somebody finds what they break
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("elsewhere", deadline=None)  # how long a test takes is the machine's affair
settings.load_profile("ci" if os.environ.get("CI") else "elsewhere")

# a job that a shell runs in the background ignores Ctrl-C, and so would every process that the tests start
signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore_glob = ["*conftest.py"]  # they hold no examples, and all have one name

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


def well_told(error: SoftregError) -> bool:
    """Whether an error says what was wrong in a sentence, and what to type next in another; neither shouts.

    What must or need be has been said what to type.
    """
    what, advice = str(error.what), error.advice
    enough = re.search(r" (must be|needs?|needed)\b", what) and advice == ""
    begun = enough or (isinstance(advice, str) and re.match(r'["A-Z0-9]|--|https://', advice))
    ended = all(re.search(r"\S[.?]\"?$", text) for text in (what, advice) if text)
    shouted = re.search(r"[A-Z]{4,} [A-Z]{2,} [A-Z]{2,}", re.sub(r'"[^"]*"', "", f"{what} {advice}"))
    return bool(begun and ended and not shouted)


@pytest.fixture(autouse=True)
def _errors_are_well_told(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold every error of softreg's that any test meets to the house's way of telling it."""
    met: list[SoftregError] = []
    begun = SoftregError.__init__

    def remembered(error: SoftregError, *parts: str) -> None:
        begun(error, *parts)
        if sys._getframe(1).f_globals["__name__"].startswith("softreg."):  # and not the test itself
            met.append(error)

    monkeypatch.setattr(SoftregError, "__init__", remembered)
    yield
    assert not [f"{error.what} | {error.advice}" for error in met if not well_told(error)]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """softreg in an empty folder."""
    return Shell(tmp_path)


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train without drawing, which takes most of the time of a short training."""
    monkeypatch.setattr("softreg.workflows.record.draw_into_run", lambda *_: None)


@pytest.fixture(scope="session")
def _flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repository's small files and three short runs."""
    folder = tmp_path_factory.mktemp("flowers")
    for name in ("datasets", "configs"):
        shutil.copytree(ROOT / name, folder / name)
    own = Shell(folder)
    own.ok("train", "iris", "--epochs", 50, "--optimizer", "gd", "-q")
    own.ok("train", "iris", "--epochs", 40, "--optimizer", "sgd", "--early-stopping", "-q")
    own.ok("train", "datasets/penguins.csv", "--epochs", 60, "-q")
    return folder


@pytest.fixture
def flowers(_flowers: Path, tmp_path: Path) -> Shell:
    """softreg in a copy of a folder with datasets/, configs/, and runs/iris-1, iris-2 and penguins-1 (the last)."""
    folder = tmp_path / "flowers"
    shutil.copytree(_flowers, folder)
    return Shell(folder)

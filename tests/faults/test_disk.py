"""Every fault at every place: what the disk may refuse, it refuses once, and nothing that existed is damaged.

A call is made once in peace, and what it asks of the disk is counted. Then it is made anew as often, and each time
another one of these requests fails.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from remains import contents, sound, timeless

FAULTS = (errno.ENOSPC, errno.EIO, errno.EACCES)


class Disk:
    """Counts the requests, and refuses the one at ``place`` (None: none) with ``fault``."""

    def __init__(self, place: int | None = None, fault: int = errno.EIO) -> None:
        self.place = place
        self.fault = fault
        self.asked = 0

    def ask(self) -> None:
        self.asked += 1
        if self.asked - 1 == self.place:
            raise OSError(self.fault, os.strerror(self.fault))

    def refusing(self, function: Any) -> Any:
        def asked(*args: Any, **more: Any) -> Any:
            self.ask()
            return function(*args, **more)

        return asked

    def opened(self, descriptor: int, mode: str) -> io.FileIO:
        """A file whose every write is a request, and may be cut in the middle."""
        disk = self

        class File(io.FileIO):
            def write(self, content: Any) -> int:
                view = memoryview(content).cast("B")
                try:
                    disk.ask()
                except OSError:
                    super().write(view[: len(view) // 2])
                    raise
                return super().write(view)

        return File(descriptor, mode)


@contextlib.contextmanager
def on(disk: Disk) -> Iterator[Disk]:
    """Let softreg write to this disk."""
    with contextlib.ExitStack() as stack:
        for owner, name in (
            (tempfile, "mkstemp"),
            (os, "fsync"),
            (Path, "replace"),
            (Path, "chmod"),
            (Path, "mkdir"),
            (Path, "unlink"),
        ):
            stack.enter_context(mock.patch.object(owner, name, disk.refusing(getattr(owner, name))))
        stack.enter_context(mock.patch("softreg.files.os.fdopen", disk.opened))
        yield disk


def faults(shell, *words: object) -> Iterator[tuple[Any, Disk]]:
    """Make a call with one fault after the other; yield what it left, each time."""
    place = 0
    while True:
        with on(Disk(place, FAULTS[place % len(FAULTS)])) as disk:
            done = shell(*words)
        if disk.asked <= place:  # there is no such request
            return
        yield done, disk
        place += 1


@pytest.fixture
def plain(shell, no_pictures):
    """A shell with one good run, of which all files are known."""
    shell.ok("train", "iris", "--optimizer", "gd", "--epochs", 4, "--out", "good", "-q")
    return shell


def test_a_training_survives_every_fault_of_the_disk(plain):
    good = contents(plain.folder / "good")
    tried = 0
    words = ("train", "iris", "--optimizer", "gd", "--epochs", 4, "--checkpoint-every", 2, "-q", "--out")
    for place, (done, _) in enumerate(faults(plain, *words, "new")):
        tried += 1
        if done.code:
            assert done.code == 1
            assert "softreg:" in done.err
            assert "Traceback" not in done.err
        if (plain.folder / "new/metrics.json").exists():  # complete, or visibly unfinished
            assert timeless(plain.folder / "new") == timeless(plain.folder / "good")
        elif (plain.folder / "new").exists():
            assert plain("plot", "new").code == 3
        sound(plain.folder)
        assert contents(plain.folder / "good") == good
        (plain.folder / "new").rename(plain.folder / f"gone-{place}") if (plain.folder / "new").exists() else None
    assert tried > 30


def test_a_fault_is_followed_by_the_same_bytes(plain):
    """Whatever failed, the same command again, or --resume where there is a checkpoint, ends as if nothing had."""
    words = ("train", "iris", "--optimizer", "gd", "--epochs", 4, "--checkpoint-every", 2, "-q")
    for _ in faults(plain, *words, "--out", "new"):
        new = plain.folder / "new"
        if (new / "checkpoint.npz").exists() and (new / "config.toml").exists():
            plain.ok("train", "--resume", "new", "-q")
        elif not (new / "metrics.json").exists():
            plain.ok(*words, "--out", "new", *(["--overwrite"] if new.exists() else []))
        assert timeless(new) == timeless(plain.folder / "good")
        for path in new.iterdir():
            path.unlink()
        new.rmdir()


@pytest.mark.parametrize("old", [None, "prediction\nmine\n"])
def test_answers_are_written_whole_or_not_at_all(plain, old):
    words = ("predict", "good", "iris", "-o", "answers.csv", "--overwrite", "-q")
    plain.ok(*words)
    right = plain.read("answers.csv")
    path = plain.folder / "answers.csv"
    path.unlink() if old is None else path.write_text(old)
    for done, _ in faults(plain, *words):
        there = path.read_text() if path.exists() else None
        assert there in {old, right}
        if done.code == 0:
            assert there == right
        sound(plain.folder)
        path.unlink(missing_ok=True) if old is None else path.write_text(old)


def test_a_picture_and_an_export_keep_what_was_there(plain):
    plain.write("model.json", "mine")
    plain.write("curves.png", "mine")
    for words in (
        ("export", "good", "--format", "json", "-o", "model.json", "--overwrite"),
        ("plot", "good", "-o", "curves.png", "--overwrite", "-q"),
    ):
        path = plain.folder / words[words.index("-o") + 1]
        for done, _ in faults(plain, *words):
            assert (path.read_bytes() == b"mine") == (done.code != 0)
            path.write_text("mine")

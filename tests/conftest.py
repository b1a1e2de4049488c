"""What the tests share: softreg in an empty folder, or in one with the repository's small files and three runs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from shell import ROOT, Shell

from softreg.errors import SoftregError

# in CI the same examples every time; elsewhere new ones, so that somebody finds what they break
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("elsewhere", deadline=None)  # how long a test takes is the machine's affair
settings.load_profile("ci" if os.environ.get("CI") else "elsewhere")

# a job that a shell runs in the background ignores Ctrl-C, and so would every process that the tests start
signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore_glob = ["*conftest.py"]  # they hold no examples, and all have one name


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

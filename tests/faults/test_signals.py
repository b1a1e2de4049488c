"""Ctrl-C, SIGTERM and SIGHUP at random moments of every command, and a grader that is killed."""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nursery import ROOT
from remains import sound
from stories import STORIES, TRAIN, again, around, old_or_new, told, undisturbed

from softreg.cli.interrupt import Interruption

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CODES = {number: {128 + number, -number} for number in NUMBERS}
"""By itself after tidying up, or by the signal where there is nothing to tidy up yet."""


def quiet(left) -> None:
    """What a signal leaves on stderr: no traceback, and nothing that Python could not pass on."""
    assert left.code is not None, left
    assert not [word for word in ("Traceback", "Exception ignored", "Unexpected", "Error") if word in left.err], left


def moments(seconds: float, count: int) -> list[float]:
    """Moments while a command runs that takes so long."""
    rng = random.Random(os.environ["FAULTS_SEED"])
    return [rng.uniform(0, seconds * 1.05) for _ in range(count)]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_signal_ends_a_command_at_any_moment_and_damages_nothing(story, nursery, places, tried, tmp_path):
    began = time.perf_counter()
    before, whole, _ = undisturbed(story, nursery, tmp_path, pictures=True)
    seconds = (time.perf_counter() - began) / (len(story.before) + 1)
    for place, moment in enumerate(moments(seconds, len(places(40, 3)))):
        folder, number = tmp_path / f"signalled-{place}", NUMBERS[place % 3]
        shutil.copytree(before, folder)
        left = nursery.call(folder, *story.words, signals=[(moment, number)], pictures=True, **around(folder))
        tried("signals at a random moment")
        quiet(left)
        assert left.code in CODES[number] | {0}, left
        # a signal between a file's making and the next line leaves it, and what is made of many files goes one by one:
        # the next writer removes it, as is looked at below
        sound(folder, killed=True)
        assert not [*(folder / "temporary").iterdir()]
        old_or_new(folder, before, whole)
        if left.code and "train" in story.words and (folder / "run/metrics.json").exists():
            continue  # it came to the end of an epoch, and was saved as a run that stopped there
        done = nursery.call(folder, *again(folder, story.words), pictures=True, **around(folder))
        assert done.code == 0, (moment, done)
        assert told(folder) == told(whole)
        shutil.rmtree(folder)


LONGER = [
    "train digits --optimizer gd --epochs 1000000 --tol 0 --out new",
    "train digits --l2 auto --out new",
    "train digits --cv 5 --epochs 30 --out new",
    "check digits",
    "evaluate run iris",
    "compare run other --test iris",
    "explain run iris --row 3",
    "learn --all --out new",
    "datasets show digits",
]


@pytest.fixture(scope="module")
def room(nursery, tmp_path_factory):
    folder = tmp_path_factory.mktemp("signals")
    (folder / "temporary").mkdir()
    for words in (TRAIN, (*TRAIN[:-1], "other")):
        assert nursery.call(folder, *words).code == 0
    return folder


@pytest.mark.parametrize("words", LONGER)
def test_a_long_command_ends_soon_and_says_why(words, nursery, places, tried, room):
    for place, moment in enumerate(moments(1.5, len(places(20, 2)))):
        number = NUMBERS[place % 3]
        shutil.rmtree(room / "new", ignore_errors=True)
        left = nursery.call(room, *words.split(), signals=[(moment, number)], **around(room))
        tried("signals at a random moment")
        quiet(left)
        assert left.code in CODES[number] | {0}, left
        if left.code == 128 + number:
            assert ("interrupted" if number == signal.SIGINT else "terminated") in left.err.lower()
        sound(room)
        assert not [*(room / "temporary").iterdir()]


@pytest.mark.parametrize("words", LONGER[:3])
def test_a_second_ctrl_c_ends_a_training_at_once_and_keeps_its_checkpoint(words, nursery, places, tried, room):
    for moment in moments(1.0, len(places(20, 2))):
        shutil.rmtree(room / "new", ignore_errors=True)
        signals = [(moment + wait, signal.SIGINT) for wait in (0, 0.02)]
        left = nursery.call(room, *words.split(), "--checkpoint-every", 1, signals=signals, **around(room))
        tried("pairs of signals")
        quiet(left)
        assert left.code in CODES[signal.SIGINT] | {0}
        sound(room, killed=True)
        if (room / "new/checkpoint.npz").exists():
            done = nursery.call(room, "train", "--resume", "new", "--time-limit", 0.01, "-q")
            assert done.code == 0, done
        (shutil.rmtree(room / "new") if (room / "new").exists() else None)


@pytest.mark.parametrize("in_the_fit", [True, False])
def test_a_cross_validation_is_not_waited_for(shell, in_the_fit):
    """It takes minutes, and comes after the fit; what was fitted is kept, and the training can be gone on with."""
    epochs = 100_000 if in_the_fit else 300
    words = ("digits", "--optimizer", "gd", "--epochs", epochs, "--tol", 0, "--cv", 50, "--out", "one")
    process = shell.popen("train", *words, *(("--checkpoint-every", 1) if in_the_fit else ()))
    limit = time.monotonic() + 60
    while not (shell.folder / "one/checkpoint.npz").exists():
        assert time.monotonic() < limit
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=40)  # the folds would take minutes
    assert process.returncode == 143, err
    assert "softreg train --resume one" in " ".join(err.split())
    assert (shell.folder / "one/checkpoint.npz").exists()


def test_signals_that_are_ignored_stay_so(shell):
    """nohup, and what a shell script runs in the background."""
    words = ("train", "digits", "--optimizer", "gd", "--epochs", 60, "--tol", 0, "--out", "one", "-q")
    before = [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)]
    try:
        process = shell.popen(*words)
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGHUP), before, strict=True):
            signal.signal(number, handler)
    for _ in range(10):
        time.sleep(0.1)
        for number in (signal.SIGINT, signal.SIGHUP):
            process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert len((shell.folder / "one/history.csv").read_text().splitlines()) == 62


def test_a_signal_as_python_starts_and_imports_leaves_no_traceback_of_ours(shell, places, tried):
    """Before our first line Python itself may say that it was interrupted: nobody can help that."""
    for moment in moments(0.6, len(places(60, 8))):
        process = shell.popen("datasets", "show", "iris")
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        tried("signals as Python starts")
        assert process.returncode in {0, 1, 130, -2}
        assert not re.search(r"softreg/(?!__main__)", err), err
        if process.returncode == 1:
            assert "KeyboardInterrupt" in err


SLEEPS = """
import subprocess, sys, time

def softmax(logits):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
    time.sleep(300)
"""


def marked(word: str) -> list[Path]:
    """The processes whose environment holds a word."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            content = (process / "environ").read_bytes()
        except OSError:
            continue
        if word.encode() in content:
            found.append(process)
    return found


def test_a_process_that_has_ended_is_not_ended_again(tmp_path):
    """Its number may be that of somebody else's process, who started it meanwhile."""
    grader = (
        "import os, sys; from pathlib import Path; from softreg.grading.isolation.undertaker import Undertaker\n"
        "with Undertaker(Path(sys.argv[1])) as undertaker:\n"
        "    for process in sys.argv[2:]: undertaker.hears_of(int(process), 'word-of-none')\n"
        "    undertaker.forgets(int(sys.argv[2]))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    (tmp_path / "room").mkdir()
    sleeping = [subprocess.Popen(["sleep", "60"], start_new_session=True) for _ in range(2)]
    words = [sys.executable, "-c", grader, str(tmp_path / "room"), *(str(each.pid) for each in sleeping)]
    subprocess.run(words, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    assert sleeping[1].wait(timeout=30) == -signal.SIGKILL
    assert sleeping[0].poll() is None
    sleeping[0].kill()
    sleeping[0].wait()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="nobody can tell which processes there are")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_what_a_submission_runs_ends_with_the_grader_however_that_ends(shell, tried, number):
    temporary = shell.folder / "temporary"
    temporary.mkdir()
    shell.write("hw1.py", SLEEPS)
    process = shell.popen("grade", "hw1.py", TMPDIR=str(temporary))
    word = f"GRADED_SUBMISSION={process.pid}-"
    limit = time.monotonic() + 60
    while len(marked(word)) < 1 or not [*temporary.glob("graded-*/hw1.py")]:
        assert process.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    process.communicate(timeout=30)
    while marked(word) or [*temporary.iterdir()]:
        assert time.monotonic() < limit, (marked(word), [*temporary.iterdir()])
        time.sleep(0.05)
    tried("graders that were killed or interrupted")


def test_an_error_that_a_library_puts_in_the_place_of_a_signal_is_none_of_ours(shell, monkeypatch):
    """As those in C do that call back into Python."""

    def described(*_):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        raise ValueError("Invalid affine transformation matrix")

    monkeypatch.setattr("softreg.workflows.datasets.describe", described)
    done = shell("datasets", "show", "iris")
    assert (done.code, done.out, done.err) == (143, "", "\nsoftreg: terminated.\n")


class Closing(io.RawIOBase):
    """A file during whose closing a signal comes."""

    def close(self) -> None:
        if not self.closed:
            signal.raise_signal(signal.SIGTERM)
        super().close()


class Removed:
    """An object during whose removal a signal comes."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("dropped", [Closing, Removed])
def test_a_signal_is_not_lost_where_python_swallows_what_it_raises(dropped):
    """What is raised while an object goes that nobody holds any more, Python passes on to nobody."""
    with pytest.raises(KeyboardInterrupt) as caught, Interruption():
        dropped()
        time.sleep(20)
    assert caught.value.number == signal.SIGTERM

"""Streams, signals and pipes: softreg among other programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LONG = ("train", "digits", "--optimizer", "gd", "--epochs", 10_000_000, "--tol", 0, "--learning-rate", 0.4)
"""Trains until it is told to stop; its step is above the guarantee, which is said as training begins."""


def _begun(process):
    line = process.stderr.readline()
    assert "learning rate" in line, line
    process.stderr.readline()


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_the_first_signal_saves_what_was_reached(shell, number, code, word):
    with shell.popen(*LONG) as process:
        _begun(process)
        time.sleep(0.2)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert word in err
    assert "runs/digits-1" in err
    assert "Traceback" not in err
    assert "saved     runs/digits-1" in out
    metrics = json.loads(shell.read("runs/digits-1/metrics.json"))
    assert metrics["objective"]["stopped_because"] == word
    assert metrics["objective"]["iterations"] > 0
    assert not metrics["objective"]["converged"]
    shell.ok("evaluate", "last", "digits")


def test_a_second_ctrl_c_ends_at_once(shell):
    # the second signal comes while the run is being saved, which is made to take long
    code = (
        "import os, signal, sys, time; from softreg.cli import app; import softreg.workflows.trained as w;"
        "w.record = lambda *_: [os.kill(os.getpid(), signal.SIGINT), time.sleep(20)];"
        f"sys.exit(app.run({[str(word) for word in LONG]!r}))"
    )
    environment = shell.environment({"PYTHONPATH": str(Path(__file__).parent.parent.parent)})
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=shell.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        _begun(process)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
    assert process.returncode == 130
    assert not out
    assert "Traceback" not in err
    assert "Go on with softreg train --resume runs/digits-1." in err


def test_ctrl_c_before_training_ends_at_once(shell):
    with shell.popen("train", "-", stdin=subprocess.PIPE) as process:
        process.stdin.write("a,y\n")
        process.stdin.flush()
        time.sleep(1.0)
        done = shell.interrupted(process)
    assert done.code == 130
    assert "Traceback" not in done.err
    assert not (shell.folder / "runs").exists()


@pytest.mark.parametrize("words", ["predict penguins-1 big.csv --proba", "datasets export digits"])
def test_a_reader_that_has_seen_enough_is_no_error(flowers, words):
    lines = flowers.read("datasets/penguins.csv").splitlines()
    flowers.write("big.csv", "\n".join([lines[0], *(lines[1:] * 100)]) + "\n")
    with flowers.popen(*words.split()) as process:
        first = process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        code = process.wait(timeout=30)
    assert first.startswith(("prediction,", "pixel_"))
    assert code == 0
    assert all(line.startswith(("note:", "next", "scored")) for line in err.splitlines())


def test_json_is_alone_on_stdout_and_notes_are_beside_it(flowers, no_pictures):
    for words in (
        ("train", "iris", "--epochs", 2, "--json", "--class-weight", "balanced"),
        ("evaluate", "penguins-1", "datasets/penguins.csv", "--json"),
        ("compare", "iris-1", "iris-2", "--json"),
    ):
        done = flowers(*words)
        assert done.code == 0
        assert isinstance(json.loads(done.out), dict)


def test_quiet_is_silent(flowers, no_pictures):
    for words in (
        (
            "train",
            "iris",
            "--epochs",
            2,
            "--optimizer",
            "gd",
            "--learning-rate",
            3,
            "--class-weight",
            "balanced",
            "--quiet",
        ),
        ("predict", "iris-1", "datasets/new_flowers.csv", "-o", "answers.csv", "-q"),
        ("plot", "iris-1", "-q"),
    ):
        done = flowers(*words)
        assert (done.code, done.out, done.err) == (0, "", "")


def test_quiet_does_not_silence_errors(shell, no_pictures):
    done = shell("train", "iris", "-q", "--optimizer", "gd", "--learning-rate", 1000)
    assert done.code == 4
    assert done.err
    assert not done.out


def test_what_is_no_terminal_gets_no_escape_sequence_and_no_letter_that_it_lacks(shell):
    environment = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "PYTHONIOENCODING": "latin-1"}
    done = shell.process("train", "digits", "--epochs", 1000, **environment)
    assert done.code == 0
    assert not [char for char in done.out + done.err if not char.isprintable() and char != "\n"]
    assert "?" in done.out  # in place of the blocks of the curve


def test_the_result_goes_to_stdout_and_notes_to_stderr(flowers):
    done = flowers("predict", "iris-1", "datasets/new_flowers.csv")
    assert len(done.out.splitlines()) == 9
    assert "note: Ignored" in done.err
    assert "next" in done.err


def test_progress_is_shown_on_a_terminal_and_leaves_nothing_behind(shell):
    pty = pytest.importorskip("pty")

    environment = shell.environment({"PYTHONPATH": str(Path(__file__).parent.parent.parent), "TERM": "xterm"})
    leader, follower = pty.openpty()
    words = [sys.executable, "-m", "softreg", *map(str, LONG)]
    with subprocess.Popen(
        words, cwd=shell.folder, env=environment, stdout=subprocess.PIPE, stderr=follower, stdin=follower
    ) as process:
        os.close(follower)
        seen = b""
        began = time.monotonic()
        while b"cross-entropy" not in seen and time.monotonic() - began < 20:
            seen += os.read(leader, 4096)
        process.send_signal(signal.SIGINT)
        out, code = process.stdout.read(), process.wait(timeout=30)
    os.close(leader)
    assert code == 130
    assert b"epoch" in seen
    assert b"\x1b" not in out

"""Standard streams that are closed, full, or whose reader goes: the right exit code, no traceback, nothing lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time

import pytest
from remains import sound
from stories import ONE, TRAIN

COMMANDS = {
    "train iris --epochs 3 --optimizer gd --out new": 0,
    "train iris --epochs 3 --optimizer gd --out new --json": 0,
    "train iris --optimizer gd --learning-rate 1000 --out new": 4,
    "train iris --epochs 3 --optimizer gd --require-convergence --out new": 5,
    "predict run iris": 0,
    "evaluate run iris": 0,
    "plot run -o new.png": 0,
    "check run": 0,
    "check bad.csv --strict": 7,
    "explain run iris --row 1": 0,
    "compare run other": 0,
    "learn": 0,
    "learn softmax": 0,
    "learn softmax --markdown new.md": 0,
    "grade hw1.py": 0,
    "grade --template plain": 0,
    "export run --format json -o -": 0,
    "export run --format csv -o new.csv": 0,
    "show run": 0,
    "datasets": 0,
    "datasets show iris": 0,
    "datasets export iris": 0,
    "--help": 0,
    "train --help-all": 0,
    "--version": 0,
}
SLOW = ("learn softmax", "grade hw1.py", "check")
TO_THE_END = ("train", "datasets export", "--version")
"""Where Python is let go to its very end, which takes longer than most of these commands."""


@pytest.fixture(scope="module")
def room(nursery, tmp_path_factory):
    """A folder with two runs, a homework, and a table whose label is repeated in a column."""
    folder = tmp_path_factory.mktemp("pipes")
    for words in (TRAIN, (*TRAIN[:-1], "other")):
        assert nursery.call(folder, *words).code == 0
    (folder / "hw1.py").write_text(ONE)
    rows = (f"{place % 7},{place % 2}.5,{'ab'[place % 2]}" for place in range(60))
    (folder / "bad.csv").write_text("\n".join(["size,leak,label", *rows]) + "\n")
    return folder


@pytest.fixture
def copy(room, tmp_path):
    return shutil.copytree(room, tmp_path / "room")


def judged(left, code: int) -> None:
    assert left.code == code, left
    assert "Traceback" not in left.err
    assert "Exception ignored" not in left.err
    assert "Unexpected" not in left.err


def new(folder):
    """What a command was asked to write: there, and sound."""
    sound(folder)
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("new"))


@pytest.mark.parametrize("words", COMMANDS)
def test_a_reader_that_goes_changes_nothing_but_what_it_reads(words, nursery, places, tried, copy):
    call = words.split()
    whole = nursery.call(copy, *call)
    judged(whole, COMMANDS[words])
    made = new(copy)
    sizes = places(len(whole.out), 2 if words.startswith(SLOW) else 4)
    for size in sizes if len(sizes) < 50 else sizes[:: len(sizes) // 50]:
        for name in made:
            shutil.rmtree(copy / name) if (copy / name).is_dir() else (copy / name).unlink()
        left = nursery.call(
            copy, *call, fault=("hang_up", size), to_the_end=words.startswith(TO_THE_END) and size == sizes[0]
        )
        judged(left, COMMANDS[words])
        assert whole.out.startswith(left.out) or "new" in words  # times differ
        assert len(left.out) <= size
        assert new(copy) == made
        tried("places at which the reader of stdout went")


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_streams_that_are_closed_from_the_beginning_are_no_error(words, closed, nursery, tried, copy, request):
    if closed != (0, 1, 2) and words.startswith(SLOW):
        pytest.skip("all closed will do: this takes long")
    left = nursery.call(
        copy, *words.split(), fault=("close", *closed), to_the_end=words.startswith(TO_THE_END) and len(closed) == 3
    )
    judged(left, COMMANDS[words])
    sound(copy)
    tried("commands without a standard stream")


@pytest.mark.parametrize("words", [words for words in COMMANDS if not words.startswith(SLOW)])
def test_a_stdout_that_is_full_is_told_and_what_was_made_stays(words, nursery, tried, copy):
    left = nursery.call(copy, *words.split(), fault=("full", 1), to_the_end=words.startswith(TO_THE_END))
    judged(left, 1)
    assert f"{os.strerror(errno.ENOSPC)}: standard output" in left.told
    assert bool(new(copy)) == ("new" in words)
    tried("commands whose stdout is full")


@pytest.mark.parametrize("fault", [("full", 2), ("deafen",)], ids=str)
@pytest.mark.parametrize(
    "words", ["train iris --optimizer gd --learning-rate 9 --out new", "predict run iris", "nonsense"]
)
def test_nobody_hears_and_all_is_done(words, fault, nursery, tried, copy):
    heard = nursery.call(copy, *words.split())
    assert heard.err
    shutil.rmtree(copy / "new", ignore_errors=True)
    left = nursery.call(copy, *words.split(), fault=fault, to_the_end=True)
    assert left.code == heard.code
    assert (copy / "new").exists() == ("new" in words)
    tried("commands whose stderr cannot be written to")


def test_a_prediction_whose_reader_has_gone_ends_though_rows_keep_coming(shell):
    shell.ok("train", "iris", "--out", "run", "-q")
    header, *rows = shell.ok("datasets", "export", "iris").out.splitlines(keepends=True)
    reading, writing = os.pipe()
    with shell.popen("predict", "run", "-", "-q", stdin=reading) as process:
        os.close(reading)
        os.write(writing, header.encode())
        block = "".join(rows * 20).encode()[: 1 << 15]
        block = block[: block.rfind(b"\n") + 1]
        os.write(writing, block)
        assert process.stdout.readline()
        process.stdout.close()
        began = time.monotonic()
        with pytest.raises(BrokenPipeError):  # the end of the other process
            while time.monotonic() - began < 20:
                os.write(writing, block)
        assert process.wait(timeout=10) == 0
        assert not process.stderr.read()
    os.close(writing)


def test_a_prediction_whose_reader_has_gone_ends_though_no_row_comes(shell):
    """Nobody notices before there is something to write; then it ends at once, though the input stays open."""
    shell.ok("train", "iris", "--out", "run", "-q")
    header, *rows = shell.ok("datasets", "export", "iris").out.splitlines(keepends=True)
    with shell.popen("predict", "run", "-", "-q", stdin=subprocess.PIPE) as process:
        process.stdin.write(header + rows[0])
        process.stdin.flush()
        assert process.stdout.readline()
        process.stdout.close()
        process.stdin.write(rows[1])
        process.stdin.flush()
        assert process.wait(timeout=20) == 0
        assert not process.stderr.read()

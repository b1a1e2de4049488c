"""Memory that is limited, or not there, and threads that cannot be started: told in words, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from nursery import ROOT
from remains import contents, sound
from stories import ONE

from softreg import memory
from softreg.cli.memory import OF_A_CORE, START
from softreg.plots.style import new_figure, save

NEEDED = START + OF_A_CORE * (os.cpu_count() or 1)
COMMANDS = [
    "train data.csv --epochs 5 --optimizer gd --out new -q",
    "train data.csv --epochs 5 --optimizer gd --out run --overwrite -q",
    "train digits --l2 auto --folds 2 --epochs 5 --out new -q",
    "train --resume run --epochs 6 -q",
    "predict run data.csv -o new.csv -q",
    "predict run data.csv --proba",
    "evaluate run data.csv",
    "check run",
    "plot run --kind weights -o new.png -q",
    "explain run data.csv --row 2 -o new.png",
    "compare run other --test data.csv",
    "export run -o new.json -q",
    "datasets export digits -o new.csv",
    "learn softmax --out new --markdown new.md",
    "grade hw1.py",
]


@pytest.fixture(scope="module")
def room(nursery, tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    (folder / "hw1.py").write_text(ONE)
    rng = np.random.default_rng(0)
    rows = (",".join([*(f"{x:.6f}" for x in row), "abc"[int(row[0] * 3)]]) for row in rng.random((400, 20)))
    (folder / "data.csv").write_text("\n".join([",".join([*(f"x{k}" for k in range(20)), "label"]), *rows]) + "\n")
    for name in ("run", "other"):
        words = ("train", "data.csv", "--optimizer", "gd", "--epochs", 4, "--checkpoint-every", 2, "-q", "--out", name)
        assert nursery.call(folder, *words).code == 0
    return folder


def told_of_memory(left) -> None:
    assert left.code == 1, left
    assert "not enough memory" in left.told, left
    assert "Use fewer rows or columns" in left.told or "could not be graded" in left.told, left
    assert not {"Traceback", "Unexpected"} & {*left.told.replace(":", " ").split()}, left


@pytest.mark.parametrize("words", COMMANDS)
def test_no_memory_for_an_array_is_told_and_nothing_is_damaged(words, nursery, places, tried, room, tmp_path):
    before = contents(room)
    copy = shutil.copytree(room, tmp_path / "peace")
    peace = nursery.call(copy, *words.split(), fault=("forget", -1))
    assert peace.code == 0, peace
    every, codes = (1 if peace.asked < 300 else 10), []
    for place in places(peace.asked // every, 3):
        folder = shutil.copytree(room, tmp_path / f"forgot-{place}")
        left = nursery.call(folder, *words.split(), fault=("forget", place * every))
        tried("arrays for which there was no memory")
        codes.append(left.code)
        if left.code == 0:
            assert left.asked <= place * every, left  # a thread was quicker this time: it did not come to that array
            continue
        told_of_memory(left)
        sound(folder)
        after = contents(folder)
        assert {name: after.get(name) for name in before} == before
        assert not (folder / "new/metrics.json").exists()
        assert not (folder / "new.csv").exists()
    assert 1 in codes


@pytest.mark.parametrize("words", ["train data.csv --threads 4 --epochs 3 --out new -q", "predict run data.csv"])
def test_threads_that_cannot_be_started_are_told(words, nursery, tried, room, tmp_path):
    for place in range(3):
        folder = shutil.copytree(room, tmp_path / f"without-{place}")
        left = nursery.call(folder, *words.split(), fault=("no_threads", place))
        tried("threads that could not be started")
        if left.code == 0:
            assert left.asked <= place  # it needs fewer
            continue
        assert left.code == 1, left
        assert "No further thread could be started" in left.told
        assert not (folder / "new").exists()


def test_one_thread_needs_no_other(nursery, room, tmp_path):
    folder = shutil.copytree(room, tmp_path / "room")
    words = "train data.csv --threads 1 --epochs 3 --out new -q"
    assert nursery.call(folder, *words.split(), fault=("no_threads", 0)).code == 0


def limited(folder, mebibytes: float, *words: str) -> subprocess.CompletedProcess[str]:
    """Run softreg as a process that may take so much memory."""
    command = ["sh", "-c", f'ulimit -v {int(mebibytes * 1024)}; exec "$0" "$@"', sys.executable, "-m", "softreg"]
    return subprocess.run(
        [*command, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit of addresses is not kept")


@linux
def test_a_limit_under_which_libraries_hang_or_abort_is_refused_beforehand(room, tried):
    for mebibytes in (NEEDED // 8, NEEDED - 1):
        done = limited(room, mebibytes, "train", "data.csv", "--out", "new")
        tried("limits of memory")
        assert done.returncode == 1
        assert f"Type ulimit -v {NEEDED * 1024}" in done.stderr
        assert "Traceback" not in done.stderr
    assert limited(room, 200, "train", "--help").returncode == 0


@linux
def test_under_a_limit_all_is_done_or_nothing(room, places, tried, tmp_path):
    """On a table that needs some 350 MiB more than softreg as it starts."""
    header, *rows = (room / "data.csv").read_text().splitlines(keepends=True)
    (tmp_path / "large.csv").write_text(header + "".join(rows * 150))
    ladder = [0, 20, 40, 60, 80, 100, 150, 200, 250, 300, 350, 400, 500, 600]
    for step in places(len(ladder), 3):
        words = ("large.csv", "--epochs", "1", "--optimizer", "gd", "--out", "new", "-q")
        done = limited(tmp_path, NEEDED + ladder[step], "train", *words)
        tried("limits of memory")
        assert done.returncode in {0, 1}, done
        assert (tmp_path / "new/metrics.json").exists() == (done.returncode == 0)
        if done.returncode:
            assert "not enough memory" in " ".join(done.stderr.split()) or "No further thread" in done.stderr
            assert "Traceback" not in done.stderr
        sound(tmp_path)
        shutil.rmtree(tmp_path / "new", ignore_errors=True)


@linux
def test_what_is_needed_is_compared_with_what_the_limit_leaves(monkeypatch):
    memory.need(10**15)  # without a limit nothing is known
    monkeypatch.setattr(memory, "limit", lambda: 10**12)
    memory.need(10**9)
    with pytest.raises(MemoryError):
        memory.need(10**12)


def test_an_encoder_without_memory_is_no_fault_of_the_file(monkeypatch, tmp_path):
    figure = new_figure(1, 1)

    def refuse(*_, **__):
        raise OSError("encoder error -9 when writing image file")

    monkeypatch.setattr(figure, "savefig", refuse)
    with pytest.raises(MemoryError):
        save(figure, tmp_path / "a.png")
    assert not [*tmp_path.iterdir()]


def test_a_panic_of_a_library_reaches_no_user_as_a_traceback(shell, monkeypatch):
    import polars as pl

    def panic(*_, **__):
        raise pl.exceptions.PanicException("called `Result::unwrap()` on an `Err` value")

    monkeypatch.setattr("softreg.workflows.carry.contents", panic)
    done = shell("show", "run")
    assert done.code == 1
    assert "PanicException" in done.err
    assert "Traceback" not in done.err

"""Two at once on one folder: one works, the other is told so, and nothing of theirs is mixed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from remains import contents, timeless

from softreg import locks
from softreg.runs import Run

SHORT = ("iris", "--optimizer", "gd", "--epochs", 4, "--out", "one", "-q")
LONG = ("digits", "--optimizer", "gd", "--epochs", 10**7, "--tol", 0, "--checkpoint-every", 1, "--out", "one", "-q")


def begun(shell, *words: object, waits_for: str = "one/checkpoint.npz") -> subprocess.Popen[str]:
    """A training that does not end by itself, once it has written its first checkpoint."""
    path = shell.folder / waits_for
    before = path.stat().st_ino if path.exists() else None
    process = shell.popen("train", *words)
    limit = time.monotonic() + 60
    while not path.exists() or path.stat().st_ino == before:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < limit
        time.sleep(0.02)
    return process


def killed(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def refused(shell, *words: object) -> str:
    done = shell(*words)
    assert done.code == 2, done
    assert not done.out
    return " ".join(done.err.split())


SECOND = [
    ("train", *SHORT, "--overwrite"),
    ("train", *SHORT),
    ("train", "--resume", "one"),
    ("plot", "one"),
    ("plot", "one/checkpoint.npz"),
]


@pytest.mark.parametrize("first", ["train", "overwrite", "resume"])
def test_where_a_training_is_at_work_nobody_else_writes(shell, no_pictures, first):
    """Whoever comes second is refused, the first one goes on, and a kill leaves no lock behind."""
    if first == "train":
        process = begun(shell, *LONG)
    elif first == "overwrite":
        shell.ok("train", *SHORT)
        process = begun(shell, *LONG, "--overwrite", waits_for="one/.new/checkpoint.npz")
    else:
        killed(begun(shell, *LONG))
        process = begun(shell, "--resume", "one", "--checkpoint-every", 1)
    for words in SECOND:
        assert "at work in one" in refused(shell, *words)
    assert process.poll() is None
    killed(process)
    shell.ok("train", *SHORT, "--overwrite")
    shell.ok("plot", "one")


def test_a_run_that_is_being_trained_is_told_so_and_its_checkpoint_can_be_used(shell):
    process = begun(shell, *LONG)
    done = shell("predict", "one", "digits")
    assert done.code == 3
    assert "being trained just now" in " ".join(done.err.split())
    assert "one/checkpoint.npz" in done.err
    shell.ok("plot", "one/checkpoint.npz", "-o", "curve.png")
    killed(process)
    assert "did not finish" in " ".join(shell("predict", "one", "digits").err.split())


def test_a_complete_run_stays_until_another_complete_one_takes_its_place(shell, no_pictures):
    shell.ok("train", *SHORT)
    shell.ok("plot", "one", "--kind", "weights")
    before = contents(shell.folder / "one")
    process = begun(shell, *LONG, "--overwrite", waits_for="one/.new/checkpoint.npz")
    now = contents(shell.folder / "one")
    assert {name: content for name, content in now.items() if not name.startswith(".new")} == before
    shell.ok("predict", "one", "iris")
    killed(process)
    now = contents(shell.folder / "one")
    assert {name: content for name, content in now.items() if not name.startswith(".new")} == before
    reached = Run(shell.folder / "one/.new", halfway=True).history()[-1]["epoch"]
    shell.ok("train", "--resume", "one", "--epochs", reached + 2, "-q")
    whole = [*LONG[:4], reached + 2, "--tol", 0, "--out", "whole", "-q"]
    shell.ok("train", *whole)
    assert timeless(shell.folder / "one") == timeless(shell.folder / "whole")  # and nothing is left of either


def test_a_training_that_fails_loses_no_earlier_run(shell, no_pictures):
    shell.ok("train", *SHORT)
    before = contents(shell.folder)
    shell.write("bad.csv", "a,y\n1,x\n")
    for words in (["bad.csv"], ["nowhere.csv"], ["iris", "--init-from", "nowhere"]):
        done = shell("train", *words, "--out", "one", "--overwrite")
        assert done.code == 3
    (shell.folder / "bad.csv").unlink()
    assert contents(shell.folder) == before


def test_a_training_that_fails_leaves_no_folder(shell):
    shell.write("bad.csv", "a,y\n1,x\n")
    assert shell("train", "bad.csv", "--out", "deep/er/one").code == 3
    assert [path.name for path in shell.folder.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize("words", [SHORT, (*SHORT, "--overwrite")])
def test_of_many_at_once_every_one_has_the_folder_to_itself_or_is_refused(shell, words):
    processes = [shell.popen("train", *words) for _ in range(5)]
    codes = [process.wait(timeout=120) for process in processes]
    told = [process.communicate()[1] for process in processes]
    assert set(codes) <= {0, 2}, told
    assert codes.count(0) >= 1
    for code, text in zip(codes, told, strict=True):
        assert ("at work" in text or "is not empty" in text) == (code == 2)
    shell.ok("train", *SHORT[:-2], "whole", "-q")
    assert timeless(shell.folder / "one") == timeless(shell.folder / "whole")


def test_resumes_at_once_end_as_one(shell):
    killed(begun(shell, *LONG))
    reached = Run(shell.folder / "one", halfway=True).history()[-1]["epoch"]
    processes = [shell.popen("train", "--resume", "one", "--epochs", reached + 40, "-q") for _ in range(3)]
    codes = [process.wait(timeout=120) for process in processes]
    for process in processes:
        process.communicate()
    assert 0 in codes
    assert set(codes) <= {0, 2}
    shell.ok("train", *LONG[:4], reached + 40, "--tol", 0, "--out", "whole", "-q")
    assert timeless(shell.folder / "one") == timeless(shell.folder / "whole")


def test_pictures_are_drawn_side_by_side(flowers):
    with locks.held(flowers.folder / "runs/iris-1", shared=True):
        flowers.ok("plot", "iris-1")
        assert "at work in runs/iris-1" in refused(flowers, "train", "--resume", "iris-1")


def test_pictures_of_an_earlier_state_go_with_it(shell, no_pictures):
    shell.ok("train", *SHORT)
    shell.ok("plot", "one", "--kind", "weights")
    shell.ok("train", "--resume", "one", "--epochs", 6, "-q")
    assert not (shell.folder / "one/weights.png").exists()


@pytest.mark.parametrize("n_moved", range(9))
def test_a_run_that_was_half_moved_into_its_place_is_moved_by_whoever_comes_next(
    shell, no_pictures, n_moved, monkeypatch
):
    shell.ok("train", "wine", "--out", "one", "-q")
    shell.ok("plot", "one", "--kind", "weights")
    shell.ok("train", *SHORT[:-2], "whole", "-q")
    moved = []
    with monkeypatch.context() as patch:
        before = Path.replace

        def replace(path, to):
            if path.parent.name == ".new" and not path.name.startswith("."):
                moved.append(path)
                if len(moved) > n_moved:
                    raise KeyboardInterrupt
            return before(path, to)

        patch.setattr(Path, "replace", replace)
        done = shell("train", *SHORT, "--overwrite")
    assert done.code == (130 if len(moved) > n_moved else 0)
    assert (done.code == 0) == (n_moved == 8)
    shell.ok("show", "one")
    assert timeless(shell.folder / "one") == timeless(shell.folder / "whole")

"""A run takes the place of another: whoever comes, in whatever order, finds one that is complete."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from remains import contents, timeless

TRAIN = ("train", "iris", "--optimizer", "gd", "--epochs", 4, "--out", "one", "-q")
LOOKS = [
    ("show", "evil"),
    ("predict", "evil", "iris"),
    ("plot", "evil"),
    ("train", "--resume", "evil"),
    ("check", "evil"),
]


@pytest.fixture
def mine(shell, no_pictures):
    """A complete run of one's own, beside which a folder from elsewhere lies."""
    shell.ok("train", "wine", "--out", "mine", "-q")
    (shell.folder / "evil").mkdir()
    return shell.folder / "mine"


def half_moved(shell, monkeypatch) -> None:
    """A complete run of iris was killed in the midst of taking the place of one of wine."""
    shell.ok("train", "wine", "--out", "one", "-q")
    with monkeypatch.context() as patch:
        before, moved = Path.replace, []

        def replace(path, to):
            if path.parent.name == ".new" and not path.name.startswith("."):
                moved.append(path)
                if len(moved) > 3:
                    raise KeyboardInterrupt
            return before(path, to)

        patch.setattr(Path, "replace", replace)
        assert shell(*TRAIN, "--overwrite").code == 130
    assert (shell.folder / "one/.new/metrics.json").exists()
    assert not (shell.folder / "one/metrics.json").exists()


@pytest.mark.parametrize("words", LOOKS)
def test_a_link_in_place_of_a_successor_leads_nowhere(shell, mine, words):
    """As it may lie in an archive: a command that looks at the one folder must not touch the other."""
    (shell.folder / "evil/.new").symlink_to("../mine")
    before = contents(mine)
    assert shell(*words).code in {2, 3}
    assert contents(mine) == before


def test_training_over_a_folder_with_a_link_in_place_of_a_successor_touches_nothing_else(shell, mine):
    (shell.folder / "evil/config.toml").write_text("")
    (shell.folder / "evil/.new").symlink_to("../mine")
    before = contents(mine)
    shell(*TRAIN[:-2], "evil", "--overwrite")
    assert contents(mine) == before


@pytest.mark.parametrize("name", ["history.csv", "model.npz", "config.toml"])
def test_a_link_to_what_is_not_there_is_not_written_through(shell, mine, name):
    (shell.folder / "evil" / name).symlink_to(shell.folder / "stolen")
    shell(*TRAIN[:-2], "evil", "--overwrite")
    assert not (shell.folder / "stolen").exists()


@pytest.mark.parametrize("out", [".new", "mine/.new", "mine/.new/"])
def test_no_run_is_called_as_successors_are(shell, mine, out):
    for name in ("config.toml", "metrics.json", "weights.png"):
        (shell.folder / name).write_text("my own")
    before = contents(shell.folder)
    done = shell(*TRAIN[:-3], "--out", out)
    assert done.code == 2
    assert "Name another" in " ".join(done.err.split())
    assert contents(shell.folder) == before


def test_a_folder_called_as_successors_are_moves_nowhere(shell, mine):
    shell.ok(*TRAIN, "--checkpoint-every", 1)
    shutil.move(shell.folder / "one", shell.folder / ".new")
    (shell.folder / "config.toml").write_text("my own")
    before = contents(shell.folder)
    for words in (("train", "--resume", ".new"), ("train", "--resume", ".new/checkpoint.npz"), ("show", ".new")):
        shell(*words)
        assert contents(shell.folder) == before


@pytest.mark.parametrize(
    "words", [(*TRAIN, "--overwrite"), ("train", "--resume", "one", "--epochs", 6), ("plot", "one")]
)
def test_a_half_moved_run_is_whole_before_anything_else_happens_to_it(shell, no_pictures, monkeypatch, words):
    shell.ok(*TRAIN[:-2], "whole", "-q")
    half_moved(shell, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr("softreg.workflows.trained.record", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        shell(*words)
    assert shell("show", "one").code == 0
    assert timeless(shell.folder / "one").items() >= timeless(shell.folder / "whole").items()


def test_what_is_unfinished_is_told_to_go_on_where_its_successor_has_a_checkpoint(shell, no_pictures):
    shell.ok(*TRAIN, "--checkpoint-every", 1)
    run = shell.folder / "one"
    shutil.copytree(run, run / ".new")
    (run / ".new/metrics.json").unlink()
    for name in ("metrics.json", "checkpoint.npz"):
        (run / name).unlink()
    told = " ".join(shell("show", "one").err.split())
    assert "softreg train --resume one" in told
    shell.ok("predict", "one/.new/checkpoint.npz", "iris")
    shell.ok("train", "--resume", "one", "-q")
    shell.ok("show", "one")


@pytest.mark.parametrize("name", ["metrics.json", "config.toml", "history.csv", "checkpoint.npz", "model.npz"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_never_ends_is_no_file_of_a_run(shell, no_pictures, name, kind):
    """A pipe or a device may lie in an archive, too: to read it would be to wait, or to fill the memory, for ever."""
    shell.ok(*TRAIN, "--checkpoint-every", 1)
    path = shell.folder / "one" / name
    path.unlink()
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    for words in (("compare", "one", "one"), ("plot", "one"), ("predict", "one", "iris"), ("train", "--resume", "one")):
        done = shell(*words)
        assert done.code in {0, 3}, done
        assert done.code == 0 or "no file" in done.err or "link" in done.err, done

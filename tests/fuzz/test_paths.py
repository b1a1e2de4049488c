"""No name in a file leads out of the folder that is written to: archives, configurations, runs, homework, downloads."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from urllib.error import URLError

import mutators
import numpy as np
import pytest
import tomli_w
from room import Room
from targets import TARGETS, seeds_of

from softreg.files import leading_out

ESCAPES = ("../../evil", "/tmp/softreg-evil", "..\\..\\evil", "a/../../../evil", "~/evil", "\x1b[2J/evil", "." * 3)


@pytest.fixture
def room(pristine, tmp_path) -> Room:
    return Room(pristine, tmp_path / "a/b/room")


def everything(folder: Path) -> dict[str, bytes]:
    """All files around the room."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "room" not in path.relative_to(folder).parts
    }


def written(room: Room) -> set[str]:
    return {str(path.relative_to(room.folder)) for path in room.folder.rglob("*")}


@pytest.mark.parametrize("name", ESCAPES)
def test_a_member_of_an_archive_is_written_nowhere(room, tmp_path, name):
    before = written(room)
    model = mutators.members_of((room.folder / "model.npz").read_bytes())
    (room.folder / "model.npz").write_bytes(mutators.resealed_members([*model, (name, b"evil"), (f"{name}.npy", b"")]))
    np.savez(room.folder / "t.npz", **{name: np.ones(1)}, X=np.ones((4, 1)), y=np.array([0, 1, 0, 1]))
    assert room.shell("show", "model.npz").code == 6
    assert room.shell("evaluate", "sparse", "t.npz").code == 3
    assert written(room) == before | {"t.npz"}
    assert not everything(tmp_path)


@pytest.mark.parametrize("key", ["out", "overwrite", "config", "resume", "json", "quiet", "checkpoint_every"])
def test_a_configuration_names_no_place_to_write_to(room, tmp_path, key):
    (room.folder / "c.toml").write_text(tomli_w.dumps({"data": "rows.csv", "target": "y", key: "../evil"}))
    before = written(room)
    assert room.shell("train", "--config", "c.toml").code == 2
    assert written(room) == before
    assert not everything(tmp_path)


@pytest.mark.parametrize("name", ESCAPES)
def test_the_name_of_some_data_names_no_folder_elsewhere(room, tmp_path, name):
    """What was downloaded tells its own name, after which a run is called."""
    room.as_it_was()
    for content in seeds_of("download", room.folder)[:1]:
        members = dict(mutators.members_of(content))
        told = json.loads(np.load(_file(members["meta.npy"])).tobytes()) | {"name": name}
        members["meta.npy"] = mutators.npy_of(np.frombuffer(json.dumps(told).encode(), np.uint8))
        path = room.folder / TARGETS["download"].file
        path.parent.mkdir(parents=True)
        path.write_bytes(mutators.zipped(list(members.items())))
        room.shell.ok("train", "covtype", "-q", "--epochs", 1, "--test-size", 0)
    made = [path for path in (room.folder / "runs").iterdir() if path.is_dir()]
    assert len(made) == 1
    assert (made[0] / "model.npz").is_file()
    assert not everything(tmp_path)


def _file(content: bytes):
    import io

    return io.BytesIO(content)


def test_a_configuration_names_a_folder_to_read_from_and_none_to_download_to(room, tmp_path):
    home = tmp_path / "home"
    (room.folder / "c.toml").write_text(tomli_w.dumps({"data": "covtype", "data_home": str(home)}))
    done = room.shell("train", "--config", "c.toml")
    assert done.code == 3
    assert f"--data-home {home}" in " ".join(done.err.split()).replace("- ", "-")
    assert not home.exists()
    done = room.shell("train", "--config", "c.toml", "--data-home", home)  # asked for: here it fails for the network
    assert "could not be downloaded" in " ".join(done.err.split())

    home.mkdir(exist_ok=True)
    (home / "covtype.npz").write_bytes(seeds_of("download", room.folder)[0])
    room.shell.ok("train", "--config", "c.toml", "-q", "--epochs", 1, "--test-size", 0, "--out", "kept")
    shutil.rmtree(home)
    done = room.shell("check", "kept")  # of a run, whose configuration names it, too
    assert done.code == 3
    assert f"--data-home {home}" in " ".join(done.err.split()).replace("- ", "-")
    assert not home.exists()


FILLING = {
    "train": "train covtype",
    "train --test": "train rows.csv --target y --test covtype",
    "check": "check covtype",
    "evaluate": "evaluate run covtype",
    "predict": "predict run covtype",
    "explain": "explain run covtype",
    "compare": "compare run other --test covtype",
    "datasets_show": "datasets show covtype",
    "datasets_export": "datasets export covtype",
    "learn": "learn linear --data covtype",
}
"""What a user types to have something downloaded, by the name of the command."""


@pytest.mark.parametrize("command", FILLING)
def test_what_a_user_names_is_downloaded_to_the_home_that_he_names_or_to_the_default_one(
    room, tmp_path, monkeypatch, command
):
    asked = []

    def fetch_covtype(data_home):
        asked.append(data_home)
        raise URLError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_covtype", fetch_covtype)
    words, home = FILLING[command].split(), str(tmp_path / "home")
    expected = [str(room.folder / ".cache/softreg")]
    room.shell(*words)
    if command != "learn":  # whose home is always the default one
        room.shell(*words, "--data-home", home)
        room.shell(*words, **{f"SOFTREG_{command.split()[0].upper()}_DATA_HOME": home})
        expected += [home, home]
    assert asked == expected


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("curves.png", ("plot", "run")),
        ("confusion.png", ("plot", "run", "--kind", "confusion")),
        ("history.csv", ("train", "--resume", "run", "--epochs", 8)),
        ("model.npz", ("train", "--resume", "run", "--epochs", 8)),
        ("metrics.json", ("train", "--resume", "run", "--epochs", 8)),
        ("checkpoint.npz", ("train", "--resume", "run", "--epochs", 8)),
        ("config.toml", ("train", "--resume", "run", "--epochs", 8)),
    ],
)
def test_a_link_in_a_run_from_others_leads_no_writer_out_of_it(room, tmp_path, link, words):
    """A run that was unpacked from somewhere may hold links; what they lead to stays as it is."""
    path, mine = room.folder / "run" / link, tmp_path / "mine"
    if path.exists():
        shutil.move(path, mine)
    else:
        mine.write_bytes(b"mine")
    before = mine.read_bytes()
    path.symlink_to(mine)
    done = room.shell(*words)
    assert done.code == 3, done
    assert "link" in done.err
    assert mine.read_bytes() == before
    assert path.is_symlink()
    if link == "curves.png":
        room.shell.ok("plot", "run", "-o", "elsewhere.png", "-q")


def test_overwriting_a_run_removes_its_links_and_not_what_they_lead_to(room, tmp_path):
    (tmp_path / "mine").write_bytes(b"mine")
    for name in ("curves.png", "model.npz", "history.csv"):
        (room.folder / "run" / name).unlink(missing_ok=True)
        (room.folder / "run" / name).symlink_to(tmp_path / "mine")
    room.shell.ok("train", "rows.csv", "--target", "y", "--out", "run", "--overwrite", "-q", "--epochs", 1)
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert not (room.folder / "run/model.npz").is_symlink()


def test_the_pointer_to_the_last_run_is_replaced_where_it_is_a_link(room, tmp_path):
    (tmp_path / "mine").write_bytes(b"mine")
    (room.folder / "runs").mkdir(exist_ok=True)
    (room.folder / "runs/.last").unlink(missing_ok=True)
    (room.folder / "runs/.last").symlink_to(tmp_path / "mine")
    room.shell.ok("train", "rows.csv", "--target", "y", "-q", "--epochs", 1)
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert room.shell("show", "last").code == 0


@pytest.mark.parametrize("word", ["{up}", "..", "/", "run/../..", "runs/\0x", "x" * 5000])
def test_the_pointer_to_the_last_run_leads_into_no_folder_but_a_runs(room, tmp_path, word):
    (room.folder / "runs").mkdir(exist_ok=True)
    up = tmp_path / "a"
    (room.folder / "runs/.last").write_text(word.format(up=up))
    before, around = written(room), {str(path) for path in tmp_path.rglob("*")}
    for words in (["plot", "last"], ["plot", "last", "--kind", "confusion"], ["train", "--resume", "last"]):
        assert room.shell(*words).code in {2, 3}
    assert written(room) == before
    assert {str(path) for path in tmp_path.rglob("*")} == around


HOMEWORK = '[functions]\nsoftmax = "softmax(logits) -> proba"\n[points]\nshapes = 1\n'


def test_homework_with_any_name_is_graded_into_the_folder_of_grades_alone(room, tmp_path):
    class_ = room.folder / "class"
    class_.mkdir()
    for name in ("..x", "a\\..\\b", "\x1b[2J", "-o", "%2e%2e%2f", "...", "a:b", "~", "con"):
        (class_ / f"{name}.py").write_text("x = 1\n")
    (class_ / "out").symlink_to(tmp_path)
    (class_ / "link.py").symlink_to(tmp_path / "none.py")
    deep = class_ / "deep" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "..hw.py").write_text("x = 1\n")
    (room.folder / "hw.toml").write_text(HOMEWORK)
    before = written(room)
    room.shell.ok("grade", "class", "--spec", "hw.toml", "--out", "grades", "-q")
    new = written(room) - before
    shown = [path for path in class_.iterdir() if not path.name.startswith(".")]
    assert len([name for name in new if name.startswith("grades/feedback/")]) == len(shown)
    assert {name.partition("/")[0] for name in new} == {"grades"}
    assert not everything(tmp_path)


@pytest.mark.parametrize("link", ["feedback", "gradescope", ".softreg", "grades.csv", "feedback/ann.md"])
def test_a_link_in_a_folder_of_grades_leads_no_writer_out_of_it(room, tmp_path, link):
    (room.folder / "class").mkdir()
    (room.folder / "class/ann.py").write_text("x = 1\n")
    (room.folder / "hw.toml").write_text(HOMEWORK)
    room.shell.ok("grade", "class", "--spec", "hw.toml", "--out", "grades", "-q")
    path, mine = room.folder / "grades" / link, tmp_path / "mine"
    shutil.move(path, mine)
    path.symlink_to(mine)
    before = everything(tmp_path)
    (room.folder / "class/ann.py").write_text("y = 1\n")
    for more in ([], ["--overwrite"]):
        assert room.shell("grade", "class", "--spec", "hw.toml", "--out", "grades", *more).code == 3
    assert everything(tmp_path) == before


def test_leading_out_is_told_of_links_in_a_circle_and_of_folders_too(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "own").write_text("")
    (inside / "to_own").symlink_to("own")
    (inside / "round").symlink_to("round")
    (inside / "folder").symlink_to(outside)
    assert leading_out([inside / "own", inside / "to_own", inside / "new", inside / "round"], inside) is None
    assert leading_out([inside / "own", inside / "folder" / "x"], inside) == inside / "folder" / "x"
    assert os.path.lexists(inside / "round")

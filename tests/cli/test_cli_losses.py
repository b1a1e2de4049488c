"""What a user may lose by a slip of the hand, and does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TRAIN = ("train", "iris", "--optimizer", "gd", "--epochs", 2, "-q", "--out")
TABLE = "size,colour,y\n1,red,a\n2,blue,b\n3,red,a\n4,blue,b\n5,red,b\n6,blue,a\n"


def refused(done, code: int, *words: str) -> None:
    assert done.code == code, done
    told = " ".join(done.err.split())
    assert all(word in told for word in words), told
    assert "Traceback" not in told
    assert "Unexpected" not in told


@pytest.fixture
def room(shell, no_pictures):
    shell.ok(*TRAIN, "run")
    shell.write("t.csv", TABLE)
    return shell


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("t.csv", "datasets export t.csv -o t.csv --overwrite"),
        ("t.csv", "predict run t.csv -o t.csv --overwrite"),
        ("t.csv", "predict run ./t.csv -o ../{folder}/t.csv --overwrite"),
        ("t.csv", "learn linear --data t.csv --markdown t.csv --overwrite"),
        ("run/model.npz", "export run --format json -o run/model.npz --overwrite"),
        ("run/metrics.json", "export run --format json -o run/metrics.json --overwrite"),
    ],
)
def test_what_is_read_is_not_written_over(room, lost, words):
    before = (room.folder / lost).read_bytes()
    refused(room(*words.format(folder=room.folder.name).split()), 2, "is the input itself, and would be lost")
    assert (room.folder / lost).read_bytes() == before


NEW = [
    ("a.csv", "predict run iris -o a.csv"),
    ("a.parquet", "predict run iris -o a.parquet"),
    ("a.csv", "datasets export iris -o a.csv"),
    ("a.json", "export run -o a.json"),
    ("run-coefficients.csv", "export run --format csv"),
    ("a.png", "plot run -o a.png"),
    ("a.svg", "explain run iris --row 3 -o a.svg"),
    ("a.md", "learn softmax --markdown a.md"),
    ("out/softmax.png", "learn softmax --out out"),
    ("hw1.toml", "grade --template plain -o ."),
]


@pytest.mark.parametrize(("name", "words"), NEW)
def test_a_file_that_appears_while_a_command_works_is_not_replaced(room, monkeypatch, name, words):
    """As of two commands that were given one name; whoever is done first has it."""
    path, before = room.folder / name, Path.chmod

    def chmod(part, mode):
        before(part, mode)
        if part.name.startswith(f".{path.name}."):  # it is written whole, and about to get its name
            path.write_text("theirs")

    monkeypatch.setattr(Path, "chmod", chmod)
    words = words.split()
    refused(room(*words), 2, f"{path.name} exists.", "add --overwrite")
    assert path.read_text() == "theirs"
    assert not list(path.parent.glob(".*.part"))
    monkeypatch.undo()
    room.ok(*words, "--overwrite")
    assert path.read_bytes() != b"theirs"


@pytest.mark.parametrize("more", [[], ["--overwrite"]])
def test_a_link_that_goes_round_in_a_circle_is_told_and_stays(room, more):
    for name, to in (("one.csv", "two.csv"), ("two.csv", "one.csv")):
        (room.folder / name).symlink_to(to)
    refused(room("predict", "run", "iris", "-o", "one.csv", *more), 3, "symbolic links: one.csv")
    assert (room.folder / "one.csv").is_symlink()


def test_a_folder_is_no_output_with_or_without_overwrite(room):
    for more in ([], ["--overwrite"]):
        refused(room("predict", "run", "iris", "-o", ".", *more), 2, "exists, and is no file")


def test_a_folder_with_a_file_that_a_run_might_have_is_no_run(room):
    """--overwrite is meant for runs; the user's own table may well be called predictions.csv."""
    (room.folder / "mine").mkdir()
    (room.folder / "mine/predictions.csv").write_text(TABLE)
    refused(
        room("train", "mine/predictions.csv", "--out", "mine", "--overwrite"), 2, "holds predictions.csv and no run"
    )
    assert (room.folder / "mine/predictions.csv").read_text() == TABLE


def test_a_folder_where_a_run_has_a_file_is_told_before_anything_is_removed(room):
    (room.folder / "run/model.npz").unlink()
    (room.folder / "run/model.npz").mkdir()
    before = (room.folder / "run/metrics.json").read_bytes()
    refused(room(*TRAIN, "run", "--overwrite"), 2, "run/model.npz is a folder")
    assert (room.folder / "run/metrics.json").read_bytes() == before


@pytest.mark.parametrize(
    "words", ["predict run iris -o pipe", "export run --format json -o pipe", "datasets export wine -o pipe"]
)
def test_a_pipe_or_a_device_is_not_replaced_by_a_file(room, words):
    os.mkfifo(room.folder / "pipe")
    refused(room(*words.split(), "--overwrite"), 2, "pipe exists, and is no file", "- for standard output")
    assert (room.folder / "pipe").is_fifo()


@pytest.mark.parametrize("words", [("train", "b\udcff.csv"), ("train", "iris", "--out", "o\udcff")])
def test_a_name_that_is_not_utf_8_is_refused_before_anything_is_done(room, words):
    before = sorted(room.folder.iterdir())
    refused(room(*words), 2, "is not UTF-8", "another name")
    assert sorted(room.folder.iterdir()) == before


@pytest.mark.parametrize(
    "words",
    [("train", "iris", "--out", ""), ("predict", "", "iris"), ("predict", "run", "iris", "-o", "")],
)
def test_an_empty_name_is_that_of_a_variable_that_is_not_set(room, words):
    before = sorted(room.folder.iterdir())
    refused(room(*words), 2, "is empty", "variable")
    assert sorted(room.folder.iterdir()) == before


def test_a_training_that_could_write_nothing_leaves_nothing_in_its_way(room, monkeypatch):
    def full(path: Path, _: bytes, **_more: bool) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("softreg.files.write_bytes", full)
        refused(room(*TRAIN, "new"), 1, "No space left on device: new/", "Make room")
    assert not (room.folder / "new").exists()
    room.ok(*TRAIN, "new")


SOFTMAX = (
    "import numpy as np\n\ndef softmax(logits):\n    e = np.exp(logits)\n    return e / e.sum(axis=1, keepdims=True)\n"
)


@pytest.fixture
def graded(shell):
    """A class of two that was graded, with a teacher's corrections in two reports."""
    shell.ok("grade", "--template", "plain", "-o", "hw", "-q")
    (shell.folder / "class").mkdir()
    for name in ("ann", "bob"):
        shell.write(f"class/{name}.py", SOFTMAX)
    shell.ok(*GRADE)
    for name in ("grades/grades.csv", "grades/feedback/bob.md"):
        shell.write(name, shell.read(name) + "a remark\n")
    return shell


GRADE = ("grade", "class", "--spec", "hw/hw1.toml", "-q")


def test_a_teachers_corrections_are_not_graded_away(graded):
    graded.write("class/carl.py", SOFTMAX)
    refused(graded(*GRADE), 2, "grades.csv, feedback/bob.md were changed by hand", "--overwrite")
    (graded.folder / "class/bob.py").unlink()
    refused(graded(*GRADE), 2, "changed by hand")
    assert graded.read("grades/feedback/bob.md").endswith("a remark\n")
    graded.ok(*GRADE, "--out", "others")
    graded.ok(*GRADE, "--overwrite")
    assert not (graded.folder / "grades/feedback/bob.md").exists()
    graded.ok(*GRADE)


def test_reports_that_were_written_when_a_grader_was_killed_are_no_corrections(shell, monkeypatch):
    shell.ok("grade", "--template", "plain", "-o", "hw", "-q")
    (shell.folder / "class").mkdir()
    shell.write("class/ann.py", SOFTMAX)
    shell.ok(*GRADE)
    shell.write("class/bob.py", SOFTMAX)
    with monkeypatch.context() as patch:
        patch.setattr("softreg.workflows.grade._draw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert shell(*GRADE).code == 130
    shell.ok(*GRADE)


def test_a_folder_of_the_users_own_that_is_called_as_successors_are_is_not_removed(room):
    (room.folder / "mine/.new").mkdir(parents=True)
    (room.folder / "mine/.new/thesis.tex").write_text("precious")
    refused(room(*TRAIN, "mine", "--overwrite"), 2, "holds .new and no run")
    assert (room.folder / "mine/.new/thesis.tex").read_text() == "precious"

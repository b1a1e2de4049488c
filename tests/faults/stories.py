"""Stories: every command that writes something, what is there before it, and how it is done again after a fault."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from nursery import Left, Nursery
from remains import TIMED, contents

__all__ = ["STORIES", "Story", "again", "around", "begun", "old_or_new", "told", "undisturbed"]

TRAIN = ("train", "iris", "--optimizer", "gd", "--epochs", 4, "--checkpoint-every", 2, "-q", "--out", "run")
MORE = ("train", "--resume", "run", "--epochs", 8, "--checkpoint-every", 2, "-q")
GRADE = ("grade", "handed", "--spec", "work/hw1.toml", "--out", "grades", "--jobs", 2, "-q")
ONE = """
import numpy as np

def softmax(logits):
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exp / exp.sum(axis=1, keepdims=True)
"""


@dataclass(frozen=True)
class Story:
    """A command, the commands before it, and files that are there already and that it may replace."""

    name: str
    words: tuple[object, ...]
    before: tuple[tuple[object, ...], ...] = ()
    files: tuple[str, ...] = ()
    slow: bool = False


def again(folder: Path, words: tuple[object, ...]) -> tuple[object, ...]:
    """What a user types after a fault: --resume where there is a checkpoint, else the same with --overwrite."""
    if words[0] == "train" and "--resume" not in words:
        run = folder / "run"
        unfinished = run / ".new" if (run / ".new/checkpoint.npz").exists() else run
        if (unfinished / "checkpoint.npz").exists() and not (unfinished / "metrics.json").exists():
            return ("train", "--resume", "run", "--checkpoint-every", 2, "-q")
        if any(run.glob("*")):
            return (*words, "--overwrite")
    if "-o" in words and "--overwrite" not in words and (folder / str(words[words.index("-o") + 1])).exists():
        return (*words, "--overwrite")
    return words


STORIES = [
    Story("training", TRAIN),
    Story("training-over", (*TRAIN, "--overwrite"), (("train", "wine", "-q", "--out", "run"), ("plot", "run", "-q"))),
    Story("resuming", MORE, (TRAIN,)),
    Story("predicting", ("predict", "run", "iris", "-o", "a.csv", "--overwrite", "-q"), (TRAIN,), ("a.csv",)),
    Story("predicting-parquet", ("predict", "run", "iris", "-o", "a.parquet", "-q"), (TRAIN,)),
    Story("plotting", ("plot", "run", "-o", "a.svg", "--overwrite", "-q"), (TRAIN,), ("a.svg",)),
    Story("plotting-inside", ("plot", "run", "--kind", "weights", "-q"), (TRAIN,)),
    Story("explaining", ("explain", "run", "iris", "--row", 3, "-o", "a.png", "--overwrite"), (TRAIN,), ("a.png",)),
    Story("exporting", ("export", "run", "-o", "a.json", "--overwrite", "-q"), (TRAIN,), ("a.json",)),
    Story("exporting-onnx", ("export", "run", "-o", "a.onnx", "-q"), (TRAIN,)),
    Story("listing", ("datasets", "export", "wine", "-o", "a.csv", "--overwrite"), (), ("a.csv",)),
    Story(
        "teaching",
        ("learn", "softmax", "--markdown", "a.md", "--out", "pictures", "--overwrite", "-q"),
        (),
        ("a.md",),
        slow=True,
    ),
    Story("homework", ("grade", "--template", "plain", "-o", "work", "-q")),
    Story("grading", GRADE, (("grade", "--template", "plain", "-o", "work", "-q"),), slow=True),
]


def begun(story: Story, nursery: Nursery, folder: Path) -> Path:
    """The folder as it is when the command is typed."""
    folder.mkdir()
    (folder / "temporary").mkdir()
    if story.name == "grading":
        (folder / "handed").mkdir()
        for name in ("ann", "bob"):
            (folder / "handed" / f"{name}.py").write_text(ONE)
    for words in story.before:
        done = nursery.call(folder, *words, TMPDIR=str(folder / "temporary"))
        assert done.code == 0, done
    for name in story.files:
        (folder / name).write_text("old")
    return folder


def undisturbed(
    story: Story, nursery: Nursery, folder: Path, fault: tuple[object, ...] = (), **more: bool
) -> tuple[Path, Path, Left]:
    """The folder as it is when the command is typed, as it is afterwards, and what the call left."""
    before = begun(story, nursery, folder / "before")
    whole = Path(shutil.copytree(before, folder / "whole"))
    left = nursery.call(whole, *story.words, fault=fault, **more, **around(whole))
    assert left.code == 0, left
    return before, whole, left


def told(folder: Path) -> dict[str, bytes]:
    """The files of a folder that are the same every time."""
    return {
        name: content
        for name, content in contents(folder).items()
        if Path(name).name not in TIMED and not name.startswith("temporary/")
    }


def around(folder: Path) -> dict[str, str]:
    """The environment of a command in a folder: what is temporary lies in it, too."""
    return {"TMPDIR": str(folder / "temporary")}


def old_or_new(folder: Path, before: Path, whole: Path) -> None:
    """Every file outside run folders is what it was before, or what it is to become; none is a part of it."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        apart = name.parts[0] in {"run", "temporary"} or any(part.endswith(".part") for part in name.parts)
        if path.is_file() and not apart:
            states = [(each / name).read_bytes() for each in (before, whole) if (each / name).exists()]
            assert path.read_bytes() in states, name

"""Every fault at every place: what the disk may refuse, it refuses once, and nothing that existed is damaged."""

from __future__ import annotations

import errno
import os
import shutil

import pytest
from remains import contents, sound
from stories import ONE, STORIES, TRAIN, again, around, old_or_new, told, undisturbed

FAULTS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT)
LIGHT = {"runs/.last"}
MOST = 4
"""Places that are tried for each story, where not all of them are."""


def in_words(left, *texts: str) -> None:
    """An error that a user understands, and no other."""
    assert left.code not in {None, 0}, left
    assert left.err.startswith("softreg: "), left
    assert not {"Traceback", "Unexpected", "Errno"} & {*left.told.replace(":", " ").split()}, left
    assert any(text in left.told for text in texts), left
    assert len(left.err.strip().splitlines()) > 1, left  # and what to type next


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_refused_at_every_request(story, nursery, places, tried, tmp_path):
    before, whole, peace = undisturbed(story, nursery, tmp_path, ("count",))
    for place in places(peace.asked, MOST):
        folder, fault = tmp_path / f"refused-{place}", FAULTS[place % len(FAULTS)]
        shutil.copytree(before, folder)
        left = nursery.call(folder, *story.words, fault=("refuse", place, fault), **around(folder))
        if left.code:
            in_words(left, os.strerror(fault))
            assert left.code in {1, 3}
        sound(folder, killed=left.code == 0)  # it may be to remove something that was refused
        if "could not be graded" not in left.told:  # whose grade says so, and is given the next time
            old_or_new(folder, before, whole)
        if (before / "run/metrics.json").exists():
            assert nursery.call(folder, "show", "run").code == 0  # a run that was complete is complete
        if left.code == 0:  # it was nothing that matters
            assert told(folder).items() >= {name: told(whole)[name] for name in told(whole).keys() - LIGHT}.items()
        done = nursery.call(folder, *again(folder, story.words), **around(folder))
        if left.code or "--resume" not in story.words:
            assert done.code == 0, (place, done)
        assert told(folder) == told(whole), place
        tried("requests that the disk refused")
        shutil.rmtree(folder)


READING = [
    "train iris.csv --epochs 2 --optimizer gd --out new -q",
    "train images --epochs 2 --optimizer gd --out new -q",
    "train iris.npz --epochs 2 --optimizer gd --out new -q",
    "train iris.svmlight --epochs 2 --optimizer gd --out new -q",
    "train --config run/config.toml --out new -q",
    "train iris --init-from run --out new -q",
    "train --resume run --epochs 5 -q",
    "predict run iris.csv",
    "predict run iris.csv.gz",
    "predict run/checkpoint.npz iris.csv",
    "predict run.json iris.csv",
    "evaluate last iris.csv",
    "plot run -o new.png",
    "plot run --kind mistakes -o new.png",
    "compare run other",
    "compare run other --test iris.csv",
    "explain run iris.csv --row 2",
    "check run",
    "show run",
    "export run -o new.json",
    "grade hw1.py",
    "grade hw1.py --spec work/hw1.toml",
    "grade handed --spec work/hw1.toml --out new",
    "learn linear --data iris.csv --out new",
]


@pytest.fixture(scope="module")
def library(nursery, tmp_path_factory):
    """A folder with a run, and data of every kind."""
    import gzip
    import struct

    import numpy as np
    from sklearn.datasets import dump_svmlight_file, load_iris

    folder = tmp_path_factory.mktemp("library")
    (folder / "hw1.py").write_text(ONE)
    (folder / "handed").mkdir()
    (folder / "handed/ann.py").write_text(ONE)
    for words in (
        TRAIN,
        (*TRAIN[:-1], "other"),
        ("datasets", "export", "iris", "-o", "iris.csv"),
        ("export", "run", "-o", "run.json", "-q"),
        ("grade", "--template", "plain", "-o", "work", "-q"),
    ):
        assert nursery.call(folder, *words).code == 0
    (folder / "iris.csv.gz").write_bytes(gzip.compress((folder / "iris.csv").read_bytes()))
    X, y = load_iris(return_X_y=True)
    np.savez(folder / "iris.npz", X=X, y=y)
    dump_svmlight_file(X, y, str(folder / "iris.svmlight"))
    (folder / "images").mkdir()
    for part, count in (("train", 40), ("t10k", 20)):
        pixels, labels = np.arange(count * 4, dtype=np.uint8), np.arange(count, dtype=np.uint8) % 2
        (folder / f"images/{part}-images-idx3-ubyte").write_bytes(
            struct.pack(">4I", 2051, count, 2, 2) + pixels.tobytes()
        )
        (folder / f"images/{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, count) + labels.tobytes())
    return folder


@pytest.mark.parametrize("words", READING)
def test_what_cannot_be_read_is_told_and_nothing_is_written(words, nursery, places, tried, library, tmp_path):
    before = contents(library)
    shutil.copytree(library, tmp_path / "whole")
    peace = nursery.call(tmp_path / "whole", *words.split(), fault=("misread", -1, 0))
    assert peace.code == 0, peace
    assert peace.asked
    for place in places(peace.asked, 4):
        fault, folder = (errno.EIO, errno.EACCES)[place % 2], tmp_path / f"unread-{place}"
        shutil.copytree(library, folder)
        left = nursery.call(folder, *words.split(), fault=("misread", place, fault))
        tried("reads that the disk refused")
        if left.code:
            # zipfile takes whatever it cannot read at the end of a file for a file that is no zip
            in_words(left, os.strerror(fault), *(["File is not a zip file"] if "npz" in words else []))
            assert left.code == 3, left
            assert contents(folder) == before
        else:  # what could not be read was not needed, or its absence is told
            assert left.out == peace.out or b"unreadable" in left.out or b"cannot be read" in left.out, left


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_file_that_may_not_grow_is_told(story, nursery, tried, tmp_path):
    """The system's limit of a file's size holds for what libraries write past Python, too."""
    before, whole, _ = undisturbed(story, nursery, tmp_path)
    for size in (0, 100, 1000):
        folder = tmp_path / f"small-{size}"
        shutil.copytree(before, folder)
        left = nursery.call(folder, *story.words, fault=("small_files", size), **around(folder))
        tried("files that might not grow")
        if left.code:
            in_words(left, os.strerror(errno.EFBIG))
            assert left.code in {1, 3}
        else:
            assert size
        sound(folder)
        old_or_new(folder, before, whole)
        done = nursery.call(folder, *again(folder, story.words), **around(folder))
        assert done.code == 0, done
        assert told(folder) == told(whole)


@pytest.mark.parametrize("words", [" ".join(map(str, TRAIN)), "predict run iris -o vanished/a.csv -q"])
def test_a_folder_that_vanishes_in_the_midst_is_told(words, nursery, tried, tmp_path):
    assert nursery.call(tmp_path, *TRAIN).code == 0
    for place in (3, 5, 20, 60):
        shutil.rmtree(tmp_path / "vanished", ignore_errors=True)
        (tmp_path / "vanished").mkdir()
        call = words.replace("--out run", "--out vanished/new").split()
        left = nursery.call(tmp_path, *call, fault=("vanish", place, "vanished"))
        tried("folders that vanished")
        if left.code:
            in_words(left, os.strerror(errno.ENOENT))
            assert left.code in {1, 3}
        assert not (tmp_path / "vanished").exists() or left.code == 0

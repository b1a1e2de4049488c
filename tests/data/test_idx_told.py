"""What is told of folders and files of MNIST that cannot be used, word for word; and which files are taken."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from softreg.data.idx import find_folder, idx_folder, images_dataset, parse
from softreg.errors import DataError

AGAIN = "Download or copy it again."
FOUR = "A folder is read as the four IDX files of MNIST: train- and t10k-, images and labels."
BOTH = ("train", "test")
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
TRAIN = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
TEST = TRAIN[:1] + 200


def idx_bytes(array) -> bytes:
    array = np.asarray(array, dtype=np.uint8)
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with four files: two images of 4 x 3 to train on, and one to test."""
    for name, array in zip(NAMES, (TRAIN, [1, 0], TEST, [1]), strict=True):
        (tmp_path / name).write_bytes(idx_bytes(array))
    return tmp_path


def told(call) -> tuple[str, str]:
    with pytest.raises(DataError) as caught:
        call()
    return caught.value.what, caught.value.advice


@pytest.mark.parametrize(
    ("content", "dimensions", "what"),
    [
        (b"", 1, "FILE is not an IDX file of unsigned bytes in 1 dimension."),
        (b"\0\0\x08\1\0\0\0", 1, "FILE is not an IDX file of unsigned bytes in 1 dimension."),
        (b"\0\0\x08\3" + b"\0" * 11, 3, "FILE is not an IDX file of unsigned bytes in 3 dimensions."),
        (b"\0\0\x0d\1\0\0\0\1\7", 1, "FILE is not an IDX file of unsigned bytes in 1 dimension."),
        (b"\0\1\x08\1\0\0\0\1\7", 1, "FILE is not an IDX file of unsigned bytes in 1 dimension."),
        (b"\1\0\x08\1\0\0\0\1\7", 1, "FILE is not an IDX file of unsigned bytes in 1 dimension."),
        (idx_bytes([7]), 3, "FILE is not an IDX file of unsigned bytes in 3 dimensions."),
        (idx_bytes([7, 8])[:-1], 1, "FILE is truncated: its header promises 2 values, it holds 1."),
        (idx_bytes([7, 8]) + b"\0", 1, "FILE is damaged: its header promises 2 values, it holds 3."),
        (idx_bytes(TRAIN)[:-1], 3, "FILE is truncated: its header promises 24 values, it holds 23."),
        (
            b"\0\0\x08\3" + struct.pack(">3I", 2**31, 2**31, 4),  # which 64 bits would take for none
            3,
            f"FILE is truncated: its header promises {2**64} values, it holds 0.",
        ),
        (idx_bytes([]), 1, "FILE holds no values."),
        (idx_bytes(np.ones((3, 0, 2))), 3, "FILE holds no values."),
    ],
)
def test_what_is_wrong_with_an_idx_file_is_told(content, dimensions, what):
    assert told(lambda: parse(content, "FILE", dimensions)) == (what, AGAIN)


@pytest.mark.parametrize("array", [[5], [0, 255], np.ones((1, 1, 1)), TRAIN, np.ones((300, 2, 1))])
def test_an_idx_file_holds_what_was_written(array):
    found = parse(idx_bytes(array), "FILE", np.ndim(array))
    np.testing.assert_array_equal(found, np.asarray(array, dtype=np.uint8), strict=True)


MISSING = [
    ("train-images-idx3-ubyte", "train-images-idx3-ubyte[.gz]"),
    ("train-labels-idx1-ubyte", "train-labels-idx1-ubyte[.gz]"),
    ("t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte[.gz]"),
    ("t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte[.gz]"),
]


@pytest.mark.parametrize(("name", "wanted"), MISSING)
def test_a_file_that_is_missing_is_told_with_those_that_are_there(folder, name, wanted):
    (folder / name).unlink()
    held = ", ".join(sorted(set(NAMES) - {name}))
    assert told(lambda: idx_folder(folder, "mine", BOTH)) == (
        f"The folder {folder} has no {wanted}; it holds {held}.",
        FOUR,
    )
    assert find_folder([folder]) is None


def test_of_an_empty_folder_it_is_told_that_it_holds_nothing(tmp_path):
    assert told(lambda: idx_folder(tmp_path, "mine", BOTH)) == (
        f"The folder {tmp_path} has no train-images-idx3-ubyte[.gz]; it holds nothing.",
        FOUR,
    )


def test_a_folder_of_the_name_of_a_file_is_no_file(folder):
    (folder / NAMES[0]).unlink()
    (folder / NAMES[0]).mkdir()
    assert find_folder([folder]) is None


def test_the_first_folder_with_all_four_files_is_taken(folder, tmp_path):
    some = tmp_path / "some"
    some.mkdir()
    (some / NAMES[0]).write_bytes(b"")
    assert find_folder([tmp_path / "nowhere", some, folder, tmp_path / "more"]) == folder
    assert find_folder([]) is None


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"train-labels-idx1-ubyte": [1]}, "{}: 2 train images, but 1 label."),
        ({"t10k-labels-idx1-ubyte": [1, 2, 3]}, "{}: 1 test image, but 3 labels."),
        ({"t10k-images-idx3-ubyte": np.ones((1, 3, 4))}, "{}: the images of train and test differ in size."),
        ({"t10k-images-idx3-ubyte": np.ones((1, 4, 4))}, "{}: the images of train and test differ in size."),
        ({"t10k-labels-idx1-ubyte": []}, "{}/t10k-labels-idx1-ubyte holds no values."),
        (
            {"t10k-images-idx3-ubyte": [1]},
            "{}/t10k-images-idx3-ubyte is not an IDX file of unsigned bytes in 3 dimensions.",
        ),
        (
            {"train-labels-idx1-ubyte": [[1], [2]]},
            "{}/train-labels-idx1-ubyte is not an IDX file of unsigned bytes in 1 dimension.",
        ),
    ],
)
def test_files_that_do_not_fit_each_other_are_told(folder, files, what):
    for name, array in files.items():
        (folder / name).write_bytes(idx_bytes(array))
    assert told(lambda: idx_folder(folder, "mine", BOTH)) == (what.format(folder), AGAIN)


def test_a_file_that_the_disk_does_not_give_is_told_with_its_path(folder, monkeypatch):
    def refuse(path):
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    what = f"{folder}/train-images-idx3-ubyte cannot be read: Input/output error."
    assert told(lambda: idx_folder(folder, "mine", BOTH)) == (what, AGAIN)


def test_a_gzipped_file_that_is_cut_is_told_with_its_path(folder):
    (folder / NAMES[0]).unlink()
    path = folder / f"{NAMES[0]}.gz"
    path.write_bytes(gzip.compress(idx_bytes(TRAIN))[:-9])
    assert told(lambda: idx_folder(folder, "mine", BOTH)) == (
        f"{path} is cut: its gzip data end too early.",
        "Copy or download it again.",
    )


@pytest.mark.parametrize(("label", "names"), [(1, ["no", "yes"]), (2, ["no", "yes", "never"])])
def test_labels_are_called_as_the_classes_are(folder, label, names):
    (folder / NAMES[3]).write_bytes(idx_bytes([label]))
    assert idx_folder(folder, "mine", BOTH, names).labels.tolist() == ["yes", "no", names[label]]
    assert idx_folder(folder, "mine", BOTH).labels.tolist() == ["1", "0", str(label)]
    less = names[:label]
    assert told(lambda: idx_folder(folder, "mine", BOTH, less)) == (
        f"mine: a label is {label}, but there are {label} classes, from 0.",
        AGAIN,
    )


@pytest.mark.parametrize(
    ("parts", "X", "labels", "rows"),
    [
        (BOTH, [*TRAIN, *TEST], ["1", "0", "1"], [1, 2, 1]),
        (("train",), TRAIN, ["1", "0"], [1, 2]),
        (("test",), TEST, ["1"], [1]),
    ],
)
def test_the_parts_that_are_asked_for_are_read_and_known_by_their_bytes(folder, parts, X, labels, rows):
    data = idx_folder(folder, "mine", parts)
    np.testing.assert_array_equal(data.X, np.reshape(X, (-1, 12)).astype(np.float32), strict=True)
    assert data.labels.tolist() == labels
    assert data.rows.tolist() == rows
    assert data.part.tolist() == [part for part in parts for _ in range(2 if part == "train" else 1)]
    assert (data.name, data.target, data.pixels, data.image_shape) == ("mine", "label", True, (4, 3))
    assert [type(side) for side in data.image_shape] == [int, int]
    assert data.columns == tuple(f"pixel_{row}_{column}" for row in range(4) for column in range(3))
    read = NAMES[:2] * ("train" in parts) + NAMES[2:] * ("test" in parts)
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in read)).hexdigest()
    assert data.origin == {"data": "mine", "sha256": digest, "replayable": True}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("train-labels-idx1-ubyte", "train-labels-idx1-ubyte.gz"),
        ("train-labels-idx1-ubyte.gz", "train-labels.idx1-ubyte"),
        ("train-labels.idx1-ubyte", "train-labels.idx1-ubyte.gz"),
    ],
)
def test_of_two_spellings_of_a_file_the_usual_one_is_read(folder, first, second):
    (folder / "train-labels-idx1-ubyte").unlink()
    for name, labels in ((second, [8, 9]), (first, [1, 2])):
        content = idx_bytes(labels)
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        assert find_folder([folder]) == folder
        assert idx_folder(folder, "mine", ("train",)).labels.tolist() == [str(label) for label in labels]


def test_images_of_one_part_alone_make_a_dataset_too():
    data = images_dataset("mine", [TRAIN], [np.array([0, 1])], ["val"], ["no", "yes"])
    assert data.part.tolist() == ["val", "val"]
    assert data.labels.tolist() == ["no", "yes"]
    assert data.X.shape == (2, 12)

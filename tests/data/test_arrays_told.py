"""What is told of files of arrays that cannot be used, word for word; and what is taken from those that can."""

from __future__ import annotations

import gzip
import hashlib

import numpy as np
import pytest
from sklearn.datasets import load_svmlight_file

from softreg.data import arrays
from softreg.errors import DataError

SAVE = "Save it with numpy.savez(FILE, X=X, y=y)."
LINE = "A line is: LABEL INDEX:VALUE INDEX:VALUE ..."
MODEL = "Give the columns that the model was trained on; coefficients.csv in its run lists them."
ONES = np.ones((3, 2))


def told(read, path, *expected) -> tuple[str, str]:
    """What is told of a file, with FILE for its path."""
    with pytest.raises(DataError) as caught:
        read(path, *expected)
    return caught.value.what.replace(str(path), "FILE"), caught.value.advice


SHAPES = "Save X with at least one row and one column."
LABELS = "Save one label for each row: a number or a text."
PLAIN = "Save plain arrays: X of numbers, y of numbers or of text (dtype=str)."
PICKLED = "FILE holds pickled Python objects, which softreg never opens."
NPZ = [
    ({}, "FILE has no array X; it holds nothing.", SAVE),
    ({"y": [1], "x": ONES}, "FILE has no array X; it holds x, y.", SAVE),
    ({"X": ONES}, "FILE has no array y, the labels.", SAVE),
    ({"X": [["a"]], "y": [1]}, "FILE: X holds <U1, not numbers.", "Save X as an array of numbers."),
    ({"X": ONES * 1j, "y": [1] * 3}, "FILE: X holds complex128, not numbers.", "Save X as an array of numbers."),
    ({"X": 5.0, "y": [1]}, "FILE: X is a single number, not rows x features.", SHAPES),
    ({"X": np.ones(3), "y": [1]}, "FILE: X is 3, not rows x features.", SHAPES),
    ({"X": np.ones((3, 0)), "y": [1]}, "FILE: X is 3 x 0, not rows x features.", SHAPES),
    ({"X": np.ones((2, 3, 1, 4)), "y": [1]}, "FILE: X is 2 x 3 x 1 x 4, not rows x features.", SHAPES),
    ({"X": np.ones((2, 0, 4)), "y": [1, 2]}, "FILE: X is 2 x 0 x 4, not rows x features.", SHAPES),
    ({"X": ONES, "y": [1, 2]}, "FILE: y is 2 of int64, but X has 3 rows.", LABELS),
    ({"X": ONES, "y": 1.5}, "FILE: y is a single value of float64, but X has 3 rows.", LABELS),
    ({"X": ONES, "y": np.eye(3)}, "FILE: y is 3 x 3 of float64, but X has 3 rows.", LABELS),
    ({"X": ONES, "y": np.ones((3, 1, 1))}, "FILE: y is 3 x 1 x 1 of float64, but X has 3 rows.", LABELS),
    ({"X": ONES, "y": [1j, 2j, 3j]}, "FILE: y is 3 of complex128, but X has 3 rows.", LABELS),
    ({"X": np.eye(3), "columns": ["a"] * 2}, "FILE: 2 column names for 3 features.", "Save one name for each."),
    (
        {"X": ONES, "columns": [["a", "b"]]},
        "FILE: column names in 2 dimensions for 2 features.",
        "Save one name for each.",
    ),
    ({"X": ONES, "feature_names": ["a"] * 3}, "FILE: 3 column names for 2 features.", "Save one name for each."),
    ({"X": np.array([{}]), "y": [1]}, PICKLED, PLAIN),
    ({"X": ONES, "y": np.array(["a", None, "b"])}, PICKLED, PLAIN),
]


@pytest.mark.parametrize(("content", "what", "advice"), NPZ)
def test_what_is_wrong_with_an_npz_is_told_and_how_to_save_it(tmp_path, content, what, advice):
    np.savez(tmp_path / "a.npz", **content)
    assert told(arrays.npz, tmp_path / "a.npz") == (what, advice)


@pytest.mark.parametrize(
    ("content", "what", "advice"),
    [
        (b"PKwords", "FILE is not a readable .npz file: File is not a zip file.", "Save or copy it again."),
        (b"", "FILE is not a readable .npz file: File is not a zip file.", "Save or copy it again."),
        (b"\x93NUMPY\x01", "FILE holds one bare array.", SAVE),
    ],
)
def test_what_is_no_npz_is_told_as_what_it_is(tmp_path, content, what, advice):
    (tmp_path / "a.npz").write_bytes(content)
    assert told(arrays.npz, tmp_path / "a.npz") == (what, advice)


def test_nameless_features_that_are_not_the_models_are_counted(tmp_path):
    np.savez(tmp_path / "a.npz", X=ONES)
    assert told(arrays.npz, tmp_path / "a.npz", ["a", "b", "c"]) == (
        "FILE has the wrong number of features: 2, and the model was trained on 3.",
        MODEL,
    )


@pytest.mark.parametrize(
    ("names", "expected", "columns", "named"),
    [
        ({}, None, ("x1", "x2"), False),
        ({}, ["u", "v"], ("u", "v"), False),
        ({"columns": ["a", "b"]}, None, ("a", "b"), True),
        ({"columns": ["a", "b"]}, ["u", "v", "w"], ("a", "b"), True),
        ({"feature_names": ["c", "d"]}, ["u"], ("c", "d"), True),
        ({"columns": ["a", "b"], "feature_names": ["c", "d"]}, None, ("a", "b"), True),
        ({"columns": np.array([b"a", b"b"])}, None, ("a", "b"), True),
        ({"columns": [1.0, 2.5]}, None, ("1", "2.5"), True),
        ({"x": np.array([{}])}, None, ("x1", "x2"), False),
    ],
)
def test_names_of_an_npz_are_its_own_or_the_models_or_numbers(tmp_path, names, expected, columns, named):
    np.savez(tmp_path / "a.npz", X=ONES, y=["k", "m", "k"], **names)
    dataset, has_names = arrays.npz(tmp_path / "a.npz", expected)
    assert (dataset.columns, has_names) == (columns, named)
    assert dataset.name == "a.npz"
    assert dataset.rows.tolist() == [1, 2, 3]
    assert dataset.labels.tolist() == ["k", "m", "k"]
    digest = hashlib.sha256((tmp_path / "a.npz").read_bytes()).hexdigest()
    assert dataset.origin == {"data": str(tmp_path / "a.npz"), "sha256": digest, "replayable": True}
    assert dataset.image_shape is None
    assert not dataset.pixels


@pytest.mark.parametrize(
    ("y", "labels"),
    [
        ([True, False], ["True", "False"]),
        (np.array([7, 250], dtype=np.uint8), ["7", "250"]),
        ([1.0, 2.5], ["1", "2.5"]),
        (["01", "1"], ["01", "1"]),
        (np.array([b"a", b"b"]), ["a", "b"]),
        ([[1], [2]], ["1", "2"]),
        ([[1, 2]], ["1", "2"]),
    ],
)
def test_labels_of_an_npz_are_text_in_a_row_or_a_column(tmp_path, y, labels):
    np.savez(tmp_path / "a.npz", X=[[1.0], [2.0]], y=y)
    assert arrays.npz(tmp_path / "a.npz")[0].labels.tolist() == labels


def test_labels_are_asked_for_only_where_there_is_no_model(tmp_path):
    np.savez(tmp_path / "a.npz", X=[[1.0], [2.0]])
    assert arrays.npz(tmp_path / "a.npz", ["a"])[0].labels is None
    np.savez(tmp_path / "a.npz", X=[[1.0]], y=[[5]])
    assert arrays.npz(tmp_path / "a.npz")[0].labels.tolist() == ["5"]
    assert arrays.npz(tmp_path / "a.npz")[0].X.shape == (1, 1)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        *((kind, np.float32) for kind in ("float16", "float32", ">f4", "uint8")),
        *((kind, np.float64) for kind in ("float64", ">f8", "longdouble", "bool", "int8", "uint16", "int32", "uint64")),
    ],
)
def test_numbers_of_an_npz_are_taken_in_the_precision_that_holds_them(tmp_path, given, taken):
    X = np.asfortranarray(np.arange(6).reshape(2, 3).astype(given))
    np.savez(tmp_path / "a.npz", X=X, y=[0, 1])
    dataset = arrays.npz(tmp_path / "a.npz")[0]
    assert dataset.X.dtype == taken
    assert dataset.X.dtype.isnative
    assert dataset.X.flags.c_contiguous
    assert dataset.pixels == (given == "uint8")
    assert dataset.X.tolist() == [[0, 1, 2], [3, 4, 5]] if given != "bool" else [[0, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_images_of_an_npz_keep_height_and_width_in_this_order(tmp_path, kind):
    np.savez(tmp_path / "a.npz", X=np.arange(24).reshape(4, 2, 3).astype(kind), y=list("abab"))
    dataset = arrays.npz(tmp_path / "a.npz")[0]
    assert dataset.image_shape == (2, 3)
    assert [type(side) for side in dataset.image_shape] == [int, int]
    assert dataset.X.tolist() == np.arange(24).reshape(4, 6).tolist()


SVMLIGHT = [
    ("", None, "FILE holds no data.", LINE),
    ("# a remark\n", None, "FILE holds no data.", LINE),
    ("1\n0\n", None, "FILE holds no data.", LINE),
    ("1\n0\n", ["x1"], "FILE holds no data.", LINE),
    (
        "1 1:2 9:3\n0 2:1\n",
        ["x1", "x2"],
        "FILE has the wrong number of features: 9, and the model was trained on 2.",
        MODEL,
    ),
    (
        "1 0:2 9:3\n0 2:1\n",
        ["x0", "x1"],
        "FILE has the wrong number of features: 10, and the model was trained on 2.",
        MODEL,
    ),
]


@pytest.mark.parametrize(("text", "expected", "what", "advice"), SVMLIGHT)
def test_what_is_wrong_with_a_svmlight_file_is_told_and_what_a_line_is(tmp_path, text, expected, what, advice):
    (tmp_path / "a.svmlight").write_text(text)
    assert told(arrays.svmlight, tmp_path / "a.svmlight", expected) == (what, advice)


@pytest.mark.parametrize("text", ["words\n", "1 2:x\n", "1 5:1 2:3\n", "1 1\n"])
def test_a_svmlight_file_that_scikit_learn_refuses_is_told_with_its_reason(tmp_path, text):
    path = tmp_path / "a.svmlight"
    path.write_text(text)
    with pytest.raises(ValueError) as caught:
        load_svmlight_file(str(path), zero_based=True)
    reason = str(caught.value).rstrip(".")
    assert told(arrays.svmlight, path) == (
        f"FILE is not a readable svmlight file: {reason}.",
        f"{LINE} with ascending indices.",
    )


def test_a_gzipped_svmlight_file_that_is_cut_is_told_with_its_path(tmp_path):
    path = tmp_path / "a.svmlight.gz"
    path.write_bytes(gzip.compress(b"1 1:2 3:4\n0 2:1\n")[:-9])
    assert told(arrays.svmlight, path) == (
        "FILE is cut: its gzip data end too early.",
        "Copy or download it again.",
    )


def test_more_features_than_values_could_fill_are_refused(tmp_path, monkeypatch):
    """Ten features are no matter here, and a hundred for each value, from whichever number they are counted."""
    monkeypatch.setattr(arrays, "MOST_FEATURES", 10)
    path = tmp_path / "a.svmlight"
    for text, width in [("1 0:1 199:2\n", 200), ("1 1:1 200:2\n", 200), ("1 1:1 2:1 300:2\n", 300)]:
        path.write_text(text)
        assert len(arrays.svmlight(path).columns) == width
    for text, what in [
        ("1 0:1 200:2\n", "FILE: the largest index is 200, of 2 values: so many features cannot be."),
        ("1 1:1 2:5 301:2\n", "FILE: the largest index is 301, of 3 values: so many features cannot be."),
    ]:
        path.write_text(text)
        assert told(arrays.svmlight, path) == (what, f"{LINE} with indices from 1 on.")
    monkeypatch.setattr(arrays, "MOST_FEATURES", 1000)
    path.write_text("1 1:1 1000:1\n")
    assert len(arrays.svmlight(path).columns) == 1000
    path.write_text("1 1:1 1001:1\n")
    assert told(arrays.svmlight, path) == (
        "FILE: the largest index is 1001, of 2 values: so many features cannot be.",
        f"{LINE} with indices from 1 on.",
    )


@pytest.mark.parametrize(
    ("text", "expected", "columns", "rows"),
    [
        ("1 0:5 2:6\n-1 1:7\n", None, ("x0", "x1", "x2"), [[5, 0, 6], [0, 7, 0]]),
        ("1 1:5 2:6\n-1 1:7\n", None, ("x1", "x2"), [[5, 6], [7, 0]]),
        ("1 2:6\n-1 2:7\n", None, ("x1", "x2"), [[0, 6], [0, 7]]),
        ("1 1:5\n-1 1:7\n", ("x1", "x2", "x3"), ("x1", "x2", "x3"), [[5, 0, 0], [7, 0, 0]]),
        ("1 1:5\n-1 1:7\n", ("x0", "x1", "x2"), ("x0", "x1", "x2"), [[0, 5, 0], [0, 7, 0]]),
        ("1 2:5\n-1 1:7\n", ("a", "b"), ("a", "b"), [[0, 5], [7, 0]]),
    ],
)
def test_features_of_a_svmlight_file_are_counted_as_the_model_says_or_else_as_they_are(
    tmp_path, text, expected, columns, rows
):
    path = tmp_path / "a.svmlight"
    path.write_text(text)
    dataset = arrays.svmlight(path, expected)
    assert dataset.columns == columns
    assert dataset.X.toarray().tolist() == rows
    assert dataset.labels.tolist() == ["1", "-1"]
    assert (dataset.name, dataset.rows.tolist(), dataset.target) == ("a.svmlight", [1, 2], "label")
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert dataset.origin == {"data": str(path), "sha256": digest, "replayable": True}

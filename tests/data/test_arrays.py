"""npz and svmlight files."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import dump_svmlight_file

from softreg.data import load, load_inputs
from softreg.errors import DataError, UsageError
from softreg.preparation import Preparation
from softreg.settings import SourceSettings, SplitSettings

NONE = SourceSettings()


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 5)).round(3) * (rng.random((20, 5)) < 0.6)
    X[0] = 1.5
    return X, np.arange(20) % 3


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, np.uint8, np.bool_, ">f8"])
def test_npz_keeps_the_values_and_float32(tmp_path, dtype):
    X = np.arange(12).reshape(4, 3).astype(dtype)
    np.savez(tmp_path / "a.npz", X=X, y=[0, 1, 0, 1])
    data = load(str(tmp_path / "a.npz"), NONE)
    np.testing.assert_array_equal(data.X, X.astype(np.float64))
    assert data.X.dtype == (np.float32 if dtype in {np.float32, np.uint8} else np.float64)
    assert data.pixels == (dtype == np.uint8)
    assert data.columns == ("x1", "x2", "x3")
    assert data.labels.tolist() == ["0", "1", "0", "1"]


def test_images_of_an_npz_have_a_shape(tmp_path):
    X = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.savez_compressed(tmp_path / "a.npz", X=X, y=["u", "v"])
    data = load(str(tmp_path / "a.npz"), NONE)
    assert data.image_shape == (3, 4)
    np.testing.assert_array_equal(data.X.reshape(X.shape), X)


def test_npz_with_names_is_matched_by_name(tmp_path):
    np.savez(tmp_path / "a.npz", X=[[1.0, 2.0, 3.0]], columns=["b", "id", "a"])
    data = load_inputs(str(tmp_path / "a.npz"), Preparation.plain(["a", "b"]), "label", NONE)
    assert data.X.tolist() == [[3, 1]]
    assert data.labels is None
    assert len([note for note in data.notes if "id" in note]) == 1


def test_npz_without_names_must_have_the_models_number_of_features(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.ones((2, 3)))
    with pytest.raises(DataError, match=r"wrong number of features: 3, .* 4"):
        load_inputs(str(tmp_path / "a.npz"), Preparation.plain("abcd"), "label", NONE)
    assert load_inputs(str(tmp_path / "a.npz"), Preparation.plain("abc"), "label", NONE).columns == ("a", "b", "c")


def test_a_label_that_is_nan_is_no_label(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.ones((3, 1)), y=[0.0, np.nan, 1.0])
    assert load(str(tmp_path / "a.npz"), NONE).labels.tolist() == ["0", "1"]
    assert load_inputs(str(tmp_path / "a.npz"), Preparation.plain(["x1"]), "label", NONE).labels.tolist() == [
        "0",
        "",
        "1",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"X": np.ones((2, 2))}, "no array y"),
        ({"x": np.ones((2, 2)), "y": [0, 1]}, "no array X; it holds x, y"),
        ({"X": np.ones((3, 2)), "y": [0, 1]}, "3 rows"),
        ({"X": np.ones(3), "y": [0, 1, 2]}, "not rows x features"),
        ({"X": np.ones((0, 3)), "y": []}, "at least one row"),
        ({"X": [["a"], ["b"]], "y": [0, 1]}, "not numbers"),
        ({"X": np.ones((2, 2)), "y": np.array([{}, []], dtype=object)}, "pickled"),
        ({"X": np.array([[1, None]] * 2), "y": [0, 1]}, "pickled"),
        ({"X": np.ones((2, 2)), "y": [0, 1], "columns": ["a"]}, "1 column name for 2"),
        ({"X": [[1, 2], [np.nan, np.inf]], "y": [0, 1]}, 'column "x2", row 2: the value is infinite'),
        ({"X": np.arange(500.0).reshape(-1, 1), "y": np.arange(500) / 7}, "quantity"),
    ],
)
def test_an_npz_that_cannot_be_used_is_refused_in_words(tmp_path, content, words):
    np.savez(tmp_path / "a.npz", **content)
    with pytest.raises(DataError, match=words):
        load(str(tmp_path / "a.npz"), NONE)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"words", b"\x80\x04\x95pickle", b"\x93NUMPY\x01\x00"])
def test_what_is_no_npz_is_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.npz"):
        load(str(tmp_path / "a.npz"), NONE)


def test_a_bare_array_is_refused(tmp_path):
    with (tmp_path / "a.npz").open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(DataError, match="savez"):
        load(str(tmp_path / "a.npz"), NONE)


def test_a_truncated_npz_is_refused(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", X=arrays[0], y=arrays[1])
    content = (tmp_path / "a.npz").read_bytes()
    for size in range(0, len(content), 97):
        (tmp_path / "a.npz").write_bytes(content[:size])
        with pytest.raises(DataError):
            load(str(tmp_path / "a.npz"), NONE)


def test_a_damaged_npz_gives_a_data_error_or_data_never_anything_else(tmp_path, arrays):
    np.savez_compressed(tmp_path / "a.npz", X=arrays[0], y=arrays[1])
    content = (tmp_path / "a.npz").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] = rng.integers(256)
        (tmp_path / "a.npz").write_bytes(damaged)
        try:
            load(str(tmp_path / "a.npz"), NONE)
        except DataError as error:
            assert error.what


@pytest.mark.parametrize("suffix", ["svmlight", "libsvm"])
@pytest.mark.parametrize("zero_based", [True, False])
def test_svmlight_is_read_as_it_was_written(tmp_path, arrays, suffix, zero_based):
    X, y = arrays
    dump_svmlight_file(X, y, str(tmp_path / f"a.{suffix}"), zero_based=zero_based)
    data = load(str(tmp_path / f"a.{suffix}"), NONE)
    assert isinstance(data.X, sp.csr_array)
    assert data.sparse
    np.testing.assert_array_equal(data.X.toarray(), X)
    assert data.labels.tolist() == [str(label) for label in y]


@pytest.mark.parametrize("zero_based", [True, False])
def test_later_svmlight_files_are_counted_as_the_first_was(tmp_path, arrays, zero_based):
    """Feature 0 does not occur in the later file: alone, it could be counted from 1 as well."""
    X, y = arrays
    dump_svmlight_file(X, y, str(tmp_path / "a.svmlight"), zero_based=zero_based)
    later = X[3:].copy()
    later[:, 0] = 0
    later[:, -1] = 0
    dump_svmlight_file(later, y[3:], str(tmp_path / "b.svmlight"), zero_based=zero_based)
    data = load(str(tmp_path / "a.svmlight"), NONE)
    inputs = load_inputs(str(tmp_path / "b.svmlight"), Preparation.plain(data.columns), data.target, NONE)
    np.testing.assert_array_equal(inputs.X.toarray(), later)
    joined = load(str(tmp_path / "a.svmlight"), NONE, SplitSettings(test=str(tmp_path / "b.svmlight")))
    np.testing.assert_array_equal(joined.X.toarray(), np.vstack([X, later]))
    assert (joined.part == "test").sum() == len(later)


def test_svmlight_with_more_features_than_the_model_is_refused_with_both_numbers(tmp_path):
    (tmp_path / "a.svmlight").write_text("1 1:2 9:3\n0 2:1\n")
    with pytest.raises(DataError, match=r"9, .* 4"):
        load_inputs(str(tmp_path / "a.svmlight"), Preparation.plain(["x1", "x2", "x3", "x4"]), "label", NONE)


@pytest.mark.parametrize("text", ["", "words\n", "1 2:x\n", "1 5:1 2:3\n", "1 1\n", "\x00\x01", "1,2 1:3\n0 1:1\n"])
def test_svmlight_that_cannot_be_read_is_refused(tmp_path, text):
    (tmp_path / "a.svmlight").write_text(text)
    with pytest.raises(DataError, match=r"a\.svmlight"):
        load(str(tmp_path / "a.svmlight"), NONE)


@pytest.mark.parametrize("suffix", ["svmlight.gz", "libsvm.GZ"])
def test_a_gzipped_svmlight_file_is_read_as_the_plain_one(tmp_path, suffix):
    text = b"1 1:2 3:4\n0 2:1\n"
    (tmp_path / "a.svmlight").write_bytes(text)
    (tmp_path / f"b.{suffix}").write_bytes(gzip.compress(text))
    plain, zipped = (load(str(tmp_path / name), NONE) for name in ("a.svmlight", f"b.{suffix}"))
    np.testing.assert_array_equal(zipped.X.toarray(), plain.X.toarray())
    assert (zipped.labels.tolist(), zipped.columns) == (plain.labels.tolist(), plain.columns)


def test_a_gzipped_svmlight_file_that_is_cut_is_told_as_one(tmp_path):
    (tmp_path / "a.svmlight.gz").write_bytes(gzip.compress(b"1 1:2 3:4\n0 2:1\n")[:-9])
    with pytest.raises(DataError, match=r"a\.svmlight\.gz is cut"):
        load(str(tmp_path / "a.svmlight.gz"), NONE)


def test_nan_in_sparse_data_names_column_and_row(tmp_path):
    (tmp_path / "a.svmlight").write_text("1 1:2 3:4\n0 2:1 3:nan\n0 2:inf\n")
    with pytest.raises(DataError, match='column "x2", row 3: the value is infinite'):
        load(str(tmp_path / "a.svmlight"), NONE)


def test_excluding_works_on_sparse_data(tmp_path):
    (tmp_path / "a.svmlight").write_text("1 1:2 3:4\n0 2:1\n")
    data = load(str(tmp_path / "a.svmlight"), SourceSettings(exclude=("x3",)))
    assert data.X.toarray().tolist() == [[2, 0], [0, 1]]


@pytest.mark.parametrize("split", [SplitSettings(split_col="a"), SplitSettings(group_col="a")])
def test_columns_of_tables_have_no_effect_on_arrays(tmp_path, split):
    np.savez(tmp_path / "a.npz", X=np.ones((2, 1)), y=[0, 1])
    with pytest.raises(UsageError, match="no effect"):
        load(str(tmp_path / "a.npz"), NONE, split)

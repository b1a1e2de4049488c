"""IDX files: the four files of an MNIST."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from softreg.data import load, load_inputs
from softreg.data.downloads import FASHION_CLASSES
from softreg.data.idx import parse
from softreg.errors import DataError
from softreg.preparation import Preparation
from softreg.settings import SourceSettings, SplitSettings

NONE = SourceSettings()
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def idx_bytes(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def written(folder: Path, *, zipped: bool = False, mark: str = "-", side: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = {}
    for part, size in (("train", 12), ("t10k", 5)):
        arrays[f"{part}-images{mark}idx3-ubyte"] = rng.integers(256, size=(size, side, 3), dtype=np.uint8)
        arrays[f"{part}-labels{mark}idx1-ubyte"] = np.arange(size, dtype=np.uint8) % 3
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        content = idx_bytes(array)
        (folder / (name + ".gz" * zipped)).write_bytes(gzip.compress(content) if zipped else content)
    return arrays


@pytest.mark.parametrize("mark", ["-", "."])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_folder_is_read_with_its_own_split_and_rows_counted_in_each_file(tmp_path, zipped, mark):
    arrays = written(tmp_path, zipped=zipped, mark=mark)
    data = load(str(tmp_path), NONE)
    images = np.concatenate([arrays[f"{part}-images{mark}idx3-ubyte"] for part in ("train", "t10k")])
    np.testing.assert_array_equal(data.X.reshape(images.shape), images)
    assert data.X.dtype == np.float32
    assert data.pixels
    assert data.image_shape == (4, 3)
    assert data.part.tolist() == ["train"] * 12 + ["test"] * 5
    assert data.rows.tolist() == [*range(1, 13), *range(1, 6)]
    assert data.labels.tolist() == [str(row % 3) for row in [*range(12), *range(5)]]
    assert data.columns[:4] == ("pixel_0_0", "pixel_0_1", "pixel_0_2", "pixel_1_0")


def test_inputs_are_the_test_part(tmp_path):
    arrays = written(tmp_path)
    data = load_inputs(str(tmp_path), Preparation.plain([f"p{k}" for k in range(12)]), "label", NONE)
    np.testing.assert_array_equal(data.X, arrays["t10k-images-idx3-ubyte"].reshape(5, 12))
    assert set(data.part) == {"test"}


def test_inputs_of_another_size_are_refused_with_both_numbers(tmp_path):
    written(tmp_path)
    with pytest.raises(DataError, match=r"wrong number of features: 12, .* 3"):
        load_inputs(str(tmp_path), Preparation.plain("abc"), "label", NONE)


def test_the_hash_is_of_the_files(tmp_path):
    written(tmp_path)
    digest = hashlib.sha256()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        digest.update((tmp_path / f"{name}-ubyte").read_bytes())
    assert load(str(tmp_path), NONE).origin["sha256"] == digest.hexdigest()


@pytest.mark.parametrize("name", ["fashion_mnist", "mnist"])
@pytest.mark.parametrize("inner", ["", "fashion_mnist", "mnist", "fashion-mnist"])
def test_names_find_their_files_in_the_data_home(tmp_path, monkeypatch, name, inner):
    monkeypatch.setattr("softreg.data.downloads._INSTALLED", {})
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda *_, **__: (_ for _ in ()).throw(OSError("no network")))
    written(tmp_path / inner if inner else tmp_path)
    source = SourceSettings(data_home=str(tmp_path))
    if inner and inner.replace("-", "_") != name:
        with pytest.raises(DataError, match="no network"):
            load(name, source, fill_home=True)
        return
    data = load(name, source)
    names = FASHION_CLASSES if name == "fashion_mnist" else [str(k) for k in range(10)]
    assert data.labels.tolist()[:4] == [names[0], names[1], names[2], names[0]]
    assert data.origin["data"] == name


def test_names_find_their_files_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "softreg").mkdir()
    written(tmp_path / "softreg" / "mnist")
    assert load("mnist", NONE).n_samples == 17


def test_a_test_file_takes_the_place_of_the_own_test_rows(tmp_path):
    written(tmp_path)
    np.savez(tmp_path / "t.npz", X=np.full((2, 12), 7, dtype=np.uint8), y=[0, 1])
    data = load(str(tmp_path), NONE, SplitSettings(test=str(tmp_path / "t.npz")))
    assert data.part.tolist() == ["train"] * 12 + ["test"] * 2
    assert (data.X[12:] == 7).all()
    assert data.X.dtype == np.float32
    assert any("own" in note for note in data.notes)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("kind", ["train-images-idx3", "t10k-labels-idx1"])
def test_a_truncated_file_is_refused_by_name(tmp_path, zipped, share, kind):
    written(tmp_path, zipped=zipped)
    path = tmp_path / (f"{kind}-ubyte" + ".gz" * zipped)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match=kind):
        load(str(tmp_path), NONE)


def test_a_header_that_lies_about_the_size_allocates_nothing():
    import tracemalloc

    content = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**31, 2**15, 2**15) + b"\1" * 10
    tracemalloc.start()
    with pytest.raises(DataError, match=f"promises {2**61} values, it holds 10"):
        parse(content, "liar", 3)
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08\1",
        bytes([0, 0, 13, 1, 0, 0, 0, 1, 7]),
        bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7]),
        bytes([0, 0, 8, 1, 0, 0, 0, 0]),
        bytes([0, 0, 8, 1, 0, 0, 0, 1, 7, 7]),
    ],
)
def test_what_is_no_idx_file_of_bytes_is_refused(content):
    with pytest.raises(DataError, match="odd file"):
        parse(content, "odd file", 1)


def test_a_missing_file_is_named(tmp_path):
    written(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="t10k-labels-idx1-ubyte"):
        load(str(tmp_path), NONE)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="nothing"):
        load(str(tmp_path), NONE)


def test_images_and_labels_must_be_as_many(tmp_path):
    written(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(3, dtype=np.uint8)))
    with pytest.raises(DataError, match="12 train images, but 3 labels"):
        load(str(tmp_path), NONE)


def test_a_label_beyond_the_class_names_is_refused(tmp_path):
    written(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(np.full(5, 10, dtype=np.uint8)))
    with pytest.raises(DataError, match="10 classes"):
        load("fashion_mnist", SourceSettings(data_home=str(tmp_path)))


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's package dataset-fashion-mnist")
def test_debians_fashion_mnist_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    data = load("fashion_mnist", NONE)
    assert data.X.shape == (70000, 784)
    assert data.image_shape == (28, 28)
    assert {name: int((data.labels == name).sum()) for name in FASHION_CLASSES} == dict.fromkeys(FASHION_CLASSES, 7000)
    assert (data.part == "test").sum() == 10000
    assert (data.X.min(), data.X.max()) == (0, 255)

"""What was downloaded once and is kept: what comes back, what is fetched again, and where it lies."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from softreg.data.cache import Home, cached, home_of
from softreg.data.dataset import Dataset
from softreg.errors import DataError

ORIGIN = {"data": "made", "sha256": hashlib.sha256(b"made").hexdigest(), "replayable": True}
TABLE = Dataset(
    "openml:made@3",
    np.array([[0.1, 2.0, -3.0], [4.0, 5.5, np.pi]]),
    np.array(["b", "01"]),
    ("one", "two", "drei \u20ac"),
    np.array([1, 2]),
    target="kind",
    notes=("A note.", "Another."),
    origin=ORIGIN,
)
IMAGES = replace(
    TABLE,
    X=np.array([[0, 255, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]], dtype=np.float32),
    columns=tuple("abcdef"),
    rows=np.array([1, 1]),
    part=np.array(["train", "test"]),
    pixels=True,
    image_shape=(3, 2),
    notes=(),
)
COUNTS = replace(
    TABLE,
    # the last row and the last column are empty: nothing but the shape tells that they are there
    X=sp.csr_array(np.array([[0, 1.5, 0], [2.0, 0, 0], [0, 0, 0]])),
    labels=np.array(["b", "a", "b"]),
    rows=np.array([1, 2, 1]),
    part=np.array(["train", "val", "test"]),
)
KEPT = {
    "table": TABLE,
    "in single precision": replace(TABLE, X=TABLE.X.astype(np.float32)),
    "images": IMAGES,
    "counts": COUNTS,
}


def home(folder: Path, *, fillable: bool = True) -> Home:
    return Home(folder, named=True, fillable=fillable)


class FetchedError(Exception):
    """Data were asked for anew."""


def fetch() -> Dataset:
    raise FetchedError


def assert_same(one: Dataset, two: Dataset) -> None:
    for field in fields(Dataset):
        found, wanted = getattr(one, field.name), getattr(two, field.name)
        if sp.issparse(wanted):
            assert found.shape == wanted.shape
            assert isinstance(found, sp.csr_array)
            found, wanted = found.toarray(), wanted.toarray()
        if isinstance(wanted, np.ndarray):
            np.testing.assert_array_equal(found, wanted, strict=True)
        else:
            assert (found, type(found)) == (wanted, type(wanted)), field.name


@pytest.mark.parametrize("dataset", KEPT.values(), ids=KEPT)
def test_what_is_kept_comes_back_as_it_was(tmp_path, dataset):
    assert cached(home(tmp_path), "made", lambda: dataset) is dataset
    assert_same(cached(home(tmp_path), "made", fetch), dataset)
    assert_same(cached(home(tmp_path, fillable=False), "made", fetch), dataset)
    assert [path.name for path in tmp_path.iterdir()] == ["made.npz"]


def test_pixels_take_a_byte_each(tmp_path):
    cached(home(tmp_path), "made", lambda: IMAGES)
    with np.load(tmp_path / "made.npz") as kept:
        assert kept["X"].dtype == np.uint8


def test_folders_on_the_way_are_made_and_those_that_are_there_are_taken(tmp_path):
    for name in ("one", "two"):
        cached(home(tmp_path / "a" / "b"), name, lambda: TABLE)
    assert {path.name for path in (tmp_path / "a" / "b").iterdir()} == {"one.npz", "two.npz"}


def test_the_words_of_a_kept_file_are_json_that_tells_its_format(tmp_path):
    cached(home(tmp_path), "made", lambda: IMAGES)
    with np.load(tmp_path / "made.npz") as kept:
        assert json.loads(kept["meta"].tobytes()) == {
            "format": 1,
            "name": "openml:made@3",
            "columns": list("abcdef"),
            "target": "kind",
            "pixels": True,
            "image_shape": [3, 2],
            "notes": [],
            "origin": ORIGIN,
            "classes": ["01", "b"],
        }
        assert kept["codes"].tolist() == [1, 0]


LEFT_OUT = object()


def rewritten(path: Path, words: dict, arrays: dict) -> None:
    """Put other words and arrays in the place of some that a kept file holds, or leave them out."""
    with np.load(path) as kept:
        told = dict(kept)
    meta = json.loads(told.pop("meta").tobytes()) | words
    meta, told = ({key: each for key, each in both.items() if each is not LEFT_OUT} for both in (meta, told | arrays))
    np.savez(path, meta=np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8), **told)


SPOILT = [
    ("table", {"format": 2}, {}),
    ("table", {"name": LEFT_OUT}, {}),
    ("table", {"name": 5}, {}),
    ("table", {"columns": ["one", "two"]}, {}),
    ("table", {"columns": ["one", "two", "three", "four"]}, {}),
    ("table", {"classes": ["01"]}, {}),
    ("table", {"target": LEFT_OUT}, {}),
    ("table", {"origin": {"data": "made"}}, {}),
    ("table", {"image_shape": [2, 2]}, {}),
    ("table", {}, {"X": LEFT_OUT}),
    ("table", {}, {"X": np.ones(2)}),
    ("table", {}, {"X": np.ones((2, 3, 1))}),
    ("table", {}, {"X": np.ones((2, 3), dtype=np.int64)}),
    ("table", {}, {"X": np.ones((2, 3), dtype=np.float16)}),
    ("table", {}, {"X": np.ones((3, 3))}),
    ("table", {}, {"codes": np.array([1, 0, 0])}),
    ("table", {}, {"codes": np.array([1])}),
    ("table", {}, {"rows": np.array([1, 2, 3])}),
    ("table", {}, {"rows": np.array([1.0, 2.0])}),
    ("table", {}, {"rows": np.array([1, 2], dtype=np.uint8)}),
    ("table", {}, {"rows": LEFT_OUT}),
    ("table", {}, {"part": np.array(["train"])}),
    ("table", {}, {"part": np.array(["train", "other"])}),
    ("table", {}, {"part": np.array(["train", "TEST"])}),
    ("images", {"image_shape": [6, 2]}, {}),
    ("images", {"image_shape": [6]}, {}),
    ("counts", {}, {"indices": np.array([1, 3], dtype=np.int32)}),
    ("counts", {}, {"indices": np.array([1, -1], dtype=np.int32)}),
    ("counts", {}, {"indptr": np.array([0, 1, 2], dtype=np.int32)}),
    ("counts", {}, {"indptr": np.array([0, 2, 1, 2], dtype=np.int32)}),
    ("counts", {}, {"shape": np.array([3, 4])}),
    ("counts", {}, {"shape": LEFT_OUT}),
    ("counts", {}, {"data": np.array([1, 2])}),
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> dict[str, bytes]:
    """The kept files of the three kinds."""
    folder = tmp_path_factory.mktemp("kept")
    for name, dataset in KEPT.items():
        cached(home(folder), name, lambda dataset=dataset: dataset)
    return {name: (folder / f"{name}.npz").read_bytes() for name in KEPT}


@pytest.mark.parametrize(("name", "words", "arrays"), SPOILT)
def test_a_kept_file_that_does_not_agree_with_itself_is_fetched_again(tmp_path, kept, name, words, arrays):
    (tmp_path / "made.npz").write_bytes(kept[name])
    rewritten(tmp_path / "made.npz", {}, {})
    assert_same(cached(home(tmp_path), "made", fetch), KEPT[name])  # written by another hand, it is as good
    rewritten(tmp_path / "made.npz", words, arrays)
    with pytest.raises(FetchedError):
        cached(home(tmp_path), "made", fetch)


def test_a_kept_file_that_was_spoilt_is_whole_afterwards(tmp_path, kept):
    (tmp_path / "made.npz").write_bytes(kept["table"][:-9])
    assert cached(home(tmp_path), "made", lambda: TABLE) is TABLE
    assert (tmp_path / "made.npz").read_bytes() == kept["table"]


def test_a_kept_file_that_somebody_compressed_is_fetched_again(tmp_path, kept):
    """What is kept is read by its own size; a small file that unfolds to a large one is none of ours."""
    (tmp_path / "made.npz").write_bytes(kept["table"])
    with np.load(tmp_path / "made.npz") as arrays:
        told = dict(arrays)
    np.savez_compressed(tmp_path / "made.npz", **told)
    with pytest.raises(FetchedError):
        cached(home(tmp_path), "made", fetch)


@pytest.mark.parametrize(("name", "typed"), [("home", "{}"), ("my home", "'{}'")])
def test_nothing_is_put_into_a_home_that_a_configuration_names(tmp_path, name, typed):
    folder = tmp_path / name
    with pytest.raises(DataError) as caught:
        cached(home(folder, fillable=False), "openml-made-3", fetch)
    assert caught.value.what == (
        f"There is no openml-made-3.npz in {folder}, which a configuration names: nothing is put there unasked."
    )
    assert caught.value.advice == f"Type --data-home {typed.format(folder)} to have it downloaded."
    assert not folder.exists()
    folder.mkdir()
    (folder / "openml-made-3.npz").write_bytes(b"PK and no more")
    with pytest.raises(DataError, match=r"^There is no usable openml-made-3\.npz in ") as caught:
        cached(home(folder, fillable=False), "openml-made-3", fetch)
    assert caught.value.advice == f"Type --data-home {typed.format(folder)} to have it downloaded."


def test_data_that_cannot_be_kept_are_used_with_a_note_that_says_why(tmp_path):
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "home"
    dataset = cached(home(folder), "made", lambda: TABLE)
    assert dataset.notes == (
        "A note.",
        "Another.",
        f"Could not be cached in {folder}: Not a directory.",
    )
    assert_same(replace(dataset, notes=TABLE.notes), TABLE)


HOMES = [
    ("data", {}, Home(Path("data"), named=True, fillable=False)),
    ("data", {"XDG_CACHE_HOME": "/caches"}, Home(Path("data"), named=True, fillable=False)),
    ("~/data", {}, Home(Path("/users/me/data"), named=True, fillable=False)),
    (None, {}, Home(Path("/users/me/.cache/softreg"), named=False, fillable=True)),
    (None, {"XDG_CACHE_HOME": ""}, Home(Path("/users/me/.cache/softreg"), named=False, fillable=True)),
    (None, {"XDG_CACHE_HOME": "/caches"}, Home(Path("/caches/softreg"), named=False, fillable=True)),
    (None, {"XDG_CACHE_HOME": "~/caches"}, Home(Path("/users/me/caches/softreg"), named=False, fillable=True)),
]


@pytest.mark.parametrize(("data_home", "environment", "found"), HOMES)
def test_the_home_is_the_one_that_is_named_or_else_the_users_cache(monkeypatch, data_home, environment, found):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in ({"HOME": "/users/me"} | environment).items():
        monkeypatch.setenv(name, value)
    assert home_of(data_home, fill=False) == found
    filled = home_of(data_home, fill=True)
    assert filled == replace(found, fillable=True)

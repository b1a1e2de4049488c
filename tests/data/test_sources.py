"""Sources: which kind a word means, where data is said to come from, and rows of a second source as the test."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import datasets as sklearn_datasets

from softreg.data import load, load_inputs
from softreg.data.dataset import Dataset, fingerprint
from softreg.data.kinds import kind_of
from softreg.data.split import split_rows
from softreg.errors import DataError, SoftregError, UsageError
from softreg.preparation import Preparation
from softreg.settings import SourceSettings, SplitSettings

NONE = SourceSettings()
TABLE = "size,colour,weight,id,group,y\n1,red,1,a,g,k\n2,blue,2,b,h,m\n3,red,1,c,g,k\n4,blue,2,d,h,m\n5,red,1,e,g,m\n"
ROLES = SourceSettings(target="y", id=("id",), weight_col="weight")


def told(call) -> tuple[type, str, str]:
    """The error of a call: its kind, what was wrong, and what to type next."""
    with pytest.raises(SoftregError) as caught:
        call()
    return type(caught.value), str(caught.value.what), caught.value.advice


def by_hand(X: np.ndarray, labels) -> str:
    """The identity of data that is no file: its numbers as bytes, then its labels, a line each."""
    return hashlib.sha256(np.ascontiguousarray(X).tobytes() + "\n".join(labels).encode()).hexdigest()


@pytest.mark.parametrize("name", ["iris", "wine", "digits"])
def test_a_bundled_set_is_called_by_its_name_and_known_by_its_numbers(name):
    data = load(name, NONE)
    bunch = getattr(sklearn_datasets, f"load_{name}")()
    labels = [str(bunch.target_names[code]) for code in bunch.target]
    assert data.name == name
    assert data.labels.tolist() == labels
    assert data.rows.tolist() == list(range(1, len(labels) + 1))
    assert data.origin == {"data": name, "sha256": by_hand(data.X, labels), "replayable": True}
    np.testing.assert_array_equal(data.X, bunch.data)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("blobs", lambda **more: sklearn_datasets.make_blobs(n_features=2, centers=3, cluster_std=0.4, **more)),
        ("moons", lambda **more: sklearn_datasets.make_moons(noise=0.4, **more)),
        ("circles", lambda **more: sklearn_datasets.make_circles(noise=0.4, factor=0.5, **more)),
    ],
)
def test_made_data_are_scikit_learns_and_known_by_their_numbers(name, make):
    data = load(name, SourceSettings(samples=60, noise=0.4, seed=3))
    X, y = make(n_samples=60, random_state=3)
    np.testing.assert_array_equal(data.X, X)
    assert data.labels.tolist() == [str(each) for each in y]
    assert (data.name, data.columns, data.rows.tolist()) == (name, ("x1", "x2"), list(range(1, 61)))
    assert data.origin == {"data": name, "sha256": by_hand(X, map(str, y)), "replayable": True}


def test_files_are_known_by_their_bytes(tmp_path):
    X, y = np.arange(24.0).reshape(12, 2) % 5, np.arange(12) % 3
    np.savez(tmp_path / "a.npz", X=X, y=y)
    sklearn_datasets.dump_svmlight_file(X, y, str(tmp_path / "a.svmlight"), zero_based=False)
    (tmp_path / "a.csv").write_text("a,y\n1,k\n2,m\n3,k\n")
    for name in ("a.npz", "a.svmlight", "a.csv"):
        path = tmp_path / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert load(str(path), NONE).origin == {"data": str(path), "sha256": digest, "replayable": True}
    inputs = load_inputs(str(tmp_path / "a.csv"), Preparation.plain(("a",)), "y", NONE)
    assert inputs.origin["sha256"] == hashlib.sha256((tmp_path / "a.csv").read_bytes()).hexdigest()


def test_standard_input_is_told_by_its_bytes_and_cannot_be_read_again(monkeypatch):
    content = b"a;y\n1,5;k\n2,5;m\n3,5;k\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    data = load("-", SourceSettings(separator=";"))
    assert data.X.tolist() == [[1.5], [2.5], [3.5]]
    assert data.name == "stdin"
    assert data.origin == {"data": "-", "sha256": hashlib.sha256(content).hexdigest(), "replayable": False}


def test_a_fingerprint_is_of_all_numbers_and_all_labels():
    X = np.arange(6.0).reshape(3, 2)
    assert fingerprint(X, np.array(["a", "b", "c"])) == by_hand(X, "abc")
    assert fingerprint(X, None) == hashlib.sha256(X.tobytes()).hexdigest()
    assert fingerprint(X, np.array(["a", "b", "c"])) != fingerprint(X, np.array(["a\nb", "c"]).astype("<U3")[[0, 1, 1]])
    S = sp.csr_array(X)
    parts = b"".join(part.tobytes() for part in (S.data, S.indices, S.indptr))
    assert fingerprint(S, None) == hashlib.sha256(parts).hexdigest()


def test_kinds_are_told_by_name_ending_and_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kinds = {"a.csv": "table", "a.TSV": "table", "a.csv.gz": "table", "a.CSV.GZ": "table", "a.npz": "npz"}
    kinds |= {"a.libsvm": "svmlight", "a.svmlight.gz": "svmlight", "a.parquet": "table", "iris.csv": "table"}
    for name in kinds:
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    kinds |= {"folder": "folder", "-": "table", "iris": "bundled", "moons": "synthetic", "openml:x": "download"}
    assert {name: kind_of(name) for name in kinds} == kinds


SHAPELESS = [
    ("moons", {"centers": 4}, "--centers has no effect on moons, which has two classes."),
    ("blobs", {"centers": 1}, "--centers 1 leaves nothing to classify."),
    ("blobs", {"noise": float("inf")}, "--noise inf is not a spread."),
    ("blobs", {"noise": -1.0}, "--noise -1.0 is not a spread."),
    ("blobs", {"samples": 3, "centers": 4}, "--samples 3 is too few for 4 classes."),
    ("moons", {"samples": 1}, "--samples 1 is too few for 2 classes."),
]


@pytest.mark.parametrize(("spec", "source", "what"), SHAPELESS)
def test_settings_that_cannot_shape_data_are_refused(spec, source, what):
    kind, found, advice = told(lambda: load(spec, SourceSettings(**source)))
    assert kind is UsageError
    assert found.startswith(what)
    assert advice


@pytest.fixture
def two(tmp_path):
    """Two tables with the same columns."""
    rows = TABLE.splitlines(keepends=True)
    (tmp_path / "own.csv").write_text(TABLE)
    (tmp_path / "new.csv").write_text("".join([rows[0], "9,blue,4,z,i,m\n", "8,red,3,,i,k\n"]))
    return tmp_path


def test_rows_of_another_source_stand_behind_as_the_test(two):
    data = load(str(two / "own.csv"), ROLES, SplitSettings(test=str(two / "new.csv"), group_col="group"))
    sizes = data.X[:, data.columns.index("size")]
    assert sizes.tolist() == [1, 2, 3, 4, 5, 9, 8]
    assert data.labels.tolist() == [*"kmkmm", *"mk"]
    assert data.part.tolist() == ["train"] * 5 + ["test"] * 2
    assert data.rows.tolist() == [1, 2, 3, 4, 5, 1, 2]
    assert data.weights.tolist() == [1, 2, 1, 2, 1, 4, 3]
    assert data.groups.tolist() == ["g", "h", "g", "h", "g", "", ""]
    assert data.ids["id"].tolist() == ["a", "b", "c", "d", "e", "z", ""]
    digest = hashlib.sha256((two / "new.csv").read_bytes()).hexdigest()
    assert data.origin["test"] == {"data": str(two / "new.csv"), "sha256": digest, "replayable": True}
    assert data.origin["replayable"]


def test_soft_labels_and_weights_must_be_in_the_test_too(tmp_path):
    (tmp_path / "own.csv").write_text("x,p,q,w\n1,0.5,0.5,1\n2,0.2,0.8,1\n3,1,0,2\n")
    (tmp_path / "new.csv").write_text("x,p,q,w\n4,0.1,0.9,1\n")
    source = SourceSettings(target_distribution=("p", "q"), weight_col="w")
    data = load(str(tmp_path / "own.csv"), source, SplitSettings(test=str(tmp_path / "new.csv")))
    assert data.distribution.tolist() == [[0.5, 0.5], [0.2, 0.8], [1, 0], [0.1, 0.9]]
    (tmp_path / "less.csv").write_text("x,p,q\n4,0.1,0.9\n")
    kind, *_ = told(lambda: load(str(tmp_path / "own.csv"), source, SplitSettings(test=str(tmp_path / "less.csv"))))
    assert kind is DataError


def test_test_rows_of_a_sources_own_make_room_for_those_that_are_named(tmp_path):
    X, y = np.arange(16.0).reshape(8, 2), np.array(["a", "b"] * 4)
    np.savez(tmp_path / "new.npz", X=X + 100, y=y)
    (tmp_path / "own.csv").write_text("x1,x2,y\n" + "".join(f"{a},{b},{c}\n" for (a, b), c in zip(X, y, strict=True)))
    data = load(str(tmp_path / "own.csv"), NONE, SplitSettings(test=str(tmp_path / "new.npz")))
    assert data.X.shape == (16, 2)
    np.testing.assert_array_equal(data.X[8:], X + 100)


def test_rows_with_a_missing_value_are_dropped_where_that_is_asked_for(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,y\n1,2,k\n,3,m\n4,5,m\n6,,k\n7,8,k\n")
    data = load(str(tmp_path / "t.csv"), SourceSettings(missing="drop"))
    assert data.X.tolist() == [[1, 2], [4, 5], [7, 8]]
    assert any("2 rows" in note and "missing" in note for note in data.notes)
    (tmp_path / "t.csv").write_text("a,b,y\n1,,k\n,3,m\n,4,k\n5,,m\n")
    what, advice = told(lambda: load(str(tmp_path / "t.csv"), SourceSettings(missing="drop")))[1:]
    assert what == "t.csv: every row has a missing value."
    assert advice == "Type --missing auto, or drop fewer."


def test_a_gzipped_table_is_the_table(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    plain, zipped = (load(str(tmp_path / name), ROLES) for name in ("t.csv", "t.csv.gz"))
    np.testing.assert_array_equal(plain.X, zipped.X)
    assert plain.levels == zipped.levels


def rows(labels: str, **more) -> tuple[Dataset, np.ndarray]:
    """A dataset of so many rows, and its codes."""
    names = np.array(list(labels))
    data = Dataset("t", np.arange(float(len(names)))[:, None], names, ("x",), np.arange(len(names)) + 1, origin={})
    return replace(data, **more), np.unique(names, return_inverse=True)[1]


REFUSED = [
    ("aabb", {"test_size": 1.5}, "--test-size 1.5 is not a share of the rows.", "Give 0 or more, and less than 1."),
    ("aabb", {"val_size": -0.1}, "--val-size -0.1 is not a share of the rows.", "Give 0 or more, and less than 1."),
    ("aabb", {"test_size": 0.5, "val_size": 0.5}, "--test-size and --val-size sum to 1.", "Leave rows to train on."),
    ("aabb", {"test_size": 0.99}, "--test-size 0.99 leaves no row to train on.", "Give a smaller share."),
    (
        "aaaaab",
        {"test_size": 0.5},
        'Class "b" has 1 row: too rare to be on each of the 2 sides of the split.',
        "Type --test-size 0, or remove that class.",
    ),
    (
        "aaabbbccc",
        {"test_size": 0.2},
        "--test-size would put 2 of 9 rows aside: too few on a side for 3 classes.",
        "Type --test-size 0, or another share.",
    ),
]


@pytest.mark.parametrize(("labels", "split", "what", "advice"), REFUSED)
def test_divisions_that_cannot_be_are_told(labels, split, what, advice):
    data, codes = rows(labels)
    assert told(lambda: split_rows(data, codes, SplitSettings(**split)))[1:] == (what, advice)


def test_groups_are_divided_the_same_with_the_same_seed_and_otherwise_with_another():
    labels = "ab" * 60
    data, codes = rows(labels, groups=np.array([f"g{place // 3}" for place in range(120)]))
    one, again, other = (split_rows(data, codes, SplitSettings(seed=seed)).test.tolist() for seed in (1, 1, 2))
    assert one == again != other
    whole = {f"g{place // 3}" for place in one}
    assert len(one) == 3 * len(whole)


def test_a_class_that_no_group_of_the_training_holds_is_told():
    data, codes = rows("aabb", groups=np.array(["g"] * 4))
    what, advice = told(lambda: split_rows(data, codes, SplitSettings(test_size=0.25)))[1:]
    assert what == "All rows are of one group: nothing to put aside for --test-size."
    assert advice == "Type --test-size 0."

"""What is asked of the network and what becomes of the answer, word for word, with scikit-learn's fetchers replaced."""

from __future__ import annotations

import hashlib
import http.client
import struct
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.utils import Bunch

from softreg.data.cache import Home
from softreg.data.downloads import FASHION_CLASSES, downloaded, idx_named
from softreg.errors import DataError, UsageError

BOTH = ("train", "test")
OFFLINE = "Without a network: iris, wine, digits, breast_cancer, blobs, moons, circles."
TABLE = Bunch(
    data=np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]),
    target=np.array(["good", "bad", "good"], dtype=object),
    feature_names=["amount", "purpose"],
    target_names=["class"],
    categories={"purpose": ["car", "house"]},
)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Home:
    """An empty folder that the settings name, on a machine where no data sets are installed."""
    monkeypatch.setattr("softreg.data.downloads._INSTALLED", {})
    return Home(tmp_path / "home", named=True, fillable=True)


@pytest.fixture
def answered(monkeypatch):
    """A function that puts an answer in the place of a fetcher, and returns the calls of it."""

    def answer(name, what):
        calls = []

        def fetch(*names, **options):
            calls.append((*names, options))
            warnings.warn("a host of scikit-learn's has moved", UserWarning, stacklevel=1)  # no matter to the user
            if isinstance(what, Exception):
                raise what
            return what(options) if callable(what) else what

        monkeypatch.setattr(f"sklearn.datasets.{name}", fetch)
        return calls

    return answer


def told(call, kind=DataError) -> tuple[str, str]:
    with pytest.raises(kind) as caught:
        call()
    return caught.value.what, caught.value.advice


def origin(name: str, X, labels) -> dict:
    """Where data come from that are no file: known by their numbers as bytes, then their labels, a line each."""
    parts = [X.data, X.indices, X.indptr] if sp.issparse(X) else [np.ascontiguousarray(X)]
    digest = hashlib.sha256(b"".join(part.tobytes() for part in parts) + "\n".join(labels).encode())
    return {"data": name, "sha256": digest.hexdigest(), "replayable": True}


def test_covtype_is_asked_for_once_and_told_whole(home, answered):
    X = np.asfortranarray(np.arange(12, dtype=np.float32).reshape(4, 3))
    names = ["Elevation", "Aspect", "Slope"]
    calls = answered("fetch_covtype", Bunch(data=X, target=np.array([1, 2, 7, 1]), feature_names=names))
    data = downloaded("covtype", home)
    assert calls == [({"data_home": str(home.folder)},)]
    np.testing.assert_array_equal(data.X, X.astype(np.float64), strict=True)
    assert data.X.flags.c_contiguous
    assert data.labels.tolist() == ["1", "2", "7", "1"]
    assert (data.name, data.target, data.columns) == ("covtype", "Cover_Type", tuple(names))
    assert data.rows.tolist() == [1, 2, 3, 4]
    assert data.origin == origin("covtype", data.X, ["1", "2", "7", "1"])
    assert [path.name for path in home.folder.iterdir()] == ["covtype.npz"]


def test_newsgroups_are_asked_for_in_two_parts_and_told_whole(home, answered):
    def part(options) -> Bunch:
        counts = np.eye(3)[[0, 2]] if options["subset"] == "train" else np.eye(3)[[1, 1, 0]]
        return Bunch(
            data=sp.csr_matrix(counts),
            target=np.array([1, 0]) if options["subset"] == "train" else np.array([0, 1, 1]),
            target_names=["alt.atheism", "sci.space"],
            feature_names=np.array(["u", "v", "w"], dtype=object),
        )

    calls = answered("fetch_20newsgroups_vectorized", part)
    data = downloaded("20newsgroups", home)
    assert calls == [({"subset": part, "data_home": str(home.folder)},) for part in ("train", "test")]
    assert isinstance(data.X, sp.csr_array)
    np.testing.assert_array_equal(data.X.toarray(), np.eye(3)[[0, 2, 1, 1, 0]])
    labels = ["sci.space", "alt.atheism", "alt.atheism", "sci.space", "sci.space"]
    assert data.labels.tolist() == labels
    assert data.part.tolist() == ["train"] * 2 + ["test"] * 3
    assert data.rows.tolist() == [1, 2, 1, 2, 3]
    assert (data.name, data.target, data.columns) == ("20newsgroups", "label", ("u", "v", "w"))
    assert {type(column) for column in data.columns} == {str}
    assert data.origin == origin("20newsgroups", data.X, labels)


@pytest.mark.parametrize(
    ("spec", "target", "called", "options", "kept"),
    [
        (
            "openml:credit-g",
            None,
            "credit-g",
            {"version": "active", "target_column": "default-target"},
            "credit_g-active",
        ),
        ("openml:credit@31", None, "credit", {"version": 31, "target_column": "default-target"}, "credit-31"),
        ("openml:a b", "my class", "a b", {"version": "active", "target_column": "my class"}, "a_b-active-my_class"),
        ("openml:a@01", "y", "a", {"version": 1, "target_column": "y"}, "a-01-y"),
    ],
)
def test_openml_is_asked_for_name_version_and_target(home, answered, spec, target, called, options, kept):
    calls = answered("fetch_openml", TABLE)
    data = downloaded(spec, home, target)
    as_arrays = {"data_home": str(home.folder), "as_frame": False, "parser": "liac-arff"}
    assert calls == [(called, as_arrays | options)]
    assert [path.name for path in home.folder.iterdir()] == [f"openml-{kept}.npz"]
    assert data.name == spec
    assert data.origin == origin(spec, data.X, ["good", "bad", "good"])


@pytest.mark.parametrize(
    ("change", "target", "notes"),
    [
        ({}, "class", ("Nominal features are integer codes, and are read as quantities: purpose.",)),
        (
            {"categories": {"purpose": ["car"], "amount": ["few", "many"], "other": []}},
            "class",
            ("Nominal features are integer codes, and are read as quantities: amount, purpose.",),
        ),
        ({"categories": {}}, "class", ()),
        ({"categories": None}, "class", ()),
        (
            {"target_names": ["kind", "other"]},
            "kind",
            ("Nominal features are integer codes, and are read as quantities: purpose.",),
        ),
        ({"target_names": [], "categories": {}}, "label", ()),
        ({"target_names": None, "categories": {}}, "label", ()),
        ({"data": sp.csr_matrix(TABLE.data), "categories": {}}, "class", ()),
        ({"data": TABLE.data.astype(int), "categories": {}}, "class", ()),
        ({"data": TABLE.data.astype(object), "categories": {}}, "class", ()),
    ],
)
def test_what_openml_tells_of_a_table_is_told_of_the_dataset(home, answered, change, target, notes):
    answered("fetch_openml", Bunch(**{**TABLE, **change}))
    data = downloaded("openml:credit", home)
    assert (data.target, data.notes, data.columns) == (target, notes, ("amount", "purpose"))
    assert data.labels.tolist() == ["good", "bad", "good"]
    assert data.X.dtype == np.float64
    assert data.sparse == sp.issparse(change.get("data"))
    assert not data.sparse or isinstance(data.X, sp.csr_array)
    np.testing.assert_array_equal(data.X.toarray() if data.sparse else data.X, TABLE.data)


def test_what_openml_does_not_tell_is_not_missed(home, answered):
    answered("fetch_openml", Bunch(**{name: TABLE[name] for name in ("data", "target", "feature_names")}))
    data = downloaded("openml:credit", home)
    assert (data.target, data.notes) == ("label", ())


@pytest.mark.parametrize("spec", ["openml:", "openml:@3", "openml:a@b", "openml:a@1.0", "openml:a@-1"])
def test_what_names_no_data_set_of_openml_is_told_with_what_does(home, spec):
    assert told(lambda: downloaded(spec, home), UsageError) == (
        f'"{spec}" is no data set of OpenML.',
        "Type openml:NAME or openml:NAME@3.",
    )


NONE_SUCH = "https://www.openml.org lists what is there."
REFUSED = [
    ({"target": None}, "openml:credit@1 has no single label column.", "Name one with --target."),
    ({"target": np.ones((3, 2))}, "openml:credit@1 has no single label column.", "Name one with --target."),
    (
        {"data": np.array([["a", 1.0]] * 3, dtype=object)},
        "openml:credit@1 has features that are no numbers: could not convert string to float: 'a'.",
        "Save it as a CSV and mend it.",
    ),
    (
        ValueError("Dataset credit with version 1 not found."),
        "openml:credit cannot be used: Dataset credit with version 1 not found.",
        NONE_SUCH,
    ),
    (
        ValueError("Could not find target_column=X"),
        "openml:credit cannot be used: Could not find target_column=X.",
        NONE_SUCH,
    ),
    (KeyError("no column"), "openml:credit cannot be used: no column.", NONE_SUCH),
]


@pytest.mark.parametrize(("answer", "what", "advice"), REFUSED)
def test_what_cannot_be_used_of_openml_is_told(home, answered, answer, what, advice):
    answered("fetch_openml", Bunch(**{**TABLE, **answer}) if isinstance(answer, dict) else answer)
    assert told(lambda: downloaded("openml:credit@1", home)) == (what, advice)
    assert not home.folder.exists()


@pytest.mark.parametrize(
    "error",
    [
        URLError("no network"),
        TimeoutError("too slow"),
        http.client.IncompleteRead(b"ab", 7),
        ConnectionResetError("cut"),
    ],
)
@pytest.mark.parametrize(
    ("spec", "fetcher", "name"),
    [
        ("covtype", "fetch_covtype", "covtype"),
        ("20newsgroups", "fetch_20newsgroups_vectorized", "20newsgroups"),
        ("openml:credit@3", "fetch_openml", "openml:credit"),
    ],
)
def test_a_network_that_fails_is_told_with_its_reason_the_home_and_what_needs_none(
    home, answered, spec, fetcher, name, error
):
    answered(fetcher, error)
    assert told(lambda: downloaded(spec, home)) == (
        f"{name} could not be downloaded ({error}). It would be cached in {home.folder} (--data-home).",
        OFFLINE,
    )


def images(count: int) -> Bunch:
    pixels = (np.arange(count * 784) % 251).reshape(count, 784)
    return Bunch(data=pixels.astype(np.float64), target=np.array([str(k % 10) for k in range(count)], dtype=object))


@pytest.mark.parametrize(
    ("name", "called", "classes"),
    [("mnist", "mnist_784", [str(k) for k in range(10)]), ("fashion_mnist", "Fashion-MNIST", list(FASHION_CLASSES))],
)
def test_images_of_openml_are_told_whole_and_in_parts(monkeypatch, home, answered, name, called, classes):
    monkeypatch.setattr("softreg.data.downloads._TRAIN_ROWS", 9)
    calls = answered("fetch_openml", images(13))
    whole = idx_named(name, home, BOTH)
    options = {"version": 1, "target_column": "default-target", "data_home": str(home.folder)}
    assert calls == [(called, options | {"as_frame": False, "parser": "liac-arff"})]
    assert [path.name for path in home.folder.iterdir()] == [f"{name}.npz"]
    labels = [classes[k % 10] for k in range(13)]
    np.testing.assert_array_equal(whole.X, images(13).data.astype(np.float32), strict=True)
    assert whole.labels.tolist() == labels
    assert whole.part.tolist() == ["train"] * 9 + ["test"] * 4
    assert whole.rows.tolist() == [*range(1, 10), *range(1, 5)]
    assert (whole.name, whole.pixels, whole.image_shape) == (name, True, (28, 28))
    assert (whole.columns[0], whole.columns[28], whole.columns[-1]) == ("pixel_0_0", "pixel_1_0", "pixel_27_27")
    assert whole.origin == origin(name, whole.X, labels)
    for part, rows in (("train", slice(9)), ("test", slice(9, None))):
        some = idx_named(name, home, (part,))
        np.testing.assert_array_equal(some.X, whole.X[rows])
        assert some.labels.tolist() == labels[rows]
        assert set(some.part) == {part}
    assert len(calls) == 1


def written(folder: Path, first: int) -> None:
    """The four files of an MNIST of one image each, the label of which is to be known again."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, label in (("train", first), ("t10k", first + 1)):
        head = bytes([0, 0, 8])
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + b"\3" + struct.pack(">3I", 1, 1, 1) + b"\7")
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(head + b"\1" + struct.pack(">I", 1) + bytes([label]))


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_files_are_looked_for_in_one_place_after_the_other(tmp_path, monkeypatch, answered, name, named):
    """The farthest place is filled first: each time the nearest is taken, and without any the network is asked."""
    calls = answered("fetch_openml", URLError(OSError(101, "Network is unreachable")))
    places = {"installed": tmp_path / "installed"}
    monkeypatch.setattr("softreg.data.downloads._INSTALLED", {"fashion_mnist": [places["installed"]]})
    home = Home(tmp_path / "home", named=named, fillable=True)
    order = [home.folder] if named else []
    order += (
        [home.folder / "mnist"] if name == "mnist" else [home.folder / "fashion_mnist", home.folder / "fashion-mnist"]
    )
    order += [places["installed"]] if name == "fashion_mnist" else []
    called = {"mnist": "mnist_784", "fashion_mnist": "Fashion-MNIST"}[name]
    assert told(lambda: idx_named(name, home, BOTH)) == (
        f"No IDX files in {', '.join(map(str, order))}; and from OpenML: openml:{called} could not be downloaded "
        f"(Network is unreachable). It would be cached in {home.folder} (--data-home).",
        OFFLINE,
    )
    assert len(calls) == 1
    names = FASHION_CLASSES if name == "fashion_mnist" else [str(k) for k in range(10)]
    for first, place in enumerate(reversed(order)):
        written(place, first)
        data = idx_named(name, home, BOTH)
        assert data.labels.tolist() == [names[first], names[first + 1]]
        assert (data.name, data.origin["data"], data.part.tolist()) == (name, name, ["train", "test"])
        assert idx_named(name, home, ("test",)).labels.tolist() == [names[first + 1]]
    assert len(calls) == 1


def test_files_beside_those_of_the_users_own_cache_are_not_taken_for_a_data_set(tmp_path, monkeypatch, answered):
    """In a folder that was named, the four files may lie bare; in the cache they have a folder of their own."""
    monkeypatch.setattr("softreg.data.downloads._INSTALLED", {})
    calls = answered("fetch_openml", images(2))
    monkeypatch.setattr("softreg.data.downloads._TRAIN_ROWS", 1)
    home = Home(tmp_path, named=False, fillable=True)
    written(tmp_path, 0)
    assert idx_named("mnist", home, BOTH).n_features == 784
    assert len(calls) == 1
    assert idx_named("mnist", replace(home, named=True), BOTH).n_features == 1


def test_a_home_that_may_not_be_filled_is_not_asked_for_what_openml_has(home, answered):
    calls = [answered(f"fetch_{name}", TABLE) for name in ("covtype", "20newsgroups_vectorized", "openml")]
    closed = replace(home, fillable=False)
    asked = [partial(downloaded, spec, closed) for spec in ("covtype", "20newsgroups", "openml:a@2")]
    files = ["covtype.npz", "20newsgroups.npz", "openml-a-2.npz", "mnist.npz"]
    for call, file in zip([*asked, lambda: idx_named("mnist", closed, BOTH)], files, strict=True):
        assert told(call) == (
            f"There is no {file} in {home.folder}, which a configuration names: nothing is put there unasked.",
            f"Type --data-home {home.folder} to have it downloaded.",
        )
    assert calls == [[], [], []]

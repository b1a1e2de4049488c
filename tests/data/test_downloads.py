"""Data sets from the network, with scikit-learn's fetchers replaced."""

from __future__ import annotations

from functools import partial
from urllib.error import URLError

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.utils import Bunch

from softreg import data
from softreg.data import load_inputs
from softreg.data.catalogue import offline_names
from softreg.data.downloads import FASHION_CLASSES
from softreg.errors import DataError, UsageError
from softreg.preparation import Preparation
from softreg.settings import SourceSettings

load = partial(data.load, fill_home=True)


class Fetcher:
    """A fetcher of scikit-learn that gives what it was given, and remembers how it was called."""

    def __init__(self, answer):
        self.answer, self.calls = answer, []

    def __call__(self, *names, **options):
        self.calls.append((names, options))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(options) if callable(self.answer) else self.answer


@pytest.fixture
def home(tmp_path, monkeypatch) -> SourceSettings:
    monkeypatch.setattr("softreg.data.downloads._INSTALLED", {})
    return SourceSettings(data_home=str(tmp_path / "home"))


def replaced(monkeypatch, name: str, answer) -> Fetcher:
    fetcher = Fetcher(answer)
    monkeypatch.setattr(f"sklearn.datasets.{name}", fetcher)
    return fetcher


def same(one, two) -> None:
    dense = [data.X.toarray() if data.sparse else data.X for data in (one, two)]
    np.testing.assert_array_equal(*dense)
    assert dense[0].dtype == dense[1].dtype
    for name in ("labels", "rows", "part"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    for name in ("name", "columns", "target", "pixels", "image_shape", "notes", "origin", "sparse"):
        assert getattr(one, name) == getattr(two, name)


COVTYPE = Bunch(
    data=np.arange(12.0).reshape(4, 3),
    target=np.array([1, 2, 7, 1], dtype=np.int32),
    feature_names=["Elevation", "Aspect", "Slope"],
)


def news(options) -> Bunch:
    rows = 3 if options["subset"] == "train" else 2
    return Bunch(
        data=sp.random(rows, 6, density=0.5, format="csr", random_state=0),
        target=np.arange(rows) % 2,
        target_names=["alt.atheism", "sci.space"],
        feature_names=np.array(["00", "aa", "bb", "cc", "dd", "ee"], dtype=object),
    )


def images(options) -> Bunch:
    rng = np.random.default_rng(0)
    return Bunch(
        data=rng.integers(256, size=(50, 784)).astype(np.float64),
        target=np.array([str(k % 10) for k in range(50)], dtype=object),
    )


CREDIT = Bunch(
    data=np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]),
    target=np.array(["good", "bad", "good"], dtype=object),
    feature_names=["amount", "purpose"],
    target_names=["class"],
    categories={"purpose": ["car", "house"]},
)

SOURCES = [
    ("covtype", "fetch_covtype", COVTYPE),
    ("20newsgroups", "fetch_20newsgroups_vectorized", news),
    ("mnist", "fetch_openml", images),
    ("fashion_mnist", "fetch_openml", images),
    ("openml:credit-g", "fetch_openml", CREDIT),
    ("openml:credit-g@2", "fetch_openml", CREDIT),
]


@pytest.fixture
def short_mnist(monkeypatch):
    monkeypatch.setattr("softreg.data.downloads._TRAIN_ROWS", 40)


@pytest.mark.usefixtures("short_mnist")
@pytest.mark.parametrize(("spec", "fetcher", "answer"), SOURCES)
def test_the_second_load_is_the_same_and_asks_no_network(monkeypatch, home, spec, fetcher, answer):
    replaced(monkeypatch, fetcher, answer)
    first = load(spec, home)
    silent = replaced(monkeypatch, fetcher, URLError("no network"))
    same(load(spec, home), first)
    assert silent.calls == []


@pytest.mark.usefixtures("short_mnist")
@pytest.mark.parametrize(("spec", "fetcher", "answer"), SOURCES)
def test_a_damaged_cache_is_fetched_again(monkeypatch, home, tmp_path, spec, fetcher, answer):
    replaced(monkeypatch, fetcher, answer)
    first = load(spec, home)
    (kept,) = (tmp_path / "home").iterdir()
    content = kept.read_bytes()
    for damaged in (b"", content[: len(content) // 2], b"words"):
        kept.write_bytes(damaged)
        same(load(spec, home), first)
    assert kept.read_bytes() == content


@pytest.mark.parametrize("error", [URLError("no network"), TimeoutError("slow"), ConnectionResetError("cut")])
@pytest.mark.parametrize(("spec", "fetcher", "answer"), SOURCES)
def test_a_failed_download_says_where_it_would_be_kept_and_what_works_without(
    monkeypatch, home, spec, fetcher, answer, error
):
    replaced(monkeypatch, fetcher, error)
    with pytest.raises(DataError) as caught:
        load(spec, home)
    said = str(caught.value)
    assert spec.split("@")[0].removeprefix("openml:") in said or "MNIST" in said or "mnist" in said
    assert home.data_home in said
    assert all(name in said for name in offline_names())


def test_the_cache_is_where_xdg_says(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    replaced(monkeypatch, "fetch_covtype", COVTYPE)
    load("covtype", SourceSettings())
    assert (tmp_path / "softreg" / "covtype.npz").is_file()


def test_a_cache_that_cannot_be_written_is_a_note(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    replaced(monkeypatch, "fetch_covtype", COVTYPE)
    data = load("covtype", SourceSettings(data_home=str(tmp_path / "file")))
    assert data.n_samples == 4
    assert any("could not be cached" in note.lower() for note in data.notes)


def test_covtype_keeps_names_and_codes(monkeypatch, home):
    replaced(monkeypatch, "fetch_covtype", COVTYPE)
    data = load("covtype", home)
    assert data.columns == ("Elevation", "Aspect", "Slope")
    assert data.labels.tolist() == ["1", "2", "7", "1"]


def test_newsgroups_are_sparse_and_keep_their_split(monkeypatch, home):
    replaced(monkeypatch, "fetch_20newsgroups_vectorized", news)
    data = load("20newsgroups", home)
    assert isinstance(data.X, sp.csr_array)
    assert data.part.tolist() == ["train"] * 3 + ["test"] * 2
    assert data.rows.tolist() == [1, 2, 3, 1, 2]
    assert data.labels.tolist() == ["alt.atheism", "sci.space", "alt.atheism", "alt.atheism", "sci.space"]
    np.testing.assert_array_equal(data.X.toarray()[:3], news({"subset": "train"}).data.toarray())


@pytest.mark.usefixtures("short_mnist")
def test_mnist_from_openml_keeps_the_first_rows_for_training(monkeypatch, home):
    replaced(monkeypatch, "fetch_openml", images)
    data = load("fashion_mnist", home)
    np.testing.assert_array_equal(data.X, images({}).data)
    assert data.part.tolist() == ["train"] * 40 + ["test"] * 10
    assert data.labels.tolist()[:10] == list(FASHION_CLASSES)
    assert data.X.dtype == np.float32
    inputs = load_inputs("fashion_mnist", Preparation.plain(data.columns), "label", home)
    np.testing.assert_array_equal(inputs.X, data.X[40:])


def test_openml_asks_for_arrays_and_the_version(monkeypatch, home):
    fetcher = replaced(monkeypatch, "fetch_openml", CREDIT)
    data = load("openml:credit-g@3", SourceSettings(data_home=home.data_home, target="class"))
    (names, options), *rest = fetcher.calls
    assert names == ("credit-g",)
    assert not rest
    assert (options["version"], options["as_frame"], options["parser"]) == (3, False, "liac-arff")
    assert options["target_column"] == "class"
    assert data.target == "class"
    assert data.labels.tolist() == ["good", "bad", "good"]
    assert any("purpose" in note for note in data.notes)


def test_versions_and_targets_are_kept_apart(monkeypatch, home):
    fetcher = replaced(monkeypatch, "fetch_openml", CREDIT)
    for spec, target in [("openml:a", None), ("openml:a@1", None), ("openml:a", "b"), ("openml:b", None)]:
        load(spec, SourceSettings(data_home=home.data_home, target=target))
    assert len(fetcher.calls) == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target": None}, "--target"),
        ({"target": np.ones((3, 2))}, "--target"),
        ({"data": np.array([["a"], ["b"], ["c"]], dtype=object)}, "no numbers"),
        ({"data": np.array([[1.0, 2], [np.inf, 1], [1, 1]])}, 'column "amount", row 2'),
        ({"data": np.array([[1.0, 2], [np.nan, 1], [1, 1]])}, None),
        ({"target": np.array(["x", "x", "x"], dtype=object)}, None),
    ],
)
def test_openml_data_that_cannot_be_used_are_refused(monkeypatch, home, change, words):
    replaced(monkeypatch, "fetch_openml", Bunch(**{**CREDIT, **change}))
    if words is None:
        load("openml:credit-g", home)
        return
    with pytest.raises(DataError, match=words):
        load("openml:credit-g", home)


@pytest.mark.parametrize("error", [ValueError("Dataset nope with version active not found."), KeyError("no column")])
def test_what_openml_does_not_know_is_said(monkeypatch, home, error):
    replaced(monkeypatch, "fetch_openml", error)
    with pytest.raises(DataError, match="openml:nope"):
        load("openml:nope", home)


@pytest.mark.parametrize("spec", ["openml:", "openml:a@b", "openml:@1"])
def test_a_spec_that_is_none_is_a_usage_error(home, spec):
    with pytest.raises(UsageError, match="openml:NAME"):
        load(spec, home)


@pytest.mark.parametrize(
    ("spec", "target", "name"),
    [
        ("openml:iris", None, "openml-iris-active.npz"),
        ("openml:iris@2", None, "openml-iris-2.npz"),
        ("openml:a b/c@1", "the class", "openml-a_b_c-1-the_class.npz"),
    ],
)
def test_what_is_kept_of_openml_is_called_by_name_version_and_target(home, monkeypatch, spec, target, name):
    from dataclasses import replace
    from pathlib import Path

    bunch = Bunch(data=np.arange(8.0).reshape(4, 2), target=np.array(["a", "b"] * 2), feature_names=["x", "z"])
    fetcher = replaced(monkeypatch, "fetch_openml", bunch)
    dataset = load(spec, replace(home, target=target))
    assert [path.name for path in Path(home.data_home).iterdir()] == [name]
    assert dataset.target == "label"  # where OpenML has no name for it
    (_, options), version = fetcher.calls[0], spec.partition("@")[2]
    assert options["version"] == (int(version) if version else "active")
    assert options["target_column"] == (target or "default-target")
    assert dataset.X.dtype == np.float64


def test_what_openml_refuses_is_told_with_its_reason(home, monkeypatch):
    replaced(monkeypatch, "fetch_openml", ValueError("No known target column: abc."))
    with pytest.raises(DataError) as caught:
        load("openml:iris", home)
    assert caught.value.what == "openml:iris cannot be used: No known target column: abc."


def test_where_nothing_was_found_before_the_network_failed_is_told(home, monkeypatch):
    replaced(monkeypatch, "fetch_openml", URLError("no network"))
    with pytest.raises(DataError) as caught:
        load("mnist", home)
    assert caught.value.what.startswith(f"No IDX files in {home.data_home}")
    assert "; and from OpenML: openml:" in caught.value.what
    assert "no network" in caught.value.what
    replaced(monkeypatch, "fetch_covtype", URLError("no network"))
    with pytest.raises(DataError) as caught:
        load("covtype", home)
    assert caught.value.what.startswith("covtype could not be downloaded")


def test_the_newsgroups_are_fetched_into_the_home_and_kept_there(home, monkeypatch):
    from pathlib import Path

    part = Bunch(
        data=sp.csr_matrix(np.eye(3)),
        target=np.array([0, 1, 0]),
        target_names=["a", "b"],
        feature_names=["u", "v", "w"],
    )
    fetcher = replaced(monkeypatch, "fetch_20newsgroups_vectorized", part)
    load("20newsgroups", home)
    assert [options for _, options in fetcher.calls] == [
        {"subset": part, "data_home": home.data_home} for part in ("train", "test")
    ]
    assert [path.name for path in Path(home.data_home).iterdir()] == ["20newsgroups.npz"]


@pytest.mark.parametrize("kind", [bool, np.int64, np.float16, np.complex128])
def test_a_kept_file_of_another_kind_of_numbers_is_fetched_again(home, monkeypatch, kind):
    from pathlib import Path

    part = Bunch(
        data=sp.csr_matrix(np.eye(3)), target=np.array([0, 1, 0]), target_names=["a", "b"], feature_names="uvw"
    )
    fetcher = replaced(monkeypatch, "fetch_20newsgroups_vectorized", part)
    first = load("20newsgroups", home)
    (kept,) = Path(home.data_home).iterdir()
    with np.load(kept) as arrays:
        told = dict(arrays)
    np.savez(kept, **told | {"data": told["data"].astype(kind)})
    same(load("20newsgroups", home), first)
    assert len(fetcher.calls) == 4  # two parts, twice

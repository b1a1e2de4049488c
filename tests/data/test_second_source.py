"""Rows of a second source as the test: --test FILE, whatever the two are."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from urllib.error import URLError

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn import datasets as sk
from sklearn.utils import Bunch

from softreg.data import load
from softreg.errors import DataError
from softreg.preparation import UNSEEN
from softreg.settings import SourceSettings, SplitSettings

NONE = SourceSettings()
OWN = "size,port,w,p,q,y\n1,S,1,1,0,k\n2,C,2,0,1,m\n3,S,1,0.5,0.5,k\n"


def behind(own, new, source=NONE, **split):
    """The rows of one source, and behind them those of the other."""
    return load(str(own), source, SplitSettings(test=str(new), **split))


def written(folder, name, text):
    (folder / name).write_text(text)
    return folder / name


def arrays(folder, name, X, y, **more):
    np.savez(folder / name, X=X, y=np.array(y), **more)
    return folder / name


@pytest.fixture
def own(tmp_path):
    return written(tmp_path, "own.csv", OWN)


def test_categories_keep_the_codes_of_the_data_and_new_ones_are_unseen(own, tmp_path):
    new = written(tmp_path, "new.csv", "y,port,size,w,p,q\nk,X,7,1,1,0\nm,S,8,1,1,0\n")
    source = SourceSettings(target="y", exclude=("w", "p", "q"), categorical=("port",), numeric=("size",))
    data = behind(own, new, source)
    assert data.columns == ("size", "port")
    levels = data.levels["port"]
    assert [levels[int(code)] if code != UNSEEN else None for code in data.X[:, 1]] == ["S", "C", "S", None, "S"]
    assert data.X[:, 0].tolist() == [1, 2, 3, 7, 8]
    assert data.name == "own.csv"
    assert [role.name for role in data.roles] == ["size", "port"]


def test_missing_values_are_missing_in_both_and_dropped_from_both_where_that_is_asked_for(tmp_path):
    own = written(tmp_path, "own.csv", "a,b,y\n1,2,k\n,3,m\n4,5,m\n")
    new = written(tmp_path, "new.csv", "a,b,y\n6,,k\n7,8,m\n")
    data = behind(own, new)
    np.testing.assert_array_equal(data.X, [[1, 2], [np.nan, 3], [4, 5], [6, np.nan], [7, 8]])
    data = behind(own, new, SourceSettings(missing="drop"))
    assert data.X.tolist() == [[1, 2], [4, 5], [7, 8]]
    assert data.part.tolist() == ["train", "train", "test"]
    assert data.rows.tolist() == [1, 3, 2]
    assert data.notes == ("Left out, because a value is missing: 2 rows.",)


def test_notes_on_the_test_say_which_file_they_are_of(own, tmp_path):
    new = written(tmp_path, "new.csv", "y,port,size,w,p,q,more,other\nk,X,7,1,1,0,1,1\n,S,8,1,1,0,1,1\n")
    data = behind(own, new, SourceSettings(target="y"))
    assert data.notes == (
        f"{new}: Ignored, because the model does not know them: more, other.",
        f"{new}: Left out, because without a label: 1 row.",
    )
    assert data.labels.tolist() == ["k", "m", "k", "k"]


@pytest.mark.parametrize(
    ("left", "source", "option"),
    [
        (["w"], {"weight_col": "w", "target": "y"}, "--weight-col"),
        (["q"], {"target_distribution": ("p", "q")}, "--target-distribution"),
        (["w"], {"weight_col": "w", "target_distribution": ("p", "q")}, "--weight-col"),
    ],
)
def test_what_an_option_names_must_be_in_the_test_too(own, tmp_path, left, source, option):
    pl.read_csv(own).drop(left).with_columns(likeliest=pl.lit("p")).write_csv(tmp_path / "new.csv")
    # a test without soft labels may have plain ones, in the column that is called as soft ones are
    frame = pl.read_csv(tmp_path / "new.csv").rename({"likeliest": "likeliest class"})
    frame.write_csv(tmp_path / "new.csv")
    with pytest.raises(DataError) as caught:
        behind(own, tmp_path / "new.csv", SourceSettings(**source))
    assert caught.value.what == f"{tmp_path / 'new.csv'} lacks what {option} names."
    assert caught.value.advice == "The test file needs the same columns."


def test_weights_that_no_option_names_are_none(own, tmp_path):
    data = behind(own, written(tmp_path, "new.csv", OWN), SourceSettings(target="y"))
    assert data.weights is data.distribution is data.groups is None
    assert data.ids == {}
    assert data.classes == ()
    assert data.part.tolist() == ["train"] * 3 + ["test"] * 3


def test_names_of_the_rows_are_empty_where_the_test_has_none(own, tmp_path):
    new = written(tmp_path, "new.csv", "size,w,p,q,y,other\n1,1,1,0,k,2\n2,1,0,1,m,3\n")
    source = SourceSettings(target="y", id=("port",))
    assert behind(own, new, source).ids["port"].tolist() == ["S", "C", "S", "", ""]
    assert behind(own, own, source).ids["port"].tolist() == ["S", "C", "S"] * 2


def test_the_classes_of_soft_labels_are_those_of_the_data(own, tmp_path):
    new = written(tmp_path, "new.csv", OWN)
    data = behind(own, new, SourceSettings(target_distribution=("q", "p"), weight_col="w", exclude=("y",)))
    assert data.classes == ("q", "p")
    assert data.distribution.tolist() == [[0, 1], [1, 0], [0.5, 0.5]] * 2
    assert data.labels.tolist() == ["p", "q", "q"] * 2
    assert data.weights.tolist() == [1, 2, 1] * 2


def test_long_labels_of_either_source_are_whole(tmp_path):
    own = arrays(tmp_path, "own.npz", np.eye(4), ["k", "m"] * 2)
    new = arrays(tmp_path, "new.npz", np.eye(4)[:2], ["k" * 30, "m"])
    assert behind(own, new).labels.tolist() == ["k", "m", "k", "m", "k" * 30, "m"]


def test_features_are_in_the_form_and_precision_of_the_first(tmp_path):
    X, y = np.arange(12.0).reshape(4, 3) % 5, ["1", "2"] * 2
    dense = arrays(tmp_path, "dense.npz", X, y)
    single = arrays(tmp_path, "single.npz", X.astype(np.float32), y)
    sk.dump_svmlight_file(X, [1, 2, 1, 2], str(tmp_path / "sparse.svmlight"), zero_based=False)
    sparse = tmp_path / "sparse.svmlight"
    for own, new in [(dense, single), (single, dense), (dense, sparse), (single, sparse)]:
        data = behind(own, new)
        np.testing.assert_array_equal(data.X, np.concatenate([X, X]))
        assert data.X.dtype == (np.float64 if own == dense else np.float32)
        assert data.labels.tolist() == y + y
    for new in (dense, single, sparse):
        data = behind(sparse, new)
        assert isinstance(data.X, sp.csr_array)
        np.testing.assert_array_equal(data.X.toarray(), np.concatenate([X, X]))


def test_test_rows_of_a_sources_own_are_left_out_with_a_note(tmp_path, monkeypatch):
    part = {
        side: Bunch(
            data=sp.csr_matrix(np.eye(3) + (side == "test")),
            target=np.array([0, 1, 0]),
            target_names=["k", "m"],
            feature_names=["x1", "x2", "x3"],
        )
        for side in ("train", "test")
    }
    monkeypatch.setattr(sk, "fetch_20newsgroups_vectorized", lambda subset, **_: part[subset])
    new = arrays(tmp_path, "new.npz", 5 * np.eye(3)[:2], ["k", "m"])
    home = SourceSettings(data_home=str(tmp_path / "home"))
    data = load("20newsgroups", home, SplitSettings(test=str(new)), fill_home=True)
    np.testing.assert_array_equal(data.X.toarray(), np.concatenate([np.eye(3), 5 * np.eye(3)[:2]]))
    assert data.part.tolist() == ["train"] * 3 + ["test"] * 2
    assert data.labels.tolist() == ["k", "m", "k", "k", "m"]
    assert data.notes == (f"The test rows are those of {new}, not 20newsgroups's own.",)


def test_validation_rows_of_a_sources_own_are_kept(own, tmp_path, monkeypatch):
    """No source that may have a test beside it has such rows today; those that are kept of a download may."""
    home = tmp_path / "home"
    bunch = Bunch(data=np.eye(4), target=np.array([1, 2, 1, 2]), feature_names=["a", "b", "c", "d"])
    monkeypatch.setattr(sk, "fetch_covtype", lambda **_: bunch)
    source = SourceSettings(data_home=str(home))
    load("covtype", source, fill_home=True)
    with np.load(home / "covtype.npz") as kept:
        told = dict(kept)
    np.savez(home / "covtype.npz", **told, part=np.array(["train", "train", "val", "test"]))
    new = arrays(tmp_path, "new.npz", np.eye(4)[:1] * 7, ["1"])
    data = load("covtype", source, SplitSettings(test=str(new)))
    assert data.part.tolist() == ["train", "train", "val", "test"]
    assert data.X[-1].tolist() == [7, 0, 0, 0]


@pytest.mark.parametrize("fill_home", [True, False])
def test_a_test_from_the_network_is_downloaded_only_where_the_data_would_be(tmp_path, monkeypatch, fill_home):
    bunch = Bunch(data=np.eye(3), target=np.array(["k", "m", "k"]), feature_names=["x1", "x2", "x3"])
    monkeypatch.setattr(sk, "fetch_openml", lambda *_, **__: bunch)
    own = arrays(tmp_path, "own.npz", np.eye(3), ["k", "m", "k"])
    source, split = SourceSettings(data_home=str(tmp_path / "home")), SplitSettings(test="openml:rows@1")
    if not fill_home:
        for more in ({}, {"fill_home": False}):
            with pytest.raises(DataError) as caught:
                load(str(own), source, split, **more)
            assert caught.value.what.startswith("There is no openml-rows-1.npz in ")
        return
    data = load(str(own), source, split, fill_home=True)
    np.testing.assert_array_equal(data.X, np.concatenate([np.eye(3)] * 2))
    assert data.origin["test"]["data"] == "openml:rows@1"
    monkeypatch.setattr(sk, "fetch_openml", lambda *_, **__: pytest.fail(str(URLError("no network"))))
    load(str(own), source, split)  # it was kept


def test_what_came_from_standard_input_cannot_be_read_again(own, monkeypatch):
    def piped():
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(OWN.encode())))

    piped()
    data = behind(own, "-", SourceSettings(target="y"))
    assert data.part.tolist() == ["train"] * 3 + ["test"] * 3
    assert (data.origin["replayable"], data.origin["test"]["replayable"]) == (False, False)
    piped()
    data = behind("-", own, SourceSettings(target="y"))
    assert (data.origin["replayable"], data.origin["test"]["replayable"]) == (False, True)
    assert data.origin["data"] == "-"


def test_a_test_without_a_label_or_a_column_is_told_by_its_name(own, tmp_path):
    new = written(tmp_path, "new.csv", "size,port,w,p,q\n1,S,1,1,0\n")
    source = replace(NONE, target="y")
    for text, what in [
        ("size,port,w,p,q\n1,S,1,1,0\n", "new.csv has no labels."),
        ("size,port,w,p,q,y\n1,S,1,1,0,\n", "new.csv: no row has a label."),
        ("size,port,w,p,y\n1,S,1,1,k\n", 'new.csv lacks 1 of the model\'s 5 columns: "q".'),
    ]:
        new.write_text(text)
        with pytest.raises(DataError) as caught:
            behind(own, new, source)
        assert caught.value.what == what

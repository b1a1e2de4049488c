"""The package's names, and a Dataset: what goes along with its rows, what stays, by which number data are known."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import scipy.sparse as sp

from softreg import data
from softreg.data import Dataset, dataset, sources
from softreg.data.dataset import fingerprint
from softreg.data.labels import as_text

FULL = Dataset(
    "people",
    np.arange(8.0).reshape(4, 2),
    np.array(list("kmkm")),
    ("a", "b"),
    np.array([3, 5, 6, 9]),
    target="y",
    part=np.array(["train", "test", "val", "train"]),
    groups=np.array(["g", "h", "g", "i"]),
    pixels=True,
    image_shape=(1, 2),
    levels={"a": ("u", "v")},
    weights=np.array([1.0, 2.0, 3.0, 4.0]),
    distribution=np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.4, 0.6]]),
    classes=("k", "m"),
    ids={"who": np.array(list("pqrs")), "where": np.array(list("wxyz"))},
    notes=("One.",),
    origin={"data": "people"},
)
OF_EACH_ROW = ("X", "labels", "rows", "part", "groups", "weights", "distribution")
BARE = Dataset("bare", FULL.X, None, FULL.columns, FULL.rows)


@pytest.mark.parametrize("rows", [np.array([3, 1]), np.array([False, True, False, True]), np.array([], dtype=int)])
def test_what_belongs_to_a_row_goes_along_with_it_and_all_else_stays(rows):
    taken = FULL.take(rows)
    for field in fields(Dataset):
        found, whole = getattr(taken, field.name), getattr(FULL, field.name)
        if field.name in OF_EACH_ROW:
            np.testing.assert_array_equal(found, whole[rows], strict=True)
        elif field.name == "ids":
            assert {name: ids.tolist() for name, ids in found.items()} == {
                "who": FULL.ids["who"][rows].tolist(),
                "where": FULL.ids["where"][rows].tolist(),
            }
        else:
            assert found == whole


def test_what_a_dataset_does_not_have_its_rows_do_not_have_either():
    taken = BARE.take(np.array([2, 0]))
    assert taken.X.tolist() == [[4, 5], [0, 1]]
    assert taken.rows.tolist() == [6, 3]
    assert taken == replace(BARE, X=taken.X, rows=taken.rows)


def test_rows_of_a_sparse_dataset_are_taken_as_those_of_a_dense_one():
    sparse = replace(FULL, X=sp.csr_array(FULL.X))
    assert (sparse.sparse, FULL.sparse) == (True, False)
    for each in (FULL, sparse):
        assert (each.n_samples, each.n_features) == (4, 2)
        assert (type(each.n_samples), type(each.n_features)) == (int, int)
    taken = sparse.take(np.array([2, 0]))
    assert taken.sparse
    np.testing.assert_array_equal(taken.X.toarray(), FULL.take(np.array([2, 0])).X)


def test_notes_stand_in_the_order_in_which_they_were_taken():
    noted = FULL.noting("Two.", "Three.").noting().noting("Four.")
    assert noted.notes == ("One.", "Two.", "Three.", "Four.")
    assert replace(noted, notes=("One.",)) == FULL


def test_a_fingerprint_does_not_depend_on_the_order_in_memory():
    X, labels = np.arange(12.0).reshape(3, 4) + 0.5, as_text(np.array([1, 2, 1]))
    known = fingerprint(X, labels)
    assert fingerprint(np.asfortranarray(X), labels) == known
    assert fingerprint(np.repeat(X, 2, axis=1)[:, ::2], labels) == known
    assert fingerprint(np.repeat(X, 2, axis=0)[::2], labels) == known
    assert fingerprint(sp.csr_array(X), labels) == fingerprint(sp.csr_array(np.asfortranarray(X)), labels) != known


@pytest.mark.parametrize(
    ("X", "labels"),
    [
        (np.eye(3), ["a", "b", "d"]),
        (np.eye(3), ["A", "b", "c"]),
        (np.eye(3), None),
        (np.eye(3)[[1, 0, 2]], ["a", "b", "c"]),
        (np.eye(3) * (1 + 1e-15), ["a", "b", "c"]),
        (np.eye(3, dtype=np.float32), ["a", "b", "c"]),
    ],
)
def test_a_fingerprint_is_another_where_a_number_or_a_label_is(X, labels):
    known = fingerprint(np.eye(3), np.array(["a", "b", "c"]))
    assert fingerprint(X, None if labels is None else np.array(labels)) != known
    assert fingerprint(sp.csr_array(X), None if labels is None else np.array(labels)) not in {
        known,
        fingerprint(sp.csr_array(np.eye(3)), np.array(["a", "b", "c"])),
    }


def test_the_package_has_the_names_that_it_tells_and_no_others():
    assert dir(data) == ["Dataset", "load", "load_inputs"]
    offered = (data.Dataset, data.load, data.load_inputs)
    assert offered == (dataset.Dataset, sources.load, sources.load_inputs)
    with pytest.raises(AttributeError) as caught:
        _ = data.lode
    assert str(caught.value) == "module 'softreg.data' has no attribute 'lode'"

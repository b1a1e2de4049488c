"""A dataset in memory as a stream: every row once, in order, as a model takes it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from softreg.data import whole
from softreg.data.blocks import Wanted
from softreg.data.dataset import Dataset
from softreg.data.whole import WholeStream

N, COLUMNS = 23, ("a", "b", "c")
X = np.random.default_rng(0).normal(size=(N, 3)).astype(np.float32)


def dataset(features=X, *, labelled: bool = True) -> Dataset:
    labels = np.array([f"class {place % 4}" for place in range(N)]) if labelled else None
    return Dataset("some.npz", features, labels, COLUMNS, np.arange(1, N + 1), origin={}).noting("A note.")


@pytest.mark.parametrize("rows", [1, 5, N, 4096])
def test_pieces_hold_every_row_once_and_in_order(monkeypatch, rows):
    monkeypatch.setattr(whole, "ROWS", rows)
    pieces = list(WholeStream(dataset()).pieces())
    assert np.concatenate(pieces).tolist() == list(range(N))
    assert max(map(len, pieces)) == min(rows, N)


def test_a_stream_tells_of_its_dataset():
    stream = WholeStream(dataset())
    assert (stream.name, stream.columns, stream.every) == ("some.npz", COLUMNS, COLUMNS)
    assert stream.notes == ("A note.",)
    assert stream.separator is None


@pytest.mark.parametrize("labelled", [False, True])
def test_a_block_holds_rows_in_float64_and_their_labels(labelled):
    own = dataset(labelled=labelled)
    places = np.array([3, 4, 9])
    block = WholeStream(own).parser(Wanted(COLUMNS))(places)
    np.testing.assert_array_equal(block.raw, X[places].astype(np.float64))
    assert block.raw.dtype == np.float64
    assert (block.labels is not None) == labelled
    if labelled:
        assert block.labels.to_list() == own.labels[places].tolist()
    assert (block.places.tolist(), block.n_records, block.faults, block.lines) == ([0, 1, 2], 3, {}, None)
    assert block.texts.equals(pl.DataFrame())


@pytest.mark.parametrize("places", [[], [5], [7, 2]])
def test_a_block_is_made_as_of_a_table_with_a_column_in_one_piece_and_labels_of_text(places):
    block = WholeStream(dataset()).parser(Wanted(COLUMNS))(np.array(places, dtype=np.intp))
    assert block.raw.shape == (len(places), 3)
    assert block.raw.flags.f_contiguous
    assert block.labels.dtype == pl.String
    assert block.labels.len() == block.n_records == len(places)


def test_what_is_done_to_a_block_does_not_touch_the_dataset():
    own = dataset(X.astype(np.float64))
    block = WholeStream(own).parser(Wanted(COLUMNS))(np.arange(N))
    block.raw[:] = 7
    np.testing.assert_array_equal(own.X, X.astype(np.float64))


def test_sparse_rows_stay_sparse():
    block = WholeStream(dataset(sp.csr_array(X))).parser(Wanted(COLUMNS))(np.array([2, 0]))
    assert sp.issparse(block.raw)
    np.testing.assert_array_equal(block.raw.toarray(), X[[2, 0]])

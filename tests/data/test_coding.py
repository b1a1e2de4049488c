"""Columns as a raw matrix."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.data.coding import coded, levels_of, raw_matrix
from softreg.preparation import UNSEEN

WORDS = st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), min_size=1, max_size=3)), max_size=20)


@settings(deadline=None)
@given(WORDS)
def test_levels_are_the_distinct_values_in_the_order_of_python(words):
    assert list(levels_of(pl.Series("k", words, dtype=pl.String))) == sorted(
        {word for word in words if word is not None}
    )


@settings(deadline=None)
@given(WORDS, st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=2), unique=True, max_size=6))
def test_codes_point_to_the_levels_whatever_the_text(words, levels):
    codes = coded(pl.Series("k", words, dtype=pl.String), levels)
    assert codes.dtype == np.float64
    for word, code in zip(words, codes.tolist(), strict=True):
        if word is None:
            assert np.isnan(code)
        elif word in levels:
            assert levels[int(code)] == word
        else:
            assert code == UNSEEN


def test_the_matrix_has_the_columns_in_their_order_contiguous_and_writable():
    number, kind = pl.Series("x", [1.5, None, 3.0]), pl.Series("k", ["b", None, "z"])
    expected = [[1.0, 1.5], [np.nan, np.nan], [UNSEEN, 3.0]]
    raw = raw_matrix([kind, number], {"k": ("a", "b")})
    np.testing.assert_array_equal(raw, expected)
    plain = raw_matrix([number, number.alias("z")], {})
    np.testing.assert_array_equal(plain, [[1.5, 1.5], [np.nan, np.nan], [3.0, 3.0]])
    for matrix in (raw, plain):
        assert matrix.dtype == np.float64
        assert matrix.flags.c_contiguous
        assert matrix.flags.writeable

"""Where records end: of every short text, what Python's csv module and the rules of quoting say."""

from __future__ import annotations

import csv
import itertools
import re

import numpy as np
import pytest

from softreg.data.cutting import first_end
from softreg.data.quoting import ends_of, scanned, unquoted, well_quoted

TEXTS = ["".join(text) for size in range(6) for text in itertools.product('",\na', repeat=size)]

FIELD = r'(?:"(?:[^"]|"")*"|[^",\n]*)'
WELL = re.compile(rf'(?:{FIELD}[,\n])*(?:{FIELD}|"(?:[^"]|"")*)')
"""Whole fields in quotation marks, or none at all; the last one may be open."""


def places_of(text: str, mark: str) -> list[int]:
    """Where a character stands that is not quoted, by counting."""
    return [place for place, char in enumerate(text) if char == mark and text[:place].count('"') % 2 == 0]


def read(text: str) -> list[tuple[list[str], int]]:
    """The records and the places behind them, by handing lines to the csv module."""
    given = 0

    def lines():
        nonlocal given
        for line in text.splitlines(keepends=True):
            given += len(line)
            yield line

    return [(record, given) for record in csv.reader(lines())]


def test_quotation_marks_are_well_where_they_are_around_whole_fields_and_twice_within():
    assert [text for text in TEXTS if well_quoted(text.encode(), ",") != bool(WELL.fullmatch(text))] == []


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_the_separator_is_the_one_that_is_given(mark):
    assert well_quoted(f'"a"{mark}"b"\n'.encode(), mark)
    assert not well_quoted(f'"a"{mark}b\n'.encode(), ",")
    assert not well_quoted(f'a{mark}"b"\n'.encode(), ",")


@pytest.mark.parametrize(
    ("content", "well"),
    [
        (b'"a"\r\n"b"\r\n', True),
        (b'"a",b\r\nc,"d"\r\n', True),
        (b'a\r"b"\n', False),
        (b'"a"', True),
        (b'"', True),
        (b'b"', False),
        (b'"a"b', False),
        (b"no mark", True),
        (b"", True),
    ],
)
def test_a_closing_mark_may_stand_before_a_carriage_return_and_an_opening_one_not_behind_it(content, well):
    assert well_quoted(content, ",") is well


@pytest.mark.parametrize("mark", ["\n", ","])
def test_what_is_unquoted_has_an_even_number_of_marks_before_it(mark):
    for text in TEXTS:
        assert unquoted(np.frombuffer(text.encode(), np.uint8), mark).tolist() == places_of(text, mark)


def test_every_record_is_scanned_as_the_csv_module_reads_it_with_the_place_behind_it():
    for text in TEXTS:
        assert list(scanned(text.encode(), ",")) == read(text), text


def test_records_end_where_the_csv_module_says_and_the_last_one_only_where_nothing_can_be_added_to_it():
    for text in TEXTS:
        ends = [end for _, end in read(text)]
        closed = WELL.fullmatch(text) and text.endswith("\n") and text.count('"') % 2 == 0
        found = ends_of(text.encode(), ",")
        assert found.tolist() == (ends if closed else ends[:-1]), text
        assert found.dtype == np.intp


def test_the_first_record_ends_behind_the_first_line_feed_that_is_not_quoted():
    for text in TEXTS:
        assert first_end(text.encode()) == next((place + 1 for place in places_of(text, "\n")), len(text))


@pytest.mark.parametrize(
    ("content", "separator", "expected"),
    [
        (b"", ",", []),
        (b"a;b,c\n", ";", [(["a", "b,c"], 6)]),
        (b"a,b\r\nc\r\n", ",", [(["a", "b"], 5), (["c"], 8)]),
        (b"a\rb,c\r\nd", ",", [(["a\rb", "c"], 7), (["d"], 8)]),
        (b'"a\rb",\r\r\nd\n', ",", [(["a\rb", "\r"], 9), (["d"], 11)]),
        (b'"a\r\nb"\n', ",", [(["a\r\nb"], 7)]),
        (b"a\r", ",", [(["a"], 2)]),
        (b"\xff,\xc3\xa4\n", ",", [(["\udcff", "ä"], 5)]),
        (b"a\0b,c\n", ",", [(["a\0b", "c"], 6)]),
    ],
)
def test_carriage_returns_within_a_line_and_bytes_that_are_no_text_stay_what_they_are(content, separator, expected):
    assert list(scanned(content, separator)) == expected

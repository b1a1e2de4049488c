"""Parsing a block of records: each of a table of cases, whole, by the fast way and by the careful one."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from softreg.data import blocks, parsing
from softreg.data.blocks import Fault, Wanted
from softreg.data.dialect import Dialect
from softreg.data.parsing import CsvParser, fault_of, written
from softreg.data.quoting import well_quoted

MEND = "Mend that row; a field that holds the separator needs quotation marks."
NUL = Fault("there is a NUL byte", "A text table has none: mend or remove it.")
ONE = Fault("there is 1 field, and the header has 2", MEND)
THREE = Fault("there are 3 fields, and the header has 2", MEND)
NO_NUMBER = Fault('column "a" holds "x", which is not a number', "Mend it: the model needs this column.")
NO_TEXT = Fault(r'"\xe9" is not UTF-8 text', 'If it should read "é", type --encoding latin-1.')
NAN = math.nan

CASES = [
    # content, numbers of a, texts of b, places, records, faults, lines
    (b"1,u\n3,v\n", [1, 3], ["u", "v"], [0, 1], 2, {}, [b"1,u", b"3,v"]),
    (b"1,u\n3,v", [1, 3], ["u", "v"], [0, 1], 2, {}, [b"1,u", b"3,v"]),
    (b"1,u\r\n3,v\r\n", [1, 3], ["u", "v"], [0, 1], 2, {}, [b"1,u", b"3,v"]),
    (b"1,u\r\n3,v", [1, 3], ["u", "v"], [0, 1], 2, {}, [b"1,u", b"3,v"]),
    # a missing value at the end of the record, and no record
    (b"1,\n,v\n", [1, NAN], [None, "v"], [0, 1], 2, {}, [b"1,", b",v"]),
    (b"1,\r\n,v\r\n", [1, NAN], [None, "v"], [0, 1], 2, {}, [b"1,", b",v"]),
    (b",\n,\n", [NAN, NAN], [None, None], [0, 1], 2, {}, [b",", b","]),
    # blank lines: before, between, behind, and nothing else
    (b"\n1,u\n", [1], ["u"], [1], 2, {}, [b"1,u"]),
    (b"\r\n\r\n1,u\r\n", [1], ["u"], [2], 3, {}, [b"1,u"]),
    (b"1,u\n\n\n3,v\n", [1, 3], ["u", "v"], [0, 3], 4, {}, [b"1,u", b"3,v"]),
    (b"1,u\r\n\r\n3,\r\n\r\n", [1, 3], ["u", None], [0, 2], 4, {}, [b"1,u", b"3,"]),
    (b"1,u\n\n3,v", [1, 3], ["u", "v"], [0, 2], 3, {}, [b"1,u", b"3,v"]),
    (b"\n", [], [], [], 1, {}, []),
    (b"\n\r\n\n", [], [], [], 3, {}, []),
    # quoted line feeds, separators and quotation marks
    (b'1,"u\nv"\n3,w\n', [1, 3], ["u\nv", "w"], [0, 1], 2, {}, [b'1,"u\nv"', b"3,w"]),
    (b'1,"u\r\nv"\r\n3,w\r\n', [1, 3], ["u\r\nv", "w"], [0, 1], 2, {}, [b'1,"u\r\nv"', b"3,w"]),
    (b'1,"u\n\nv"\n\n3,\n', [1, 3], ["u\n\nv", None], [0, 2], 3, {}, [b'1,"u\n\nv"', b"3,"]),
    (b'1,"a,""b"""\n"3",","\n', [1, 3], ['a,"b"', ","], [0, 1], 2, {}, [b'1,"a,""b"""', b'"3",","']),
    (b'1,"\n"', [1], ["\n"], [0], 1, {}, [b'1,"\n"']),
    # marks that stand elsewhere
    (b'1,5" u\n3,v\n', [1, 3], ['5" u', "v"], [0, 1], 2, {}, [b'1,5" u', b"3,v"]),
    (b'\n1,5" u\r\n\n3,\n', [1, 3], ['5" u', None], [1, 3], 4, {}, [b'1,5" u', b"3,"]),
    (b'1,5" u\n3,"v\nw"', [1, 3], ['5" u', "v\nw"], [0, 1], 2, {}, [b'1,5" u', b'3,"v\nw"']),
    (b'"1"e1,"u"n\n', [10], ["un"], [0], 1, {}, [b'"1"e1,"u"n']),
    # too few, too many
    (b"1\n", [1], [None], [0], 1, {0: ONE}, [b"1,"]),
    (b"1\n3,v\n", [1, 3], [None, "v"], [0, 1], 2, {0: ONE}, [b"1,", b"3,v"]),
    (b"1,u,w\n3,v\n", [1, 3], ["u", "v"], [0, 1], 2, {0: THREE}, [b"1,u", b"3,v"]),
    (b"3,v\n1,u,w\n", [3, 1], ["v", "u"], [0, 1], 2, {1: THREE}, [b"3,v", b"1,u"]),
    (b"3,v\r\n\r\n1\r\n", [3, 1], ["v", None], [0, 2], 3, {1: ONE}, [b"3,v", b"1,"]),
    (b"3,v\n1,\n1", [3, 1, 1], ["v", None, None], [0, 1, 2], 3, {2: ONE}, [b"3,v", b"1,", b"1,"]),
    (b'1\n3,"v\nw"\n', [1, 3], [None, "v\nw"], [0, 1], 2, {0: ONE}, [b"1,", b'3,"v\nw"']),
    (b"1,,\n3,v\n", [1, 3], [None, "v"], [0, 1], 2, {0: THREE}, [b"1,", b"3,v"]),
    (b'1,"u,w",x\n', [1], ["u,w"], [0], 1, {0: THREE}, [b'1,"u,w"']),
    # no number, no text
    (b"x,u\n3,v\n", [NAN, 3], ["u", "v"], [0, 1], 2, {0: NO_NUMBER}, [b"x,u", b"3,v"]),
    (b"1,u\n\nx,\n", [1, NAN], ["u", None], [0, 2], 3, {1: NO_NUMBER}, [b"1,u", b"x,"]),
    (b"NA,u\n 3 ,v\n", [NAN, 3], ["u", "v"], [0, 1], 2, {}, [b"NA,u", b" 3 ,v"]),
    (b"1,\xe9\n3,v\n", [1, 3], ["�", "v"], [0, 1], 2, {0: NO_TEXT}, ["1,�".encode(), b"3,v"]),
    (b"1,\0\n3,v\n", [1, 3], ["\0", "v"], [0, 1], 2, {0: NUL}, [b"1,\0", b"3,v"]),
    ("1,é\n".encode(), [1], ["é"], [0], 1, {}, ["1,é".encode()]),
]


@pytest.mark.parametrize(("content", "numbers", "texts", "places", "n_records", "faults", "lines"), CASES)
def test_a_block_holds_what_is_asked_of_every_record_and_what_is_wrong_with_it(
    content, numbers, texts, places, n_records, faults, lines
):
    block = CsvParser(("a", "b"), Dialect(), Wanted(("a",), kept=("b",), label="b", lines=True))(content)
    assert np.array_equal(block.raw[:, 0], numbers, equal_nan=True)
    assert [text or None for text in block.texts["b"]] == texts
    assert block.labels.to_list() == block.texts["b"].to_list()
    assert block.labels.dtype == pl.String
    assert (block.places.tolist(), block.n_records) == (places, n_records)
    assert block.places.dtype == np.intp
    assert block.faults == faults
    assert block.lines == lines


@pytest.mark.parametrize("content", [case[0] for case in CASES])
def test_lines_and_labels_are_there_only_where_they_are_asked_for(content):
    block = CsvParser(("a", "b"), Dialect(), Wanted(("a",)))(content)
    assert block.lines is None
    assert block.labels is None


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("content", [case[0] for case in CASES])
def test_another_separator_changes_nothing_else(content, separator):
    content = content.replace(b'"a,""b"""', b'"a ""b"""').replace(b'","', b'"-"').replace(b'"u,w"', b'"uw"')
    wanted = Wanted(("a",), kept=("b",), lines=True)
    comma = CsvParser(("a", "b"), Dialect(), wanted)(content)
    block = CsvParser(("a", "b"), Dialect(separator), wanted)(content.replace(b",", separator.encode()))
    assert block.lines == [line.replace(b",", separator.encode()) for line in comma.lines]
    assert np.array_equal(block.raw, comma.raw, equal_nan=True)
    assert block.texts["b"].to_list() == comma.texts["b"].to_list()
    assert (block.places.tolist(), block.n_records) == (comma.places.tolist(), comma.n_records)
    assert block.faults == comma.faults


@pytest.mark.parametrize("content", [case[0] for case in CASES if not case[5]])
def test_the_careful_way_comes_to_the_same_as_the_fast_one(content):
    wanted = Wanted(("a",), kept=("b",), lines=True)
    fast = CsvParser(("a", "b"), Dialect(), wanted)(content)
    # a record that has too many fields sends the whole block the careful way
    ended = content if content.endswith(b"\n") else content + b"\n"
    careful = CsvParser(("a", "b"), Dialect(), wanted)(ended + b"7,8,9\n")
    assert careful.faults == {len(fast.places): THREE}
    assert np.array_equal(careful.raw[:-1], fast.raw, equal_nan=True)
    assert careful.raw[-1].tolist() == [7]
    assert [text or "" for text in careful.texts["b"][:-1]] == [text or "" for text in fast.texts["b"]]
    assert careful.places.tolist() == [*fast.places.tolist(), fast.n_records]
    assert careful.lines == [*fast.lines, b"7,8"]


@pytest.mark.parametrize(
    ("content", "places"),
    [(b'1,"u', [0]), (b'1,"u\n', [0]), (b'1,"\n', [0]), (b'\n1,"u\n\n', [1]), (b'1,\n2,"v', [0, 1])],
)
def test_a_quotation_mark_that_is_not_closed_harms_nothing_before_it(content, places):
    block = CsvParser(("a", "b"), Dialect(), Wanted(("a",), kept=("b",)))(content)
    assert block.raw[:, 0].tolist() == [1, 2][: len(places)]
    assert (block.places.tolist(), block.faults) == (places, {})


@pytest.mark.parametrize("content", [b"1,u\n3,\n", b"1,u,w\n3,\n", b"3,u\n1\n", b'1,u\n5" ,\n'])
def test_an_empty_field_is_a_missing_text_by_either_way(content):
    block = CsvParser(("a", "b"), Dialect(), Wanted((), kept=("b",), label="b"))(content)
    assert block.texts["b"].to_list() == block.labels.to_list() == ["u", None]


def refused(*_, **__):
    pytest.fail("the slow way was taken")


@pytest.mark.parametrize(
    "content", [case[0] for case in CASES if well_quoted(case[0], ",") and set(case[5].values()) <= {NO_NUMBER}]
)
def test_records_that_are_as_they_should_be_do_not_go_through_the_csv_module(monkeypatch, content):
    monkeypatch.setattr(parsing, "scanned", refused)
    for dialect in (Dialect(), Dialect(";"), Dialect(";", decimal_comma=True)):
        quoted = content.replace(b'"","', b'"",-')
        text = quoted if dialect.separator == "," else quoted.replace(b",", b";").replace(b"1;", b"1,5;")
        CsvParser(("a", "b"), dialect, Wanted(("a",), kept=("b",), lines=True))(text)


@pytest.mark.parametrize("content", [b"1,u\n3,v\n", b"1,u\r\n-3.5e1,\r\n", b"\n1,u\n\n3,\n", b'1,"u\nv"\n"3",w'])
def test_numbers_are_parsed_at_once_and_not_from_text(monkeypatch, content):
    monkeypatch.setattr(blocks, "numbers_of", refused)
    parser = CsvParser(("a", "b"), Dialect(), Wanted(("a",), kept=("b",)))
    for _ in range(2):
        assert len(parser(content).raw) >= 1


@pytest.mark.parametrize(
    ("content", "numbers", "places", "n_records", "faults"),
    [
        (b"1", [1], [0], 1, {}),
        (b"1\n2", [1, 2], [0, 1], 2, {}),
        (b"1\r\n2", [1, 2], [0, 1], 2, {}),
        (b"1\n\n2\n", [1, 2], [0, 2], 3, {}),
        (b"\n1\n", [1], [1], 2, {}),
        (b"\r\n1\r\n", [1], [1], 2, {}),
        (b"\n\n\n1\n2\n\n", [1, 2], [3, 4], 6, {}),
        (b'""\n1\n', [NAN, 1], [0, 1], 2, {}),
        (b'\n""\n', [NAN], [1], 2, {}),
        (b"\nx\n2\n", [NAN, 2], [1, 2], 3, {0: NO_NUMBER}),
        (b"1\n2,u\n", [1, 2], [0, 1], 2, {1: Fault("there are 2 fields, and the header has 1", MEND)}),
    ],
)
def test_of_one_column_a_blank_line_is_no_row_and_an_empty_field_is_one(content, numbers, places, n_records, faults):
    block = CsvParser(("a",), Dialect(), Wanted(("a",)))(content)
    assert np.array_equal(block.raw[:, 0], numbers, equal_nan=True)
    assert (block.places.tolist(), block.n_records, block.faults) == (places, n_records, faults)


@pytest.mark.parametrize(
    ("content", "numbers", "faults"),
    [
        (b"1,5;2\n-2,25E1;3\n", [1.5, -22.5], []),
        (b"1,5;2\nx;3\n", [1.5, NAN], [1]),
        (b"x;2\n1.5;3\n1,5;4\n", [NAN, NAN, 1.5], [0, 1]),
        (b" 1,5 ;2\n;3\n", [1.5, NAN], []),
        (b"1,5;2;3\n2,5;3\n", [1.5, 2.5], [0]),
    ],
)
def test_a_decimal_comma_is_one_by_either_way(content, numbers, faults):
    block = CsvParser(("a", "b"), Dialect(";", decimal_comma=True), Wanted(("a",)))(content)
    assert np.array_equal(block.raw[:, 0], numbers, equal_nan=True)
    assert sorted(block.faults) == faults


def test_numbers_are_found_in_whichever_column_they_stand():
    parser = CsvParser(("id", "b", "c", "a"), Dialect(), Wanted(("a", "c"), kept=("id",)))
    for content, expected in [
        (b"01,u,2,3\n02,v,4,5\n", [[3, 2], [5, 4]]),
        (b"01,u, 2,3\n02,v,4, 5\n", [[3, 2], [5, 4]]),  # from now on both are read as text
        (b"01,u,2,3\n02,v,4,5\n", [[3, 2], [5, 4]]),
    ]:
        block = parser(content)
        assert block.raw.tolist() == expected
        assert block.texts["id"].to_list() == ["01", "02"]


def test_a_column_that_is_kept_is_as_it_was_written_though_it_is_a_number_too():
    block = CsvParser(("a", "b"), Dialect(), Wanted(("a", "b"), kept=("a",)))(b"1.50,2\n007,3\n")
    assert block.raw.tolist() == [[1.5, 2], [7, 3]]
    assert block.texts["a"].to_list() == ["1.50", "007"]


@pytest.mark.parametrize(
    ("record", "width", "fault"),
    [
        ([], 1, Fault("there are 0 fields, and the header has 1", MEND)),
        (["1"], 2, ONE),
        (["1", "2", "3"], 2, THREE),
        (["a\0b"], 1, NUL),
        (["\0", "\udce9"], 3, NUL),
        (["ä", "\udce9"], 3, NO_TEXT),
        (["x", "ä\udc80"], 2, Fault(r'"ä\x80" is not UTF-8 text', 'If it should read "Ã¤€", type --encoding cp1252.')),
        (["\udc9f"], 1, Fault(r'"\x9f" is not UTF-8 text', 'If it should read "Ÿ", type --encoding cp1252.')),
        (["\udc81"], 1, Fault(r'"\x81" is not UTF-8 text', 'If it should read "�", type --encoding cp1252.')),
        (["a\udca0b"], 1, Fault(r'"a\xa0b" is not UTF-8 text', 'If it should read "a b", type --encoding latin-1.')),
        (["\udcff"], 1, Fault(r'"\xff" is not UTF-8 text', 'If it should read "ÿ", type --encoding latin-1.')),
        (
            ["\udcc4", "\udce9"],
            2,
            Fault(r'"\xc4" is not UTF-8 text', 'If it should read "Ä", type --encoding latin-1.'),
        ),
    ],
)
def test_what_is_wrong_with_a_record_is_told_once_and_whole(record, width, fault):
    assert fault_of(record, width) == fault


@pytest.mark.parametrize(
    ("record", "separator", "line"),
    [
        (["a", "b"], ",", b"a,b"),
        (["a,b", "c;d"], ",", b'"a,b",c;d'),
        (["a,b", "c;d"], ";", b'a,b;"c;d"'),
        (["a\nb", "c\rd", 'e"f'], ",", b'"a\nb","c\rd","e""f"'),
        (["ä", ""], "\t", "ä\t".encode()),
        (["a "], ",", b"a "),
    ],
)
def test_a_record_is_written_with_quotation_marks_where_it_needs_them(record, separator, line):
    assert written(record, separator) == line

"""What stands between the fields of a table, and how its numbers are written: what the first rows tell of it."""

from __future__ import annotations

import pytest

from softreg.data import dialect
from softreg.data.dialect import Dialect, detect


def note(mark: str, name: str = "t.csv") -> str:
    return f"{name} is separated by {mark}."


def commas(example: str, name: str = "t.csv") -> str:
    return f'{name} writes numbers with a decimal comma ("{example}").'


@pytest.mark.parametrize(
    ("text", "name", "separator", "expected"),
    [
        ("", "t.csv", None, Dialect()),
        ("\n\n", "t.csv", None, Dialect()),
        ("a,b\n1,2\n", "t.csv", None, Dialect()),
        ("a;b\n1;2\n", "t.csv", None, Dialect(";", False, (note("semicolons"),))),
        ("a\tb\n1\t2\n", "t.tsv", None, Dialect("\t")),
        ("a\tb\n1\t2\n", "T.TSV.GZ", None, Dialect("\t")),
        ("a\tb\n1\t2\n", "t.tsv.txt", None, Dialect("\t", False, (note("tabs", "t.tsv.txt"),))),
        ("a,b\n1,2\n", "t.tsv", None, Dialect(",", False, (note("commas", "t.tsv"),))),
        ("a;b\n1;2\n", "t.csv", "semicolon", Dialect(";")),
        ("a,b\nx,y\n", "t.csv", "|", Dialect("|")),
        ("a;b\n1;2\n", "t.csv", "tab", Dialect("\t")),
        ('a,b\n"1,5",2\n', "t.csv", None, Dialect()),
        ("a;b\n1,5;2\n", "t.csv", None, Dialect(";", True, (note("semicolons"), commas("1,5")))),
        ("a;b\n1,5;2\n", "t.csv", ";", Dialect(";", True, (commas("1,5"),))),
        ("a\tb\n 1,5 \t2\n", "t.tsv", None, Dialect("\t", True, (commas("1,5", "t.tsv"),))),
        # the first of them, and never the header, is the example
        ("1,5;b\n2,5;3,5\n", "t.csv", ";", Dialect(";", True, (commas("2,5"),))),
        ("1,5;b\n2;3\n", "t.csv", ";", Dialect(";")),
        ("a, b;c\n2;3\n", "t.csv", ";", Dialect(";")),
        # more with a comma than with a point, and not as many
        ("a;b\n1,5;2.5\n3,5;x\n", "t.csv", ";", Dialect(";", True, (commas("1,5"),))),
        ("a;b\n1,5;2.5\n", "t.csv", ";", Dialect(";")),
        ("a;b\n1,5;2.5\n1.5;2,5\n", "t.csv", ";", Dialect(";")),
        # as many fields in every row either way: the name's own, or the first in the order of use
        ("a,b;c\n1,2;3\n", "t.csv", None, Dialect(",")),
        ("a|b;c\n1|2;3\n", "t.csv", None, Dialect(";", False, (note("semicolons"),))),
        ("a|b\tc\n1|2\t3\n", "t.csv", None, Dialect("\t", False, (note("tabs"),))),
        # more fields, where both fit
        ("a,b;c;d\n1,2;3;4\n", "t.csv", None, Dialect(";", True, (note("semicolons"), commas("1,2")))),
        # the better fit, where neither is perfect
        ("a;b|c\n1;2\n1;2|3\n1;2|3\n1|2\n1\n", "t.csv", None, Dialect(";", False, (note("semicolons"),))),
        # one that splits the header and no row is taken where there is no other
        ("a;b\n1\n2\n", "t.csv", None, Dialect(";", False, (note("semicolons"),))),
        # rows that are blank do not count
        ("a;b,c\n\n\n1;2\n\n", "t.csv", None, Dialect(";", False, (note("semicolons"),))),
        # quoted, a mark separates nothing, and the row goes on
        ('a;b\n"1;\n,2";3\n', "t.csv", None, Dialect(";", False, (note("semicolons"),))),
        ('a;b,c\n1;"x,\ny"\n2;"u,\nv"\n', "t.csv", None, Dialect(";", False, (note("semicolons"),))),
        # a mark for inches opens no field where another separator fits
        ('a,b,c;"d\n1,2,3\n', "t.csv", None, Dialect()),
        # a name of tabs is believed if one tab is there, whatever else fits
        ("a,b,c\td\n1,2,3\n", "t.tsv", None, Dialect("\t")),
        ("a,b,c\td\n1,2,3\n4,5,6\n", "t.csv", None, Dialect()),
    ],
)
def test_separator_decimal_mark_and_notes_are_those_of_the_first_rows(text, name, separator, expected):
    assert detect(text.encode(), name, separator) == expected


@pytest.mark.parametrize("head", [2**20, 900])
@pytest.mark.parametrize(("rows", "mark"), [(49, ";"), (50, ",")])
def test_a_hundred_rows_are_judged_the_header_among_them(monkeypatch, rows, mark, head):
    text = "a,b;c\n" + "1;2\n" * 49 + "1,2\n" * rows + "1;2\n" * 1000
    monkeypatch.setattr(dialect, "_HEAD", head)
    assert detect(text.encode(), "t.csv").separator == mark


@pytest.mark.parametrize(
    ("head", "rest", "mark"),
    [
        ("a,b;c\n1,2\n3;4\n5;6", "", ";"),  # two of three rows
        ("a,b;c\n1,2\n3;4\n5;6", "\n7;8\n", ","),  # one of the two that are whole, as with semicolons
        ("a;b;c,d\n1,5", ";2;3\n", ";"),  # no row is whole: the header
        ("a;b", ";c\n1;2;3\n", ";"),  # nor is that
    ],
)
def test_of_a_long_table_the_beginning_is_judged_and_not_the_row_that_is_cut(monkeypatch, head, rest, mark):
    monkeypatch.setattr(dialect, "_HEAD", len(head))
    assert detect((head + rest).encode(), "t.csv").separator == mark


def test_letters_that_are_cut_or_no_utf_8_do_not_hide_the_separator(monkeypatch):
    assert detect(b"a;M\xfcnze\n\xe9;2\n", "t.csv").separator == ";"
    monkeypatch.setattr(dialect, "_HEAD", 3)
    assert detect("a;ä\n1;2\n".encode(), "t.csv").separator == ";"

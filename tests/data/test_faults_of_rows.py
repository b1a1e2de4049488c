"""Faults of rows: what is wrong with a record of a table, and what to type."""

from __future__ import annotations

import pytest

from softreg.data.parsing import fault_of, written

NONE = [["1", "2"], ["ä", "Ω"], ["", ""], ["�", "\udfff"]]


def raw(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("record", NONE)
def test_a_record_of_the_right_width_in_plain_text_has_none(record):
    assert fault_of(record, 2) is None


@pytest.mark.parametrize(
    ("record", "width", "reason", "advice"),
    [
        (["1"], 2, "there is 1 field, and the header has 2", "needs quotation marks"),
        (["1", "2", "3"], 2, "there are 3 fields, and the header has 2", "needs quotation marks"),
        (["1", "a\0b"], 2, "there is a NUL byte", "mend or remove it"),
        (
            ["ok", raw(b"M\xfcller")],
            2,
            r'"M\xfcller" is not UTF-8 text',
            'If it should read "Müller", type --encoding latin-1.',
        ),
        (["ok", raw(b"\x93x\x94")], 2, r'"\x93x\x94" is not UTF-8 text', "type --encoding cp1252."),
        (["ok", raw(b"\xff")], 2, r'"\xff" is not UTF-8 text', 'If it should read "ÿ", type --encoding latin-1.'),
        (["ok", raw(b"\x80\x81")], 2, r'"\x80\x81" is not UTF-8 text', "type --encoding cp1252."),
    ],
)
def test_what_is_wrong_is_told_and_what_to_type(record, width, reason, advice):
    fault = fault_of(record, width)
    assert fault is not None
    assert fault.reason == reason
    assert advice in fault.advice
    assert fault.advice[0].isupper()


@pytest.mark.parametrize("record", [["a,b", 'say "x"'], ["two\nlines", ""], ["\r", "c"], ["plain", "words"]])
def test_a_record_is_written_as_the_csv_module_reads_it(record):
    import csv
    import io

    assert list(csv.reader(io.StringIO(written(record, ",").decode(), newline=""))) == [record]

"""Tables as they come: large fields, many columns, ragged rows, text that turns up late."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np
import polars as pl
import pytest

from softreg.data.tables import CsvTable, usable
from softreg.data.values import numbered
from softreg.errors import DataError, plural


def rows_of(table: CsvTable) -> list[tuple[str | None, ...]]:
    return table.read([], table.columns)[0].rows()


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_bom_line_ends_and_a_missing_last_one_make_no_difference(bom, end, last):
    content = bom + end.join([b"a,label", b"1,x", b'2,"y z"']) + end * last
    table = CsvTable(content, "t.csv")
    assert table.columns == ("a", "label")
    assert rows_of(table) == [("1", "x"), ("2", "y z")]


def test_quotes_separators_and_newlines_in_fields_and_header_come_back():
    rows = [['a "b"', "two\nlines", "x,y;z"], ["1", '"', ""], ["", "\n\n", "q"]]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["a,b", "two\nlines", 'q"q'], *rows])
    table = CsvTable(text.getvalue().encode(), "t.csv")
    assert table.columns == ("a,b", "two\nlines", 'q"q')
    assert [[field or "" for field in row] for row in rows_of(table)] == rows


def test_newlines_in_the_fields_of_a_table_of_many_megabytes_come_back():
    fields = [f"line {row}\nand, {'x' * (row % 97)}\n" for row in range(200_000)]
    text = "a,text,label\n" + "".join(f'{row},"{field}",y\n' for row, field in enumerate(fields))
    frame, rows = CsvTable(text.encode(), "t.csv").read(["a"], ["text", "label"])
    assert frame["a"].to_list() == list(range(200_000))
    assert frame["text"].to_list() == fields
    assert rows.tolist() == list(range(1, 200_001))


def test_ten_thousand_columns_are_read():
    rng = np.random.default_rng(0)
    X = rng.integers(-99, 99, size=(5, 10_000)).astype(float)
    names = [f"c{place}" for place in range(X.shape[1])]
    lines = [",".join([*map(str, row), "x"]) for row in X.tolist()]
    table = CsvTable("\n".join([",".join([*names, "label"]), *lines]).encode(), "t.csv")
    frame, _ = table.read(names, ["label"])
    np.testing.assert_array_equal(frame.select(names).to_numpy(), X)


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("place", ["header", "first", "last"])
def test_a_field_of_ten_megabytes_is_read(quote, place):
    long = "long text " * 2**20
    name, first, last = (long if place == here else "short" for here in ("header", "first", "last"))
    lines = [f"a,{quote}{name}{quote},label", f"1,{quote}{first}{quote},x", "2,,", f"3,{quote}{last}{quote},y"]
    frame, _ = CsvTable("\n".join(lines).encode(), "t.csv").read(["a"], [name.strip(), "label"])
    assert frame["a"].to_list() == [1, 2, 3]
    assert frame[name.strip()].to_list() == [first, None, last]
    assert frame["label"].to_list() == ["x", None, "y"]


@pytest.mark.parametrize("late", ["word", "NA", "true"])
def test_a_column_that_turns_to_text_after_a_hundred_thousand_rows_is_found_out(late):
    values = [str(row % 10) for row in range(120_000)]
    values[110_000] = late
    text = "a,b,label\n" + "".join(f"{value},{row},x\n" for row, value in enumerate(values))
    frame, _ = CsvTable(text.encode(), "t.csv").read(["a", "b"], ["label"])
    frame = numbered(frame, ["a", "b"])
    assert frame["b"].to_list() == list(range(120_000))
    if late == "NA":
        assert frame["a"].to_list() == [None if value == "NA" else float(value) for value in values]
    else:
        assert frame["a"].to_list() == values


@pytest.mark.parametrize("label", ["01", "1e3", "True", "1.0", " x ", "NA", "null", "None", "?", "1_000", "0x1", "inf"])
def test_labels_that_look_like_something_else_stay_text(label):
    frame, _ = CsvTable(f'a,label\n1,{label}\n2,"{label}"\n'.encode(), "t.csv").read(["a"], ["label"])
    assert frame["label"].to_list() == [label, label]


@pytest.mark.parametrize("field", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "'=1"])
def test_formula_looking_text_is_passed_through(field):
    frame, _ = CsvTable(f'a,label\n"{field}","{field}"\n1,x\n'.encode(), "t.csv").read(["a"], ["label"])
    assert frame["label"].to_list() == [field, "x"]


ROW = "Mend that row; a field that holds the separator needs quotation marks."
WHOLE = "Give a table with a header and at least one row."


@pytest.mark.parametrize(
    ("content", "what", "advice"),
    [
        (b"", " is empty.", WHOLE),
        (b"\xef\xbb\xbf", " is empty.", WHOLE),
        (b"\n\n", " is empty.", WHOLE),
        (b"\na,b\n1,2\n", " has no header: its first row is blank.", WHOLE),
        (b" , \n1,2\n", " has no header: its first row is blank.", WHOLE),
        (b"a;label", " has a header and no rows.", "Give at least one row."),
        (b"a,label\r\n\r\n", " has a header and no rows.", "Give at least one row."),
        (b"a,a,label\n1,2,x\n", ' has more than one column "a".', "Rename or remove one of them."),
        (b"b,a, a ,label\n0,1,2,x\n", ' has more than one column "a".', "Rename or remove one of them."),
        (b"a,b,label\n1,2,x\n3,4\n", ", row 2 has 2 fields, and the header has 3.", ROW),
        (b"a,b,label\n1,2\n3,4,x\n", ", row 1 has 2 fields, and the header has 3.", ROW),
        (b"a;b;label\n1;2;x\n\n3;4;y;5\n", ", row 3 has 4 fields, and the header has 3.", ROW),
        (b"a,b\n\n\n1,2\n\n3,,\n4\n", ", row 5 has 3 fields, and the header has 2.", ROW),
        (b"a,b\n\n1,2\n\n4\n", ", row 4 has 1 field, and the header has 2.", ROW),
        (b'"a\nb",label\n', " has a header and no rows.", "Give at least one row."),
        (
            b'a,t,label\n1,"x\ry",p\n2,z"q,q\n3,"k"j,p\n',
            " is not readable as a table.",
            "Look for an open quotation mark.",
        ),
        (b'a,"b\n1,2\n', ": a quotation mark in the header is not closed.", "Close it."),
        (
            b"a,b\n1,2\r3,4\n",
            " is not readable as a table: beside its line ends there is a carriage return.",
            "Give all rows the same line end.",
        ),
        (b"a,b\0,label\n1,2,x\n", " holds a NUL byte: byte 4, in the header.", "Text has none: mend or remove it."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", " is not a text file.", "Give a table: .csv, .tsv or .parquet."),
        (
            b"a,b\n1,\xe4\n",
            ' is not UTF-8 text: byte 7, row 1, column "b", in "\\xe4".',
            'If "ä" is what it should read, type --encoding latin-1.',
        ),
    ],
)
def test_what_is_no_table_is_refused_in_words(content, what, advice):
    with pytest.raises(DataError) as caught:
        rows_of(CsvTable(content, "t.csv"))
    assert (caught.value.what, caught.value.advice) == (f"t.csv{what}", advice)


INCHES = [f"{k / 4},n {k % 7},{'abc'[k % 3]}" for k in range(60)]


@pytest.mark.parametrize("header", ["price,note,label", 'price,note 15",label', 'price,no"te,label'])
@pytest.mark.parametrize("marked", [[], [40], [3, 40], [59]])
def test_a_quotation_mark_within_a_word_or_a_name_is_a_letter_and_no_row_is_lost(header, marked):
    """Fifteen inches; as Python's csv reads it, which is how a prediction reads it, too."""
    lines = [line.replace(",n", ',5" n') if row in marked else line for row, line in enumerate(INCHES)]
    content = "\n".join([header, *lines, ""])
    names, *expected = csv.reader(io.StringIO(content))
    table = CsvTable(content.encode(), "t.csv")
    frame, rows = table.read(names[:1], names[1:])
    assert list(table.columns) == names
    assert rows.tolist() == list(range(1, 61))
    assert [[float(price), *others] for price, *others in frame.rows()] == [
        [float(price), *others] for price, *others in expected
    ]


def test_whole_numbers_beside_a_quotation_mark_are_looked_at_as_they_are_written():
    content = b'a,note,label\n9007199254740993,5" pipe,x\n3,n,y\n'
    table = CsvTable(content, "t.csv")
    frame = numbered(table.read(["a"], ["note", "label"])[0], ["a"], decimal_comma=False)
    assert table.beyond_double(frame, ["a"]) == ("a",)


@pytest.mark.parametrize("content", [b'a,b,label\n1,2,"x\n3,4,y\n', b'a,b,label\n1,2,x\n3,4,"y\n', b'a,b\n1,"2""\n'])
def test_a_quotation_mark_that_is_left_open_is_what_to_look_for(content):
    with pytest.raises(
        DataError, match=r"^t\.csv is not readable as a table\. Look for an open quotation mark\.$"
    ) as caught:
        rows_of(CsvTable(content, "t.csv"))
    assert caught.value.advice == "Look for an open quotation mark."
    assert "\n" not in caught.value.what


def test_a_table_may_have_a_hundred_thousand_columns_and_no_more():
    names = [f"c{place}" for place in range(100_000)]
    assert usable(names, "t.csv") == tuple(names)
    with pytest.raises(DataError) as caught:
        usable([*names, "one more"], "t.csv")
    assert caught.value.what == "t.csv has 100001 columns, and a table may have 100000."
    assert caught.value.advice == "Give wide data as .npz or .svmlight, whose columns need no names."


def test_columns_without_a_name_are_told_by_their_places():
    table = CsvTable(b",a,, b ,\n1,2,3,4,5\n6,,8,9,\n", "t.csv")
    assert table.columns == ("a", "b")
    assert table.notes == ("Left out, because it has no name: column 1, 3, 5.",)
    assert table.read(["b"], ["a"])[0].rows() == [(4, "2"), (9, None)]
    assert CsvTable(b"a,b\n1,2\n", "t.csv").notes == ()


@pytest.mark.parametrize("rows", [',"', '1,"', '1,2\n"', '1,2\n1,"', '"', '"1,"', '1,"\n"', '1,""'])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r", " "])
def test_a_quotation_mark_near_the_end_is_refused_or_read_as_pythons_csv_module_does(rows, end, capfd):
    text = "a,b\n" + rows + end
    oracle = list(csv.reader(io.StringIO(text, newline="")))[1:]
    try:
        frame, _ = CsvTable(text.encode(), "t.csv").read(["a", "b"], [])
    except DataError as error:
        assert error.advice
    else:
        expected = [[float(value) if value.strip() else None for value in record] for record in oracle if record]
        assert [list(row) for row in numbered(frame, ["a", "b"]).rows()] == expected
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("place", [0, 60_000, 119_999])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_ragged_row_is_found_wherever_it_is(place, width):
    lines = [f"{row},{row},x" for row in range(120_000)]
    lines[place] = ",".join(["7"] * width)
    with pytest.raises(DataError, match=rf"row {place + 1} has {plural(width, 'field')}, and the header has 3"):
        CsvTable("\n".join(["a,b,label", *lines]).encode(), "t.csv").read(["a", "b"], ["label"])


def test_columns_are_given_in_the_order_in_which_they_are_asked_for():
    frame, _ = CsvTable(b"a,b,c\n1,2,3\n", "t.csv").read(["c", "a"], ["b"])
    assert frame.columns == ["c", "a", "b"]
    assert frame.dtypes == [pl.Float64, pl.Float64, pl.String]


def test_what_the_file_says_of_itself_goes_before_what_it_lacks():
    table = CsvTable(b"a;;label\n1,5;2;01\n2,5;3;1\n", "t.csv")
    assert table.decimal_comma
    assert table.notes == (
        "t.csv is separated by semicolons.",
        't.csv writes numbers with a decimal comma ("1,5").',
        "Left out, because it has no name: column 2.",
    )
    assert table.name == "t.csv"


@pytest.mark.parametrize("late", ["word", "true", " 7", "NA"])
def test_labels_stay_as_they_are_written_however_the_numbers_are_read(late):
    """Beside columns of numbers, of numbers at first, and of none: what is asked for as text is never a number."""
    rows = [f"{row},{late if row == 1500 else row},w{row},0{row}" for row in range(2000)]
    frame, numbers = CsvTable("\n".join(["a,b,c,label", *rows]).encode(), "t.csv").read(["a", "b", "c"], ["label"])
    assert frame["label"].to_list() == [f"0{row}" for row in range(2000)]
    assert frame["a"].cast(pl.Float64).to_list() == list(range(2000))
    assert numbered(frame, ["b"])["b"].dtype == (pl.Float64 if late in {" 7", "NA"} else pl.String)
    assert frame["c"].to_list() == [f"w{row}" for row in range(2000)]
    assert numbers.tolist() == list(range(1, 2001))


def test_a_table_may_say_its_separator_and_its_encoding():
    content = "a|b;c\nä|1;5\n".encode("latin-1")
    table = CsvTable(content, "t.csv", "|", "latin-1")
    assert table.columns == ("a", "b;c")
    assert rows_of(table) == [("ä", "1;5")]
    assert rows_of(CsvTable(content, "t.csv", ";", "latin-1")) == [("ä|1", "5")]


def test_bytes_that_are_no_text_are_told_by_the_columns_that_the_separator_makes():
    content = b"a,1|b,2\n1,5|\xe4\n2,5|x\n"
    for separator, column in (("|", "b,2"), (None, "1|b")):
        with pytest.raises(DataError) as caught:
            CsvTable(content, "t.csv", separator)
        told = f't.csv is not UTF-8 text: byte 13, row 1, column "{column}", in "\\xe4".'
        assert caught.value.what == told


def test_a_file_that_is_cut_is_told_by_its_name():
    with pytest.raises(DataError) as caught:
        CsvTable(gzip.compress(b"a,b\n1,2\n", mtime=0)[:-4], "t.csv.gz")
    assert caught.value.what == "t.csv.gz is cut: its gzip data end too early."
    assert caught.value.advice == "Copy or download it again."


def test_line_ends_in_quotation_marks_stay_as_they_are_in_header_and_fields():
    table = CsvTable(b'"a\r\nb","c\nd"\r\n"1\r\n2","x\ny"\r\n', "t.csv")
    assert table.columns == ("a\r\nb", "c\nd")
    assert rows_of(table) == [("1\r\n2", "x\ny")]


def test_where_numbers_have_a_decimal_comma_a_point_makes_no_number():
    table = CsvTable(b"a;b;c;label\n1,5;2,5;7;1.0\n2,5;1.234;8;01\n", "t.csv")
    frame, _ = table.read(["a", "b", "c"], ["label"])
    frame = numbered(frame, ["a", "b", "c"], decimal_comma=table.decimal_comma)
    assert frame.rows() == [(1.5, "2,5", 7, "1.0"), (2.5, "1.234", 8, "01")]


def test_blank_lines_are_counted_before_and_between_the_rows_and_are_no_missing_values():
    table = CsvTable(b"a,b\n\n\n1,2\n\n3,\n4,5\n\n", "t.csv")
    frame, rows = table.read(["a", "b"], [])
    assert numbered(frame, ["a", "b"]).rows() == [(1, 2), (3, None), (4, 5)]
    assert rows.tolist() == [3, 5, 6]


def test_of_whole_numbers_that_lose_digits_only_the_columns_that_are_asked_for_are_told():
    big = "9007199254740993"
    table = CsvTable(f"a,,b,c,label\n{big},{big},1,{big},{big}\n1,2,{big},3,x\n".encode(), "t.csv")
    frame, _ = table.read(["a", "b", "c"], ["label"])
    assert table.beyond_double(frame, ["a", "b"]) == ("a", "b")
    assert table.beyond_double(frame, ["c"]) == ("c",)
    assert table.beyond_double(frame, []) == ()
    assert table.beyond_double(frame, ["label"]) == ()


@pytest.mark.parametrize(("n_bytes", "fits"), [(3 * 64 + 2**26, True), (3 * 64 + 2**26 - 1, False)])
def test_where_memory_is_limited_a_table_that_does_not_fit_is_not_begun(monkeypatch, n_bytes, fits):
    """Without memory polars aborts: before it reads, each of the three values is counted with what it takes."""
    table = CsvTable(b"a;b;c\n1;2;3\n", "t.csv")
    monkeypatch.setattr("resource.getrlimit", lambda _: (n_bytes, n_bytes))
    monkeypatch.setattr("resource.getpagesize", lambda: 0)  # nothing is taken yet
    if fits:
        assert table.read(["a", "b", "c"], [])[0].rows() == [(1, 2, 3)]
    else:
        with pytest.raises(MemoryError):
            table.read(["a", "b", "c"], [])

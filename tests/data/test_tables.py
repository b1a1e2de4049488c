"""CSV, TSV and parquet: what is read, and what is said about what cannot be."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from softreg.data import load
from softreg.data.dataset import Dataset
from softreg.data.tables import CsvTable, to_csv, write_csv
from softreg.errors import DataError, UsageError
from softreg.settings import SourceSettings, SplitSettings

HEAD = "a,b,label\n"


def table(folder: Path, text: str | bytes, name: str = "t.csv") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def read(folder: Path, text: str | bytes, source: SourceSettings | None = None, split: SplitSettings | None = None):
    return load(table(folder, text), source or SourceSettings(), split or SplitSettings())


def refusal(folder: Path, text: str | bytes, source: SourceSettings | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, text, source)
    return str(caught.value)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "end"])
def test_bom_and_line_ends_make_no_difference(tmp_path, bom, end, last):
    text = end.join(["a,b,label", "1,2.5,x", "3,-4e2,y"]) + (end if last else "")
    data = read(tmp_path, bom + text.encode())
    assert data.columns == ("a", "b")
    np.testing.assert_array_equal(data.X, [[1, 2.5], [3, -400]])
    assert data.labels.tolist() == ["x", "y"]
    assert data.X.flags.c_contiguous
    assert data.X.dtype == np.float64


@pytest.mark.parametrize("label", ["01", "1e3", "True", " spaced ", "1.0", "ä, ö", "nan"])
def test_labels_come_back_as_they_were_written(tmp_path, label):
    data = read(tmp_path, HEAD + f'1,2,"{label}"\n3,4,other\n')
    assert data.labels.tolist() == [label, "other"]


def test_rows_without_a_label_are_dropped_and_counted_and_the_others_keep_their_numbers(tmp_path):
    data = read(tmp_path, HEAD + '1,2,x\n,,\n3,4,""\n5,6,y\nwords,8,\n')
    assert data.rows.tolist() == [1, 4]
    assert data.X.tolist() == [[1, 2], [5, 6]]
    assert any("3 rows" in note for note in data.notes)


def test_blank_lines_are_no_rows_but_are_counted_as_an_editor_does(tmp_path):
    data = read(tmp_path, HEAD + "1,2,x\n\n3,4,y\n\n")
    assert data.rows.tolist() == [1, 3]
    assert data.notes == ()


def test_true_and_false_are_one_and_nought(tmp_path):
    data = read(tmp_path, HEAD + "True,1 ,x\nfalse, 2,y\n")
    assert data.X.tolist() == [[1, 1], [0, 2]]


def test_tsv_is_read_with_tabs(tmp_path):
    path = table(tmp_path, "a\tclass\n1\tx,y\n2\tz\n", "t.tsv")
    assert load(path, SourceSettings()).labels.tolist() == ["x,y", "z"]


@pytest.mark.parametrize("name", ["target", "Label", "CLASS", "y", "species"])
def test_the_usual_names_of_a_label_are_found_in_any_case(tmp_path, name):
    data = read(tmp_path, f"a,{name},b\n1,u,2\n3,v,4\n")
    assert data.target == name
    assert data.columns == ("a", "b")


def test_two_usual_names_are_a_choice_that_is_told(tmp_path):
    data = read(tmp_path, "x,y,label\n1,2,u\n3,4,v\n")
    assert data.target == "label"
    assert data.columns == ("x", "y")
    assert any("--target" in note and "y" in note for note in data.notes)


def test_without_a_target_the_columns_are_listed_with_type_and_distinct_values(tmp_path):
    said = refusal(tmp_path, "age,sex\n1,m\n2,f\n2,m\n")
    assert "age (number, 2 distinct)" in said
    assert "sex (text, 2 distinct)" in said
    assert "--target" in said


def test_a_missing_target_is_answered_with_the_nearest_name(tmp_path):
    said = refusal(tmp_path, "petal,species\n1,m\n2,f\n", SourceSettings(target="speceis"))
    assert '"speceis"' in said
    assert '"species"' in said


def test_excluded_columns_are_no_features_and_may_hold_text(tmp_path):
    data = read(tmp_path, "name,a,label\nAnn,1,x\nBob,2,y\n", SourceSettings(exclude=("name",)))
    assert data.columns == ("a",)


def test_an_unknown_excluded_column_is_answered_with_the_nearest_name(tmp_path):
    said = refusal(tmp_path, "name,a,label\nAnn,1,x\nBob,2,y\n", SourceSettings(exclude=("nam",)))
    assert '"nam"' in said
    assert '"name"' in said


def test_the_target_cannot_be_excluded(tmp_path):
    with pytest.raises(UsageError, match="--exclude and by --target"):
        read(tmp_path, HEAD + "1,2,x\n3,4,y\n", SourceSettings(exclude=("label",)))


@pytest.mark.parametrize("word", ["", "nan", "NA", "n/a", "?", "None", "-"])
def test_missing_words_among_numbers_are_missing_numbers(tmp_path, word):
    data = read(tmp_path, HEAD + f"1,2,x\n3,{word},y\n5, {word} ,x\n")
    np.testing.assert_array_equal(data.X, [[1, 2], [3, np.nan], [5, np.nan]])


@pytest.mark.parametrize(("value", "word"), [("inf", "infinite"), ("-1e999", "inf")])
def test_a_value_that_is_infinite_names_column_and_first_row_and_how_many(tmp_path, value, word):
    said = refusal(tmp_path, HEAD + f"1,2,x\n3,{value},y\n5,{value},x\n")
    assert 'column "b", row 2' in said
    assert "2 values" in said
    assert word in said


def test_row_numbers_in_messages_count_dropped_rows(tmp_path):
    assert 'column "a", row 3' in refusal(tmp_path, HEAD + "1,2,\n3,4,x\ninf,4,y\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("\n\n", ["empty"]),
        ("a,b,label\n", ["header and no rows"]),
        ("a,b,label", ["header and no rows"]),
        ("a,b,label\n\n\n", ["header and no rows"]),
        ("a,a,label\n1,2,x\n3,4,y\n", ["more than one", '"a"']),
        ("a,b,label\n1,2,x\n3,4\n", ["row 2", "2 fields", "3"]),
        ("a,b,label\n1,2\n3,4,x\n", ["row 1", "2 fields", "3"]),
        ("a,b,label\n1,2,x\n3,4,y,5\n", ["row 2", "4 fields", "3"]),
        ("a,b,label\n1,2,x,9\n3,4,y\n", ["row 1", "4 fields"]),
        ("a,b,label\n1,2,\n3,4,\n", ["No row has a label"]),
        ('a,b,label\n1,2,"x\n3,4,y\n', ["quotation mark"]),
        ("label\nx\ny\n", ["no column left"]),
        (b"a,label\n1,\xe4\n2,b\n", ["UTF-8", "--encoding latin-1"]),
        (b"\xff\xfea\x00,\x00", ["header and no rows"]),
        (b"\xff\xfea\x00,\x00\n", ["not UTF-16 text", "byte 7"]),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ["not a text file"]),
    ],
)
def test_a_table_that_is_none_is_refused_in_words(tmp_path, text, words):
    said = refusal(tmp_path, text)
    for word in words:
        assert word in said
    assert len(re.findall(r"\. ", said)) <= 3


def test_a_column_without_a_name_is_left_out_with_a_note(tmp_path):
    data = read(tmp_path, ",a,label\n0,5,x\n1,6,y\n")
    assert data.columns == ("a",)
    assert data.X.tolist() == [[5], [6]]
    assert any("no name" in note for note in data.notes)


def test_a_numeric_target_with_many_values_looks_like_a_quantity(tmp_path):
    rows = "".join(f"{row % 9},{row / 7:.3f}\n" for row in range(200))
    assert "quantity" in refusal(tmp_path, "a,y\n" + rows)
    whole = "".join(f"{row % 9},{row}\n" for row in range(200))
    assert "quantity" in refusal(tmp_path, "a,y\n" + whole)


def test_many_text_labels_and_a_hundred_integers_are_classes(tmp_path):
    text = read(tmp_path, "a,y\n" + "".join(f"{row % 9},id{row}\n" for row in range(200)))
    assert len(set(text.labels.tolist())) == 200
    whole = read(tmp_path, "a,y\n" + "".join(f"{row % 9},{row % 100}\n" for row in range(300)))
    assert len(set(whole.labels.tolist())) == 100


def test_split_and_group_columns_become_part_and_groups_and_no_features(tmp_path):
    text = "a,side,house,label\n1,train,h1,x\n2,TEST,h2,y\n3,validation,h1,x\n"
    data = read(tmp_path, text, split=SplitSettings(split_col="side", group_col="house"))
    assert data.columns == ("a",)
    assert data.part.tolist() == ["train", "test", "val"]
    assert data.groups.tolist() == ["h1", "h2", "h1"]


def test_a_split_column_with_another_word_names_row_and_word(tmp_path):
    with pytest.raises(DataError, match=r'row 2: "later"'):
        read(tmp_path, "a,side,label\n1,train,x\n2,later,y\n", split=SplitSettings(split_col="side"))


def test_a_row_without_a_group_is_refused(tmp_path):
    with pytest.raises(DataError, match="row 2: the group is missing"):
        read(tmp_path, "a,house,label\n1,h1,x\n2,,y\n", split=SplitSettings(group_col="house"))


def test_a_test_file_is_appended_with_its_columns_matched(tmp_path):
    train = table(tmp_path, HEAD + "1,2,x\n3,4,y\n", "train.csv")
    test = table(tmp_path, "label,extra,b,a\nx,0,20,10\n,0,1,1\ny,0,40,30\n", "test.csv")
    data = load(train, SourceSettings(), SplitSettings(test=test))
    np.testing.assert_array_equal(data.X, [[1, 2], [3, 4], [10, 20], [30, 40]])
    assert data.part.tolist() == ["train", "train", "test", "test"]
    assert data.rows.tolist() == [1, 2, 1, 3]
    assert any("extra" in note for note in data.notes)
    assert any("1 row" in note for note in data.notes)
    assert data.origin["test"]["data"] == test


def test_a_test_file_without_labels_is_refused(tmp_path):
    train = table(tmp_path, HEAD + "1,2,x\n3,4,y\n", "train.csv")
    test = table(tmp_path, "a,b\n1,2\n", "test.csv")
    with pytest.raises(DataError, match="no labels"):
        load(train, SourceSettings(), SplitSettings(test=test))


def test_two_sayings_of_what_the_test_is_are_a_usage_error(tmp_path):
    train = table(tmp_path, "a,s,label\n1,train,x\n3,test,y\n")
    with pytest.raises(UsageError, match="--split-col"):
        load(train, SourceSettings(), SplitSettings(test=train, split_col="s"))


def test_stdin_is_csv_and_not_replayable(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b"a,label\n1,x\n2,y\n")

    monkeypatch.setattr("sys.stdin", Stdin)
    data = load("-", SourceSettings())
    assert data.name == "stdin"
    assert data.origin["replayable"] is False
    assert data.labels.tolist() == ["x", "y"]


def test_origin_holds_the_hash_of_the_file(tmp_path):
    import hashlib

    text = HEAD + "1,2,x\n3,4,y\n"
    data = read(tmp_path, text)
    assert data.origin["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert data.origin["replayable"] is True


def test_a_missing_file_is_answered_with_the_nearest_name(tmp_path):
    table(tmp_path, HEAD, "titanic.csv")
    with pytest.raises(DataError, match=r"titanic\.csv"):
        load(str(tmp_path / "titanc.csv"), SourceSettings())


def test_parquet_gives_the_same_as_csv(tmp_path):
    frame = pl.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": [True, False, True], "label": ["01", "x", None]})
    frame.write_parquet(tmp_path / "t.parquet")
    frame.write_csv(tmp_path / "t.csv")
    one, two = (load(str(tmp_path / f"t.{kind}"), SourceSettings()) for kind in ("parquet", "csv"))
    np.testing.assert_array_equal(one.X, two.X)
    assert one.X.flags.c_contiguous
    assert one.labels.tolist() == two.labels.tolist() == ["01", "x"]
    assert one.rows.tolist() == two.rows.tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([1, 2]), ["1", "2"]),
        (pl.Series([1.0, 2.5]), ["1", "2.5"]),
        (pl.Series([True, False]), ["True", "False"]),
        (pl.Series(["u", "v"], dtype=pl.Categorical), ["u", "v"]),
    ],
)
def test_labels_of_parquet_are_text_whatever_their_type(tmp_path, values, expected):
    pl.DataFrame({"a": [1.0, 2.0], "label": values}).write_parquet(tmp_path / "t.parquet")
    assert load(str(tmp_path / "t.parquet"), SourceSettings()).labels.tolist() == expected


def test_a_date_among_the_features_of_parquet_is_left_out_by_name(tmp_path):
    import datetime

    days = [datetime.date(2020, 1, day) for day in (1, 2)]
    pl.DataFrame({"when": days, "a": [1, 2], "label": ["x", "y"]}).write_parquet(tmp_path / "t.parquet")
    data = load(str(tmp_path / "t.parquet"), SourceSettings())
    assert data.columns == ("a",)
    assert [role.name for role in data.roles if not role.used] == ["when"]
    for asked in ({"features": ("when", "a")}, {"numeric": ("when",)}):
        with pytest.raises(DataError, match='"when" holds Date'):
            load(str(tmp_path / "t.parquet"), SourceSettings(**asked))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_truncated_parquet_is_refused(tmp_path, share):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": np.arange(1000.0), "label": ["x", "y"] * 500}).write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DataError, match="parquet"):
        load(str(path), SourceSettings())


def test_damaged_parquet_gives_a_data_error_or_data_never_anything_else(tmp_path):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"a": np.arange(50.0), "label": ["x", "y"] * 25}).write_parquet(path)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(len(content), size=4):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            load(str(path), SourceSettings())
        except DataError as error:
            assert error.what


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
def test_what_is_exported_is_read_back_the_same(tmp_path, name):
    data = load(name, SourceSettings())
    to_csv(data, tmp_path / "out.csv")
    back = load(str(tmp_path / "out.csv"), SourceSettings())
    kept = np.flatnonzero(np.ptp(data.X, axis=0) > 0)  # of a table, constant columns are left out
    np.testing.assert_array_equal(back.X, data.X[:, kept])
    assert back.columns == tuple(data.columns[place] for place in kept)
    assert back.labels.tolist() == data.labels.tolist()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_an_export_keeps_the_sources_own_split(tmp_path):
    text = "a,side,label\n1.5,train,x\n2,test,y\n"
    data = read(tmp_path, text, split=SplitSettings(split_col="side"))
    to_csv(data, tmp_path / "out.csv")
    back = load(str(tmp_path / "out.csv"), SourceSettings(), SplitSettings(split_col="split"))
    assert back.part.tolist() == ["train", "test"]


def test_random_bytes_never_raise_anything_but_a_data_error(tmp_path):
    rng = np.random.default_rng(0)
    alphabet = np.frombuffer(b'a1,"\n\r.\t;- \xc3', dtype=np.uint8)
    for _ in range(300):
        text = rng.choice(alphabet, size=rng.integers(1, 40)).tobytes()
        with pytest.raises((DataError, UsageError)):
            read(tmp_path, b"a,b,label\n" + text, SourceSettings(target="no such column"))
        try:
            read(tmp_path, b"a,b,label\n" + text)
        except DataError as error:
            assert error.what


def test_a_table_is_accepted_exactly_where_pythons_csv_module_finds_rows_of_one_width():
    """The csv module of the standard library is the oracle: widths, values and row numbers."""
    import csv

    rng = np.random.default_rng(0)
    fields = [*["1", "2.5", "-3e2", '"7"'] * 4, "x", "", " ", '"a,b"', '"two\nlines"', '""', '"q""q"']
    outcomes = []
    for _ in range(1000):
        lines = [rng.choice(["1,2,x", "3,4,y", ""])]
        lines += [",".join(rng.choice(fields, size=width)) for width in rng.choice([3, 3, 3, 2, 4], size=2)]
        body = str(rng.choice(["\n", "\r\n"]).join(rng.permutation(lines)) + rng.choice(["", "\n", "\n\n"]))
        records = list(csv.reader(io.StringIO(HEAD + body, newline="")))[1:]
        rows = [(number, record) for number, record in enumerate(records, start=1) if record]
        outcomes.append(all(len(record) == 3 for _, record in rows))
        if not outcomes[-1]:
            with pytest.raises(DataError, match="fields, and the header has 3"):
                CsvTable((HEAD + body).encode(), "t.csv").read(["a", "b"], ["label"])
            continue
        frame, numbers = CsvTable((HEAD + body).encode(), "t.csv").read([], ["a", "b", "label"])
        assert [[value or "" for value in row] for row in frame.rows()] == [record for _, record in rows], body
        assert numbers.tolist() == [number for number, _ in rows], body
    assert set(outcomes) == {True, False}


@pytest.mark.parametrize("blank", [1, 2])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines_after_the_header_are_no_rows(tmp_path, blank, end):
    data = read(tmp_path, "a,b,label" + end * (1 + blank) + end.join(["1,2,x", "3,4,y"]))
    assert data.rows.tolist() == [1 + blank, 2 + blank]
    assert data.X.tolist() == [[1, 2], [3, 4]]


def test_true_or_false_at_the_top_and_all_the_way_down_are_one_and_nought(tmp_path):
    rows = [f"{row % 2 == 0},{row % 7},{row % 3}" for row in range(3000)]
    data = read(tmp_path, "\n".join([HEAD.strip(), *rows]))
    np.testing.assert_array_equal(data.X, [[row % 2 == 0, row % 7] for row in range(3000)])


def exported(X, **more):
    """The text of a CSV of two columns, of this matrix."""
    X = np.array(X)
    file = io.BytesIO()
    write_csv(Dataset("t", X, more.pop("labels", None), ("a", "b, c"), np.arange(len(X)), **more), file)
    return file.getvalue().decode()


def test_an_export_has_the_features_then_the_split_then_the_label():
    X, labels, part = [[1.0, 2.0], [-3.0, 0.0]], np.array(["u", "v w"]), np.array(["train", "test"])
    assert exported(X) == 'a,"b, c"\n1,2\n-3,0\n'
    assert exported(X, labels=labels) == 'a,"b, c",label\n1,2,u\n-3,0,v w\n'
    assert exported(X, labels=labels, target="kind") == 'a,"b, c",kind\n1,2,u\n-3,0,v w\n'
    assert exported(X, part=part) == 'a,"b, c",split\n1,2,train\n-3,0,test\n'
    assert exported(X, part=part, labels=labels, target="y") == 'a,"b, c",split,y\n1,2,train,u\n-3,0,test,v w\n'


@pytest.mark.parametrize(
    ("X", "whole"),
    [
        ([[107.0, -200.0]], True),
        ([[1.0, 2.0**53 - 1]], True),
        ([[1.0, 2.0**53]], False),
        ([[1.0, -(2.0**60)]], False),
        ([[1.0, 2.0], [0.5, 3.0]], False),
        ([[1.0, np.inf]], False),
    ],
)
def test_an_export_writes_whole_numbers_as_such_where_all_are_and_float64_holds_each(X, whole):
    rows = [row.split(",") for row in exported(X).splitlines()[1:]]
    assert [list(map(float, row)) for row in rows] == X
    assert all(text.lstrip("-").isdecimal() == whole for row in rows for text in row)


@pytest.mark.parametrize(("n_bytes", "fits"), [(8 * 64 + 2**26, True), (8 * 64 + 2**26 - 1, False)])
def test_where_memory_is_limited_an_export_that_does_not_fit_is_not_begun(monkeypatch, n_bytes, fits):
    monkeypatch.setattr("resource.getrlimit", lambda _: (n_bytes, n_bytes))
    monkeypatch.setattr("resource.getpagesize", lambda: 0)  # nothing is taken yet
    beside = {"labels": np.array(["u", "v"]), "part": np.array(["train", "test"])}
    if fits:
        assert exported([[1.0, 2.0], [3.0, 4.0]], **beside).count("\n") == 3
    else:
        with pytest.raises(MemoryError):
            exported([[1.0, 2.0], [3.0, 4.0]], **beside)


def test_sparse_features_are_not_exported_and_no_file_is_begun(tmp_path):
    sparse = Dataset("text", sp.csr_array((3, 5)), None, tuple("abcde"), np.arange(3))
    for export in (lambda: to_csv(sparse, tmp_path / "out.csv"), lambda: write_csv(sparse, io.BytesIO())):
        with pytest.raises(DataError) as caught:
            export()
        assert caught.value.what == "text is sparse, 3 rows x 5 features."
        assert caught.value.advice == "Use it by its name; a CSV of it would be mostly zeros."
    assert list(tmp_path.iterdir()) == []

"""Inputs for a trained model: columns found by name, as the raw matrix that its preparation takes."""

from __future__ import annotations

import io

import numpy as np
import pytest

from softreg.data import load, load_inputs
from softreg.errors import DataError
from softreg.preparation import UNSEEN, Category, Number, Preparation
from softreg.settings import SourceSettings

NONE = SourceSettings()
PORT = Preparation((Number("age"), Category("port", ("C", "S"), rare=("Q",))))


def inputs(folder, text, columns=("a", "b"), target="label", source=NONE):
    (folder / "t.csv").write_text(text)
    ready = columns if isinstance(columns, Preparation) else Preparation.plain(columns)
    return load_inputs(str(folder / "t.csv"), ready, target, source)


def test_columns_are_put_in_the_models_order(tmp_path):
    data = inputs(tmp_path, "b,a\n2,1\n4,3\n")
    assert data.X.tolist() == [[1, 2], [3, 4]]
    assert data.columns == ("a", "b")
    assert data.labels is None
    assert data.notes == ()


def test_extra_columns_are_ignored_with_one_note_even_if_they_hold_text(tmp_path):
    data = inputs(tmp_path, "id,b,who,a\nx1,2,Ann,1\n")
    assert data.X.tolist() == [[1, 2]]
    assert len(data.notes) == 1
    assert "id, who" in data.notes[0]


def test_a_label_column_is_taken_and_rows_without_one_are_kept(tmp_path):
    data = inputs(tmp_path, "a,b,label\n1,2,01\n3,4,\n")
    assert data.labels.tolist() == ["01", ""]
    assert data.rows.tolist() == [1, 2]
    assert data.notes == ()


def test_missing_columns_are_named_with_the_nearest_that_was_found(tmp_path):
    with pytest.raises(DataError) as caught:
        inputs(tmp_path, "petal_widht,x\n1,2\n", columns=("petal_width", "sepal_length"))
    said = str(caught.value)
    assert '"petal_width" (nearest: "petal_widht")' in said
    assert '"sepal_length"' in said
    assert "It has: petal_widht, x" in said


@pytest.mark.parametrize(("value", "read"), [("", np.nan), ("nan", np.nan), ("NA", np.nan), ("inf", np.inf)])
def test_values_that_no_model_can_use_are_read_as_they_are(tmp_path, value, read):
    data = inputs(tmp_path, f"a,b\n1,2\n3,{value}\n")
    np.testing.assert_array_equal(data.X, [[1, 2], [3, read]])


def test_categories_are_codes_of_the_levels_that_the_model_knows(tmp_path):
    data = inputs(tmp_path, "port,age\nS,1\nC,2\nQ,3\n X ,4\n,5\n S ,6\nNA,\n", PORT)
    expected = [[1, 1], [2, 0], [3, 2], [4, UNSEEN], [5, np.nan], [6, 1], [np.nan, np.nan]]
    np.testing.assert_array_equal(data.X, expected)
    assert data.levels == {"port": ("C", "S", "Q")}


def test_a_category_of_the_model_may_be_written_in_numbers(tmp_path):
    ready = Preparation((Category("zone", ("01", "1", "True")),))
    data = inputs(tmp_path, "zone\n1\n01\n1.0\ntrue\nTrue\n", ready)
    # 1.0 is 1, as a parquet file of the same numbers says it
    assert data.X.ravel().tolist() == [1, 0, 1, UNSEEN, 2]


def test_text_in_a_column_of_numbers_names_column_row_and_value_and_never_advises_to_leave_it_out(tmp_path):
    with pytest.raises(DataError) as caught:
        inputs(tmp_path, "a,b\n1,2\n3,word\n5,other\n")
    assert 'column "b", row 2: "word" is not a number' in str(caught.value)
    assert "--exclude" not in str(caught.value)


def test_true_and_false_are_numbers_and_missing_words_are_nan(tmp_path):
    data = inputs(tmp_path, "a,b\ntrue,1\nFALSE,?\nNA,2\n")
    np.testing.assert_array_equal(data.X, [[1, 1], [0, np.nan], [np.nan, 2]])


def test_a_blank_line_is_no_row_and_an_empty_one_is_missing_throughout(tmp_path):
    assert inputs(tmp_path, "a,b\n1,2\n\n3,4\n").rows.tolist() == [1, 3]
    np.testing.assert_array_equal(inputs(tmp_path, "a,b\n1,2\n,\n").X[1], [np.nan, np.nan])


def test_ids_weights_and_soft_labels_come_with_the_rows_where_they_are_there(tmp_path):
    source = SourceSettings(id=("who", "ghost"), weight_col="w", target_distribution=("p_u", "p_v"))
    data = inputs(tmp_path, "who,a,b,w,p_u,p_v\n007,1,2,3,1,3\nx,3,4,0,2,2\n", source=source)
    assert data.ids["who"].tolist() == ["007", "x"]
    assert list(data.ids) == ["who"]
    assert data.weights.tolist() == [3, 0]
    assert data.distribution.tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert data.labels.tolist() == ["v", "u"]
    bare = inputs(tmp_path, "a,b,p_u\n1,2,3\n", source=source)
    assert bare.weights is None
    assert bare.distribution is None
    assert bare.ids == {}


def test_stdin_can_be_the_input(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b"b,a\r\n2,1\r\n")

    monkeypatch.setattr("sys.stdin", Stdin)
    data = load_inputs("-", Preparation.plain("ab"), "label", NONE)
    assert data.X.tolist() == [[1, 2]]
    assert data.origin["replayable"] is False


def test_named_sets_are_matched_by_name_too():
    iris = load("iris", NONE)
    ready = Preparation.plain(["petal width (cm)", "sepal length (cm)"])
    data = load_inputs("iris", ready, "label", NONE)
    np.testing.assert_array_equal(data.X, iris.X[:, [3, 0]])
    with pytest.raises(DataError, match="lacks 1 of the model's 1 columns"):
        load_inputs("iris", Preparation.plain(["petal_width"]), "label", NONE)


def test_parquet_reads_only_what_the_model_needs(tmp_path):
    import polars as pl

    frame = pl.DataFrame({"b": [2], "odd": [[1, 2]], "a": [1]})
    frame.write_parquet(tmp_path / "t.parquet")
    data = load_inputs(str(tmp_path / "t.parquet"), Preparation.plain("ab"), "label", NONE)
    assert data.X.tolist() == [[1, 2]]


def test_categories_of_parquet_are_those_of_csv(tmp_path):
    import polars as pl

    frame = pl.DataFrame({"port": ["S", None, "X", "Q"], "age": [1.0, None, 3.0, 4.0]})
    frame.write_parquet(tmp_path / "t.parquet")
    frame.cast({"port": pl.Categorical}).write_parquet(tmp_path / "u.parquet")
    frame.write_csv(tmp_path / "t.csv")
    read = [load_inputs(str(tmp_path / name), PORT, "label", NONE).X for name in ("t.csv", "t.parquet", "u.parquet")]
    np.testing.assert_array_equal(read[0], [[1, 1], [np.nan, np.nan], [3, UNSEEN], [4, 2]])
    np.testing.assert_array_equal(read[0], read[1])
    np.testing.assert_array_equal(read[0], read[2])


def test_a_target_that_is_also_a_feature_is_read_as_both(tmp_path):
    data = inputs(tmp_path, "a,b\n1,2\n", target="a")
    assert data.X.tolist() == [[1, 2]]
    assert data.labels is None


@pytest.mark.parametrize("name", ["t.csv", "t.npz", "t.svmlight"])
def test_what_the_disk_refuses_is_told_with_the_name_as_it_was_given(tmp_path, monkeypatch, name):
    def refuse(*_, **__):
        raise OSError(5, "Input/output error", "somewhere else")

    (tmp_path / name).write_bytes(b"PK")
    with monkeypatch.context() as patch, pytest.raises(DataError) as caught:
        for way in ("pathlib.Path.read_bytes", "pathlib.Path.open", "builtins.open"):
            patch.setattr(way, refuse)
        load(str(tmp_path / name), NONE)
    assert str(tmp_path / name) in caught.value.what
    assert "Input/output error" in caught.value.what
    assert "somewhere else" not in str(caught.value)

"""Inputs for a trained model: features found by name."""

from __future__ import annotations

import io

import numpy as np
import pytest

from softreg.data import load, load_inputs
from softreg.errors import DataError
from softreg.settings import SourceSettings

NONE = SourceSettings()


def inputs(folder, text, columns=("a", "b"), target="label"):
    (folder / "t.csv").write_text(text)
    return load_inputs(str(folder / "t.csv"), columns, target, NONE)


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


@pytest.mark.parametrize("value", ["", "nan", "inf"])
def test_a_missing_value_names_column_and_row(tmp_path, value):
    with pytest.raises(DataError, match='column "b", row 2'):
        inputs(tmp_path, f"a,b\n1,2\n3,{value}\n")


def test_advice_for_a_trained_model_does_not_speak_of_leaving_columns_out(tmp_path):
    for value in ("", "word"):
        with pytest.raises(DataError) as caught:
            inputs(tmp_path, f"a,b\n1,2\n3,{value}\n")
        assert "--exclude" not in str(caught.value)


def test_an_empty_row_is_an_error_and_a_blank_line_is_none(tmp_path):
    assert inputs(tmp_path, "a,b\n1,2\n\n3,4\n").rows.tolist() == [1, 3]
    with pytest.raises(DataError, match="row 2"):
        inputs(tmp_path, "a,b\n1,2\n,\n3,4\n")


def test_stdin_can_be_the_input(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(b"b,a\r\n2,1\r\n")

    monkeypatch.setattr("sys.stdin", Stdin)
    data = load_inputs("-", ("a", "b"), "label", NONE)
    assert data.X.tolist() == [[1, 2]]
    assert data.origin["replayable"] is False


def test_named_sets_are_matched_by_name_too():
    iris = load("iris", NONE)
    data = load_inputs("iris", ("petal width (cm)", "sepal length (cm)"), "label", NONE)
    np.testing.assert_array_equal(data.X, iris.X[:, [3, 0]])
    with pytest.raises(DataError, match="lacks 1 of the model's 1 columns"):
        load_inputs("iris", ("petal_width",), "label", NONE)


def test_parquet_reads_only_what_the_model_needs(tmp_path):
    import polars as pl

    frame = pl.DataFrame({"b": [2], "odd": [[1, 2]], "a": [1]})
    frame.write_parquet(tmp_path / "t.parquet")
    data = load_inputs(str(tmp_path / "t.parquet"), ("a", "b"), "label", NONE)
    assert data.X.tolist() == [[1, 2]]


def test_a_target_that_is_also_a_feature_is_read_as_both(tmp_path):
    data = inputs(tmp_path, "a,b\n1,2\n", target="a")
    assert data.X.tolist() == [[1, 2]]
    assert data.labels is None

"""A model in other forms: JSON that comes back to the bit, the table of the weights, and what is told of a model."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softreg import SoftmaxModel
from softreg.archive import FORMAT
from softreg.errors import DataError, ModelFileError
from softreg.export import as_csv, as_json, load
from softreg.preparation import Category, Number, Preparation
from softreg.workflows.pulls import pulls

REFUSED = "damaged|sha256|newer"


def a_model() -> SoftmaxModel:
    """A model with a name of every awkward kind, and weights of every size."""
    ready = Preparation((Number("length, cm", 0.1, indicator=True), Category('a "b"', ("01", "Ω\n"), ("=1+1",))))
    weights = np.array([[0.1, -1 / 3], [5e-324, 1.7e308], [-0.0, 1e16], [2**53 + 1.0, 1.0], [0.5, 0.25]])
    return SoftmaxModel(
        weights,
        np.array([math.pi, -math.e]),
        ("ja", "nein"),
        ready.features,
        target="answer",
        metadata={"l2": 1e-4, "image_shape": None, "class_counts": {"ja": 3, "nein": 4}},
        features={"mean": np.arange(5) / 7, "deviation": np.array([1.0, 0.5, 2, 0, 3])},
        preparation=ready,
    )


def plain() -> SoftmaxModel:
    return SoftmaxModel(np.array([[1.5, -0.1, 1 / 3]]), np.zeros(3), ("a", "b", "c"), ("x",))


def same(ours: SoftmaxModel, theirs: SoftmaxModel) -> bool:
    arrays = [(each.weights.tobytes(), each.intercept.tobytes()) for each in (ours, theirs)]
    features = [{name: values.tobytes() for name, values in each.features.items()} for each in (ours, theirs)]
    words = [(each.classes, each.columns, each.target, each.metadata, each.preparation) for each in (ours, theirs)]
    return all(first == second for first, second in (arrays, features, words))


@pytest.mark.parametrize("make", [a_model, plain])
def test_json_comes_back_to_the_bit(tmp_path: Path, make) -> None:
    path = tmp_path / "model.json"
    path.write_text(as_json.dumps(as_json.to_json(make())), encoding="utf-8")

    assert same(load(path), make())


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2))
def test_any_number_comes_back_to_the_bit(values: list[float]) -> None:
    model = SoftmaxModel(np.array([values]), np.array(values), ("a", "b"), ("x",))

    assert same(as_json.from_json(json.loads(as_json.dumps(as_json.to_json(model)))), model)


def test_a_model_is_the_same_through_both_of_its_files(tmp_path: Path) -> None:
    a_model().save(tmp_path / "model.npz")
    stored = load(tmp_path / "model.npz")
    (tmp_path / "model.json").write_text(as_json.dumps(as_json.to_json(stored)), encoding="utf-8")
    load(tmp_path / "model.json").save(tmp_path / "again.npz")

    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "model.npz").read_bytes()


def test_every_feature_is_a_line_that_a_person_can_read() -> None:
    text = as_json.dumps(as_json.to_json(a_model()))
    lines = [line.strip().rstrip(",") for line in text.splitlines()]

    assert '{"name": "length, cm", "weights": [0.1, -0.3333333333333333], "mean": 0.0, "deviation": 1.0}' in lines
    assert '{"kind": "number", "name": "length, cm", "fill": 0.1, "indicator": true}' in lines
    assert '"l2": 0.0001' in lines
    assert json.loads(text)["format"] == FORMAT


def test_any_flipped_bit_of_the_json_is_found_or_changes_nothing(tmp_path: Path) -> None:
    content = as_json.dumps(as_json.to_json(plain())).encode()
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with path.open("r+b") as file:
        for at, byte in enumerate(content):
            for bit in range(8):
                _put(file, at, byte ^ (1 << bit))
                with contextlib.suppress(ModelFileError):
                    assert same(load(path), plain()), (at, bit)
            _put(file, at, byte)


def _put(file: io.BufferedRandom, at: int, byte: int) -> None:
    file.seek(at)
    file.write(bytes([byte]))
    file.flush()


def test_json_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    content = as_json.dumps(as_json.to_json(plain())).encode()
    path = tmp_path / "model.json"
    for length in range(0, len(content.rstrip()), 7):
        path.write_bytes(content[:length])
        with pytest.raises(ModelFileError, match="damaged"):
            load(path)


def test_a_change_on_purpose_is_taken_without_the_checksum() -> None:
    document = as_json.to_json(a_model())
    document["features"][0]["weights"][0] = 0.2
    with pytest.raises(ModelFileError, match="changed") as caught:
        as_json.from_json(document)
    assert "delete" in caught.value.advice
    del document["sha256"]

    assert as_json.from_json(document).weights[0, 0] == 0.2


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "another model"},
        {"format": FORMAT + 1},
        {"format": "2"},
        {"classes": ["ja"]},
        {"classes": ["ja", "ja"]},
        {"classes": [1, 2]},
        {"features": []},
        {"features": None},
        {"intercept": [1.0]},
        {"intercept": ["1.0", "2.0"]},
        {"intercept": [True, False]},
        {"intercept": [1.0, None]},
        {"intercept": [1, 10**400]},
        {"preparation": [{"kind": "number", "name": "x", "fill": None, "indicator": False}]},
        {"preparation": {}},
        {"training": None},
        {"target": 3},
        {"more": 1},
    ],
    ids=str,
)
def test_json_whose_parts_do_not_fit_is_refused(change: dict) -> None:
    document = {key: value for key, value in as_json.to_json(a_model()).items() if key != "sha256"}
    assert same(as_json.from_json(document), a_model())
    with pytest.raises(ModelFileError, match=REFUSED) as caught:
        as_json.from_json(document | change)
    assert caught.value.exit_code == 6


def test_json_of_a_newer_format_is_told_apart_from_damage() -> None:
    with pytest.raises(ModelFileError, match=f"format {FORMAT + 1}.*reads up to {FORMAT}"):
        as_json.from_json(as_json.to_json(a_model()) | {"format": FORMAT + 1, "more": {}})


@pytest.mark.parametrize("key", ["kind", "format", "target", "classes", "preparation", "features", "training"])
def test_json_without_one_of_its_parts_is_refused(key: str) -> None:
    document = as_json.to_json(a_model())
    del document[key], document["sha256"]
    with pytest.raises(ModelFileError, match="damaged"):
        as_json.from_json(document)


@pytest.mark.parametrize(
    "feature", [{"name": "x"}, {"name": "x", "weights": [1, 2], "mean": 1}, {"weights": [1, 2]}, 3]
)
def test_features_that_differ_in_kind_are_refused(feature: object) -> None:
    document = {key: value for key, value in as_json.to_json(a_model()).items() if key != "sha256"}
    document["features"] = [*document["features"][:4], feature]
    with pytest.raises(ModelFileError, match="damaged"):
        as_json.from_json(document)


@pytest.mark.parametrize("text", ["", "null", "[]", "3", '"model"', "{", "{}", "[" * 100_000, "\ufeff{}", "\0", "NaN"])
def test_other_text_is_no_model(tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"model\.json is damaged, or not a softreg model"):
        load(path)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_json_with_a_number_that_is_none_is_refused(tmp_path: Path, word: str) -> None:
    document = {key: value for key, value in as_json.to_json(plain()).items() if key != "sha256"}
    path = tmp_path / "model.json"
    path.write_text(as_json.dumps(document).replace("1.5", word))
    with pytest.raises(ModelFileError, match="damaged"):
        load(path)


def test_a_missing_json_file_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no model file"):
        load(tmp_path / "model.json")


def test_the_table_of_weights_has_a_line_for_each_feature_and_class() -> None:
    model = a_model()
    rows = list(csv.DictReader(io.StringIO(as_csv.to_csv(model).decode(), newline="")))
    told = {(row["feature"], row["class"]): row for row in rows}

    assert len(told) == len(rows) == (len(model.columns) + 1) * 2
    for place, feature in enumerate(model.columns):
        for code, name in enumerate(model.classes):
            row = told[feature, name]
            assert float(row["weight"]) == model.weights[place, code]
            standardised = model.weights[place, code] * model.features["deviation"][place]
            assert float(row["weight_standardised"]) == standardised
    assert [float(told["(intercept)", name]["weight"]) for name in model.classes] == model.intercept.tolist()
    assert [told["(intercept)", name]["weight_standardised"] for name in model.classes] == ["", ""]


def test_a_model_without_deviations_has_no_standardised_weights() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv.to_csv(plain()).decode())))

    assert {row["weight_standardised"] for row in rows} == {""}
    assert pulls(plain()) == []


def test_pulls_are_the_largest_weights_in_comparable_units() -> None:
    weights = np.array([[1.0, 0, 0], [-3, 0, 0.5], [0.1, 2, 0], [0, 0, 0]])
    deviation = np.array([1.0, 1, 100, 1])
    model = SoftmaxModel(weights, np.zeros(3), ("a", "b", "c"), tuple("wxyz"), features={"deviation": deviation})

    told = {pull.to: pull.strongest for pull in pulls(model)}
    assert told == {"a": (("y", 10.0), ("x", -3.0), ("w", 1.0)), "b": (("y", 200.0),), "c": (("x", 0.5),)}


def test_the_pull_of_two_classes_is_their_difference() -> None:
    model = replace(a_model(), weights=np.array([[1.0, 3], [0, 0], [4, -4], [0, 0], [1, 1]]))

    (pull,) = pulls(model)
    assert pull.to == "nein"
    assert dict(pull.strongest) == {'a "b"=01': -16.0, "length, cm": 2.0}

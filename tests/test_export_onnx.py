"""ONNX: onnxruntime answers as softreg does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from softreg import SoftmaxModel, SoftmaxRegression
from softreg.errors import DataError, UsageError
from softreg.export.as_onnx import to_onnx
from softreg.preparation import UNSEEN, Category, Number, Preparation, learn

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

Answers = tuple[np.ndarray, np.ndarray]


def session_of(model: SoftmaxModel):
    content = to_onnx(model)
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def run(model: SoftmaxModel, **inputs: np.ndarray) -> Answers:
    label, proba = session_of(model).run(["label", "probabilities"], inputs)
    return label, proba


def column(*values: object) -> np.ndarray:
    """A column of a table as a runtime takes it: double, or text."""
    return np.array(values, np.float64 if isinstance(values[0], float) else object)[:, None]


def asked(model: SoftmaxModel, raw: np.ndarray) -> dict[str, np.ndarray]:
    """A raw matrix as the inputs of the graph: codes become their words, NaN "", and UNSEEN a word that is none."""
    inputs = {}
    for name, values in zip(model.inputs, raw.T, strict=True):
        if name in model.preparation.levels:
            known = model.preparation.levels[name]
            words = ["" if np.isnan(code) else "never seen" if code == UNSEEN else known[int(code)] for code in values]
            inputs[name] = column(*words)
        else:
            inputs[name] = values[:, None].astype(np.float64)
    return inputs


def same(answers: Answers, model: SoftmaxModel, X: np.ndarray) -> None:
    label, proba = answers
    expected = model.predict_proba(X)
    assert proba.dtype == np.float64
    np.testing.assert_allclose(proba, expected, rtol=0, atol=1e-12)
    clear = np.diff(np.sort(expected, axis=1)[:, -2:], axis=1)[:, 0] > 1e-9
    assert label[clear].tolist() == model.predict(X)[clear].tolist()


def learned(X: np.ndarray, y: np.ndarray) -> SoftmaxModel:
    fitted = SoftmaxRegression().fit(X, y)
    columns = tuple(f"x{place}" for place in range(X.shape[1]))
    weights, intercept = fitted._parameters()
    return SoftmaxModel(np.ascontiguousarray(weights), intercept, tuple(map(str, fitted.classes_)), columns)


@pytest.mark.parametrize("name", ["iris", "digits", "breast_cancer"])
def test_numbers_are_answered_as_by_softreg(name: str) -> None:
    from sklearn import datasets

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    model = learned(X, y)

    same(run(model, features=X.astype(np.float64)), model, X)


def test_one_row_none_and_many_are_answered() -> None:
    model = mixed()
    for n_rows in (0, 1, 5000):
        raw = np.column_stack([np.linspace(-5, 60, n_rows), np.ones((n_rows, 2)), np.arange(n_rows) % 4])
        inputs = {name: values.reshape(-1, 1) for name, values in asked(model, raw).items()} if n_rows else empty(model)
        same(run(model, **inputs), model, model.preparation.apply(raw))


def empty(model: SoftmaxModel) -> dict[str, np.ndarray]:
    kinds = {name: object if name in model.preparation.levels else np.float64 for name in model.inputs}
    return {name: np.empty((0, 1), kind) for name, kind in kinds.items()}


def mixed(seed: int = 0, n_classes: int = 3) -> SoftmaxModel:
    """A model of numbers with and without gaps, and of categories with levels, rare levels and gaps."""
    ready = Preparation(
        (
            Number("age (years)", 30.25, indicator=True),
            Category("port", ("C", "Süd", "a b"), ("Q", "R"), "level"),
            Category("sex", ("f", "m")),
            Number("fare", 7.5),
        )
    )
    rng = np.random.default_rng(seed)
    n_features = len(ready.features)
    classes = tuple(["01", "ja", "z"][:n_classes])
    weights = rng.standard_normal((n_features, n_classes)) / 10
    return SoftmaxModel(weights, rng.standard_normal(n_classes), classes, ready.features, preparation=ready)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_combination_of_values_gaps_and_unseen_levels_is_answered_as_by_softreg(n_classes: int) -> None:
    model = mixed(1, n_classes)
    values = [[-4.5, 62.0, np.nan], [UNSEEN, np.nan, 0, 1, 2, 3, 4], [UNSEEN, np.nan, 0, 1], [0.0, 1e3, np.nan]]
    raw = np.array(np.meshgrid(*values)).reshape(4, -1).T

    same(run(model, **asked(model, raw)), model, model.preparation.apply(raw))


@pytest.mark.parametrize("missing", ["auto", "mean", "median", "error"])
def test_a_preparation_that_was_learned_from_a_table_is_carried(missing: str) -> None:
    rng = np.random.default_rng(5)
    raw = np.column_stack([rng.standard_normal(200), rng.integers(0, 6, 200), rng.standard_normal(200)])
    if missing != "error":
        raw[rng.random(raw.shape) < 0.1] = np.nan
    ready = learn(raw, ["x", "kind", "z"], {"kind": tuple("abcdef")}, missing=missing, min_count=30)
    n_features = len(ready.features)
    weights = rng.standard_normal((n_features, 3))
    model = SoftmaxModel(weights, np.zeros(3), ("a", "b", "c"), ready.features, preparation=ready)

    same(run(model, **asked(model, raw)), model, ready.apply(raw))


def test_a_table_of_categories_alone_is_carried() -> None:
    ready = Preparation((Category("a", ("x", "y")), Category("b", (), ("u", "v"))))
    model = SoftmaxModel(
        np.arange(6.0).reshape(3, 2) ** 2, np.zeros(2), ("no", "yes"), ready.features, preparation=ready
    )
    raw = np.array([[0, 0], [1, 1], [UNSEEN, 0], [0, np.nan]])

    same(run(model, **asked(model, raw)), model, ready.apply(raw))


def test_gaps_are_filled_where_the_columns_come_together() -> None:
    ready = Preparation((Number("a", 2.0), Number("b", -1.0)))
    model = SoftmaxModel(np.array([[1.0, 0.0], [0.5, 2.0]]), np.zeros(2), ("no", "yes"), ("a", "b"), preparation=ready)
    raw = np.array([[np.nan, 1.0], [3.0, np.nan], [np.nan, np.nan], [1.0, 1.0]])

    same(run(model, features=raw), model, ready.apply(raw))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_softreg_would_refuse_gets_no_label(value: float) -> None:
    ready = Preparation((Number("a", 2.0), Number("b")))
    model = SoftmaxModel(np.array([[1.0, -1.0], [0.5, 2.0]]), np.zeros(2), ("no", "yes"), ("a", "b"), preparation=ready)
    raw = np.array([[1.0, value], [1.0, 1.0]])
    assert ready.refused(raw).any(axis=1).tolist() == [True, False]
    label, proba = run(model, features=raw)

    assert label.tolist() == ["", model.predict(raw[1:])[0]]
    assert np.isnan(proba[0]).all()
    assert not np.isnan(proba[1]).any()


@pytest.mark.parametrize("word", ["", "NA", "nan"])
def test_a_missing_category_that_softreg_would_refuse_gets_no_label(word: str) -> None:
    ready = Preparation((Category("kind", ("a", "b"), missing="refused"),))
    model = SoftmaxModel(np.eye(2), np.zeros(2), ("no", "yes"), ready.features, preparation=ready)
    label, proba = run(model, kind=column("b", word))

    assert label.tolist() == ["yes", ""]
    assert np.isnan(proba[1]).all()


@pytest.mark.parametrize("word", ["", "NA", "?", "null"])
def test_words_for_a_missing_value_are_read_as_in_a_table(word: str) -> None:
    model = mixed()
    others = {"age (years)": column(1.0), "sex": column("f"), "fare": column(2.0)}
    raw = np.array([[1.0, np.nan, 0, 2.0]])

    same(run(model, port=column(word), **others), model, model.preparation.apply(raw))


def test_a_tie_goes_to_the_first_class() -> None:
    model = SoftmaxModel(np.zeros((1, 3)), np.zeros(3), ("b", "a", "c"), ("x",))

    assert run(model, features=np.ones((2, 1)))[0].tolist() == ["b", "b"]


def test_large_logits_do_not_overflow_and_far_off_numbers_do_not_cancel() -> None:
    model = SoftmaxModel(np.array([[-50.0, 50.0]]), np.array([5e5, -5e5]), ("a", "b"), ("x",))
    X = np.array([[1e4 + 2**-7], [1e8], [-1e8]])

    same(run(model, features=X), model, X)


def test_the_graph_names_its_columns_and_classes() -> None:
    session = session_of(mixed())
    told = {key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}

    assert told == {"classes": ["01", "ja", "z"], "columns": ["age (years)", "port", "sex", "fare"], "target": "label"}
    inputs = {each.name: (each.type, each.shape) for each in session.get_inputs()}
    number, text = ("tensor(double)", ["n_rows", 1]), ("tensor(string)", ["n_rows", 1])
    assert inputs == {"age (years)": number, "port": text, "sex": text, "fare": number}
    outputs = {each.name: (each.type, each.shape) for each in session.get_outputs()}
    assert outputs == {"label": ("tensor(string)", ["n_rows"]), "probabilities": ("tensor(double)", ["n_rows", 3])}


@pytest.mark.parametrize("make", [mixed, lambda: SoftmaxModel(np.eye(2), np.ones(2), ("a", "b"), ("x", "y"))])
def test_the_same_model_is_the_same_graph_and_a_small_one(make: Callable[[], SoftmaxModel]) -> None:
    content = to_onnx(make())

    assert content == to_onnx(make())
    assert len(content) < 4000


@pytest.mark.parametrize("name", ["label", "probabilities", "", "softreg:logits"])
def test_a_column_whose_name_an_input_cannot_have_is_told(name: str) -> None:
    ready = Preparation((Number(name, 1.0, indicator=True), Number("other")))
    model = SoftmaxModel(np.zeros((3, 2)), np.zeros(2), ("a", "b"), ready.features, preparation=ready)
    with pytest.raises(DataError, match=f"'{name}'") as caught:
        to_onnx(model)
    assert "--format json" in caught.value.advice


def test_names_do_not_matter_where_the_columns_come_together() -> None:
    model = SoftmaxModel(np.eye(2), np.zeros(2), ("a", "b"), ("label", ""))

    same(run(model, features=np.eye(2)), model, np.eye(2))


def test_weights_that_are_too_large_for_a_file_are_told() -> None:
    model = SoftmaxModel(np.zeros((2, 8)), np.zeros(8), tuple("abcdefgh"), ("x", "y"))
    # a view of one number, which claims to be 3 GiB
    object.__setattr__(model, "weights", np.broadcast_to(0.0, (3 << 24, 8)))
    with pytest.raises(DataError, match=r"3\.0 GiB"):
        to_onnx(model)


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UsageError, match=r"softreg\[onnx\]"):
        to_onnx(mixed())


def test_a_file_is_read_by_the_reference_of_onnx(tmp_path: Path) -> None:
    """The graph means the same to ONNX's own evaluator, which shares no code with onnxruntime."""
    from onnx.reference import ReferenceEvaluator

    model = SoftmaxModel(np.array([[1.0, -1.0, 0.5]]), np.array([0.0, 0.1, 0.2]), ("a", "b", "c"), ("x",))
    X = np.linspace(-3, 3, 20)[:, None]
    (tmp_path / "m.onnx").write_bytes(to_onnx(model))
    label, proba = ReferenceEvaluator(str(tmp_path / "m.onnx")).run(None, {"features": X})

    same((label, proba), model, X)

"""SoftmaxModel: prediction on NumPy alone, and a file that comes back whole or is refused."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg import SoftmaxModel
from softreg.errors import DataError, ModelFileError
from softreg.functional import softmax
from softreg.model import FORMAT


def a_model(n_classes: int = 3, n_features: int = 4) -> SoftmaxModel:
    rng = np.random.default_rng(0)
    return SoftmaxModel(
        rng.standard_normal((n_features, n_classes)),
        rng.standard_normal(n_classes),
        tuple(["01", "1", "ä b", ""][:n_classes]),
        tuple(["length, cm", "Ω", "x", "x\n2"][:n_features]),
        target="species",
        metadata={"l2": 1e-4, "scale": "standard"},
    )


X = np.random.default_rng(1).standard_normal((30, 4))


def members(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def identical(ours: SoftmaxModel, theirs: SoftmaxModel) -> bool:
    return (
        ours.weights.tobytes() == theirs.weights.tobytes()
        and ours.intercept.tobytes() == theirs.intercept.tobytes()
        and (ours.classes, ours.columns, ours.target) == (theirs.classes, theirs.columns, theirs.target)
        and ours.metadata == theirs.metadata
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    a_model().save(path)
    return path


def test_a_saved_model_comes_back_to_the_bit(saved: Path) -> None:
    again = SoftmaxModel.load(saved)

    assert identical(again, a_model())
    np.testing.assert_array_equal(again.predict_proba(X), a_model().predict_proba(X))


def test_labels_are_text_and_come_back_as_they_were(saved: Path) -> None:
    again = SoftmaxModel.load(saved)

    assert again.classes == ("01", "1", "ä b")
    assert set(again.predict(X)) <= {"01", "1", "ä b"}


def test_the_same_model_is_the_same_bytes(tmp_path: Path, saved: Path) -> None:
    SoftmaxModel.load(saved).save(tmp_path / "again.npz")

    assert (tmp_path / "again.npz").read_bytes() == saved.read_bytes()


def test_the_file_holds_plain_arrays_and_json(saved: Path) -> None:
    arrays = members(saved)

    assert {name: array.dtype for name, array in arrays.items()} == {
        "weights": np.float64,
        "intercept": np.float64,
        "metadata": np.uint8,
    }
    metadata = json.loads(arrays["metadata"].tobytes())
    assert metadata["format"] == FORMAT
    assert metadata["l2"] == 1e-4


def test_probabilities_are_the_softmax_of_the_logits() -> None:
    model = a_model()
    expected = softmax(X @ model.weights + model.intercept)

    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(expected), rtol=1e-10)
    np.testing.assert_array_equal(model.predict(X), np.array(model.classes)[expected.argmax(axis=1)])


@pytest.mark.parametrize("make", [sp.csr_array, sp.csr_matrix, np.float32, np.asfortranarray], ids=lambda m: m.__name__)
def test_any_storage_of_the_rows_predicts_the_same(make) -> None:
    np.testing.assert_allclose(a_model().predict_proba(make(X)), a_model().predict_proba(X), rtol=1e-5)


def test_many_rows_are_predicted_as_each_alone() -> None:
    rows = np.random.default_rng(2).standard_normal((10_000, 4))
    model = a_model()
    some = [0, 4095, 4096, 8191, 9999]

    np.testing.assert_allclose(model.predict_proba(rows)[some], model.predict_proba(rows[some]), rtol=1e-12)
    assert model.predict_proba(rows[:0]).shape == (0, 3)


def test_float32_rows_are_multiplied_in_float64() -> None:
    # raw features far from zero would cancel in float32
    model = SoftmaxModel(np.array([[-50.0, 50.0]]), np.array([5e5, -5e5]), ("a", "b"), ("x",))
    proba = model.predict_proba(np.array([[1e4 + 2**-7]], np.float32))

    assert proba[0, 1] == pytest.approx(1 / (1 + np.exp(-100 * 2**-7)), rel=1e-9)


def test_ties_go_to_the_first_class() -> None:
    model = SoftmaxModel(np.zeros((1, 3)), np.zeros(3), ("b", "a", "c"), ("x",))

    assert model.predict(np.ones((2, 1))).tolist() == ["b", "b"]


@pytest.mark.parametrize("n_features", [3, 5])
def test_a_wrong_number_of_features_is_told(n_features: int) -> None:
    with pytest.raises(DataError, match=f"4 features.*{n_features}"):
        a_model().predict(np.zeros((2, n_features)))


def test_a_missing_file_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no model file") as caught:
        SoftmaxModel.load(tmp_path / "model.npz")
    assert caught.value.exit_code == 3


def refused(path: Path, match: str = "damaged") -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        SoftmaxModel.load(path)
    assert caught.value.exit_code == 6
    assert str(path) in str(caught.value)


def test_a_file_that_ends_early_is_refused_wherever_it_ends(saved: Path) -> None:
    content = saved.read_bytes()
    for length in range(0, len(content), 13):
        saved.write_bytes(content[:length])
        refused(saved)


def test_no_flipped_bit_anywhere_changes_a_number_unseen(saved: Path) -> None:
    content, whole = saved.read_bytes(), SoftmaxModel.load(saved)
    rng = np.random.default_rng(3)
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << int(rng.integers(8))
        saved.write_bytes(bytes(damaged))
        try:
            loaded = SoftmaxModel.load(saved)
        except ModelFileError:
            continue
        assert identical(loaded, whole), at


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "model.npz"
    for start in (b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00"):
        path.write_bytes(start + content)
        refused(path)


def test_a_pickle_is_never_read(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    trap = tmp_path / "opened"

    class Trap:
        def __reduce__(self):
            return (Path.touch, (trap,))

    arrays = {"weights": np.array([Trap()], dtype=object), "intercept": np.zeros(3), "metadata": np.zeros(2, np.uint8)}
    np.savez(path, **arrays)
    refused(path)
    with path.open("wb") as file:
        np.save(file, np.array([Trap()], dtype=object), allow_pickle=True)
    refused(path)
    assert not trap.exists()


def rewrite(path: Path, **changes: object) -> None:
    """Write the model's file again, with other members or other metadata."""
    arrays = members(path)
    metadata = json.loads(arrays["metadata"].tobytes())
    for name, value in changes.items():
        if name in arrays:
            arrays[name] = np.asarray(value)
        else:
            metadata[name] = value
    if "metadata" not in changes:
        arrays["metadata"] = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
    np.savez(path, **arrays)


def test_a_newer_format_is_told_apart_from_damage(saved: Path) -> None:
    rewrite(saved, format=FORMAT + 1)
    refused(saved, f"format {FORMAT + 1}.*newer softreg")


@pytest.mark.parametrize(
    "change",
    [
        {"weights": np.zeros((4, 2))},
        {"weights": np.zeros((3, 3))},
        {"weights": np.zeros((4, 3), np.float32)},
        {"weights": np.full((4, 3), np.nan)},
        {"intercept": np.array([0, np.inf, 0])},
        {"intercept": np.zeros((3, 1))},
        {"classes": ["one"]},
        {"columns": ["a", "b"]},
        {"format": "1"},
        {"metadata": np.frombuffer(b"[1, 2]", np.uint8)},
        {"metadata": np.frombuffer(b"{}", np.uint8)},
        {"metadata": np.frombuffer(b"\xff\xfe", np.uint8)},
        {"metadata": np.frombuffer(b"null", np.uint8)},
    ],
    ids=" ".join,
)
def test_parts_that_do_not_fit_are_refused(saved: Path, change: dict) -> None:
    rewrite(saved, **change)
    refused(saved)


@pytest.mark.parametrize("missing", ["weights", "intercept", "metadata"])
def test_a_missing_member_is_refused(saved: Path, missing: str) -> None:
    arrays = members(saved)
    del arrays[missing]
    np.savez(saved, **arrays)
    refused(saved)


@pytest.mark.parametrize("missing", ["format", "classes", "columns", "target"])
def test_missing_metadata_is_refused(saved: Path, missing: str) -> None:
    arrays = members(saved)
    metadata = json.loads(arrays["metadata"].tobytes())
    del metadata[missing]
    np.savez(saved, **(arrays | {"metadata": np.frombuffer(json.dumps(metadata).encode(), np.uint8)}))
    refused(saved)


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    refused(path)
    path.write_text("sepal_length,species\n5.1,setosa\n")
    refused(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("weights", b"not an array")
    refused(path)
    refused(tmp_path)


def test_a_compressed_or_foreign_zip_of_the_same_arrays_is_still_the_model(saved: Path) -> None:
    arrays = members(saved)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    saved.write_bytes(buffer.getvalue())

    assert identical(SoftmaxModel.load(saved), a_model())


def test_predicting_imports_numpy_and_no_more() -> None:
    script = """
import sys, numpy as np
from softreg.model import SoftmaxModel
SoftmaxModel(np.zeros((1, 2)), np.zeros(2), ("a", "b"), ("x",)).predict(np.ones((1, 1)))
print([name for name in ("sklearn", "scipy", "matplotlib", "pandas", "polars", "click", "rich") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"

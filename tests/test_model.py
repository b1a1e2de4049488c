"""SoftmaxModel: prediction on NumPy alone, and a file that comes back whole or is refused."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg import SoftmaxModel
from softreg.archive import FORMAT, from_bytes, to_bytes
from softreg.errors import DataError, ModelFileError
from softreg.functional import softmax
from softreg.model import BLOCK_ROWS
from softreg.preparation import UNSEEN, Category, Number, Preparation


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


def a_prepared_model() -> SoftmaxModel:
    """A model of a table with a number, a number with gaps, and categories of every kind."""
    ready = Preparation(
        (
            Number("age", 30.25, indicator=True),
            Number("fare"),
            Category("port", ("C", "S"), ("Q", "?"), "level"),
            Category("sex", ("f", "m"), missing="refused"),
        )
    )
    rng = np.random.default_rng(4)
    n_features = len(ready.features)
    features = {"mean": rng.standard_normal(n_features), "deviation": rng.random(n_features)}
    weights = rng.standard_normal((n_features, 2))
    return SoftmaxModel(
        weights, rng.standard_normal(2), ("no", "yes"), ready.features, features=features, preparation=ready
    )


def sealed(content: bytes) -> bytes:
    """A zip without a comment, with the seal that docs/model-file.md tells of."""
    assert content[-2:] == b"\0\0"
    begun = content[:-2] + struct.pack("<H", 79) + b"softreg sha256 "
    return begun + hashlib.sha256(begun).hexdigest().encode()


def savez(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays as a sealed file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    path.write_bytes(sealed(buffer.getvalue()))


def identical(ours: SoftmaxModel, theirs: SoftmaxModel) -> bool:
    return (
        ours.weights.tobytes() == theirs.weights.tobytes()
        and ours.intercept.tobytes() == theirs.intercept.tobytes()
        and (ours.classes, ours.columns, ours.target) == (theirs.classes, theirs.columns, theirs.target)
        and ours.metadata == theirs.metadata
        and ours.preparation == theirs.preparation
        and {name: values.tobytes() for name, values in ours.features.items()}
        == {name: values.tobytes() for name, values in theirs.features.items()}
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


def test_rows_are_read_once_and_a_block_at_a_time() -> None:
    class Watched(np.ndarray):
        asked: ClassVar[list[slice]] = []

        def __getitem__(self, rows):
            self.asked.append(rows)
            return np.asarray(self)[rows]

    n_samples = 3 * BLOCK_ROWS - 5
    a_model().logits(np.zeros((n_samples, 4), np.float32).view(Watched))
    read = [range(n_samples)[rows] for rows in Watched.asked]

    assert [row for rows in read for row in rows] == list(range(n_samples))
    assert max(map(len, read)) == BLOCK_ROWS


def test_a_missing_file_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no model file") as caught:
        SoftmaxModel.load(tmp_path / "model.npz")
    assert caught.value.exit_code == 3


def refused(path: Path, match: str = "damaged") -> None:
    with pytest.raises(ModelFileError, match=match) as caught:
        SoftmaxModel.load(path)
    assert caught.value.exit_code == 6
    assert str(path) in str(caught.value)


def told_as_damaged(content: bytes) -> bool:
    try:
        from_bytes(content, "model.npz")
    except ModelFileError as error:
        return "damaged" in error.what
    return False


@pytest.mark.parametrize("make", [a_model, a_prepared_model])
def test_a_file_is_refused_wherever_it_is_cut(make: Callable[[], SoftmaxModel]) -> None:
    content = to_bytes(vars(make()))

    assert not told_as_damaged(content)
    assert all(told_as_damaged(content[:length]) for length in range(len(content)))
    assert all(told_as_damaged(content[length:]) for length in range(1, len(content)))


@pytest.mark.parametrize("length", [0, 3, 4, 100, -1])
def test_a_cut_file_is_told_by_its_name(saved: Path, length: int) -> None:
    saved.write_bytes(saved.read_bytes()[:length])
    refused(saved)


def test_bytes_before_or_behind_are_refused() -> None:
    content = to_bytes(vars(a_model()))
    for more in (b"\0", b"\n", b"PK\x03\x04", content):
        assert told_as_damaged(content + more)
        assert told_as_damaged(more + content)


def test_any_flipped_bit_is_found() -> None:
    content = bytearray(to_bytes(vars(a_prepared_model())))
    for at in range(len(content)):
        for bit in range(8):
            content[at] ^= 1 << bit
            assert told_as_damaged(bytes(content)), (at, bit)
            content[at] ^= 1 << bit
    assert not told_as_damaged(bytes(content))


def test_the_seal_is_no_matter_of_taste(saved: Path) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[:-64] + content[-64:].upper())
    refused(saved)
    saved.write_bytes(content[:-79])
    refused(saved)
    # a zip that is whole, and has no comment
    saved.write_bytes(content[:-81] + b"\0\0")
    assert np.load(saved)["weights"].shape == (4, 3)
    refused(saved)


def first_format(path: Path) -> None:
    """Write a_model() as softreg first did: no seal, no preparation."""
    arrays = members(path)
    metadata = json.loads(arrays["metadata"].tobytes())
    metadata["format"] = 1
    del metadata["preparation"]
    np.savez(path, **(arrays | {"metadata": np.frombuffer(json.dumps(metadata).encode(), np.uint8)}))


def test_the_first_format_is_still_read(saved: Path) -> None:
    first_format(saved)

    assert identical(SoftmaxModel.load(saved), a_model())


def test_no_flipped_bit_changes_a_number_of_the_first_format_unseen(saved: Path) -> None:
    first_format(saved)
    content, whole = saved.read_bytes(), SoftmaxModel.load(saved)
    rng = np.random.default_rng(3)
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << int(rng.integers(8))
        try:
            loaded = SoftmaxModel(**from_bytes(bytes(damaged), saved))
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
    savez(path, arrays)


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
        {"classes": ["one", "two", "two"]},
        {"classes": [1, 2, 3]},
        {"columns": ["a", "b"]},
        {"format": "1"},
        {"target": None},
        {"preparation": []},
        {"preparation": [{"kind": "number", "name": "a", "fill": None, "indicator": False}]},
        {"preparation": [{"kind": "mean"}] * 4},
        {"preparation": "plain"},
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
    savez(saved, arrays)
    refused(saved)


@pytest.mark.parametrize("missing", ["format", "classes", "columns", "target"])
def test_missing_metadata_is_refused(saved: Path, missing: str) -> None:
    arrays = members(saved)
    metadata = json.loads(arrays["metadata"].tobytes())
    del metadata[missing]
    savez(saved, arrays | {"metadata": np.frombuffer(json.dumps(metadata).encode(), np.uint8)})
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


def test_a_folder_is_no_model_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Is a directory"):
        SoftmaxModel.load(tmp_path)


def peak_of_refusing(path: Path) -> int:
    """The most bytes that are allocated while a file is refused."""
    tracemalloc.start()
    refused(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("claimed", [1 << 24, 200])
def test_a_compressed_member_is_refused_before_it_is_unpacked(saved: Path, claimed: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("weights.npy", bytes(1 << 24))
    content = buffer.getvalue().replace(struct.pack("<I", 1 << 24), struct.pack("<I", claimed))
    saved.write_bytes(sealed(content))

    assert peak_of_refusing(saved) < 1 << 20


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(1000000, 1000000)", "(4, 2)", "(-4, -3)", "(4, 3, 0)"])
def test_a_header_that_claims_another_size_is_refused_before_anything_is_allocated(saved: Path, shape: str) -> None:
    content = saved.read_bytes()
    with zipfile.ZipFile(saved) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["weights.npy"] = parts["weights.npy"].replace(b"'shape': (4, 3), }", f"'shape': {shape}, }}".encode())
    length = len(parts["weights.npy"]) - 10 - 12 * 8
    parts["weights.npy"] = b"\x93NUMPY\x01\x00" + struct.pack("<H", length) + parts["weights.npy"][10:]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    saved.write_bytes(sealed(buffer.getvalue()))
    assert saved.read_bytes() != content

    assert peak_of_refusing(saved) < 1 << 20


def nested_zip(n_members: int) -> bytes:
    """A zip of which every member, an array of bytes, holds all the members behind it."""
    inner = b""
    sizes: list[tuple[bytes, int, int]] = []
    for place in reversed(range(n_members)):
        name = f"feature_{place:03d}.npy".encode()
        whole = io.BytesIO()
        np.lib.format.write_array(whole, np.frombuffer(inner, np.uint8), version=(1, 0))
        member = whole.getvalue()
        about = (zlib.crc32(member), len(member), len(member), len(name), 0)
        inner = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, *about) + name + member
        sizes.insert(0, (name, zlib.crc32(member), len(member)))
    directory = b""
    for name, crc, size in sizes:
        offset = len(inner) - (30 + len(name) + size)
        about = (crc, size, size, len(name), 0, 0, 0, 0, 0, offset)
        directory += struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, *about) + name
    end = (b"PK\x05\x06", 0, 0, n_members, n_members, len(directory), len(inner), 0)
    return inner + directory + struct.pack("<4s4H2IH", *end)


def test_members_inside_each_other_cannot_unfold_to_more_than_the_file(saved: Path) -> None:
    content = nested_zip(300)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert sum(member.file_size for member in file.infolist()) > 50 * len(content)
    saved.write_bytes(sealed(content))

    assert peak_of_refusing(saved) < 10 * len(content)


def test_two_members_of_one_name_are_refused(saved: Path) -> None:
    arrays = members(saved)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with zipfile.ZipFile(buffer, "a") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.writestr("weights.npy", file.read("weights.npy"))
    saved.write_bytes(sealed(buffer.getvalue()))
    refused(saved)


def test_a_large_file_of_another_kind_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.npz"
    with path.open("wb") as file:
        file.truncate(1 << 42)  # 4 TiB, of which the disk holds nothing
    refused(path)


def test_arrays_may_lie_by_rows_or_by_columns_and_be_written_to(tmp_path: Path) -> None:
    model = a_model()
    path = tmp_path / "model.npz"
    replace(model, weights=np.asfortranarray(model.weights)).save(path)
    again = SoftmaxModel.load(path)
    again.weights[0, 0] += 1

    np.testing.assert_array_equal(again.weights[1:], model.weights[1:])


def test_without_a_preparation_the_columns_are_the_inputs() -> None:
    model = a_model()

    assert model.inputs == model.columns
    assert model.preparation == Preparation.plain(model.columns)


def test_the_preparation_travels_with_the_model(tmp_path: Path) -> None:
    path, model = tmp_path / "model.npz", a_prepared_model()
    model.save(path)
    again = SoftmaxModel.load(path)

    assert identical(again, model)
    assert again.inputs == ("age", "fare", "port", "sex")
    raw = np.array([[np.nan, 1.0, UNSEEN, 0], [20, 2, np.nan, 1], [30, 3, 3, 0]])
    np.testing.assert_array_equal(
        again.predict_proba(again.preparation.apply(raw)), model.predict_proba(model.preparation.apply(raw))
    )


def test_columns_that_are_not_the_features_of_the_preparation_are_refused() -> None:
    with pytest.raises(DataError, match="columns"):
        SoftmaxModel(np.zeros((1, 2)), np.zeros(2), ("a", "b"), ("x",), preparation=Preparation.plain(["y"]))


@pytest.mark.parametrize("fill", ["NaN", "Infinity", "1e999"])
def test_a_fill_that_is_no_number_is_refused(tmp_path: Path, fill: str) -> None:
    path = tmp_path / "model.npz"
    a_prepared_model().save(path)
    arrays = members(path)
    text = arrays["metadata"].tobytes().replace(b"30.25", fill.encode())
    savez(path, arrays | {"metadata": np.frombuffer(text, np.uint8)})
    refused(path)


def test_predicting_imports_numpy_and_no_more() -> None:
    script = """
import sys, numpy as np
from softreg.model import SoftmaxModel
SoftmaxModel(np.zeros((1, 2)), np.zeros(2), ("a", "b"), ("x",)).predict(np.ones((1, 1)))
print([name for name in ("sklearn", "scipy", "matplotlib", "pandas", "polars", "click", "rich") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_a_score_below_all_numbers_makes_a_class_impossible() -> None:
    model = SoftmaxModel(np.array([[1.5, -0.5, 0.0]]), np.zeros(3), ("a", "b", "c"), ("x",))
    assert model.predict_proba(np.array([[-1.7e308]])).tolist() == [[0.0, 1.0, 0.0]]
    assert model.predict(np.array([[-1.7e308]])).tolist() == ["b"]

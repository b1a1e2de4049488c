"""docs/model-file.md, followed by somebody who has NumPy and JSON, and no softreg."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DOCUMENT = Path(__file__).parents[1] / "docs/model-file.md"

TABLE = "age,fare,port,sex,class\n" + "".join(
    f"{'' if place % 7 == 0 else 20 + place % 40},{place % 11}.5,"
    f"{'Far' if place % 60 == 1 else ('S', 'C', '', 'Q')[place % 4]},{'mf'[place % 3 == 0]},"
    f"{('no', 'yes')[(place * 7 + place // 3) % 5 < 2]}\n"
    for place in range(240)
)
NEW = [
    {"age": "31", "fare": "1", "port": "S", "sex": "m"},
    {"age": "", "fare": "2.5", "port": "C", "sex": "f"},
    {"age": "55.5", "fare": "3", "port": "", "sex": "m"},
    {"age": "20", "fare": "0", "port": "never seen", "sex": "f"},
    {"age": "20", "fare": "0", "port": "Far", "sex": ""},
]


def features_of(row: dict[str, str], metadata: dict[str, Any]) -> list[float]:
    """Step 1 of the document, for one row of a table."""
    if metadata["preparation"] is None:
        return [float(row[name]) for name in metadata["columns"]]
    features: list[float] = []
    for entry in metadata["preparation"]:
        value = row[entry["name"]]
        if entry["kind"] == "number":
            assert value or entry["fill"] is not None, "the row cannot be answered"
            features.append(float(value or entry["fill"]))
            features += [not value] * entry["indicator"]
        else:
            assert value or entry["missing"] != "refused", "the row cannot be answered"
            features += [value == level for level in entry["levels"]]
            features += [value in entry["rare"]] * bool(entry["rare"])
            features += [not value] * (entry["missing"] == "level")
    return features


def answered(rows: list[dict[str, str]], weights: Any, intercept: Any, metadata: dict[str, Any]) -> tuple[list, Any]:
    """Steps 1 to 3."""
    logits = np.array([features_of(row, metadata) for row in rows], float) @ np.array(weights) + np.array(intercept)
    proba = np.exp(logits - logits.max(axis=1, keepdims=True))
    proba /= proba.sum(axis=1, keepdims=True)
    return [metadata["classes"][k] for k in logits.argmax(axis=1)], proba


def written(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def agree(shell, run: str, rows: list[dict[str, str]]) -> None:
    """softreg, and a reader of either form, answer these rows alike."""
    shell.write("new.csv", written(rows))
    ours = list(csv.DictReader(shell.ok("predict", run, "new.csv", "--proba", "-q").out.splitlines()))
    with np.load(shell.folder / run / "model.npz") as file:
        metadata = json.loads(file["metadata"].tobytes())
        stored = answered(rows, file["weights"], file["intercept"], metadata)
    document = json.loads(shell.ok("export", run, "--format", "json", "-o", "-").out)
    names = document | {"columns": [feature["name"] for feature in document["features"]]}
    weights = [feature["weights"] for feature in document["features"]]
    read = answered(rows, weights, document["intercept"], names)

    for prediction, proba in (stored, read):
        assert prediction == [row["prediction"] for row in ours]
        for place, name in enumerate(metadata["classes"]):
            np.testing.assert_allclose(proba[:, place], [float(row[f"p_{name}"]) for row in ours], rtol=1e-9)


def test_a_reader_of_the_document_predicts_as_softreg_does(flowers) -> None:
    rows = list(csv.DictReader(flowers.read("datasets/new_flowers.csv").splitlines()))
    metadata = json.loads(np.load(flowers.folder / "runs/iris-1/model.npz")["metadata"].tobytes())
    agree(flowers, "runs/iris-1", [{name: row[name] for name in metadata["columns"]} for row in rows])


def test_gaps_rare_and_unseen_levels_are_read_as_the_document_says(shell) -> None:
    shell.write("t.csv", TABLE)
    shell.ok("train", "t.csv", "--min-count", 12, "--out", "run", "-q")
    metadata = json.loads(np.load(shell.folder / "run/model.npz")["metadata"].tobytes())
    entries = {entry["name"]: entry for entry in metadata["preparation"]}
    assert entries["age"]["indicator"] and not entries["fare"]["indicator"]
    assert entries["port"]["rare"] == ["Far"] and entries["port"]["missing"] == "level"
    assert entries["sex"]["missing"] == "none"
    agree(shell, "run", NEW)


def test_the_seal_is_made_as_the_document_says(flowers) -> None:
    content = (flowers.folder / "runs/iris-1/model.npz").read_bytes()

    assert content[-79:-64] == b"softreg sha256 "
    assert content[-64:].decode() == hashlib.sha256(content[:-64]).hexdigest()


def test_the_checksum_of_json_is_made_as_the_document_says(flowers) -> None:
    document = json.loads(flowers.ok("export", "iris-1", "--format", "json", "-o", "-").out)
    told = document.pop("sha256")
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    assert told == hashlib.sha256(text.encode()).hexdigest()


def test_the_document_names_every_part_there_is(flowers) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    with np.load(flowers.folder / "runs/iris-1/model.npz") as file:
        members, metadata = file.files, json.loads(file["metadata"].tobytes())
    document = json.loads(flowers.ok("export", "iris-1", "--format", "json", "-o", "-").out)
    own = {"format", "classes", "columns", "target", "preparation"}
    for word in {*members, *own, *document, *document["features"][0]}:
        assert f"`{word}`" in text or f'"{word}"' in text, word
    assert own <= set(metadata)


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("place", range(len(examples())))
def test_the_examples_of_the_document_run(flowers, place: int) -> None:
    code, printed = examples()[place], io.StringIO()
    if "onnxruntime" in code:
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
        flowers.ok("export", "iris-1", "--format", "onnx")
        code += "\nprint(label, proba)\n"
    with contextlib.chdir(flowers.folder), contextlib.redirect_stdout(printed):
        exec(compile(code, "model-file.md", "exec"), {})

    assert "setosa" in printed.getvalue()


def test_the_document_has_an_example_of_each_kind() -> None:
    assert ["onnxruntime" in code for code in examples()] == [False, True]

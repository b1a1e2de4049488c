"""export: a model for other programs, from the shell."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from softreg.cli.export import FORMS
from softreg.runs import Run
from softreg.workflows.carry import WRITERS

ROOT = Path(__file__).parents[2]

MIXED = "age,port,sex,survived\n" + "".join(
    f"{'' if place % 7 == 0 else 20 + place % 40},{('S', 'C', '', 'Q')[place % 4]},{'mf'[place % 3 == 0]},"
    f"{('no', 'yes')[(place * 7 + place // 3) % 5 < 2]}\n"
    for place in range(120)
)


def told(done):
    """What was printed, whatever the line breaks."""
    return " ".join((done.out + done.err).split())


def test_the_forms_of_the_command_are_those_of_the_workflow():
    assert list(FORMS) == list(WRITERS)


def test_a_json_model_answers_as_its_run_does(flowers):
    done = flowers.ok("export", "iris-1", "-o", "iris.json")
    assert "saved iris.json" in told(done)
    assert "next softreg predict iris.json new.csv" in told(done)
    ours, theirs = (
        flowers.ok("predict", word, "datasets/new_flowers.csv", "--proba") for word in ("iris.json", "iris-1")
    )
    assert ours.out == theirs.out
    assert json.loads(flowers.read("iris.json"))["classes"] == ["setosa", "versicolor", "virginica"]


def test_a_json_model_can_be_exported_evaluated_and_shown_again(flowers):
    flowers.ok("export", "iris-1", "-o", "iris.json")
    again = flowers.ok("export", "iris.json", "--format", "json", "-o", "-")
    assert again.out == flowers.read("iris.json")
    assert (
        flowers.ok("evaluate", "iris.json", "iris", "--json").out
        == flowers.ok("evaluate", "iris-1", "iris", "--json").out
    )


def test_the_table_of_weights_is_that_of_the_run(flowers):
    done = flowers.ok("export", "iris-1", "--format", "csv", "-o", "-")
    rows = list(csv.DictReader(done.out.splitlines()))
    model = Run(flowers.folder / "runs/iris-1").model()
    weights = {(row["feature"], row["class"]): float(row["weight"]) for row in rows}
    for place, feature in enumerate(model.columns):
        for code, name in enumerate(model.classes):
            assert weights[feature, name] == model.weights[place, code]
    assert rows == list(csv.DictReader(flowers.read("runs/iris-1/coefficients.csv").splitlines()))


def test_without_a_name_the_file_is_called_after_the_run_and_lies_here(flowers):
    flowers.ok("export", "last", "--format", "json")
    flowers.ok("export", "runs/iris-1/model.npz", "--format", "csv")
    assert (flowers.folder / "penguins-1.json").exists()
    assert (flowers.folder / "model-coefficients.csv").exists()


def test_onnx_answers_as_predict_does_on_a_table_with_gaps_and_new_levels(shell):
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    shell.write("t.csv", MIXED)
    shell.ok("train", "t.csv", "--target", "survived", "--out", "run", "-q")
    done = shell.ok("export", "run", "--format", "onnx")
    assert "inputs age: double, port: string, sex: string; each (n, 1)" in told(done)
    rows = [("31", "S", "m"), ("", "C", "f"), ("55.5", "", "m"), ("20", "Z", "never")]
    shell.write("new.csv", "sex,age,port\n" + "".join(f"{sex},{age},{port}\n" for age, port, sex in rows))
    ours = list(csv.DictReader(shell.ok("predict", "run", "new.csv", "--proba").out.splitlines()))
    session = onnxruntime.InferenceSession(str(shell.folder / "run.onnx"))
    columns = {
        "age": np.array([[float(age or "nan")] for age, _, _ in rows]),
        "port": np.array([[port] for _, port, _ in rows], object),
        "sex": np.array([[sex] for _, _, sex in rows], object),
    }
    label, proba = session.run(["label", "probabilities"], columns)
    assert label.tolist() == [row["prediction"] for row in ours]
    np.testing.assert_allclose(proba, [[float(row["p_no"]), float(row["p_yes"])] for row in ours], atol=1e-9)


def test_what_training_measured_is_what_its_model_answers_elsewhere(shell):
    """With levels that are rare, and one that only a test row has: names must not change places on the way."""
    rows = [line.split(",") for line in MIXED.splitlines()]
    for place, line in enumerate(rows[1:]):
        line[1] = "Rare" if place % 30 == 5 else "Alone" if place == 3 else line[1]
        line.append("test" if place % 4 == 3 else "train")
    text = "".join(",".join(line) + "\n" for line in [[*rows[0], "part"], *rows[1:]])
    shell.write("t.csv", text)
    shell.ok("train", "t.csv", "--target", "survived", "--split-col", "part", "--out", "run", "-q")
    measured = list(csv.DictReader(shell.read("run/predictions.csv").splitlines()))
    shell.ok("export", "run", "-o", "model.json")
    answers = list(csv.DictReader(shell.ok("predict", "model.json", "t.csv", "--proba", "-q").out.splitlines()))
    assert len(measured) == 30
    for line in measured:
        answer = answers[int(line["row"]) - 1]
        assert line["prediction"] == answer["prediction"]
        assert float(line["p_yes"]) == pytest.approx(float(answer["p_yes"]), rel=1e-9)


def test_onnx_of_numbers_is_one_tensor_in_the_order_of_the_columns(flowers):
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    done = flowers.ok("export", "iris-1", "-o", "iris.onnx")
    assert "inputs features: double (n, 4)" in told(done)
    assert "outputs label: string (n); probabilities: double (n, 3)" in told(done)
    model = Run(flowers.folder / "runs/iris-1").model()
    X = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]])
    label, proba = onnxruntime.InferenceSession(str(flowers.folder / "iris.onnx")).run(None, {"features": X})
    assert label.tolist() == model.predict(X).tolist()
    np.testing.assert_allclose(proba, model.predict_proba(X), atol=1e-12)


def test_without_the_package_for_onnx_the_error_says_what_to_install(flowers, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    done = flowers("export", "last", "--format", "onnx")
    assert done.code == 2
    assert 'pip install "softreg[onnx]"' in told(done)
    assert not (flowers.folder / "penguins-1.onnx").exists()


@pytest.mark.parametrize("name", ["iris.json", None])
def test_nothing_is_overwritten_unless_asked(flowers, name):
    words = ["export", "iris-1", "--format", "json", *(["-o", name] if name else [])]
    written = name or "iris-1.json"
    flowers.write(written, "mine")
    done = flowers(*words)
    assert done.code == 2
    assert f"The file {written} exists" in told(done)
    assert flowers.read(written) == "mine"
    flowers.ok(*words, "--overwrite")
    assert flowers.read(written) != "mine"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["last"], 2, "--format onnx, json or csv"),
        (["last", "-o", "model.bin"], 2, "--format onnx, json or csv"),
        (["last", "-o", "-"], 2, "--format onnx, json or csv"),
        (["last", "--format", "onnx", "-o", "-"], 2, "Name a file"),
        (["last", "--format", "json", "-o", "model.onnx"], 2, "does not fit the name model.onnx"),
        (["last", "--format", "pmml"], 2, "pmml"),
        (["last", "-o", "nowhere/model.json"], 3, "no folder nowhere"),
        (["nothing", "--format", "json"], 3, 'no run "nothing"'),
        (["none.npz", "--format", "json"], 3, "no model file none.npz"),
    ],
)
def test_what_cannot_be_done_is_told(flowers, words, code, says):
    before = sorted(path.name for path in flowers.folder.iterdir())
    done = flowers("export", *words)
    assert (done.code, done.out) == (code, "")
    assert says in told(done)
    assert sorted(path.name for path in flowers.folder.iterdir()) == before


@pytest.mark.parametrize("name", ["bad.npz", "bad.json"])
def test_a_damaged_model_is_exit_6_for_every_command(flowers, name):
    flowers.ok("export", "iris-1", "-o", "bad.json")
    (flowers.folder / "bad.npz").write_bytes((flowers.folder / "runs/iris-1/model.npz").read_bytes())
    content = bytearray((flowers.folder / name).read_bytes())
    at = content.index(b"virginica") + 2
    content[at] ^= 1
    flowers.write(name, bytes(content))
    for words in (["predict", name, "datasets/new_flowers.csv"], ["show", name], ["export", name, "--format", "csv"]):
        done = flowers(*words)
        assert (done.code, done.out) == (6, "")
        assert name in done.err


def test_quiet_says_nothing(flowers):
    done = flowers.ok("export", "iris-1", "-o", "iris.json", "-q")
    assert (done.out, done.err) == ("", "")


@pytest.mark.parametrize(
    "words", [["export", "iris-1", "--format", "json"], ["export", "iris-1", "--format", "csv"], ["show", "iris-1"]]
)
def test_no_scikit_learn_is_imported(flowers, words):
    heavy = "[name for name in ('sklearn', 'scipy', 'matplotlib') if name in sys.modules]"
    script = f"import sys; from softreg.cli.app import run; print(run(sys.argv[1:]), {heavy})"
    command, environment = [sys.executable, "-c", script, *words], flowers.environment({"PYTHONPATH": str(ROOT)})
    done = subprocess.run(command, cwd=flowers.folder, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"

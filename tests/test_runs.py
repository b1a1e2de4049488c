"""The run folder: what it holds, that it replays, and that nothing is lost."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import tomllib

import numpy as np
import pytest

from softreg import runs
from softreg.errors import DataError, UsageError

FILES = {
    "config.toml", "model.npz", "history.csv", "metrics.json", "predictions.csv", "coefficients.csv",
    "environment.json", "curves.png", "confusion.png",
}  # fmt: skip


def _rows(text):
    return list(csv.DictReader(text.splitlines()))


def test_a_run_holds_these_files_and_no_others(flowers):
    """A training that ended at its number of epochs can be gone on with; one that converged cannot."""
    for name in ("iris-1", "iris-2", "penguins-1"):
        converged = json.loads(flowers.read(f"runs/{name}/metrics.json"))["objective"]["converged"]
        more = set() if converged else {"checkpoint.npz"}
        assert {path.name for path in (flowers.folder / "runs" / name).iterdir()} == FILES | more


def test_the_history_begins_before_any_step_at_log_k(flowers):
    rows = _rows(flowers.read("runs/iris-1/history.csv"))
    assert {"epoch", "seconds", "objective", "train_cross_entropy", "train_accuracy", "grad_norm", "step"} <= set(
        rows[0]
    )
    assert rows[0]["epoch"] == "0"
    assert rows[0]["step"] == ""
    assert float(rows[0]["train_cross_entropy"]) == pytest.approx(math.log(3))
    assert [int(row["epoch"]) for row in rows] == list(range(51))
    seconds = [float(row["seconds"]) for row in rows]
    assert seconds == sorted(seconds)
    losses = [float(row["objective"]) for row in rows]
    assert losses == sorted(losses, reverse=True)  # the safe step never raises the objective


def test_the_history_of_mini_batches_is_labelled_and_has_no_gradient_norm(flowers):
    rows = _rows(flowers.read("runs/iris-2/history.csv"))
    assert {row["measured"] for row in rows[1:]} == {"running mean"}
    assert {row["grad_norm"] for row in rows[1:]} == {""}
    assert float(rows[0]["grad_norm"]) > 0
    assert all(float(row["val_cross_entropy"]) > 0 for row in rows)
    assert "test_accuracy" not in rows[0]


def test_metrics_have_every_number_that_is_promised(flowers):
    metrics = json.loads(flowers.read("runs/iris-2/metrics.json"))
    assert metrics["schema"] == 1
    assert {"final", "converged", "stopped_because", "iterations"} <= set(metrics["objective"])
    for part in ("train", "val", "test"):
        report = metrics[part]
        low, high = report["accuracy_interval"]
        assert 0 <= low <= report["accuracy"] <= high <= 1
        assert report["cross_entropy"] > 0
        assert 0 <= report["brier"] <= 2
        assert 0 <= report["ece"] <= 1
        assert report["ece_if_calibrated"] > 0
        confusion = np.array(report["confusion"])
        assert confusion.sum() == report["n_rows"]
        assert confusion.trace() / confusion.sum() == pytest.approx(report["accuracy"])
        for place, one in enumerate(report["per_class"]):
            assert one["class"] == report["classes"][place]
            assert one["support"] == confusion[place].sum()
            assert {"precision", "recall", "f1"} <= set(one)
        assert report["yardsticks"]["commonest_class_accuracy"] == pytest.approx(1 / 3)
        assert report["yardsticks"]["class_shares_cross_entropy"] == pytest.approx(math.log(3), abs=0.01)


def test_predictions_are_the_test_rows_with_a_probability_for_every_class(flowers):
    rows = _rows(flowers.read("runs/penguins-1/predictions.csv"))
    data = _rows(flowers.read("datasets/penguins.csv"))
    assert list(rows[0]) == ["row", "target", "prediction", "confidence", "p_Adelie", "p_Chinstrap", "p_Gentoo"]
    for row in rows:
        proba = {name: float(row[f"p_{name}"]) for name in ("Adelie", "Chinstrap", "Gentoo")}
        assert data[int(row["row"]) - 1]["species"] == row["target"]  # rows count from 1, without the header
        assert sum(proba.values()) == pytest.approx(1)
        assert max(proba, key=proba.get) == row["prediction"]
        assert float(row["confidence"]) == max(proba.values())
    right = sum(row["target"] == row["prediction"] for row in rows) / len(rows)
    assert right == pytest.approx(json.loads(flowers.read("runs/penguins-1/metrics.json"))["test"]["accuracy"])


def test_coefficients_are_the_models_weights(flowers):
    rows = _rows(flowers.read("runs/iris-1/coefficients.csv"))
    model = runs.Run(flowers.folder / "runs/iris-1").model()
    assert list(rows[0]) == ["feature", "class", "weight", "weight_standardised"]
    assert len(rows) == (4 + 1) * 3
    weights = np.array([float(row["weight"]) for row in rows]).reshape(5, 3)
    assert np.array_equal(weights, np.vstack([model.weights, model.intercept]))
    assert [row["feature"] for row in rows[-3:]] == ["(intercept)"] * 3
    assert [row["weight_standardised"] for row in rows[-3:]] == [""] * 3
    ratio = np.array([float(row["weight_standardised"]) / float(row["weight"]) for row in rows[:-3]]).reshape(4, 3)
    assert np.allclose(ratio, model.features["deviation"][:, None])


def test_the_environment_names_versions_seed_and_the_bytes_of_the_data(flowers):
    content = json.loads(flowers.read("runs/penguins-1/environment.json"))
    digest = hashlib.sha256((flowers.folder / "datasets/penguins.csv").read_bytes()).hexdigest()
    assert content["data_sha256"] == digest
    assert content["seed"] == 0
    assert content["replayable"] is True
    assert {"numpy", "scipy", "scikit-learn", "polars", "matplotlib", "click"} == set(content["libraries"])
    assert tomllib.loads(flowers.read("runs/penguins-1/config.toml"))["record"]["data_sha256"] == digest


SETTINGS = [
    "iris --epochs 20",
    "iris --epochs 5 --optimizer sgd --batch-size 16 --early-stopping --patience 2 --seed 7 --schedule cosine",
    "iris --epochs 5 --optimizer adam --learning-rate 0.05 --l2 0 --no-intercept --scale unit --dtype float32",
    "blobs --samples 60 --centers 4 --noise 0.5 --epochs 9 --optimizer momentum --momentum 0.5 --seed 3",
    "datasets/penguins.csv --exclude body_mass_g --val-size 0.1 --test-size 0.3 --epochs 9 --class-weight balanced",
    "datasets/anes96.csv --target PID --group-col age --epochs 5",
    "datasets/penguins.csv --test datasets/penguins.csv --epochs 3 --tol 0.01",
    "side.csv --split-col side --epochs 3",
    "digits --epochs 4 --optimizer nesterov",
    "datasets/penguins.csv --exclude body_mass_g --class-weight balanced --shares true --calibrate temperature",
]


@pytest.mark.parametrize("words", SETTINGS)
def test_a_run_is_repeated_to_the_byte_from_its_config(flowers, request, words):
    if "sgd" not in words:  # one run's pictures are enough
        request.getfixturevalue("no_pictures")
    lines = flowers.read("datasets/penguins.csv").splitlines()
    sides = [
        lines[0] + ",side",
        *(f"{line},{'val' if place % 3 == 0 else 'train'}" for place, line in enumerate(lines[1:])),
    ]
    flowers.write("side.csv", "\n".join(sides) + "\n")
    flowers.ok("train", *words.split(), "--out", "x", "-q")
    again = flowers.ok("train", "--config", "x/config.toml", "--out", "y")
    assert "SHA-256" not in again.err
    for name in ("model.npz", "predictions.csv", "coefficients.csv", "metrics.json", "environment.json", "config.toml",
                 "curves.png", "confusion.png"):  # fmt: skip
        first, second = flowers.folder / "x" / name, flowers.folder / "y" / name
        assert first.exists() == second.exists()
        assert not first.exists() or first.read_bytes() == second.read_bytes(), name
    timeless = [[{**row, "seconds": None} for row in _rows(flowers.read(f"{name}/history.csv"))] for name in "xy"]
    assert timeless[0] == timeless[1]


def test_a_replay_warns_when_the_data_are_not_what_they_were(flowers, no_pictures):
    flowers.ok("train", "datasets/penguins.csv", "--epochs", 2, "--out", "x", "-q")
    path = flowers.folder / "datasets/penguins.csv"
    path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n")
    done = flowers.ok("train", "--config", "x/config.toml", "--out", "y")
    assert "SHA-256" in done.err


def test_what_came_from_standard_input_is_recorded_as_not_replayable(flowers, no_pictures):
    table = (flowers.folder / "datasets/penguins.csv").read_bytes()
    done = flowers.ok("train", "-", "--epochs", 3, "--out", "x", stdin=table)
    assert "cannot be repeated" in " ".join(done.err.split())
    assert json.loads(flowers.read("x/environment.json"))["replayable"] is False
    flowers.ok("train", "datasets/penguins.csv", "--epochs", 3, "--out", "y")
    assert flowers.read("x/predictions.csv") == flowers.read("y/predictions.csv")


def test_runs_are_numbered_by_the_name_of_their_data(shell, no_pictures):
    for _ in range(2):
        shell.ok("train", "iris", "--epochs", 1, "-q")
    shell.ok("train", "wine", "--epochs", 1, "-q")
    assert sorted(path.name for path in (shell.folder / "runs").iterdir()) == [".last", "iris-1", "iris-2", "wine-1"]


def test_last_is_the_latest_run_wherever_it_is(shell, no_pictures):
    shell.ok("train", "iris", "--epochs", 1, "--out", "elsewhere/deep", "-q")
    assert "elsewhere/deep" in shell.ok("plot", "last").out
    shell.ok("train", "wine", "--epochs", 1, "-q")
    assert "runs/wine-1" in shell.ok("plot", "last").out


def test_without_any_run_last_says_how_to_make_one(shell):
    done = shell("plot", "last")
    assert done.code == 3
    assert "softreg train" in done.err


def test_a_last_run_that_is_gone_is_said_so(flowers):
    (flowers.folder / "runs/penguins-1").rename(flowers.folder / "moved")
    assert flowers("plot", "last").code == 3


def test_an_existing_folder_is_refused_and_loses_nothing(flowers):
    def state():
        return {path.name: path.read_bytes() for path in (flowers.folder / "runs/iris-1").iterdir()}

    before = state()
    done = flowers("train", "wine", "--out", "runs/iris-1")
    assert done.code == 2
    assert "--overwrite" in done.err
    assert state() == before


def test_overwriting_replaces_the_run_and_its_old_plots(flowers):
    flowers.ok("plot", "iris-1", "--kind", "weights")
    flowers.ok("train", "wine", "--epochs", 2, "--out", "runs/iris-1", "--overwrite", "-q")
    assert {path.name for path in (flowers.folder / "runs/iris-1").iterdir()} == FILES | {"checkpoint.npz"}
    assert tomllib.loads(flowers.read("runs/iris-1/config.toml"))["data"] == "wine"


def test_overwrite_never_touches_a_folder_that_is_no_run(flowers):
    done = flowers("train", "iris", "--out", "datasets", "--overwrite")
    assert done.code == 2
    assert (flowers.folder / "datasets/penguins.csv").exists()


@pytest.mark.parametrize("out", ["taken", "taken/deeper"])
def test_a_file_in_the_way_is_told_before_training(shell, out):
    shell.write("taken", "mine")
    done = shell("train", "iris", "--out", out)
    assert done.code == 2
    assert shell.read("taken") == "mine"


def test_a_file_called_runs_is_told_before_training(shell, no_pictures):
    shell.write("runs", "mine")
    done = shell("train", "iris", "--epochs", 1)
    assert done.code == 2
    assert "--out" in done.err
    shell.ok("train", "iris", "--epochs", 1, "--out", "x", "-q")


def test_a_run_that_did_not_finish_is_said_so(flowers):
    (flowers.folder / "runs/iris-1/metrics.json").unlink()
    done = flowers("compare", "iris-1", "iris-2")
    assert done.code == 3
    assert "metrics.json" in done.err


@pytest.mark.parametrize(("name", "content"), [("metrics.json", "{"), ("config.toml", "= 3")])
def test_a_damaged_file_of_a_run_is_said_so(flowers, name, content):
    flowers.write(f"runs/iris-1/{name}", content)
    done = flowers("compare", "iris-1", "iris-2")
    assert done.code == 3
    assert name in done.err


def test_numbers_that_are_not_finite_are_null_in_json():
    assert json.loads(runs.dumps({"a": [math.inf, math.nan, 1.5], "b": {"c": -math.inf}})) == {
        "a": [None, None, 1.5],
        "b": {"c": None},
    }


def test_a_history_is_read_as_it_was_written(tmp_path):
    history = [{"epoch": 0, "step": None, "measured": "exact", "objective": 0.1 + 0.2}]
    run = runs.Run(tmp_path)
    run.write_history(history)
    assert run.history() == history


def made(out, overwrite=False):
    with runs.reserved(out, overwrite) as create:
        run = create("iris")
        run.write_toml({"data": "iris"})
    return run.path


def test_a_folder_is_made_new_each_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [made(None).name for _ in range(3)] == ["iris-1", "iris-2", "iris-3"]
    assert made(tmp_path / "a/b").is_dir()
    with pytest.raises(UsageError):
        made(tmp_path / "a/b")
    with pytest.raises(DataError, match="iris-4"):
        runs.find("iris-4")


def test_of_two_trainings_that_pick_the_same_folder_one_gets_it(tmp_path, monkeypatch):
    """Where there are no locks, both find the folder empty; then both want it."""
    monkeypatch.setattr("softreg.locks.take", lambda *_, **__: True)
    with runs.reserved(tmp_path / "one", False) as first, runs.reserved(tmp_path / "one", False) as second:
        first("iris")
        with pytest.raises(UsageError, match="Another training"):
            second("iris")


def test_trainings_side_by_side_get_a_folder_each(shell):
    processes = [shell.popen("train", "iris", "-q") for _ in range(4)]
    assert {process.wait(timeout=120) for process in processes} == {0}
    made = sorted(path.name for path in (shell.folder / "runs").glob("iris-*"))
    assert made == ["iris-1", "iris-2", "iris-3", "iris-4"]
    models = {(shell.folder / "runs" / name / "model.npz").read_bytes() for name in made}
    assert len(models) == 1
    for process in processes:
        process.communicate()

"""Interrupted and taken up again: the same bits as if nothing had happened, whatever the method and the moment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from softreg import checkpoint
from softreg.checkpoint import Kept
from softreg.errors import DataError, ModelFileError
from softreg.model import SoftmaxModel
from softreg.settings import OPTIMIZERS, TrainingSettings
from softreg.training import Checkpoint, Fit, Problem, fit

METHODS = [name for name in OPTIMIZERS if name != "auto"]
MODEL = SoftmaxModel(np.ones((1, 2)), np.zeros(2), ("a", "b"), ("x",))


def problem(n_samples: int = 400, n_features: int = 12) -> Problem:
    generator = np.random.default_rng(3)
    X = generator.normal(size=(n_samples, n_features)) @ np.diag(np.logspace(0, 2, n_features))
    y = (X[:, :3] / X[:, :3].std(axis=0) + generator.gumbel(size=(n_samples, 3))).argmax(axis=1)
    return Problem(X, y, ("a", "b", "c"), held_out={"val": (X[:80], y[:80])})


def rows(result: Fit) -> list[dict[str, object]]:
    """The history, less the clock."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in result.history]


def through_a_file(kept: Checkpoint, folder: Path) -> Checkpoint:
    checkpoint.save(Kept(kept, MODEL, {}), folder / "checkpoint.npz")
    return checkpoint.load(folder / "checkpoint.npz").checkpoint


def assert_same(one: Fit, other: Fit) -> None:
    assert one.weights.tobytes() == other.weights.tobytes()
    assert one.intercept.tobytes() == other.intercept.tobytes()
    assert rows(one) == rows(other)
    assert (one.stopped_because, one.converged, one.objective) == (
        other.stopped_because,
        other.converged,
        other.objective,
    )
    assert one.certificate == other.certificate


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_resumed_equals_uninterrupted_to_the_bit(method, early_stopping, tmp_path):
    settings = TrainingSettings(
        optimizer=method, epochs=24, tol=1e-15, early_stopping=early_stopping, patience=7, scale="standard", l2=1e-6
    )
    whole = fit(problem(), settings, proved=True)
    assert len(whole.history) > 7
    for moment in (0, 1, 4, len(whole.history) - 2):
        found: list[Checkpoint] = []
        fit(problem(), settings, keep=found.append, observe=lambda row, at=moment: "x" if row["epoch"] == at else None)
        again = fit(problem(), settings, proved=True, resume=through_a_file(found[-1], tmp_path))
        assert_same(again, whole)


def test_several_interruptions_in_one_training_change_nothing(tmp_path):
    settings = TrainingSettings(optimizer="sgd", epochs=12, schedule="cosine")
    whole, kept = fit(problem(), settings), None
    for moment in (2, 5, 6, 12):
        found: list[Checkpoint] = []
        result = fit(
            problem(),
            settings,
            resume=kept,
            keep=found.append,
            observe=lambda row, at=moment: "x" if row["epoch"] == at else None,
        )
        kept = through_a_file(found[-1], tmp_path)
    assert_same(result, whole)


def test_a_whitening_made_on_the_way_is_made_again(tmp_path):
    """Conjugate gradients sharpen their coordinates at some epochs; the checkpoint knows from which weights."""
    settings = TrainingSettings(epochs=30, tol=1e-15, l2=1e-7)
    found: list[Checkpoint] = []
    whole = fit(problem(), settings, keep=found.append)
    sharpened = [each for each in found if each.state.sharpened is not None]
    assert sharpened
    again = fit(problem(), settings, resume=through_a_file(sharpened[-1], tmp_path))
    assert_same(again, whole)


def test_what_a_checkpoint_does_never_touches_the_numbers(tmp_path):
    settings = TrainingSettings(optimizer="adam", epochs=6)
    path = tmp_path / "checkpoint.npz"
    kept = fit(problem(), settings, keep=lambda now: checkpoint.save(Kept(now, MODEL, {}), path))
    assert_same(kept, fit(problem(), settings))


def test_a_training_that_had_ended_is_not_taken_further(tmp_path):
    settings = TrainingSettings(optimizer="gd", epochs=5)
    found: list[Checkpoint] = []
    whole = fit(problem(), settings, keep=found.append)
    assert_same(fit(problem(), settings, resume=through_a_file(found[-1], tmp_path)), whole)


@pytest.mark.parametrize("place", [0, 40, 400, -200, -1])
def test_a_damaged_checkpoint_is_refused(place, tmp_path):
    found: list[Checkpoint] = []
    fit(problem(), TrainingSettings(optimizer="gd", epochs=2), keep=found.append)
    through_a_file(found[-1], tmp_path)
    path = tmp_path / "checkpoint.npz"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelFileError):
        checkpoint.load(path)


def test_a_checkpoint_that_is_not_there_is_missing_data(tmp_path):
    with pytest.raises(DataError):
        checkpoint.load(tmp_path / "checkpoint.npz")


# ---------------------------------------------------------------- at the shell


def same_files(one: Path, other: Path) -> None:
    """All files but pictures and the clock."""
    for name in ("model.npz", "metrics.json", "config.toml", "coefficients.csv", "predictions.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    first, second = ((run / "history.csv").read_text().splitlines() for run in (one, other))
    assert [line.split(",")[:1] + line.split(",")[2:] for line in first] == [
        line.split(",")[:1] + line.split(",")[2:] for line in second
    ]


@pytest.mark.parametrize(
    "options", ["--optimizer gd", "--optimizer sgd --early-stopping", "--optimizer momentum --l2 auto"]
)
def test_a_run_goes_on_in_its_own_folder(shell, no_pictures, options):
    shell.ok("train", "iris", *options.split(), "--epochs", 6, "--out", "one", "-q")
    assert (shell.folder / "one/checkpoint.npz").exists()
    done = shell.ok("train", "--resume", "one", "--epochs", 20)
    assert "one" in done.out
    shell.ok("train", "iris", *options.split(), "--epochs", 20, "--out", "whole", "-q")
    same_files(shell.folder / "one", shell.folder / "whole")


def test_a_run_that_came_to_its_end_has_nothing_to_go_on_from(shell, no_pictures):
    shell.ok("train", "iris", "--out", "one", "-q")
    assert not (shell.folder / "one/checkpoint.npz").exists()
    done = shell("train", "--resume", "one")
    assert done.code == 2
    assert "--init-from one" in done.err


def test_a_run_that_was_killed_too_early_says_so(shell, no_pictures):
    shell.ok("train", "iris", "--out", "one", "-q")
    (shell.folder / "one/metrics.json").unlink()
    done = shell("train", "--resume", "one")
    assert done.code == 2
    assert "before its first checkpoint" in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--optimizer sgd", "begun with gd"),
        ("--l2 0.5", "begun with 0.0001"),
        ("--target x", "begun with"),
        ("--out two", "--out has no effect"),
        ("--init-from one", "--init-from has no effect"),
        ("wine", "begun with iris"),
    ],
)
def test_what_would_make_another_training_of_it_is_refused(shell, no_pictures, words, told):
    shell.ok("train", "iris", "--optimizer", "gd", "--epochs", 3, "--out", "one", "-q")
    before = (shell.folder / "one/model.npz").read_bytes()
    done = shell("train", *words.split(), "--resume", "one")
    assert done.code == 2
    assert told in " ".join(done.err.split())
    assert (shell.folder / "one/model.npz").read_bytes() == before


def test_flags_that_say_what_was_said_before_are_no_change(shell, no_pictures):
    shell.ok("train", "iris", "--optimizer", "gd", "--epochs", 3, "--out", "one", "-q")
    shell.ok("train", "iris", "--resume", "one", "--optimizer", "gd", "--epochs", 4, "--threads", 1, "-q")


def test_data_that_has_changed_is_refused(flowers, no_pictures):
    flowers.ok("train", "datasets/penguins.csv", "--optimizer", "gd", "--epochs", 3, "--out", "one", "-q")
    table = flowers.folder / "datasets/penguins.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:-1]))
    done = flowers("train", "--resume", "one")
    assert done.code == 3
    assert "changed" in done.err


def test_a_new_run_begins_at_the_weights_of_another(shell, no_pictures):
    shell.ok("train", "iris", "--out", "one", "-q")
    shell.ok("train", "iris", "--init-from", "one", "--out", "two", "-q")
    first = (shell.folder / "two/history.csv").read_text().splitlines()[1].split(",")[2]
    assert float(first) < 0.1  # and not log 3
    assert 'init_from = "one"' in shell.read("two/config.toml")


def test_weights_of_other_data_are_refused(shell, no_pictures):
    shell.ok("train", "wine", "--out", "one", "-q")
    done = shell("train", "iris", "--init-from", "one")
    assert done.code == 3
    assert "other features" in done.err
    assert not (shell.folder / "runs/iris-1").exists()


def started(shell, *words: object) -> subprocess.Popen[str]:
    """A long training with a checkpoint after every epoch, once its first one is there."""
    process = shell.popen(
        "train", "digits", "--optimizer", "gd", "--epochs", 100000, "--tol", 0, "--out", "one", *words
    )
    limit = time.monotonic() + 60
    while not (shell.folder / "one/checkpoint.npz").exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < limit
        time.sleep(0.02)
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_says_how_to_go_on(shell, number, code):
    process = started(shell, "--checkpoint-every", 1)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "softreg train --resume one" in " ".join(err.split())
    done = len((shell.folder / "one/history.csv").read_text().splitlines()) - 2
    shell.ok("train", "--resume", "one", "--epochs", done + 3, "-q")
    shell.ok("train", "digits", "--optimizer", "gd", "--epochs", done + 3, "--tol", 0, "--out", "whole", "-q")
    same_files(shell.folder / "one", shell.folder / "whole")


def test_a_killed_run_is_unfinished_and_goes_on(shell, no_pictures):
    process = started(shell, "--checkpoint-every", 1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    for words in (("plot", "one"), ("compare", "one", "one"), ("predict", "one", "digits"), ("show", "one")):
        done = shell(*words)
        assert done.code == 3, words
        assert "did not finish" in done.err
        assert "softreg train --resume one" in " ".join(done.err.split())
    assert shell.ok("predict", "one/checkpoint.npz", "digits").out.startswith("prediction,confidence")
    shell.ok("plot", "one/checkpoint.npz", "-o", "curve.png")
    reached = checkpoint.load(shell.folder / "one/checkpoint.npz").checkpoint.state.epoch
    shell.ok("train", "--resume", "one", "--epochs", reached + 2, "-q")
    shell.ok("train", "digits", "--optimizer", "gd", "--epochs", reached + 2, "--tol", 0, "--out", "whole", "-q")
    same_files(shell.folder / "one", shell.folder / "whole")

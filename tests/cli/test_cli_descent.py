"""The descent from the shell: conjugate gradients by default, how they end, and what they prove."""

from __future__ import annotations

import json
import re
import signal
import time

import numpy as np
import pytest

from softreg import data
from softreg.checks.separable import separated
from softreg.data.labels import classes_of, encode
from softreg.settings import PRECONDITIONS, SourceSettings, SplitSettings, TrainingSettings
from softreg.training import NEAR, Problem, fit

pytestmark = pytest.mark.usefixtures("no_pictures")


def _metrics(shell, run):
    return json.loads(shell.read(f"{run}/metrics.json"))


def _objective(shell, *words, code=0):
    """Train and return what metrics.json says of the training objective."""
    done = shell("train", *words, "--json")
    assert done.code == code, done.err
    return json.loads(done.out)["objective"]


def _said(done):
    """A summary without its line breaks."""
    return " ".join(done.out.split())


def _untimed(shell, run):
    """The history without its seconds."""
    rows = [line.split(",") for line in shell.read(f"{run}/history.csv").splitlines()]
    place = rows[0].index("seconds")
    return [row[:place] + row[place + 1 :] for row in rows]


def _last(shell, run, column):
    """The history's last value of a column."""
    head, *_, last = (line.split(",") for line in shell.read(f"{run}/history.csv").splitlines())
    return float(last[head.index(column)])


def _bytes(shell, name):
    return (shell.folder / name).read_bytes()


def test_conjugate_gradients_are_the_default_and_said_so(shell):
    done = shell.ok("train", "wine")
    metrics = _metrics(shell, "runs/wine-1")["objective"]
    assert metrics["optimizer"] == "cg"
    assert metrics["converged"]
    assert f"conjugate gradient descent, l2 1e-4 = scikit-learn C {metrics['sklearn_C']:.3g} " in _said(done)
    assert f" {metrics['iterations']} steps, " in _said(done)
    told = int(re.search(r"gd would need about (\d+) ", _said(done))[1])
    assert told == pytest.approx(metrics["gd_steps"], rel=0.5)
    assert told > 10 * metrics["iterations"]


def test_auto_is_cg_to_the_byte(shell):
    for name in ("auto", "cg"):
        shell.ok("train", "iris", "--optimizer", name, "--out", name, "-q")
    assert _bytes(shell, "auto/model.npz") == _bytes(shell, "cg/model.npz")
    assert _untimed(shell, "auto") == _untimed(shell, "cg")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--optimizer cg --learning-rate 0.1", "which finds the best step along each direction"),
        ("--learning-rate 0.1", "which finds the best step along each direction"),
        ("--batch-size 16", "which takes all rows at every step"),
        ("--schedule cosine", "with the optimizer cg"),
        ("--momentum 0.5", "with the optimizer cg"),
        ("--patience 5", "without early stopping"),
        ("--optimizer sgd --precondition whiten", "with the optimizer sgd on batches"),
        ("--optimizer adam --precondition none", "with the optimizer adam on batches"),
        ("--optimizer momentum --batch-size 9 --precondition diagonal", "with the optimizer momentum on batches"),
    ],
)
def test_an_option_that_the_method_cannot_use_is_a_usage_error_that_says_why(shell, words, why):
    done = shell("train", "iris", *words.split())
    assert done.code == 2
    assert f"{words.split()[-2]} has no effect" in done.err
    assert why in " ".join(done.err.split())
    assert not (shell.folder / "runs").exists()


@pytest.mark.parametrize("optimizer", ["gd", "nesterov", "cg"])
def test_every_preconditioner_leads_to_the_same_objective(shell, optimizer):
    words = ("--optimizer", optimizer, "--l2", 0.1, "--tol", 1e-9 if optimizer == "cg" else 1e-6)
    ends = {name: _objective(shell, "wine", *words, "--precondition", name) for name in PRECONDITIONS}
    assert all(end["converged"] for end in ends.values())
    assert [end["final"] for end in ends.values()] == pytest.approx([ends["none"]["final"]] * 4, abs=1e-7)
    assert ends["auto"]["iterations"] == ends["whiten" if optimizer == "cg" else "none"]["iterations"]


def test_whitening_saves_steps_on_correlated_columns(shell):
    words = ("blobs", "--noise", 3, "--scale", "none", "--l2", 0.001)
    plain, round_ = (
        _objective(shell, *words, "--optimizer", "gd", "--precondition", name) for name in ("none", "whiten")
    )
    assert round_["converged"]
    assert round_["iterations"] < plain["iterations"] / 3


@pytest.mark.parametrize(
    "words", ["digits --epochs 12", "wine --optimizer nesterov --epochs 9", "iris --dtype float32"]
)
def test_any_number_of_threads_gives_the_same_bytes(shell, words):
    for count in (1, 2, 3):
        shell.ok("train", *words.split(), "--threads", count, "--out", f"t{count}", "-q")
    for count in (2, 3):
        assert _bytes(shell, f"t{count}/model.npz") == _bytes(shell, "t1/model.npz")
        assert _untimed(shell, f"t{count}") == _untimed(shell, "t1")


def test_many_rows_on_many_threads_give_the_same_bytes(shell):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30000, 12)).astype(np.float32)
    np.savez(shell.folder / "many.npz", X=X, y=(X[:, :4] + rng.standard_normal((30000, 4))).argmax(axis=1))
    for count in (1, 3):
        shell.ok("train", "many.npz", "--threads", count, "--out", f"t{count}", "-q")
    assert _bytes(shell, "t3/model.npz") == _bytes(shell, "t1/model.npz")
    assert _untimed(shell, "t3") == _untimed(shell, "t1")


def test_a_time_limit_ends_a_long_run_and_saves_it(shell):
    words = ("train", "blobs", "--samples", 20000, "--optimizer", "gd", "--tol", 0, "--epochs", 10**6)
    began = time.perf_counter()
    done = shell.ok(*words, "--time-limit", 0.3)
    assert time.perf_counter() - began < 10
    metrics = _metrics(shell, "runs/blobs-1")["objective"]
    assert metrics["stopped_because"] == "0.3 seconds are over"
    assert not metrics["converged"]
    assert "0.3 seconds are over" in _said(done)
    assert 0.3 <= _last(shell, "runs/blobs-1", "seconds") < 3
    shell.ok("predict", "last", "blobs", "-o", "answers.csv")


@pytest.mark.parametrize(
    "words",
    [
        "blobs --optimizer gd --tol 0 --epochs 1000000 --time-limit 0.1",
        "wine --epochs 2",
        "iris --optimizer gd --epochs 5",
        "iris --optimizer sgd --epochs 2",
    ],
)
def test_convergence_that_is_required_and_not_reached_is_code_5_with_the_run_saved(shell, words):
    done = shell("train", *words.split(), "--require-convergence")
    assert done.code == 5
    run = f"runs/{words.split()[0]}-1"
    told = " ".join(done.err.split())
    assert _metrics(shell, run)["objective"]["stopped_because"] in told
    assert run in told
    assert "--epochs" in told
    assert f"saved {run}" in _said(done)
    shell.ok("evaluate", "last", words.split()[0])


def test_convergence_that_is_required_and_reached_is_code_0(shell):
    shell.ok("train", "iris", "--require-convergence", "-q")
    shell.ok("train", "iris", "--optimizer", "gd", "--l2", 0.1, "--require-convergence", "-q")


def test_an_interrupted_run_keeps_its_own_exit_code(shell):
    # a step above the guarantee is told as training begins
    words = ("digits", "--optimizer", "gd", "--tol", 0, "--epochs", 10**7, "--learning-rate", 0.4, "--out", "x")
    with shell.popen("train", *words, "--require-convergence", "--time-limit", 30) as process:
        assert "learning rate" in process.stderr.readline()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert (shell.folder / "x/metrics.json").exists()


def test_tol_of_cg_is_how_far_from_the_least_objective_it_may_end(shell):
    least = _objective(shell, "wine", "--tol", 1e-12)["final"]
    steps = []
    for tol in (1e-1, 1e-3, 1e-6):
        end = _objective(shell, "wine", "--tol", tol)
        assert end["converged"]
        assert 0 <= end["final"] - least <= tol
        steps.append(end["iterations"])
    assert steps == sorted(steps)
    assert steps[0] < steps[-1]


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ("", "iris"), ("", "wine --scale none"), ("--dtype float32", "digits"), ("", "moons --l2 1"),
        ("--optimizer gd", "iris --l2 0.1"), ("--optimizer sgd", "blobs"), ("--early-stopping", "wine --val-size 0.1"),
        ("--epochs 1", "blobs"), ("", "circles --no-intercept"), ("", "iris --class-weight balanced --l2 0.01"),
    ],
)  # fmt: skip
def test_the_bounds_enclose_the_distance_to_the_least_objective(shell, how, what):
    end = _objective(shell, *what.split(), *how.split())
    least = _objective(shell, *what.split(), "--dtype", "float64", "--tol", 1e-13)
    distance, rounding = end["final"] - least["final"], 1e-6 if "float32" in how else 1e-10
    assert 0 <= end["gap_lower"] <= distance + rounding
    if end["gap_upper"] is None:
        assert "not proved" in end["gap_reason"]
        assert how in {"--early-stopping", "--epochs 1"}
    else:
        assert distance - rounding <= end["gap_upper"] < end["final"]
        assert end["gap_reason"] == ""


@pytest.mark.parametrize("optimizer", ["cg", "gd", "sgd"])
def test_without_a_penalty_there_are_no_bounds_and_a_reason(shell, optimizer):
    end = _objective(shell, "moons", "--l2", 0, "--optimizer", optimizer, "--epochs", 30)
    assert (end["gap_lower"], end["gap_upper"], end["gd_steps"]) == (None, None, None)
    assert "l2 = 0" in end["gap_reason"]


@pytest.mark.parametrize(
    "words",
    ["iris", "wine", "moons --l2 0", "iris --epochs 1", "iris --optimizer gd", "iris --optimizer nesterov", "circles",
     "wine --l2 1e-8", "digits --epochs 3", "blobs --optimizer sgd", "circles --l2 100"],
)  # fmt: skip
def test_the_proof_is_told_where_it_says_something(shell, words):
    done = shell.ok("train", *words.split())
    end = _metrics(shell, f"runs/{words.split()[0]}-1")["objective"]
    tells = end["gap_upper"] is not None and end["gap_upper"] < end["final"] / 10
    assert ("proved within" in _said(done)) == tells
    if tells:
        value, upper = re.search(
            r"training objective ([\d.]+), proved within ([\d.e-]+) of the least", _said(done)
        ).groups()
        assert float(value) == pytest.approx(end["final"], abs=0.5e-3)
        assert float(upper) == pytest.approx(end["gap_upper"], rel=0.06)
    elif end["optimizer"] == "cg":
        assert end["stopped_because"] in _said(done)  # something must tell why it ended


@pytest.mark.parametrize("words", ["iris", "blobs --noise 0.1", "datasets/penguins.csv", "iris --optimizer gd"])
def test_without_a_penalty_separable_classes_are_told(flowers, words):
    done = flowers.ok("train", *words.split(), "--l2", 0)
    assert "with --l2 0" in done.err
    assert "no best value" in " ".join(done.err.split())
    if "iris" in words:
        assert "setosa are told apart" in " ".join(done.err.split())
        assert "virginica" not in done.err
    assert "no best value" not in " ".join(flowers.ok("train", *words.split(), "--l2", 1e-4).err.split())


@pytest.mark.parametrize(
    "words", ["moons --noise 0.3", "circles", "blobs --noise 3", "datasets/anes96.csv --target PID"]
)
def test_classes_that_overlap_are_not_called_separable(flowers, words):
    done = flowers.ok("train", *words.split(), "--l2", 0)
    assert not done.err


def test_a_class_without_mistakes_between_two_that_overlap_has_best_weights(shell):
    rng = np.random.default_rng(0)
    sides = [(-4, -2, "a", 40), (2, 4, "a", 6), (2, 4, "b", 40), (-4, -2, "b", 6), (-0.1, 0.1, "between", 50)]
    rows = [f"{x},{name}\n" for low, high, name, count in sides for x in rng.uniform(low, high, count)]
    shell.write("t.csv", "x,y\n" + "".join(rows))
    done = shell.ok("train", "t.csv", "--l2", 0)
    found = {row["class"]: row for row in _metrics(shell, "runs/t-1")["train"]["per_class"]}
    assert found["between"]["precision"] == found["between"]["recall"] == 1
    assert not done.err
    longer = _objective(shell, "t.csv", "--l2", 0, "--tol", 1e-12)
    assert longer["final"] == pytest.approx(_metrics(shell, "runs/t-1")["objective"]["final"], abs=1e-5)


def test_along_the_weights_of_a_separated_class_the_loss_falls_for_ever():
    rng = np.random.default_rng(1)
    codes = np.arange(60) % 3
    X = rng.standard_normal((60, 2)) + np.array([[0, 0], [0.5, 0], [9, 9]])[codes]
    result = fit(Problem(X, codes, ("a", "b", "c")), TrainingSettings(l2=0.0))
    logits = X @ result.weights + result.intercept
    assert separated(logits, codes, fit_intercept=True) == [2]
    normal = logits[:, 2] - logits[:, :2].mean(axis=1)
    middle = (normal[codes == 2].min() + normal[codes != 2].max()) / 2
    losses = []
    for size in (0, 1, 10, 100):
        moved = logits + size * np.outer(normal - middle, [0, 0, 1])
        losses.append(np.logaddexp.reduce(moved, axis=1).mean() - moved[np.arange(60), codes].mean())
    assert all(np.diff(losses) < 1e-12)  # but for rounding


def test_a_plane_through_zero_is_needed_where_there_is_no_intercept():
    x, codes = np.array([[1.0], [2.0], [1.5], [5.0], [6.0]]), np.array([0, 0, 1, 2, 2])
    logits = x @ np.array([[-1.0, -1.0, 2.0]])
    assert separated(logits, codes, fit_intercept=True) == [2]
    assert separated(logits, codes, fit_intercept=False) == []


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_gd_needs_about_as_many_steps_as_is_told(shell, name):
    told = _objective(shell, name, "--l2", 0.01)["gd_steps"]
    split = SplitSettings(test_size=0)
    dataset = data.load(name, SourceSettings(), split)
    classes = classes_of(dataset.labels)
    problem = Problem(dataset.X, encode(dataset.labels, classes), classes)
    least = fit(problem, TrainingSettings(l2=0.01, tol=1e-12)).objective
    gd = TrainingSettings(optimizer="gd", l2=0.01, tol=0.0, epochs=4000)
    history = fit(problem, gd, observe=lambda row: "near" if row["objective"] - least <= NEAR else None).history
    assert told / 4 <= len(history) - 1 <= told * 4


@pytest.mark.parametrize(
    "words", ["iris --epochs 2", "wine --time-limit 1e-6", "iris --early-stopping", "moons --l2 0"]
)
def test_what_gd_would_need_is_not_told_of_weights_that_are_not_the_best(shell, words):
    done = shell.ok("train", *words.split())
    assert "gd would need" not in _said(done)
    assert _metrics(shell, f"runs/{words.split()[0]}-1")["objective"]["gd_steps"] is None


@pytest.mark.parametrize(
    "words",
    ["iris", "digits --epochs 20 --threads 2 --dtype float32", "wine --precondition diagonal --tol 1e-7 --seed 5",
     "moons --l2 0 --early-stopping --patience 3", "wine --optimizer gd --precondition whiten --epochs 20"],
)  # fmt: skip
def test_a_run_is_repeated_to_the_byte_from_its_config(shell, words):
    shell.ok("train", *words.split(), "--out", "x", "-q")
    shell.ok("train", "--config", "x/config.toml", "--out", "y", "-q")
    for name in ("model.npz", "config.toml", "metrics.json", "predictions.csv", "coefficients.csv"):
        assert _bytes(shell, f"x/{name}") == _bytes(shell, f"y/{name}")
    assert _untimed(shell, "x") == _untimed(shell, "y")


@pytest.mark.parametrize(
    "words", ["breast_cancer", "wine", "digits", "breast_cancer --scale none", "blobs --noise 0.01"]
)
@pytest.mark.parametrize("l2", ["0", "1e-12"])
def test_almost_no_penalty_is_no_reason_to_diverge(shell, words, l2):
    end = _objective(shell, *words.split(), "--l2", l2)
    assert not end["diverged"]
    assert end["final"] < 0.02


def test_a_divergence_of_cg_is_answered_with_what_helps():
    from softreg.cli.train import _cure

    class Told:
        fit = type("Fit", (), {"step_size": None})
        settings = TrainingSettings(l2=0.0)

    assert "--l2" in _cure(Told)
    Told.settings = TrainingSettings()
    assert "--l2" in _cure(Told)
    assert "--scale standard" not in _cure(Told)

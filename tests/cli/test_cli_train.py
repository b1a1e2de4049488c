"""Every option of train has its effect, or is refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("no_pictures")


def _trained(shell, *words, code=0):
    """Train quietly and return (metrics, config, history rows) of the run."""
    from softreg.runs import Run

    done = shell("train", *words, "--json")
    assert done.code == code, done.err
    run = Run(shell.folder / json.loads(done.out)["run"])
    return run.metrics(), run.config(), run.history()


@pytest.mark.parametrize("optimizer", ["cg", "gd", "sgd", "momentum", "nesterov", "adam"])
def test_every_optimizer_learns_the_irises_from_log_3(shell, optimizer):
    metrics, config, history = _trained(shell, "iris", "--optimizer", optimizer, "--epochs", 60)
    assert config["optimizer"] == optimizer
    assert history[0]["train_cross_entropy"] == pytest.approx(math.log(3))
    assert metrics["train"]["cross_entropy"] < 0.5
    assert metrics["test"]["accuracy"] > 0.8


def test_optimizers_go_different_ways(shell):
    ends = {
        _trained(shell, "iris", "--optimizer", name, "--epochs", 5)[0]["objective"]["final"]
        for name in ("cg", "gd", "sgd", "momentum", "nesterov", "adam")
    }
    assert len(ends) == 6


def test_the_learning_rate_is_the_step_of_the_history(shell):
    metrics, _, history = _trained(shell, "iris", "--optimizer", "gd", "--learning-rate", 0.25, "--epochs", 3)
    assert metrics["objective"]["learning_rate"] == 0.25
    assert [row["step"] for row in history] == [None, 0.25, 0.25, 0.25]


def test_an_automatic_step_of_gd_is_one_over_the_curvature_bound(shell):
    objective = _trained(shell, "iris", "--optimizer", "gd", "--epochs", 1)[0]["objective"]
    assert objective["learning_rate"] == pytest.approx(1 / objective["curvature_bound"])


@pytest.mark.parametrize("schedule", ["inverse", "cosine"])
def test_a_schedule_lets_the_step_fall(shell, schedule):
    words = ("--optimizer", "gd", "--schedule", schedule, "--epochs", 6, "--learning-rate", 0.5)
    _, _, history = _trained(shell, "iris", *words)
    steps = [row["step"] for row in history[1:]]
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] < steps[0] <= 0.5


def test_epochs_are_the_rows_of_the_history(shell):
    metrics, _, history = _trained(shell, "iris", "--epochs", 7)
    assert [row["epoch"] for row in history] == list(range(8))
    assert metrics["objective"]["iterations"] == 7
    assert metrics["objective"]["stopped_because"] == "7 epochs are over"
    assert not metrics["objective"]["converged"]


def test_tol_is_the_gradients_norm_at_which_gd_ends(shell):
    metrics, _, history = _trained(shell, "iris", "--optimizer", "gd", "--tol", 0.05)
    assert metrics["objective"]["converged"]
    assert history[-1]["grad_norm"] <= 0.05 < history[-2]["grad_norm"]


def test_a_batch_of_all_rows_is_full_batch_and_smaller_ones_are_not(shell):
    whole = _trained(shell, "iris", "--optimizer", "sgd", "--batch-size", 120, "--epochs", 3, "--learning-rate", 0.3)
    plain = _trained(shell, "iris", "--optimizer", "gd", "--epochs", 3, "--learning-rate", 0.3)
    parts = _trained(shell, "iris", "--optimizer", "sgd", "--batch-size", 10, "--epochs", 3, "--learning-rate", 0.3)
    assert whole[0]["objective"]["final"] == pytest.approx(plain[0]["objective"]["final"], rel=1e-12)
    assert parts[0]["objective"]["final"] < plain[0]["objective"]["final"]  # twelve steps an epoch
    assert [row["measured"] for row in parts[2]] == ["exact", *["running mean"] * 3]
    assert all(row["grad_norm"] is None for row in parts[2][1:])


def test_momentum_is_the_share_of_the_last_step(shell):
    none = _trained(shell, "iris", "--optimizer", "momentum", "--momentum", 0, "--epochs", 4, "--learning-rate", 0.3)
    gd = _trained(shell, "iris", "--optimizer", "gd", "--epochs", 4, "--learning-rate", 0.3)
    some = _trained(shell, "iris", "--optimizer", "momentum", "--momentum", 0.5, "--epochs", 4, "--learning-rate", 0.3)
    assert none[0]["objective"]["final"] == pytest.approx(gd[0]["objective"]["final"], rel=1e-12)
    assert some[0]["objective"]["final"] != pytest.approx(gd[0]["objective"]["final"], rel=1e-6)


def test_l2_shrinks_the_weights_and_is_the_penalty_that_is_reported(shell):
    norms = []
    for l2 in (0, 0.01, 1):
        metrics, _, _ = _trained(shell, "iris", "--l2", l2, "--epochs", 100, "--scale", "none")
        objective = metrics["objective"]
        with np.load(shell.folder / f"runs/iris-{len(norms) + 1}/model.npz") as model:
            norms.append(float((model["weights"] ** 2).sum()))
        assert objective["penalty"] == pytest.approx(l2 / 2 * norms[-1], abs=1e-12)
        assert objective["final"] == pytest.approx(objective["cross_entropy"] + objective["penalty"])
        assert objective["sklearn_C"] == (None if l2 == 0 else pytest.approx(1 / (120 * l2)))
    assert norms == sorted(norms, reverse=True)


def test_for_two_classes_the_equal_of_scikit_learn_has_twice_the_c(shell):
    metrics, _, _ = _trained(shell, "moons", "--samples", 100, "--l2", 0.01, "--epochs", 2)
    assert metrics["objective"]["sklearn_C"] == pytest.approx(2 / (80 * 0.01))


def test_early_stopping_keeps_the_epoch_of_the_lowest_validation_loss(shell):
    metrics, config, history = _trained(
        shell, "wine", "--optimizer", "sgd", "--early-stopping", "--patience", 3, "--learning-rate", 2, "--epochs", 300
    )
    losses = [row["val_cross_entropy"] for row in history]
    kept = metrics["objective"]["kept_epoch"]
    assert kept == int(np.argmin(losses))
    assert len(losses) - 1 == kept + 3
    assert metrics["val"]["cross_entropy"] == pytest.approx(losses[kept])
    assert config["patience"] == 3
    assert metrics["val"]["n_rows"] == 18  # a tenth of 178 rows


def test_validation_rows_are_of_the_size_that_was_asked_for(shell):
    metrics, _, history = _trained(shell, "iris", "--val-size", 0.3, "--test-size", 0.1, "--epochs", 2)
    assert [metrics[part]["n_rows"] for part in ("train", "val", "test")] == [90, 45, 15]
    assert {"val_cross_entropy", "val_accuracy"} <= set(history[0])


def test_no_test_rows_leave_no_test_metrics_and_no_predictions(shell):
    metrics, _, _ = _trained(shell, "iris", "--test-size", 0, "--epochs", 2)
    assert "test" not in metrics
    assert metrics["train"]["n_rows"] == 150
    assert not (shell.folder / "runs/iris-1/predictions.csv").exists()


def test_a_seed_chooses_the_rows_and_the_batches(shell):
    rows = [
        shell.read(f"{folder}/predictions.csv")
        for folder, seed in (("a", 1), ("b", 2), ("c", 1))
        if shell.ok("train", "iris", "--epochs", 2, "--seed", seed, "--out", folder)
    ]
    assert rows[0] == rows[2] != rows[1]


def test_scaling_acts_inside_the_model(shell):
    metrics = {
        name: _trained(shell, "wine", "--scale", name, "--epochs", 30)[0] for name in ("standard", "unit", "none")
    }
    assert metrics["standard"]["train"]["cross_entropy"] < metrics["none"]["train"]["cross_entropy"]
    assert len({report["objective"]["final"] for report in metrics.values()}) == 3
    for number, name in enumerate(metrics, 1):
        # whatever the scaling was, the model takes raw rows
        done = shell.ok("evaluate", f"wine-{number}", "wine", "--json")
        told = (metrics[name]["train"]["accuracy"] * 142 + metrics[name]["test"]["accuracy"] * 36) / 178
        assert json.loads(done.out)["accuracy"] == pytest.approx(told)


@pytest.mark.parametrize(("data", "choice"), [("iris", "standardised"), ("digits", "scaled to [0, 1]")])
def test_the_automatic_scaling_is_told(shell, data, choice):
    assert choice in shell.ok("train", data, "--epochs", 1).out


def test_no_intercept_leaves_the_intercept_at_zero(shell):
    _trained(shell, "iris", "--no-intercept", "--epochs", 5)
    with np.load(shell.folder / "runs/iris-1/model.npz") as model:
        assert not model["intercept"].any()


def test_balanced_weights_find_more_of_the_rare_class_and_say_what_they_do(flowers):
    flowers.ok("train", "breast_cancer", "--epochs", 20, "--out", "plain", "--scale", "none", "-q")
    done = flowers.ok(
        "train", "breast_cancer", "--epochs", 20, "--out", "even", "--scale", "none", "--class-weight", "balanced"
    )
    recall = {
        name: json.loads(flowers.read(f"{name}/metrics.json"))["train"]["per_class"][1]["recall"]
        for name in ("plain", "even")
    }
    assert recall["even"] >= recall["plain"]
    assert "probabilities" in done.err
    assert "balanced" in done.err


@pytest.mark.parametrize(("dtype", "digits"), [("float32", 7), ("float64", 16)])
def test_dtype_is_the_precision_of_the_features(shell, dtype, digits):
    metrics, config, _ = _trained(shell, "iris", "--dtype", dtype, "--epochs", 20)
    exact = _trained(shell, "iris", "--epochs", 20)[0]
    assert config["dtype"] == dtype
    close = metrics["objective"]["final"] == exact["objective"]["final"]
    assert close == (dtype == "float64")
    assert metrics["objective"]["final"] == pytest.approx(exact["objective"]["final"], rel=10 ** (2 - digits))


def test_the_target_can_be_named_and_columns_left_out(flowers):
    words = ("datasets/anes96.csv", "--target", "vote", "--exclude", "PID", "--exclude", "age", "--epochs", 5)
    metrics, config, _ = _trained(flowers, *words)
    assert metrics["train"]["classes"] == ["0", "1"]
    assert config["exclude"] == ["PID", "age"]
    features = {line.split(",")[0] for line in flowers.read("runs/anes96-1/coefficients.csv").splitlines()[1:]}
    assert features == {"popul", "TVnews", "selfLR", "ClinLR", "DoleLR", "educ", "income", "(intercept)"}


def test_synthetic_data_have_the_size_noise_and_classes_that_were_asked_for(shell):
    metrics, _, _ = _trained(shell, "blobs", "--samples", 90, "--centers", 5, "--noise", 0.01, "--epochs", 300)
    assert len(metrics["train"]["classes"]) == 5
    assert metrics["train"]["n_rows"] + metrics["test"]["n_rows"] == 90
    assert metrics["train"]["accuracy"] == 1  # clouds of almost no extent


def test_a_split_column_names_the_sides(shell):
    rows = "".join(f"{i},{i % 2},{part}\n" for i, part in enumerate(["train"] * 8 + ["val"] * 3 + ["test"] * 4))
    shell.write("t.csv", "x,y,side\n" + rows)
    metrics, config, history = _trained(shell, "t.csv", "--split-col", "side", "--epochs", 2)
    assert [metrics[part]["n_rows"] for part in ("train", "val", "test")] == [8, 3, 4]
    assert {"val_accuracy", "test_accuracy"} <= set(history[0])
    assert "test_size" not in config
    told = shell.read("runs/t-1/predictions.csv").splitlines()[1:]
    assert [line.split(",")[0] for line in told] == ["12", "13", "14", "15"]


def test_rows_of_a_group_stay_on_one_side(shell):
    shell.write("t.csv", "x,y,who\n" + "".join(f"{i},{i % 2},{'abcdefghij'[i // 6]}\n" for i in range(60)))
    metrics, _, _ = _trained(shell, "t.csv", "--group-col", "who", "--epochs", 2)
    tested = [int(line.split(",")[0]) for line in shell.read("runs/t-1/predictions.csv").splitlines()[1:]]
    assert len(tested) == metrics["test"]["n_rows"] == 12
    assert {(row - 1) // 6 for row in tested} == {(row - 1) // 6 for row in tested if (row - 1) % 6 == 0}
    assert "who" not in shell.read("runs/t-1/coefficients.csv")


def test_a_file_of_test_rows_is_all_that_is_tested(flowers):
    flowers.ok("datasets", "export", "iris", "-o", "all.csv")
    lines = flowers.read("all.csv").splitlines()
    flowers.write("a.csv", "\n".join([lines[0], *lines[1::2]]) + "\n")
    flowers.write("b.csv", "\n".join([lines[0], *lines[2::2]]) + "\n")
    metrics, _, history = _trained(flowers, "a.csv", "--test", "b.csv", "--epochs", 3)
    assert metrics["train"]["n_rows"] == metrics["test"]["n_rows"] == 75
    assert "test_cross_entropy" in history[0]


def test_a_data_home_is_where_idx_files_are_looked_for(shell, monkeypatch):
    def refused(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", refused)
    done = shell("train", "mnist", "--data-home", "nowhere")
    assert done.code == 3
    assert "nowhere" in done.err
    assert "iris" in done.err


IDLE = [
    ("iris --optimizer gd --batch-size 10", "--batch-size"),
    ("iris --optimizer gd --momentum 0.5", "--momentum"),
    ("iris --optimizer sgd --momentum 0.5", "--momentum"),
    ("iris --optimizer adam --momentum 0.5", "--momentum"),
    ("iris --patience 3", "--patience"),
    ("iris --optimizer nesterov --patience 3", "--patience"),
    ("iris --samples 9", "--samples"),
    ("iris --noise 1", "--noise"),
    ("iris --centers 3", "--centers"),
    ("moons --centers 3", "--centers"),
    ("iris --target x", "--target"),
    ("iris --split-col x", "--split-col"),
    ("iris --group-col x", "--group-col"),
    ("iris --overwrite", "--overwrite"),
    ("datasets/penguins.csv --test datasets/penguins.csv --test-size 0.1", "--test-size"),
    ("datasets/penguins.csv --test datasets/penguins.csv --split-col species", "--split-col"),
    ("datasets/penguins.csv --split-col species --test-size 0.1", "--test-size"),
    ("datasets/penguins.csv --split-col species --group-col species", "--group-col"),
]


@pytest.mark.parametrize(("words", "option"), IDLE)
def test_an_option_without_effect_is_a_usage_error_that_names_it(flowers, words, option):
    done = flowers("train", *words.split())
    assert done.code == 2
    assert option in done.err
    assert not done.out


def test_a_validation_size_beside_validation_rows_is_a_usage_error(shell):
    shell.write(
        "t.csv",
        "x,y,side\n"
        + "".join(f"{i},{i % 2},{'tv'[i > 9]}\n" for i in range(15)).replace("t\n", "train\n").replace("v\n", "val\n"),
    )
    assert shell("train", "t.csv", "--split-col", "side", "--val-size", 0.1).code == 2


@pytest.mark.parametrize(
    "words",
    [
        "--epochs 0", "--epochs 2.5", "--epochs many", "--learning-rate 0", "--learning-rate -1", "--learning-rate nan",
        "--learning-rate inf", "--l2 -1", "--l2 nan", "--tol -1", "--momentum 1 --optimizer momentum", "--patience 0",
        "--batch-size 0 --optimizer sgd", "--batch-size 2.7 --optimizer sgd", "--seed -1", "--seed 1.5", "--seed x",
        "--test-size 1", "--test-size -0.1", "--test-size half", "--val-size 1", "--val-size 0.9", "--optimizer newton",
        "--scale robust", "--schedule step", "--class-weight even", "--dtype float16", "--nothing", "wine",
        "--time-limit 0", "--time-limit soon", "--threads 0", "--threads 1.5", "--precondition full",
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_a_usage_error(shell, words):
    done = shell("train", "iris", *words.split())
    assert done.code == 2
    assert words.split()[0].removeprefix("--") in done.err
    assert not (shell.folder / "runs").exists()


@pytest.mark.parametrize("words", ["--samples 0", "--centers 1", "--noise -1", "--samples 2", "--samples many"])
def test_impossible_clouds_are_usage_errors(shell, words):
    assert shell("train", "blobs", *words.split()).code == 2


def test_a_step_above_the_guarantee_is_answered_before_training(shell):
    done = shell.ok("train", "iris", "--optimizer", "gd", "--learning-rate", 3, "--epochs", 20)
    limit = 2 / json.loads(shell.read("runs/iris-1/metrics.json"))["objective"]["curvature_bound"]
    assert f"{3 / limit:.3g} times" in done.err
    assert f"{limit:.3g}" in done.err
    assert "may work all the same" in " ".join(done.err.split())
    assert (
        "times"
        not in shell.ok("train", "iris", "--optimizer", "gd", "--learning-rate", limit * 0.99, "--epochs", 2).err
    )


def test_a_step_that_is_much_too_large_ends_with_code_4_and_keeps_the_best_weights(shell):
    done = shell("train", "iris", "--optimizer", "gd", "--learning-rate", 1000)
    assert done.code == 4
    metrics = json.loads(shell.read("runs/iris-1/metrics.json"))
    assert metrics["objective"]["diverged"]
    assert metrics["objective"]["final"] <= math.log(3) * (1 + 1e-9)
    safe = 1 / metrics["objective"]["curvature_bound"]
    assert f"--learning-rate {safe:.3g}" in done.err
    assert "runs/iris-1" in done.err
    shell.ok("predict", "last", "iris")
    shell.ok("train", "iris", "--optimizer", "gd", "--learning-rate", f"{safe:.3g}", "--epochs", 30)


def test_numbers_that_overflow_end_with_code_4_too(shell):
    done = shell("train", "wine", "--optimizer", "gd", "--learning-rate", 1e200, "--scale", "none", "--epochs", 5)
    assert done.code == 4
    assert "Traceback" not in done.err
    shell.ok("evaluate", "last", "wine")

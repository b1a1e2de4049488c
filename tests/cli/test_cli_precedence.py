"""Where a setting comes from: a flag beats the environment, that beats a TOML file, and that the default."""

from __future__ import annotations

import tomllib

import pytest

pytestmark = pytest.mark.usefixtures("no_pictures")


def _epochs(shell, *words, **environment):
    shell.ok("train", "iris", "-q", *words, **environment)
    return tomllib.loads(shell.read(shell.read("runs/.last").strip() + "/config.toml"))["epochs"]


def test_a_flag_beats_the_environment_which_beats_a_file_which_beats_the_default(shell):
    shell.write("c.toml", "epochs = 3\n")
    assert _epochs(shell) == 1000
    assert _epochs(shell, "--config", "c.toml") == 3
    assert _epochs(shell, "--config", "c.toml", SOFTREG_TRAIN_EPOCHS="4") == 4
    assert _epochs(shell, "--config", "c.toml", "--epochs", 5, SOFTREG_TRAIN_EPOCHS="4") == 5
    assert _epochs(shell, SOFTREG_TRAIN_EPOCHS="4", SOFTREG_TRAIN_CONFIG="c.toml") == 4


def test_data_of_a_file_is_used_unless_data_are_named(shell):
    shell.write("c.toml", 'data = "wine"\nepochs = 2\n')
    assert shell.ok("train", "--config", "c.toml").out.startswith("wine ")
    assert shell.ok("train", "iris", "--config", "c.toml").out.startswith("iris ")


def test_keys_are_written_with_dashes_or_underscores(shell):
    shell.write("c.toml", 'optimizer = "gd"\nlearning-rate = 0.5\nl2 = 0\n'
                          'test_size = 0.4\nfit-intercept = false\nearly_stopping = true\n'
                          'val-size = "auto"\npatience = 4\nexclude = ["petal width (cm)"]\nepochs = 5\n')  # fmt: skip
    shell.ok("train", "iris", "--config", "c.toml", "-q")
    config = tomllib.loads(shell.read("runs/iris-1/config.toml"))
    asked = {"learning_rate": 0.5, "l2": 0, "test_size": 0.4, "fit_intercept": False, "early_stopping": True}
    assert asked | {"patience": 4, "exclude": ["petal width (cm)"], "epochs": 5} == {
        key: config[key] for key in (*asked, "patience", "exclude", "epochs")
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('optimizer = "sgd"\nbatch_size = 2.7', ["batch_size", "2.7", "whole number"]),
        ('optimizer = "sgd"\nbatch-size = true', ["batch_size", "true", "whole number"]),
        ("l2 = true", ["l2", "true", "number"]),
        ("seed = false", ["seed", "false"]),
        ("learning_rate = nan", ["learning_rate", "nan"]),
        ("epochs = [1, 2]", ["epochs"]),
        ("epochs = 2001-01-01", ["epochs"]),
        ('optimizer = "newton"', ["optimizer", "newton", "nesterov"]),
        ("early_stopping = 3", ["early_stopping", "3"]),
        ("epohcs = 3", ["epohcs", '"epochs"']),
        ("no_intercept = true", ["no_intercept", '"fit_intercept"']),
        ("zzzz = 3", ["zzzz", "learning_rate"]),
        ("[train]\nepochs = 3", ["train"]),
        ('out = "x"', ["out", "--out"]),
        ("json = true", ["json", "--json"]),
        ("as_json = true", ["as_json", "--json"]),
        ("overwrite = true", ["overwrite", "--overwrite"]),
        ("help_all = true", ["help_all"]),
        ("patience = 3", ["--patience", "no effect"]),
    ],
)
def test_what_a_file_cannot_mean_is_a_usage_error_with_file_and_key(shell, line, told):
    shell.write("c.toml", line + "\n")
    done = shell("train", "iris", "--config", "c.toml")
    assert done.code == 2
    assert all(word in done.err for word in told if word)
    assert "no effect" in told or "c.toml" in done.err
    assert not done.out


@pytest.mark.parametrize("content", [b"epochs = ", b"\xff\xfe", b"a = 1\na = 2\n", b"epochs 3\n"])
def test_a_damaged_file_ends_with_code_3(shell, content):
    shell.write("c.toml", content)
    done = shell("train", "iris", "--config", "c.toml")
    assert done.code == 3
    assert "c.toml" in done.err


@pytest.mark.parametrize("name", ["nothing.toml", "."])
def test_a_file_that_is_not_there_ends_with_code_3(shell, name):
    assert shell("train", "iris", "--config", name).code == 3


@pytest.mark.parametrize(("name", "value"), [("EPOCHS", "many"), ("OPTIMIZER", "newton"), ("EARLY_STOPPING", "maybe")])
def test_a_bad_value_of_the_environment_names_its_variable(shell, name, value):
    done = shell("train", "iris", **{f"SOFTREG_TRAIN_{name}": value})
    assert done.code == 2
    assert f"SOFTREG_TRAIN_{name}" in done.err
    assert value in done.err


def test_an_option_without_effect_is_refused_from_wherever_it_comes(shell):
    assert shell("train", "iris", SOFTREG_TRAIN_BATCH_SIZE="8").code == 2
    shell.write("c.toml", "batch_size = 8\n")
    assert shell("train", "iris", "--config", "c.toml").code == 2


def test_other_commands_read_the_environment_too(flowers):
    assert flowers.ok("predict", "last", "datasets/penguins.csv", SOFTREG_PREDICT_PROBA="1").out.startswith(
        "prediction,confidence,p_Adelie"
    )

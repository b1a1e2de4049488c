"""configs/ are recipes that work."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from softreg.data.idx import find_folder

CONFIGS = Path(__file__).parent.parent / "configs"
FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture
def trained(shell, no_pictures):
    """Train by a recipe, without pictures, and return the metrics and the resolved configuration."""

    def train(name, *words):
        shutil.copytree(CONFIGS, shell.folder / "configs", dirs_exist_ok=True)
        shell.ok("train", "--config", f"configs/{name}.toml", "--out", name, "-q", *words)
        return json.loads(shell.read(f"{name}/metrics.json")), tomllib.loads(shell.read(f"{name}/config.toml"))

    return train


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_is_resolved_to_what_it_says(trained, path):
    recipe = tomllib.loads(path.read_text())
    _, config = trained(path.stem, *(("iris", "--epochs", 1) if recipe["data"] == "fashion_mnist" else ()))
    for key, value in recipe.items():
        if value != "auto" and not (recipe["data"] == "fashion_mnist" and key in {"data", "epochs"}):
            assert config[key] == value, key


def test_the_comment_of_every_recipe_is_its_command():
    for path in CONFIGS.glob("*.toml"):
        assert f"softreg train --config configs/{path.name}" in path.read_text()


def test_iris_is_plain_gradient_descent_and_reaches_nine_in_ten(trained):
    metrics, config = trained("iris")
    assert config["optimizer"] == "gd"
    assert metrics["test"]["accuracy"] >= 0.9


def test_digits_reach_95_percent_on_the_test_rows(trained):
    assert trained("digits")[0]["test"]["accuracy"] >= 0.95


@pytest.mark.skipif(
    find_folder([FASHION]) is None,
    reason=f"the files of Fashion-MNIST are not in {FASHION}; Debian: apt-get install dataset-fashion-mnist",
)
def test_fashion_mnist_reaches_82_percent_on_the_official_test_rows(trained):
    metrics, config = trained("fashion_mnist")
    assert metrics["test"]["n_rows"] == 10_000
    assert metrics["test"]["accuracy"] >= 0.82
    assert (config["optimizer"], config["batch_size"], config["epochs"], config["l2"]) == ("sgd", 256, 10, 0)

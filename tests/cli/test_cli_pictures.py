"""plot, compare, datasets, and what train prints."""

from __future__ import annotations

import csv
import json
import math
import re

import numpy as np
import pytest

PNG, PDF, SVG = b"\x89PNG\r\n", b"%PDF", b"<?xml"


def _bytes(shell, name):
    return (shell.folder / name).read_bytes()


@pytest.mark.parametrize("kind", ["curves", "confusion", "weights", "mistakes"])
def test_every_plot_goes_into_the_run_and_is_told(flowers, kind):
    path = flowers.folder / f"runs/penguins-1/{kind}.png"
    path.unlink(missing_ok=True)
    done = flowers.ok("plot", "penguins-1", "--kind", kind)
    assert f"saved     runs/penguins-1/{kind}.png" in done.out
    assert path.read_bytes().startswith(PNG)
    following = re.search(r"^next +softreg (.*)$", done.out, re.MULTILINE)[1].split()
    if following[0] == "plot":
        flowers.ok(*following)


def test_a_boundary_is_drawn_over_two_features_and_refused_over_four(shell, no_pictures):
    shell.ok("train", "blobs", "--epochs", 20, "-q")
    shell.ok("plot", "last", "--kind", "boundary")
    assert _bytes(shell, "runs/blobs-1/boundary.png").startswith(PNG)
    shell.ok("train", "iris", "--epochs", 5, "-q")
    done = shell("plot", "last", "--kind", "boundary")
    assert done.code == 3
    assert "--exclude" in done.err


def test_weights_and_mistakes_of_images_are_images(shell, no_pictures):
    shell.ok("train", "digits", "--epochs", 5, "-q")
    for kind in ("weights", "mistakes"):
        shell.ok("plot", "last", "--kind", kind)
        assert _bytes(shell, f"runs/digits-1/{kind}.png").startswith(PNG)


def test_several_runs_overlay_their_curves_and_leave_their_own_alone(flowers):
    own = _bytes(flowers, "runs/iris-1/curves.png")
    done = flowers.ok("plot", "iris-1", "iris-2", "penguins-1")
    assert "saved     curves.png" in done.out
    assert _bytes(flowers, "runs/iris-1/curves.png") == own != _bytes(flowers, "curves.png")
    assert flowers("plot", "iris-1", "iris-2").code == 2  # curves.png exists now
    assert flowers("plot", "iris-1", "iris-2", "--kind", "weights", "-o", "w.png").code == 2


@pytest.mark.parametrize(("name", "start"), [("a.png", PNG), ("a.svg", SVG), ("a.pdf", PDF)])
def test_the_suffix_is_the_format(flowers, name, start):
    flowers.ok("plot", "iris-1", "-o", name)
    assert _bytes(flowers, name).startswith(start)
    before = _bytes(flowers, name)
    assert flowers("plot", "iris-2", "-o", name).code == 2
    assert _bytes(flowers, name) == before
    flowers.ok("plot", "iris-2", "-o", name, "--overwrite")
    assert _bytes(flowers, name) != before


@pytest.mark.parametrize(("name", "code"), [("a.jpg", 2), ("a", 2), ("nowhere/a.png", 3)])
def test_a_picture_that_cannot_be_written_is_refused(flowers, name, code):
    done = flowers("plot", "iris-1", "-o", name)
    assert done.code == code
    assert not (flowers.folder / name).exists()


def test_a_run_without_test_rows_has_no_confusion(shell):
    shell.ok("train", "iris", "--epochs", 2, "--test-size", 0, "-q")
    assert not (shell.folder / "runs/iris-1/confusion.png").exists()
    for kind in ("confusion", "mistakes"):
        done = shell("plot", "last", "--kind", kind)
        assert done.code == 3, kind
        assert "test" in done.err
    for kind in ("curves", "weights"):
        shell.ok("plot", "last", "--kind", kind)


def test_a_run_whose_data_changed_or_are_gone_is_not_drawn_over_other_data(shell, no_pictures):
    shell.ok("datasets", "export", "blobs", "-o", "b.csv")
    shell.ok("train", "b.csv", "--epochs", 2, "-q")
    shell.ok("plot", "last", "--kind", "boundary")
    path = shell.folder / "b.csv"
    path.write_text(path.read_text() + "0,0,1\n")
    done = shell("plot", "last", "--kind", "boundary")
    assert done.code == 3
    assert "changed" in done.err
    path.unlink()
    assert shell("plot", "last", "--kind", "boundary").code == 3
    shell.ok("plot", "last", "--kind", "weights")


def test_comparing_shows_what_differs_and_what_was_reached(flowers):
    done = flowers.ok("compare", "iris-1", "iris-2", "penguins-1")
    keys = [line.split("  ")[0] for line in done.out.splitlines()]
    assert {"data", "optimizer", "epochs", "early_stopping", "objective", "test accuracy", "val accuracy"} <= set(keys)
    assert not {"seed", "l2", "scale", "record"} & set(keys)
    assert max(map(len, done.out.splitlines())) <= 80
    content = json.loads(flowers.ok("compare", "iris-1", "iris-2", "--json").out)
    metrics = [json.loads(flowers.read(f"runs/{name}/metrics.json")) for name in ("iris-1", "iris-2")]
    assert content["names"] == ["runs/iris-1", "runs/iris-2"]
    assert content["metrics"]["test accuracy"] == [report["test"]["accuracy"] for report in metrics]
    assert content["metrics"]["val accuracy"] == [None, metrics[1]["val"]["accuracy"]]
    assert content["config"]["optimizer"] == ["gd", "sgd"]


def test_one_run_cannot_be_compared(flowers):
    assert flowers("compare", "iris-1").code == 2
    assert flowers("compare").code == 2


def test_data_sets_are_listed_shown_and_exported(shell):
    from softreg.data.catalogue import CATALOGUE

    listed = shell.ok("datasets").out
    assert all(entry.name in listed for entry in CATALOGUE)
    assert max(map(len, listed.splitlines())) <= 80
    shown = shell.ok("datasets", "show", "wine").out
    assert "178 rows, 13 features" in shown
    assert "class_1 (71)" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "moons"])
def test_what_was_exported_trains_to_the_same_model(shell, no_pictures, name):
    shell.ok("datasets", "export", name, "-o", "own.csv")
    assert shell.ok("datasets", "export", name).out == shell.read("own.csv")
    assert shell("datasets", "export", name, "-o", "own.csv").code == 2
    words = ("--epochs", 3, "-q", "--scale", "standard", "--dtype", "float64")
    shell.ok("train", name, *words, "--out", "a")
    shell.ok("train", "own.csv", *words, "--out", "b")
    first, second = (
        [float(row["weight"]) for row in csv.DictReader(shell.read(f"{run}/coefficients.csv").splitlines())]
        for run in "ab"
    )
    assert np.allclose(first, second, rtol=1e-9, atol=1e-12)


def test_an_unknown_data_set_cannot_be_shown(shell):
    assert shell("datasets", "show", "wien").code == 3
    assert '"wine"' in shell("datasets", "export", "wien").err


@pytest.mark.parametrize(
    "words",
    [
        "iris", "wine", "digits --epochs 5", "breast_cancer", "blobs", "moons --optimizer sgd", "circles --test-size 0",
        "datasets/penguins.csv", "datasets/anes96.csv --target PID", "blobs --centers 6 --early-stopping",
        "datasets/anes96.csv --target vote", "wine --optimizer adam --val-size 0.2",
        "iris --optimizer gd --learning-rate 1e9",
    ],
)  # fmt: skip
def test_the_summary_is_about_twenty_lines_of_eighty_columns(flowers, no_pictures, words):
    done = flowers("train", *words.split(), *(() if "epochs" in words else ("--epochs", 60)))
    lines = done.out.splitlines()
    assert 11 <= len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert lines[-2].startswith("saved     runs/")
    assert lines[-1].startswith("next      softreg plot last")
    assert not any(line != line.rstrip() for line in lines)
    assert max(map(len, done.err.splitlines()), default=0) <= 80


def test_the_summary_tells_the_numbers_of_the_run(flowers, no_pictures):
    done = flowers.ok("train", "datasets/penguins.csv", "--epochs", 40)
    metrics = json.loads(flowers.read("runs/penguins-2/metrics.json"))
    out = " ".join(done.out.split())
    assert "342 rows; species: Adelie (151), Chinstrap (68), Gentoo (123); 273 train, 69 test, seed 0" in out
    assert "l2 1e-4 = scikit-learn C 36.6" in out
    assert f"{math.log(3):.3f} = log 3" in out
    low, high = metrics["test"]["accuracy_interval"]
    assert f"accuracy {metrics['test']['accuracy']:.3f} {low:.3f}-{high:.3f} {metrics['train']['accuracy']:.3f}" in out
    assert f"cross-entropy {metrics['test']['cross_entropy']:.3f} {metrics['train']['cross_entropy']:.3f}" in out


NASTY = ["\x1b[31mred\x1b[0m", "\x9b2J", "a\x07b", "tab\there", "\u202eturned"]


def test_no_data_can_steer_the_terminal(shell, no_pictures):
    import polars as pl

    columns = {f"{name}{place}": [float(i * place % 7 + i) for i in range(60)] for place, name in enumerate(NASTY)}
    labels = [NASTY[i // 20] for i in range(60)]
    pl.DataFrame(columns | {"label": labels}).write_csv(shell.folder / "t.csv")
    shell.write("other.csv", "\x1b[31mred,label\n1,2\n")
    calls = [
        shell("train", "t.csv", "--epochs", 20),
        shell("evaluate", "last", "t.csv"),
        shell("datasets", "show", "t.csv"),
        shell("predict", "last", "other.csv"),
        shell("train", "t.csv", "--target", "\x1b[31m"),
        shell("train", "\x1b[31m.csv"),
        shell("plot", "last", "--kind", "\x1b[31m"),
        shell("plot", "last", "--kind", "weights"),
        shell("train", "t.csv", "--exclude", NASTY[0]),
    ]
    for done in calls:
        assert not [char for char in done.out + done.err if not char.isprintable() and char != "\n"]
    told = {row["prediction"] for row in csv.DictReader(shell.ok("predict", "last", "t.csv").out.splitlines())}
    assert told <= set(NASTY)  # answers are data, and come back as they were given

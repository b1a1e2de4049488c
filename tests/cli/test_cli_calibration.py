"""train --calibrate and --shares, and what the other commands then see; the pictures of both."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest

from softreg.calibration import unfolded
from softreg.runs import Run

SURE = "datasets/anes96.csv --target PID --l2 0 --val-size 0.3"
"""Nine columns, seven classes and no penalty: too sure of itself."""

ONE = "a,b,label\n" + "".join(
    f"{(place * 7919) % 101},{(place * 104729) % 103},{'rare' if place % 13 == 0 else 'common'}\n"
    for place in range(300)
)
"""A rare class that the columns hardly tell."""


def metrics(shell, run):
    return json.loads(shell.read(f"{run}/metrics.json"))


def words(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture
def pair(flowers, no_pictures):
    """The same training twice: as it is, and with a temperature."""
    flowers.ok("train", *SURE.split(), "--out", "plain", "-q")
    flowers.ok("train", *SURE.split(), "--calibrate", "temperature", "--out", "mended", "-q")
    return flowers


def test_the_temperature_is_told_with_what_it_did_to_rows_that_chose_nothing(flowers, no_pictures):
    done = flowers.ok("train", *SURE.split(), "--calibrate", "temperature", "--out", "mended")
    told = metrics(flowers, "mended")["calibration"]
    assert told["temperature"] > 1
    assert told["reason"] == ""
    before, after = (told[when]["test"]["cross_entropy"] for when in ("before", "after"))
    low, high = told["interval"]
    assert 1 < low < told["temperature"] < high
    ends = f"(95% {low:.3g}-{high:.3g})"
    line = f"calibrated temperature {told['temperature']:.3g} {ends}, fitted on {told['n_rows']} validation rows; "
    assert line + f"cross-entropy of the test rows {before:.3f} -> {after:.3f}" in words(done.out)
    assert max(map(len, done.out.splitlines())) <= 80
    assert told["after"]["val"]["cross_entropy"] <= told["before"]["val"]["cross_entropy"]


def test_before_is_what_the_same_training_without_it_has_measured(pair):
    plain, mended = metrics(pair, "plain"), metrics(pair, "mended")
    for part in ("val", "test"):
        for name in ("cross_entropy", "brier", "ece", "ece_if_calibrated", "reliability"):
            assert mended["calibration"]["before"][part][name] == plain[part][name]
            assert mended["calibration"]["after"][part][name] == mended[part][name]
        assert plain[part]["confusion"] == mended[part]["confusion"]
    assert plain["objective"] == mended["objective"]  # it speaks of training, and that was the same
    assert "calibration" not in plain


def test_it_lies_in_the_weights_and_can_be_taken_out(pair):
    plain, mended = (Run(pair.folder / name).model() for name in ("plain", "mended"))
    T = metrics(pair, "mended")["calibration"]["temperature"]
    np.testing.assert_allclose(mended.weights * T, plain.weights, rtol=1e-13)
    back = unfolded(mended)
    np.testing.assert_allclose(back.weights, plain.weights, rtol=1e-13)
    np.testing.assert_allclose(back.intercept, plain.intercept, rtol=1e-13)
    assert back.metadata == plain.metadata


def test_every_command_sees_the_calibrated_model(pair):
    pair.ok("predict", "mended", "datasets/anes96.csv", "--proba", "-o", "answers.csv", "-q")
    answers = list(csv.DictReader(io.StringIO(pair.read("answers.csv"))))
    for row in csv.DictReader(io.StringIO(pair.read("mended/predictions.csv"))):
        answer = answers[int(row["row"]) - 1]
        assert float(answer["confidence"]) == pytest.approx(float(row["confidence"]), rel=1e-12)
        assert answer["prediction"] == row["prediction"]
    pair.ok("export", "mended", "--format", "json", "-o", "m.json")
    told = [json.loads(pair.ok("evaluate", name, "datasets/anes96.csv", "--json").out) for name in ("mended", "m.json")]
    assert told[0] == told[1]
    line = words(pair.ok("show", "mended").out)
    record = metrics(pair, "mended")["calibration"]
    ends = "-".join(f"{end:.3g}" for end in record["interval"])
    assert f"calibrated temperature {record['temperature']:.3g} (95% {ends}), fitted on {record['n_rows']}" in line
    assert "calibrated" not in pair.ok("show", "plain").out
    assert json.loads(pair.ok("show", "m.json", "--json").out)["training"]["calibration"]["n_rows"] == record["n_rows"]
    first = next(csv.DictReader(io.StringIO(pair.read("mended/coefficients.csv"))))
    assert float(first["weight"]) == Run(pair.folder / "mended").model().weights[0, 0]


def test_validation_rows_are_held_out_where_they_are_needed_and_a_refusal_names_the_option(shell, no_pictures):
    shell.ok("train", "iris", "--calibrate", "temperature", "-q")
    assert metrics(shell, "runs/iris-1")["val"]["n_rows"] == 15
    done = shell("train", "iris", "--calibrate", "temperature", "--val-size", 0)
    assert done.code == 2
    assert "--val-size" in done.err
    assert not (shell.folder / "runs/iris-2").exists()


def test_rows_that_are_all_right_leave_the_temperature_at_one_and_say_why(shell, no_pictures):
    done = shell.ok("train", "blobs", "--noise", 0.1, "--calibrate", "temperature")
    assert "no temperature, for every validation row is answered rightly" in words(done.out)
    told = metrics(shell, "runs/blobs-1")["calibration"]
    assert told["temperature"] == 1
    assert told["before"] is told["after"] is None
    assert "answered rightly" in words(shell.ok("show", "last").out)


def test_one_validation_row_and_a_class_missing_among_them_are_enough(shell, no_pictures):
    lines = ["x,label,side"] + [f"{place * 13 % 29},{'abc'[place * 7 % 3]},train" for place in range(60)]
    for sides in (["5,a,val"], ["5,b,val", "7,b,val", "8,a,val"]):
        shell.write("t.csv", "\n".join([*lines, *sides, "3,c,test", "4,a,test"]) + "\n")
        done = shell.ok("train", "t.csv", "--split-col", "side", "--calibrate", "temperature")
        assert "temperature" in done.out
        assert "nan" not in (done.out + done.err).lower()
        json.loads(shell.read(f"runs/t-{len(sides) // 2 + 1}/metrics.json"), parse_constant=pytest.fail)


def test_balanced_class_weights_are_told_for_what_they_do_and_the_shares_come_back(shell, no_pictures):
    shell.write("t.csv", ONE)
    done = shell.ok("train", "t.csv", "--class-weight", "balanced", "--out", "even")
    (rare,) = (row for row in metrics(shell, "even")["calibration"]["mean_proba"] if row["class"] == "rare")
    assert rare["share"] < 0.1 < 0.4 < rare["after"]
    note = f"rare gets {rare['after']:.3f} on average and has a share of {rare['share']:.3f}. --shares true corrects"
    assert note in words(done.err)
    assert "equally common" in words(shell.ok("show", "even").out)

    done = shell.ok("train", "t.csv", "--class-weight", "balanced", "--shares", "true", "--out", "back")
    assert "equally common" not in words(done.err)
    assert "shifted back" in words(done.out)
    assert "shifted back" in words(shell.ok("show", "back").out)
    (rare,) = (row for row in metrics(shell, "back")["calibration"]["mean_proba"] if row["class"] == "rare")
    assert rare["after"] == pytest.approx(rare["share"], rel=0.1)
    shares = metrics(shell, "even")["calibration"]["mean_proba"]
    models = [Run(shell.folder / name).model() for name in ("even", "back")]
    moved = models[1].intercept - models[0].intercept
    assert moved[1] - moved[0] == pytest.approx(math.log(shares[1]["share"] / shares[0]["share"]), rel=1e-9)


def test_shares_and_temperature_together_are_both_in_the_weights(shell, no_pictures):
    shell.write("t.csv", ONE)
    common = ("train", "t.csv", "--class-weight", "balanced", "--val-size", 0.2, "-q")
    shell.ok(*common, "--out", "even")
    shell.ok(*common, "--shares", "true", "--calibrate", "temperature", "--out", "both")
    models = [Run(shell.folder / name).model() for name in ("even", "both")]
    np.testing.assert_allclose(unfolded(models[1]).intercept, models[0].intercept, atol=1e-12)
    record = models[1].metadata["calibration"]
    X = np.array([[1.0, 2.0]])
    np.testing.assert_allclose(models[1].logits(X), (models[0].logits(X) + record["shift"]) / record["temperature"])


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("iris --shares true", "--class-weight balanced"),
        ("iris --shares balanced", "--class-weight balanced"),
        ("iris --calibrate tempreature", "temperature"),
        ("soft.csv --target-distribution a,b --class-weight balanced --shares true", "soft labels"),
    ],
)
def test_what_has_no_effect_or_no_meaning_is_refused(shell, more, told):
    shell.write(
        "soft.csv", "x,a,b\n" + "".join(f"{place % 5},{place % 3 + 1},{place % 4 + 1}\n" for place in range(40))
    )
    done = shell("train", *more.split())
    assert done.code == 2
    assert told in words(done.err)
    assert not (shell.folder / "runs").exists()


def test_soft_labels_and_weights_have_a_temperature_too(shell, no_pictures):
    rows = "".join(f"{place % 5},{place % 3 + 1},{(place * 7) % 4 + 1},{place % 2 + 1}\n" for place in range(80))
    shell.write("soft.csv", "x,a,b,w\n" + rows)
    shell.ok(
        "train", "soft.csv", "--target-distribution", "a,b", "--weight-col", "w", "--calibrate", "temperature", "-q"
    )
    told = metrics(shell, "runs/soft-1")
    assert told["calibration"]["temperature"] > 0
    assert all(row["chance"] is None for row in told["test"]["reliability"])


def test_a_cross_validation_says_that_it_measured_the_fits_before(flowers, no_pictures):
    done = flowers.ok("train", *SURE.split(), "--calibrate", "temperature", "--cv", 2)
    assert "before calibration" in words(done.err)


@pytest.mark.parametrize("kind", ["reliability", "coverage"])
def test_pictures_are_of_the_test_rows_or_else_of_the_validation_rows(shell, no_pictures, kind):
    shell.ok("train", "iris", "--calibrate", "temperature", "--out", "a", "-q")
    shell.ok("train", "iris", "--val-size", 0.2, "--test-size", 0, "--out", "b", "-q")
    shell.ok("train", "iris", "--test-size", 0, "--out", "c", "-q")
    for name in ("a", "b"):
        done = shell.ok("plot", name, "--kind", kind)
        assert (shell.folder / f"{name}/{kind}.png").read_bytes().startswith(b"\x89PNG")
        assert "next" in done.out
    done = shell("plot", "c", "--kind", kind)
    assert done.code == 3
    assert "--test-size" in done.err


def test_a_run_of_an_older_softreg_is_told_to_be_trained_again(shell, no_pictures):
    shell.ok("train", "iris", "--out", "a", "-q")
    old = metrics(shell, "a")
    for part in ("train", "test"):
        del old[part]["reliability"], old[part]["coverage"]
    shell.write("a/metrics.json", json.dumps(old))
    for kind in ("reliability", "coverage"):
        done = shell("plot", "a", "--kind", kind)
        assert done.code == 3
        assert "Train it again" in words(done.err)

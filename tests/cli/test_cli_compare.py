"""compare --test: several runs on the same rows, and what can be told of the difference."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest


@pytest.fixture
def rivals(flowers, no_pictures):
    """Two runs on three quarters of the penguins: one sees the bill, the other the body mass alone."""
    header, *lines = flowers.read("datasets/penguins_full.csv").splitlines()
    flowers.write("known.csv", "\n".join([header, *(lines[k] for k in range(len(lines)) if k % 4)]) + "\n")
    flowers.write("new.csv", "\n".join([header, *lines[::4]]) + "\n")
    flowers.ok("train", "known.csv", "--features", "bill_*", "--test-size", 0, "--out", "bill", "-q")
    flowers.ok("train", "known.csv", "--features", "body_mass_g", "--test-size", 0, "--out", "mass", "-q")
    return flowers


def compared(shell, *words):
    return json.loads(shell.ok("compare", *words, "--json").out)["test"]


def test_scores_are_those_that_evaluate_gives(rivals):
    found = compared(rivals, "bill", "mass", "--test", "new.csv")
    for place, run in enumerate(("bill", "mass")):
        report = json.loads(rivals.ok("evaluate", run, "new.csv", "--json").out)
        assert found["n_rows"] == report["n_rows"]
        for measure, values in found["scores"].items():
            assert values[place] == pytest.approx(report[measure])
    (rival,) = found["rivals"]
    for measure, told in rival["differences"].items():
        first, this = found["scores"][measure]
        assert told["value"] == pytest.approx(this - first)
        assert told["low"] < told["value"] < told["high"]
        assert told["better"] == "first"
    answers = {}
    for run in ("bill", "mass"):
        rivals.ok("predict", run, "new.csv", "--keep", "species", "-o", f"{run}.csv", "-q")
        answers[run] = [line.split(",")[:2] for line in rivals.read(f"{run}.csv").splitlines()[1:]]
    right = {run: np.array([label == says for label, says in pairs]) for run, pairs in answers.items()}
    assert rival["first_alone"] == (right["bill"] & ~right["mass"]).sum()
    assert rival["this_alone"] == (right["mass"] & ~right["bill"]).sum()


def test_a_person_is_told_who_is_better_by_how_much(rivals):
    done = rivals.ok("compare", "bill", "mass", "--test", "new.csv")
    text = " ".join(done.out.split())
    assert "86 rows of new.csv" in text
    assert "accuracy bill is better by 0." in text
    assert "on rows like these" in text
    assert max(map(len, done.out.splitlines())) <= 80
    assert done.out.splitlines()[-1] == "next      softreg plot bill mass"


def test_equal_models_are_equal_and_not_merely_undecided(rivals):
    rivals.ok("train", "--config", "bill/config.toml", "--out", "again", "-q")
    found = compared(rivals, "bill", "again", "--test", "new.csv")
    for told in found["rivals"][0]["differences"].values():
        assert (told["value"], told["low"], told["high"], told["better"]) == (0, 0, 0, "equal")
    assert rivals.ok("compare", "bill", "again", "--test", "new.csv").out.count("equal in every one") == 3


def test_what_few_rows_cannot_tell_is_not_told(rivals):
    rivals.ok("train", "known.csv", "--features", "bill_*", "--l2", 0.01, "--test-size", 0, "--out", "near", "-q")
    lines = rivals.read("new.csv").splitlines()
    rivals.write("few.csv", "\n".join([lines[0], *lines[1:60:6]]) + "\n")
    # on two rows of 86 alone they differ in whether they are right
    text = " ".join(rivals.ok("compare", "bill", "near", "--test", "new.csv").out.split())
    assert "accuracy no difference can be told from these 86 rows; near less bill: -" in text
    assert "too narrow" in rivals.ok("compare", "bill", "near", "--test", "few.csv").err
    rivals.write("one.csv", "\n".join(lines[:2]) + "\n")
    done = rivals.ok("compare", "bill", "near", "--test", "one.csv")
    assert done.out.count("one row tells nothing of others") == 3
    found = compared(rivals, "bill", "near", "--test", "one.csv")
    assert found["rivals"][0]["differences"]["brier"]["low"] is None


def test_a_bootstrap_of_few_rows_that_differ_is_not_trusted(rivals, monkeypatch):
    """Four rows that one alone has right, and none the other: the bootstrap is sure, a coin is not."""
    from softreg.model import SoftmaxModel

    usual = SoftmaxModel.predict_log_proba

    def but_for_four_rows(model, X):
        log_proba = usual(model, X)
        if model.inputs == ("body_mass_g",):
            log_proba = usual(Bill.model, Bill.X)
            right = np.flatnonzero(log_proba.argmax(axis=1) == 0)[:4]
            log_proba[right] = log_proba[right][:, ::-1]
        else:
            Bill.model, Bill.X = model, X
        return log_proba

    class Bill:
        """What the first run was asked."""

    monkeypatch.setattr(SoftmaxModel, "predict_log_proba", but_for_four_rows)
    (rival,) = compared(rivals, "bill", "mass", "--test", "new.csv")["rivals"]
    told = rival["differences"]["accuracy"]
    assert (rival["first_alone"], rival["this_alone"], rival["p_value"]) == (4, 0, 0.125)
    assert told["high"] < 0
    assert told["better"] == "unknown"
    text = " ".join(rivals.ok("compare", "bill", "mass", "--test", "new.csv").out.split())
    assert "on too few rows that tell them apart" in text


def test_of_several_runs_each_is_set_against_the_first(rivals):
    rivals.ok("train", "known.csv", "--features", "flipper_*", "--test-size", 0, "--out", "flipper", "-q")
    found = compared(rivals, "bill", "mass", "flipper", "--test", "new.csv")
    assert [rival["name"] for rival in found["rivals"]] == ["mass", "flipper"]
    alone = compared(rivals, "bill", "mass", "--test", "new.csv")["rivals"][0]["differences"]
    for measure, told in found["rivals"][0]["differences"].items():
        assert [told[end] for end in ("low", "high")] == pytest.approx([alone[measure][end] for end in ("low", "high")])
    out = rivals.ok("compare", "bill", "mass", "flipper", "--test", "new.csv").out
    assert "mass against bill" in out
    assert "flipper against bill" in out


def test_the_seed_is_the_bootstraps_and_the_same_gives_the_same(rivals):
    words = ("bill", "mass", "--test", "new.csv")
    assert compared(rivals, *words) == compared(rivals, *words, "--seed", 0)
    one, other = (compared(rivals, *words, "--seed", seed)["rivals"][0]["differences"]["brier"] for seed in (0, 1))
    assert one["value"] == other["value"]
    assert one["low"] != other["low"]
    assert one["low"] == pytest.approx(other["low"], rel=0.1)


def test_weights_weigh_the_rows(rivals):
    lines = rivals.read("new.csv").splitlines()
    weights = [1 + k % 3 for k in range(len(lines) - 1)]
    rivals.write("w.csv", "\n".join([lines[0] + ",w", *(f"{a},{w}" for a, w in zip(lines[1:], weights, strict=True))]))
    repeated = [line for line, w in zip(lines[1:], weights, strict=True) for _ in range(w)]
    rivals.write("r.csv", "\n".join([lines[0], *repeated]) + "\n")
    one = compared(rivals, "bill", "mass", "--test", "w.csv", "--weight-col", "w")
    other = compared(rivals, "bill", "mass", "--test", "r.csv")
    assert one["scores"]["brier"] == pytest.approx(other["scores"]["brier"])
    assert one["n_rows"] == 86
    # repeated rows pretend to be more
    width = [each["rivals"][0]["differences"]["brier"] for each in (one, other)]
    assert width[0]["high"] - width[0]["low"] > 1.2 * (width[1]["high"] - width[1]["low"])


def test_rows_of_unknown_classes_are_counted_apart(rivals):
    lines = rivals.read("new.csv").splitlines()
    rivals.write("emu.csv", "\n".join([*lines, lines[1].replace("Adelie", "Emu")]) + "\n")
    done = rivals.ok("compare", "bill", "mass", "--test", "emu.csv", "--json")
    found = json.loads(done.out)["test"]
    assert found["unknown_classes"] == {"Emu": 1}
    assert found["n_rows"] == 86
    assert "Emu (1)" in done.err


def test_training_rows_are_warned_of(rivals):
    done = rivals.ok("compare", "bill", "mass", "--test", "known.csv")
    assert "the very data that the model was trained on" in " ".join(done.err.split())
    assert "very data" not in rivals.ok("compare", "bill", "mass", "--test", "new.csv").err
    assert not rivals.ok("compare", "bill", "mass", "--test", "known.csv", "-q").err


def test_a_class_of_probability_zero_leaves_no_interval(rivals, monkeypatch):
    from softreg.model import SoftmaxModel

    usual = SoftmaxModel.predict_log_proba

    def sure(model, X):
        """One of the runs thinks that no penguin is an Adelie."""
        log_proba = usual(model, X)
        log_proba[:, 0] = -np.inf if model.inputs == ("body_mass_g",) else log_proba[:, 0]
        return log_proba

    monkeypatch.setattr(SoftmaxModel, "predict_log_proba", sure)
    text = " ".join(rivals.ok("compare", "bill", "mass", "--test", "new.csv").out.split())
    assert "cross-entropy no interval: a true class was given probability 0" in text
    assert "infinite" in text
    assert "nan" not in text
    shutil.copytree(rivals.folder / "mass", rivals.folder / "twin")
    found = compared(rivals, "mass", "twin", "--test", "new.csv")
    assert found["scores"]["cross_entropy"] == [None, None]
    assert found["rivals"][0]["differences"]["cross_entropy"]["better"] == "unknown"
    assert found["rivals"][0]["differences"]["brier"]["better"] == "equal"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("bill", "mass", "--seed", "1"), 2, "--seed has no effect without --test"),
        (("bill", "mass", "--weight-col", "w"), 2, "--weight-col has no effect without --test"),
        (("bill", "--test", "new.csv"), 2, "nothing to be compared"),
        (("bill", "iris-1", "--test", "new.csv"), 3, "probabilities over different classes cannot be compared"),
        (("bill", "mass", "--test", "-"), 3, "only once"),
        (("bill", "mass", "--test", "nwe.csv"), 3, "new.csv"),
        (("bill", "mass", "--test", "narrow.csv"), 3, "mass: narrow.csv lacks 1 of the model's 1 columns"),
        (("bill", "mass", "--test", "bare.csv"), 3, 'has no column "species"'),
        (("bill", "mass", "--test", "new.csv", "--weight-col", "yaer"), 3, 'no column "yaer"'),
        (("bill", "other", "--test", "two.csv"), 3, "predict the same column"),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(rivals, words, code, said):
    rivals.write("narrow.csv", "bill_length_mm,bill_depth_mm,species\n40,18,Adelie\n")
    rivals.write("bare.csv", "bill_length_mm,bill_depth_mm,body_mass_g\n40,18,4000\n")
    lines = rivals.read("known.csv").splitlines()
    kinds = ("Adelie", "Gentoo", "Chinstrap")
    two = [f"{lines[0]},kind", *(f"{line},{kinds[k % 3]}" for k, line in enumerate(lines[1:]))]
    rivals.write("two.csv", "\n".join(two) + "\n")
    rivals.ok("train", "two.csv", "--target", "kind", "--features", "bill_*", "--out", "other", "-q")
    done = rivals("compare", *words)
    assert done.code == code
    assert said in " ".join(done.err.split())
    assert not done.out

"""check: every planted fault is found, by its own check, and a clean table passes in silence."""

from __future__ import annotations

import json
import shutil

import numpy as np
import polars as pl
import pytest

from softreg.functional import cross_entropy_and_residual
from softreg.runs import Run

NOT_BAD = {"PASS", "SKIP"}


@pytest.fixture
def checked(shell):
    """A function that checks a table and returns the findings by name."""

    def run(frame: pl.DataFrame, *options: object, code: int = 0) -> dict[str, dict]:
        frame.write_csv(shell.folder / "t.csv")
        done = shell("check", "t.csv", "--json", *options)
        assert done.code == code, done.err
        told = json.loads(done.out)
        return {finding["name"]: finding for finding in told["checks"]} | {"machinery": told["machinery"]}

    return run


def _bad(found: dict[str, dict]) -> dict[str, str]:
    assert found["machinery"]["passed"] == found["machinery"]["of"] == 9
    return {
        name: finding["verdict"] for name, finding in found.items() if finding.get("verdict", "PASS") not in NOT_BAD
    }


@pytest.mark.parametrize("seed", range(6))
def test_on_clean_data_every_check_passes(clean, checked, seed):
    found = checked(clean(seed=seed), "--seed", seed)
    assert _bad(found) == {}
    assert {name for name, finding in found.items() if finding.get("verdict") == "SKIP"} == set()


def _codes(frame):
    return frame["label"].cast(pl.Enum(["ash", "beech", "cedar"])).to_physical().to_numpy().astype(float)


def _leak(frame):
    return frame.with_columns(pl.Series("code", _codes(frame) * 7 + 1))


def _noisy_leak(frame):
    rng = np.random.default_rng(0)
    codes = _codes(frame)
    return frame.with_columns(pl.Series("late", np.where(rng.random(len(codes)) < 0.03, (codes + 1) % 3, codes)))


def _leaking_category(frame):
    return frame.with_columns(pl.col("label").replace({"ash": "A7", "beech": "B2", "cedar": "C9"}).alias("kind"))


def test_what_to_type_next_says_all_that_was_given(shell, clean):
    clean().with_columns(pl.Series("mass", [1.0, 2.0] * 300)).write_csv(shell.folder / "t.csv")
    given = ("--target", "label", "--exclude", "x1", "--exclude", "x2", "--weight-col", "mass", "--no-intercept")
    done = shell.ok("check", "t.csv", *given)
    line = " ".join(done.out[done.out.index("\nnext") :].split())
    assert line == f"next softreg train t.csv {' '.join(given)}"
    shell.ok(*line.split()[2:], "-q")


def test_a_model_of_another_run_is_told_as_such(shell, clean):
    clean().write_csv(shell.folder / "t.csv")
    shell.ok("train", "t.csv", "--out", "one", "-q")
    shell.ok("train", "t.csv", "--exclude", "x1", "--out", "two", "-q")
    (shell.folder / "one/model.npz").write_bytes((shell.folder / "two/model.npz").read_bytes())
    done = shell("check", "one")
    assert done.code == 3
    assert "not the model of that run" in " ".join(done.err.split())
    done = shell("check", "one/model.npz")
    assert done.code == 3
    assert "Name its folder" in done.err


def _shuffled(frame):
    return frame.with_columns(pl.col("label").shuffle(seed=1))


def _twice(frame):
    return pl.concat([frame, frame])


def _some_twice(frame):
    return pl.concat([frame, frame.head(120)])


def _separated(frame):
    X = frame.select(pl.selectors.numeric()).to_numpy()
    W = np.random.default_rng(3).normal(size=(X.shape[1], 3))
    scores = X @ W
    top = np.sort(scores, axis=1)
    frame = frame.with_columns(pl.Series("label", np.array(["ash", "beech", "cedar"])[scores.argmax(axis=1)]))
    return frame.filter(pl.Series(top[:, 2] - top[:, 1] > 0.3))


def _copy(frame):
    return frame.with_columns((pl.col("x1") * 2.54 + 10).alias("x1_cm"))


def _sum(frame):
    return frame.with_columns((pl.col("x1") + pl.col("x2")).alias("total"))


def _nearly(frame):
    noise = np.random.default_rng(0).normal(size=frame.height) * 0.01
    return frame.with_columns((pl.col("x1") + pl.Series(noise)).alias("again"))


def _lopsided(frame):
    keep = (frame["label"] == "ash") | (pl.int_range(frame.height, eager=True) % 40 == 0)
    return frame.filter(keep)


def _rare(frame):
    return pl.concat([frame.filter(pl.col("label") != "cedar"), frame.filter(pl.col("label") == "cedar").head(6)])


def _code_for_missing(frame):
    place = pl.int_range(frame.height, eager=True)
    return frame.with_columns(pl.when(place % 9 == 0).then(99999999.0).otherwise(pl.col("x2")).alias("x2"))


def _far_off(frame):
    return frame.with_columns(pl.col("x3") + 1e10)


PLANTED = {
    "leak": (_leak, "leaks", "FAIL", "code"),
    "noisy leak": (_noisy_leak, "leaks", "WARN", "late"),
    "leaking category": (_leaking_category, "leaks", "FAIL", "kind"),
    "shuffled labels": (_shuffled, "labels", "FAIL", "guessing"),
    "every row twice": (_twice, "duplicates", "FAIL", "stand in the training rows"),
    "some rows twice": (_some_twice, "duplicates", "WARN", "stand in the training rows"),
    "separation": (_separated, "separation", "WARN", "all classes"),
    "a copied column": (_copy, "collinearity", "WARN", "x1_cm is x1 in other words"),
    "a sum of columns": (_sum, "collinearity", "WARN", "x1, x2, total"),
    "nearly a copy": (_nearly, "collinearity", "WARN", "inflation"),
    "one class nearly everywhere": (_lopsided, "balance", "WARN", "commonest ash"),
    "a rare class": (_rare, "balance", "WARN", "rarest cedar"),
    "a column far from zero": (_far_off, "scale", "WARN", "x3"),
    "a code among numbers": (_code_for_missing, "scale", "WARN", "x2"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_found_and_named(clean, checked, fault):
    plant, name, verdict, word = PLANTED[fault]
    finding = checked(plant(clean(n=900)))[name]
    assert finding["verdict"] == verdict
    assert word in finding["found"]
    assert finding["why"]
    assert finding["advice"]


@pytest.mark.parametrize("fault", ["every row twice", "a copied column", "nearly a copy", "a code among numbers"])
def test_a_fault_of_the_columns_or_rows_is_blamed_on_nothing_else(clean, checked, fault):
    plant, name, *_ = PLANTED[fault]
    assert set(_bad(checked(plant(clean(n=900))))) == {name}


def test_columns_in_units_of_a_thousandth_are_a_fault_only_where_nothing_scales_them(clean, checked):
    frame = clean().with_columns(pl.col("x1") * 1e5)
    assert checked(frame)["scale"]["verdict"] == "PASS"
    assert "divided out" in checked(frame)["scale"]["found"]
    told = checked(frame, "--scale", "none", "--strict", code=7)["scale"]
    assert told["verdict"] == "FAIL"
    assert "--scale standard" in told["advice"]
    ratio = frame["x1"].std() / min(frame[f"x{j}"].std() for j in (2, 3, 4))
    assert told["numbers"]["ratio"] == pytest.approx(ratio, rel=0.1)  # of the training rows


def test_more_columns_than_rows_can_fit_anything(clean, checked):
    found = checked(clean(n=45, columns=60))
    assert found["rows"]["verdict"] in {"WARN", "FAIL"}
    assert "any labels whatever" in found["rows"]["found"]
    assert found["separation"]["verdict"] == "WARN"
    assert found["collinearity"]["verdict"] == "SKIP"


def test_without_a_penalty_separation_and_copies_are_failures(clean, checked):
    assert checked(_separated(clean(n=900)), "--l2", 0)["separation"]["verdict"] == "FAIL"
    assert checked(_copy(clean()), "--l2", 0)["collinearity"]["verdict"] == "FAIL"
    assert checked(clean(), "--l2", 0)["separation"]["verdict"] == "PASS"


def test_few_values_repeat_by_chance_and_are_no_fault(checked):
    rng = np.random.default_rng(0)
    sex, kind = rng.integers(0, 2, 500), rng.integers(0, 3, 500)
    label = np.where(rng.random(500) < 0.3 + 0.3 * sex, "yes", "no")
    found = checked(pl.DataFrame({"sex": sex, "kind": kind, "label": label}))["duplicates"]
    assert found["numbers"]["copies"] == found["numbers"]["held_out"] == 100
    assert found["verdict"] == "PASS"
    assert "chance" in found["found"]


def test_copies_of_one_group_on_one_side_are_no_fault(clean, checked):
    frame = clean().with_columns(pl.int_range(600).alias("person"))
    assert checked(_twice(frame), "--group-col", "person")["duplicates"]["verdict"] == "PASS"
    assert checked(_twice(frame), "--id", "person")["duplicates"]["verdict"] == "FAIL"


def test_without_test_rows_the_checks_that_need_them_say_so(clean, checked):
    found = checked(clean(), "--test-size", 0)
    for name in ("duplicates", "labels", "no features"):
        assert found[name]["verdict"] == "SKIP"
        assert "held out" in found[name]["found"]


def test_missing_values_categories_and_weights_are_no_faults(clean, checked):
    rng = np.random.default_rng(0)
    frame = clean(n=900).with_columns(
        pl.Series("port", rng.choice(["S", "C", "Q"], 900)), pl.Series("weight", rng.uniform(0.5, 2, 900))
    )
    gap = pl.Series(rng.random(900) < 0.1)
    frame = frame.with_columns(
        *(pl.when(gap).then(None).otherwise(pl.col(name)).alias(name) for name in ("x1", "x2", "port"))
    )
    assert _bad(checked(frame, "--weight-col", "weight")) == {}


def test_soft_labels_are_checked_where_that_means_something(clean, checked):
    frame = clean(n=900)
    X = frame.drop("label").to_numpy()
    scores = np.exp(X @ np.random.default_rng(1).normal(size=(4, 3)) * 0.5)
    shares = pl.DataFrame(scores / scores.sum(axis=1, keepdims=True), schema=["p_a", "p_b", "p_c"])
    frame = pl.concat([frame.drop("label"), shares], how="horizontal")
    found = checked(frame, "--target-distribution", "p_a,p_b,p_c")
    assert _bad(found) == {}
    assert {name for name in found if found[name].get("verdict") == "SKIP"} == {"separation", "leaks"}


def test_sparse_rows_are_checked_too(shell):
    from sklearn.datasets import dump_svmlight_file

    rng = np.random.default_rng(0)
    X = rng.poisson(0.3, (400, 30)).astype(float)
    y = (X[:, :5].sum(axis=1) + rng.normal(size=400) > 1.5).astype(int)
    dump_svmlight_file(X, y, str(shell.folder / "t.svmlight"))
    told = json.loads(shell.ok("check", "t.svmlight", "--json").out)
    assert told["verdict"] == "PASS"
    X[:, 7] = y
    dump_svmlight_file(X, y, str(shell.folder / "t.svmlight"))
    told = json.loads(shell.ok("check", "t.svmlight", "--json").out)
    assert {finding["name"] for finding in told["checks"] if finding["verdict"] == "FAIL"} == {"leaks"}


def test_a_wrong_gradient_is_found_and_tells_the_exit_code(flowers, monkeypatch):
    assert "9 of 9" in flowers.ok("check", "iris", "--strict").out

    def wrong(logits, targets, axis=-1):
        losses, residual = cross_entropy_and_residual(logits, targets, axis)
        return losses, 1.01 * residual

    monkeypatch.setattr("softreg.objective.objective.cross_entropy_and_residual", wrong)
    done = flowers("check", "iris", "--strict")
    assert done.code == 7
    assert "FAIL" in done.out
    assert "gradient" in done.err
    assert flowers("check", "iris").code == 0


def _narrow(text: str) -> None:
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("data", ["iris", "wine", "digits", "datasets/penguins_full.csv", "moons"])
def test_known_data_have_no_failure_and_fit_a_terminal(flowers, data):
    done = flowers.ok("check", data, "--strict")
    _narrow(done.out)
    assert done.out.splitlines()[-1].split() == ["next", "softreg", "train", data]
    _narrow(flowers.ok("check", data, "-v").out)


def test_verbose_shows_the_table_of_the_gradient(flowers):
    out = flowers.ok("check", "iris", "-v").out
    assert "analytic" in out
    assert out.count("dJ/d") == 10
    assert "analytic" not in flowers.ok("check", "iris").out


def test_a_run_is_checked_on_its_own_data(flowers):
    done = flowers.ok("check", "last")
    _narrow(done.out)
    assert "your model" in done.out
    assert "found again" in done.out
    assert done.out.splitlines()[-1] == "next      softreg plot last"
    told = json.loads(flowers.ok("check", "runs/penguins-1", "--json").out)
    assert {finding["name"]: finding["verdict"] for finding in told["model"]}["recorded"] == "PASS"
    assert flowers.ok("check", "penguins-1").out.splitlines()[:-1] == done.out.splitlines()[:-1]


def test_a_model_of_another_run_is_found_out(flowers):
    shutil.copy(flowers.folder / "runs/iris-1/model.npz", flowers.folder / "runs/iris-2/model.npz")
    done = flowers("check", "iris-2", "--strict")
    assert done.code == 7
    assert "recorded" in done.err


def test_a_descent_that_was_cut_short_is_told_from_one_that_ended(flowers):
    flowers.ok("train", "iris", "--optimizer", "gd", "--epochs", 2, "-q")
    assert "WARN  optimum" in flowers.ok("check", "last").out
    flowers.ok("train", "iris", "-q")
    assert "PASS  optimum" in flowers.ok("check", "last").out


@pytest.mark.parametrize("options", [("--l2", "auto"), ("--class-weight", "balanced"), ("--no-intercept",)])
def test_a_run_is_checked_with_the_settings_that_it_had(flowers, options):
    flowers.ok("train", "datasets/penguins_full.csv", *options, "-q")
    told = json.loads(flowers.ok("check", "last", "--json").out)
    assert [finding["verdict"] for finding in told["model"]] == ["PASS", "PASS"]
    metrics = Run(flowers.folder / "runs/penguins_full-1").metrics()
    assert next(each for each in told["model"] if each["name"] == "optimum")["numbers"]["objective"] == pytest.approx(
        metrics["objective"]["final"], rel=1e-6
    )


@pytest.mark.parametrize(
    ("words", "code", "word"),
    [
        ("check last --l2 0.1", 2, "--l2"),
        ("check iris-1 --target species", 2, "--target"),
        ("check runs/iris-9", 3, "iris-1"),
        ("check irsi", 3, "iris"),
        ("check", 2, "DATA"),
        ("check iris --stict", 2, "--strict"),
        ("check datasets/penguins.csv --target spceies", 3, "species"),
        ("check iris --l2 autp", 2, "auto"),
        ("check iris --group-col species", 2, "--group-col"),
        ("check datasets/penguins.csv --split-col island --test-size 0.3", 2, "--test-size"),
    ],
)
def test_a_slip_is_answered_in_words(flowers, words, code, word):
    done = flowers(*words.split())
    assert done.code == code
    assert word in done.err
    assert not done.out


def test_a_penalty_that_is_chosen_is_the_one_that_train_chooses(flowers):
    flowers.ok("train", "wine", "--l2", "auto", "-q")
    of_run = json.loads(flowers.ok("check", "last", "--json").out)
    of_data = json.loads(flowers.ok("check", "wine", "--l2", "auto", "--json").out)
    assert of_run["checks"] == of_data["checks"]
    assert of_data["checks"] != json.loads(flowers.ok("check", "wine", "--json").out)["checks"]


def test_data_that_changed_since_the_run_are_refused(flowers):
    path = flowers.folder / "datasets/penguins.csv"
    path.write_text(path.read_text() + path.read_text().splitlines()[-1] + "\n")
    done = flowers("check", "penguins-1")
    assert done.code == 3
    assert "has changed" in done.err


def test_quiet_is_quiet_and_strict_still_tells(clean, shell):
    _shuffled(clean()).write_csv(shell.folder / "t.csv")
    assert shell.ok("check", "t.csv", "-q").out == ""
    done = shell("check", "t.csv", "-q", "--strict")
    assert (done.code, done.out) == (7, "")
    assert "labels" in done.err


def test_the_same_call_gives_the_same_words(flowers):
    assert flowers.ok("check", "wine", "-v").out == flowers.ok("check", "wine", "-v", "--threads", 1).out


def test_rows_of_no_weight_are_left_out_when_a_run_is_read_again(clean, shell):
    weights = np.random.default_rng(0).integers(0, 3, 600)
    clean().with_columns(pl.Series("weight", weights)).write_csv(shell.folder / "t.csv")
    shell.ok("train", "t.csv", "--weight-col", "weight", "-q")
    told = json.loads(shell.ok("check", "last", "--json").out)
    assert [finding["verdict"] for finding in told["model"]] == ["PASS", "PASS"]
    assert sum(told["n_rows"].values()) == (weights > 0).sum()


def test_soft_labels_of_a_run_are_read_again(clean, shell):
    frame = clean()
    rows = np.random.default_rng(0).dirichlet([1, 2, 3], 600)
    shares = pl.DataFrame(rows, schema=["p_a", "p_b", "p_c"])
    pl.concat([frame.drop("label"), shares], how="horizontal").write_csv(shell.folder / "t.csv")
    shell.ok("train", "t.csv", "--target-distribution", "p_a,p_b,p_c", "-q")
    told = json.loads(shell.ok("check", "last", "--json").out)
    assert [finding["verdict"] for finding in told["model"]] == ["PASS", "PASS"]
    assert told["machinery"]["passed"] == 9

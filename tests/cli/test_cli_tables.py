"""Real tables from the shell: mixed columns, gaps, weights, soft labels, odd files; and what each option refuses."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random

import numpy as np
import polars as pl
import pytest

from softreg.runs import Run

pytestmark = pytest.mark.usefixtures("no_pictures")

HEADER = ["passenger", "name", "sex", "age", "fare", "deck", "port", "ship", "boarded", "weight", "survived"]


def _ship(number: int = 160, seed: int = 0) -> list[dict[str, str]]:
    """Passengers: numbers and categories with gaps, a rare deck, names, dates, and a column that is always the same."""
    draw = random.Random(seed)
    people = []
    for place in range(number):
        sex = draw.choice(["male", "female"])
        saved = draw.random() < (0.8 if sex == "female" else 0.2)
        values = [
            f"{place + 1}",
            f"Doe, {draw.choice(['Ann', 'Bob', 'Cem'])} {place}",
            sex,
            draw.choice(["", "NA", *[f"{draw.uniform(1, 80):.1f}"] * 6]),
            f"{draw.gammavariate(1.5, 20):.2f}",
            draw.choice(["", "", "", "A", "B", "C"]) if place % 50 else "T",
            draw.choice(["S", "S", "C", "Q", ""]),
            "Titanic",
            f"1912-04-{10 + place % 4}",
            str(1 + place % 3),
            "yes" if saved else "no",
        ]
        people.append(dict(zip(HEADER, values, strict=True)))
    return people


def _text(rows, separator=",", names=None) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(
        stream, names or list(rows[0]), delimiter=separator, lineterminator="\n", extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


ALL = ("--target", "survived", "--exclude", "weight")


@pytest.fixture
def ship(shell):
    """A shell beside ship.csv and, of the same ship, later.csv without the answer."""
    rows = _ship()
    shell.write("ship.csv", _text(rows))
    shell.write("later.csv", _text(_ship(40, seed=1), names=HEADER[:-1]))
    return shell


def _run(shell, number=1, name="ship"):
    return Run(shell.folder / "runs" / f"{name}-{number}")


def _words(text):
    return " ".join(text.split())


def _narrow(done):
    """No line is longer than a terminal."""
    assert max(map(len, (done.out + done.err).splitlines())) <= 80
    assert "Warning" not in done.err
    return done


def test_a_first_table_works_and_the_summary_tells_what_became_of_every_column(ship):
    done = _narrow(ship.ok("train", "ship.csv", *ALL))
    lines = [line for line in done.out.splitlines() if line[:10] in {"columns   ", " " * 10}]
    told = {line.split()[-1 if len(line.split()) == 1 else 0 if line[0] == " " else 1]: line for line in lines}
    assert "identifier" in told["passenger"]
    assert "identifier" in told["name"]
    assert "2 levels" in told["sex"]
    rows = _ship()
    gaps = sum(row["age"] in {"", "NA"} for row in rows)
    assert f"{gaps} missing: median" in told["age"]
    assert "and an indicator" in told["age"]
    assert "1 rare" in told["deck"]
    assert "a level too" in told["deck"]
    assert "constant" in told["ship"]
    assert "dates" in told["boarded"]
    report = _run(ship).metrics()["test"]
    assert report["accuracy"] > report["yardsticks"]["commonest_class_accuracy"]
    _narrow(ship.ok("predict", "last", "later.csv", "-o", "out.csv"))
    assert len(ship.read("out.csv").splitlines()) == 41


def test_the_run_lists_each_feature_with_its_weights(ship):
    ship.ok("train", "ship.csv", *ALL, "-q")
    features = {row["feature"] for row in csv.DictReader(io.StringIO(ship.read("runs/ship-1/coefficients.csv")))}
    assert {"sex=male", "sex=female", "age", "age is missing", "deck is rare", "deck is missing"} <= features
    assert not {name for name in features if name.startswith(("name", "ship", "boarded", "passenger"))}


def test_the_order_of_later_columns_and_columns_that_the_model_does_not_know_change_nothing(ship):
    ship.ok("train", "ship.csv", *ALL, "-q")
    rows = [dict(reversed(row.items())) | {"extra": "=1+1"} for row in _ship(40, seed=1)]
    ship.write("turned.csv", _text(rows))
    ship.ok("predict", "last", "later.csv", "-o", "one.csv")
    ship.ok("predict", "last", "turned.csv", "-o", "two.csv")
    assert ship.read("one.csv") == ship.read("two.csv")


def test_ids_come_back_with_the_answers_as_they_were_written(ship):
    ship.ok("train", "ship.csv", *ALL, "--id", "name", "--id", "passenger", "-q")
    rows = list(csv.DictReader(io.StringIO(ship.read("runs/ship-1/predictions.csv"))))
    people = {row["name"]: row for row in _ship()}
    for row in rows:
        assert people[row["name"]]["passenger"] == row["passenger"]
        assert people[row["name"]]["survived"] == row["target"]
        assert people[row["name"]] == _ship()[int(row["row"]) - 1]


def test_what_train_said_of_the_test_rows_predict_says_too(ship):
    ship.ok("train", "ship.csv", *ALL, "--min-count", 8, "--id", "passenger", "-q")
    ship.ok("predict", "last", "ship.csv", "--proba", "--keep", "passenger", "-o", "out.csv")
    later = {row["passenger"]: row for row in csv.DictReader(io.StringIO(ship.read("out.csv")))}
    for row in csv.DictReader(io.StringIO(ship.read("runs/ship-1/predictions.csv"))):
        assert later[row["passenger"]]["prediction"] == row["prediction"]
        assert float(later[row["passenger"]]["p_yes"]) == pytest.approx(float(row["p_yes"]), rel=1e-12)


EVERY = {
    "features": ("--features", "a*", "--features", "sex", "--features", "port", "--features", "fare"),
    "kinds": ("--categorical", "age", "--numeric", "passenger"),
    "gaps": ("--missing", "mean", "--min-count", 3),
    "drop": ("--missing", "drop", "--exclude", "deck"),
    "ids": ("--id", "name", "--id", "passenger", "--group-col", "name"),
    "weights": ("--weight-col", "weight", "--class-weight", "balanced"),
    "choice": ("--l2", "auto", "--folds", 3, "--cv", 3, "--seed", 4),
    "format": ("--separator", ",", "--encoding", "utf-8", "--exclude", "[bn]*", "--exclude", "ship"),
}


@pytest.mark.parametrize("case", EVERY)
def test_a_run_is_repeated_from_its_configuration_to_the_last_bit(ship, case):
    ship.ok("train", "ship.csv", "--target", "survived", *EVERY[case], "-q")
    ship.ok("train", "--config", "runs/ship-1/config.toml", "-q")
    one, two = _run(ship, 1), _run(ship, 2)
    assert (one.path / "model.npz").read_bytes() == (two.path / "model.npz").read_bytes()
    assert one.config() == two.config()
    assert one.metrics() == two.metrics()


def test_soft_labels_are_repeated_from_a_configuration_too(shell):
    rows = [{"x": f"{k % 7}", "z": f"{k % 5}", "p_u": f"{k % 7}", "p_v": f"{9 - k % 7}"} for k in range(40)]
    shell.write("soft.csv", _text(rows))
    done = _narrow(shell.ok("train", "soft.csv", "--target-distribution", "p_u, p_v"))
    assert "divided by its sum" in _words(done.err)
    shell.ok("train", "--config", "runs/soft-1/config.toml", "-q")
    one, two = _run(shell, 1, "soft"), _run(shell, 2, "soft")
    assert (one.path / "model.npz").read_bytes() == (two.path / "model.npz").read_bytes()
    assert one.metrics()["train"]["classes"] == ["u", "v"]


def test_columns_of_soft_labels_may_hold_commas(shell):
    rows = [{"x": f"{k % 7}", "z": f"{k % 5}", "sun, wind": f"{k % 7}", "rain": f"{9 - k % 7}"} for k in range(40)]
    shell.write("soft.csv", _text(rows))
    shell.ok("train", "soft.csv", "--target-distribution", 'rain,"sun, wind"', "-q")
    assert _run(shell, 1, "soft").metrics()["train"]["classes"] == ["rain", "sun, wind"]
    shell.ok("plot", "last", "--kind", "mistakes")
    shell.ok("train", "--config", "runs/soft-1/config.toml", "-q")
    assert _run(shell, 1, "soft").metrics() == _run(shell, 2, "soft").metrics()


def test_weights_of_the_training_are_those_of_an_evaluation(ship):
    weigh = ("--weight-col", "weight")
    ship.ok("train", "ship.csv", "--target", "survived", *weigh, "-q")
    told = [json.loads(ship.ok("evaluate", "last", "ship.csv", *words, "--json").out) for words in (weigh, ())]
    assert told[0] == told[1]
    assert "weight" in told[0]
    rows = [{name: value for name, value in row.items() if name != "weight"} for row in _ship()]
    ship.write("unweighted.csv", _text(rows))
    done = ship.ok("evaluate", "last", "unweighted.csv", "--json")
    assert "every row weighs the same" in _words(done.err)
    assert "weight" not in json.loads(done.out)


def test_runs_are_compared_by_the_same_weights_in_any_order(ship):
    ship.ok("train", "ship.csv", "--target", "survived", "--weight-col", "weight", "--out", "weighed", "-q")
    ship.ok("train", "ship.csv", *ALL, "--out", "plain", "-q")
    one, two = (
        json.loads(ship.ok("compare", *names, "--test", "ship.csv", "--json").out)["test"]["scores"]["accuracy"]
        for names in (("weighed", "plain"), ("plain", "weighed"))
    )
    assert one == two[::-1]
    done = ship.ok("compare", "weighed", "plain", "--test", "ship.csv")
    assert "all rows weigh the same" in _words(done.err)
    assert "weighed by" not in done.out
    done = ship.ok("compare", "plain", "weighed", "--test", "ship.csv", "--weight-col", "weight")
    assert "weighed by weight" in _words(done.out)


def test_rows_of_weight_0_are_told_and_the_others_keep_their_numbers(ship):
    rows = [dict(row, weight="0" if place % 3 == 0 else "1") for place, row in enumerate(_ship())]
    ship.write("some.csv", _text(rows))
    done = ship.ok("train", "some.csv", "--target", "survived", "--weight-col", "weight")
    assert f"because of weight 0: {len(rows[::3])} rows" in _words(done.err)
    assert f"{len(rows) - len(rows[::3])} rows" in done.out
    answers = _run(ship, 1, "some").predictions()
    assert answers
    for answer in answers:
        assert int(answer["row"]) % 3 != 1
        assert answer["target"] == rows[int(answer["row"]) - 1]["survived"]


def test_the_answers_of_one_model_teach_another(ship):
    """Answers with --proba are soft labels: the pupil of a linear teacher answers as the teacher does."""
    ship.ok("train", "ship.csv", *ALL, "--l2", 1e-2, "-q", "--test-size", 0)
    ship.ok("predict", "last", "ship.csv", "--proba", "--keep-all", "-o", "taught.csv")
    leave = [word for name in ("survived", "weight", "prediction", "confidence") for word in ("--exclude", name)]
    words = ("--target-distribution", "p_no,p_yes", "--l2", 1e-6, "--test-size", 0, "-q")
    ship.ok("train", "taught.csv", *leave, *words)
    ship.ok("predict", "last", "later.csv", "--proba", "-o", "pupil.csv")
    ship.ok("predict", "runs/ship-1", "later.csv", "--proba", "-o", "teacher.csv")
    one, two = (pl.read_csv(ship.folder / f"{name}.csv")["p_yes"].to_numpy() for name in ("pupil", "teacher"))
    np.testing.assert_allclose(one, two, atol=1e-2)


def test_l2_auto_and_folds_are_told_and_recorded(ship):
    done = _narrow(ship.ok("train", "ship.csv", *ALL, "--l2", "auto", "--cv", 3))
    metrics = _run(ship).metrics()
    assert metrics["objective"]["l2"] in metrics["l2_path"]["l2"]
    assert metrics["cross_validation"]["folds"] == 3
    assert "l2 chosen of" in _words(done.out)
    assert "over 3 folds of the training rows" in _words(done.out)
    assert "--l2 auto" not in done.out
    plain = _narrow(ship.ok("train", "ship.csv", *ALL))
    assert "--l2 auto" in plain.out


def test_more_folds_than_rows_of_a_class_are_fewer_and_said(ship):
    rows = [row for row in _ship() if row["survived"] == "no"] + [row for row in _ship() if row["survived"] == "yes"][
        :9
    ]
    ship.write("few.csv", _text(rows))
    done = _narrow(ship.ok("train", "few.csv", *ALL, "--cv", 30, "--test-size", 0))
    assert "9 folds in place of 30" in _words(done.err)
    assert _run(ship, 1, "few").metrics()["cross_validation"]["folds"] == 9


SAME_TABLE = {
    "semicolons": (lambda text: text.encode(), ";", "t.csv"),
    "tabs": (lambda text: text.encode(), "\t", "t.tsv"),
    "a byte-order mark": (lambda text: b"\xef\xbb\xbf" + text.encode(), ",", "t.csv"),
    "CRLF": (lambda text: text.replace("\n", "\r\n").encode(), ",", "t.csv"),
    "gzip": (lambda text: gzip.compress(text.encode()), ",", "t.csv.gz"),
    "latin-1": (lambda text: text.replace("Titanic", "Tit\u00e4nic").encode("latin-1"), ",", "t.csv"),
}


@pytest.mark.parametrize("case", SAME_TABLE)
def test_the_same_table_in_another_guise_is_the_same_model(ship, case):
    encode, separator, name = SAME_TABLE[case]
    ship.write(name, encode(_text(_ship(), separator)))
    more = ("--encoding", "latin-1") if case == "latin-1" else ()
    done = _narrow(ship.ok("train", name, *ALL, *more, "--out", "other"))
    ship.ok("train", "ship.csv", *ALL, "--out", "plain", "-q")
    one, two = Run(ship.folder / "other"), Run(ship.folder / "plain")
    assert one.metrics()["test"] == two.metrics()["test"]
    np.testing.assert_array_equal(
        np.load(one.path / "model.npz")["weights"], np.load(two.path / "model.npz")["weights"]
    )
    assert ("semicolons" in done.err) == (case == "semicolons")


def test_bytes_that_are_not_utf8_name_the_place_and_the_option(ship):
    ship.write("t.csv", _text(_ship()).replace("Titanic", "Tit\u00e4nic").encode("latin-1"))
    done = _narrow(ship("train", "t.csv", *ALL))
    assert done.code == 3
    assert 'row 1, column "ship"' in _words(done.err)
    assert "--encoding latin-1" in _words(done.err)


def test_parquet_gives_the_model_of_the_csv(ship):
    pl.read_csv(ship.folder / "ship.csv", null_values=["", "NA"]).write_parquet(ship.folder / "ship.parquet")
    ship.ok("train", "ship.csv", *ALL, "--out", "one", "-q")
    ship.ok("train", "ship.parquet", *ALL, "--out", "two", "-q")
    one, two = (np.load(ship.folder / name / "model.npz") for name in ("one", "two"))
    np.testing.assert_array_equal(one["weights"], two["weights"])


def test_labels_that_differ_by_case_or_spaces_are_two_classes_and_pointed_out(ship):
    rows = _ship()
    for row in rows[::3]:
        row["survived"] = row["survived"].title()
    ship.write("odd.csv", _text(rows))
    done = _narrow(ship.ok("train", "odd.csv", *ALL))
    told = _words(done.err)
    assert '"No" and "no" differ only in case or spaces' in told
    assert '"Yes" and "yes" differ only in case or spaces' in told
    assert _run(ship, 1, "odd").metrics()["train"]["classes"] == ["No", "Yes", "no", "yes"]


@pytest.mark.parametrize("labels", [("01", "1"), ("1e3", "1000"), ("True", "true"), ("-1", "+1"), ("=1+1", "@x")])
def test_labels_come_back_letter_by_letter(ship, labels):
    rows = _ship()
    for row in rows:
        row["survived"] = labels[row["survived"] == "yes"]
    ship.write("odd.csv", _text(rows))
    ship.ok("train", "odd.csv", *ALL, "-q")
    ship.ok("predict", "last", "later.csv", "--proba", "-o", "out.csv")
    answers = list(csv.DictReader(io.StringIO(ship.read("out.csv"))))
    assert {row["prediction"] for row in answers} == set(labels)
    assert {f"p_{label}" for label in labels} <= set(answers[0])


def test_a_test_file_may_hold_categories_that_training_has_not(ship):
    later = _ship(50, seed=3)
    for row in later[::2]:
        row["port"], row["deck"] = "Zanzibar", "A deck"
    ship.write("test.csv", _text(later))
    done = _narrow(ship.ok("train", "ship.csv", *ALL, "--test", "test.csv"))
    assert "Zanzibar" not in done.out
    metrics = _run(ship).metrics()
    assert metrics["test"]["n_rows"] == 50
    assert metrics["train"]["n_rows"] == 160
    ship.ok("predict", "last", "test.csv", "--proba", "-o", "out.csv")
    answers = csv.DictReader(io.StringIO(ship.read("out.csv")))
    kept = csv.DictReader(io.StringIO(ship.read("runs/ship-1/predictions.csv")))
    for one, two in zip(answers, kept, strict=True):
        assert float(one["p_yes"]) == pytest.approx(float(two["p_yes"]), rel=1e-12)


def test_weights_count_in_the_test_file_too(ship):
    ship.write("test.csv", _text(_ship(50, seed=3)))
    ship.write("light.csv", _text(_ship(50, seed=3), names=[name for name in HEADER if name != "weight"]))
    words = ("--target", "survived", "--weight-col", "weight")
    ship.ok("train", "ship.csv", *words, "--test", "test.csv", "-q")
    done = _narrow(ship("train", "ship.csv", *words, "--test", "light.csv"))
    assert done.code == 3
    assert "--weight-col" in done.err


@pytest.mark.parametrize("missing", ["auto", "mean", "median"])
def test_what_stands_for_a_gap_is_counted_when_training_and_when_predicting(ship, missing):
    done = _narrow(ship.ok("train", "ship.csv", *ALL, "--missing", missing))
    word = {"auto": "median", "mean": "mean", "median": "median"}[missing]
    gaps = sum(row["age"] in {"", "NA"} for row in _ship())
    assert f"{gaps} missing: {word}" in done.out
    assert ("and an indicator" in done.out) == (missing == "auto")
    done = _narrow(ship.ok("predict", "last", "later.csv", "-o", "out.csv"))
    later = sum(row["age"] in {"", "NA"} for row in _ship(40, seed=1))
    assert f"age ({later})" in _words(done.err)


def test_missing_error_refuses_the_first_gap_when_training_and_when_predicting(ship):
    done = _narrow(ship("train", "ship.csv", *ALL, "--missing", "error"))
    place = next(place for place, row in enumerate(_ship(), 1) if row["age"] in {"", "NA"})
    assert done.code == 3
    assert f'column "age", row {place}: the value is missing' in _words(done.err)
    whole = [row | {"age": row["age"].replace("NA", "") or "30", "deck": row["deck"] or "X"} for row in _ship()]
    ship.write("whole.csv", _text([row | {"port": row["port"] or "S"} for row in whole]))
    ship.ok("train", "whole.csv", *ALL, "--missing", "error", "-q")
    done = _narrow(ship("predict", "last", "later.csv", "-o", "out.csv"))
    assert done.code == 3
    assert "is missing" in done.err
    assert not (ship.folder / "out.csv").exists()


def test_missing_drop_leaves_such_rows_out_counts_them_and_refuses_them_later(ship):
    done = _narrow(ship.ok("train", "ship.csv", *ALL, "--exclude", "deck", "--missing", "drop"))
    dropped = sum(row["age"] in {"", "NA"} or not row["port"] for row in _ship())
    assert f"because a value is missing: {dropped} rows" in _words(done.err)
    metrics = _run(ship).metrics()
    assert metrics["train"]["n_rows"] + metrics["test"]["n_rows"] == 160 - dropped
    assert ship("predict", "last", "later.csv", "-o", "out.csv").code == 3


def test_a_column_that_gives_the_answer_away_is_kept_with_a_warning(ship):
    rows = [row | {"lifeboat": {"yes": "Boat", "no": ""}[row["survived"]]} for row in _ship()]
    ship.write("told.csv", _text(rows))
    done = _narrow(ship.ok("train", "told.csv", *ALL))
    assert "the column lifeboat alone tells" in _words(done.err)
    assert "--exclude lifeboat" in _words(done.err)
    assert "alone tell" not in _narrow(ship.ok("train", "ship.csv", *ALL)).err


def test_text_that_is_said_to_be_numeric_is_missing_where_it_is_none_and_counted(ship):
    rows = _ship()
    for row in rows[::4]:
        row["fare"] = "unknown"
    ship.write("odd.csv", _text(rows))
    done = _narrow(ship.ok("train", "odd.csv", *ALL, "--numeric", "fare"))
    assert '"fare": 40 values are no numbers' in _words(done.err)
    assert "40 missing: median" in done.out


REFUSED = {
    "missing of another kind": (("--missing", "sometimes"), 2, "auto"),
    "min-count nought": (("--min-count", 0), 2, "at least 1"),
    "min-count a half": (("--min-count", 2.5), 2, "whole number"),
    "weights in words": (("--weight-col", "sex"), 3, "row 1"),
    "weights with gaps": (("--weight-col", "age"), 3, "the value is missing"),
    "weights that are not there": (("--weight-col", "wait"), 3, 'Did you mean "weight"?'),
    "weights that are a feature": (("--weight-col", "fare", "--features", "fare"), 2, '"fare"'),
    "weights that are the label": (("--weight-col", "survived"), 2, '"survived"'),
    "one soft label": (("--target-distribution", "fare"), None, "--target"),
    "numbers and categories": (("--numeric", "age", "--categorical", "age"), 2, '"age"'),
    "a number that is not there": (("--numeric", "agee"), 3, 'Did you mean "age"?'),
    "a category that is not there": (("--categorical", "dek"), 3, 'Did you mean "deck"?'),
    "an id that is not there": (("--id", "nme"), 3, 'Did you mean "name"?'),
    "an id that is the label": (("--id", "survived"), 2, '"survived"'),
    "an id that is left out": (("--id", "name", "--exclude", "name"), 2, "--exclude name"),
    "a pattern that means nothing": (("--exclude", "zz*"), 3, '"zz*"'),
    "a feature that is not there": (("--features", "fair"), 3, 'Did you mean "fare"?'),
    "no feature left": (("--exclude", "*"), 3, "no column left"),
    "only useless features": (("--features", "ship"), 3, "ship (constant"),
    "two characters": (("--separator", "ab"), 2, "one character"),
    "an encoding that is none": (("--encoding", "klingon"), 2, "latin-1"),
    "one fold": (("--cv", 1), 2, "at least 2"),
    "folds without a choice": (("--folds", 4), 2, "--l2 auto"),
    "one fold of a choice": (("--l2", "auto", "--folds", 1), 2, "at least 2"),
    "l2 below nought": (("--l2", -1), 2, "auto"),
    "every row dropped": (("--missing", "drop", "--features", "gap", "--features", "fare"), 3, "every row"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_its_exit_code_and_nothing_is_written(ship, case):
    words, code, told = REFUSED[case]
    if case == "every row dropped":
        rows = [
            row | {"gap": "1" if k % 2 else "", "fare": "" if k % 2 else row["fare"]} for k, row in enumerate(_ship())
        ]
        ship.write("ship.csv", _text(rows))
    done = _narrow(ship("train", "ship.csv", "--target", "survived", *words))
    assert done.code == (code or 2), done.err
    assert told in _words(done.err)
    assert not done.out
    assert not (ship.folder / "runs").exists()


@pytest.mark.parametrize(
    ("columns", "code", "told"),
    [
        ("p_u", 3, "one column"),
        ("p_u,p_u", 3, "twice"),
        ("p_u,p_w", 3, "p_w"),
        ("p_u,word", 3, "row 1"),
        ("p_u,zero", 3, "share of 0"),
    ],
)
def test_soft_labels_that_are_none_are_refused(shell, columns, code, told):
    rows = [{"x": f"{k % 7}", "p_u": f"{1 + k % 3}", "p_v": f"{k % 4}", "word": "w", "zero": "0"} for k in range(40)]
    shell.write("soft.csv", _text(rows))
    done = _narrow(shell("train", "soft.csv", "--target-distribution", columns))
    assert done.code == code, done.err
    assert told in _words(done.err)


@pytest.mark.parametrize(
    "words",
    [
        ("--weight-col", "w"),
        ("--id", "w"),
        ("--numeric", "w"),
        ("--categorical", "w"),
        ("--target-distribution", "a,b"),
        ("--separator", ";"),
        ("--encoding", "latin-1"),
    ],
)
def test_options_of_tables_have_no_effect_on_named_sets_and_say_so(shell, words):
    done = _narrow(shell("train", "iris", *words))
    assert done.code == 2
    assert f"{words[0]} has no effect on iris" in _words(done.err)


def test_patterns_choose_the_features_of_a_named_set_too(shell):
    shell.ok("train", "iris", "--features", "petal*", "-q")
    features = {row["feature"] for row in csv.DictReader(io.StringIO(shell.read("runs/iris-1/coefficients.csv")))}
    assert features == {"petal length (cm)", "petal width (cm)", "(intercept)"}


def test_json_is_one_document_whatever_is_noted(ship):
    done = ship.ok("train", "ship.csv", *ALL, "--l2", "auto", "--cv", 3, "--folds", 3, "--json")
    assert set(json.loads(done.out)) >= {"run", "objective", "test", "train", "l2_path", "cross_validation"}


@pytest.mark.parametrize("missing", ["auto", "mean"])
def test_values_near_the_end_of_float64_are_used_or_refused_but_never_a_fault(shell, missing):
    for name, signs in (("same", [""]), ("both", ["", "-"])):
        lines = [f"{signs[k // 3 % len(signs)]}1.{k % 3 + 1}e308,{k % 4 or ''},{'uv'[k % 2]}" for k in range(40)]
        shell.write(f"{name}.csv", "\n".join(["a,b,y", *lines, ""]))
        done = _narrow(shell("train", f"{name}.csv", "--missing", missing))
        assert done.code in {0, 3, 4}, done.err
        assert done.code == 0 or "too large" in done.err or "diverged" in done.err


def test_many_columns_are_counted_and_odd_names_do_not_widen_the_page(shell):
    rows = [
        {f"a very long name of a column, number {j} of many": f"{(k * (j + 3)) % 7}" for j in range(30)}
        | {"kind " * 30: f"a level {'of many words ' * 10}{k % 3}", "y": "uv"[(k * 7) % 5 % 2] * 60}
        for k in range(60)
    ]
    shell.write("wide.csv", _text(rows))
    done = _narrow(shell.ok("train", "wide.csv"))
    assert "26 columns" in done.out
    assert done.out.count("constant: always 0") == 4

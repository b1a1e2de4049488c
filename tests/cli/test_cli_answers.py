"""predict and evaluate: a trained model on new rows."""

from __future__ import annotations

import csv
import json

import pytest

from softreg.runs import Run


def _answers(done):
    return list(csv.DictReader(done.out.splitlines()))


def _table(shell, name):
    return list(csv.reader(shell.read(name).splitlines()))


def _write(shell, name, rows):
    return shell.write(name, "".join(",".join(row) + "\n" for row in rows))


def test_every_row_is_answered_in_order(flowers):
    model = Run(flowers.folder / "runs/iris-1").model()
    names = _table(flowers, "datasets/new_flowers.csv")
    places = [names[0].index(column) for column in model.columns]
    done = flowers.ok("predict", "iris-1", "datasets/new_flowers.csv", "--proba")
    told = _answers(done)
    assert len(told) == len(names) - 1 == 8
    for row, answer in zip(names[1:], told, strict=True):
        import numpy as np

        X = np.array([[float(row[place]) for place in places]])
        assert answer["prediction"] == model.predict(X)[0]
        proba = [float(answer[f"p_{name}"]) for name in model.classes]
        assert np.allclose(proba, model.predict_proba(X)[0], atol=1e-15)
        assert float(answer["confidence"]) == max(proba)


def test_without_proba_there_are_two_columns(flowers):
    assert flowers.ok("predict", "iris-1", "datasets/new_flowers.csv").out.splitlines()[0] == "prediction,confidence"


def test_columns_are_matched_by_name_whatever_their_order(flowers):
    rows = _table(flowers, "datasets/new_flowers.csv")
    _write(flowers, "turned.csv", [row[::-1] for row in rows])
    first, second = (flowers.ok("predict", "iris-1", name) for name in ("datasets/new_flowers.csv", "turned.csv"))
    assert first.out == second.out


def test_columns_that_the_model_does_not_know_are_one_note(flowers):
    rows = _table(flowers, "datasets/new_flowers.csv")
    _write(flowers, "more.csv", [[*row, "words", ""] for row in rows[:1]] + [[*row, "a b", "c"] for row in rows[1:]])
    rows = _table(flowers, "more.csv")
    _write(flowers, "more.csv", [[*rows[0][:-1], "other"], *rows[1:]])
    done = flowers.ok("predict", "iris-1", "more.csv")
    assert done.err.count("note:") == 1
    assert "flower, words, other" in " ".join(done.err.split())
    assert done.out == flowers.ok("predict", "iris-1", "datasets/new_flowers.csv").out


def test_labels_come_back_as_they_were_given(shell):
    rows = "".join(f"{i % 3},{i},{['01', '1', '10'][i % 3]}\n" for i in range(60))
    shell.write("t.csv", "a,b,label\n" + rows)
    shell.ok("train", "t.csv", "--epochs", 300, "--test-size", 0, "-q")
    told = [row["prediction"] for row in _answers(shell.ok("predict", "last", "t.csv"))]
    assert told[:6] == ["01", "1", "10", "01", "1", "10"]
    assert Run(shell.folder / "runs/t-1").model().classes == ("01", "1", "10")


def test_a_label_column_is_scored_beside_the_answers(flowers):
    with_labels = flowers.ok("predict", "penguins-1", "datasets/penguins.csv")
    rows = _table(flowers, "datasets/penguins.csv")
    _write(flowers, "bare.csv", [row[:-1] for row in rows])
    bare = flowers.ok("predict", "penguins-1", "bare.csv")
    assert with_labels.out == bare.out
    right = sum(a["prediction"] == row[-1] for a, row in zip(_answers(bare), rows[1:], strict=True))
    assert f"{right / 342:.3f} of 342 rows" in with_labels.err
    assert "scored" not in bare.err


def test_rows_of_unknown_or_no_class_are_answered_and_not_scored(flowers):
    rows = _table(flowers, "datasets/penguins.csv")
    _write(flowers, "some.csv", [rows[0], *rows[1:6], [*rows[6][:-1], "Emperor"], [*rows[7][:-1], ""]])
    done = flowers.ok("predict", "penguins-1", "some.csv")
    assert len(_answers(done)) == 7
    assert "of 5 rows" in done.err


def test_a_run_a_name_last_and_a_model_file_are_the_same_model(flowers):
    words = ("last", "penguins-1", "runs/penguins-1", "runs/penguins-1/model.npz")
    assert len({flowers.ok("predict", word, "datasets/penguins.csv").out for word in words}) == 1


def test_rows_may_come_from_standard_input_and_answers_go_to_a_file(flowers):
    table = (flowers.folder / "datasets/new_flowers.csv").read_bytes()
    done = flowers.ok("predict", "iris-1", "-", "-o", "answers.csv", stdin=table)
    assert not done.out
    assert "saved     answers.csv  (8 rows)" in done.err
    assert flowers.read("answers.csv") == flowers.ok("predict", "iris-1", "datasets/new_flowers.csv").out
    before = flowers.read("answers.csv")
    assert flowers("predict", "iris-1", "iris", "-o", "answers.csv").code == 2
    assert flowers.read("answers.csv") == before
    flowers.ok("predict", "iris-1", "iris", "-o", "answers.csv", "--overwrite")
    assert flowers.read("answers.csv") != before
    assert flowers("predict", "iris-1", "iris", "--overwrite").code == 2


def test_evaluating_the_test_rows_gives_the_test_metrics_of_the_run(flowers):
    rows = _table(flowers, "datasets/penguins.csv")
    tested = [int(row["row"]) for row in csv.DictReader(flowers.read("runs/penguins-1/predictions.csv").splitlines())]
    _write(flowers, "test.csv", [rows[0], *(rows[number] for number in tested)])
    told = json.loads(flowers.ok("evaluate", "penguins-1", "test.csv", "--json").out)
    assert told == json.loads(flowers.read("runs/penguins-1/metrics.json"))["test"]


def test_evaluating_on_the_training_data_is_said_so(flowers):
    assert "trained on" in " ".join(flowers.ok("evaluate", "penguins-1", "datasets/penguins.csv").err.split())
    rows = _table(flowers, "datasets/penguins.csv")
    _write(flowers, "half.csv", rows[::2])
    assert not flowers.ok("evaluate", "penguins-1", "half.csv").err


def test_a_class_that_the_model_never_saw_is_counted_apart_and_the_others_are_measured(flowers):
    rows = _table(flowers, "datasets/penguins.csv")
    strangers = [[*row[:-1], name] for row, name in zip(rows[6:9], ["Emperor", "King", "Emperor"], strict=True)]
    _write(flowers, "some.csv", [rows[0], *rows[1:6], *strangers])
    _write(flowers, "known.csv", rows[:6])
    done = flowers.ok("evaluate", "penguins-1", "some.csv")
    told = " ".join(done.err.split())
    assert "3 rows have a class that the model does not know: Emperor (2), King (1)." in told
    some, known = (
        json.loads(flowers.ok("evaluate", "penguins-1", name, "--json").out) for name in ("some.csv", "known.csv")
    )
    assert some.pop("unknown_classes") == {"Emperor": 2, "King": 1}
    assert some == known


def test_a_file_of_unknown_classes_alone_cannot_be_evaluated(flowers):
    rows = _table(flowers, "datasets/penguins.csv")
    _write(flowers, "some.csv", [rows[0], *([*row[:-1], "Emperor"] for row in rows[1:4])])
    done = flowers("evaluate", "penguins-1", "some.csv")
    assert done.code == 3
    assert "Emperor (3)" in done.err


def test_weights_that_are_whole_numbers_measure_as_repeated_rows_do(flowers):
    rows = _table(flowers, "datasets/penguins.csv")
    weights = [number % 4 for number in range(len(rows) - 1)]
    weighted = [[*row, str(weight)] for row, weight in zip(rows[1:], weights, strict=True)]
    repeated = [row for row, weight in zip(rows[1:], weights, strict=True) for _ in range(weight)]
    _write(flowers, "weighted.csv", [[*rows[0], "w"], *weighted])
    _write(flowers, "repeated.csv", [rows[0], *repeated])
    first = json.loads(flowers.ok("evaluate", "penguins-1", "weighted.csv", "--weight-col", "w", "--json").out)
    second = json.loads(flowers.ok("evaluate", "penguins-1", "repeated.csv", "--json").out)
    for name in ("accuracy", "cross_entropy", "brier"):
        assert first[name] == pytest.approx(second[name], rel=1e-12)
    assert first["confusion"] == second["confusion"]
    assert flowers("evaluate", "penguins-1", "repeated.csv", "--weight-col", "w").code == 3


def test_rows_without_labels_cannot_be_evaluated(flowers):
    done = flowers("evaluate", "iris-1", "datasets/new_flowers.csv")
    assert done.code == 3
    assert "softreg predict" in done.err


def test_the_summary_of_an_evaluation_fits_the_terminal(flowers):
    done = flowers.ok("evaluate", "penguins-1", "datasets/penguins.csv")
    assert max(map(len, done.out.splitlines())) <= 80
    assert "342 rows" in done.out


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_missing_words_are_usage_errors(shell, command):
    assert shell(command).code == 2
    assert shell(command, "last").code == 2
    assert shell(command, "last", "iris").code == 3  # there is no run yet

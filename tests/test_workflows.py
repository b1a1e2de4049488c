"""The use cases on every kind of data, against independent judges."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import numpy as np
import pytest
from sklearn import metrics as judge
from sklearn.linear_model import LogisticRegression

from softreg import data
from softreg.runs import Run
from softreg.settings import BUNDLED, SYNTHETIC, SourceSettings, SplitSettings, TrainingSettings
from softreg.workflows.answers import answers, surest_mistake, write_table
from softreg.workflows.train import TrainRequest, coefficients, train

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _request(spec, source=None, split=None, **training):
    return TrainRequest(spec, TrainingSettings(**training), source or SourceSettings(), split or SplitSettings())


@pytest.mark.parametrize("name", [*BUNDLED, *SYNTHETIC])
def test_every_set_that_needs_no_network_trains_better_than_guessing(name):
    told = train(_request(name, epochs=100))
    report = told.metrics["test"]
    floor = report["yardsticks"]["commonest_class_accuracy"]
    assert report["accuracy"] > floor + 0.2 or name == "circles"  # no line divides a circle from one inside
    assert told.metrics["train"]["cross_entropy"] <= np.log(len(told.model.classes))


def _files():
    import polars as pl
    from sklearn.datasets import dump_svmlight_file, load_wine

    bunch = load_wine()
    frame = pl.DataFrame(bunch.data, schema=bunch.feature_names).with_columns(pl.Series("target", bunch.target))
    frame.write_csv("t.csv")
    frame.write_csv("t.tsv", separator="\t")
    frame.write_parquet("t.parquet")
    np.savez("t.npz", X=bunch.data, y=bunch.target, columns=bunch.feature_names)
    dump_svmlight_file(bunch.data, bunch.target, "t.svmlight")
    dump_svmlight_file(bunch.data, bunch.target, "t.libsvm", zero_based=False)


def test_every_kind_of_file_with_the_same_numbers_gives_the_same_answers():
    _files()
    ends = {}
    for suffix in ("csv", "tsv", "parquet", "npz", "svmlight", "libsvm"):
        told = train(_request(f"t.{suffix}", optimizer="gd", epochs=20, scale="none"))
        ends[suffix] = told.metrics["objective"]["final"]
        assert told.metrics["train"]["classes"] == ["0", "1", "2"]
        assert told.run.path.name.startswith("t-")
    assert np.allclose(list(ends.values()), ends["csv"], rtol=1e-9)


def test_metrics_agree_with_scikit_learns():
    told = train(_request("wine", epochs=50))
    run = Run(told.run.path)
    rows = list(csv.DictReader(io.StringIO((run.path / "predictions.csv").read_text())))
    classes = told.model.classes
    truth, says = [row["target"] for row in rows], [row["prediction"] for row in rows]
    proba = np.array([[float(row[f"p_{name}"]) for name in classes] for row in rows])
    report = run.metrics()["test"]
    assert report["accuracy"] == pytest.approx(judge.accuracy_score(truth, says))
    assert report["cross_entropy"] == pytest.approx(judge.log_loss(truth, proba, labels=classes))
    assert np.array_equal(report["confusion"], judge.confusion_matrix(truth, says, labels=classes))
    one_hot = np.array([[name == label for name in classes] for label in truth])
    assert report["brier"] == pytest.approx(((proba - one_hot) ** 2).sum(axis=1).mean())
    scores = judge.precision_recall_fscore_support(truth, says, labels=classes, zero_division=0)
    for place, one in enumerate(report["per_class"]):
        told_scores = [one[key] for key in ("precision", "recall", "f1", "support")]
        assert told_scores == pytest.approx([column[place] for column in scores])


@pytest.mark.parametrize("name", ["iris", "breast_cancer"])
def test_the_c_that_is_printed_gives_scikit_learns_model(name):
    told = train(_request(name, epochs=20_000, tol=1e-7, optimizer="nesterov", l2=0.01))
    mean, scale = told.model.features["mean"], told.model.features["scale"]
    X = (np.asarray(told.dataset.X) - mean) / scale
    labels = told.dataset.labels
    theirs = LogisticRegression(C=told.metrics["objective"]["sklearn_C"], tol=1e-10, max_iter=10_000)
    theirs.fit(X[told.split.train], labels[told.split.train])
    ours = told.model.predict_proba(told.dataset.X)
    assert np.allclose(ours, theirs.predict_proba(X), atol=1e-5)


def test_the_sides_of_a_split_are_disjoint_whole_and_stratified():
    told = train(_request("iris", epochs=1, early_stopping=True))
    sides = [told.split.train, told.split.val, told.split.test]
    assert np.array_equal(np.sort(np.concatenate(sides)), np.arange(150))
    for side in sides:
        assert len(set(np.unique(told.dataset.labels[side], return_counts=True)[1].tolist())) == 1


def test_training_is_observed_row_by_row_and_ends_when_asked():
    seen = []

    def observe(row):
        seen.append(row["epoch"])
        return "enough" if row["epoch"] == 4 else None

    told = train(_request("iris", epochs=100), observe=observe)
    assert seen == [0, 1, 2, 3, 4]
    assert told.metrics["objective"]["stopped_because"] == "enough"
    assert (told.run.path / "model.npz").exists()


def test_nothing_is_written_when_training_fails(tmp_path):
    def fails(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(_request("iris"), observe=fails)
    assert not list(tmp_path.iterdir())


def test_the_step_is_announced_before_the_first_row():
    heard = []
    train(
        _request("iris", optimizer="gd", epochs=1),
        announce=lambda step: heard.append(step.learning_rate),
        observe=lambda row: heard.append(row["epoch"]),
    )
    assert len(heard) == 3
    assert heard[1:] == [0, 1]


def test_the_surest_mistake_is_the_wrong_answer_of_most_confidence():
    dataset = dataclasses.replace(data.load("iris", SourceSettings()), rows=np.arange(101, 251))
    log_proba = np.log([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.99, 0.01]])
    rows = np.array([10, 20, 30, 40])
    found = surest_mistake(log_proba, np.array([0, 0, 0, 0]), dataset, rows)
    assert (found.row, found.says, found.truth) == (121, 1, 0)
    assert found.confidence == pytest.approx(0.8)
    assert surest_mistake(log_proba, np.array([0, 1, 1, 0]), dataset, rows) is None


def test_answers_are_columns_in_a_fixed_order():
    columns = answers(np.log([[0.25, 0.75]]), ("a", "b"), first={"row": [7]})
    assert list(columns) == ["row", "prediction", "confidence", "p_a", "p_b"]
    assert columns["prediction"].tolist() == ["b"]
    assert list(answers(np.log([[0.5, 0.5]]), ("a", "b"), first={}, every_class=False)) == ["prediction", "confidence"]


def test_a_tie_goes_to_the_first_class():
    assert answers(np.log([[0.5, 0.5]]), ("a", "b"), first={})["prediction"].tolist() == ["a"]


def test_a_table_is_the_same_in_a_file_and_on_a_stream(tmp_path):
    columns = {"a": ["x,y", 'q"'], "b": [0.1, float("nan")]}
    write_table(columns, tmp_path / "t.csv")
    stream = io.BytesIO()
    write_table(columns, stream)
    assert stream.getvalue() == (tmp_path / "t.csv").read_bytes()
    assert list(csv.DictReader(io.StringIO(stream.getvalue().decode()))) == [
        {"a": "x,y", "b": "0.1"},
        {"a": 'q"', "b": ""},
    ]


def test_coefficients_name_every_feature_and_class_once():
    told = train(_request("wine", epochs=1))
    columns = coefficients(told.model)
    pairs = list(zip(columns["feature"], columns["class"], strict=True))
    assert len(set(pairs)) == len(pairs) == (13 + 1) * 3


def test_a_long_training_reaches_what_a_short_one_began():
    short, long = (
        train(_request("iris", optimizer="gd", epochs=epochs)).metrics["objective"]["final"] for epochs in (10, 200)
    )
    assert long < short


def test_metrics_of_a_run_are_json_without_nan():
    told = train(_request("iris", epochs=1, l2=0.0))
    text = (told.run.path / "metrics.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["objective"]["sklearn_C"] is None

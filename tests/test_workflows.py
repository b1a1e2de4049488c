"""The use cases on every kind of data, against independent judges."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import metrics as judge
from sklearn.linear_model import LogisticRegression

from softreg import data
from softreg.export.as_csv import coefficients
from softreg.runs import Run
from softreg.settings import BUNDLED, SYNTHETIC, SourceSettings, SplitSettings, TrainingSettings
from softreg.workflows.answers import answers, surest_mistake, write_table
from softreg.workflows.train import TrainRequest, train

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


def test_a_table_holds_text_as_it_is_and_nothing_for_what_is_no_number(tmp_path):
    write_table({"a": ["x,y", 'q"'], "b": [0.1, float("nan")]}, tmp_path / "t.csv")
    assert list(csv.DictReader(io.StringIO((tmp_path / "t.csv").read_text()))) == [
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


EXACT = {"tol": 1e-10, "l2": 0.01}


def _drawn(n=60, seed=0):
    """Rows of two numbers and a category, with overlapping classes."""
    rng = np.random.default_rng(seed)
    label = rng.integers(3, size=n)
    return pl.DataFrame(
        {
            "x": (rng.normal(size=n) + label).round(3),
            "z": (3 * rng.normal(size=n) - label).round(3),
            "kind": np.array(["a", "b", "c"])[(label + rng.integers(2, size=n)) % 3].tolist(),
            "label": [f"class {code}" for code in label],
        }
    )


def _gaps(frame):
    """The same rows with values missing."""
    places = pl.int_range(frame.height)
    return frame.with_columns(
        x=pl.when(places % 7 == 3).then(None).otherwise("x"),
        kind=pl.when(places % 11 == 3).then(None).otherwise("kind"),
    )


def _trained(frame, name, source=None, **training):
    """The model of all rows of a table."""
    frame.write_csv(f"{name}.csv")
    return train(_request(f"{name}.csv", source, SplitSettings(test_size=0), **EXACT | training))


def _same_model(one, two):
    assert one.model.classes == two.model.classes
    assert one.model.columns == two.model.columns
    np.testing.assert_allclose(one.model.weights, two.model.weights, atol=1e-6)
    np.testing.assert_allclose(one.model.intercept, two.model.intercept, atol=1e-6)
    for key in ("mean", "scale"):
        np.testing.assert_allclose(one.model.features[key], two.model.features[key], rtol=1e-12)
    for key in ("final", "cross_entropy"):
        assert one.metrics["objective"][key] == pytest.approx(two.metrics["objective"][key], rel=1e-9)


@pytest.mark.parametrize("class_weight", ["none", "balanced"])
@pytest.mark.parametrize("optimizer", ["cg", "gd"])
def test_whole_weights_give_the_model_of_repeated_rows(class_weight, optimizer):
    frame, counts = _drawn(), np.random.default_rng(1).integers(1, 5, size=60)
    repeated = frame[np.repeat(np.arange(60), counts)]
    weighted = frame.with_columns(pl.Series("w", counts))
    asked = {"class_weight": class_weight, "optimizer": optimizer}
    asked |= {"tol": 1e-8, "epochs": 100_000} if optimizer == "gd" else {}
    one = _trained(weighted, "weighted", SourceSettings(weight_col="w"), **asked)
    two = _trained(repeated, "repeated", **asked)
    _same_model(one, two)
    for key in ("accuracy", "cross_entropy", "brier"):
        assert one.metrics["train"][key] == pytest.approx(two.metrics["train"][key], rel=1e-9)
    assert one.metrics["train"]["confusion"] == two.metrics["train"]["confusion"]


@pytest.mark.parametrize("class_weight", ["none", "balanced"])
def test_rows_of_weight_nought_are_as_if_left_out(class_weight):
    frame, kept = _drawn(), np.random.default_rng(2).random(60) < 0.7
    weighted = frame.with_columns(pl.Series("w", kept.astype(int)))
    one = _trained(weighted, "weighted", SourceSettings(weight_col="w"), class_weight=class_weight)
    _same_model(one, _trained(frame.filter(kept), "fewer", class_weight=class_weight))


@pytest.mark.parametrize("missing", ["auto", "mean", "drop"])
def test_whole_weights_are_repeated_rows_also_where_values_are_missing(missing):
    frame, counts = _gaps(_drawn()), np.random.default_rng(1).integers(0, 5, size=60)
    weighted = frame.with_columns(pl.Series("w", counts))
    one = _trained(weighted, "weighted", SourceSettings(weight_col="w", missing=missing))
    two = _trained(frame[np.repeat(np.arange(60), counts)], "repeated", SourceSettings(missing=missing))
    _same_model(one, two)


def test_the_unit_of_the_weights_does_not_matter():
    frame, counts = _drawn(), np.random.default_rng(1).integers(1, 5, size=60)
    one, two = (
        _trained(frame.with_columns(pl.Series("w", counts * unit)), f"t{unit}", SourceSettings(weight_col="w"))
        for unit in (1, 1000)
    )
    _same_model(one, two)


SHARES = {"p_u": [3, 1, 0, 2, 4, 1], "p_v": [1, 3, 4, 2, 0, 3]}
SOFT = SourceSettings(target_distribution=("p_u", "p_v"))


def _shared():
    """Six rows with counts of two classes, four in each; and the rows that were counted."""
    counted = pl.DataFrame({"x": [0.5, 2.0, 3.5, 1.0, -1.0, 1.5], "z": [1.0, 0.0, 2.5, -1.0, 0.5, 2.0], **SHARES})
    rows = [
        {"x": row["x"], "z": row["z"], "label": name}
        for row in counted.iter_rows(named=True)
        for name in "uv"
        for _ in range(row[f"p_{name}"])
    ]
    return counted, pl.DataFrame(rows)


def test_soft_labels_give_the_model_of_the_rows_that_they_count():
    counted, rows = _shared()
    one, two = _trained(counted, "soft", SOFT), _trained(rows, "hard")
    assert one.model.classes == ("u", "v")
    _same_model(one, two)


def test_shares_are_the_same_as_counts():
    counted, _ = _shared()
    shares = counted.with_columns(pl.col("p_u", "p_v") / 4)
    _same_model(_trained(counted, "counts", SOFT), _trained(shares, "shares", SOFT))


def test_shares_weighted_by_their_counts_are_the_rows_that_were_counted():
    counted, _ = _shared()
    counted = counted.with_columns(
        p_u=pl.Series([3, 1, 0, 5, 4, 1]), p_v=pl.Series([1, 2, 4, 2, 1, 3]), n=pl.Series([4, 3, 4, 7, 5, 4])
    )
    rows = pl.DataFrame(
        [
            {"x": row["x"], "z": row["z"], "label": name}
            for row in counted.iter_rows(named=True)
            for name in "uv"
            for _ in range(row[f"p_{name}"])
        ]
    )
    weighted = dataclasses.replace(SOFT, weight_col="n")
    _same_model(_trained(counted, "soft", weighted), _trained(rows, "hard"))


def test_certain_soft_labels_are_labels():
    frame = _drawn()
    names = sorted(frame["label"].unique())
    certain = frame.select("x", "z", "kind", *((pl.col("label") == name).cast(pl.Int8).alias(name) for name in names))
    one = _trained(certain, "soft", SourceSettings(target_distribution=tuple(names)))
    _same_model(one, _trained(frame, "hard"))


def test_what_is_prepared_is_learned_from_the_training_rows_alone():
    """Test rows with other values, levels and gaps change nothing in the model, to the last bit."""
    frame = _drawn().with_columns(pl.Series("side", ["train"] * 40 + ["test"] * 20))
    frame = frame.with_columns(x=pl.when(pl.int_range(60) % 7 == 3).then(None).otherwise("x"))
    tested = pl.col("side") == "test"
    other = frame.with_columns(
        x=pl.when(tested).then(1e6).otherwise("x"),
        z=pl.when(tested).then(None).otherwise("z"),
        kind=pl.when(tested).then(pl.lit("A new level")).otherwise("kind"),
    )
    models = []
    for name, table in (("one", frame), ("two", other)):
        table.write_csv(f"{name}.csv")
        told = train(_request(f"{name}.csv", SourceSettings(min_count=8), SplitSettings(split_col="side"), **EXACT))
        models.append(told.model)
    assert models[0].preparation == models[1].preparation
    assert models[0].columns[:2] == ("x", "x is missing")
    np.testing.assert_array_equal(models[0].weights, models[1].weights)


def test_a_model_says_of_a_file_what_training_said_of_its_rows():
    """Rare, unseen and missing values among the test rows, and levels whose order is not that of their counts."""
    rng = np.random.default_rng(5)
    kinds = rng.choice(["a rare", "b", "c", "d seldom", "e", ""], p=[0.04, 0.3, 0.2, 0.06, 0.3, 0.1], size=200)
    frame = pl.DataFrame(
        {
            "x": [None if k % 9 == 4 else float(v) for k, v in enumerate(rng.normal(size=200))],
            "kind": kinds.tolist(),
            "label": [("u" if k in "b e" else "v") if rng.random() < 0.8 else "w" for k in kinds.tolist()],
            "side": ["train"] * 120 + ["test"] * 80,
        }
    ).with_columns(
        kind=pl.when((pl.col("side") == "test") & (pl.int_range(200) % 10 == 0))
        .then(pl.lit("Aa new"))
        .otherwise("kind")
    )
    frame.write_csv("t.csv")
    told = train(_request("t.csv", SourceSettings(min_count=10), SplitSettings(split_col="side")))
    (category,) = [column for column in told.model.preparation.columns if column.name == "kind"]
    assert category.rare
    later = frame.filter(pl.col("side") == "test").drop("label", "side")
    later.write_csv("later.csv")
    dataset = data.load_inputs("later.csv", told.model.preparation, "label", SourceSettings())
    ours = told.model.predict_proba(told.model.preparation.apply(dataset.X))
    written = pl.read_csv(told.run.path / "predictions.csv")
    theirs = written.select(f"p_{name}" for name in told.model.classes).to_numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    assert told.model.preparation.unseen(dataset.X) == {"kind": int((later["kind"] == "Aa new").sum())}


@pytest.mark.parametrize("missing", ["auto", "mean", "median"])
def test_gaps_are_filled_as_scikit_learn_fills_them(missing):
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = _gaps(_drawn(90))
    told = _trained(frame, "gaps", SourceSettings(missing=missing))
    table = pd.read_csv("gaps.csv").astype({"kind": object})
    strategy = "mean" if missing == "mean" else "median"
    features = ColumnTransformer(
        [
            ("x", SimpleImputer(strategy=strategy, add_indicator=missing == "auto"), ["x"]),
            ("z", "passthrough", ["z"]),
            ("kind", make_pipeline(SimpleImputer(strategy="constant", fill_value="~"), OneHotEncoder()), ["kind"]),
        ],
        sparse_threshold=0,
    )
    theirs = make_pipeline(
        features,
        StandardScaler(),
        LogisticRegression(C=told.metrics["objective"]["sklearn_C"], tol=1e-10, max_iter=10_000),
    ).fit(table, table["label"])
    dataset = data.load_inputs("gaps.csv", told.model.preparation, "label", SourceSettings())
    ours = told.model.predict_proba(told.model.preparation.apply(dataset.X))
    np.testing.assert_allclose(ours, theirs.predict_proba(table), atol=1e-5)


def test_dropped_rows_are_as_if_they_had_never_been_there():
    frame = _gaps(_drawn(90))
    one = _trained(frame, "gaps", SourceSettings(missing="drop"))
    two = _trained(frame.drop_nulls(), "whole", SourceSettings(missing="drop"))
    _same_model(one, two)
    assert any(f"{90 - frame.drop_nulls().height} rows" in note for note in one.dataset.notes)
    assert one.model.preparation.refused(np.array([[np.nan, 1.0, 0.0]])).tolist() == [[True, False, False]]


def test_folds_learn_their_preparation_from_their_own_rows(monkeypatch):
    """Cross-validation hands each fold's own training rows to learn, and no others."""
    from softreg.settings import SelectionSettings
    from softreg.workflows import material

    seen, learn = [], material.learn

    def watching(raw, *rest, **more):
        seen.append(len(raw))
        return learn(raw, *rest, **more)

    monkeypatch.setattr(material, "learn", watching)
    _drawn(90).write_csv("t.csv")
    request = dataclasses.replace(_request("t.csv"), selection=SelectionSettings(cv=3))
    told = train(request)
    rows = len(told.split.train)
    assert rows in seen
    assert sorted(seen)[:3] == pytest.approx([rows * 2 / 3] * 3, abs=2)
    assert len(told.metrics["cross_validation"]["mean"]) > 0


def test_gaps_in_arrays_are_filled_and_values_near_the_end_of_float64_are_no_gaps():
    from softreg.errors import SoftregError

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    X[:, 1] += y
    X[::5, 0] = np.nan
    np.savez("gaps.npz", X=X, y=y)
    told = train(_request("gaps.npz"))
    assert told.model.columns == ("x1", "x1 is missing", "x2")
    np.savez("huge.npz", X=np.sign(np.nan_to_num(X, nan=1.0)) * 1.5e308, y=y)
    with pytest.raises(SoftregError, match="too large"):
        train(_request("huge.npz"))

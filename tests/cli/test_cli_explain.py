"""explain: one row, from its features to the answer."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from softreg.runs import Run

PENGUINS = "datasets/penguins_full.csv"


@pytest.fixture
def mixed(flowers, no_pictures):
    """A run on a table of numbers and categories, with missing values."""
    flowers.ok("train", PENGUINS, "--out", "mixed", "-q")
    return flowers


def told(shell, *words):
    return json.loads(shell.ok("explain", *words, "--json").out)


def row_of(shell, path, row):
    lines = shell.read(path).splitlines()
    return dict(zip(lines[0].split(","), lines[row].split(","), strict=True))


def predicted(shell, run, cells):
    shell.write("changed.csv", f"{','.join(cells)}\n{','.join(map(str, cells.values()))}\n")
    return shell.ok("predict", run, "changed.csv", "-q").out.splitlines()[1].split(",")[0]


@pytest.mark.parametrize("row", [1, 4, 200, 344])
def test_everything_in_the_json_fits_together_and_agrees_with_predict(mixed, row):
    found = told(mixed, "mixed", PENGUINS, "--row", row)
    model = Run(mixed.folder / "mixed").model()
    answers = mixed.ok("predict", "mixed", PENGUINS, "--proba", "-q").out.splitlines()
    answer = dict(zip(answers[0].split(","), answers[row].split(","), strict=True))
    assert found["prediction"] == answer["prediction"]
    assert found["confidence"] == pytest.approx(float(answer["confidence"]))
    logits = {name: found["start"][name] + found["shift"] for name in model.classes}
    for name in model.classes:
        assert found["probabilities"][name] == pytest.approx(float(answer[f"p_{name}"]))
        sums = sum(column["contribution"][name] for column in found["columns"])
        assert logits[name] + sums == pytest.approx(found["logits"][name], abs=1e-9)
        for column in found["columns"]:
            by_feature = sum(feature["contribution"][name] for feature in column["features"])
            assert by_feature == pytest.approx(column["contribution"][name], abs=1e-12)
            for feature in column["features"]:
                place = model.columns.index(feature["feature"])
                own = model.weights[place, model.classes.index(name)] - model.weights[place].mean()
                by_hand = own * (feature["value"] - feature["reference"])
                assert feature["contribution"][name] == pytest.approx(by_hand, abs=1e-12)
    powers = found["exponentials"]
    assert max(powers.values()) == 1
    for name, proba in found["probabilities"].items():
        assert proba == pytest.approx(powers[name] / sum(powers.values()))
    why = found["why"]
    assert why["log_odds"] == pytest.approx(why["start"] + sum(why["contributions"].values()))
    p = found["probabilities"]
    assert why["log_odds"] == pytest.approx(np.log(p[why["class"]] / p[why["not"]]))


def test_the_loss_and_the_residual_need_a_label(mixed):
    found = told(mixed, "mixed", PENGUINS, "--row", 2)
    label = row_of(mixed, PENGUINS, 2)["species"]
    assert found["label"] == label
    assert found["cross_entropy"] == pytest.approx(-np.log(found["probabilities"][label]))
    assert sum(found["residual"].values()) == pytest.approx(0, abs=1e-12)
    assert found["residual"][label] == pytest.approx(found["probabilities"][label] - 1)
    cells = row_of(mixed, PENGUINS, 2)
    del cells["species"]
    mixed.write("bare.csv", f"{','.join(cells)}\n{','.join(cells.values())}\n")
    bare = told(mixed, "mixed", "bare.csv")
    assert (bare["label"], bare["cross_entropy"], bare["residual"]) == (None, None, None)
    assert bare["logits"] == found["logits"]
    out = mixed.ok("explain", "mixed", "bare.csv").out
    assert "p - y" not in out
    assert not re.search(r"^loss", out, re.MULTILINE)


def test_the_average_row_is_that_of_the_training_rows(flowers, no_pictures):
    """By hand, for numbers of every scaling: what training rows average at contributes nothing."""
    from softreg.data import load
    from softreg.settings import SourceSettings

    X = np.asarray(load("datasets/penguins.csv", SourceSettings()).X)
    for scale in ("standard", "unit", "none"):
        flowers.ok("train", "datasets/penguins.csv", "--scale", scale, "--test-size", 0, "--out", scale, "-q")
        found = told(flowers, scale, "datasets/penguins.csv")
        references = [column["features"][0]["reference"] for column in found["columns"]]
        np.testing.assert_allclose(references, X.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("row", [1, 20, 190, 300])
def test_whoever_types_the_change_gets_the_other_answer(mixed, row):
    """The numbers that the terminal shows lie just beyond the boundary: typed into a table they flip the answer."""
    found, out = told(mixed, "mixed", PENGUINS, "--row", row), mixed.ok("explain", "mixed", PENGUINS, "--row", row).out
    cells = row_of(mixed, PENGUINS, row)
    lines = out[out.index("one alone") :].splitlines()[1:]
    shown = [re.split(r"\s{2,}", line.strip()) for line in lines if line.startswith(tuple(cells))]
    assert shown
    for name, _, to, *_, says in shown:
        assert predicted(mixed, "mixed", cells | {name: to}) == says, name
    for flip in found["flips"]:
        if flip["deviations"] is not None:
            start, to = flip["from"], flip["to"]
            short_of = start + (to - start) * (1 - 1e-6)
            assert predicted(mixed, "mixed", cells | {flip["column"]: repr(short_of)}) == found["prediction"]


@pytest.mark.parametrize("row", [1, 20, 190])
def test_the_way_to_the_boundary_ends_where_two_classes_are_equally_likely(mixed, row):
    near = told(mixed, "mixed", PENGUINS, "--row", row)["boundary"]
    cells = row_of(mixed, PENGUINS, row)
    for name, change in near["changes"].items():
        cells[name] = repr(change["to"])
    mixed.write("changed.csv", f"{','.join(cells)}\n{','.join(cells.values())}\n")
    at = told(mixed, "mixed", "changed.csv")
    ordered = sorted(at["probabilities"].items(), key=lambda pair: -pair[1])
    assert near["class"] in {ordered[0][0], ordered[1][0]}
    assert ordered[0][1] == pytest.approx(ordered[1][1], abs=1e-9)


def test_missing_and_new_values_are_told_as_what_they_are(mixed):
    header = mixed.read(PENGUINS).splitlines()[0]
    mixed.write("odd.csv", f"{header}\n,Atlantis,,18,190,3700,,2008\n")
    out = mixed.ok("explain", "mixed", "odd.csv").out
    for text in ("island = Atlantis (not known)", "bill_length_mm missing -> 44.", "sex missing"):
        assert text in out
    found = told(mixed, "mixed", "odd.csv")
    assert "bill_length_mm" not in {flip["column"] for flip in found["flips"]}
    assert "bill_length_mm" not in found["boundary"]["changes"]
    assert {one["column"]: one["kind"] for one in found["columns"]}["island"] == "unseen"


@pytest.mark.parametrize("words", [("mixed", PENGUINS), ("iris-1", "iris"), ("penguins-1", "datasets/penguins.csv")])
def test_a_person_reads_it_on_one_screen(mixed, words):
    done = mixed.ok("explain", *words, "--row", 3)
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 40
    assert lines[-1].startswith("next      softreg explain")
    assert not done.err


def test_the_rest_of_the_columns_is_summed(mixed):
    out = mixed.ok("explain", "mixed", PENGUINS, "--top", 2).out
    assert "5 others" in out
    lines = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]
    table = [line for line in lines if len(line) == 5]
    start = next(place for place, line in enumerate(table) if line[0].startswith("from "))
    end = next(place for place, line in enumerate(table) if line[0] == "logit" and place > start)
    for column in range(1, 5):
        values = [float(line[column]) for line in table[start : end + 1]]
        assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.003)


def test_the_question_can_be_asked_for_any_two_classes(flowers):
    found = told(flowers, "iris-1", "iris", "--row", 1, "--why", "virginica", "--why-not", "versicolor")
    assert (found["why"]["class"], found["why"]["not"]) == ("virginica", "versicolor")
    other = told(flowers, "iris-1", "iris", "--row", 1, "--why", "virginica")
    assert other["why"]["not"] == found["prediction"] == "setosa"
    plain = told(flowers, "iris-1", "iris", "--row", 1)
    assert plain["why"]["class"] == "setosa"
    assert plain["boundary"] == found["boundary"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("iris-1", "iris", "--row", "151"), 3, "iris has 150 rows, and no row 151"),
        (("iris-1", "iris", "--row", "0"), 2, "at least 1"),
        (("iris-1", "iris", "--why", "setoza"), 2, 'Did you mean "setosa"?'),
        (("iris-1", "iris", "--why-not", "setosa"), 2, "nothing to compare"),
        (("iris-1", "iris", "--why", "setosa", "--why-not", "setosa"), 2, "nothing to compare"),
        (("iris-1", "iris", "--why", "rose"), 2, "virginica"),
        (("iris-1", "datasets/penguins.csv"), 3, "lacks 4 of the model's 4 columns"),
        (("iris-1", "iris", "--separator", ";"), 2, "no effect"),
        (("iris-1", "iris", "-o", "nowhere/x.png"), 3, "no folder"),
        (("iris-1", "iris", "-o", "x.bmp"), 2, ".png"),
        (("iris-1", "iris", "--overwrite"), 2, "no effect"),
        (("iris-7", "iris"), 3, '"iris-'),
        (("iris-1", "blank.csv"), 3, "has 0 rows"),
        (("iris-1", "lines.csv", "--row", "2"), 3, "blank"),
        (("iris-1", "lines.csv", "--row", "3"), 3, "missing"),
        (("iris-1", "lines.csv", "--row", "4"), 3, "not a number"),
    ],
)
def test_what_cannot_be_explained_is_said_in_a_sentence(flowers, words, code, said):
    header = flowers.read("datasets/new_flowers.csv").splitlines()[0]
    flowers.write("blank.csv", header + "\n")
    flowers.write("lines.csv", f"{header}\nA,1,2,3,4\n\nB,1,,3,4\nC,1,two,3,4\n")
    done = flowers("explain", *words)
    assert done.code == code
    assert said in " ".join(done.err.split())
    assert not done.out
    assert "Traceback" not in done.err


def test_a_bad_row_elsewhere_is_no_obstacle(flowers):
    header = flowers.read("datasets/new_flowers.csv").splitlines()[0]
    flowers.write("lines.csv", f"{header}\nC,1,two,3,4\n\nB,1,2,3,4\n")
    assert told(flowers, "iris-1", "lines.csv", "--row", 3)["row"] == 3


def test_a_label_that_the_model_does_not_know_is_said(flowers):
    lines = flowers.read("datasets/penguins.csv").splitlines()
    flowers.write("emu.csv", f"{lines[0]}\n{lines[1].rpartition(',')[0]},Emu\n")
    done = flowers.ok("explain", "penguins-1", "emu.csv")
    assert '"Emu"' in done.err
    assert "is Emu" in done.out
    assert "p - y" not in done.out
    assert not flowers.ok("explain", "penguins-1", "emu.csv", "-q").err


def test_standard_input_is_read_up_to_the_row(flowers):
    content = (flowers.folder / "datasets/new_flowers.csv").read_bytes()
    done = flowers.ok("explain", "iris-1", "-", "--row", 2, "--json", stdin=content)
    assert json.loads(done.out)["columns"] == told(flowers, "iris-1", "datasets/new_flowers.csv", "--row", 2)["columns"]


def test_a_picture_is_drawn_and_named(mixed):
    done = mixed.ok("explain", "mixed", PENGUINS, "-o", "why.png")
    assert "saved     why.png" in done.out
    assert (mixed.folder / "why.png").read_bytes().startswith(b"\x89PNG")
    assert mixed("explain", "mixed", PENGUINS, "-o", "why.png").code == 2
    mixed.ok("explain", "mixed", PENGUINS, "-o", "why.png", "--overwrite")


def test_images_are_explained_and_drawn_as_images(shell, no_pictures):
    shell.ok("train", "digits", "--epochs", 5, "-q")
    done = shell.ok("explain", "last", "digits", "--row", 9, "-o", "why.svg")
    assert max(map(len, done.out.splitlines())) <= 80
    assert (shell.folder / "why.svg").read_text().count("<image") >= 4
    found = told(shell, "last", "digits", "--row", 9)
    assert len(found["columns"]) == 64
    assert len(found["probabilities"]) == 10
    # what no pixel can hold is no change of a pixel
    lines = [line.split() for line in done.out.splitlines() if re.match(r"pixel_\d_\d  ", line)]
    possible = [flip for flip in found["flips"] if 0 <= flip["to"] <= 16]
    assert [line[0] for line in lines] == [flip["column"] for flip in possible][:4]
    if not possible:
        assert "no change of one column, from 0 to 16, gives another answer" in done.out


def test_sparse_rows_are_explained_from_a_row_of_zeros(shell, no_pictures):
    shell.write("t.svmlight", "".join(f"{k % 3} 1:{k % 3}.5 {2 + k % 7}:1 9:0.25\n" for k in range(90)))
    shell.ok("train", "t.svmlight", "-q")
    found = told(shell, "last", "t.svmlight", "--row", 5)
    assert all(feature["reference"] == 0 for column in found["columns"] for feature in column["features"])
    model = Run(shell.folder / "runs/t-1").model()
    assert [column["column"] for column in found["columns"]] == list(model.inputs)
    assert "a row of zeros" in shell.ok("explain", "last", "t.svmlight").out


def test_soft_labels_are_the_truth(shell, no_pictures):
    rng = np.random.default_rng(0)
    q = rng.dirichlet([1, 1], 60)
    lines = [f"{a:.3f},{p[0]:.3f},{p[1]:.3f}" for a, p in zip(rng.standard_normal(60), q, strict=True)]
    shell.write("s.csv", "\n".join(["x,p_no,p_yes", *lines]) + "\n")
    shell.ok("train", "s.csv", "--target-distribution", "p_no,p_yes", "-q")
    found = told(shell, "last", "s.csv", "--row", 7)
    given = np.array([float(cell) for cell in lines[6].split(",")[1:]])
    given /= given.sum()
    p = np.array(list(found["probabilities"].values()))
    assert found["cross_entropy"] == pytest.approx(-(given @ np.log(p)))
    assert list(found["residual"].values()) == pytest.approx(p - given)
    assert "with the row's shares" in " ".join(shell.ok("explain", "last", "s.csv", "--row", 7).out.split())


def test_a_model_without_weights_says_that_nothing_flips_it(shell):
    from softreg import SoftmaxModel

    SoftmaxModel(np.zeros((2, 3)), np.array([0.0, 1.0, 0.0]), ("a", "b", "c"), ("x", "y")).save(shell.folder / "m.npz")
    shell.write("t.csv", "x,y\n1,2\n")
    out = " ".join(shell.ok("explain", "m.npz", "t.csv").out.split())
    assert "no change of its numbers gives another answer" in out
    assert "no change of one column gives another answer" in out


@pytest.mark.parametrize(("scale", "reference"), [("standard", [1.5, -2.0]), ("unit", [0.0, 0.0])])
def test_of_a_model_that_kept_no_averages_the_means_it_was_centred_by_serve(shell, scale, reference):
    from softreg import SoftmaxModel

    features = {"mean": np.array([1.5, -2.0]), "deviation": np.ones(2)}
    model = SoftmaxModel(np.eye(2), np.zeros(2), ("a", "b"), ("x", "y"), metadata={"scale": scale}, features=features)
    model.save(shell.folder / "m.npz")
    shell.write("t.csv", "x,y\n1,2\n")
    columns = told(shell, "m.npz", "t.csv")["columns"]
    assert [column["features"][0]["reference"] for column in columns] == reference


def test_explaining_a_csv_imports_neither_scikit_learn_nor_matplotlib(flowers):
    import subprocess
    import sys
    from pathlib import Path

    code = (
        "import sys; from softreg.cli.app import run;"
        "assert run(['explain', 'iris-1', 'datasets/new_flowers.csv']) == 0;"
        "print(*sys.modules, file=sys.stderr)"
    )
    environment = flowers.environment({"PYTHONPATH": str(Path(__file__).parent.parent.parent)})
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=flowers.folder, env=environment
    )
    assert not {"sklearn", "matplotlib", "scipy"} & {name.split(".")[0] for name in done.stderr.split()}


def test_a_tie_is_told_as_a_tie(shell):
    from softreg import SoftmaxModel

    SoftmaxModel(np.array([[1.0, -1.0]]), np.zeros(2), ("a", "b"), ("x",)).save(shell.folder / "m.npz")
    shell.write("t.csv", "x\n0\n")
    out = " ".join(shell.ok("explain", "m.npz", "t.csv").out.split())
    assert "b is exactly as likely; the tie goes to the first class" in out


def test_no_data_steer_the_terminal(shell):
    from softreg import SoftmaxModel

    names = ("a\x1b[31m", "b")
    SoftmaxModel(np.array([[1.0, -1.0]]), np.zeros(2), names, ("x\x1b[2J",)).save(shell.folder / "m.npz")
    shell.write("t.csv", "x\x1b[2J\n3\n")
    assert "\x1b" not in shell.ok("explain", "m.npz", "t.csv").out


def test_beyond_is_beyond_and_short():
    from softreg.cli.explanation import beyond

    rng = np.random.default_rng(0)
    for start, way in zip(
        rng.standard_normal(500) * 100, rng.standard_normal(500) * 10.0 ** rng.uniform(-4, 4, 500), strict=True
    ):
        to = start + way
        shown = float(beyond(start, to))
        assert (shown - to) * way > 0
        assert abs(shown - to) <= max(0.1 * abs(way), 1)

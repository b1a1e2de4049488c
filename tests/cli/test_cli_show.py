"""show: what is inside a model, for a person."""

from __future__ import annotations

import json

import pytest

from softreg.preparation import Preparation
from softreg.runs import Run

TABLE = "age,port,class\n" + "".join(
    f"{'' if place % 9 == 0 else 20 + place % 40},{('South', 'Cher', '', 'Q')[place % 4] if place else 'Rare'},"
    f"{('no', 'yes')[(place * 7 + place // 3) % 5 < 2]}\n"
    for place in range(150)
)


def test_a_person_reads_classes_columns_training_and_weights(flowers):
    done = flowers.ok("show", "penguins-1")
    model = Run(flowers.folder / "runs/penguins-1").model()
    assert done.err == ""
    text = " ".join(done.out.split())
    for name, count in model.metadata["class_counts"].items():
        assert f"{name} ({count})" in text
        assert f"pulls to {name}" in text
    for name in model.inputs:
        assert name in text
    assert "on penguins.csv" in text
    assert "l2 1e-4" in text
    assert "runs/penguins-1/model.npz" in text
    assert done.out.splitlines()[-1] == "next      softreg predict penguins-1 new.csv"


def test_levels_that_hold_commas_are_told_from_two_levels(shell):
    rows = "".join(f'"{("Bonn", "Paris, TX")[k % 2]}",{k % 5},{("no", "yes")[k % 3 % 2]}\n' for k in range(60))
    shell.write("t.csv", f"town,n,class\n{rows}")
    shell.ok("train", "t.csv", "-q")
    assert 'Bonn, "Paris, TX"' in shell.ok("show", "last").out


@pytest.mark.parametrize("data", ["iris", "digits", "t.csv"])
def test_it_fits_a_screen(shell, data):
    shell.write("t.csv", TABLE)
    shell.ok("train", data, "--epochs", 5, "-q")
    lines = shell.ok("show", "last").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 24


def test_gaps_levels_and_rare_levels_are_told(shell):
    shell.write("t.csv", TABLE)
    shell.ok("train", "t.csv", "-q")
    lines = {line.split()[0]: " ".join(line.split()) for line in shell.ok("show", "last").out.splitlines()}
    model = Run(shell.folder / "runs/t-1").model()
    age, port = model.preparation.columns
    assert lines["age"] == f"age number {age.fill:.4g} and a feature that says so"
    assert set(port.rare) <= {"Rare"}
    rare = "; rare: Rare" if port.rare else ""
    assert lines["port"] == f"port category a value {', '.join(port.levels)}{rare}"


def test_json_holds_all_that_there_is(flowers):
    told = json.loads(flowers.ok("show", "penguins-1", "--json").out)
    path = flowers.folder / "runs/penguins-1/model.npz"
    model = Run(path.parent).model()
    assert told["classes"] == list(model.classes)
    assert Preparation.from_json(told["inputs"]) == model.preparation
    assert told["training"] == model.metadata
    assert told["bytes"] == path.stat().st_size
    assert set(told["pulls"]) == set(model.classes)


def test_a_model_file_says_the_same_as_its_run(flowers):
    run, file = (flowers.ok("show", word, "--json").out for word in ("iris-1", "runs/iris-1/model.npz"))
    assert run == file


def test_the_model_of_an_array_that_tells_nothing_of_its_training_is_shown(shell):
    import numpy as np

    from softreg import SoftmaxModel

    SoftmaxModel(np.eye(2), np.zeros(2), ("a", "b"), ("x", "y\x1b[31m")).save(shell.folder / "m.npz")
    done = shell.ok("show", "m.npz")
    assert "2 columns, 2 features, 2 classes" in done.out.replace("\N{NO-BREAK SPACE}", " ")
    assert "\x1b" not in done.out


def test_many_classes_and_columns_are_counted_and_not_listed(shell):
    import numpy as np

    from softreg import SoftmaxModel

    classes, columns = (tuple(f"{word}{place}" for place in range(300)) for word in "cx")
    SoftmaxModel(np.zeros((300, 300)), np.zeros(300), classes, columns).save(shell.folder / "m.npz")
    done = shell.ok("show", "m.npz")
    assert "and 280 more" in done.out
    assert "and 288 more" in done.out
    assert len(done.out.splitlines()) < 35


def test_no_run_is_told_as_such(shell):
    done = shell("show", "last")
    assert done.code == 3
    assert "softreg train iris" in done.err

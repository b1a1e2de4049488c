"""Data sets with a name: scikit-learn's own, synthetic ones, the catalogue, and this repository's folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn import datasets as sk

from softreg import settings
from softreg.data import load, load_inputs
from softreg.data.catalogue import CATALOGUE, entry, offline_names
from softreg.data.labels import classes_of
from softreg.errors import DataError, UsageError
from softreg.preparation import Preparation
from softreg.settings import SourceSettings, SplitSettings

NONE = SourceSettings()
FOLDER = Path(__file__).parents[2] / "datasets"


@pytest.mark.parametrize("name", settings.BUNDLED)
def test_bundled_sets_are_scikit_learns(name):
    bunch = getattr(sk, f"load_{name}")()
    data = load(name, NONE)
    np.testing.assert_array_equal(data.X, bunch.data)
    assert data.columns == tuple(bunch.feature_names)
    assert data.labels.tolist() == [str(bunch.target_names[code]) for code in bunch.target]
    assert data.X.flags.c_contiguous


def test_digits_are_pixels_and_the_others_are_not():
    digits, iris = load("digits", NONE), load("iris", NONE)
    assert digits.pixels
    assert digits.image_shape == (8, 8)
    assert digits.X.dtype == np.float32
    assert not iris.pixels
    assert iris.X.dtype == np.float64


@pytest.mark.parametrize("name", offline_names())
def test_the_catalogue_tells_the_truth_about_what_works_offline(name):
    data, known = load(name, NONE), entry(name)
    assert data.X.shape == (known.rows, known.features)
    assert len(classes_of(data.labels)) == known.classes


def test_the_catalogue_holds_the_names_of_the_settings():
    names = settings.BUNDLED + settings.SYNTHETIC + settings.DOWNLOADED + settings.IDX_NAMED
    assert tuple(known.name for known in CATALOGUE) == names
    assert entry("no such set") is None


@pytest.mark.parametrize("name", settings.SYNTHETIC)
def test_synthetic_sets_depend_on_their_settings_alone(name):
    source = SourceSettings(samples=90, noise=0.05, seed=3)
    one, two = load(name, source), load(name, source)
    assert one.X.shape == (90, 2)
    assert one.X.tobytes() == two.X.tobytes()
    assert one.origin == two.origin
    for other in (SourceSettings(samples=90, noise=0.06, seed=3), SourceSettings(samples=90, noise=0.05, seed=4)):
        assert load(name, other).origin["sha256"] != one.origin["sha256"]


def test_centers_are_the_classes_of_blobs():
    assert classes_of(load("blobs", SourceSettings(centers=12)).labels) == tuple(str(k) for k in range(12))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("moons", SourceSettings(centers=3)),
        ("iris", SourceSettings(samples=10)),
        ("iris", SourceSettings(noise=0.1)),
        ("iris", SourceSettings(centers=2)),
        ("iris", SourceSettings(target="species")),
        ("blobs", SourceSettings(centers=1)),
        ("blobs", SourceSettings(samples=2)),
        ("moons", SourceSettings(samples=0)),
        ("moons", SourceSettings(noise=-1.0)),
        ("moons", SourceSettings(noise=float("nan"))),
    ],
)
def test_settings_without_effect_or_out_of_range_are_usage_errors(name, source):
    with pytest.raises(UsageError):
        load(name, source)


def test_features_of_a_named_set_can_be_left_out():
    data = load("iris", SourceSettings(exclude=("petal width (cm)", "sepal width (cm)")))
    assert data.columns == ("sepal length (cm)", "petal length (cm)")
    np.testing.assert_array_equal(data.X, sk.load_iris().data[:, [0, 2]])
    with pytest.raises(DataError, match="petal width"):
        load("iris", SourceSettings(exclude=("petal widht (cm)",)))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("irs", '"iris"'),
        ("zzzzz", "softreg datasets"),
        ("no/such/folder/t.csv", "no folder"),
        ("notes.txt", "no data set and no file"),
    ],
)
def test_an_unknown_name_is_answered_with_what_may_be_meant(tmp_path, monkeypatch, spec, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=words):
        load(spec, NONE)


def test_a_file_of_another_kind_is_refused_with_the_kinds_that_are_read(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"x")
    with pytest.raises(DataError, match=r"\.csv, \.tsv, \.parquet, \.npz"):
        load(str(tmp_path / "t.xlsx"), NONE)


def test_a_name_wins_over_a_file_of_that_name_and_a_path_over_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iris").mkdir()
    assert load("iris", NONE).n_samples == 150
    with pytest.raises(DataError, match="IDX"):
        load("./iris", NONE)


def test_flowers_of_this_repository_fit_a_model_of_iris():
    columns = load("iris", NONE).columns
    data = load_inputs(str(FOLDER / "new_flowers.csv"), Preparation.plain(columns), "label", NONE)
    assert data.n_samples == 8
    assert data.labels is None
    assert data.notes == ("Ignored, because the model does not know them: flower.",)


@pytest.mark.parametrize(
    ("name", "target", "shape", "classes"),
    [("penguins", None, (342, 4), 3), ("anes96", "PID", (944, 9), 7)],
)
def test_tables_of_this_repository_are_as_their_readme_says(name, target, shape, classes):
    data = load(str(FOLDER / f"{name}.csv"), SourceSettings(target=target))
    assert data.X.shape == shape
    assert len(classes_of(data.labels)) == classes
    assert f"| `{name}.csv` | {shape[0]} |" in (FOLDER / "README.md").read_text()


def test_every_table_of_this_repository_is_in_its_readme():
    text = (FOLDER / "README.md").read_text()
    assert all(path.name in text for path in FOLDER.glob("*.csv"))


def loaded_modules(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_catalogue_needs_the_standard_library_only():
    names = loaded_modules("import softreg.data.catalogue, softreg.data")
    assert not names & {"numpy", "polars", "scipy", "sklearn", "click"}


def test_inputs_from_csv_need_neither_scikit_learn_nor_scipy():
    path = str(FOLDER / "new_flowers.csv")
    names = loaded_modules(
        "from softreg.data import load_inputs\n"
        "from softreg.settings import SourceSettings\n"
        "from softreg.preparation import Preparation\n"
        f"load_inputs({path!r}, Preparation.plain(['petal width (cm)']), 'label', SourceSettings())"
    )
    assert {"numpy", "polars"} <= names
    assert not names & {"sklearn", "scipy", "pandas", "pyarrow", "matplotlib", "softreg.data.downloads"}


def test_a_split_column_has_no_effect_on_a_named_set():
    with pytest.raises(UsageError, match="--group-col"):
        load("iris", NONE, SplitSettings(group_col="a"))

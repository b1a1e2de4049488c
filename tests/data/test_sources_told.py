"""Which source a word means, what is said of one that is not there, and of settings and values that are no use."""

from __future__ import annotations

import gzip
import io
import sys

import numpy as np
import polars as pl
import pytest
from sklearn import datasets as sk
from sklearn.utils import Bunch

from softreg.data import load, load_inputs
from softreg.data.kinds import kind_of
from softreg.errors import DataError, SoftregError, UsageError
from softreg.preparation import Preparation
from softreg.settings import SourceSettings, SplitSettings

NONE = SourceSettings()


def told(call, *given, **more) -> tuple[str, str]:
    """What was wrong, and what to type next."""
    with pytest.raises(SoftregError) as caught:
        call(*given, **more)
    return caught.value.what, caught.value.advice


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, in which the user is."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


CHECK = "Check the path."
NAMES = (
    "Names: iris, wine, digits, breast_cancer, blobs, moons, circles, covtype, 20newsgroups, fashion_mnist, mnist; "
    "softreg datasets lists them."
)
ABSENT = [
    ("zzz", [], 'There is no data set and no file "zzz".', NAMES),
    ("irs", [], 'There is no data set and no file "irs".', 'Did you mean "iris"?'),
    ("Iris", [], 'There is no data set and no file "Iris".', 'Did you mean "iris"?'),
    ("penguin", ["penguins.CSV"], 'There is no data set and no file "penguin".', 'Did you mean "penguins.CSV"?'),
    ("penguin", ["penguins.txt"], 'There is no data set and no file "penguin".', NAMES),
    ("penguin.csv", ["penguins.csv"], "There is no file penguin.csv.", "Did you mean penguins.csv?"),
    ("penguin.CSV", ["penguins.CSV"], "There is no file penguin.CSV.", "Did you mean penguins.CSV?"),
    ("penguin.csv.gz", ["penguins.csv.gz"], "There is no file penguin.csv.gz.", "Did you mean penguins.csv.gz?"),
    ("penguin", ["penguin1.csv.gz"], 'There is no data set and no file "penguin".', 'Did you mean "penguin1.csv.gz"?'),
    ("penguin.csv", ["zebras.csv"], "There is no file penguin.csv.", CHECK),
    ("row.csv", ["rows.csv", "row1.csv"], "There is no file row.csv.", "Did you mean rows.csv?"),
    ("./iris", [], "There is no file ./iris.", CHECK),
    ("./penguin", ["penguins.csv", "penguins"], "There is no file ./penguin.", "Did you mean penguins?"),
    ("sub/row.csv", ["sub/rows.csv"], "There is no file sub/row.csv.", "Did you mean sub/rows.csv?"),
    ("sub/irs", ["sub/rows.csv"], "There is no file sub/irs.", CHECK),
    ("nowhere/a.csv", [], "There is no file nowhere/a.csv: no folder nowhere either.", CHECK),
    ("nowhere/iris", [], "There is no file nowhere/iris: no folder nowhere either.", CHECK),
]


def test_a_link_to_nothing_is_told_as_that(here):
    (here / "a.csv").symlink_to("gone.csv")
    assert told(kind_of, "a.csv") == ("There is no file a.csv: it is a link to gone.csv.", "Check where it leads.")


@pytest.mark.parametrize("option", ["separator", "encoding"])
def test_what_is_of_text_alone_has_no_effect_on_parquet(here, option):
    pl.DataFrame({"a": [1, 2], "y": ["k", "m"]}).write_parquet(here / "t.parquet")
    found = told(load, "t.parquet", SourceSettings(**{option: "utf-8"}))
    assert found == (f"--{option} has no effect on t.parquet.", "It is for tables, such as a CSV.")


@pytest.mark.parametrize(("spec", "files", "what", "advice"), ABSENT)
def test_what_is_not_there_is_told_with_the_nearest_that_is(here, spec, files, what, advice):
    for name in files:
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text("")
    assert told(kind_of, spec) == (what, advice)


def test_of_many_files_alike_the_nearest_is_meant(here):
    for name in ("penguins2019.csv", "penguins2020.csv", "penguins.csv", "old_penguins.csv"):
        (here / name).write_text("")
    assert told(kind_of, "pengiuns.csv")[1] == "Did you mean penguins.csv?"


@pytest.mark.parametrize("name", ["a.txt", "./iris", "a.gz", "a.csv.zip", "csv"])
def test_files_of_no_known_kind_are_told_what_is(here, name):
    (here / name).write_text("a,y\n1,k\n")
    readable = "It reads .csv, .tsv, .parquet, .npz, .svmlight, .libsvm and folders of IDX files."
    assert told(kind_of, name) == (f"softreg cannot read {name}.", readable)


def test_a_name_is_the_data_set_even_beside_a_file_or_a_folder_of_that_name(here):
    (here / "wine").mkdir()
    (here / "iris").write_text("")
    (here / "iris.csv").write_text("")
    (here / "openml:a").write_text("")
    kinds = {"iris": "bundled", "wine": "bundled", "./wine": "folder", "iris.csv": "table", "openml:a": "download"}
    kinds |= {"./iris.csv": "table", str(here / "wine"): "folder", "mnist": "idx", "covtype": "download"}
    assert {spec: kind_of(spec) for spec in kinds} == kinds


def test_a_folder_is_one_whatever_it_ends_in(here):
    (here / "rows.csv").mkdir()
    (here / "rows").mkdir()
    assert kind_of("rows.csv") == kind_of("rows") == kind_of(".") == "folder"


@pytest.mark.parametrize("ending", [".csv", ".npz", ".svmlight", ".parquet"])
def test_the_users_home_is_known(here, monkeypatch, ending):
    monkeypatch.setenv("HOME", str(here))
    X, y = np.eye(3) + 1, np.array([1, 2, 1])
    if ending == ".csv":
        pl.DataFrame(X, ["x1", "x2", "x3"]).with_columns(y=y).write_csv(here / "a.csv")
    elif ending == ".parquet":
        pl.DataFrame(X, ["x1", "x2", "x3"]).with_columns(y=y).write_parquet(here / "a.parquet")
    elif ending == ".npz":
        np.savez(here / "a.npz", X=X, y=y)
    else:
        sk.dump_svmlight_file(X, y, str(here / "a.svmlight"), zero_based=False)
    data, inputs = (
        load(f"~/a{ending}", NONE),
        load_inputs(f"~/a{ending}", Preparation.plain(["x1", "x2", "x3"]), "y", NONE),
    )
    for found in (data, inputs):
        np.testing.assert_array_equal(found.X.toarray() if found.sparse else found.X, X)
        assert found.name == f"a{ending}"
        assert found.origin["data"] == f"~/a{ending}"  # as it was typed


@pytest.mark.parametrize("name", ["a.PARQUET", "a.parquet"])
def test_parquet_is_told_by_its_ending_in_any_case(here, name):
    pl.DataFrame({"a": [1.0, 2.0, 4.0], "y": ["k", "m", "k"]}).write_parquet(here / name)
    assert load(name, NONE).X.ravel().tolist() == [1, 2, 4]


def test_separator_and_encoding_are_those_that_are_named_of_files_and_of_standard_input(here, monkeypatch):
    content = "größe;y\n1,5;k\n2,5;m\n3,5;ü\n".encode("latin-1")
    (here / "a.csv").write_bytes(content)
    (here / "a.csv.gz").write_bytes(gzip.compress(content))
    source = SourceSettings(separator=";", encoding="latin-1")
    for spec in ("a.csv", "a.csv.gz", "-"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        data = load(spec, source)
        assert data.columns == ("größe",)
        assert data.labels.tolist() == ["k", "m", "ü"]
        assert data.name == ("stdin" if spec == "-" else spec)
    assert told(load, "a.csv", SourceSettings(separator="|", encoding="latin-1"))[0].startswith("a.csv: which column")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert told(load, "-", SourceSettings(separator="|", encoding="latin-1"))[0].startswith("stdin: which column")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    for spec in ("a.csv", "-"):
        assert "encoding" in " ".join(told(load, spec, NONE))


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.npz", "t.svmlight"])
def test_a_file_that_the_user_may_not_read_is_told(here, monkeypatch, name):
    (here / name).write_bytes(b"a,y\n1,k\n")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", name)

    with monkeypatch.context() as patch:
        for way in ("pathlib.Path.read_bytes", "pathlib.Path.open", "builtins.open"):
            patch.setattr(way, refuse)
        whole = [told(load, name, NONE), told(load_inputs, name, Preparation.plain("a"), "y", NONE)]
    assert all("Permission denied" in what and name in what for what, _ in whole)
    if name == "t.csv":
        assert whole == [("t.csv cannot be read: Permission denied.", "Check the path and its permissions.")] * 2


def test_a_folder_that_the_user_may_not_list_is_told(here, monkeypatch):
    (here / "images").mkdir()

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "images")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.iterdir", refuse)
        found = told(load, "images", NONE)
    assert found == ("images cannot be read: Permission denied.", "Check the path and its permissions.")


SHAPES = "It shapes blobs, moons, circles."
TABLES = "It is for tables, such as a CSV."
IDLE = [
    *[
        (spec, {option: value}, {}, f"--{option} has no effect on {spec}.", SHAPES)
        for option, value in {"samples": 9, "noise": 0.0, "centers": 4}.items()
        for spec in ("iris", "t.csv", "openml:t", "-")
    ],
    *[
        (spec, source, split, f"{option} has no effect on {spec}.", TABLES)
        for option, source, split in [
            ("--split-col", {}, {"split_col": "s"}),
            ("--group-col", {}, {"group_col": "g"}),
            ("--id", {"id": ("a",)}, {}),
            ("--numeric", {"numeric": ("a",)}, {}),
            ("--categorical", {"categorical": ("a",)}, {}),
            ("--weight-col", {"weight_col": "w"}, {}),
            ("--target-distribution", {"target_distribution": ("p", "q")}, {}),
            ("--separator", {"separator": ";"}, {}),
            ("--encoding", {"encoding": "latin-1"}, {}),
        ]
        for spec in ("iris", "moons", "t.npz", "openml:t")
    ],
    *[
        (spec, {"target": "y"}, {}, f"--target has no effect on {spec}: its labels are known.", "Leave it out.")
        for spec in ("iris", "moons", "t.npz", "covtype")
    ],
    (
        "t.csv",
        {"target": "y", "target_distribution": ("p", "q")},
        {},
        "--target and --target-distribution both say what is learned.",
        "Leave one out.",
    ),
    (
        "t.csv",
        {},
        {"test": "t.csv", "split_col": "s"},
        "--test and --split-col both say which rows are the test.",
        "Leave one out.",
    ),
    ("-", {}, {"test": "-"}, "stdin cannot be the data and the test.", "Give one of them as a file."),
]


@pytest.mark.parametrize(("spec", "source", "split", "what", "advice"), IDLE)
def test_settings_that_would_have_no_effect_are_told(here, spec, source, split, what, advice):
    for name in ("t.csv", "t.npz"):
        (here / name).write_text("a,y\n1,k\n")
    with pytest.raises(UsageError) as caught:
        load(spec, SourceSettings(**source), SplitSettings(**split))
    assert (caught.value.what, caught.value.advice) == (what, advice)


def test_settings_that_shape_have_their_effect():
    data = load("blobs", SourceSettings(samples=40, noise=0.0, centers=4, seed=1))
    assert data.n_samples == 40
    assert len(np.unique(data.X, axis=0)) == len(set(data.labels.tolist())) == 4


def test_features_are_chosen_of_any_source():
    data = load("iris", SourceSettings(features=("petal*",), exclude=("petal length (cm)",)))
    assert data.columns == ("petal width (cm)",)
    np.testing.assert_array_equal(data.X, sk.load_iris().data[:, 3:])
    assert told(load, "iris", SourceSettings(exclude=("petal",)))[0] == 'iris has no column "petal" (--exclude).'


def test_labels_that_look_like_a_quantity_are_told_of_arrays_too(here):
    np.savez(here / "a.npz", X=np.eye(30), y=np.arange(30) / 7)
    what = '"label" holds 30 different numbers in 30 rows: it looks like a quantity, and softreg classifies.'
    assert told(load, "a.npz", NONE) == (what, "Cut the quantity into classes first.")


def test_rows_without_a_label_are_left_out_of_arrays_and_kept_among_inputs(here):
    np.savez(here / "a.npz", X=np.eye(3), y=np.array([1.0, np.nan, 2.0]))
    data = load("a.npz", NONE)
    assert data.labels.tolist() == ["1", "2"]
    assert data.notes == ("Left out, because without a label: 1 row.",)
    assert load_inputs("a.npz", Preparation.plain("abc"), "label", NONE).labels.tolist() == ["1", "", "2"]


FULL = "a,b,port,y\n1,5,S,k\n2,6,C,m\n3,7,S,k\n4,8,C,m\n"
MEND = "Fill in or remove such rows, or leave the column out: --exclude {}."
GONE = "the value is missing."
LARGE = "the value is infinite, or too large for a number."


@pytest.mark.parametrize("missing", ["auto", "error", "mean", "median", "drop"])
@pytest.mark.parametrize("column", ["a", "port"])
def test_missing_values_are_refused_left_to_the_preparation_or_dropped(here, missing, column):
    lines = FULL.replace("2,6" if column == "a" else ",C,m\n3", ",6" if column == "a" else ",,m\n3")
    (here / "t.csv").write_text(lines)
    source = SourceSettings(missing=missing, categorical=("port",))
    if missing == "error":
        assert told(load, "t.csv", source) == (f't.csv: column "{column}", row 2: {GONE}', MEND.format(column))
        return
    data = load("t.csv", source)
    if missing == "drop":
        assert data.rows.tolist() == [1, 3, 4]
        assert data.notes == ("Left out, because a value is missing: 1 row.",)
    else:
        assert np.argwhere(np.isnan(data.X)).tolist() == [[1, data.columns.index(column)]]
        assert data.notes == ()


@pytest.mark.parametrize("missing", ["auto", "error", "mean", "median", "drop"])
def test_infinite_values_are_refused_whatever_becomes_of_missing_ones(here, missing):
    (here / "t.csv").write_text(FULL.replace("3,7", "3,inf"))
    found = told(load, "t.csv", SourceSettings(missing=missing))
    assert found == (f't.csv: column "b", row 3: {LARGE}', MEND.format("b"))


@pytest.mark.parametrize("missing", ["auto", "error", "mean", "drop"])
def test_a_missing_value_of_a_sparse_matrix_is_refused(here, missing):
    (here / "t.svmlight").write_text("1 1:2 2:3\n2 1:1 2:nan\n")
    found = told(load, "t.svmlight", SourceSettings(missing=missing))
    assert found == (f't.svmlight: column "x2", row 2: {GONE}', MEND.format("x2"))


def test_rows_with_a_missing_value_are_counted_where_they_are_dropped(here):
    X = np.array([[1, np.nan], [np.nan, np.nan], [3, 4], [5, 6], [7, 8]])
    np.savez(here / "t.npz", X=X, y=np.array(list("kmkmk")))
    data = load("t.npz", SourceSettings(missing="drop"))
    assert data.X.tolist() == [[3, 4], [5, 6], [7, 8]]
    assert data.labels.tolist() == ["k", "m", "k"]
    assert data.notes == ("Left out, because a value is missing: 2 rows.",)
    np.savez(here / "t.npz", X=X[2:], y=np.array(list("kmk")))
    assert load("t.npz", SourceSettings(missing="drop")).notes == ()
    np.savez(here / "t.npz", X=X[:2], y=np.array(list("km")))
    advice = "Type --missing auto, or drop fewer."
    assert told(load, "t.npz", SourceSettings(missing="drop")) == ("t.npz: every row has a missing value.", advice)


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape) + array.tobytes()


@pytest.fixture
def images(here):
    """A folder with an MNIST of four images of a pixel each: two to train, two to test."""
    (here / "images").mkdir()
    for part, first in (("train", 1), ("t10k", 3)):
        pixels = np.array([first, first + 1], dtype=np.uint8)
        (here / f"images/{part}-images-idx3-ubyte").write_bytes(idx(pixels.reshape(2, 1, 1)))
        (here / f"images/{part}-labels-idx1-ubyte").write_bytes(idx(pixels % 2))
    return here / "images"


def test_a_folder_is_called_by_its_name_from_wherever_it_is_read(images, monkeypatch):
    (images.parent / "link").symlink_to(images)
    for spec in ("images", "images/", "./images", "link"):
        data = load(spec, NONE)
        assert (data.name, data.origin["data"]) == ("images", spec)
        assert data.X.ravel().tolist() == [1, 2, 3, 4]
    monkeypatch.chdir(images)
    assert (load(".", NONE).name, load(".", NONE).origin["data"]) == ("images", ".")
    monkeypatch.setenv("HOME", str(images.parent))
    assert load("~/images", NONE).labels.tolist() == ["1", "0", "1", "0"]


def test_of_images_the_inputs_are_the_test_part_by_the_models_names(images):
    data = load_inputs("images", Preparation.plain(["ink"]), "label", NONE)
    assert (data.X.ravel().tolist(), data.columns, data.part.tolist()) == ([3, 4], ("ink",), ["test"] * 2)
    assert data.origin["data"] == "images"
    what = "images has the wrong number of features: 1, and the model was trained on 2."
    assert told(load_inputs, "images", Preparation.plain(["ink", "more"]), "label", NONE)[0] == what


def test_named_images_are_looked_for_in_the_home(images):
    home = SourceSettings(data_home=str(images))
    assert load("mnist", home).part.tolist() == ["train", "train", "test", "test"]
    data = load_inputs("mnist", Preparation.plain(["ink"]), "label", home)
    assert (data.X.ravel().tolist(), data.columns, data.name) == ([3, 4], ("ink",), "mnist")


def test_inputs_of_bundled_and_made_data_are_found_by_name(here):
    for spec, source in (("moons", SourceSettings(samples=20, seed=4)), ("iris", NONE)):
        data = load(spec, source)
        inputs = load_inputs(spec, Preparation.plain(data.columns[1::-1]), "label", source)
        np.testing.assert_array_equal(inputs.X, data.X[:, [1, 0]])
        assert inputs.origin == data.origin
        assert inputs.labels.tolist() == data.labels.tolist()


def test_inputs_of_arrays_have_the_models_columns(here):
    np.savez(here / "bare.npz", X=np.eye(2))
    np.savez(here / "named.npz", X=np.eye(2), columns=np.array(["b", "a"]))
    sk.dump_svmlight_file(np.eye(2), [1, 2], str(here / "a.svmlight"), zero_based=False)
    wanted = Preparation.plain("ab")
    for spec in ("bare.npz", "a.svmlight"):
        data = load_inputs(spec, wanted, "label", NONE)
        np.testing.assert_array_equal(data.X.toarray() if data.sparse else data.X, np.eye(2))
        assert data.columns == ("a", "b")
    (here / "short.svmlight").write_text("1 1:4\n2 1:5\n")  # the last features may be 0 everywhere
    assert load_inputs("short.svmlight", wanted, "label", NONE).X.toarray().tolist() == [[4, 0], [5, 0]]
    assert load_inputs("bare.npz", wanted, "label", NONE).labels is None
    assert load_inputs("named.npz", wanted, "label", NONE).X.tolist() == [[0, 1], [1, 0]]
    for spec in ("bare.npz", "a.svmlight"):
        assert told(load_inputs, spec, Preparation.plain("a"), "label", NONE)[0].endswith("was trained on 1.")


@pytest.mark.parametrize(
    ("spec", "kept"), [("covtype", "covtype"), ("openml:rows@2", "openml-rows-2"), ("mnist", "mnist")]
)
def test_nothing_is_downloaded_into_a_home_that_a_configuration_names(here, monkeypatch, spec, kept):
    monkeypatch.setattr("softreg.data.downloads._INSTALLED", {})
    for name in ("fetch_covtype", "fetch_openml"):
        monkeypatch.setattr(sk, name, lambda *_, **__: pytest.fail("asked the network"))
    source = SourceSettings(data_home="home")
    for call in (
        lambda: load(spec, source),
        lambda: load(spec, source, fill_home=False),
        lambda: load_inputs(spec, Preparation.plain("a"), "label", source),
        lambda: load_inputs(spec, Preparation.plain("a"), "label", source, fill_home=False),
    ):
        what, advice = told(call)
        assert what == f"There is no {kept}.npz in home, which a configuration names: nothing is put there unasked."
        assert advice == "Type --data-home home to have it downloaded."
    assert list(here.iterdir()) == []


def test_inputs_are_downloaded_where_the_user_says_so(here, monkeypatch):
    bunch = Bunch(data=np.eye(3), target=np.array(["k", "m", "k"]), feature_names=["a", "b", "c"])
    monkeypatch.setattr(sk, "fetch_openml", lambda *_, **__: bunch)
    source = SourceSettings(data_home="home", target="y")
    data = load_inputs("openml:rows@2", Preparation.plain("ca"), "y", source, fill_home=True)
    assert data.X.tolist() == [[0, 1], [0, 0], [1, 0]]
    assert data.notes == ("Ignored, because the model does not know them: b.",)
    assert [path.name for path in (here / "home").iterdir()] == ["openml-rows-2-y.npz"]


def test_data_that_the_network_refuses_are_told(here, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device", "/tmp/part")

    monkeypatch.setattr("softreg.data.downloads.downloaded", refuse)
    found = told(load, "covtype", SourceSettings(data_home="home"), fill_home=True)
    assert found == ("covtype cannot be read: No space left on device.", "Check the path and its permissions.")
    with pytest.raises(DataError):
        load_inputs("covtype", Preparation.plain("a"), "label", NONE)

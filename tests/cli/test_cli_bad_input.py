"""What bad input gets: exit code 3 (data) or 6 (model files), a sentence or two, never a traceback."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct

import numpy as np
import pytest

GOOD = "a,b,y\n" + "".join(f"{i},{i * i % 7},{'no' if i % 2 else 'yes'}\n" for i in range(20))


def _npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _parquet():
    import polars as pl

    buffer = io.BytesIO()
    pl.DataFrame({"a": range(20), "y": ["u", "v"] * 10}).write_parquet(buffer)
    return buffer.getvalue()


X = np.arange(40.0).reshape(20, 2)
Y = np.arange(20) % 2
BAD = {
    "no such file": ("other.csv", b"", ["other.cvs", "no file"]),
    "empty file": ("t.csv", b"", ["empty"]),
    "blank file": ("t.csv", b"\n\n", []),
    "header and no rows": ("t.csv", b"a,b,y\n", ["no rows"]),
    "a row too long": ("t.csv", GOOD.encode() + b"1,2,no,4\n", ["row 21", "4 fields"]),
    "a row too short": ("t.csv", GOOD.encode() + b"1,2\n", ["row 21", "2 fields"]),
    "no label column": ("t.csv", GOOD.replace("y\n", "answer\n", 1).encode(), ["--target", "answer", "2 distinct"]),
    "one class only": ("t.csv", GOOD.replace("no", "yes").encode(), ["yes", "one class"]),
    "no label at all": ("t.csv", b"a,y\n1,\n2,\n", ["label"]),
    "infinity": ("t.csv", GOOD.replace("\n4,", "\ninf,").encode(), ['"a"', "row 5", "infinite"]),
    "two columns of one name": ("t.csv", GOOD.replace("a,b", "a,a", 1).encode(), ['more than one column "a"']),
    "a quantity": ("t.csv", b"a,y\n" + b"".join(b"%d,%d.5\n" % (i, i) for i in range(50)), ["quantity", "50"]),
    "a class too rare": ("t.csv", GOOD.encode() + b"1,2,perhaps\n", ["perhaps", "--test-size 0"]),
    "latin letters": ("t.csv", GOOD.replace("yes", "\u00fcber").encode("latin-1"), ["UTF-8"]),
    "no feature": ("t.csv", b"y\nu\nv\n", ["feature"]),
    "binary rubbish": ("t.csv", bytes(range(256)) * 9, []),
    "an npz that is none": ("t.npz", b"rubbish", [".npz"]),
    "a truncated npz": ("t.npz", _npz(X=X, y=Y)[:300], [".npz"]),
    "an npz with no X": ("t.npz", _npz(data=X, y=Y), ["no array X", "data"]),
    "an npz with no y": ("t.npz", _npz(X=X), ["no array y"]),
    "an npz with too few labels": ("t.npz", _npz(X=X, y=Y[:9]), ["9", "20"]),
    "an npz of objects": ("t.npz", _npz(X=X, y=Y.astype(object)), ["pickle"]),
    "an npz with infinity": ("t.npz", _npz(X=np.where(X == 7, np.inf, X), y=Y), ["row 4", '"x2"']),
    "a truncated parquet": ("t.parquet", _parquet()[:200], ["parquet"]),
    "a parquet that is none": ("t.parquet", b"rubbish", ["parquet"]),
    "an svmlight that is none": ("t.svmlight", b"1 two:3\n", ["svmlight"]),
    "a truncated svmlight": ("t.svmlight", b"1 1:2 2:3\n0 1:4 2:\n", ["svmlight"]),
    "an empty svmlight": ("t.svmlight", b"", []),
    "a file of another kind": ("t.xlsx", b"PK", [".csv", ".parquet"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data_end_with_code_3_and_say_what_is_wrong(shell, case):
    name, content, told = BAD[case]
    if case == "no such file":
        done = shell("train", "other.cvs")
    else:
        shell.write(name, content)
        done = shell("train", name)
    assert done.code == 3, done
    assert all(word in " ".join(done.err.split()) for word in told), done.err
    assert done.err.startswith("softreg: ")
    assert len(done.err.splitlines()) <= 6
    assert "Traceback" not in done.err
    assert not done.out
    assert not (shell.folder / "runs").exists()


MISSING = {
    "NaN": ("t.csv", GOOD.replace("\n4,", "\nnan,").encode(), ['"a"', "row 5", "--exclude a"]),
    "an empty cell": ("t.csv", GOOD.replace("\n4,", "\n,").encode(), ['"a"', "row 5"]),
    "text among numbers": ("t.csv", GOOD.replace("\n4,", "\nfour,").encode(), ['"a"', "row 5"]),
    "an npz with NaN": ("t.npz", _npz(X=np.where(X == 7, np.nan, X), y=Y), ["row 4", '"x2"']),
}


@pytest.mark.parametrize("case", MISSING)
def test_a_missing_value_is_refused_where_that_is_asked_for_and_filled_in_else(shell, case):
    name, content, told = MISSING[case]
    shell.write(name, content)
    done = shell("train", name, "--missing", "error")
    assert done.code == 3, done
    assert all(word in " ".join(done.err.split()) for word in told), done.err
    assert not (shell.folder / "runs").exists()
    shell.ok("train", name)


def test_a_word_among_numbers_counts_as_missing_and_is_named(shell):
    shell.write("t.csv", GOOD.replace("\n4,", "\nfour,"))
    done = shell.ok("train", "t.csv")
    told = " ".join(done.err.split())
    assert '"a": 1 value is no number' in told
    assert '"four", row 5' in told
    assert "--categorical a" in told
    assert "1 missing: median" in done.out


def test_the_labels_column_that_is_missing_is_answered_with_the_nearest_and_their_list(flowers):
    done = flowers("train", "datasets/penguins.csv", "--target", "Species_")
    assert done.code == 3
    assert '"species"' in done.err
    done = flowers("train", "datasets/anes96.csv")
    assert done.code == 3
    told = " ".join(done.err.split())
    assert "TVnews (number, 8 distinct)" in told
    assert "PID (number, 7 distinct)" in told


def _idx(values, *shape):
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(values)


def _idx_folder(shell, **changed):
    folder = shell.folder / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for part, count in (("train", 30), ("t10k", 12)):
        labels = [place % 3 for place in range(count)]
        pixels = np.concatenate([np.clip(rng.normal(80 * label + 40, 20, 12), 0, 255) for label in labels])
        folder.joinpath(f"{part}-images-idx3-ubyte").write_bytes(_idx(pixels.astype(np.uint8), count, 4, 3))
        folder.joinpath(f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(_idx(labels, count)))
    for name, change in changed.items():
        path = folder / name.replace("_", "-")
        path.write_bytes(change(path.read_bytes()))
    return folder


def test_a_folder_of_idx_files_keeps_its_own_test_rows(shell, no_pictures):
    _idx_folder(shell)
    shell.ok("train", "images", "--epochs", 500)
    metrics = json.loads(shell.read("runs/images-1/metrics.json"))
    assert (metrics["train"]["n_rows"], metrics["test"]["n_rows"]) == (30, 12)
    assert metrics["test"]["accuracy"] > 0.9
    assert "test_cross_entropy" in shell.read("runs/images-1/history.csv").splitlines()[0]
    assert "test_size" not in shell.read("runs/images-1/config.toml")
    shell.ok("plot", "last", "--kind", "weights")
    shell.ok("plot", "last", "--kind", "mistakes")
    done = json.loads(shell.ok("evaluate", "last", "images", "--json").out)
    assert done["accuracy"] == metrics["test"]["accuracy"]
    assert done["n_rows"] == 12
    assert shell("train", "images", "--test-size", 0.3).code == 2


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("train_images_idx3_ubyte", lambda content: content[:-1]),
        ("train_images_idx3_ubyte", lambda content: content[:7]),
        ("train_images_idx3_ubyte", lambda content: b"\x00\x00\x0d\x03" + content[4:]),
        ("t10k_labels_idx1_ubyte.gz", lambda content: content[:-9]),
        ("t10k_labels_idx1_ubyte.gz", lambda content: b"rubbish"),
        ("t10k_labels_idx1_ubyte.gz", lambda content: gzip.compress(_idx([0, 1], 2))),
    ],
)
def test_damaged_idx_files_end_with_code_3(shell, name, change):
    _idx_folder(shell, **{name: change})
    done = shell("train", "images")
    assert done.code == 3
    assert not done.out


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("bill_length_mm,bill_depth_mm,body_mass_g", ["flipper_length_mm"]),
        ("bill_length,bill_depth_mm,flipper_length_mm,body_mass_g", ['nearest: "bill_length"']),
    ],
)
def test_missing_features_are_named_with_the_nearest(flowers, columns, told):
    flowers.write("new.csv", columns + "\n" + ",".join("1" * len(columns.split(","))) + "\n")
    done = flowers("predict", "penguins-1", "new.csv")
    assert done.code == 3
    assert all(word in " ".join(done.err.split()) for word in told)


@pytest.mark.parametrize("width", [3, 5])
def test_a_wrong_number_of_nameless_features_is_an_error_with_both_numbers(flowers, width):
    flowers.write("new.npz", _npz(X=np.ones((2, width))))
    done = flowers("predict", "penguins-1", "new.npz")
    assert done.code == 3
    assert str(width) in done.err
    assert "4" in done.err


@pytest.mark.parametrize("cell", ["inf", "many"])
@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_a_bad_value_in_new_rows_names_column_and_row(flowers, cell, command):
    lines = flowers.read("datasets/penguins.csv").splitlines()
    lines[7] = ",".join([lines[7].split(",")[0], cell, *lines[7].split(",")[2:]])
    flowers.write("new.csv", "\n".join(lines))
    done = flowers(command, "penguins-1", "new.csv")
    assert done.code == 3
    assert '"bill_depth_mm"' in done.err
    assert "row 7" in done.err
    assert not done.out


MODELS = {
    "rubbish": lambda content: b"rubbish",
    "nothing": lambda content: b"",
    "a truncated file": lambda content: content[: len(content) // 2],
    "a pickle": lambda content: pickle.dumps({"weights": 1}),
    "an npz of objects": lambda content: _npz(weights=np.array([None]), intercept=np.array([None]), metadata=Y),
    "an npz of something else": lambda content: _npz(X=X, y=Y),
    "a newer format": lambda content: _changed(content, format=99),
    "too few columns": lambda content: _changed(content, columns=["a"]),
    "no classes": lambda content: _changed(content, classes=[]),
    "classes that are none": lambda content: _changed(content, classes=3),
    "weights that are no numbers": lambda content: _changed(content, nan=True),
}


def _changed(content, nan=False, **changes):
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    metadata = json.loads(arrays["metadata"].tobytes()) | changes
    arrays["metadata"] = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
    if nan:
        arrays["weights"] = arrays["weights"] * np.nan
    return _npz(**arrays)


@pytest.mark.parametrize("case", MODELS)
@pytest.mark.parametrize("word", ["iris-1", "runs/iris-1/model.npz"])
def test_a_bad_model_file_ends_with_code_6(flowers, case, word):
    path = flowers.folder / "runs/iris-1/model.npz"
    path.write_bytes(MODELS[case](path.read_bytes()))
    done = flowers("predict", word, "datasets/new_flowers.csv")
    assert done.code == 6, done
    assert "model.npz" in done.err
    assert "newer" in done.err or case != "a newer format"
    assert not done.out


def test_a_model_file_that_is_not_there_ends_with_code_3(flowers):
    assert flowers("predict", "nothing.npz", "datasets/new_flowers.csv").code == 3


@pytest.mark.parametrize("name", ["openml:adult", "covtype", "20newsgroups", "mnist"])
def test_a_download_that_fails_names_the_cache_and_what_works_without_a_network(shell, monkeypatch, name):
    def refused(*_, **__):
        raise OSError("no network")

    for fetch in ("fetch_openml", "fetch_covtype", "fetch_20newsgroups_vectorized"):
        monkeypatch.setattr(f"sklearn.datasets.{fetch}", refused)
    done = shell("train", name)
    told = " ".join(done.err.split())
    assert done.code == 3
    assert str(shell.folder / ".cache/softreg") in told
    assert "iris, wine, digits, breast_cancer, blobs, moons, circles" in told


def test_an_error_is_two_or_three_lines_without_a_traceback_in_a_process_too(shell):
    done = shell.process("train", "nothing.csv")
    assert done.code == 3
    assert done.err.startswith("softreg: There is no file nothing.csv.")
    assert "Traceback" not in done.err


def test_a_fault_of_softreg_is_code_1_in_one_sentence_and_a_traceback_on_demand(shell, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("seven")

    monkeypatch.setattr("softreg.workflows.train.train", broken)
    done = shell("train", "iris")
    assert done.code == 1
    assert "ZeroDivisionError: seven" in done.err
    assert "SOFTREG_DEBUG=1" in done.err
    with pytest.raises(ZeroDivisionError):
        shell("train", "iris", SOFTREG_DEBUG="1")

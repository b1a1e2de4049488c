"""predict in all its forms: what comes out for each row of a table, also for bad ones, and through pipes."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from softreg.data.cutting import BLOCK
from softreg.runs import Run

ROOT = Path(__file__).parent.parent.parent
HEADER = ["id", "age", "port", "fare", "bought"]


def _people(number: int, seed: int = 0) -> list[list[str]]:
    """Rows of mixed types, some values missing."""
    draw = random.Random(seed)
    rows = []
    for place in range(number):
        port, fare = draw.choice(["S", "S", "C", "Q", ""]), round(draw.uniform(0, 100), 2)
        age = draw.choice(["", *map(str, range(10, 60))])
        rows.append([f"0{place}", age, port, str(fare), "yes" if fare + 30 * (port == "C") > 60 else "no"])
    return rows


def _csv(rows: list[list[str]], header: list[str] = HEADER) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


@pytest.fixture(scope="module")
def _trained(tmp_path_factory):
    return tmp_path_factory.mktemp("shop")


@pytest.fixture
def shop(shell, _trained):
    """softreg in a folder with a run of people: numbers, a category, missing values, an id."""
    first = dataclasses.replace(shell, folder=_trained)
    if not (_trained / "run").exists():
        first.write("people.csv", _csv(_people(300)))
        first.ok("train", "people.csv", "--target", "bought", "--id", "id", "--out", "run", "-q")
    shutil.copytree(_trained, shell.folder / "shop")
    return dataclasses.replace(shell, folder=shell.folder / "shop")


def _told(done) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.out, newline="")))


def test_the_model_remembers_the_ids_and_they_come_first(shop):
    shop.write("new.csv", _csv(_people(5, 1)))
    told = _told(shop.ok("predict", "run", "new.csv"))
    assert list(told[0]) == ["id", "prediction", "confidence"]
    assert [row["id"] for row in told] == ["00", "01", "02", "03", "04"]
    shop.write("bare.csv", _csv([row[1:] for row in _people(5, 1)], HEADER[1:]))
    bare = _told(shop.ok("predict", "run", "bare.csv"))
    assert [row.pop("id") for row in told] and told == bare


def test_kept_columns_stay_as_they_are_written(shop):
    odd = ["007", "=1+1", "+2", "-3", "@x", "9007199254740993", "1e3", "True", " a ", "a,b", 'q"q', "l\nm", "NA", ""]
    rows = [[*row, value, "x"] for row, value in zip(_people(len(odd), 1), odd, strict=True)]
    shop.write("new.csv", _csv(rows, [*HEADER, "note", "note_2"]))
    told = _told(shop.ok("predict", "run", "new.csv", "--keep-all"))
    assert list(told[0]) == [*HEADER, "note", "note_2", "prediction", "confidence"]
    assert [list(row.values())[:7] for row in told] == rows
    told = _told(shop.ok("predict", "run", "new.csv", "--keep", "note*", "--keep", "fare"))
    assert list(told[0]) == ["id", "note", "note_2", "fare", "prediction", "confidence"]
    assert [row["note"] for row in told] == odd


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_that_are_kept_whole_are_not_touched(shop, end):
    lines = [
        "bought,id,fare,age,port,note",
        'no,"0",1.50,030,S,"plain"',
        '"yes",1,"2e1",,,"a ""q"", b"',
        "no,2,3,40, C ,",
        '?,3,4,50,S,"l\nm"',
        'no,4,5,,"NA",\tx',
    ]
    shop.write("new.csv", end.join(lines) + end)
    out = shop.ok("predict", "run", "new.csv", "--keep-all").out
    answers = _told(shop.ok("predict", "run", "new.csv"))
    told = [f"{line},{row['prediction']},{row['confidence']}" for line, row in zip(lines[1:], answers, strict=True)]
    assert out == "\n".join([f"{lines[0]},prediction,confidence", *told]) + "\n"


def test_what_is_kept_is_not_said_to_be_ignored(shop):
    shop.write("new.csv", _csv([[*row, "1", "2"] for row in _people(2)], [*HEADER, "note", "other"]))
    assert "know them: other." in shop.ok("predict", "run", "new.csv", "--keep", "note").err
    assert "Ignored" not in shop.ok("predict", "run", "new.csv", "--keep-all").err


def test_a_column_that_is_to_be_kept_and_is_not_there_is_an_error_with_the_nearest(shop):
    done = shop("predict", "run", "people.csv", "--keep", "fair")
    assert done.code == 3
    assert 'Did you mean "fare"?' in done.err


def test_a_column_that_the_answers_have_too_is_refused_before_anything_is_written(shop):
    shop.ok("predict", "run", "people.csv", "--keep-all", "-o", "first.csv")
    done = shop("predict", "run", "first.csv", "--keep-all", "-o", "second.csv")
    assert done.code == 3
    assert '"prediction"' in done.err
    assert not (shop.folder / "second.csv").exists()
    shop.ok("predict", "run", "first.csv", "--keep", "fare", "-o", "second.csv")


def test_the_likeliest_classes_come_in_order_with_their_probabilities(flowers):
    done = flowers.ok("predict", "penguins-1", "datasets/penguins.csv", "--proba", "--top-k", 3)
    classes = Run(flowers.folder / "runs/penguins-1").model().classes
    for row in _told(done):
        top = [row[f"top_{rank}"] for rank in (1, 2, 3)]
        proba = [float(row[f"p_{rank}"]) for rank in (1, 2, 3)]
        assert sorted(top) == sorted(classes)
        assert proba == sorted(proba, reverse=True)
        assert [row[f"p_{name}"] for name in top] == [row[f"p_{rank}"] for rank in (1, 2, 3)]
        assert (row["prediction"], row["confidence"]) == (top[0], row["p_1"])
    assert flowers("predict", "penguins-1", "datasets/penguins.csv", "--top-k", 4).code == 2


def test_classes_that_are_called_as_ranks_are_cannot_have_both(shell):
    shell.write("t.csv", "a,label\n" + "".join(f"{i % 7},{i % 2}\n" for i in range(40)))
    shell.ok("train", "t.csv", "-q")
    shell.ok("predict", "last", "t.csv", "--proba")
    done = shell("predict", "last", "t.csv", "--proba", "--top-k", 1)
    assert done.code == 2
    assert '"p_1"' in done.err


def test_below_the_threshold_the_prediction_is_the_reject_label(flowers):
    plain = _told(flowers.ok("predict", "penguins-1", "datasets/penguins.csv"))
    level = sorted(float(row["confidence"]) for row in plain)[20]
    words = ("predict", "penguins-1", "datasets/penguins.csv", "--threshold", level)
    done = flowers.ok(*words, "--reject-label", "ask Ann")
    assert "rejected  20 rows" in done.err
    assert "of 322 rows" in done.err
    for before, after in zip(plain, _told(done), strict=True):
        expected = "ask Ann" if float(before["confidence"]) < level else before["prediction"]
        assert after == before | {"prediction": expected}
    assert "reject" in {row["prediction"] for row in _told(flowers.ok(*words))}
    assert flowers(*words, "--reject-label", "Adelie").code == 2
    assert flowers(*words[:3], "--reject-label", "none").code == 2


BAD = {
    "five": ('column "fare" holds "five"', ["0", "30", "S", "five", "no"]),
    "infinity": ('column "fare" is infinite', ["0", "30", "S", "inf", "no"]),
    "too large": ('column "fare" is infinite', ["0", "30", "S", "1e999", "no"]),
    "too few": ("are 2 fields, and the header has 5", ["0", "30"]),
    "one": ("is 1 field, and the header has 5", ["0"]),
    "too many": ("are 6 fields", ["0", "30", "S", "1", "no", "more"]),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_an_error_that_names_it_and_nothing_is_written(shop, case):
    said, bad = BAD[case]
    rows = _people(9, 1)
    shop.write("new.csv", _csv([*rows[:6], bad, *rows[6:]]))
    before = sorted(shop.folder.iterdir())
    for words in ((), ("-o", "answers.csv"), ("-o", "answers.parquet")):
        done = shop("predict", "run", "new.csv", *words)
        assert done.code == 3
        assert not done.out
        assert "new.csv, row 7: " in done.err
        assert said in " ".join(done.err.split())
        assert "--on-error blank" in " ".join(done.err.split())
    assert sorted(shop.folder.iterdir()) == before


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_has_an_empty_answer_and_a_reason_and_the_others_are_as_without_it(shop, case):
    said, bad = BAD[case]
    rows = _people(9, 1)
    shop.write("good.csv", _csv(rows))
    shop.write("new.csv", _csv([*rows[:6], bad, *rows[6:]]))
    more = ("--on-error", "blank", "--proba", "--top-k", 1, "--threshold", 0.6)
    good, told = (_told(shop.ok("predict", "run", name, *more)) for name in ("good.csv", "new.csv"))
    row = told.pop(6)
    assert told == good
    assert said in row["reason"]
    assert all(not value for name, value in row.items() if name not in {"id", "reason"})
    assert all(not other["reason"] for other in told)
    assert "1 row could not be answered" in shop.ok("predict", "run", "new.csv", *more).err


def test_a_missing_value_is_bad_only_where_the_model_has_nothing_to_stand_for_it(shop):
    shop.write("new.csv", _csv([["0", "", "", "", "no"]]))
    done = shop.ok("predict", "run", "new.csv")
    assert "filled in as in training: age (1), port (1), fare (1)" in " ".join(done.err.split())
    shop.ok("train", "people.csv", "--target", "bought", "--missing", "drop", "--out", "strict", "-q")
    done = shop("predict", "strict", "new.csv")
    assert done.code == 3
    assert 'value of column "age" is missing' in done.err


def test_a_value_that_training_had_not_counts_as_none_of_the_known_or_makes_the_row_bad(shop):
    shop.write("new.csv", _csv([["0", "30", "X", "5", "no"], ["1", "30", "S", "5", "no"], ["2", "30", "Y", "5", "no"]]))
    done = shop.ok("predict", "run", "new.csv")
    assert "none of the known ones: port (2)" in " ".join(done.err.split())
    assert all(row["prediction"] for row in _told(done))
    assert shop("predict", "run", "new.csv", "--unknown", "error").code == 3
    told = _told(shop.ok("predict", "run", "new.csv", "--unknown", "error", "--on-error", "blank"))
    assert [row["reason"] for row in told] == [
        f'column "port" holds "{x}", which training had not' if x else "" for x in ("X", "", "Y")
    ]


def test_labels_that_the_model_does_not_know_are_counted_apart(shop):
    shop.write(
        "new.csv",
        _csv([[*row[:4], label] for row, label in zip(_people(5), ["maybe", "", "x", "maybe", "no"], strict=True)]),
    )
    told = " ".join(shop.ok("predict", "run", "new.csv").err.split())
    assert "3 rows have a class that the model does not know: maybe (2), x (1)" in told
    assert "of 1 row with a label" in told


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_every_format_of_input_and_output_holds_the_same_answers(shop, suffix):
    rows = _people(50, 3)
    shop.write("new.csv", _csv(rows))
    pl.read_csv(shop.folder / "new.csv", infer_schema=False).write_csv(shop.folder / "new.tsv", separator="\t")
    pl.read_csv(shop.folder / "new.csv", schema_overrides={"id": pl.String}).write_parquet(shop.folder / "new.parquet")
    expected = _told(shop.ok("predict", "run", "new.csv"))
    done = shop.ok("predict", "run", f"new.{suffix}", "-o", f"out.{suffix}")
    assert not done.out
    assert f"saved     out.{suffix}  (50 rows)" in done.err
    path = shop.folder / f"out.{suffix}"
    if suffix == "parquet":
        found = pl.read_parquet(path)
        assert found.schema == {"id": pl.String, "prediction": pl.String, "confidence": pl.Float64}
    else:
        found = pl.read_csv(path, separator="\t" if suffix == "tsv" else ",", schema_overrides={"id": pl.String})
    assert found.to_dicts() == [row | {"confidence": float(row["confidence"])} for row in expected]


def test_an_output_of_another_kind_is_a_usage_error_before_anything_is_read(shop):
    done = shop("predict", "run", "nothing.csv", "-o", "answers.xlsx")
    assert done.code == 2
    assert ".parquet" in done.err


def test_parquet_keeps_the_types_of_what_is_kept(shop):
    rows = pl.DataFrame({"fare": [1.5], "age": [30], "port": ["S"], "when": ["2020-01-02"]})
    rows.with_columns(pl.col("when").str.to_date()).write_parquet(shop.folder / "new.parquet")
    shop.ok("predict", "run", "new.parquet", "--keep-all", "-o", "out.parquet")
    schema = pl.read_parquet_schema(shop.folder / "out.parquet")
    assert [schema[name] for name in ("fare", "age", "when")] == [pl.Float64, pl.Int64, pl.Date]
    assert "2020-01-02" in shop.ok("predict", "run", "new.parquet", "--keep-all").out


def test_a_list_in_a_parquet_file_cannot_be_kept_in_a_csv(shop):
    pl.DataFrame({"fare": [1.5], "age": [30], "port": ["S"], "tags": [["a"]]}).write_parquet(shop.folder / "n.parquet")
    shop.ok("predict", "run", "n.parquet", "--keep-all", "-o", "out.parquet")
    done = shop("predict", "run", "n.parquet", "--keep-all")
    assert done.code == 3
    assert '"tags"' in done.err


def test_gzip_and_other_encodings_and_separators_are_read(shop):
    rows = _people(20, 4)
    plain = _csv(rows)
    shop.write("new.csv", plain)
    expected = shop.ok("predict", "run", "new.csv").out
    shop.write("new.csv.gz", gzip.compress(plain.encode()))
    assert shop.ok("predict", "run", "new.csv.gz").out == expected
    shop.write("semi.csv", plain.replace(",", ";"))
    done = shop.ok("predict", "run", "semi.csv")
    assert done.out == expected
    assert "semicolons" in done.err
    shop.write("star.csv", plain.replace(",", "*"))
    assert shop.ok("predict", "run", "star.csv", "--separator", "*").out == expected
    latin = _csv([["é", *row[1:]] for row in rows])
    shop.write("latin.csv", latin.encode("latin-1"))
    done = shop("predict", "run", "latin.csv")
    assert done.code == 3
    assert "--encoding latin-1" in " ".join(done.err.split())
    assert "row 1" in done.err
    assert _told(shop.ok("predict", "run", "latin.csv", "--encoding", "latin-1"))[0]["id"] == "é"


@pytest.mark.parametrize("words", ["--keep-all", "--keep x", "--separator ;", "--encoding latin-1"])
def test_what_has_no_effect_on_a_set_that_is_no_table_is_refused(flowers, words):
    done = flowers("predict", "iris-1", "iris", *words.split())
    assert done.code == 2
    assert words.split()[0] in done.err


def test_arrays_with_a_bad_value_are_refused_or_left_blank(flowers):
    X = np.array([[5.0, 3.0, 1.0, 0.2], [5.0, np.nan, 1.0, 0.2], [5.0, 3.0, np.inf, 0.2]])
    np.savez(flowers.folder / "t.npz", X=X)
    done = flowers("predict", "iris-1", "t.npz")
    assert done.code == 3
    told = _told(flowers.ok("predict", "iris-1", "t.npz", "--on-error", "blank"))
    assert [bool(row["prediction"]) for row in told] == [True, False, False]
    assert "is missing" in told[1]["reason"]
    assert "infinite" in told[2]["reason"]


def test_the_same_rows_get_the_same_bits_alone_in_a_pipe_and_in_a_large_file(shop):
    rows = _people(3000, 5)
    shop.write("many.csv", _csv(rows))
    many = shop.ok("predict", "run", "many.csv", "--proba").out.splitlines()
    for place in (0, 1, 1234, 2999):
        shop.write("one.csv", _csv([rows[place]]))
        assert shop.ok("predict", "run", "one.csv", "--proba").out.splitlines()[1] == many[place + 1]
    content = (shop.folder / "many.csv").read_bytes()
    assert shop.ok("predict", "run", "-", "--proba", stdin=content).out.splitlines() == many


def test_numbers_alone_get_the_same_bits_too(flowers):
    lines = flowers.read("datasets/penguins.csv").splitlines(keepends=True)
    flowers.write("many.csv", "".join([lines[0], *(lines[1:] * 10)]))
    many = flowers.ok("predict", "penguins-1", "many.csv", "--proba").out.splitlines()
    for place in (0, 1, 341, 1023, 1024, 3419):
        flowers.write("one.csv", lines[0] + lines[1 + place % 342])
        assert flowers.ok("predict", "penguins-1", "one.csv", "--proba").out.splitlines()[1] == many[place + 1]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1, max_size=6),
            st.one_of(st.just(""), st.integers(0, 99).map(str)),
            st.sampled_from(["S", "C", "Q", "", "NA", "new"]),
            st.floats(-1e300, 1e300).map(repr),
            st.sampled_from(["yes", "no", "", "?"]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([".csv", ".tsv", ".parquet"]),
)
def test_rows_and_ids_come_back_in_order_as_they_were(shop, rows, suffix):
    shop.write("new.csv", _csv([list(row) for row in rows]))
    shop.ok("predict", "run", "new.csv", "-o", f"o{suffix}", "--overwrite", "--keep-all", "-q")
    if suffix == ".parquet":
        found = pl.read_parquet(shop.folder / "o.parquet").fill_null("").rows()
    else:
        text = (shop.folder / f"o{suffix}").read_bytes().decode()
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t" if suffix == ".tsv" else ","))[1:]
    assert [tuple(row[:5]) for row in found] == rows
    assert all(row[5] in {"yes", "no"} for row in found)


def test_a_slow_producer_sees_answers_before_its_input_ends(shop):
    lines = _csv(_people(4)).splitlines(keepends=True)
    with shop.popen("predict", "run", "-", stdin=subprocess.PIPE) as process:
        process.stdin.write(lines[0] + lines[1])
        process.stdin.flush()
        assert process.stdout.readline() == "id,prediction,confidence\n"
        assert process.stdout.readline().startswith("00,")
        process.stdin.write(lines[2] + lines[3][:4])
        process.stdin.flush()
        assert process.stdout.readline().startswith("01,")
        process.stdin.write(lines[3][4:])
        process.stdin.close()
        assert process.stdout.readline().startswith("02,")
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_ends_a_stream_quietly(shop, unbuffered):
    shop.write("big.csv", _csv(_people(2000) * 40))
    command = 'cat big.csv | "$PYTHON" -m softreg predict run - | head -n 3; echo "${PIPESTATUS[@]}"'
    environment = shop.environment({"PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "PYTHONUNBUFFERED": unbuffered})
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    done = subprocess.run(
        [bash, "-c", command],
        cwd=shop.folder, env=environment, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[0] == "id,prediction,confidence"
    assert len(lines) == 4
    assert lines[3].split()[1] == "0"
    assert not done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_slow_reader_gets_every_byte(shop, unbuffered):
    shop.write("big.csv", _csv(_people(2000) * 20))
    shop.ok("predict", "run", "big.csv", "-o", "answers.csv")
    with shop.popen("predict", "run", "big.csv", PYTHONUNBUFFERED=unbuffered) as process:
        time.sleep(1)
        out, _ = process.communicate(timeout=60)
    assert out == shop.read("answers.csv")


def test_ctrl_c_ends_a_stream_that_waits_for_input(shop):
    with shop.popen("predict", "run", "-", stdin=subprocess.PIPE) as process:
        process.stdin.write(_csv(_people(2)))
        process.stdin.flush()
        assert process.stdout.readline() == "id,prediction,confidence\n"
        done = shop.interrupted(process)
    assert done.code == 130
    assert "Traceback" not in done.err


def test_an_error_of_a_later_block_leaves_no_file(shop):
    rows = _people(3000)
    shop.write("new.csv", _csv(rows * 90 + [["0", "30", "S", "five", "no"]]))
    assert (shop.folder / "new.csv").stat().st_size > BLOCK
    before = sorted(shop.folder.iterdir())
    for suffix in ("csv", "parquet"):
        done = shop("predict", "run", "new.csv", "-o", f"answers.{suffix}")
        assert done.code == 3
        assert "row 270001" in done.err
    assert sorted(shop.folder.iterdir()) == before


def test_predicting_imports_neither_scikit_learn_nor_scipy_nor_matplotlib(shop):
    code = (
        "import sys; from softreg.cli.app import run\n"
        "code = run(['predict', 'run', 'people.csv', '-o', 'o.parquet', '--keep-all', '--on-error', 'blank'])\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "print(code, sorted({'sklearn', 'scipy', 'matplotlib', 'pandas', 'pyarrow'} & loaded))"
    )
    environment = shop.environment({"PYTHONPATH": str(ROOT)})
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=shop.folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split(maxsplit=1) == ["0", "[]\n"], done.stderr


def test_answers_do_not_take_the_place_of_their_questions(shop):
    shop.write("new.csv", _csv(_people(3)))
    (shop.folder / "alias.csv").symlink_to("new.csv")
    for output in ("new.csv", "./new.csv", "alias.csv"):
        done = shop("predict", "run", "new.csv", "-o", output, "--overwrite")
        assert done.code == 2
        assert "is the input itself" in done.err
    assert shop.read("new.csv") == _csv(_people(3))


def test_dates_of_parquet_may_be_levels(shop):
    import datetime

    days = [datetime.date(2020, 1, 1 + place % 2) for place in range(60)]
    labels = ["even" if place % 2 else "odd" for place in range(60)]
    pl.DataFrame({"when": days, "y": labels}).write_parquet(shop.folder / "days.parquet")
    shop.ok("train", "days.parquet", "--target", "y", "--categorical", "when", "--out", "days", "-q")
    assert [row["prediction"] for row in _told(shop.ok("predict", "days", "days.parquet"))] == labels


def test_an_export_for_another_runtime_is_told_from_a_damaged_model(shop):
    shop.ok("export", "run", "--format", "onnx", "-o", "model.onnx")
    done = shop("predict", "model.onnx", "people.csv")
    assert done.code == 6
    assert "ONNX" in done.err
    assert "damaged" not in done.err


def test_an_evaluation_counts_as_json_too(shop):
    shop.write("new.csv", _csv([[*row[:4], "maybe"] for row in _people(2)] + _people(4)))
    assert json.loads(shop.ok("evaluate", "run", "new.csv", "--json").out)["unknown_classes"] == {"maybe": 2}


def test_soft_labels_are_measured_as_expectations_whatever_the_order_of_their_columns(shop):
    draw = random.Random(2)
    shares = [round(draw.uniform(0.1, 0.9), 3) for _ in range(60)]
    rows = [[*row[1:4], str(share), str(round(1 - share, 3))] for row, share in zip(_people(60), shares, strict=True)]
    shop.write("soft.csv", _csv(rows, ["age", "port", "fare", "yes", "no"]))
    told = [
        json.loads(shop.ok("evaluate", "run", "soft.csv", "--target-distribution", names, "--json").out)
        for names in ("yes,no", "no,yes")
    ]
    assert told[0] == told[1]
    answers = _told(shop.ok("predict", "run", "soft.csv", "--proba"))
    expected = [share if row["prediction"] == "yes" else 1 - share for row, share in zip(answers, shares, strict=True)]
    assert told[0]["accuracy"] == pytest.approx(sum(expected) / 60)
    assert shop("evaluate", "run", "soft.csv", "--target-distribution", "yes,fare").code == 3
    assert shop("evaluate", "run", "soft.csv").code == 3

"""softreg grade: a student at the desk, a teacher with a class."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "grading"))

from classroom import SOURCES, altered

from softreg.cli.app import softreg as group
from softreg.settings import COURSES

PLAIN = SOURCES["plain"]
SUMS = altered(PLAIN, ("y].mean()", "y].sum()"))


def rows(shell, name: str = "grades/grades.csv") -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in csv.DictReader(shell.read(name).splitlines())}


def put(shell, **sources: str) -> None:
    (shell.folder / "class").mkdir(exist_ok=True)
    for name, source in sources.items():
        shell.write(f"class/{name}.py", source)


@pytest.fixture
def homework(shell):
    """A shell with hw1.toml, the plain convention with one hidden check."""
    shell.ok("grade", "--template", "plain", "-o", ".", "-q")
    shell.write("hw1.toml", shell.read("hw1.toml").replace("hidden = []", 'hidden = ["overflow"]'))
    return shell


def all_written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", COURSES)
def test_a_right_solution_has_all_points_in_its_own_convention(shell, name: str) -> None:
    shell.write("hw1.py", SOURCES[name])
    done = shell.ok("grade", "hw1.py", "--json")
    told = json.loads(done.out)

    assert told["convention"] == name
    assert told["score"] == told["of"] > 0, [each for each in told["results"] if each["points"] < each["of"]]
    assert told["mistakes"] == []


@pytest.mark.parametrize("name", COURSES)
def test_a_template_is_graded_as_unfinished_and_says_what_to_write(shell, name: str) -> None:
    shell.ok("grade", "--template", name, "-o", "homework")
    done = shell.ok("grade", "homework/hw1.py", "--spec", "homework/hw1.toml")

    assert "0 of " in done.out
    assert "unfinished" in done.out
    assert "Still to be written: " in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_template_is_printed_and_nothing_is_overwritten(shell) -> None:
    printed = shell.ok("grade", "--template", "plain").out
    shell.ok("grade", "--template", "plain", "-o", ".")

    assert shell.read("hw1.py") in printed
    assert shell.read("hw1.toml") in printed
    again = shell("grade", "--template", "plain", "-o", ".")
    assert (again.code, "exists" in again.err) == (2, True)
    shell.ok("grade", "--template", "d2l", "-o", ".", "--overwrite")
    assert "data_iter" in shell.read("hw1.py")


def test_a_student_reads_the_mistake_first_and_then_the_checks(shell) -> None:
    shell.write("hw1.py", SUMS)
    done = shell.ok("grade", "hw1.py")

    assert "look at this first\n  sum for mean (in cross_entropy, loss)" in done.out
    assert re.search(r"^PASS +row-sums +1/1", done.out, re.MULTILINE)
    assert re.search(r"^FAIL +reduction +0/1", done.out, re.MULTILINE)
    assert done.out.splitlines()[-1] == "next      softreg grade hw1.py"
    assert max(map(len, done.out.splitlines())) <= 80
    assert not done.err
    assert shell.ok("grade", "hw1.py", "-q").out == ""


def test_a_student_sees_the_public_checks_alone(homework) -> None:
    homework.write("hw1.py", PLAIN)
    done = homework.ok("grade", "hw1.py", "--spec", "hw1.toml")

    assert "overflow" not in done.out
    assert "The teacher has 1 check more." in done.out
    told = json.loads(homework.ok("grade", "hw1.py", "--spec", "hw1.toml", "--json").out)
    assert told["hidden"] == 1
    assert "overflow" not in {each["check"] for each in told["results"]}


def test_a_class_has_a_row_for_each_submission_whatever_it_is(homework) -> None:
    put(
        homework,
        ann=PLAIN,
        ben=SUMS,
        cem=PLAIN + "\nimport os\nos._exit(1)\n",
        dan="def softmax(",
        eve="",
        fay="def softmax(logits):\n    while True: pass\n",
    )
    homework.write("class/=1+1.py", PLAIN.replace("import numpy as np", "import numpy as np\nimport scipy"))
    homework.write("class/gil.docx", b"PK")
    (homework.folder / "class/hal").mkdir()
    os.mkfifo(homework.folder / "class/ida.py")
    homework.write("hw1.toml", homework.read("hw1.toml").replace("seconds = 20", "seconds = 8"))
    done = homework.ok("grade", "class", "--spec", "hw1.toml", "--jobs", 2)
    told = rows(homework)

    assert {name: row["status"] for name, row in told.items()} == {
        "'=1+1": "graded",
        "ann": "graded",
        "ben": "graded",
        "cem": "graded",
        "dan": "syntax error",
        "eve": "empty",
        "fay": "graded",
        "gil": "unreadable",
        "hal": "unreadable",
        "ida": "unreadable",
    }
    assert told["ann"]["score"] == told["ann"]["of"] == told["cem"]["score"]
    assert told["ben"]["likely mistake"] == "sum for mean"
    assert "with code 1" in told["cem"]["notes"]
    assert "too long" in told["fay"]["notes"]
    assert "It imports scipy." in told["'=1+1"]["notes"]
    assert {row["of"] for row in told.values()} == {told["ann"]["of"]}
    assert "graded    10 submissions: 5 graded, 3 unreadable" in done.out
    assert "mistakes  1 sum for mean" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    for name in told:
        plain = name.removeprefix("'")
        assert (homework.folder / f"grades/feedback/{plain}.md").is_file()
        tests = json.loads(homework.read(f"grades/gradescope/{plain}.json"))["tests"]
        assert sum(test["max_score"] for test in tests) == float(told["ann"]["of"])
        assert [test["visibility"] for test in tests].count("after_published") == 1
    assert (homework.folder / "grades/class.png").stat().st_size > 1000
    assert "sum for mean" in homework.read("grades/class.md")


def test_names_and_errors_that_are_no_text_are_written_all_the_same(homework) -> None:
    (homework.folder / "class/ann").mkdir(parents=True)
    for name in ("hw\udcff.py", "old\udcff.py"):
        homework.write(f"class/ann/{name}", PLAIN + "\nraise ValueError('\\udc80 \\x1b[31m \\n')\n")
    homework.ok("grade", "class", "--spec", "hw1.toml")
    (row,) = rows(homework).values()

    assert row["score"] == row["of"]
    assert row["file"] == "ann/hw\ufffd.py"
    assert "\x1b" not in homework.read("grades/feedback/ann.md") + homework.read("grades/grades.csv")
    assert "softmax is defined in hw\ufffd.py and old\ufffd.py" in row["notes"]


def test_the_same_bytes_are_written_for_any_number_of_jobs_and_again(homework) -> None:
    put(homework, ann=PLAIN, ben=SUMS, cem="def softmax(", dan=PLAIN + "\nprint(id(softmax), object())\n")
    homework.ok("grade", "class", "--spec", "hw1.toml", "--out", "one", "--jobs", 1)
    homework.ok("grade", "class", "--spec", "hw1.toml", "--out", "three", "--jobs", 3)
    first = all_written(homework.folder / "one")

    assert first == all_written(homework.folder / "three")
    homework.ok("grade", "class", "--spec", "hw1.toml", "--out", "one", "--overwrite")
    assert first == all_written(homework.folder / "one")


def test_what_did_not_change_is_not_run_again(homework, monkeypatch) -> None:
    put(homework, ann=PLAIN, ben="def softmax(", cem="")
    homework.ok("grade", "class", "--spec", "hw1.toml")
    before = all_written(homework.folder / "grades")
    monkeypatch.setattr("softreg.grading.grade.examine", lambda *_: pytest.fail("was run again"))
    done = homework.ok("grade", "class", "--spec", "hw1.toml")

    assert "(3 skipped, unchanged)" in done.out
    assert all_written(homework.folder / "grades") == before


def test_what_changed_is_graded_anew_and_what_is_gone_goes(homework) -> None:
    put(homework, ann="", ben="", cem="")
    homework.ok("grade", "class", "--spec", "hw1.toml")
    put(homework, ann=PLAIN)
    (homework.folder / "class/cem.py").unlink()
    done = homework.ok("grade", "class", "--spec", "hw1.toml")

    assert "(1 skipped, unchanged)" in done.out
    assert {name: row["status"] for name, row in rows(homework).items()} == {"ann": "graded", "ben": "empty"}
    assert not any("cem" in name for name in all_written(homework.folder / "grades"))


def test_a_submission_on_which_the_grader_fails_keeps_no_other_from_its_grade(homework, monkeypatch) -> None:
    from softreg.grading import grade as room

    def examine(content, *rest):
        if b"def softmax(" in content.get("ben.py", b""):
            raise KeyError("held")
        return real(content, *rest)

    real = room.examine
    monkeypatch.setattr(room, "examine", examine)
    put(homework, ann=PLAIN, ben=PLAIN, cem="")
    done = homework("grade", "class", "--spec", "hw1.toml")
    told = rows(homework)

    assert done.code == 1
    assert "ben.py could not be graded" in " ".join(done.err.split())
    assert {name: row["status"] for name, row in told.items()} == {"ann": "graded", "ben": "not graded", "cem": "empty"}
    assert (told["ben"]["score"], told["ben"]["of"]) == ("0", told["ann"]["of"])
    assert "The grader itself failed on it (KeyError)" in told["ben"]["notes"]
    monkeypatch.undo()
    homework.ok("grade", "class", "--spec", "hw1.toml")  # and what failed is tried again
    assert {row["status"] for row in rows(homework).values()} == {"graded", "empty"}


def test_what_hangs_on_time_is_run_again_and_gone_when_the_submission_is(homework, monkeypatch) -> None:
    from softreg.grading.isolation.child import Child

    homework.write("hw1.toml", homework.read("hw1.toml").replace("seconds = 20", "seconds = 2"))
    put(homework, ann="", ben="def softmax(logits):\n    while True: pass\n")
    homework.ok("grade", "class", "--spec", "hw1.toml")
    assert "(1 skipped, unchanged)" in homework.ok("grade", "class", "--spec", "hw1.toml").out
    assert "too long" in rows(homework)["ben"]["notes"]

    def started(*_):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(Child, "_started", started)
    assert homework("grade", "class", "--spec", "hw1.toml").code == 1
    assert "The grader could not start (Resource temporarily unavailable)" in rows(homework)["ben"]["notes"]
    (homework.folder / "class/ben.py").unlink()
    homework.ok("grade", "class", "--spec", "hw1.toml")
    assert not any("ben" in name for name in all_written(homework.folder / "grades"))


def test_a_file_that_changes_while_it_is_graded_is_graded_again(homework, monkeypatch) -> None:
    from softreg.grading import grade as room

    def examine(*given):
        put(homework, ann=PLAIN)
        return real(*given)

    real = room.examine
    put(homework, ann=SUMS)
    monkeypatch.setattr(room, "examine", examine)
    homework.ok("grade", "class", "--spec", "hw1.toml")
    assert rows(homework)["ann"]["likely mistake"] == "sum for mean"
    homework.ok("grade", "class", "--spec", "hw1.toml")
    assert rows(homework)["ann"]["likely mistake"] == ""


def test_a_name_of_eighty_letters_of_three_bytes_is_a_name(homework) -> None:
    put(homework, **{"名" * 80: ""})
    homework.ok("grade", "class", "--spec", "hw1.toml")

    assert list(rows(homework)) == ["名" * 80]


def test_grades_of_another_homework_are_not_mixed(homework) -> None:
    put(homework, ann="")
    homework.ok("grade", "class", "--spec", "hw1.toml")
    homework.write("hw1.toml", homework.read("hw1.toml").replace("seed = 0", "seed = 1"))
    done = homework("grade", "class", "--spec", "hw1.toml")

    assert done.code == 2
    assert "another homework" in done.err
    homework.ok("grade", "class", "--spec", "hw1.toml", "--overwrite")
    (homework.folder / "papers").mkdir()
    homework.write("papers/thesis.tex", "dear to somebody")
    done = homework("grade", "class", "--spec", "hw1.toml", "--out", "papers")
    assert (done.code, "no folder of grades" in done.err) == (2, True)


def test_grades_do_not_lie_among_the_submissions(homework) -> None:
    put(homework, ann="")
    (homework.folder / "class/ben").mkdir()
    (homework.folder / "alias").symlink_to("class")
    before = all_written(homework.folder / "class")
    for out in ("class", "class/grades", "class/ben", "alias/new/grades", "."):
        done = homework("grade", "class", "--spec", "hw1.toml", "--out", out)
        assert done.code == 2, out
    assert (
        "among the submissions" in homework("grade", "class", "--spec", "hw1.toml", "--out", "class", "--overwrite").err
    )
    assert all_written(homework.folder / "class") == before


def test_the_homework_may_lie_among_the_submissions(homework) -> None:
    put(homework, ann="", ben="")
    (homework.folder / "hw1.toml").rename(homework.folder / "class/hw1.toml")
    homework.ok("grade", "class", "--spec", "class/hw1.toml")

    assert set(rows(homework)) == {"ann", "ben"}


def test_a_folder_of_reports_that_cannot_be_made_is_told_before_anything_is_graded(homework, monkeypatch) -> None:
    put(homework, ann=PLAIN)
    homework.ok("grade", "class", "--spec", "hw1.toml")
    for path in (homework.folder / "grades/feedback").iterdir():
        path.unlink()
    (homework.folder / "grades/feedback").rmdir()
    homework.write("grades/feedback", "no folder")
    monkeypatch.setattr("softreg.grading.grade.examine", lambda *_: pytest.fail("was graded"))
    put(homework, ann=SUMS)

    assert homework("grade", "class", "--spec", "hw1.toml").code == 3


def test_a_file_that_is_too_large_is_not_read_to_find_its_convention(shell, monkeypatch) -> None:
    monkeypatch.setattr("softreg.grading.submissions.LARGEST", {".py": 100})
    monkeypatch.setattr("softreg.workflows.grade.parsed", lambda *_: pytest.fail("was read"))
    shell.write("hw1.py", PLAIN)

    assert "larger than" in shell.ok("grade", "hw1.py").out


def test_the_class_as_json_has_everything(homework) -> None:
    put(homework, ann=PLAIN, ben="")
    told = json.loads(homework.ok("grade", "class", "--spec", "hw1.toml", "--json").out)

    assert told["n"] == 2
    assert [each["id"] for each in told["grades"]] == ["ann", "ben"]
    assert told["grades"][0]["score"] == told["of"]
    assert sum(told["bins"].values()) == 2


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["grade"], 2, "--template plain"),
        (["grade", "none.py"], 3, "There is no file or folder none.py"),
        (["grade", "clas", "--spec", "hw1.toml", "-o", "x"], 3, "There is no file or folder clas"),
        (["grade", "hw1.toml"], 3, "neither .py nor .ipynb"),
        (["grade", "class"], 2, "--spec hw1.toml"),
        (["grade", "class", "--spec", "none.toml"], 3, "There is no homework none.toml"),
        (["grade", "hw1.py", "--jobs", "2"], 2, "--jobs has no effect"),
        (["grade", "hw1.py", "-o", "x"], 2, "--out has no effect"),
        (["grade", "hw1.py", "--template", "d2l"], 2, "has no effect with --template"),
        (["grade", "--template", "d21"], 2, "d2l"),
        (["grade", "--template", "d2l", "--json"], 2, "--json has no effect"),
        (["grade", "class", "--spec", "hw1.toml", "--jobs", "0"], 2, "at least 1"),
        (["grade", "class", "--spec", "hw1.toml", "--out", "hw1.py"], 2, "no folder of grades"),
    ],
)
def test_bad_input_is_told_with_what_to_type_next(homework, words: list[str], code: int, told: str) -> None:
    put(homework, ann=PLAIN)
    done = homework(*words)

    assert done.code == code, done.err
    assert told in " ".join(done.err.split())
    assert "Traceback" not in done.err
    assert not done.out


def test_a_folder_without_submissions_is_bad_input(homework) -> None:
    (homework.folder / "nobody").mkdir()

    assert homework("grade", "nobody", "--spec", "hw1.toml").code == 3


def test_ctrl_c_ends_the_processes_and_keeps_what_was_graded(homework) -> None:
    put(homework, ann="", zoe="def softmax(logits):\n    while True: pass\n")
    homework.write("hw1.toml", homework.read("hw1.toml").replace("seconds = 20", "seconds = 400"))
    with homework.popen("grade", "class", "--spec", "hw1.toml", "--jobs", 1, stdin=subprocess.PIPE) as process:
        limit = time.monotonic() + 60
        while not (homework.folder / "grades/.softreg/ann.grade.json").exists() and time.monotonic() < limit:
            time.sleep(0.1)
        time.sleep(1)
        done = homework.interrupted(process)

    assert (done.code, done.err.strip()) == (130, "softreg: interrupted.")
    put(homework, zoe="")
    assert "(1 skipped, unchanged)" in homework.ok("grade", "class", "--spec", "hw1.toml").out


def test_choices_of_the_help_are_the_courses_there_are() -> None:
    (option,) = (param for param in group.commands["grade"].params if param.name == "template")

    assert tuple(option.type.choices) == COURSES
    from softreg.grading import courses

    assert tuple(courses._SIGNATURES) == COURSES

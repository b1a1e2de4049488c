"""Which files are submissions, what they are called, and how notebooks are read."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
from sitting import CALLS, GOOD, SMALL

from softreg.errors import DataError
from softreg.grading.examination import examine
from softreg.grading.inside import reading
from softreg.grading.inside.reading import parsed
from softreg.grading.submissions import UnreadableError, alone, found_in


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD, encoding="utf-8")


def notebook(*cells: str | list[str]) -> bytes:
    told = [{"cell_type": "markdown", "source": "# Homework"}]
    told += [{"cell_type": "code", "source": cell, "outputs": []} for cell in cells]
    return json.dumps({"cells": told, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def test_each_file_and_each_folder_is_a_submission_and_hidden_ones_are_none(tmp_path: Path) -> None:
    put(tmp_path, "ann.py", "ben/hw1.py", "ben/steps.py", "cem.ipynb", ".git/x.py", "__pycache__/y.py", ".DS_Store")
    put(tmp_path, "dan.zip", "hw1.toml", "grades/grades.csv")
    found = found_in(tmp_path, (tmp_path / "hw1.toml", tmp_path / "grades"))

    assert [each.id for each in found] == ["ann", "ben", "cem", "dan"]
    assert [each.shown for each in found] == ["ann.py", "ben/", "cem.ipynb", "dan.zip"]
    assert list(found[1].content()) == ["hw1.py", "steps.py"]
    with pytest.raises(UnreadableError, match=r"no \.py and no \.ipynb \(there is dan\.zip\)"):
        found[3].content()


def test_submissions_of_one_name_are_told_apart(tmp_path: Path) -> None:
    put(tmp_path, "ann.py", "ann.ipynb", "Ben.py", "ben.py", "cem/a.py", "cem.py")
    found = found_in(tmp_path)

    assert [each.id for each in found] == ["Ben", "ann.ipynb", "ann.py", "ben", "cem", "cem.py"]
    assert len({each.name.casefold() for each in found}) == len(found)


@pytest.mark.parametrize(
    "name",
    [
        "=1+1.py",
        "a, b.py",
        "a\nb.py",
        "ümlaut ñ 名.py",
        "-rf.py",
        "a'b\"c.py",
        "%41.py",
        os.fsdecode(b"x\xff.py"),
        "名" * 80 + ".py",
    ],
)
def test_odd_names_become_names_that_any_file_system_takes(name: str, tmp_path: Path) -> None:
    put(tmp_path, name)
    (only,) = found_in(tmp_path)

    assert only.id.isprintable()
    assert not set(only.name) & set('/\\:*?"<>|\n ')
    assert not only.name.startswith((".", "-"))
    assert GOOD.encode() in only.content().values()
    assert len(only.name.encode()) <= 180


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "secret.py", "class/ann/hw1.py", "class/dan.py")
    (tmp_path / "class/ben.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "class/cem").symlink_to(tmp_path)
    (tmp_path / "class/eve.py").symlink_to("eve.py")
    (tmp_path / "class/fay.py").symlink_to("dan.py")
    found = {each.id: each for each in found_in(tmp_path / "class")}

    for name in ("ben", "cem", "eve"):
        with pytest.raises(UnreadableError):
            found[name].content()
    assert found["fay"].content() == {"fay.py": GOOD.encode()}


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    put(tmp_path, "ann/hw1.py")
    os.mkfifo(tmp_path / "pipe.py")
    os.mkfifo(tmp_path / "ann/pipe.py")
    ann, pipe = found_in(tmp_path)

    assert list(ann.content()) == ["hw1.py"]
    with pytest.raises(UnreadableError, match="no ordinary file"):
        pipe.content()


@pytest.mark.parametrize(("name", "most"), [("ann.py", "1 MiB"), ("ann.ipynb", "20 MiB")])
def test_a_file_too_large_to_be_a_homework_is_not_read(tmp_path: Path, name: str, most: str) -> None:
    with (tmp_path / name).open("wb") as file:
        file.truncate(30 << 20)

    with pytest.raises(UnreadableError, match=f"larger than {most}"):
        found_in(tmp_path)[0].content()


def test_a_notebook_may_hold_pictures_and_no_more_code_than_a_script() -> None:
    picture = {"cell_type": "markdown", "source": "x" * (4 << 20)}
    code = {"cell_type": "code", "source": "x = 1\n"}
    long = {"cell_type": "code", "source": "x = 1\n" * 200_000}

    assert not parsed("a.ipynb", json.dumps({"cells": [picture, code]}).encode()).wrong
    assert parsed("a.ipynb", json.dumps({"cells": [code, long]}).encode()).unreadable


def test_a_folder_that_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    for folder, told in ((tmp_path, "nothing in"), (tmp_path / "none", "does not exist")):
        with pytest.raises(DataError, match=told):
            found_in(folder)
    with pytest.raises(DataError, match=r"no file .*hw1\.py"):
        alone(tmp_path / "hw1.py")
    put(tmp_path, "hw1.txt")
    with pytest.raises(DataError, match=r"neither \.py nor \.ipynb"):
        alone(tmp_path / "hw1.txt")


def test_files_that_are_too_much_together_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "ann/a.py", "ann/b.py", "ann/c.py")
    monkeypatch.setattr("softreg.grading.submissions.TOGETHER", 2 * len(GOOD))
    (only,) = found_in(tmp_path)

    assert list(only.content()) == ["a.py", "b.py"]


def test_a_single_file_may_import_its_neighbours(tmp_path: Path) -> None:
    put(tmp_path, "steps.py", "large/other.py")
    (tmp_path / "hw1.py").write_text("from steps import softmax, predict, batches")
    only = alone(tmp_path / "hw1.py")
    examined = examine(only.content(), SMALL, CALLS, helpers=only.beside())

    assert examined.status == "graded"
    assert examined.files == ["hw1.py"]
    assert np.array_equal(examined.answers["first predict"].values[0], [2, 2, 2])


def test_a_notebook_is_its_code_cells_without_what_is_not_python() -> None:
    half = GOOD.index("def predict")
    cells = [
        "%matplotlib inline\n!pip install numpy\nimport numpy as np\nnp.exp?",
        "%%time\n" + GOOD[:half],
        "%%bash\nexit 1",
        "1 / 0",
        "for step in range(3):\n    !echo step\nfiles = !ls\nspent = %timeit -o 1",
        "this is no python",
        GOOD[half:].splitlines(keepends=True),
    ]
    examined = examine({"hw1.ipynb": notebook(*cells)}, SMALL, CALLS)

    assert examined.status == "graded"
    assert all(answer.error == "" for answer in examined.answers.values())
    assert any("cell 7, line 1: SyntaxError" in note for note in examined.notes), examined.notes
    assert any("ZeroDivisionError" in note and "cell 5, line 1" in note for note in examined.notes)
    assert len(examined.notes) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"3",
        b'{"cells": 3}',
        b'{"cells": [3]}',
        b"\xff\xfe",
        b'{"cells": [{"cell_type": "code", "source": 3}]}',
    ],
)
def test_what_is_no_notebook_is_told(content: bytes) -> None:
    examined = examine({"hw1.ipynb": content}, SMALL, CALLS)

    assert examined.status == "syntax error"
    assert any("no notebook" in note for note in examined.notes)


def test_a_notebook_of_the_third_format_is_read() -> None:
    sheet = {"cells": [{"cell_type": "code", "input": GOOD.splitlines(keepends=True)}]}
    examined = examine({"hw1.ipynb": json.dumps({"worksheets": [sheet], "nbformat": 3}).encode()}, SMALL, CALLS)

    assert examined.status == "graded"


def test_a_notebook_may_be_written_in_capitals() -> None:
    assert examine({"HW1.IPYNB": notebook(GOOD)}, SMALL, CALLS).status == "graded"


@pytest.mark.parametrize(
    "line", ["x" + 300_000 * " ", 100_000 * "? " + "!", 300_000 * "a " + "b", "x =" + 300_000 * " "]
)
def test_a_long_line_is_read_in_no_time(line: str) -> None:
    began = time.perf_counter()

    assert reading.without_magics(f"no python\n{line}\n%ls\n").endswith("\npass\n")
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("  files = !ls", "  pass"),
        ("a, b = %timeit -o 1", "pass"),
        ("x.y = !ls", "x.y = !ls"),
        ("\tprint? ", "\tpass"),
        ("??print", "pass"),
        ("x = y", "x = y"),
        ("x =", "x ="),
        ("x == %y", "x == %y"),
        ("", ""),
    ],
)
def test_magics_shell_and_help_lines_become_pass(line: str, left: str) -> None:
    assert reading.without_magics(f"no python\n{line}\nend()") == f"no python\n{left}\nend()"


def test_a_percent_sign_at_the_beginning_of_a_line_of_text_stays() -> None:
    source = 'text = """\n%d of %d\n!important\n"""\n'

    assert reading.without_magics(source) == source


def test_a_script_in_another_encoding_says_so_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "latin.py").write_bytes("# -*- coding: latin-1 -*-\nname = 'Müller'\n".encode("latin-1"))
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbfname = 1\n")
    (tmp_path / "wrong.py").write_bytes(b"name = '\xff'\n")
    monkeypatch.chdir(tmp_path)

    assert reading.read("latin.py").defined == {"name"}
    assert reading.read("bom.py").defined == {"name"}
    assert reading.read("wrong.py").unreadable

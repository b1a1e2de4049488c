"""A student at the shell: the list, a lesson, the quiz, the hand-out, and what goes wrong."""

from __future__ import annotations

import json
import re

import pytest

from softreg.lessons.course import COURSE


def test_the_course_is_listed_in_order(shell):
    lines = shell.ok("learn").out.splitlines()

    assert [line.split()[1] for line in lines[: len(COURSE)]] == [topic.name for topic in COURSE]
    assert "next      softreg learn softmax" in lines
    assert [one["topic"] for one in json.loads(shell.ok("learn", "--json").out)["topics"]] == [t.name for t in COURSE]


def test_the_list_waits_for_no_numpy(shell):
    done = shell.process("learn", PYTHONPROFILEIMPORTTIME="1")

    assert done.code == 0
    assert not re.search(r"\| +(numpy|matplotlib|sklearn|scipy)$", done.err, re.MULTILINE)


def test_a_lesson_is_told_and_its_picture_saved(shell):
    done = shell.ok("learn", "softmax")

    assert "p_j = exp(z_j)" in done.out
    assert "next      softreg learn softmax --quiz      softreg learn prediction" in done.out
    assert (shell.folder / "learn/softmax.png").read_bytes().startswith(b"\x89PNG")


def test_own_scores_are_typed_as_they_come(shell):
    told = json.loads(shell.ok("learn", "softmax", "--scores", 1, 2, -3.5, "--json").out)

    assert told["numbers"]["z"] == [1, 2, -3.5]
    for words in (("--scores", "1,2,-3.5"), ("--scores=1 2 -3.5",), ("--scores", "-3.5", "1", "2", "--quiet")):
        again = json.loads(shell.ok("learn", *words, "softmax", "--json").out)
        assert sorted(again["numbers"]["z"]) == [-3.5, 1, 2]


def test_softmax_of_equal_scores_is_even(shell):
    assert json.loads(shell.ok("learn", "softmax", "--scores", 7, 7, 7, 7, "--json").out)["numbers"]["p"] == [0.25] * 4


def test_a_near_miss_of_a_topic_is_the_topic(shell):
    assert shell.ok("learn", "Sofmax").out == shell.ok("learn", "softmax").out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("xyzzy", "softreg learn for the list"),
        ("softmax --scores 1", "fewer than two"),
        ("softmax --scores 1 inf", "not finite"),
        ("softmax --scores", "requires an argument"),
        ("softmax --scores one two", '"one"'),
        ("softmax --data iris", "takes no data"),
        ("--scores 1 2", "needs a topic"),
        ("--quiz", "needs a topic"),
        ("softmax --all", "no effect"),
        ("softmax --target x", "without --data"),
        ("softmax --answers", "without --markdown"),
        ("softmax --quiz --json", "beside --quiz"),
        ("softmax --scroes 1 2", "--scores"),
    ],
)
def test_what_has_no_effect_or_no_sense_is_refused(shell, words, told):
    done = shell("learn", *words.split())

    assert done.code == 2
    assert told in " ".join(done.err.split())
    assert done.out == ""


def test_data_that_is_not_there_is_bad_input(shell):
    assert shell("learn", "linear", "--data", "nothing.csv").code == 3


def test_a_folder_that_is_a_file_is_refused(shell):
    shell.write("learn", "mine")

    done = shell("learn", "softmax")
    assert done.code == 2
    assert "--out" in done.err
    assert shell.read("learn") == "mine"


def test_a_quiz_checks_and_explains_and_counts(shell):
    done = shell.ok("learn", "softmax", "--quiz", stdin=b"3/4\nhm\nb\n")

    assert "Right." in done.out
    assert '"hm" is none of the choices.' in done.out
    assert "Not so: nothing." in done.out
    assert "right     1 of 2" in done.out
    assert not (shell.folder / "learn").exists()


def test_a_quiz_ends_with_its_answers(shell):
    done = shell.ok("learn", "softmax", "--quiz", stdin=b"0.1\n")

    assert "Not so: 0.75" in done.out
    assert "(no answer)" in done.out
    assert "right     0 of 1" in done.out


def test_a_hand_out_shows_its_picture_and_keeps_the_answers_back(shell):
    (shell.folder / "out").mkdir()
    shell.ok("learn", "softmax", "--markdown", "out/page.md")
    page = shell.read("out/page.md")

    assert "![" in page
    assert (shell.folder / "out" / re.search(r"\]\((.*?png)\)", page)[1]).exists()
    assert "0.75" not in page
    assert shell("learn", "softmax", "--markdown", "out/page.md").code == 2
    shell.ok("learn", "softmax", "--markdown", "out/page.md", "--answers", "--overwrite")
    assert "0.75" in shell.read("out/page.md")

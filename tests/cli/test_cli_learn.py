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
        ("softmax --scores 1 2 --scores 3 4", "twice"),
        ("--out pictures", "needs a topic"),
        ("softmax --quiz --out pictures", "beside --quiz"),
        ("softmax prediction", "softmax prediction"),
    ],
)
def test_what_has_no_effect_or_no_sense_is_refused(shell, words, told):
    done = shell("learn", *words.split())

    assert done.code == 2
    assert told in " ".join(done.err.split())
    assert done.out == ""


def test_data_that_is_not_there_is_bad_input(shell):
    assert shell("learn", "linear", "--data", "nothing.csv").code == 3


def test_a_picture_of_the_learners_own_is_not_drawn_over(shell):
    """The course's own folder is drawn anew; one that was named may hold anything."""
    shell.write("softmax.png", "mine")
    done = shell("learn", "softmax", "--out", ".")
    assert done.code == 2
    assert shell.read("softmax.png") == "mine"
    shell.ok("learn", "softmax", "--out", ".", "--overwrite")
    shell.ok("learn", "softmax")
    shell.ok("learn", "softmax")


@pytest.mark.parametrize("scores", [[1e9, -1e9, 0], list(range(50)), [1e-300, 0]])
@pytest.mark.parametrize("topic", [topic.name for topic in COURSE if "scores" in topic.takes])
def test_the_largest_scores_that_are_taken_warn_nobody(shell, topic, scores):
    assert shell.ok("learn", topic, "--scores", *scores, "-q").err == ""


@pytest.mark.parametrize("scores", [[1e300, 0], [0] * 51])
def test_scores_that_nobody_could_read_are_refused(shell, scores):
    assert shell("learn", "softmax", "--scores", *scores).code == 2


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
    assert "right     0 of 2" in done.out
    assert shell.ok("learn", "--all", "--quiz", stdin=b"").out.count("(no answer)") == 1


def test_an_empty_line_asks_for_the_answer(shell):
    done = shell.ok("learn", "softmax", "--quiz", stdin=b"\na) nothing\n")

    assert "The answer: 0.75" in done.out
    assert "right     1 of 2" in done.out


def test_a_topic_may_be_two_words(shell):
    assert "4. What a model pays" in shell.ok("learn", "cross", "entropy", "-q").out


def test_in_a_course_a_lesson_that_cannot_use_the_data_takes_its_own(shell):
    """Two classes are enough for all lessons but the one on choice, which strikes one."""
    done = shell.ok("learn", "--all", "--data", "breast_cancer", "--markdown", "course.md")

    assert "not with your own numbers: " in " ".join(done.err.split())
    assert all(f"\n{topic.number}. {topic.title}\n" in f"\n{done.out}" for topic in COURSE)
    assert all(f"## {topic.number}. {topic.title}" in shell.read("course.md") for topic in COURSE)
    assert shell("learn", "luce", "--data", "breast_cancer").code == 2


def test_emphasis_is_for_the_hand_out(shell):
    done = shell.ok("learn", "descent", "--markdown", "page.md")

    assert "*" not in re.sub(r"^.*[┤│].*$", "", done.out, flags=re.MULTILINE).replace("* wild", "")
    assert "*guaranteed*" in shell.read("page.md")


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

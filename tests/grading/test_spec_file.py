"""The file of a homework: what is written is read, and what is misspelt is named."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest
from classroom import SPECS
from hypothesis import given
from hypothesis import strategies as st

from softreg.errors import DataError
from softreg.grading import spec_file
from softreg.grading.checks import CHECKS
from softreg.grading.courses import course, nearest_course
from softreg.grading.signature import function_of, text_of
from softreg.grading.skeleton import skeleton
from softreg.grading.spec import Limits, Spec
from softreg.settings import COURSES

ONE = '[functions]\nsoftmax = "softmax(logits) -> proba"\n'


def read(tmp_path: Path, text: str) -> Spec:
    path = tmp_path / "hw.toml"
    path.write_text(text, encoding="utf-8")
    return spec_file.read(path)


@pytest.mark.parametrize("name", COURSES)
def test_a_course_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    assert read(tmp_path, spec_file.text(course(name))) == course(name)


@pytest.mark.parametrize("name", COURSES)
def test_a_course_asks_what_its_convention_says(name: str) -> None:
    """Names, orders, reduction and penalty are those of the conventions by which the judging was tested."""
    ours, theirs = course(name), SPECS[name]

    assert [(each.role, each.name, each.takes, each.returns) for each in ours.functions] == [
        (each.role, each.name, each.takes, each.returns) for each in theirs.functions
    ]
    assert (ours.reduction, ours.penalty) == (theirs.reduction, theirs.penalty)


@given(
    title=st.text(st.characters(codec="utf-8"), max_size=30),
    seed=st.integers(0, 2**40),
    points=st.dictionaries(st.sampled_from(list(CHECKS)), st.integers(1, 9).map(float) | st.floats(1e-9, 1e6)),
    hidden=st.sets(st.sampled_from(list(CHECKS))),
    hints=st.sampled_from(["none", "short", "full"]),
    seconds=st.integers(1, 500).map(float) | st.floats(1, 3600),
    memory=st.integers(256, 2**20),
)
def test_every_homework_survives_its_file(
    tmp_path_factory, title, seed, points, hidden, hints, seconds, memory
) -> None:
    plain = dataclasses.replace(course("plain"), title=title, seed=seed, points=points, hidden=tuple(sorted(hidden)))
    spec = dataclasses.replace(plain, hints=hints, limits=Limits(seconds, memory), forbid=("scipy",))

    assert read(tmp_path_factory.mktemp("spec"), spec_file.text(spec)) == spec


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", r"\[functions\] is missing"),
        ("titel = 'a'\n" + ONE, 'does not know "titel".*"title"'),
        ("title = 3\n" + ONE, 'key "title" is 3'),
        ("seed = true\n" + ONE, 'key "seed" is true'),
        ("seed = -1\n" + ONE, 'key "seed" is -1'),
        ("seed = 1.5\n" + ONE, 'key "seed" is 1.5'),
        ("reduction = 'men'\n" + ONE, '"men".*"mean"'),
        ("penalty = 2\n" + ONE, 'key "penalty" is 2'),
        ("hidden = 'shapes'\n" + ONE, "no list of names"),
        ("hidden = ['shape']\n" + ONE, 'does not know "shape".*"shapes"'),
        ("functions = 3", "no table"),
        ("[functions]\nsofmax = 'a'", '"sofmax".*"softmax"'),
        ("[functions]\nsoftmax = 3", "no text"),
        ("[functions]\nsoftmax = 'softmax'", "no signature"),
        ("[functions]\nsoftmax = 'class(logits) -> proba'", "no signature"),
        ("[functions]\nsoftmax = 'softmax(logit) -> proba'", '"logit".*"logits"'),
        ("[functions]\nsoftmax = 'softmax() -> proba'", 'must take "logits"'),
        ("[functions]\nsoftmax = 'softmax(logits, logits) -> proba'", "twice"),
        ("[functions]\ncross_entropy = 'ce(logits, proba, y) -> loss'", "logits and probabilities"),
        ("[functions]\nloss = 'loss(X, y, W, b) -> los'", '"los".*"loss"'),
        ("[functions]\ngradient = 'g(X, y, W) -> grad_W, grad_b'", "or neither"),
        ("[functions]\ngradient = 'g(X, y, W, b) -> grad_W'", "or neither"),
        (ONE + "loss = 'softmax(X, y, W, b) -> loss'", 'two functions are called "softmax"'),
        (ONE + "[points]\nshape = 1", '"shape".*"shapes"'),
        (ONE + "[points]\nshapes = '1'", "points.shapes"),
        (ONE + "[points]\nshapes = nan", "points.shapes"),
        (ONE + "[points]\nshapes = 1000001", "points.shapes.*0 or more and 1000000 or less"),
        (ONE + "[points]\n" + "\n".join(f"{name} = 0" for name in CHECKS), "no check is worth a point"),
        (ONE + "[limits]\nsecond = 1", '"second".*"seconds"'),
        (ONE + "[limits]\nmemory = 1", "256 or more"),
        (ONE + "[limits]\nmemory = 1e14", "256 or more and 1048576 or less"),
        (ONE + "[limits]\nseconds = 3601", "3600 or less"),
        (ONE + "[limits]\nfiles = 1e300", "1048576 or less"),
        (ONE + f"[limits]\nfiles = {10**400}", "1048576 or less"),
        (ONE + f"[points]\nshapes = {10**400}", "points.shapes"),
        ("forbid = ['scipy.special']\n" + ONE, '"scipy.special".*Forbid "scipy"'),
        ("forbid = ['']\n" + ONE, "no package"),
        ("forbid = ['numpy']\n" + ONE, "the grader itself imports"),
        ("forbid = ['random']\n" + ONE, "the grader itself imports"),
        ("a = [", "cannot be read"),
        ("seed = " + 5000 * "9", "cannot be read"),
    ],
)
def test_what_is_wrong_in_a_homework_is_named_with_its_file_and_key(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=told) as raised:
        read(tmp_path, text)

    assert "hw.toml" in raised.value.what


def test_a_homework_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--template plain"):
        spec_file.read(tmp_path / "none.toml")


def test_a_course_s_own_names_are_kept_beside_the_roles_words() -> None:
    text = "softmax_loss(W, X, y, reg=l2) -> loss, dW=grad_W"
    function = function_of("gradient", f"  {text.replace('=', ' = ')} ")

    assert function.takes == ("W", "X", "y", "l2")
    assert function.returns == ("loss", "grad_W")
    assert function.own == {"l2": "reg", "grad_W": "dW"}
    assert text_of(function) == text


@pytest.mark.parametrize("name", COURSES)
def test_a_skeleton_defines_the_functions_in_the_order_of_the_homework(name: str) -> None:
    spec, text = course(name), skeleton(course(name))
    defined = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}

    assert list(defined) == [function.name for function in spec.functions]
    for function in spec.functions:
        arguments = [argument.arg for argument in defined[function.name].args.args]
        assert arguments == [function.own.get(word, word) for word in function.takes]
        told = ast.get_docstring(defined[function.name]) or ""
        assert all(function.own.get(word, word) in told for word in (*function.takes, *function.returns))
    assert max(map(len, text.splitlines())) <= 88


@pytest.mark.parametrize("name", COURSES)
def test_the_convention_of_a_file_is_told_by_its_functions(name: str) -> None:
    assert nearest_course(ast.parse(skeleton(course(name))).body) == name


def test_a_file_that_defines_nothing_is_of_the_plain_convention() -> None:
    assert nearest_course([]) == "plain"

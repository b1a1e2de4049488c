"""Judging: never raises, tells nothing of what is hidden, and gives each point for its own reason."""

from __future__ import annotations

import string
from dataclasses import replace

import numpy as np
import pytest
from classroom import (
    PLAIN,
    PLAIN_SOURCE,
    SOURCES,
    SPECS,
    altered,
    graded,
    hand_in,
    named,
    shares,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from softreg.grading.asked import calls, questions
from softreg.grading.calls import Answer
from softreg.grading.checks import CHECKS
from softreg.grading.judgement import FAIL, MISSING, PART, PASS, judge
from softreg.grading.question import CLASSES

LENGTHS = st.sampled_from([0, 1, 2, 3, 4, CLASSES, 7, 8, 11, 13, 17, 23])
KINDS = st.sampled_from(["f8", "f4", "f2", "i8", "u1", "?", "c16", "O", "U3", "S2", "M8[s]", "m8[s]", "g"])


@st.composite
def values(draw):
    shape = tuple(draw(st.lists(LENGTHS, max_size=3)))
    fill = draw(st.sampled_from([0, 1, -1, 0.5, 1e300, 1e-300, np.nan, np.inf, -np.inf]))
    kind = np.dtype(draw(KINDS))
    with np.errstate(all="ignore"):
        try:
            return np.full(shape, fill).astype(kind)
        except (ValueError, OverflowError, TypeError):
            return np.zeros(shape, kind)


ERRORS = st.sampled_from(["", "", "", "missing", "time", "memory", "exit", "lost", "kind", "raised", "nonsense"])
ANSWERS = st.builds(
    Answer,
    values=st.lists(values() | arrays.arrays(np.float64, (11, CLASSES)), max_size=4).map(tuple),
    error=ERRORS,
    told=st.text(string.printable, max_size=30) | st.just("OverflowError: math range error"),
    changed=st.lists(st.sampled_from(["X", "W", "anything"]), max_size=2).map(tuple),
    warned=st.lists(st.text(max_size=5), max_size=1).map(tuple),
)


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast", "ignore:overflow encountered in cast")
@pytest.mark.parametrize("homework", SPECS)
@settings(max_examples=15)
@given(data=st.data())
def test_any_answers_whatever_give_a_judgement(homework, data):
    spec = SPECS[homework]
    keys = [call.key for call in calls(spec)]
    few = data.draw(st.lists(ANSWERS, min_size=1, max_size=5))
    lost = data.draw(st.sets(st.sampled_from(keys)))
    answers = {key: few[at % len(few)] for at, key in enumerate(keys) if key not in lost}
    judgement = judge(spec, answers)
    assert [result.check for result in judgement.results] == list(questions(spec))
    for result in judgement.results:
        assert 0 <= result.points <= result.of
        assert result.verdict in {PASS, PART, FAIL, MISSING}
        assert result.found
        assert len(result.found) < 1000
    assert isinstance(judgement.likely, str)


def test_right_answers_with_one_of_them_replaced_by_anything_still_give_a_judgement():
    right = hand_in(PLAIN_SOURCE, PLAIN)
    wild = [
        np.zeros((0, 0)),
        np.full((2, 3, 4), np.nan),
        np.array(["a"]),
        np.array(1j),
        np.array(None),
        np.zeros(10**6),
    ]
    for at, key in enumerate(list(right)[::3]):
        wrong = Answer((wild[at % len(wild)],) * len(right[key].values))
        judgement = judge(PLAIN, right | {key: wrong})
        # what stays as it was is not told from what comes back
        assert (judgement.score < judgement.of) != key.startswith("inputs"), key


def test_no_answers_at_all_are_a_judgement_too():
    for spec in SPECS.values():
        judgement = judge(spec, {})
        assert (judgement.score, judgement.likely) == (0, "")
        assert {result.verdict for result in judgement.results} == {FAIL}


def test_a_homework_of_which_nothing_is_there_is_missing():
    judgement = graded("", PLAIN)
    assert {result.verdict for result in judgement.results} == {MISSING}
    assert "softmax is not there." in {result.found for result in judgement.results}


def test_an_error_is_told_in_its_own_words_on_one_line():
    source = altered(
        PLAIN_SOURCE, ("def predict(X, W, b):\n", "def predict(X, W, b):\n    raise ValueError('no\\n idea')\n")
    )
    found = {result.check: result.found for result in graded(source, PLAIN).results}
    assert found["labels"] == "predict raised an error: ValueError: no idea."


def test_the_same_answers_give_the_same_judgement():
    source = altered(PLAIN_SOURCE, ("z - z.max(axis=1, keepdims=True)", "z"))
    assert graded(source, PLAIN) == graded(source, PLAIN)


@pytest.mark.parametrize("homework", SPECS)
def test_keys_are_unique_and_begin_with_their_check(homework):
    spec = SPECS[homework]
    keys = [call.key for call in calls(spec)]
    assert len(set(keys)) == len(keys)
    for check, group in questions(spec).items():
        assert all(question.key.startswith(f"{check} ") for question in group)


@pytest.mark.parametrize("homework", SPECS)
def test_arguments_come_in_the_order_of_the_course(homework):
    spec = SPECS[homework]
    for call in calls(spec):
        assert tuple(call.arguments) == spec.function(call.role).takes


def test_hidden_checks_get_inputs_of_the_secret_seed_and_tell_no_numbers():
    spec = replace(PLAIN, hidden=("agreement", "finite-differences"), seed=7)
    public, secret = ({call.key: call for call in calls(each)} for each in (PLAIN, spec))
    for key in public.keys() & secret.keys():
        call = public[key]
        same = all(np.array_equal(value, secret[key].arguments[word]) for word, value in call.arguments.items())
        assert same != key.startswith(("agreement", "finite-differences")), key
    judgement = graded(altered(PLAIN_SOURCE, ("P / n", "P")), spec)
    hidden = [result for result in judgement.results if result.hidden]
    assert [result.check for result in hidden] == ["agreement", "finite-differences"]
    for result in hidden:
        assert result.points < result.of
        assert result.table == ()
        assert not any(char.isdigit() for char in result.found)


def test_a_student_is_asked_nothing_that_is_hidden():
    spec = replace(PLAIN, hidden=("agreement",), seed=7)
    asked = calls(spec, public_only=True)
    assert asked
    assert not any(call.key.startswith("agreement") for call in asked)
    judgement = judge(spec, hand_in(PLAIN_SOURCE, spec, public_only=True), public_only=True)
    assert judgement.score == judgement.of == graded(PLAIN_SOURCE, PLAIN).of - CHECKS["agreement"].points


def test_another_secret_seed_draws_other_hidden_inputs():
    drawn = [calls(replace(PLAIN, hidden=("labels",), seed=seed)) for seed in (1, 2, -1)]
    inputs = [next(call.arguments["W"] for call in each if call.key == "labels predict") for each in drawn]
    assert len({one.tobytes() for one in inputs}) == 3


def test_points_of_a_homework_count_and_none_leaves_a_check_out():
    spec = replace(PLAIN, points={"overflow": 10, "training": 0})
    judgement = graded(PLAIN_SOURCE, spec)
    worth = {result.check: result.of for result in judgement.results}
    assert worth["overflow"] == 10
    assert "training" not in worth
    assert not any(call.role == "train" and "training" in call.key for call in calls(spec))


@pytest.mark.parametrize(
    ("level", "short", "full"), [("none", False, False), ("short", True, False), ("full", True, True)]
)
def test_hints_come_at_the_level_of_the_homework(level, short, full):
    judgement = graded(altered(PLAIN_SOURCE, ("P / n", "P")), replace(PLAIN, hints=level))
    (mistake,) = judgement.mistakes
    assert bool(mistake.hint) == short
    assert ("softreg/" in mistake.hint) == full
    for result in judgement.results:
        assert bool(result.hint) == (short and result.verdict != PASS)
        assert ("softreg/" in result.hint) == (full and result.verdict != PASS)


COSTS = {
    # what is wrong, and all checks that it may cost points
    "fragile": ([("z.max(axis=1, keepdims=True)", "z.max()")], {"overflow"}),
    "one more axis": (
        [
            ("P.sum(axis=0) / n", "P.sum(axis=0, keepdims=True) / n"),
            ("b -= learning_rate * grad_b", "b = b - learning_rate * grad_b[0]"),
        ],
        {"shapes"},
    ),
    "in place": ([("    z = z - z.max(", "    z -= z.max(")], {"inputs"}),
    "labels": ([("argmax", "argmin")], {"labels"}),
    "penalised bias": (
        [("P.sum(axis=0) / n", "P.sum(axis=0) / n + l2 * b")],
        {"penalty", "bias-gradient", "agreement", "finite-differences"},
    ),
    "penalty": ([("l2 / 2 *", "l2 *"), ("+ l2 * W", "+ 2 * l2 * W")], {"penalty", "agreement", "training"}),
    "reduction": (
        [("y].mean()", "y].sum()"), ("P / n", "P"), ("P.sum(axis=0) / n", "P.sum(axis=0)")],
        {
            "reduction",
            "agreement",
            "bias-gradient",
            "overflow",
            "integers",
            "training",
            "shift-invariance",
            "finite-differences",
        },
    ),
    "batches": ([("order = rng.permutation(len(X))", "order = np.arange(len(X))")], {"batches"}),
}


@pytest.mark.parametrize("what", COSTS)
def test_a_fault_costs_the_points_of_its_own_checks_and_no_others(what):
    changes, costs = COSTS[what]
    judgement = graded(altered(PLAIN_SOURCE, *changes), PLAIN)
    lost = {check for check, share in shares(judgement).items() if share < 1}
    assert lost
    assert lost <= costs


def test_a_right_but_fragile_softmax_earns_a_part_of_the_points_for_overflow():
    fragile = shares(graded(altered(PLAIN_SOURCE, ("z.max(axis=1, keepdims=True)", "z.max()")), PLAIN))["overflow"]
    naive = shares(graded(altered(PLAIN_SOURCE, ("z.max(axis=1, keepdims=True)", "0")), PLAIN))["overflow"]
    assert 0 <= naive < fragile < 1


def test_finite_differences_of_the_students_own_loss_forgive_a_gradient_of_a_wrong_loss():
    consistent = [("y].mean()", "y].sum()"), ("P / n", "P"), ("P.sum(axis=0) / n", "P.sum(axis=0)")]
    assert shares(graded(altered(PLAIN_SOURCE, *consistent), PLAIN))["finite-differences"] == 1
    assert shares(graded(altered(PLAIN_SOURCE, *consistent[1:]), PLAIN))["finite-differences"] < 1


def test_the_table_of_finite_differences_shows_both_sides_of_a_few_entries():
    source = altered(PLAIN_SOURCE, ("return X.T @ P / n + l2 * W", "return -X.T @ P / n + l2 * W"))
    (result,) = [result for result in graded(source, PLAIN).results if result.check == "finite-differences"]
    heading, *lines = result.table
    assert heading == ("entry", "your gradient", "differences of your loss", "error")
    assert [line[0][0] for line in lines] == ["W"] * 4 + ["b"] * 2
    for name, analytic, numeric, _ in lines:
        assert (abs(float(analytic) - float(numeric)) < 1e-5) == (name[0] == "b")


def test_training_earns_more_the_nearer_it_comes():
    earned = [
        shares(graded(altered(PLAIN_SOURCE, ("range(epochs)", f"range({epochs})")), PLAIN))["training"]
        for epochs in (0, 2, 10, 300)
    ]
    assert earned == sorted(earned)
    assert earned[0] == 0
    assert earned[-1] == 1
    assert 0 < earned[1] < 1


def test_two_mistakes_in_different_functions_are_both_named():
    source = altered(
        PLAIN_SOURCE,
        ("y].mean()", "y].sum()"),
        ("(X @ W + b).argmax(axis=1)", "(X @ W + b).argmax(axis=1) + 1"),
        ("    return cross_entropy(X @ W + b, y)", "    return cross_entropy(X @ W + b, y) / len(y)"),
    )
    assert sorted(named(graded(source, PLAIN))) == ["labels from 1", "sum for mean"]


PAIRS = [
    (
        "cs231n",
        [
            ("np.mean(log_sum", "np.sum(log_sum"),
            ("probs[np.arange(num_train), y] -= 1", "probs[np.arange(num_train), y] -= 1\n    probs = -probs"),
            (" / num_train + 2", " + 2"),
        ],
        {"sum for mean", "the sign"},
    ),
    (
        "plain",
        [("P / n + l2 * W", "P"), ("P.sum(axis=0) / n", "P.sum(axis=0)")],
        {"gradient not divided by n", "penalty forgotten"},
    ),
    (
        "plain",
        [("z.max(axis=1, keepdims=True)", "0"), ("y].mean()", "y].sum()")],
        {"no maximum subtracted", "sum for mean"},
    ),
    (
        "d2l",
        [("np.log(y_hat[range(len(y_hat)), y])", "np.log2(y_hat[range(len(y_hat)), y - 1])")],
        {"log2", "labels from 1"},
    ),
    (
        "plain",
        [("l2 / 2 * (W ** 2).sum()", "l2 * ((W ** 2).sum() + (b ** 2).sum())")],
        {"l2 without its factor", "a penalised bias"},
    ),
]


@pytest.mark.parametrize(("homework", "changes", "mistakes"), PAIRS)
def test_two_mistakes_in_one_function_are_both_named(homework, changes, mistakes):
    judgement = graded(altered(SOURCES[homework], *changes), SPECS[homework])
    assert set(named(judgement)) == mistakes
    assert judgement.doubts == ()


def test_a_wrong_way_that_nobody_knows_is_unexplained():
    judgement = graded(altered(PLAIN_SOURCE, ("return e / e.sum", "return 0.9 * e / e.sum")), PLAIN)
    assert judgement.mistakes == ()
    assert "unexplained: proba of softmax" in judgement.doubts


def test_what_cannot_be_told_apart_is_not_named():
    """At equal logits alone, a mean over n K, and a sum over rows that were counted wrong, are numbers like others."""
    only = {check: 0 for check in CHECKS if check != "overflow"}
    source = altered(PLAIN_SOURCE, ("z.max(axis=1, keepdims=True)", "0"))
    judgement = graded(source, replace(PLAIN, points=only))
    assert all("not told apart" in doubt for doubt in judgement.doubts)


def test_arithmetic_that_python_refuses_counts_as_what_numpy_would_have_answered():
    source = altered(
        PLAIN_SOURCE,
        (
            "    e = np.exp(z - z.max(axis=1, keepdims=True))\n",
            "    import math\n    e = np.array([[math.exp(v) for v in row] for row in z])\n",
        ),
    )
    assert named(graded(source, PLAIN)) == ["no maximum subtracted"]


@pytest.mark.parametrize(
    "mistake",
    [
        ("P[np.arange(n), y] -= 1", "P = np.eye(len(b))[y] - P", "the sign"),
        ("    P[np.arange(n), y] -= 1\n", "", "one-hot labels not subtracted"),
    ],
)
def test_a_training_without_a_gradient_of_its_own_is_explained_by_its_steps(mistake):
    old, new, name = mistake
    spec = replace(PLAIN, functions=tuple(each for each in PLAIN.functions if each.role in {"softmax", "train"}))
    judgement = graded(altered(PLAIN_SOURCE, (old, new)), spec)
    assert judgement.likely == name


def test_the_table_of_a_bias_inside_names_entries_of_the_last_row():
    (result,) = [
        each for each in graded(SOURCES["cs231n"], SPECS["cs231n"]).results if each.check == "finite-differences"
    ]
    assert [line[0][0] for line in result.table[1:]] == ["W"] * 6


def test_a_mean_where_a_sum_is_asked_for_is_named_as_that():
    judgement = graded(PLAIN_SOURCE, replace(PLAIN, reduction="sum"))
    assert judgement.likely == "mean for sum"


def test_rows_shuffled_in_place_without_their_labels_are_two_mistakes():
    source = altered(
        PLAIN_SOURCE,
        ("    order = rng.permutation(len(X))\n", "    rng.shuffle(X)\n"),
        ("        rows = order[start:start + batch_size]\n", "        rows = slice(start, start + batch_size)\n"),
    )
    assert sorted(named(graded(source, PLAIN))) == ["X shuffled without y", "input changed in place"]


@pytest.mark.parametrize("role", [function.role for function in PLAIN.functions])
def test_a_homework_of_one_function_asks_for_nothing_else(role):
    spec = replace(PLAIN, functions=(PLAIN.function(role),))
    judgement = graded(PLAIN_SOURCE, spec)
    assert {call.role for call in calls(spec)} == {role}
    assert judgement.score == judgement.of > 0
    assert judgement.likely == ""


def without(spec, word):
    functions = (replace(each, takes=tuple(w for w in each.takes if w != word)) for each in spec.functions)
    return replace(spec, functions=tuple(functions))


def test_functions_may_take_no_penalty():
    source = PLAIN_SOURCE.replace(", l2", "").replace(" + l2 / 2 * (W ** 2).sum()", "").replace(" + l2 * W", "")
    judgement = graded(source, without(PLAIN, "l2"))
    assert (judgement.score, judgement.likely) == (judgement.of, "")


def test_batches_without_a_generator_need_not_be_shuffled():
    source = altered(
        PLAIN_SOURCE, ("batch_size, rng)", "batch_size)"), ("rng.permutation(len(X))", "np.arange(len(X))")
    )
    judgement = graded(source, without(PLAIN, "rng"))
    assert (judgement.score, judgement.likely) == (judgement.of, "")

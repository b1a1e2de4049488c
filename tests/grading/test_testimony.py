"""Whatever a process says becomes values of known kinds, or is refused; it raises nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from softreg.grading.inside.asking import ask
from softreg.grading.isolation.ended import EndedError
from softreg.grading.isolation.testimony import ERRORS, as_loaded, as_said

FILES, WANTED = ("hw1.py", "b.py"), ("softmax", "predict")
TEXTS = st.lists(st.sampled_from([*FILES, *WANTED, "", "x" * 1000, "\ud800"]), max_size=4)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
OF_CALL = ("error", "told", "changed", "warned", "held", "imported")
OF_LOADING = ("files", "found", "no_function", "code", "several", "wrong", "raised", "imports", "held", "imported")
RIGHT = {
    "error": st.sampled_from(ERRORS),
    "told": st.text(),
    "changed": st.lists(st.integers(-1, 3), max_size=3),
    "no_function": st.dictionaries(st.sampled_from([*WANTED, "other"]), st.text()),
    "code": st.booleans(),
    "files": st.lists(st.sampled_from(FILES)),
    "found": st.lists(st.sampled_from(WANTED)),
}


@st.composite
def headers(draw, keys: tuple[str, ...]) -> dict[str, Any]:
    """Headers of which most words are right, so that the others are looked at."""
    made = {key: draw(RIGHT.get(key, TEXTS)) for key in keys}
    for key in draw(st.lists(st.sampled_from(keys), max_size=2)):
        made[key] = draw(ANYTHING)
    for key in draw(st.lists(st.sampled_from(keys), max_size=1)):
        del made[key]
    return made


def are_texts(values: object) -> bool:
    return isinstance(values, tuple) and all(isinstance(value, str) and len(value) <= 400 for value in values)


@given(headers(OF_CALL), st.integers(0, 3))
def test_of_a_call_places_texts_and_known_words_are_taken_and_nothing_else(header: dict[str, Any], n: int) -> None:
    try:
        said = as_said(header, n)
    except EndedError as error:
        assert error.kind == "lost"
        return
    assert said.error in ERRORS
    assert are_texts((said.told,))
    assert all(type(place) is int and 0 <= place < n for place in said.changed)
    assert are_texts(said.warned)
    assert are_texts(said.held)
    assert are_texts(said.imported)


@given(headers(OF_LOADING))
def test_of_loading_known_files_and_functions_are_taken_and_nothing_else(header: dict[str, Any]) -> None:
    try:
        loaded = as_loaded(header, FILES, WANTED)
    except EndedError as error:
        assert error.kind == "lost"
        return
    assert set(loaded.files) <= set(FILES)
    assert set(loaded.found) <= set(WANTED)
    assert set(loaded.no_function) <= set(WANTED)
    assert are_texts(tuple(loaded.no_function.values()))
    assert isinstance(loaded.code, bool)
    for key in ("several", "wrong", "raised", "imports", "held", "imported"):
        assert are_texts(getattr(loaded, key))


@given(headers(OF_CALL))
def test_right_words_are_never_refused(header: dict[str, Any]) -> None:
    right = {"changed": [0, 2], "warned": ["overflow"], "held": [], "imported": ["scipy"]}
    said = as_said(header | right | {"error": "raised", "told": "ValueError"}, 3)

    assert (said.error, said.told, said.changed) == ("raised", "ValueError", (0, 2))
    assert (said.warned, said.held, said.imported) == (("overflow",), (), ("scipy",))


def test_what_the_asking_says_is_understood() -> None:
    for function in (lambda X: X, lambda X: 1 / 0, lambda X: X.sort()):
        said, _ = ask(function, [np.array([2.0, 1.0])], ("X",), ())
        assert as_said(said | {"held": [], "imported": []}, 1).error in ERRORS

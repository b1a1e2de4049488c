"""Class labels: their order, their codes, and what is no class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.data.labels import alike_note, as_text, classes_of, encode, refuse_quantity
from softreg.errors import DataError


@settings(deadline=None)
@given(st.lists(st.integers(-999, 999), min_size=2, max_size=30, unique=True))
def test_labels_that_are_numbers_are_sorted_as_numbers(numbers):
    classes = classes_of(np.array([str(number) for number in numbers]))
    assert [int(label) for label in classes] == sorted(numbers)


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=2, unique=True))
def test_labels_with_a_word_are_sorted_as_text(texts):
    texts = [f"w{text}" for text in texts]
    assert list(classes_of(np.array(texts))) == sorted(texts)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["1", "01", "2", "1e0", "10"]), min_size=5, max_size=40))
def test_codes_point_back_to_the_labels(labels):
    array = np.array([*labels, "1", "2"])
    classes = classes_of(array)
    codes = encode(array, classes)
    assert codes.dtype == np.int64
    assert [classes[code] for code in codes] == array.tolist()


def test_equal_numbers_stay_distinct_classes_in_the_order_of_their_text():
    assert classes_of(np.array(["2", "1", "01", "1.0"])) == ("01", "1", "1.0", "2")


@pytest.mark.parametrize("odd", ["nan", "inf", "1_0", "-", "", "0x1", "x"])
def test_what_is_no_finite_number_makes_all_text(odd):
    classes = classes_of(np.array(["10", "9", odd]))
    assert list(classes) == (sorted(["10", "9", odd]) if odd else ["9", "10"])


def test_an_unknown_label_is_minus_one():
    assert encode(np.array(["a", "?", "b"]), ("a", "b")).tolist() == [0, -1, 1]


@pytest.mark.parametrize("labels", [["a", "a"], ["a", ""], ["", ""]])
def test_one_class_only_is_refused(labels):
    with pytest.raises(DataError):
        classes_of(np.array(labels))


def test_numbers_become_the_text_that_a_person_would_write():
    assert as_text(np.array([3.0, -1.0, 0.1, np.nan])).tolist() == ["3", "-1", "0.1", ""]
    assert as_text(np.array([True, False])).tolist() == ["True", "False"]
    assert as_text(np.array([b"a", b"b"])).tolist() == ["a", "b"]
    assert as_text(np.array(["x", None], dtype=object)).tolist() == ["x", ""]
    assert as_text(np.array([7, 255], dtype=np.uint8)).tolist() == ["7", "255"]
    assert as_text(np.array([0.1], dtype=np.float32)).tolist() != [""]


@pytest.mark.parametrize(
    ("labels", "refused"),
    [
        ([str(k / 10) for k in range(15)] * 2, False),
        ([str(k / 10) for k in range(30)] * 20, True),
        ([str(k) for k in range(100)], False),
        ([str(k) for k in range(101)], True),
        ([str(k) for k in range(101)] * 20, False),
        ([f"id{k}" for k in range(500)], False),
    ],
)
def test_a_quantity_is_told_from_classes(labels, refused):
    if not refused:
        refuse_quantity(np.array(labels), "y")
        return
    with pytest.raises(DataError, match="quantity"):
        refuse_quantity(np.array(labels), "y")


@pytest.mark.parametrize(
    ("classes", "named"),
    [
        (("cat", "dog"), []),
        (("Cat", "cat", "dog"), [("Cat", "cat")]),
        (("cat", "cat ", " cat"), [("cat", "cat ", " cat")]),
        (("New  York", "new york"), [("New  York", "new york")]),
        (("Stra\u00dfe", "STRASSE", "No", "no"), [("Stra\u00dfe", "STRASSE"), ("No", "no")]),
        (("1", "01", "1.0"), []),
    ],
)
def test_classes_that_differ_only_in_case_or_spaces_are_named_together(classes, named):
    notes = alike_note(classes)
    assert len(notes) == len(named)
    for note, group in zip(notes, named, strict=True):
        assert all(f'"{name}"' in note for name in group)
        assert note.count('"') == 2 * len(group)

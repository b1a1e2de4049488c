"""Class labels: their order, their codes, and what is no class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.data.labels import alike_note, as_text, classes_of, encode, refuse_long, refuse_quantity, text_array
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
    codes = encode(np.array(["a", "?", "b"]), ("a", "b"))
    assert codes.tolist() == [0, -1, 1]
    assert codes.dtype == np.int64


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        (["a", "a"], 'Every label is "a": there is one class only.'),
        (["01", ""], 'Every label is "01": there is one class only.'),
        (["", ""], "No row has a label."),
        ([], "No row has a label."),
    ],
)
def test_one_class_only_is_refused(labels, what):
    with pytest.raises(DataError) as caught:
        classes_of(np.array(labels, dtype=np.str_))
    assert caught.value.what == what
    assert caught.value.advice == "Softmax regression needs rows of at least two classes."


def test_two_classes_are_enough():
    assert classes_of(np.array(["b", "", "a"])) == ("a", "b")


def test_numbers_become_the_text_that_a_person_would_write():
    assert as_text(np.array([3.0, -1.0, 0.1, np.nan])).tolist() == ["3", "-1", "0.1", ""]
    assert as_text(np.array([True, False])).tolist() == ["True", "False"]
    assert as_text(np.array([b"a", b"b"])).tolist() == ["a", "b"]
    assert as_text(np.array(["x", None], dtype=object)).tolist() == ["x", ""]
    assert as_text(np.array([7, 255], dtype=np.uint8)).tolist() == ["7", "255"]
    assert as_text(np.array([0.1], dtype=np.float32)).tolist() == [repr(float(np.float32(0.1)))]
    assert as_text(np.array([2.0, None, 0.5, float("nan"), 7, b"\xe4b"], dtype=object)).tolist() == [
        *["2", "", "0.5", "", "7", "\ufffdb"]
    ]
    assert as_text(np.array([3, 1, 3, 2])).tolist() == ["3", "1", "3", "2"]
    for values in (np.array([1.5]), np.array([True]), np.array(["x"], dtype=object), np.array([], dtype=object)):
        assert as_text(values).dtype.kind == "U"


def whole(distinct, rows):
    return [str(row % distinct) for row in range(rows)]


def halves(distinct, rows):
    return [str(row % distinct + 0.5) for row in range(rows)]


@pytest.mark.parametrize(
    ("labels", "distinct"),
    [
        (halves(20, 600), None),
        (halves(21, 600), 21),
        ([*whole(20, 600), "0.5"], 21),
        ([*whole(20, 600), "x", "0.5"], None),
        (whole(100, 100), None),
        (whole(101, 101), 101),
        (whole(101, 1009), 101),
        (whole(101, 1010), None),
        ([*whole(101, 1008), ""], 101),
        ([*whole(101, 1009), ""], None),  # a row without a label is a row
        ([*whole(100, 1009), ""], None),
        (["inf", *whole(101, 101)], None),
        ([f"id{k}" for k in range(500)], None),
    ],
)
def test_a_quantity_is_told_from_classes(labels, distinct):
    if distinct is None:
        refuse_quantity(np.array(labels), "y")
        return
    with pytest.raises(DataError) as caught:
        refuse_quantity(np.array(labels), "the y")
    assert caught.value.what == (
        f'"the y" holds {distinct} different numbers in {len(labels)} rows: it looks like a quantity, '
        "and softreg classifies."
    )
    assert caught.value.advice == "Name another column with --target, or cut the quantity into classes first."


@pytest.mark.parametrize(
    ("longest", "count", "refused"),
    [
        (1000, 10**9, False),
        (1001, 2**28 // 4004, False),
        (1001, 2**28 // 4004 + 1, True),
        (2**20, 64, False),  # 4 bytes a letter: 256 MiB
        (2**20, 65, True),
        (2**26, 1, False),
        (2**26 + 1, 1, True),
        (0, 10**9, False),
    ],
)
def test_texts_may_be_long_while_they_are_few(longest, count, refused):
    if not refused:
        refuse_long(longest, count, "who")
        return
    with pytest.raises(DataError) as caught:
        refuse_long(longest, count, "who")
    assert caught.value.what == (
        f'Column "who" has a value of {longest} letters: it names neither a class nor anything else.'
    )
    assert caught.value.advice == "Shorten or mend it, or name another column."


def test_an_array_of_texts_has_the_room_of_the_longest_and_is_refused_where_that_is_too_much():
    array = text_array(["a", "", "long one"], "who")
    assert array.tolist() == ["a", "", "long one"]
    assert array.dtype == np.dtype("U8")
    assert text_array([], "who").dtype.kind == "U"
    many = ["a"] * (2**28 // 400_000) + ["y" * 100_000]
    with pytest.raises(DataError, match='Column "who" has a value of 100000 letters'):
        text_array(many, "who")


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


def test_a_note_on_classes_that_are_alike_counts_them():
    assert alike_note(["cat", "dog", "Cat "]) == (
        'The classes "cat" and "Cat " differ only in case or spaces, and count as two.',
    )
    assert alike_note(["No", "cat", "no", " cat", "Cat"]) == (
        'The classes "No" and "no" differ only in case or spaces, and count as two.',
        'The classes "cat" and " cat" and "Cat" differ only in case or spaces, and count as 3.',
    )

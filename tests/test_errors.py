"""Errors say what was wrong, what was given and what to type next; their exit codes are part of the interface."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softreg import errors
from softreg.errors import DataError, SoftregError, UsageError, did_you_mean, listed

KINDS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SoftregError)]


def test_exit_codes_are_those_of_the_table() -> None:
    codes = {kind.__name__: kind.exit_code for kind in KINDS}

    assert codes == {
        "SoftregError": 1,
        "UsageError": 2,
        "DataError": 3,
        "DivergedError": 4,
        "NotConvergedError": 5,
        "ModelFileError": 6,
        "CheckFailedError": 7,
        "StoppedError": 130,
    }
    table = {int(code) for code in re.findall(r"^(\d+)  ", errors.__doc__ or "", flags=re.MULTILINE)}
    assert set(codes.values()) <= table


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_reads_as_what_was_wrong_then_what_to_do(kind: type[SoftregError]) -> None:
    error = kind("It broke.", "Mend it.")

    assert str(error) == "It broke. Mend it."
    assert (error.what, error.advice) == ("It broke.", "Mend it.")
    assert str(kind("It broke.")) == "It broke."


def test_errors_of_input_are_value_errors_for_scikit_learn() -> None:
    assert issubclass(DataError, ValueError)
    assert issubclass(UsageError, ValueError)


@given(st.lists(st.sampled_from("abcdefgh_"), min_size=4, unique=True).map("".join), st.integers(0, 3))
def test_a_word_with_one_letter_gone_is_found_again(word: str, gone: int) -> None:
    typed = word[:gone] + word[gone + 1 :]

    assert did_you_mean(typed, [word, "zzzzzzzz", "qqqq"]) == f'Did you mean "{word}"?'


def test_case_does_not_hide_a_name_and_nothing_is_guessed_at_random() -> None:
    assert did_you_mean("SPECIES", ["Species", "x"]) == 'Did you mean "Species"?'
    assert did_you_mean("income", ["x", "y"]) == ""
    assert did_you_mean("income", []) == ""


def test_long_lists_are_cut_and_counted() -> None:
    names = [f"c{i}" for i in range(12)]

    assert listed(names) == ", ".join(names[:8]) + " and 4 more"
    assert listed(names[:8]) == ", ".join(names[:8])
    assert listed([]) == ""
    assert listed(iter(names), most=1) == "c0 and 11 more"

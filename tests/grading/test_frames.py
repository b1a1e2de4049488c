"""What goes through the pipe comes out the same, and what is no frame is refused."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from softreg.grading.inside.frames import KEY, LARGEST, FrameError, packed, taken

OWN = b"softly12"
DTYPES = st.sampled_from(["?", "u1", "<i4", ">i8", "<f4", "<f8", ">f8", "f2"])


@given(st.lists(DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0)))))
def test_arrays_come_out_as_they_went_in_and_are_ones_own(sent: list[np.ndarray]) -> None:
    frame = packed(OWN, {"told": "ä\ud800"}, sent)
    whole = taken(frame + b"more", OWN)

    assert whole is not None
    (header, received), length = whole
    assert length == len(frame)
    assert header == {"told": "ä\ud800"}
    for before, after in zip(sent, received, strict=True):
        assert (before.dtype, before.shape) == (after.dtype, after.shape)
        assert before.tobytes() == after.tobytes()
        assert after.flags.writeable


@given(st.integers(0, 200))
def test_a_frame_that_is_not_whole_is_waited_for(length: int) -> None:
    frame = packed(OWN, {"a": 1}, [np.arange(3.0)])

    assert (taken(frame[:length], OWN) is None) == (length < len(frame))


@given(st.binary(max_size=200))
def test_what_does_not_begin_with_the_key_is_refused(content: bytes) -> None:
    if content[:KEY] != OWN[: len(content)]:
        with pytest.raises(FrameError):
            taken(content, OWN)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ({"arrays": [["|O", [1]]]}, bytes(8)),
        ({"arrays": [["<U4", [1]]]}, bytes(16)),
        ({"arrays": [["V8", [1]]]}, bytes(8)),
        ({"arrays": [["<f8", [2]]]}, bytes(8)),
        ({"arrays": [["<f8", [1]]]}, bytes(16)),
        ({"arrays": [["<f8", [-1]]]}, bytes(8)),
        ({"arrays": [["<f8", [1.0]]]}, bytes(8)),
        ({"arrays": [["<f8", [10**30]]]}, bytes(8)),
        ({"arrays": [["<f8", 3]]}, bytes(24)),
        ({"arrays": [["<f8"]]}, b""),
        ({"arrays": 3}, b""),
        ({}, b""),
        ([], b""),
        ("text", b""),
    ],
)
def test_a_frame_whose_arrays_are_not_what_it_says_is_refused(header: object, body: bytes) -> None:
    text = json.dumps(header).encode()

    with pytest.raises(FrameError):
        taken(OWN + struct.pack(">IQ", len(text), len(body)) + text + body, OWN)


def test_a_frame_that_would_fill_the_memory_is_refused_before_it_comes() -> None:
    for lengths in ((10, LARGEST + 1), (2**32 - 1, 0)):
        with pytest.raises(FrameError, match="too large"):
            taken(OWN + struct.pack(">IQ", *lengths), OWN)


def test_a_header_that_is_nested_too_deep_is_refused() -> None:
    text = b"[" * 100_000

    with pytest.raises(FrameError):
        taken(OWN + struct.pack(">IQ", len(text), 0) + text, OWN)

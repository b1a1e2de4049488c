"""Frames: what goes through the pipes between grader and submission. JSON and plain numbers, never a pickle.

A frame is ``key (8 bytes), length of the header (4), length of the body (8), header, body``. The header is JSON and
lists in ``arrays`` the dtype and the shape of each array; the body is their bytes in C order, one after the other. The
key is drawn for each process: what a submission writes into the pipe by itself does not begin with it.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["KEY", "LARGEST", "NO_MEMORY", "Frame", "FrameError", "packed", "taken"]

KEY = 8
LARGEST = 64 << 20
"""Bytes of a body, at most."""

NO_MEMORY = 77
"""The code with which the child ends when there is no memory to answer in."""

Frame = tuple[dict[str, Any], tuple[np.ndarray, ...]]

# subtle: taken now, for a submission may write np.frombuffer = ... by accident
_frombuffer, _dtype = np.frombuffer, np.dtype
_LENGTHS = struct.Struct(">IQ")
_LONGEST_HEADER = 4 << 20
_KINDS = re.compile(r"[<>|=]?[biuf][1248]")


class FrameError(ValueError):
    """What came through the pipe is no frame."""


def packed(key: bytes, header: dict[str, Any], arrays: Sequence[np.ndarray] = ()) -> bytes:
    """Return a frame's bytes.

    >>> frame = packed(bytes(8), {"call": 1}, [np.array([1.5, 2.5])])
    >>> taken(frame, bytes(8))[0]
    ({'call': 1}, (array([1.5, 2.5]),))
    """
    told = header | {"arrays": [[array.dtype.str, list(array.shape)] for array in arrays]}
    text = json.dumps(told).encode()
    body = b"".join(array.tobytes() for array in arrays)
    return key + _LENGTHS.pack(len(text), len(body)) + text + body


def taken(received: bytes | bytearray, key: bytes) -> tuple[Frame, int] | None:
    """Return the first frame of what was received and the number of its bytes; None where it is not whole yet.

    Raises :class:`FrameError` where no frame begins, or one that is too large, or whose arrays are not what it says.
    """
    start = KEY + _LENGTHS.size
    if received[:KEY] != key[: len(received)]:
        raise FrameError("it does not begin like a frame")
    if len(received) < start:
        return None
    header_length, body_length = _LENGTHS.unpack_from(received, KEY)
    if header_length > _LONGEST_HEADER or body_length > LARGEST:
        raise FrameError("it is too large")
    end = start + header_length + body_length
    if len(received) < end:
        return None
    try:
        header = json.loads(bytes(received[start : start + header_length]))
        arrays = _arrays(header.pop("arrays"), bytes(received[start + header_length : end]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FrameError(f"{type(error).__name__}: {error}") from None
    return (header, arrays), end


def _arrays(told: list[Any], body: bytes) -> tuple[np.ndarray, ...]:
    """The arrays of a body, writable and of their own; of numbers and truth values only."""
    arrays, place = [], 0
    for dtype, shape in told:
        if not _KINDS.fullmatch(dtype) or not all(isinstance(size, int) and size >= 0 for size in shape):
            raise FrameError(f"an array of {dtype!r:.40} and shape {shape!r:.40}")
        size = _dtype(dtype).itemsize * math.prod(shape)
        arrays.append(_frombuffer(body[place : place + size], dtype=dtype).reshape(shape).copy())
        place += size
    if place != len(body):
        raise FrameError("bytes are left over")
    return tuple(arrays)

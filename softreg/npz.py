"""The inside of an ``.npz``, a zip of ``.npy`` arrays: read by the sizes that are there, not by those that are claimed.

What a file unfolds to is bounded by its own size (:func:`softreg.files.most_unfolded`), and an array is a view of bytes
that have been read. Nothing is unpickled, and nothing is written, whatever members are called. NumPy only.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Container
from typing import IO, cast

import numpy as np

from softreg.files import most_unfolded

__all__ = ["PickledError", "arrays_in"]


class PickledError(ValueError):
    """An array holds Python objects, which only a pickle could bring back."""


def arrays_in(
    file: IO[bytes], wanted: Container[str] | None = None, *, stored: bool = False
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return the ``wanted`` arrays of an open file (None: all), by name, and the names of all.

    ``stored``: a compressed member is refused. Raises :class:`PickledError` for Python objects, and errors of many
    kinds for what is no ``.npz``: a damaged file fails in more ways than zipfile and numpy promise.

    >>> buffer = io.BytesIO()
    >>> np.savez(buffer, X=np.eye(2), y=np.array(["a", "b"]))
    >>> arrays, names = arrays_in(buffer, {"y"})
    >>> arrays["y"].tolist(), names
    (['a', 'b'], ['X', 'y'])
    """
    n_bytes = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if stored and any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("a member is compressed")
        # one member may lie inside another
        if sum(member.file_size for member in members) > (n_bytes if stored else most_unfolded(n_bytes)):
            raise ValueError("the members claim to be larger than such a file can be")
        names = [member.filename.removesuffix(".npy") for member in members]
        if len(set(names)) < len(names):
            raise ValueError("two members have one name")
        pairs = zip(names, members, strict=True)
        return {
            name: _array(_read(archive, member)) for name, member in pairs if wanted is None or name in wanted
        }, names


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytearray:
    """The bytes of a member, as many as it claims, and no more; they may be written to, as arrays are."""
    content = bytearray(member.file_size)
    with cast("io.BufferedIOBase", archive.open(member)) as stream:
        at, view = 0, memoryview(content)
        while at < len(content) and (count := stream.readinto(view[at:])):
            at += count
        # subtle: the checksum is looked at where a stream comes to its end, which is found by reading on
        if at < len(content) or stream.read(1):
            raise ValueError("a member is not as large as it claims")
    return content


def _array(member: bytearray) -> np.ndarray:
    """The array of a whole ``.npy``, whose header must tell the size that is there."""
    stream = io.BytesIO(member[:_HEADER])
    version = np.lib.format.read_magic(stream)
    headers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in headers:
        raise ValueError("the array's header has an unknown version")
    shape, by_columns, dtype = headers[version](stream)
    if dtype.hasobject:
        raise PickledError("an array of Python objects")
    # a view of the bytes that are there, which refuses a shape of another size
    values = np.frombuffer(member, dtype, offset=stream.tell()).reshape(shape, order="F" if by_columns else "C")
    return values.astype(dtype.newbyteorder("="), copy=False)


_HEADER = 2**17
"""Bytes in which a header ends: NumPy reads none of more than 10000 letters."""

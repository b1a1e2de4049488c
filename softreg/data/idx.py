"""IDX, the format of MNIST: images and labels in four files, gzipped or not.

A file is two zero bytes, the type (8: unsigned byte), the number of dimensions, each dimension as a big-endian
32-bit integer, and then the values. Source: http://yann.lecun.com/exdb/mnist/.
"""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from softreg.data.dataset import Dataset
from softreg.data.dialect import unzipped
from softreg.errors import DataError, listed, plural, reason

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PARTS", "find_folder", "idx_folder", "images_dataset", "parse"]

PARTS = {"train": "train", "test": "t10k"}
"""What the files of each part begin with."""

_ADVICE = "Download or copy it again."


def find_folder(folders: Sequence[Path]) -> Path | None:
    """Return the first of the folders that holds all four files, or None."""
    kinds = ("images", "labels")
    for folder in folders:
        if all(_file(folder, part, kind) for part in PARTS for kind in kinds):
            return folder
    return None


def idx_folder(folder: Path, name: str, parts: Sequence[str], class_names: Sequence[str] | None = None) -> Dataset:
    """Read the ``parts`` ("train", "test") that a folder of IDX files holds; rows are counted from 1 in each part.

    Labels are the integers in the files, or ``class_names`` of them. X is (n_samples, height x width) in float32.

    Raises
    ------
    DataError
        A file is missing, truncated, or no IDX file of this kind.
    """
    digest = hashlib.sha256()
    images, labels = [], []
    for part in parts:
        images.append(_read(_needed(folder, part, "images"), 3, digest))
        labels.append(_read(_needed(folder, part, "labels"), 1, digest))
        if len(images[-1]) != len(labels[-1]):
            raise DataError(
                f"{folder}: {plural(len(images[-1]), f'{part} image')}, but {plural(len(labels[-1]), 'label')}.",
                _ADVICE,
            )
    if len({part_images.shape[1:] for part_images in images}) != 1:
        raise DataError(f"{folder}: the images of {' and '.join(parts)} differ in size.", _ADVICE)
    dataset = images_dataset(name, images, labels, parts, class_names)
    dataset.origin.update(data=name, sha256=digest.hexdigest(), replayable=True)
    return dataset


def images_dataset(
    name: str,
    images: Sequence[np.ndarray],
    labels: Sequence[np.ndarray],
    parts: Sequence[str],
    class_names: Sequence[str] | None = None,
) -> Dataset:
    """Join parts of images, each (n, height, width) uint8, and labels, each (n,), into one Dataset."""
    sizes = [len(part_images) for part_images in images]
    height, width = images[0].shape[1:]
    X = np.empty((sum(sizes), height * width), dtype=np.float32)
    np.concatenate([part_images.reshape(size, -1) for part_images, size in zip(images, sizes, strict=True)], out=X)
    return Dataset(
        name=name,
        X=X,
        labels=_named(np.concatenate(list(labels)), class_names, name),
        columns=tuple(f"pixel_{row}_{column}" for row in range(height) for column in range(width)),
        rows=np.concatenate([np.arange(1, size + 1) for size in sizes]),
        part=np.repeat(np.array(parts, dtype=np.str_), sizes),
        pixels=True,
        image_shape=(int(height), int(width)),
    )


def parse(content: bytes, name: str, dimensions: int) -> np.ndarray:
    """Return the array in the bytes of an IDX file; its size is checked against the header before it is made.

    >>> parse(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]), "two labels", 1).tolist()
    [7, 9]
    """
    start = 4 + 4 * dimensions
    if len(content) < start or content[:4] != bytes([0, 0, 8, dimensions]):
        raise DataError(f"{name} is not an IDX file of unsigned bytes in {plural(dimensions, 'dimension')}.", _ADVICE)
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    expected, found = int(np.prod(shape, dtype=object)), len(content) - start
    if expected != found:
        kind = "truncated" if found < expected else "damaged"
        raise DataError(f"{name} is {kind}: its header promises {expected} values, it holds {found}.", _ADVICE)
    if not expected:
        raise DataError(f"{name} holds no values.", _ADVICE)
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _named(codes: np.ndarray, class_names: Sequence[str] | None, name: str) -> np.ndarray:
    if class_names is None:
        return codes.astype(np.str_)
    if codes.max() >= len(class_names):
        raise DataError(f"{name}: a label is {codes.max()}, but there are {len(class_names)} classes, from 0.", _ADVICE)
    names = np.array(class_names, dtype=np.str_)
    return names[codes.astype(np.intp)]


def _file(folder: Path, part: str, kind: str) -> Path | None:
    """The file of this part, under any of the spellings in use."""
    rank = 3 if kind == "images" else 1
    stems = (f"{PARTS[part]}-{kind}{mark}idx{rank}-ubyte" for mark in "-.")
    names = (stem + suffix for stem in stems for suffix in ("", ".gz"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _needed(folder: Path, part: str, kind: str) -> Path:
    path = _file(folder, part, kind)
    if path is None:
        rank = 3 if kind == "images" else 1
        wanted = f"{PARTS[part]}-{kind}-idx{rank}-ubyte[.gz]"
        held = listed(sorted(entry.name for entry in folder.iterdir())) or "nothing"
        raise DataError(
            f"The folder {folder} has no {wanted}; it holds {held}.",
            "A folder is read as the four IDX files of MNIST: train- and t10k-, images and labels.",
        )
    return path


def _read(path: Path, dimensions: int, digest: hashlib._Hash) -> np.ndarray:
    try:
        content = path.read_bytes()
        digest.update(content)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {reason(error)}.", _ADVICE) from error
    return parse(unzipped(content, str(path)), str(path), dimensions)

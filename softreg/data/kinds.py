"""Kinds: what a word means that names data, a data set or a path, and which room reads it.

======================================  ======================================================
spec                                    read by
======================================  ======================================================
iris wine digits breast_cancer          ``bundled``
blobs moons circles                     ``synthetic``
covtype 20newsgroups openml:NAME[@V]    ``downloads``
fashion_mnist mnist                     ``downloads``: IDX files on this machine, else OpenML
.csv .tsv .parquet, - for stdin         ``tables`` and ``features``
.npz .svmlight .libsvm                  ``arrays``
a folder                                ``idx``: the four files of an MNIST
======================================  ======================================================

What ends in one of these suffixes, or contains a ``/``, is a path. Anything else is a name first, even if a file
of that name lies in the current folder (``./iris`` is the file), and a path only where no data set is called so.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from softreg.errors import DataError, did_you_mean, listed
from softreg.settings import BUNDLED, DOWNLOADED, IDX_NAMED, SYNTHETIC

__all__ = ["kind_of"]

_SUFFIXES = {
    ".csv": "table",
    ".tsv": "table",
    ".parquet": "table",
    ".npz": "npz",
    ".svmlight": "svmlight",
    ".libsvm": "svmlight",
}
_KINDS = {
    **dict.fromkeys(BUNDLED, "bundled"),
    **dict.fromkeys(SYNTHETIC, "synthetic"),
    **dict.fromkeys(DOWNLOADED, "download"),
    **dict.fromkeys(IDX_NAMED, "idx"),
}


def kind_of(spec: str) -> str:
    """Which kind of source a spec means; DataError where it means nothing."""
    if spec == "-":
        return "table"
    if spec.startswith("openml:"):
        return "download"
    path = Path(spec).expanduser()
    suffix = _suffix(path)
    if suffix not in _SUFFIXES and not any(mark in spec for mark in {"/", os.sep}) and spec in _KINDS:
        return _KINDS[spec]
    if path.is_dir():
        return "folder"
    if not path.exists():
        raise _not_found(spec, path)
    if suffix not in _SUFFIXES:
        raise DataError(f"softreg cannot read {spec}.", f"It reads {listed(_SUFFIXES)} and folders of IDX files.")
    return _SUFFIXES[suffix]


def _suffix(path: Path) -> str:
    """What a file's name ends in, in small letters, and before ``.gz``."""
    ending = path.suffix.lower()
    return path.with_suffix("").suffix.lower() if ending == ".gz" else ending


def _not_found(spec: str, path: Path) -> DataError:
    """The error for a path that is not there, with what may have been meant."""
    if _suffix(path) not in _SUFFIXES and path.parent == Path() and "/" not in spec:
        known = [*_KINDS, *(entry.name for entry in Path().iterdir() if _suffix(entry) in _SUFFIXES)]
        advice = did_you_mean(spec, known) or f"Names: {listed(_KINDS, most=20)}; softreg datasets lists them."
        return DataError(f'There is no data set and no file "{spec}".', advice)
    if not path.parent.is_dir():
        return DataError(f"There is no file {spec}: no folder {path.parent} either.", "Check the path.")
    if path.is_symlink():
        return DataError(f"There is no file {spec}: it is a link to {path.readlink()}.", "Check where it leads.")
    near = difflib.get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=1)
    advice = f"Did you mean {path.parent / near[0]}?" if near else "Check the path."
    return DataError(f"There is no file {spec}.", advice)

"""What a call leaves behind: the files of a folder, and whether they are sound."""

from __future__ import annotations

from pathlib import Path

from softreg.archive import unpacked
from softreg.model import SoftmaxModel

__all__ = ["TIMED", "contents", "sound", "timeless"]

TIMED = ("history.csv", "checkpoint.npz")
"""They tell of the clock."""


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a folder, and of those in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def timeless(run: Path) -> dict[str, bytes]:
    """The files of a run that are the same every time it is trained."""
    return {name: content for name, content in contents(run).items() if name not in TIMED}


def sound(folder: Path, *, killed: bool = False) -> None:
    """Every file is whole or absent, and no temporary one is left, unless somebody was killed."""
    for path in folder.rglob("*"):
        if path.name.endswith(".part"):
            assert killed, path
        elif path.suffix == ".npz":
            _, sealed = unpacked(path.read_bytes())
            assert sealed
            if path.name == "model.npz":
                SoftmaxModel.load(path)

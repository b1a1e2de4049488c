"""Fonts: matplotlib looks for them for seconds where it finds no list; a submission that draws is lent ours."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["lend_fonts"]

_DRAW = (b"matplotlib", b"pylab", b"seaborn", b"pandas")


def lend_fonts(content: Mapping[str, bytes], folder: Path) -> None:
    """Copy matplotlib's list of fonts into a folder, if one of a submission's files speaks of pictures."""
    if any(word in text for text in content.values() for word in _DRAW):
        folder.mkdir(exist_ok=True)
        for path in _lists():
            shutil.copyfile(path, folder / path.name)


@cache
def _lists() -> tuple[Path, ...]:
    import matplotlib as mpl
    import matplotlib.font_manager  # makes the list where there is none

    return tuple(Path(mpl.get_cachedir()).glob("fontlist-*.json"))

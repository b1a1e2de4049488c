"""Folders: what a submission left behind is removed, however deep, and whatever permissions it took away."""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
from pathlib import Path

__all__ = ["remove"]


def remove(top: Path) -> None:
    """Remove a folder with all that is in it, as far as it can be; never raises for what is in it.

    Folders below are moved up to the first level before they are emptied: no path grows longer than the system takes,
    and no call is nested in another, as ``shutil.rmtree`` does.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "a" / "b").mkdir(parents=True)
    >>> remove(folder)
    >>> folder.exists()
    False
    """
    word = secrets.token_hex(8)  # a name that is there already would be in the way
    fresh = (top / f"{word}-{number}" for number in itertools.count())
    waiting, seen = [top], []
    with contextlib.suppress(OSError):
        top.chmod(0o700)
    while waiting:
        folder = waiting.pop()
        seen.append(folder)
        for entry in _entries(folder):
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    Path(entry).chmod(0o700)  # a folder that may not be written in cannot be moved
                    waiting.append(Path(entry).rename(next(fresh)))
                else:
                    Path(entry).unlink()
    for folder in reversed(seen):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []

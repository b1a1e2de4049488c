"""Submissions: what was handed in, one for each file or folder, whatever is in it."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from softreg import terminal
from softreg.errors import DataError, reason
from softreg.grading.inside.reading import MOST_CODE

__all__ = ["ENDINGS", "HandedIn", "Submission", "UnreadableError", "alone", "found_in", "printable"]

ENDINGS = (".py", ".ipynb")
LARGEST = {".py": MOST_CODE, ".ipynb": 20 << 20}
"""Bytes of a file, at most: a notebook may hold pictures."""

TOGETHER = 40 << 20
"""Bytes of all files of a submission, at most."""

MOST_FILES = 200
LONGEST_NAME = 180
"""Bytes of a name: endings, a number and what a temporary file adds must fit into the 255 of a file system."""

_LEFT_OUT = {"__pycache__", "__MACOSX"}
_UNSAFE = re.compile(r'[\\/:*?"<>|%\s]')


class UnreadableError(Exception):
    """Nothing of a submission can be read; the text says why."""


@dataclass(frozen=True)
class HandedIn:
    """The bytes of a submission's files by their names, read once; ``unreadable`` says why there are none."""

    content: Mapping[str, bytes]
    unreadable: str = ""


@dataclass(frozen=True)
class Submission:
    """One student's files. ``id`` is for people, ``name`` fits as a file's name; files lie in ``folder``, by name.

    ``helpers`` are scripts that they may import, and which are not themselves graded; ``others`` is all that is there.
    """

    id: str
    name: str
    shown: str
    root: Path
    folder: Path
    files: tuple[str, ...]
    others: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()

    def read(self) -> HandedIn:
        """Return what was handed in, as it is now."""
        try:
            return HandedIn(self.content())
        except UnreadableError as error:
            return HandedIn({}, str(error))

    def content(self) -> dict[str, bytes]:
        """Return the bytes of each file by its name. Raises :class:`UnreadableError` if there is none to be read."""
        found: dict[str, bytes] = {}
        reasons, left = [], TOGETHER
        for name in self.files:
            try:
                found[name] = _content(self.folder / name, self.root, left)
                left -= len(found[name])
            except UnreadableError as error:
                reasons.append(f"{Path(name).name} {error}")
        if not found:
            raise UnreadableError(reasons[0] if reasons else _nothing(self.others))
        return found

    def beside(self) -> dict[str, bytes]:
        """Return the bytes of the helpers that can be read."""
        found = {}
        for name in self.helpers:
            with contextlib.suppress(UnreadableError):
                found[name] = _content(self.folder / name, self.root)
        return found


def alone(path: Path) -> Submission:
    """Return a single file as a submission, with the other scripts of its folder, which it may import."""
    if not path.is_file():
        raise DataError(f"There is no file {path}.", "Give the homework's own file, or a folder of submissions.")
    if path.suffix.lower() not in ENDINGS:
        raise DataError(f"The file {path} is neither .py nor .ipynb.", "Give the file that holds your functions.")
    path = path.resolve()
    helpers = tuple(sorted(each.name for each in path.parent.glob("*.py") if each.name != path.name))[:MOST_FILES]
    return Submission(path.stem, _safe(path.stem), path.name, path.parent, path.parent, (path.name,), helpers=helpers)


def found_in(folder: Path, leave_out: Iterable[Path] = ()) -> tuple[Submission, ...]:
    """Return a folder's submissions in the order of their ids: one for each file and each folder in it.

    Hidden files and those of ``leave_out`` are none. Files of the same stem are told apart by their ending.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise DataError(f"The folder of submissions {folder} {what}.", "Give a folder with a file or folder a student.")
    try:
        entries = sorted(entry for entry in folder.iterdir() if not _hidden(entry.name))
    except OSError as error:
        raise DataError(f"The folder {folder} cannot be read: {error.strerror}.") from None
    kept = {_place(path) for path in leave_out}
    entries = [entry for entry in entries if _place(entry) not in kept]
    if not entries:
        raise DataError(f"There is nothing in {folder}.", "It must hold a file (.py or .ipynb) or a folder a student.")
    stems = Counter(_stem(entry) for entry in entries)
    ids = [_stem(entry) if stems[_stem(entry)] == 1 or entry.is_dir() else entry.name for entry in entries]
    names = _different([_safe(each) for each in ids])
    made = [_submission(entry, each, name, folder) for entry, each, name in zip(entries, ids, names, strict=True)]
    return tuple(sorted(made, key=lambda each: (each.id, each.name)))


def _submission(entry: Path, identity: str, name: str, root: Path) -> Submission:
    shown = printable(identity)
    if not entry.is_dir():
        own = (entry.name,)
        read = own if entry.suffix.lower() in ENDINGS else ()
        return Submission(shown, name, printable(entry.name), root.resolve(), root, read, own)
    if not _place(entry).is_relative_to(_place(root)):
        return Submission(shown, name, printable(entry.name), root.resolve(), root, (entry.name,))
    files = _walked(entry)
    taken = tuple(each for each in files if each.lower().endswith(ENDINGS))[:MOST_FILES]
    return Submission(shown, name, f"{printable(entry.name)}/", root.resolve(), entry, taken, tuple(files))


def _walked(folder: Path) -> list[str]:
    """The files below a folder, by their names relative to it; links to folders are not followed."""
    found = []
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not _hidden(each))
        found += [str((Path(path) / each).relative_to(folder)) for each in sorted(names) if not _hidden(each)]
        if len(found) > 20 * MOST_FILES:
            break
    return found


def _content(path: Path, root: Path, left: int = TOGETHER) -> bytes:
    """The bytes of a file, if it is one, lies within ``root`` and is no larger than a file may be, and ``left``."""
    try:
        place = path.resolve(strict=True)
        if not place.is_relative_to(root):
            raise UnreadableError("is a link that leads out of the folder of submissions")
        if not place.is_file():  # subtle: to open a pipe would wait for ever
            raise UnreadableError("is no ordinary file")
        most = LARGEST.get(path.suffix.lower(), MOST_CODE)
        if place.stat().st_size > most:
            raise UnreadableError(f"is larger than {most >> 20} MiB")
        if place.stat().st_size > left:
            raise UnreadableError(f"is more than {TOGETHER >> 20} MiB with the files before it")
        return place.read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        raise UnreadableError(f"cannot be read: {reason(error)}") from None


def _place(path: Path) -> Path:
    """Where a path leads; Path.resolve raises where links go round in a circle."""
    return Path(os.path.realpath(path))


def _nothing(others: tuple[str, ...]) -> str:
    more = f" (there is {printable(others[0])})" if others else ""
    return f"there is no .py and no .ipynb{more}"


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in _LEFT_OUT


def _stem(entry: Path) -> str:
    return entry.name if entry.is_dir() else entry.stem


def printable(text: str) -> str:
    r"""Return a text of a student's as people can read it: in one line, without control characters and what is no text.

    >>> printable("a\x1b[31m\n")
    'a�[31m�'
    """
    return terminal.printable(text, kept="")


def _safe(text: str) -> str:
    """A name that any file system takes, and no shell or link misreads.

    >>> _safe("=Ann, Lee"), _safe("../x")
    ('=Ann,_Lee', '_.._x')
    """
    # a file system counts bytes: eighty letters may be 320
    plain = _UNSAFE.sub("_", printable(text)).encode()[:LONGEST_NAME].decode(errors="ignore")
    return f"_{plain}" if plain[:1] in {".", "-", ""} else plain


def _different(names: list[str], fold: Callable[[str], str] = str.casefold) -> list[str]:
    """Names with a number behind those that a file system without capitals would confuse."""
    seen: Counter[str] = Counter()
    made = []
    for name in names:
        seen[fold(name)] += 1
        made.append(name if seen[fold(name)] == 1 else f"{name}~{seen[fold(name)]}")
    return made

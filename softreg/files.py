"""Atomic writes: a file is there whole, or not at all.

The bytes go to a temporary file in the same folder, are flushed to the disk, and the file is renamed over its final
name; the folder's entry is synced too. A reader, or a crash at any moment, sees the old file or the new one.

What is temporary is locked while it is in use. A process that is killed leaves it behind, with a lock that nobody has:
whoever writes the same file next removes it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO

from softreg import locks
from softreg.errors import UsageError

__all__ = [
    "content",
    "leading_out",
    "most_unfolded",
    "refuse_stream",
    "scratch",
    "sha256",
    "sweep",
    "sync_folder",
    "write_bytes",
    "write_text",
    "writing",
]

_PART = re.compile(r"\.(.+)\.[a-z0-9_]{8}\.part")
_SMALL, _RATIO = 2**28, 200


def most_unfolded(n_bytes: int) -> int:
    """Return to how many bytes so many compressed ones may unfold: 256 MiB, or 200 times as many if that is more.

    Tables shrink 3 to 30 times, those of zeros mostly 100 times; deflate ends at 1032 times, where a file made to
    exhaust the memory would be.
    """
    return max(_SMALL, _RATIO * n_bytes)


@contextlib.contextmanager
def writing(path: Path, *, overwrite: bool = True) -> Iterator[IO[bytes]]:
    """Open a binary file that takes the place of ``path`` when the block ends without an error.

    Without ``overwrite`` that is a place where nothing is: ``UsageError`` for a file that is there, also for one that
    another process made in the meantime.

    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.txt"
    >>> with writing(target) as file:
    ...     _ = file.write(b"whole")
    >>> target.read_bytes()
    b'whole'
    """
    named, path = path, Path(os.path.realpath(path))  # a symbolic link stays, and its target is replaced
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(named))
    refuse_stream(path)
    with _temporary(path) as (descriptor, name):
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            name.chmod(_mode_of(path))
            if overwrite:
                name.replace(path)
            else:
                _put(name, path, named)
        except BaseException as error:
            with contextlib.suppress(OSError):
                name.unlink()
            if isinstance(error, OSError) and error.errno and not error.filename:
                raise OSError(error.errno, error.strerror, str(path)) from error
            raise
    sync_folder(path.parent)


def _put(name: Path, path: Path, named: Path) -> None:
    """Give a file the name ``path``, which no file has: a rename would replace one that appeared in the meantime.

    Where a file system has no second names, a moment is left in which it does.
    """
    try:
        path.hardlink_to(name)
    except OSError as error:
        # subtle: over a network the request may come twice, and its second answer be that the file exists, our own
        if path.exists() and not path.samefile(name):
            raise UsageError(f"The file {named} exists.", "Name another, or add --overwrite.") from error
        name.replace(path)
    with contextlib.suppress(OSError):  # what is left is removed by whoever writes the file next
        name.unlink()


def refuse_stream(path: Path) -> None:
    """Raise ``OSError`` for a pipe or a device, which might never come to an end: no file of a run is one."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "It is a pipe or a device, and no file", str(path))


def content(path: Path, most: int = 2**30) -> bytes:
    """Return the bytes of a file that is one (:func:`refuse_stream`); ``OSError`` for more than so many."""
    refuse_stream(path)
    if path.stat().st_size > most:
        raise OSError(errno.EFBIG, f"It has more than {most >> 20} MiB, which no such file has", str(path))
    return path.read_bytes()


@contextlib.contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """Make a folder for what goes into ``path``, beside it, and remove it when the block ends."""
    path = Path(path).resolve()
    sweep(path.parent, {path.name})
    with contextlib.ExitStack() as stack:
        while True:
            made = tempfile.TemporaryDirectory(".part", f".{path.name}.", path.parent, ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(made))
            try:
                stack.enter_context(locks.held(folder))
                break
            except (BlockingIOError, FileNotFoundError):
                continue  # before it was locked, another took it for one that was left behind
        yield folder


def sweep(folder: Path, names: Collection[str]) -> None:
    """Remove from a folder what killed processes left behind of writing files of these names."""
    with contextlib.suppress(OSError):
        for path in Path(folder).iterdir():
            match = _PART.fullmatch(path.name)
            if match and match[1] in names:
                with contextlib.suppress(OSError), locks.left_behind(path) as left:
                    if left:
                        shutil.rmtree(path) if path.is_dir() else path.unlink()


def leading_out(paths: Iterable[Path], folder: Path) -> Path | None:
    """Return the first of the paths that is a link, or lies below one, and leads out of the folder; None without one.

    Whoever writes into a folder that others may have made looks first: :func:`writing` goes where a link leads.
    """
    # Path.resolve raises where links go round in a circle
    within, places = os.path.realpath(folder), ((path, os.path.realpath(path)) for path in paths)
    return next((path for path, place in places if not Path(place).is_relative_to(within)), None)


def write_bytes(path: Path, content: bytes, *, overwrite: bool = True) -> None:
    """Write ``content`` to ``path``, whole or not at all, as :func:`writing` does."""
    with writing(path, overwrite=overwrite) as file:
        file.write(content)


def write_text(path: Path, content: str, *, overwrite: bool = True) -> None:
    """Write ``content`` to ``path`` as UTF-8 with the line ends it has, whole or not at all."""
    write_bytes(path, content.encode("utf-8"), overwrite=overwrite)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[tuple[int, Path]]:
    """A new file beside ``path``, open for writing, and locked while the block lasts, even if it is closed before."""
    sweep(path.parent, {path.name})
    with contextlib.ExitStack() as stack:
        while True:
            try:
                descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from error  # not the temporary name
            try:
                stack.enter_context(locks.in_use(descriptor))
            except OSError:  # no further file can be opened
                os.close(descriptor)
                Path(name).unlink()
                raise
            if os.fstat(descriptor).st_nlink:
                break
            os.close(descriptor)  # before it was locked, another took it for one that was left behind
        yield descriptor, Path(name)


def _mode_of(path: Path) -> int:
    """The mode that a plain ``open`` would have given: the old file's own, else 0666 less the umask."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def sync_folder(folder: Path) -> None:
    """Sync a folder's entries, where the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

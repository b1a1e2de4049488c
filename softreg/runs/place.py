"""Place: where a training may write; it is held as long as the training lasts, and nobody else writes there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from softreg import locks
from softreg.errors import UsageError
from softreg.runs.run import FILES, NEW, ROOT, Run
from softreg.runs.succession import begun, completed
from softreg.terminal import printable

__all__ = ["reserved", "writing_in"]


@contextlib.contextmanager
def reserved(out: Path | None, overwrite: bool) -> Iterator[Callable[[str], Run]]:
    """Hold the folder of a new run while the block lasts, and yield what makes the run in it, once there is something.

    The folder is ``out``, or ``runs/NAME-N`` with the name that is given then and the first number that is free. A run
    that is there stays until the new one is complete (:mod:`softreg.runs.succession`); a folder that was made for
    nothing is removed.

    Raises :class:`UsageError` where no run can be saved there, another training is at work there, or something would be
    lost that ``overwrite`` does not speak of: asked before training, not after.
    """
    if out is not None and out.name == NEW:
        raise UsageError(f"No run can be called {NEW}, as those are that are not complete yet.", "Name another folder.")
    _refuse_unwritable((ROOT if out is None else out).absolute())
    with contextlib.ExitStack() as stack:
        if out is not None:
            stack.enter_context(_folder(out))
            completed(Run(out))
            _refuse_loss(out, overwrite)
        called = False

        def create(name: str) -> Run:
            nonlocal called
            # subtle: Ctrl-C may have come in the midst of this, and what was reached is to be saved all the same
            again, called = called, True
            if out is not None:
                return _begun(Run(out), overwrite, again)
            run = _numbered(name)
            stack.enter_context(writing_in(run))
            return run

        yield create


@contextlib.contextmanager
def writing_in(run: Run, *, shared: bool = False) -> Iterator[None]:
    """Hold a run's folder while the block lasts.

    Raises :class:`UsageError` where a training is at work there, or, unless ``shared``, a picture is being drawn.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locks.held(run.home, shared=shared))
        except BlockingIOError:
            advice = "Wait for its end, or name another folder with --out." if not shared else "Name a file with -o."
            raise UsageError(f"Another softreg is at work in {run.home}.", advice) from None
        yield


@contextlib.contextmanager
def _folder(out: Path) -> Iterator[None]:
    """Make a folder, with those above it, and hold it; what is still empty in the end is removed."""
    made = [path for path in (out, *out.parents) if not path.exists()]
    out.mkdir(parents=True, exist_ok=True)
    with writing_in(Run(out)):
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                if not (out / "config.toml").stat().st_size:  # nothing was written but the claim
                    (out / "config.toml").unlink()
            for path in made:
                with contextlib.suppress(OSError):
                    path.rmdir()


def _refuse_unwritable(folder: Path) -> None:
    """Refuse a folder that cannot be made, or not be written to."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_file():
        raise UsageError(f"{there} is a file: no run can be saved there.", "Name another folder with --out.")
    if not os.access(there, os.W_OK):
        raise UsageError(f"The folder {there} cannot be written to.", "Name another folder with --out.")


def _refuse_loss(out: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is a run that may be overwritten."""
    names = {path.name for path in out.iterdir()} - {locks.LOCK}
    if names and not overwrite:
        raise UsageError(f"The folder {out} exists and is not empty.", "Name another, or add --overwrite.")
    if names and "config.toml" not in names:
        raise UsageError(f"The folder {out} holds {min(names)} and no run.", "Name another folder.")
    folders = [out / name for name in FILES if (out / name).is_dir() and not (out / name).is_symlink()]
    if folders:
        raise UsageError(f"{folders[0]} is a folder, where a run has a file.", "Name another folder, or move it away.")


def _begun(run: Run, overwrite: bool, again: bool) -> Run:
    """The run in its folder, or, where one is there that may be overwritten, what is to take its place."""
    if overwrite and any(os.path.lexists(run.path / name) for name in (*FILES, NEW)):
        return begun(run)
    run.path.mkdir(parents=True, exist_ok=True)  # it may have been removed while training went on
    try:
        (run.path / "config.toml").touch(exist_ok=again)  # where a lock is known to one machine only, this is to all
    except FileExistsError:
        what = f"Another training has just begun in {run.path}."
        raise UsageError(what, "Name another folder with --out.") from None
    return run


def _numbered(name: str) -> Run:
    """A new folder under ``runs/`` with the first number that is free: of two processes one makes it."""
    ROOT.mkdir(exist_ok=True)
    # the name of some data may hold anything
    name, number = printable(name, kept="").replace(os.sep, "_"), 1
    while True:
        try:
            (ROOT / f"{name}-{number}").mkdir()
        except FileExistsError:
            number += 1
        else:
            return Run(ROOT / f"{name}-{number}")

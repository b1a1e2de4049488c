"""Succession: how a complete run takes the place of another one, and never a part of it.

The successor is made in a folder in the run's own (``.new``) and moves out of it when it is complete, file by file, the
one that makes a run complete last. Interrupted at any moment, the move can be taken up again: from its first step on it
is certain who stays. Whoever calls holds the lock of the run's folder.
"""

from __future__ import annotations

import shutil

from softreg.files import sweep, sync_folder
from softreg.runs.run import FILES, METRICS, NEW, Run

__all__ = ["begun", "completed", "settled"]


def begun(run: Run) -> Run:
    """Make the folder of a successor, empty, and return it; an earlier one that is complete takes its place before."""
    completed(run)
    path = run.path / NEW
    path.unlink() if path.is_symlink() else shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    return Run(path, predecessor=run.path)


def completed(run: Run) -> Run:
    """Let a successor that was interrupted in the midst of taking its place take it now; return the run."""
    if run.successor is not None and run.successor.complete:
        settled(run.successor)
    return run


def settled(run: Run) -> Run:
    """Let a complete run take the place of the one that it is to succeed, if there is one; return it in its place."""
    if run.predecessor is None:
        return run
    home = Run(run.predecessor)
    mine = [name for name in FILES if (run.path / name).exists()]
    if mine[0] == FILES[0]:  # else some of mine have moved already
        for name in set(FILES).difference(mine):
            (home.path / name).unlink(missing_ok=True)
        (home.path / METRICS).unlink(missing_ok=True)
        sync_folder(home.path)
    for name in mine:
        if name == METRICS:  # subtle: on the disk, too, it comes after all else
            sync_folder(home.path)
        (run.path / name).replace(home.path / name)
    sync_folder(home.path)
    shutil.rmtree(run.path, ignore_errors=True)
    sweep(home.path, FILES)
    return home

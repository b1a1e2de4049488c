"""The room: a folder with runs, data and homework of every kind, in which one file is replaced by hostile bytes.

What softreg then does must end well: with an exit code that fits, a short error, and nothing of the file's on the
terminal that could steer it.
"""

from __future__ import annotations

import gzip
import shutil
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from shell import Done, Shell

from softreg.errors import SoftregError

__all__ = ["Call", "Finding", "Room", "furnished", "idx", "judged", "without_world"]

LONGEST = 4000
"""Letters on stderr: what is wrong, what was given, and what to type next fit on a screen, and so do a few notes."""

TRAININGS = (
    "train rows.csv --target y --id name --weight-col w --l2 auto --folds 3 --calibrate temperature --min-count 2 "
    "--optimizer gd --epochs 6 --out run -q",
    "train rows.csv --target y --features a --features d --epochs 3 --out plane -q",
    "train rows.csv --target y --optimizer sgd --epochs 3 --early-stopping --out other -q",
    "train images --epochs 3 --out pixels -q",
    "train s.svmlight --epochs 3 --out sparse -q",
    "export run --format json -o model.json -q",
)
"""Runs of every kind: with a choice of l2, calibration, weights and names of rows; in the plane; on images; sparse."""

Call = str | Callable[[Path], Any]
"""The words of a command, or a function of the room's folder."""


class Finding(AssertionError):  # noqa: N818 - what a fuzzer finds is called so
    """Something that does not end well."""


def judged(done: Done, words: str, codes: frozenset[int]) -> None:
    """Raise :class:`Finding` unless a call ended as it may."""
    told = f"softreg {words}: {done.code}\n{done.out[-500:]}\n{done.err[-1000:]}"
    if done.code not in codes:
        raise Finding(f"the exit code is none of {sorted(codes)}: {told}")
    if strange := {char for char in done.out + done.err if not char.isprintable() and char != "\n"}:
        raise Finding(f"{sorted(map(ascii, strange))} reach the terminal: {told}")
    if any(word in done.err for word in ("Traceback", "Unexpected error", "panicked", "Warning")):
        raise Finding(f"an error of softreg's own: {told}")
    if done.code not in {0, 4} and "softreg: " not in done.err:
        raise Finding(f"no error is told: {told}")
    if len(done.err) > LONGEST:
        raise Finding(f"an error of {len(done.err)} letters: {told}")


class Room:
    """A folder that is put in order after a call that writes."""

    def __init__(self, pristine: Path, folder: Path) -> None:
        self._pristine = pristine
        self.folder = folder
        self.shell = Shell(folder)
        shutil.copytree(pristine, folder)

    def as_it_was(self) -> None:
        """Put everything back."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._pristine, self.folder)

    def try_file(self, name: str, content: bytes, calls: tuple[Call, ...], codes: frozenset[int]) -> set[int]:
        """Let a file be these bytes, make calls that read it, and return how they ended; see :func:`judged`."""
        ended = set()
        for call in calls:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
            if isinstance(call, str):
                done = self.shell(*call.split(), SOFTREG_DEBUG="1")  # what is unexpected is raised
                judged(done, call, codes)
                ended.add(done.code)
            else:
                ended.add(_called(call, self.folder, codes))
        return ended


def _called(call: Callable[[Path], Any], folder: Path, codes: frozenset[int]) -> int:
    """The exit code that a function would have ended in."""
    try:
        call(folder)
    except SoftregError as error:
        if error.exit_code not in codes:
            raise Finding(f"{error.exit_code} is none of {sorted(codes)}: {error}") from error
        return error.exit_code
    return 0


@contextmanager
def without_world() -> Iterator[None]:
    """No network, and no pictures on the disk: figures are made, and not drawn."""

    def refused(*_: Any, **__: Any) -> Any:
        raise OSError(101, "Network is unreachable")

    with ExitStack() as stack:
        for name in ("softreg.workflows.record.draw_into_run", "softreg.plots.style.save"):
            stack.enter_context(mock.patch(name, lambda *_, **_more: None))
        stack.enter_context(mock.patch("socket.socket.connect", refused))
        stack.enter_context(mock.patch("socket.getaddrinfo", refused))
        stack.enter_context(mock.patch("sklearn.datasets._base.time.sleep", lambda _: None))  # between its attempts
        yield


def idx(values: Any, *shape: int) -> bytes:
    """Return an IDX file of unsigned bytes whose header claims a shape."""
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(values)


def furnished(folder: Path) -> Path:
    """Make a pristine room: data of every kind, and a run on each."""
    folder.mkdir(parents=True)
    _write_data(folder)
    own = Shell(folder)
    with without_world():
        for words in TRAININGS:
            own.ok(*words.split())
    shutil.copy(folder / "run/model.npz", folder / "model.npz")
    return folder


def _write_data(folder: Path) -> None:
    rng = np.random.default_rng(0)
    lines = ["name,a,b,c,d,w,y"]
    for place in range(60):
        kind = place % 3
        a, b = rng.normal(kind, 0.7), rng.normal(10 * kind, 9)
        c = "uvw"[rng.integers(3)] if place % 11 else ""
        missing = "" if place % 13 == 5 else f"{b:.2f}"
        lines.append(f"n{place},{a:.3f},{missing},{c},{b * a:.2f},{1 + place % 2},{'kmn'[kind]}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    (folder / "few.csv").write_text("\n".join(lines[:6]) + "\n")
    images = folder / "images"
    images.mkdir()
    for part, count in (("train", 24), ("t10k", 9)):
        labels = [place % 3 for place in range(count)]
        pixels = np.concatenate([np.clip(rng.normal(80 * k + 40, 20, 6), 0, 255) for k in labels]).astype(np.uint8)
        (images / f"{part}-images-idx3-ubyte").write_bytes(idx(pixels, count, 2, 3))
        (images / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels, count), mtime=0))
    sparse = [f"{place % 3} {1 + place % 3}:{1 + place % 5} {4 + place % 2}:0.5" for place in range(24)]
    (folder / "s.svmlight").write_text("\n".join(sparse) + "\n")

"""One target under atheris: ``python one.py NAME FINDINGS CORPUS SEEDS [options of libFuzzer]``, a process of its own.

What does not end well is written into the folder FINDINGS, once for each place in softreg where it came up, and made
smaller where that is quick; the fuzzer goes on. What hangs or fills the memory ends the process, and libFuzzer writes
the file.
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

READERS = ["softreg", "zipfile", "json", "tomllib", "csv", "gzip", "numpy.lib.format", "numpy.lib._format_impl"]
"""Packages whose branches are counted."""

with atheris.instrument_imports(include=READERS):
    import csv  # noqa: F401
    import gzip  # noqa: F401
    import json  # noqa: F401
    import tomllib  # noqa: F401
    import zipfile  # noqa: F401

    from room import Room, furnished, without_world
    from targets import TARGETS, Target, seeds_of, tried

    import softreg.cli.app
    import softreg.workflows.check
    import softreg.workflows.grade
    import softreg.workflows.resume
    import softreg.workflows.train  # noqa: F401

SHRINKING = 10.0
"""Seconds for which a finding is made smaller."""


def place_of(error: BaseException) -> str:
    """Where in softreg an error came up, as a name for a file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "softreg" in Path(frame.filename).parts and "tests" not in frame.filename]
    frame = (own or frames)[-1]
    told = f"{type(error).__name__}-{Path(frame.filename).stem}-{frame.name}"
    return "".join(char if char.isalnum() or char in "-_" else "" for char in told)[:80]


def smaller(content: bytes, fails: Callable[[bytes], bool]) -> bytes:
    """Return a part of the content that fails as well: halves, then ever smaller pieces, are left out."""
    until, size = time.monotonic() + SHRINKING, len(content) // 2
    while size and time.monotonic() < until:
        at = 0
        while at < len(content) and time.monotonic() < until:
            shorter = content[:at] + content[at + size :]
            if fails(shorter):
                content = shorter
            else:
                at += size
        size //= 2
    return content


def mutator_of(target: Target) -> Callable[[bytes, int, int], bytes]:
    """Mutate by the file's own structure, or as libFuzzer does, and then seal the file again."""

    def mutated(content: bytes, most: int, luck: int) -> bytes:
        rng = random.Random(luck)
        if rng.random() < 0.5:
            made = target.mutate(bytes(content), rng)
            if len(made) <= most:
                return made
        made = atheris.Mutate(bytes(content), most)
        return target.seal(made) if target.seal and rng.random() < 0.9 else made

    return mutated


def main() -> None:
    name, findings, corpus, seeds = sys.argv[1], *map(Path, sys.argv[2:5])
    warnings.simplefilter("error")
    folder = Path(tempfile.mkdtemp(prefix="softreg-fuzz-"))
    pristine = furnished(folder / "pristine")
    room = Room(pristine, folder / "room")
    for content in seeds_of(name, pristine):
        (seeds / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)

    def problem_of(content: bytes) -> str:
        try:
            tried(room, name, content, quickly=True)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a panic of polars' is no Exception
            return place_of(error)
        return ""

    def one(content: bytes) -> None:
        with without_world():
            problem = problem_of(content)
            if problem and not (findings / problem).exists():
                (findings / problem).write_bytes(content)
                (findings / problem).write_bytes(smaller(content, lambda shorter: problem_of(shorter) == problem))

    atheris.Setup([sys.argv[0], str(corpus), str(seeds), *sys.argv[5:]], one, custom_mutator=mutator_of(TARGETS[name]))
    atheris.Fuzz()


if __name__ == "__main__":
    main()

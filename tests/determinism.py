"""The same bytes everywhere: ``make determinism`` builds and installs softreg twice, and compares what each writes.

A session of every command that writes something is typed in several worlds, which differ in what must not matter: the
installation, the process, the number of threads and of cores, the order in which Python goes through sets, the time
zone, the language and the folder. Every file must have the same bytes. What is left out is what tells of the world
itself: the seconds in history.csv, the number of threads in config.toml.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
WRITTEN_AT = "1577836800"
"""Seconds since 1970 that a built package is said to be written at."""

SESSION = """\
train iris --out cg -q
train digits --optimizer gd --epochs 20 --out gd -q
train digits --optimizer sgd --epochs 2 --out sgd -q
train wine --optimizer momentum --epochs 9 --out momentum -q
train wine --optimizer nesterov --epochs 9 --precondition whiten --out nesterov -q
train digits --optimizer adam --epochs 2 --dtype float32 --early-stopping --val-size 0.2 --out adam -q
train iris --l2 auto --calibrate temperature --out auto -q
train table.csv --target kind --class-weight balanced --shares true --out table -q
train many.npz --out many -q
predict table table.csv --proba -o answers.csv -q
predict gd digits -o answers.parquet -q
plot cg -o curves.svg -q
plot gd --kind weights -o weights.pdf -q
export table -o table.json -q
export table --format csv -o weights.csv -q
explain cg iris --row 71 -o explained.png
check iris --json
compare cg auto --test iris --json
learn softmax --markdown softmax.md --out pictures -q
datasets export blobs -o blobs.csv
"""


@dataclass(frozen=True)
class World:
    """Where softreg runs: by which Python, on how many threads and cores, and with which variables."""

    name: str
    threads: int
    cores: int | None = None
    python: str = sys.executable
    variables: Mapping[str, str] = field(default_factory=dict)

    def confine(self) -> None:
        """Leave this process the world's cores, on a system where that can be done."""
        if self.cores is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: self.cores])


WORLDS = (
    World("plain", 1, None, variables={"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}),
    World("many threads", 7, None, variables={"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "OPENBLAS_NUM_THREADS": "4"}),
    World("one core", 2, 1, variables={"PYTHONHASHSEED": "2", "TZ": "America/Lima", "LC_ALL": "C", "COLUMNS": "200"}),
)


def furnish(folder: Path) -> None:
    """Put data into a folder: a table of every kind of column, and rows enough for several threads."""
    import numpy as np

    rng = np.random.default_rng(0)
    rows = ["size,colour,note,kind"]
    for _ in range(400):
        size, colour = rng.normal(), rng.choice(["red", "green", "blue"])
        kind = "abc"[int(np.argmax([size, (colour == "red") + rng.normal(), rng.normal() - 0.5]))]
        rows.append(f"{'' if rng.random() < 0.05 else f'{size:.6f}'},{colour},{rng.choice(['x', 'y', ''])},{kind}")
    (folder / "table.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    X = rng.standard_normal((30000, 12)).astype(np.float32)
    np.savez(folder / "many.npz", X=X, y=(X[:, :4] + rng.standard_normal((30000, 4))).argmax(axis=1))


def typed(world: World, folder: Path, session: Sequence[str]) -> dict[str, str]:
    """Type the session in a world; return a hash of every file, and of everything that was said."""
    furnish(folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOFTREG", "LC_", "PYTHON"))}
    variables = {"COLUMNS": "80", "SOFTREG_TRAIN_THREADS": str(world.threads)} | world.variables
    said = {}
    for line in session:
        words = [world.python, "-P", "-m", "softreg", *line.split()]
        done = subprocess.run(
            words,
            cwd=folder,
            env=kept | variables,
            capture_output=True,
            preexec_fn=world.confine,
            check=False,
        )
        if done.returncode:
            sys.exit(f"in the world {world.name}, softreg {line} ended with {done.returncode}:\n{done.stderr.decode()}")
        said[line] = _hash(done.stdout)
    return said | {name: _hash(content) for name, content in _files(folder)}


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a folder, without what tells of the world."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.name == "history.csv":
            rows = [line.split(b",") for line in content.splitlines()]
            content = b"\n".join(b",".join(row[:1] + row[2:]) for row in rows)
            assert rows[0][1] == b"seconds"
        if path.name == "config.toml":
            content = b"\n".join(line for line in content.splitlines() if not line.startswith(b"threads = "))
        if path.name != "checkpoint.npz":  # it holds the history with its seconds
            yield str(path.relative_to(folder)), content


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def differing(worlds: Sequence[World], session: Sequence[str]) -> tuple[int, list[str]]:
    """Type the session in all worlds; return how many things were compared, and which are not the same in all."""
    with tempfile.TemporaryDirectory() as name:
        results = []
        for place, world in enumerate(worlds):
            folder = Path(name, *("deeper" for _ in range(place)), f"world-{place}")
            folder.mkdir(parents=True)
            results.append(typed(world, folder, session))
    everything = sorted(set().union(*results))
    return len(everything), [what for what in everything if len({result.get(what) for result in results}) > 1]


def installed(folder: Path) -> tuple[str, str]:
    """Build softreg and install it into a new environment; return its Python, and the hash of the package."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": WRITTEN_AT}
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", folder, ROOT], env=environment, check=True)
    (package,) = folder.glob("softreg-*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    python = str(folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python")
    subprocess.run([python, *pip[1:], "install", package], check=True)
    return python, _hash(package.read_bytes())


def main() -> None:
    """Install twice, type the session in the worlds of both, and say what differs."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        (first, package), (second, again) = installed(Path(one)), installed(Path(other))
        if package != again:
            sys.exit("two packages built of the same source differ")
        worlds = [
            World(world.name, world.threads, world.cores, python, world.variables)
            for python in (first, second)
            for world in WORLDS
        ]
        session = SESSION.splitlines()
        count, strange = differing(worlds, session)
    if strange:
        sys.exit("not the same in all worlds: " + ", ".join(strange))
    print(
        f"2 builds with the same bytes, installed twice; {len(session)} commands in {len(worlds)} worlds: "
        f"{count} files and outputs, each the same in all"
    )


if __name__ == "__main__":
    main()

"""Files that claim, unfold to, or repeat more than there is: a short error with the right code, in seconds.

The real commands are called, each in a process whose memory is measured, and which could not have much more.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable

import mutators
import pytest
from room import Room, idx
from shell import ROOT

from softreg.settings import MOST_SAMPLES

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")

MIB = 1 << 20
MOST_MEMORY, MOST_SECONDS = 900 * MIB, 30.0
"""What a command may take: memory that is touched, and seconds of a core; it begins with 100 MiB and a few seconds."""

ADDRESSES = 12_000 * MIB
"""Room for threads and libraries, and none for 10^12 rows."""

INSIDE = """
import atexit, resource, runpy, sys
from pathlib import Path

def tell():
    used, status = resource.getrusage(resource.RUSAGE_SELF), Path("/proc/self/status").read_text()
    touched = status.partition("VmHWM:")[2].split()[0]
    Path(report).write_text(f"{used.ru_utime + used.ru_stime} {touched}")

_, report, addresses, seconds, *sys.argv[1:] = sys.argv
for kind, most in ((resource.RLIMIT_AS, int(addresses)), (resource.RLIMIT_CPU, int(seconds))):
    resource.setrlimit(kind, (most, most))
atexit.register(tell)
runpy.run_module("softreg", run_name="__main__", alter_sys=True)
"""
"""A process that limits itself, and tells at its end what it has used: its parent would be told its own memory, too."""


def called(room: Room, words: str) -> tuple[int, str, float, int]:
    """Run a command with limits; return its code, what it said, seconds of work and the bytes that it touched."""
    report = room.folder / ".used"
    limits = (str(report), str(ADDRESSES), str(4 * int(MOST_SECONDS)))
    done = subprocess.run(
        [sys.executable, "-c", INSIDE, *limits, *words.split()],
        cwd=room.folder,
        env=room.shell.environment({"PYTHONPATH": str(ROOT)}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    seconds, touched = report.read_text().split()
    report.unlink()
    return done.returncode, done.stderr, float(seconds), int(touched) << 10


def npz_bomb(name: str = "X") -> bytes:
    """An ``.npz`` of a few hundred kilobytes that unfolds to 400 MiB of zeros."""
    return _zipped(
        {f"{name}.npy": _npy("<f8", (50, MIB), b"\0" * (400 * MIB)), "y.npy": _npy("<i8", (50,), bytes(400))}
    )


def npz_liar(name: str = "X.npy", kind: str = "<f8") -> bytes:
    """An ``.npz`` whose array claims 10^12 rows."""
    return _zipped(
        {name: _npy(kind, (10**12, 2), bytes(160)), "y.npy": _npy("<i8", (10**12,), bytes(80))}, deflated=False
    )


def _npy(kind: str, shape: tuple[int, ...], data: bytes) -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def _zipped(members: dict[str, bytes], *, deflated: bool = True) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(
        buffer, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED, compresslevel=1
    ) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def sealed_liar(content: bytes) -> bytes:
    """A sealed file, a model's or a checkpoint's, with an array that claims 10^12 rows."""
    members = dict(mutators.members_of(content))
    members["weights.npy"] = _npy("<f8", (10**12, 3), bytes(240))
    return mutators.resealed_members(list(members.items()))


def sealed_bomb(content: bytes) -> bytes:
    """A sealed file with a member that unfolds."""
    members = mutators.members_of(content)
    return mutators.resealed_members([*members, ("feature_zeros.npy", bytes(300 * MIB))], deflated=True)


def parquet_bomb() -> bytes:
    import polars as pl

    buffer = io.BytesIO()
    rows = 5 * 10**7
    ones = pl.repeat(1.0, rows, eager=True)
    pl.DataFrame({"a": ones, "d": ones}).write_parquet(buffer, row_group_size=rows)
    return buffer.getvalue()


def parquet_of_long_texts() -> bytes:
    """100000 labels that are one text of 100 kB each, which the file holds once."""
    import polars as pl

    buffer = io.BytesIO()
    texts = pl.Series(["k" * 100_000, "m"], dtype=pl.Categorical).gather([0, 1] * 50_000)
    pl.DataFrame({"a": range(100_000), "d": range(100_000), "y": texts}).write_parquet(buffer)
    return buffer.getvalue()


def notebook(code: str) -> bytes:
    return json.dumps({"cells": [{"cell_type": "code", "source": code}]}).encode()


def of_model(change: Callable[[dict], object]) -> Callable[[Room], bytes]:
    def changed(room: Room) -> bytes:
        document = json.loads((room.folder / "model.json").read_text())
        document.pop("sha256")
        change(document)
        return json.dumps(document).replace('"HUGE"', "9" * 5000).replace('"BEYOND"', "1e400").encode()

    return changed


WIDE = ",".join(f"c{place}" for place in range(10**6)).encode() + b",y\n" + (b"1," * 10**6 + b"k\n") * 2
QUOTED = b'a,d,y\n1,2,k\n3,"' + b"x,y\n" * (9 * MIB)
TRAIN, PREDICT, STREAM = "train {} -q --out out", "evaluate plane {}", "predict plane {} -q -o out.csv --overwrite"

CASES: dict[str, tuple[str, bytes | Callable[[Room], bytes], tuple[str, ...], int]] = {
    "an npz that unfolds": ("t.npz", lambda _: npz_bomb(), (TRAIN, STREAM), 3),
    "an npz of 10^12 rows": ("t.npz", npz_liar(), (TRAIN, STREAM), 3),
    "an npz of objects": ("t.npz", npz_liar(kind="|O"), (TRAIN,), 3),
    "a model of 10^12 features": (
        "model.npz",
        lambda room: sealed_liar((room.folder / "model.npz").read_bytes()),
        ("show {}", "predict {} few.csv", "evaluate {} rows.csv", "explain {} few.csv"),
        6,
    ),
    "a model that unfolds": (
        "model.npz",
        lambda room: sealed_bomb((room.folder / "model.npz").read_bytes()),
        ("show {}", "export {} --format csv -o -"),
        6,
    ),
    "a checkpoint of 10^12 features": (
        "run/checkpoint.npz",
        lambda room: sealed_liar((room.folder / "run/checkpoint.npz").read_bytes()),
        ("train --resume run", "plot {}"),
        6,
    ),
    "a model in JSON, nested": ("m.json", b'{"kind": ' * 100_000, ("show {}", "predict {} few.csv"), 6),
    "a model with a number of 5000 digits": (
        "m.json",
        of_model(lambda model: model.update(intercept=["HUGE"] * 3)),
        ("show {}", "predict {} few.csv"),
        6,
    ),
    "a model with a number beyond all": (
        "m.json",
        of_model(lambda model: model["training"].update(l2="BEYOND")),
        ("show {}", "show {} --json"),
        6,
    ),
    "metrics, nested": ("run/metrics.json", b"[" * 200_000, ("compare run other", "plot run --kind path"), 3),
    "metrics with a number of 5000 digits": (
        "run/metrics.json",
        b'{"objective": {"final": ' + b"9" * 5000 + b"}}",
        ("show run", "compare run other"),
        3,
    ),
    "a configuration, nested": ("c.toml", b"features = " + b"[" * 100_000, ("train --config {}",), 3),
    "a configuration of a long name": ("c.toml", b"[a" + b".a" * 50_000 + b"]\n", ("train --config {}",), 3),
    "a configuration with a number of 5000 digits": (
        "c.toml",
        b'data = "rows.csv"\nepochs = ' + b"9" * 5000,
        ("train --config {}",),
        3,
    ),
    "a configuration that asks for 10^12 rows": (
        "c.toml",
        b'data = "blobs"\nsamples = 1000000000000',
        ("train --config {}",),
        2,
    ),
    "a run's configuration, nested": ("run/config.toml", b"a = " + b"[" * 100_000, ("compare run other",), 3),
    "a run's configuration that asks for 10^12 rows": (
        "run/config.toml",
        b'data = "blobs"\nsamples = 1000000000000',
        ("compare run other", "train --resume run"),
        3,
    ),
    "a homework, nested": ("hw.toml", b"forbid = " + b"[" * 100_000, ("grade good.py --spec {}",), 3),
    "a homework with a number of 5000 digits": ("hw.toml", b"seed = " + b"9" * 5000, ("grade good.py --spec {}",), 3),
    "IDX files that claim 2^32 images": (
        "images/train-images-idx3-ubyte",
        idx(bytes(100), 2**32 - 1, 2**32 - 1, 2**32 - 1),
        ("train images", "datasets show images"),
        3,
    ),
    "an IDX file that unfolds": (
        "images/t10k-labels-idx1-ubyte.gz",
        lambda _: gzip.compress(bytes(400 * MIB), 1),
        ("train images", "predict pixels images"),
        3,
    ),
    "a quotation that never ends": ("t.csv", QUOTED, (TRAIN, STREAM), 3),
    "a million columns": ("t.csv", WIDE, (TRAIN, STREAM), 3),
    "a gzip that unfolds": (
        "t.csv.gz",
        lambda _: gzip.compress(b"a,d,y\n1,2,k\n" + b"\n" * (270 * MIB), 1),
        (TRAIN, STREAM),
        3,
    ),
    "a label of a million letters among many": (
        "t.csv",
        b"a,y\n" + b"1,k\n2,m\n" * 50_000 + b"3," + b"x" * MIB + b"\n",
        (TRAIN,),
        3,
    ),
    "an svmlight file that unfolds": (
        "t.svmlight.gz",
        lambda _: gzip.compress(b"#" + b" " * (270 * MIB) + b"\n1 1:1\n0 2:1\n", 1),
        (TRAIN, "predict sparse {}"),
        3,
    ),
    "a feature of number 10^12": ("t.svmlight", b"1 1:1 1000000000000:2\n0 2:1\n", (TRAIN, "predict sparse {}"), 3),
    "a feature of number 10^9": ("t.svmlight", b"1 1:1 1000000000:2\n0 2:1\n", (TRAIN, "predict sparse {}"), 3),
    "a parquet file that unfolds": ("t.parquet", lambda _: parquet_bomb(), (TRAIN, STREAM), 3),
    "a parquet file of long labels": ("t.parquet", lambda _: parquet_of_long_texts(), (TRAIN, PREDICT), 3),
    "a history of one long field": ("run/history.csv", b'epoch,"' + b"x" * (8 * MIB), ("plot run",), 3),
    "a last run of a long name": ("runs/.last", b"x" * MIB, ("show last",), 3),
}


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_is_more_than_it_seems_ends_soon_and_small(pristine, tmp_path, case):
    name, content, calls, code = CASES[case]
    room = Room(pristine, tmp_path / "room")
    made = content if isinstance(content, bytes) else content(room)
    (room.folder / name).parent.mkdir(exist_ok=True)
    (room.folder / name).write_bytes(made)
    (room.folder / "good.py").write_text("def softmax(z):\n    return z\n")
    for call in calls:
        ended, told, seconds, touched = called(room, call.format(name))
        assert ended == code, f"{call}: {ended}\n{told}"
        assert told.startswith("softreg: ")
        assert len(told.splitlines()) < 12
        assert seconds < MOST_SECONDS, f"{call}: {seconds:.0f} s"
        assert touched < MOST_MEMORY, f"{call}: {touched // MIB} MiB"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("long.py", b"x = 1\n" * (2 * MIB)),
        ("long.ipynb", notebook("x = 1\n" * MIB)),
        ("deep.py", b"(" * 100_000),
        ("minus.py", b"-" * MIB + b"1"),
        ("deep.ipynb", b'{"cells": ' * 100_000),
        ("huge.ipynb", b'{"cells": ' + b"9" * 5000 + b"}"),
    ],
)
def test_homework_that_is_more_than_it_seems_is_told_to_be_unreadable(pristine, tmp_path, name, content):
    room = Room(pristine, tmp_path / "room")
    (room.folder / name).write_bytes(content)
    ended, told, seconds, touched = called(room, f"grade {name} --quiet")
    assert (ended, told) == (0, "")
    assert seconds < MOST_SECONDS
    assert touched < MOST_MEMORY


def test_the_most_rows_that_a_configuration_may_ask_for_are_made_soon_and_small(pristine, tmp_path):
    room = Room(pristine, tmp_path / "room")
    (room.folder / "c.toml").write_text(f'data = "blobs"\nsamples = {MOST_SAMPLES}')
    ended, told, seconds, touched = called(room, "train --config c.toml -q --out out --epochs 1 --test-size 0")
    assert (ended, told) == (0, "")
    assert seconds < MOST_SECONDS
    assert touched < MOST_MEMORY


def test_a_download_that_is_more_than_it_seems_is_fetched_again(pristine, tmp_path):
    """Here there is no network: what is said is that, and not what lies in the cache."""
    room = Room(pristine, tmp_path / "room")
    kept = room.folder / ".cache/softreg/covtype.npz"
    kept.parent.mkdir(parents=True)
    for content in (npz_liar("meta.npy"), npz_bomb("meta"), b"rubbish"):
        kept.write_bytes(content)
        done = room.shell("datasets", "show", "covtype")
        assert done.code == 3
        assert "could not be downloaded" in " ".join(done.err.split())

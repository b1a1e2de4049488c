"""Predicting takes as much memory for a large table as for a small one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import softreg

resource = pytest.importorskip("resource")

ROOT = Path(softreg.__file__).parent.parent
CODE = """
import resource, sys
from softreg.cli.app import run
code = run(sys.argv[1:])
unit = 1 if sys.platform == "darwin" else 1024
status = open("/proc/self/status").read() if sys.platform == "linux" else ""
peak = [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")]
print(code, *(peak or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit]), file=sys.stderr)
"""
LIMIT = 100 * 2**20
"""Bytes of memory that answering a table may take, beside what every predict takes."""


@pytest.fixture
def table(shell, no_pictures):
    """A table of ten times the limit, of blocks that repeat, and a model of its columns."""
    header = ",".join([*(f"x{i}" for i in range(20)), "note", "y"]) + "\n"
    rows = "".join(
        ",".join([*(f"{(i * 37 + j * 11) % 1000 / 7:.12f}" for j in range(20)), '"a, b"', "uv"[i % 2]]) + "\n"
        for i in range(4000)
    )
    shell.write("train.csv", header + rows)
    shell.ok("train", "train.csv", "--target", "y", "--out", "run", "--epochs", 20, "-q")
    block = rows.encode()
    with (shell.folder / "big.csv").open("wb") as file:
        file.write(header.encode())
        for _ in range(10 * LIMIT // len(block) + 1):
            file.write(block)
    return shell


def _peak(shell, *words):
    environment = shell.environment({"PYTHONPATH": str(ROOT)})
    command = [sys.executable, "-c", CODE, *words]
    done = subprocess.run(command, cwd=shell.folder, env=environment, capture_output=True, text=True, check=True)
    code, peak = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return int(peak)


def test_a_file_of_ten_times_the_memory_is_answered(table):
    assert (table.folder / "big.csv").stat().st_size > 10 * LIMIT
    least = _peak(table, "predict", "run", "train.csv", "-q", "-o", "small.csv")
    peak = _peak(table, "predict", "run", "big.csv", "-q", "-o", "answers.csv", "--proba")
    assert peak - least < LIMIT
    assert peak < 400 * 2**20
    with (table.folder / "answers.csv").open("rb") as file:
        assert sum(1 for _ in file) > 10 * LIMIT // 400

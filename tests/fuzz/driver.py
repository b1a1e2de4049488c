"""Fuzz every target in turn: ``make fuzz``, or ``make fuzz SECONDS=300 TARGETS="csv config"``.

Each target is a process under atheris (:mod:`one`), with so many seconds of time, a limit for each execution and one of
memory. It starts from the good files of the room, from what was found before, and from what earlier calls met
(kept in ``.fuzz``, beside a log of what the fuzzer said; that is no part of the repository). A finding is kept in the
corpus, where the tests find it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from targets import CORPUS, TARGETS

ONE = Path(__file__).parent / "one.py"
MET = Path(".fuzz")
EACH, MEMORY, LARGEST = 20, 3000, 1 << 14
"""Seconds of an execution, MiB of the process, and bytes of a file."""


@dataclass(frozen=True)
class Fuzzed:
    """What became of a target: executions, how many a second, branches that were reached, and the findings."""

    executions: int
    rate: float
    coverage: int
    findings: tuple[Path, ...]


def fuzzed(name: str, seconds: int, corpus: Path = CORPUS, script: Path = ONE, met: Path = MET) -> Fuzzed:
    """Fuzz a target for so many seconds, and keep what was found in its folder of the corpus."""
    met = met / name
    met.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_room()) as folder:
        findings, seeds = Path(folder) / "findings", Path(folder) / "seeds"
        findings.mkdir()
        seeds.mkdir()
        words = [
            sys.executable,
            script,
            name,
            findings,
            met,
            seeds,
            *([known] if (known := corpus / name).is_dir() else []),
        ]
        limits = {"max_total_time": seconds, "timeout": EACH, "rss_limit_mb": MEMORY, "max_len": LARGEST}
        limits |= {"report_slow_units": EACH}
        options = [f"-{key}={value}" for key, value in limits.items()]
        done = subprocess.run(
            [*map(str, words), *options, f"-artifact_prefix={findings}/", "-print_final_stats=1"],
            env=os.environ | {"TMPDIR": folder, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        (met.parent / f"{name}.log").write_text(done.stderr, encoding="utf-8")
        found = sorted(findings.iterdir())
        if done.returncode and not found:
            sys.exit(f"{name} could not be fuzzed:\n{done.stderr[-2000:]}")
        return Fuzzed(*_counts(done.stderr), tuple(_kept(path, corpus / name) for path in found))


def _room() -> str | None:
    """Where files live in memory, on a system that has such a place: every execution writes some."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _counts(told: str) -> tuple[int, float, int]:
    """Executions, their rate and the branches reached, from what libFuzzer says."""
    lines = re.findall(r"^#(\d+)\s+\w+\s+cov: (\d+).*?exec/s: (\d+)", told, re.MULTILINE)
    executions, coverage, rate = map(int, lines[-1]) if lines else (0, 0, 0)
    return executions, rate, coverage


def _kept(path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(path, folder / path.name))


@click.command()
@click.option("--seconds", default=10, show_default=True, help="Of each target.")
@click.argument("names", nargs=-1)
def main(seconds: int, names: tuple[str, ...]) -> None:
    """Fuzz these targets, or all."""
    if strange := set(names) - set(TARGETS):
        sys.exit(f"There is no target {min(strange)}; there are {', '.join(TARGETS)}.")
    click.echo(f"{'target':<24}{'executions':>11}{'a second':>10}{'branches':>10}{'findings':>10}")
    found: list[Path] = []
    executions = 0
    for name in names or TARGETS:
        told = fuzzed(name, seconds)
        executions += told.executions
        found += told.findings
        line = f"{name:<24}{told.executions:>11}{told.rate:>10.0f}{told.coverage:>10}{len(told.findings):>10}"
        click.echo(line, nl=True)
    click.echo(f"{executions} executions, {len(found)} findings")
    for path in found:
        click.echo(f"  {path}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

"""Kill softreg at random moments, again and again: ``make torture``, or ``python tests/faults/torture.py --kills 300``.

A training with checkpoints is killed (SIGKILL, nothing is left to say goodbye) and taken up again until it is done, and
must end in the bytes of one that was never disturbed. Every other one takes the place of a complete run, which must be
there until then. Answers are written and killed, and must be whole or absent.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import click
from nursery import ROOT
from remains import sound, timeless
from stories import again

METHODS = ("cg", "gd", "sgd", "momentum", "nesterov", "adam")
PREDICT = ("predict", "gd", "digits", "--overwrite", "-q", "-o")


@dataclass(frozen=True)
class Cell:
    """A folder in which softreg is tortured, and how long a training and a prediction take there undisturbed."""

    folder: Path
    rng: random.Random
    training: float
    predicting: float

    def softreg(self, *words: object, seconds: float | None = None) -> int | None:
        """Run softreg; after so many seconds kill it. Returns its exit code, or None where it was killed."""
        return softreg(self.folder, *words, seconds=seconds)

    def moment(self, usual: float) -> float:
        """Most moments fall into the work, after what takes longest: the start of Python and its packages."""
        return usual * self.rng.uniform(0.3, 1.3)

    def trained(self, method: str, *, over: bool) -> int:
        """Train with kills until it is done, over a complete run or not; return how many there were."""
        run, words, kills = self.folder / "run", (*train(method), "--out", "run"), 0
        if over:
            self.softreg("train", "wine", "--out", "run", "-q")
            words = (*words, "--overwrite")
        while (code := self.softreg(*again(self.folder, words), seconds=self.moment(self.training))) is None:
            kills += 1
            sound(self.folder, killed=True)
            told = 0 if over or (run / "metrics.json").exists() else 3  # what is unfinished is told so
            if run.exists() and self.softreg("show", "run") != told:
                sys.exit(f"softreg show {run} should have ended with {told}")
        if code:
            sys.exit(f"exit code {code}")
        if not (self.folder / method).exists():
            self.softreg(*train(method), "--out", method)
        if timeless(run) != timeless(self.folder / method):
            sys.exit(f"{run} differs from {self.folder / method} after {kills} kills")
        shutil.rmtree(run)
        return kills

    def answered(self) -> int:
        """Write answers over older ones and kill; what is there is old or new, and whole."""
        answers, old = self.folder / "answers.csv", b"prediction\nold\n"
        answers.write_bytes(old)
        code = self.softreg(*PREDICT, answers.name, seconds=self.moment(self.predicting))
        if answers.read_bytes() not in {old, (self.folder / "right.csv").read_bytes()}:
            sys.exit(f"{answers} is neither the old file nor the new one")
        return code is None


def train(method: str) -> tuple[object, ...]:
    """What is typed to train."""
    return ("train", "digits", "--optimizer", method, "--epochs", 25, "--tol", 0, "--checkpoint-every", 1, "-q")


def softreg(folder: Path, *words: object, seconds: float | None = None) -> int | None:
    """Run softreg in a folder; after so many seconds kill it."""
    command = [sys.executable, "-m", "softreg", *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            _, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None
    if b"Traceback" in err or b"Unexpected" in err:
        sys.exit(f"{' '.join(command)}\n{err.decode()}")
    return process.returncode


def tortured(folder: Path, seed: int, kills: int) -> Counter[str]:
    """Survive so many kills in a folder, and return how many there were of each kind."""
    seconds = []
    for words in ((*train("gd"), "--out", "gd"), (*PREDICT, "right.csv")):
        began = time.perf_counter()
        softreg(folder, *words)
        seconds.append(time.perf_counter() - began)
    cell, survived = Cell(folder, random.Random(seed), *seconds), Counter[str]()
    for place in count():
        over = place % 2 == 1
        kind = "a training over a complete run" if over else "a training"
        survived[kind] += cell.trained(METHODS[place // 2 % len(METHODS)], over=over)
        survived["a prediction"] += cell.answered() + cell.answered()
        if survived.total() >= kills:
            return survived
    raise AssertionError


@click.command()
@click.option("--kills", default=300, show_default=True, help="How many to survive.")
@click.option("--seed", default=0, show_default=True)
@click.option("--jobs", default=os.cpu_count(), show_default=True, help="How many at a time.")
def main(kills: int, seed: int, jobs: int) -> None:
    """Survive so many kills, and say how many there were."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(jobs) as pool:
        folders = [Path(name, f"{job}") for job in range(jobs)]
        for folder in folders:
            folder.mkdir()
        tasks = [pool.submit(tortured, folder, seed + job, -(-kills // jobs)) for job, folder in enumerate(folders)]
        survived = sum((task.result() for task in tasks), Counter())
    click.echo(f"{survived.total()} kills survived, seed {seed}")
    for kind, times in sorted(survived.items()):
        click.echo(f"{times:6} of {kind}")


if __name__ == "__main__":
    main()

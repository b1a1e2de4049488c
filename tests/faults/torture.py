"""Kill softreg at random moments, again and again: ``make torture``, or ``python tests/faults/torture.py --kills 300``.

A training with checkpoints is killed (SIGKILL, nothing is left to say goodbye) and taken up again until it is done, and
must end in the bytes of one that was never disturbed; answers are written and killed, and must be whole or absent.
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
from pathlib import Path

import click

from softreg.archive import unpacked

ROOT = Path(__file__).parent.parent.parent
METHODS = ("cg", "gd", "sgd", "momentum", "nesterov", "adam")
SAME = ("model.npz", "metrics.json", "coefficients.csv", "predictions.csv", "config.toml")


def softreg(folder: Path, *words: object, seconds: float | None = None) -> int | None:
    """Run softreg; after so many seconds kill it. Returns its exit code, or None where it was killed."""
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


def sound(folder: Path) -> None:
    """Every file that is there loads; a run without metrics.json is told to be unfinished."""
    for path in folder.rglob("*.npz"):
        if not path.name.endswith(".part"):
            unpacked(path.read_bytes())
    run = folder / "run"
    if run.exists() and not (run / "metrics.json").exists() and softreg(folder, "plot", "run") != 3:
        sys.exit(f"{run} is unfinished, and nobody says so")


def training(folder: Path, method: str, rng: random.Random, usual: float) -> int:
    """Train with kills until it is done; return how many there were."""
    words = ("train", "digits", "--optimizer", method, "--epochs", 25, "--tol", 0, "--checkpoint-every", 1, "-q")
    kills = 0
    while True:
        run = folder / "run"
        if (run / "checkpoint.npz").exists() and not (run / "metrics.json").exists():
            code = softreg(
                folder, "train", "--resume", "run", "--checkpoint-every", 1, "-q", seconds=_moment(rng, usual)
            )
        else:
            shutil.rmtree(run, ignore_errors=True)
            code = softreg(folder, *words, "--out", "run", seconds=_moment(rng, usual))
        sound(folder)
        if code == 0:
            break
        if code is not None:
            sys.exit(f"exit code {code}")
        kills += 1
    if not (folder / method).exists():
        softreg(folder, *words, "--out", method)
    for name in SAME:
        if (run / name).read_bytes() != (folder / method / name).read_bytes():
            sys.exit(f"{method}: {name} is another after {kills} kills")
    shutil.rmtree(run)
    return kills


def _moment(rng: random.Random, usual: float) -> float:
    """Most moments fall into the work, after what takes longest: the start of Python and its packages."""
    return usual * rng.uniform(0.3, 1.3)


def answering(folder: Path, rng: random.Random, usual: float) -> int:
    """Write answers over older ones and kill; what is there is old or new, and whole."""
    answers, whole = folder / "answers.csv", (folder / "right.csv").read_bytes()
    old = b"prediction\nold\n"
    answers.write_bytes(old)
    words = ("predict", "gd", "digits", "-o", "answers.csv", "--overwrite", "-q")
    code = softreg(folder, *words, seconds=usual * rng.uniform(0.3, 1.1))
    if answers.read_bytes() not in {old, whole}:
        sys.exit("answers.csv is neither the old file nor the new one")
    return code is None


@click.command()
@click.option("--kills", default=300, show_default=True, help="How many to survive.")
@click.option("--seed", default=0, show_default=True)
def main(kills: int, seed: int) -> None:
    """Survive so many kills, and say how many there were."""
    rng, trainings, answered = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        softreg(folder, "train", "digits", "--optimizer", "gd", "--epochs", 25, "--tol", 0, "--out", "gd", "-q")
        usual = time.perf_counter() - began
        # its configuration must be that of the killed ones: checkpoints are no part of it
        softreg(folder, "predict", "gd", "digits", "-o", "right.csv", "-q")
        began = time.perf_counter()
        softreg(folder, "predict", "gd", "digits", "-o", "again.csv", "-q")
        quick = time.perf_counter() - began
        rounds = 0
        while trainings + answered < kills:
            trainings += training(folder, METHODS[rounds % len(METHODS)], rng, usual)
            answered += answering(folder, rng, quick)
            rounds += 1
            left = [path for path in folder.iterdir() if path.name.endswith(".part")]
            for path in left:
                path.unlink()
    click.echo(f"{trainings + answered} kills survived: {trainings} of trainings, {answered} of answers; seed {seed}")


if __name__ == "__main__":
    main()

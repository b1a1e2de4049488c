"""Answers to a large table, from the shell's prompt to the shell's prompt: as fast as it can be read, in little memory.

``python -m benchmarks.streaming WORD ...`` is softreg with these words, and tells its peak of memory in MiB.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks.harness import Absent, Effort, Ratio, at_least, at_most, interleaved
from benchmarks.memory import bytes_of
from benchmarks.processes import predicting, python, softreg

__all__ = ["of_predict"]

ROOT = Path(__file__).parent.parent
N_FEATURES = 50
N_TRAIN = 2_000
ANSWERS = ("predict", "run", "table.csv", "-o", "answers.csv", "--overwrite", "--quiet")
WITH_TABLE = (*ANSWERS, "--keep-all")
POLARS = 'import polars; polars.read_csv("table.csv").write_csv("copy.csv")'
PANDAS = predicting("table.csv")
PANDAS_ANSWERS = PANDAS + 'pandas.DataFrame(answers).to_csv("theirs.csv", index=False)'
PANDAS_WITH_TABLE = PANDAS + 'table.assign(**answers).to_csv("theirs.csv", index=False)'


def of_predict(effort: Effort) -> Iterator[Ratio | Absent]:
    n_samples = 5_000 if effort.quick else 500_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(folder, n_samples)
        for words, theirs, form in (
            (WITH_TABLE, PANDAS_WITH_TABLE, "`--keep-all`"),
            (ANSWERS, PANDAS_ANSWERS, "alone"),
        ):
            what = f"`softreg predict`, {n_samples} x {N_FEATURES}, CSV to CSV, answers {form}"
            ratios = _divided(_timed(folder, words, POLARS, effort.times(5)))
            yield Ratio(f"{what}: our time / polars reads and writes that table", ratios, at_most(1.6))
            yield _against_pandas(folder, words, theirs, what, effort)
        peaks = tuple(_peak(folder) for _ in range(effort.times(3)))
        what = f"`softreg predict --keep-all`, {n_samples} x {N_FEATURES}, CSV to CSV"
        yield Ratio(f"{what}: peak memory of the process in MiB", peaks, at_most(400))


def _against_pandas(folder: Path, words: tuple[str, ...], theirs: str, what: str, effort: Effort) -> Ratio | Absent:
    what = f"{what}: time of pandas and scikit-learn / ours"
    if find_spec("pandas") is None:
        return Absent(what, "pandas is not installed")
    _prepare_theirs(folder)
    pairs = _timed(folder, words, theirs, effort.times(3))
    return Ratio(what, _divided([(theirs, ours) for ours, theirs in pairs]), at_least(5))


def _divided(pairs: list[tuple[float, float]]) -> tuple[float, ...]:
    return tuple(first / second for first, second in pairs)


def _timed(folder: Path, words: tuple[str, ...], theirs: str, repeats: int) -> list[tuple[float, float]]:
    """Seconds of softreg and of another program, turn by turn."""
    run = partial(subprocess.run, cwd=folder, check=True, capture_output=True)
    return interleaved(partial(run, softreg(*words)), partial(run, python(theirs)), repeats)


def _prepare(folder: Path, n_samples: int) -> None:
    """Write table.csv, numbers with all their digits, and train softreg on some labelled rows of that kind."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_samples, N_FEATURES)) * np.logspace(-2, 3, N_FEATURES)
    table = pl.DataFrame(X, schema=[f"x{place}" for place in range(N_FEATURES)])
    table.write_csv(folder / "table.csv")
    labels = np.array(["a", "b", "c"])[rng.integers(3, size=N_TRAIN)]
    table.head(N_TRAIN).with_columns(label=pl.Series(labels.tolist())).write_csv(folder / "train.csv")
    subprocess.run(softreg("train", "train.csv", "--out", "run", "--quiet"), cwd=folder, check=True)


def _prepare_theirs(folder: Path) -> None:
    """Train scikit-learn's model on the same rows."""
    import pandas
    from sklearn.linear_model import LogisticRegression

    labelled = pandas.read_csv(folder / "train.csv")
    columns = labelled.drop(columns="label")
    model = LogisticRegression(max_iter=10).fit(columns / columns.std(), labelled["label"])  # any weights will do
    (folder / "model.pickle").write_bytes(pickle.dumps(model))


def _peak(folder: Path) -> float:
    command = [sys.executable, "-m", "benchmarks.streaming", *WITH_TABLE]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    from softreg.cli.app import run

    code = run(sys.argv[1:])
    print(bytes_of("VmHWM") / 2**20)
    sys.exit(code)
